/** The last pieces of this browser, with names, to compare. */

import { byId, make } from "./elements.js";
import { Piece } from "./piece.js";
import { clock, count } from "./words.js";

const STORE = "leitmotif.pieces";
const MOST_PIECES = 12;
const SKETCH = { width: 240, height: 48 };

export class Shelf {
  #list = byId("pieces", HTMLElement);
  #section = byId("shelf", HTMLElement);
  #error = byId("shelf-error", HTMLElement);
  /**
   * The newest first.
   * @type {Piece[]}
   */
  #pieces = read();
  /** @type {Piece | null} */
  #open = null;
  #onOpen;
  #onRename;

  /**
   * @param {(piece: Piece) => void} onOpen
   * @param {(piece: Piece) => void} onRename
   */
  constructor(onOpen, onRename) {
    this.#onOpen = onOpen;
    this.#onRename = onRename;
    this.#show();
    addEventListener("storage", () => {
      this.#pieces = read(); // another tab has made one
      this.#show();
    });
  }

  /**
   * Puts a new piece in front, with a name of its own where it has none; the oldest makes room.
   * @param {Piece} piece
   */
  add(piece) {
    piece.name ||= this.#nextName(piece.title);
    this.#pieces = [piece, ...this.#pieces].slice(0, MOST_PIECES);
    this.mark(piece);
    this.#keep();
  }

  /**
   * Shows which piece is open.
   * @param {Piece | null} piece
   */
  mark(piece) {
    this.#open = piece;
    this.#show();
  }

  /**
   * Finds a piece that has been made already.
   * @param {(piece: Piece) => boolean} isIt
   */
  find(isIt) {
    return this.#pieces.find(isIt);
  }

  /** @param {string} title */
  #nextName(title) {
    const short = title.split(": ").at(-1); // of a series
    const numbers = this.#pieces.map(({ name }) => name.match(/^(.*), no\. (\d+)$/));
    const used = numbers.map((found) => (found?.[1] === short ? Number(found?.[2]) : 0));
    return `${short}, no. ${Math.max(0, ...used) + 1}`;
  }

  #keep() {
    const stored = JSON.stringify(this.#pieces.map((piece) => piece.stored()));
    try {
      localStorage.setItem(STORE, stored);
      this.#error.textContent = "";
    } catch {
      this.#error.textContent = "This browser has no room to keep the list; remove a piece.";
    }
  }

  #show() {
    this.#section.hidden = this.#pieces.length === 0;
    this.#list.replaceChildren(...this.#pieces.map((piece) => this.#item(piece)));
  }

  /** @param {Piece} piece */
  #item(piece) {
    const name = make("input", { class: "piece-name", "aria-label": "Name of the piece", value: piece.name, maxlength: "80" });
    name.addEventListener("change", () => {
      piece.name = name.value.trim() || piece.name;
      this.#keep();
      this.#onRename(piece);
    });
    const open = make("button", { type: "button", class: "piece-open", "aria-label": `Open ${piece.name}` }, sketch(piece));
    open.addEventListener("click", () => this.#onOpen(piece));
    const remove = make("button", { type: "button", class: "quiet", "aria-label": `Remove ${piece.name}` }, "Remove");
    remove.addEventListener("click", () => this.#remove(piece));
    const facts = `${count(piece.notes.length, "note")} · ${clock(piece.end_s)}`;
    const item = make("li", { class: "piece" }, open, name, make("span", { class: "piece-facts" }, facts), remove);
    if (piece === this.#open) item.setAttribute("aria-current", "true");
    return item;
  }

  /** @param {Piece} piece */
  #remove(piece) {
    this.#pieces = this.#pieces.filter((other) => other !== piece);
    this.#keep();
    this.#show();
    const next = /** @type {HTMLElement | null} */ (this.#list.querySelector("button"));
    (next ?? byId("compose", HTMLElement)).focus();
  }
}

/** @returns {Piece[]} */
function read() {
  try {
    return JSON.parse(localStorage.getItem(STORE) ?? "[]").map(Piece.from);
  } catch {
    return []; // somebody else's text, or a browser that keeps nothing
  }
}

/**
 * Draws a piece, small.
 * @param {Piece} piece
 */
function sketch(piece) {
  const canvas = make("canvas", { class: "sketch" });
  const { width, height } = SKETCH;
  [canvas.width, canvas.height] = [2 * width, 2 * height];
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  pen.scale(2, 2);
  pen.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--accent");
  const pitches = piece.notes.map(({ pitch }) => pitch);
  const [low, high] = [Math.min(...pitches, 48), Math.max(...pitches, 84)];
  for (const { pitch, start, duration } of piece.notes) {
    const x = (start / piece.endTicks) * width;
    const y = 2 + ((high - pitch) / (high - low)) * (height - 6);
    pen.fillRect(x, y, Math.max(0.8, (duration / piece.endTicks) * width), 1.6);
  }
  return canvas;
}
