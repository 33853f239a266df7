/** A piece drawn small, as a whole. */

import { make } from "./elements.js";

/** @import { Piece } from "./piece.js" */

const DOTS = 2; // of the canvas per pixel of the page

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
  const [low, high] = [Math.min(...pitches, 48), Math.max(...pitches, 84)];
  for (const { pitch, start, duration, isRight } of notes) {
    pen.fillStyle = isRight ? right : left;
    const x = (start / endTicks) * width;
    const y = 2 + ((high - pitch) / (high - low)) * (height - 6);
    pen.fillRect(x, y, Math.max(0.8, (duration / endTicks) * width), 1.6);
  }
  return canvas;
}
