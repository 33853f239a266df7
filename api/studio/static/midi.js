/** Pieces for one piano as standard MIDI files. */

import { TICKS_PER_BEAT } from "./meter.js";

/** @import { TimeSignature } from "./meter.js" */
/** @import { Loop, Note, Piece, Section } from "./piece.js" */
/** @import { TempoChange } from "./tempo.js" */

const MIDI_TICKS_PER_BEAT = 480; // as the service's own files
const WHOLE_TICKS = 4 * TICKS_PER_BEAT;
const SCALE = MIDI_TICKS_PER_BEAT / TICKS_PER_BEAT;
const [TEXT, TRACK_NAME, MARKER, END, TEMPO, TIME_SIGNATURE] = [0x01, 0x03, 0x06, 0x2f, 0x51, 0x58];
const CLOCKS = [24, 8]; // between two beats of a metronome; thirty-second notes in a quarter note
const PIANO = [0xc0, 0];
const LOOP_CONTROL = [0xb0, 111, 0];

/** @param {Piece} piece */
export function wholePiece(piece) {
  return toMidi(piece.notes, {
    tempos: piece.tempos,
    signatures: fromTheStart(piece.signatures),
    name: piece.name,
    provenance: piece.provenance,
    sections: piece.sections,
    loop: piece.loop,
  });
}

/**
 * Gives time signatures from tick 0 on. A pickup becomes a bar of its own, 1/4 for a quarter, as in
 * the service's files (music/midi.py).
 * @param {readonly TimeSignature[]} signatures
 * @returns {TimeSignature[]}
 */
function fromTheStart(signatures) {
  const [first, ...others] = signatures;
  if (!first || first.start > 0)
    return [{ start: 0, numerator: 4, denominator: 4 }, ...signatures];
  if (first.start === 0) return [first, ...others];
  const { numerator, denominator } = first;
  const left = first.start + (numerator * WHOLE_TICKS) / denominator;
  const value = [4, 8, 16].find((each) => (left * each) % WHOLE_TICKS === 0);
  const pickup = value ? { numerator: (left * value) / WHOLE_TICKS, denominator: value } : first;
  return [{ ...pickup, start: 0 }, { ...first, start: left }, ...others];
}

/**
 * Writes a file of one piano track.
 * @param {readonly Note[]} notes
 * @param {object} about
 * @param {readonly TempoChange[]} about.tempos
 * @param {readonly TimeSignature[]} about.signatures
 * @param {string} about.name The track's.
 * @param {string} about.provenance Where the music comes from.
 * @param {readonly Section[]} [about.sections]
 * @param {Loop | null} [about.loop]
 */
export function toMidi(notes, { tempos, signatures, name, provenance, sections = [], loop = null }) {
  const encoder = new TextEncoder();
  const events = [
    { start: 0, bytes: meta(TRACK_NAME, encoder.encode(name)) },
    { start: 0, bytes: meta(TEXT, encoder.encode(provenance)) },
    ...tempos.map(({ start, tempo }) => ({ start, bytes: meta(TEMPO, quarter_us(tempo)) })),
    ...signatures.map(({ start, numerator, denominator }) => {
      const content = [numerator, Math.log2(denominator), ...CLOCKS];
      return { start, bytes: meta(TIME_SIGNATURE, content) };
    }),
    { start: 0, bytes: PIANO },
    ...sections.map(({ name, start }) => ({ start, bytes: marker(name) })),
    ...loopEvents(loop),
    // A key that is struck again at once is released first.
    ...notes.map(({ pitch, start, sounding, velocity }) => ({
      start: start + sounding,
      bytes: [0x80, pitch, velocity],
    })),
    ...notes.map(({ pitch, start, velocity }) => ({ start, bytes: [0x90, pitch, velocity] })),
  ];
  events.sort((a, b) => a.start - b.start); // which leaves those of one tick in this order
  let before = 0;
  const track = events.flatMap(({ start, bytes }) => {
    const tick = Math.round(start * SCALE);
    const wait = variableLength(tick - before);
    before = tick;
    return [...wait, ...bytes];
  });
  track.push(0, ...meta(END, []));
  const header = [0, 0, 0, 1, MIDI_TICKS_PER_BEAT >> 8, MIDI_TICKS_PER_BEAT & 255];
  return Uint8Array.from([...chunk("MThd", header), ...chunk("MTrk", track)]);
}

/** @param {string} name */
function marker(name) {
  return meta(MARKER, new TextEncoder().encode(name));
}

/**
 * Gives what players of game music look for, as the service's files have it.
 * @param {Loop | null} loop
 */
function loopEvents(loop) {
  if (!loop) return [];
  const { start, end } = loop;
  return [
    { start, bytes: marker("loopStart") },
    { start, bytes: LOOP_CONTROL },
    { start: end, bytes: marker("loopEnd") },
  ];
}

/** @param {number} tempo Quarter notes a minute. */
function quarter_us(tempo) {
  const duration_us = Math.round(60e6 / tempo);
  return [duration_us >> 16, (duration_us >> 8) & 255, duration_us & 255];
}

/**
 * Writes an event that makes no sound.
 * @param {number} kind
 * @param {Iterable<number>} content
 */
function meta(kind, content) {
  const bytes = [...content];
  return [0xff, kind, ...variableLength(bytes.length), ...bytes];
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
