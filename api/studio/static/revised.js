/** A piece of which bars are composed again: as short text for links, and as JSON for the service. */

import { TICKS_PER_BEAT } from "./meter.js";

/** @import { Piece } from "./piece.js" */

const HUNDREDTHS = 100; // of a tick that a note sounds, of a beat a minute
const [PARTS, ROWS, VALUES] = ["*", "_", "."]; // which links leave as they are

/**
 * Writes notes (ticks since the note before, pitch, duration, sounding), tempos and time signatures.
 * @param {Piece} piece
 */
export function toText({ notes, tempos, signatures, barLines }) {
  const meter = { start: barLines.at(0).start, numerator: 4, denominator: 4 }; // of older pieces
  const hundredths = (/** @type {number} */ value) => Math.round(value * HUNDREDTHS);
  const parts = [
    notes.map(({ start, pitch, duration, sounding }, place) => [
      start - (notes[place - 1]?.start ?? 0),
      pitch,
      duration,
      hundredths(sounding),
    ]),
    tempos.map(({ start, tempo }) => [start, hundredths(tempo)]),
    (signatures.length ? signatures : [meter]).map((each) => [
      each.start,
      each.numerator,
      each.denominator,
    ]),
  ];
  return parts.map((rows) => rows.map((row) => row.join(VALUES)).join(ROWS)).join(PARTS);
}

/**
 * Writes the song that `toText` wrote as the service reads it.
 * @param {string} text One that somebody cut is no song, as the service then says.
 */
export function toSong(text) {
  const [notes = [], tempos = [], signatures = []] = text
    .split(PARTS)
    .map((part) => part.split(ROWS).map((row) => row.split(VALUES).map(Number)));
  let start = 0;
  return JSON.stringify({
    notes: notes.map(([wait, pitch, duration, sounding]) => ({
      pitch,
      start_beats: (start += wait) / TICKS_PER_BEAT,
      duration_beats: duration / TICKS_PER_BEAT,
      sounding_beats: sounding / HUNDREDTHS / TICKS_PER_BEAT,
    })),
    tempos: tempos.map(([at, tempo]) => ({
      start_beats: at / TICKS_PER_BEAT,
      tempo: tempo / HUNDREDTHS,
    })),
    time_signatures: signatures.map(([at, numerator, denominator]) => ({
      start_beats: at / TICKS_PER_BEAT,
      numerator,
      denominator,
    })),
  });
}
