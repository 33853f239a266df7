/** A piece of which bars are composed again: as short text for links, and as JSON for the service. */

import { TICKS_PER_BEAT } from "./meter.js";

/** @import { Piece } from "./piece.js" */

const HUNDREDTHS = 100; // of a tick that a note sounds, of a beat a minute
const [LISTS, ROWS, VALUES] = ["*", "_", "."]; // which links leave as they are

/**
 * Writes notes (ticks since the note before, pitch, duration, sounding), tempos and time signatures.
 * For a band, each note also has the number of its part, and the parts (role, program) come last.
 * @param {Pick<Piece, "notes" | "tempos" | "signatures" | "barLines" | "parts">} piece
 */
export function toText({ notes, tempos, signatures, barLines, parts }) {
  const meter = { start: barLines.at(0).start, numerator: 4, denominator: 4 }; // of older pieces
  const hundredths = (/** @type {number} */ value) => Math.round(value * HUNDREDTHS);
  const isBand = parts.length > 0;
  const lists = [
    notes.map(({ start, pitch, duration, sounding, part }, place) => [
      start - (notes[place - 1]?.start ?? 0),
      pitch,
      duration,
      hundredths(sounding),
      ...(isBand ? [part] : []),
    ]),
    tempos.map(({ start, tempo }) => [start, hundredths(tempo)]),
    (signatures.length ? signatures : [meter]).map((each) => [
      each.start,
      each.numerator,
      each.denominator,
    ]),
    ...(isBand ? [parts.map(({ role, program }) => [role, program])] : []),
  ];
  return lists.map((rows) => rows.map((row) => row.join(VALUES)).join(ROWS)).join(LISTS);
}

/**
 * Writes the song that `toText` wrote as the service reads it.
 * @param {string} text One that somebody cut is no song, as the service then says.
 */
export function toSong(text) {
  const lists = text
    .split(LISTS)
    .map((list) => list.split(ROWS).map((row) => row.split(VALUES)));
  const [notes = [], tempos = [], signatures = []] = lists.map((list) =>
    list.map((row) => row.map(Number)),
  );
  const [, , , parts] = lists;
  let start = 0;
  return JSON.stringify({
    ...(parts && { parts: parts.map(([role, program]) => ({ role, program: Number(program) })) }),
    notes: notes.map(([wait, pitch, duration, sounding, part]) => ({
      ...(parts && { part }),
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
