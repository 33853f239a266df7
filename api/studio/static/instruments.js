/** Who plays a song: the instruments of a game whose music is for a band. */

import { byId, make } from "./elements.js";

/** @import { Recipe } from "./recipe.js" */
/** @import { Game } from "./service.js" */

const OWN = "those of one of the game’s pieces";
const PIANO = "piano"; // which alone plays everything
const GRAND_PIANO = "Acoustic Grand Piano"; // the same instrument

export class Instruments {
  #group = byId("players", HTMLDetailsElement);
  #summary = byId("players-set", HTMLElement);
  #hint = byId("players-hint", HTMLElement);
  #fieldset = byId("instruments", HTMLFieldSetElement);
  #names = byId("instrument-names", HTMLElement);
  #own = byId("own-instruments", HTMLButtonElement);
  /** What can be checked, as text. */
  #offered = "";
  /**
   * What a recipe names, until a game's instruments are shown.
   * @type {string[] | null}
   */
  #wanted = null;

  /** @param {() => void} onChange Called when one wants the instruments of the game's pieces again. */
  constructor(onChange) {
    this.#own.addEventListener("click", () => {
      for (const box of this.#boxes) box.checked = false;
      this.#boxes[0]?.focus();
      onChange();
    });
  }

  /** What is checked; nothing where the song cannot choose. */
  get wish() {
    /** @type {Pick<Recipe, "instruments">} */
    const wish = {};
    if (!this.#group.hidden && !this.#fieldset.disabled && this.#checked.length)
      wish.instruments = this.#checked.join();
    return wish;
  }

  /** @param {string} [instruments] As a recipe has them. */
  fill(instruments) {
    this.#wanted = instruments?.split(",") ?? [];
    this.#offered = "";
    this.#group.open ||= this.#wanted.length > 0;
  }

  /**
   * Shows what can be chosen.
   * @param {Game | null} game The chosen one, if it is known.
   * @param {boolean} isPossible Whether the song can choose: otherwise a file decides.
   */
  show(game, isPossible) {
    this.#group.hidden = !game?.band;
    if (game?.band && game.instruments) this.#offer(game.instruments);
    this.#fieldset.disabled = !isPossible;
    this.#hint.hidden = isPossible;
    const checked = isPossible ? this.#checked : [];
    this.#summary.textContent = checked.join(", ") || OWN;
    this.#own.disabled = !checked.length;
  }

  /** @param {readonly string[]} instruments */
  #offer(instruments) {
    if (this.#offered === instruments.join()) return;
    this.#offered = instruments.join();
    const wanted = this.#wanted ?? [];
    const checked = this.#wanted ?? this.#checked;
    this.#wanted = null;
    const names = new Set([PIANO, ...instruments.filter((name) => name !== GRAND_PIANO), ...wanted]);
    this.#names.replaceChildren(...[...names].map((name) => box(name, checked.includes(name))));
  }

  get #boxes() {
    return [...this.#names.querySelectorAll("input")];
  }

  get #checked() {
    return this.#boxes.filter(({ checked }) => checked).map(({ value }) => value);
  }
}

/**
 * @param {string} name
 * @param {boolean} isChecked
 */
function box(name, isChecked) {
  const input = make("input", { type: "checkbox", value: name });
  input.checked = isChecked;
  return make("label", { class: "choice" }, input, ` ${name}`);
}
