/** The last pieces of this browser, with names, to compare. */

import { byId, make } from "./elements.js";
import { Piece } from "./piece.js";
import { sketch } from "./sketch.js";
import { clock, count } from "./words.js";

const STORE = "leitmotif.pieces";
const MOST_PIECES = 12;
// Of what a title cannot have (api/http/request/parameters.py): what ends lines or turns the direction of text.
const NOT_IN_NAMES = /[\p{Cc}\p{Cs}\u2028-\u202e\u2066-\u2069\ufffe\uffff]/gu;
const SKETCH = { width: 240, height: 48 };

export class Shelf {
  #list = byId("pieces", HTMLElement);
  #section = byId("shelf", HTMLElement);
  #error = byId("shelf-error", HTMLElement);
  #undo = byId("undo", HTMLButtonElement);
  /**
   * The newest first.
   * @type {Piece[]}
   */
  #pieces = read();
  /**
   * Pieces that can be brought back, and their places; the last one removed is the last.
   * @type {{piece: Piece, place: number}[]}
   */
  #removed = [];
  /** @type {Piece | null} */
  #open = null;
  #onOpen;
  #onChange;

  /**
   * @param {(piece: Piece) => void} onOpen
   * @param {() => void} onChange Called when pieces or their names have changed.
   */
  constructor(onOpen, onChange) {
    this.#onOpen = onOpen;
    this.#onChange = onChange;
    this.#show();
    this.#undo.addEventListener("click", () => this.#bringBack());
    addEventListener("storage", () => {
      this.#pieces = read().map((piece) => this.#known(piece)); // as another tab has left them
      this.#show();
      this.#onChange();
    });
  }

  /**
   * Puts a piece in front; the oldest makes room.
   * @param {Piece} piece
   */
  add(piece) {
    this.#removed = this.#removed.filter((removed) => removed.piece !== piece);
    this.#pieces.unshift(piece);
    for (const oldest of this.#pieces.slice(MOST_PIECES)) this.#takeOut(oldest);
    this.#show();
    this.#keep();
  }

  /** @param {Piece | null} piece */
  has(piece) {
    return this.#pieces.some((other) => other === piece);
  }

  /** Names a new piece, by no game's name: its name is the title of its files. */
  nextName() {
    const numbers = this.#pieces.map(({ name }) => Number(name.match(/^Song (\d{1,9})$/)?.[1] ?? 0));
    return `Song ${Math.max(0, ...numbers) + 1}`;
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

  /**
   * Gives the piece that this page has of an id, with the name that another tab may have given it.
   * @param {Piece} stored
   */
  #known(stored) {
    const piece = this.#pieces.find(({ id }) => id === stored.id) ?? stored;
    piece.name = stored.name;
    return piece;
  }

  #keep() {
    this.#onChange();
    const stored = JSON.stringify(this.#pieces.map((piece) => piece.stored()));
    try {
      localStorage.setItem(STORE, stored);
      this.#error.textContent = "";
    } catch {
      this.#error.textContent = "This browser’s storage is full; remove a piece.";
    }
  }

  #show() {
    const last = this.#removed.at(-1);
    this.#section.hidden = this.#pieces.length === 0 && !last;
    byId("removed", HTMLElement).textContent = last ? `${last.piece.name} is removed.` : "";
    this.#undo.hidden = !last;
    this.#undo.setAttribute("aria-label", `Undo: restore ${last?.piece.name}`);
    this.#list.replaceChildren(...this.#pieces.map((piece) => this.#item(piece)));
  }

  /** @param {Piece} piece */
  #item(piece) {
    const name = make("input", {
      class: "piece-name",
      "aria-label": "Name of the piece",
      value: piece.name,
      maxlength: "80",
    });
    name.addEventListener("change", () => {
      piece.name = name.value = name.value.replace(NOT_IN_NAMES, "").trim() || piece.name;
      this.#keep();
    });
    const open = make(
      "button",
      { type: "button", class: "piece-open", "aria-label": `Open ${piece.name}` },
      sketch(piece, SKETCH),
    );
    open.addEventListener("click", () => this.#onOpen(piece));
    const remove = make(
      "button",
      { type: "button", class: "quiet", "aria-label": `Remove ${piece.name}` },
      "Remove",
    );
    remove.addEventListener("click", () => this.#remove(piece));
    const facts = [
      count(piece.notes.length, "note"),
      clock(piece.end_s),
      piece.gameTitle.split(": ").at(-1), // without that of its series
    ].join(" · ");
    const item = make(
      "li",
      { class: "piece" },
      open,
      name,
      make("span", { class: "piece-facts" }, facts),
      remove,
    );
    if (piece === this.#open) item.setAttribute("aria-current", "true");
    return item;
  }

  /** @param {Piece} piece */
  #remove(piece) {
    this.#takeOut(piece);
    this.#show();
    this.#keep();
    this.#undo.focus();
  }

  /** @param {Piece} piece */
  #takeOut(piece) {
    this.#removed.push({ piece, place: this.#pieces.indexOf(piece) });
    this.#pieces = this.#pieces.filter((other) => other !== piece);
  }

  #bringBack() {
    const last = this.#removed.pop();
    if (!last) return;
    this.#pieces.splice(last.place, 0, last.piece);
    this.#show();
    this.#keep();
    this.#list.children[this.#pieces.indexOf(last.piece)].querySelector("button")?.focus();
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
