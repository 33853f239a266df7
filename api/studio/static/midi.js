/** Pieces as standard MIDI files: what one keeps, and the ending that the next piece continues. */

import { BAR_TICKS, TICKS_PER_BEAT } from "./meter.js";

/** @import { Note, Piece } from "./piece.js" */

const LAST_BARS = 8;
const VELOCITY = 80;
const MIDI_TICKS_PER_BEAT = 480; // as the service's own files
const SCALE = MIDI_TICKS_PER_BEAT / TICKS_PER_BEAT;
const [TEXT, TRACK_NAME, END, TEMPO, TIME_SIGNATURE] = [0x01, 0x03, 0x2f, 0x51, 0x58];
const FOUR_FOUR = [4, 2, 24, 8];
const PIANO = [0xc0, 0];

/** @param {Piece} piece */
export function wholePiece(piece) {
  return toMidi(piece.notes, piece);
}

/** @param {Piece} piece */
export function lastBars(piece) {
  const lastBarLine = (piece.bars - 1) * BAR_TICKS - piece.upbeat;
  const from = Math.max(0, lastBarLine - (LAST_BARS - 1) * BAR_TICKS);
  const notes = piece.notes.slice(piece.firstFrom(from));
  return toMidi(
    notes.map((note) => ({ ...note, start: note.start - from })),
    piece,
  );
}

/**
 * Writes a file of one piano track.
 * @param {readonly Note[]} notes
 * @param {{tempo: number, name: string, provenance: string}} about Quarter notes a minute, the
 *   track's name, and a text that says where the music comes from.
 */
export function toMidi(notes, { tempo, name, provenance }) {
  const events = notes.flatMap(({ pitch, start, duration }) => [
    { tick: start * SCALE, bytes: [0x90, pitch, VELOCITY] },
    { tick: (start + duration) * SCALE, bytes: [0x80, pitch, VELOCITY] },
  ]);
  // A key that is struck again at once is released first.
  events.sort((a, b) => a.tick - b.tick || a.bytes[0] - b.bytes[0]);
  const quarter_us = Math.round(60e6 / tempo);
  const track = [
    ...meta(TRACK_NAME, new TextEncoder().encode(name)),
    ...meta(TEXT, new TextEncoder().encode(provenance)),
    ...meta(TEMPO, [quarter_us >> 16, (quarter_us >> 8) & 255, quarter_us & 255]),
    ...meta(TIME_SIGNATURE, FOUR_FOUR),
    ...[0, ...PIANO],
  ];
  let before = 0;
  for (const { tick, bytes } of events) {
    track.push(...variableLength(tick - before), ...bytes);
    before = tick;
  }
  track.push(...meta(END, []));
  const header = [0, 0, 0, 1, MIDI_TICKS_PER_BEAT >> 8, MIDI_TICKS_PER_BEAT & 255];
  return Uint8Array.from([...chunk("MThd", header), ...chunk("MTrk", track)]);
}

/**
 * Writes an event that makes no sound, at once after the event before it.
 * @param {number} kind
 * @param {Iterable<number>} content
 */
function meta(kind, content) {
  const bytes = [...content];
  return [0, 0xff, kind, ...variableLength(bytes.length), ...bytes];
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
