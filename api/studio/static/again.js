/** Composing again: some bars of a piece, as a field beside the roll lists them, or all around it. */

import { byId } from "./elements.js";
import { barsText, otherBars, readBars } from "./marks.js";

/** @import { Marks } from "./marks.js" */
/** @import { Piece } from "./piece.js" */

const NONE = "No bar of this piece is marked.";
const ALL = "These are all bars. Leave some as they are, or press Compose for a new piece.";

export class Again {
  #section = byId("again", HTMLFormElement);
  #variation = byId("variation", HTMLFormElement);
  #field = byId("again-bars", HTMLInputElement);
  #error = byId("again-bars-error", HTMLElement);
  #marks;
  /** @type {Piece | null} */
  #piece = null;

  /**
   * @param {Marks} marks
   * @param {(piece: Piece, keep: string) => void} onCompose Called with the bars that stay.
   * @param {(piece: Piece) => void} onVary
   */
  constructor(marks, onCompose, onVary) {
    this.#marks = marks;
    marks.addEventListener("change", () => this.#marked());
    this.#field.addEventListener("input", () => marks.set(readBars(this.#field.value) ?? []));
    this.#section.addEventListener("submit", (event) => {
      event.preventDefault();
      const keep = this.#kept();
      if (keep && this.#piece) onCompose(this.#piece, keep);
    });
    this.#variation.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#piece) onVary(this.#piece);
    });
  }

  /** @param {Piece | null} piece A finished one, or none. */
  show(piece) {
    this.#piece = piece;
    this.#section.hidden = this.#variation.hidden = !piece;
    this.#marks.set(piece ? recomposedBars(piece) : []);
  }

  #marked() {
    if (document.activeElement !== this.#field) this.#field.value = barsText(this.#marks.bars);
    this.#complain("");
  }

  /** The bars that stay; says what is wrong where there are none. */
  #kept() {
    const last = this.#piece?.lastBar ?? 0;
    const others = otherBars(this.#marks.bars, last);
    if (others.length === last) this.#complain(NONE);
    else if (!others.length) this.#complain(ALL);
    else return barsText(others);
    this.#field.focus();
    return null;
  }

  /** @param {string} message */
  #complain(message) {
    this.#error.textContent = message;
    this.#field.toggleAttribute("aria-invalid", !!message);
  }
}

/**
 * Gives the bars that a piece does not have from the one that it revises.
 * @param {Piece} piece
 */
function recomposedBars({ recipe, lastBar }) {
  return recipe.keep ? otherBars(readBars(recipe.keep) ?? [], lastBar) : [];
}
