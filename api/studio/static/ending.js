/** The ending of a piece, as the file that the next piece continues. */

import { toMidi } from "./midi.js";
import { toBase64 } from "./recipe.js";
import { toSong, toText } from "./revised.js";

/** @import { Piece } from "./piece.js" */
/** @import { PrimerFile } from "./recipe.js" */

const LAST_BARS = 8;

/**
 * Writes the last bars of a piece: as MIDI or, for a band, as the service's JSON, which has its parts.
 * @param {Piece} piece
 * @returns {PrimerFile}
 */
export function ending(piece) {
  const { name, provenance, parts } = piece;
  const music = lastBars(piece);
  const isPiano = !parts.length;
  const content = isPiano
    ? toMidi(music.notes, { ...music, name, provenance })
    : new TextEncoder().encode(toSong(toText({ ...music, parts })));
  const suffix = isPiano ? "mid" : "json";
  return { name: `the end of ${name}.${suffix}`, base64: toBase64(content) };
}

/** @param {Piece} piece */
function lastBars(piece) {
  const { barLines, tempo } = piece;
  const bars = [...barLines.between(0, piece.endTicks - 1)];
  const from = bars[Math.max(0, bars.length - LAST_BARS)].start;
  const moved = (/** @type {{start: number}} */ { start }) => Math.max(0, start - from);
  const notes = piece.notes.slice(piece.firstFrom(from));
  const holding = piece.signatures.findLastIndex(({ start }) => start <= from);
  const signatures = piece.signatures.slice(Math.max(0, holding));
  return {
    notes: notes.map((note) => ({ ...note, start: moved(note) })),
    tempos: [{ start: 0, tempo }],
    signatures: signatures.map((signature) => ({ ...signature, start: moved(signature) })),
    barLines,
  };
}
