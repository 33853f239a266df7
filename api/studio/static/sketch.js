/** A piece drawn small, as a whole. */

import { make } from "./elements.js";

/** @import { Piece } from "./piece.js" */

const DOTS = 2; // of the canvas per pixel of the page
const FEWEST_KEYS = 36;
const THINNEST = 1.6; // note, in pixels

/**
 * Draws the notes of a piece, each hand in its colour.
 * @param {Piece} piece
 * @param {{width: number, height: number}} size In pixels; the style sheet may stretch it.
 */
export function sketch({ notes, endTicks }, { width, height }) {
  const canvas = make("canvas", { class: "sketch" });
  [canvas.width, canvas.height] = [DOTS * width, DOTS * height];
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  pen.scale(DOTS, DOTS);
  const style = getComputedStyle(document.documentElement);
  const [right, left] = ["--accent", "--left-hand"].map((name) => style.getPropertyValue(name));
  const pitches = notes.map(({ pitch }) => pitch);
  const [lowest, highest] = [Math.min(...pitches), Math.max(...pitches)];
  const keys = Math.max(FEWEST_KEYS, highest - lowest + 1);
  const top = (highest + lowest + keys) / 2; // so that the notes are in the middle
  const thickness = Math.max(THINNEST, (0.8 * height) / keys);
  for (const { pitch, start, duration, isRight } of notes) {
    pen.fillStyle = isRight ? right : left;
    const x = (start / endTicks) * width;
    const y = ((top - pitch - 0.5) / keys) * (height - thickness);
    pen.fillRect(x, y, Math.max(0.8, (duration / endTicks) * width), thickness);
  }
  return canvas;
}
