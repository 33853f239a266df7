/** The end of a piece as a MIDI file, for the next one to go on from. */

import { BAR_TICKS, TICKS_PER_BEAT } from "./meter.js";

/** @import { Note, Piece } from "./piece.js" */

const LAST_BARS = 8;
const VELOCITY = 80;

/** @param {Piece} piece */
export function lastBars(piece) {
  const lastBarLine = (piece.bars - 1) * BAR_TICKS - piece.upbeat;
  const from = Math.max(0, lastBarLine - (LAST_BARS - 1) * BAR_TICKS);
  const notes = piece.notes.slice(piece.firstFrom(from));
  return toMidi(notes.map((note) => ({ ...note, start: note.start - from })), piece.tempo);
}

/**
 * Writes a standard MIDI file of one track.
 * @param {readonly Note[]} notes
 * @param {number} tempo Quarter notes a minute.
 */
export function toMidi(notes, tempo) {
  const events = notes.flatMap(({ pitch, start, duration }) => [
    { tick: start, bytes: [0x90, pitch, VELOCITY] },
    { tick: start + duration, bytes: [0x80, pitch, 0] },
  ]);
  // A key that is struck again at once is released first.
  events.sort((a, b) => a.tick - b.tick || a.bytes[0] - b.bytes[0]);
  const quarter_us = Math.round(60e6 / tempo);
  const track = [0, 0xff, 0x51, 3, quarter_us >> 16, (quarter_us >> 8) & 255, quarter_us & 255];
  let behind = 0;
  for (const { tick, bytes } of events) {
    track.push(...variableLength(tick - behind), ...bytes);
    behind = tick;
  }
  track.push(0, 0xff, 0x2f, 0);
  return Uint8Array.from([
    ...chunk("MThd", [0, 0, 0, 1, 0, TICKS_PER_BEAT]),
    ...chunk("MTrk", track),
  ]);
}

/**
 * @param {string} kind
 * @param {readonly number[]} content
 */
function chunk(kind, content) {
  const length = [24, 16, 8, 0].map((bits) => (content.length >> bits) & 255);
  return [...Array.from(kind, (letter) => letter.charCodeAt(0)), ...length, ...content];
}

/** @param {number} value */
function variableLength(value) {
  const bytes = [value & 127];
  while ((value >>= 7)) bytes.unshift(128 | (value & 127));
  return bytes;
}
