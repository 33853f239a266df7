/** Who plays a song: the instruments of a game whose music is for a band. */

import { byId, make } from "./elements.js";
import { count } from "./words.js";

/** @import { Recipe } from "./recipe.js" */
/** @import { Game } from "./service.js" */

const OWN = "those of one of the game’s pieces";
const OF_FILE = "those of the file";
const PIANO = "piano"; // which alone plays everything
const GRAND_PIANO = "Acoustic Grand Piano"; // the same instrument
const MOST_PARTS = 4; // of a family of instruments
const KIT = /^drums$| kit$/i; // of which a song has one

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
      for (const { box } of this.#rows) box.checked = false;
      this.#rows[0]?.box.focus();
      onChange();
    });
  }

  /** What is checked, an instrument of several parts as often; nothing where the song cannot choose. */
  get wish() {
    /** @type {Pick<Recipe, "instruments">} */
    const wish = {};
    if (!this.#group.hidden && !this.#fieldset.disabled && this.#chosen.length)
      wish.instruments = this.#chosen.join();
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
    for (const { box, parts } of this.#rows) {
      if (!box.checked) parts.value = "1";
      parts.hidden = !box.checked || KIT.test(box.value);
    }
    const chosen = isPossible ? this.#chosen : [];
    const words = [...new Set(chosen)].map((name) => told(name, chosen)).join(", ");
    this.#summary.textContent = words || (isPossible ? OWN : OF_FILE);
    this.#own.disabled = !chosen.length;
  }

  /** @param {readonly string[]} instruments */
  #offer(instruments) {
    if (this.#offered === instruments.join()) return;
    this.#offered = instruments.join();
    const names = [PIANO, ...instruments.filter((name) => name !== GRAND_PIANO)];
    const wanted = this.#wanted?.map(
      (name) => names.find((other) => key(other) === key(name)) ?? name.trim(),
    );
    const chosen = wanted ?? this.#chosen;
    this.#wanted = null;
    const shown = [...new Set([...names, ...(wanted ?? [])])];
    this.#names.replaceChildren(...shown.map((name) => row(name, times(name, chosen))));
  }

  get #rows() {
    return [...this.#names.children].map((element) => ({
      box: /** @type {HTMLInputElement} */ (element.querySelector("input")),
      parts: /** @type {HTMLSelectElement} */ (element.querySelector("select")),
    }));
  }

  /** The names of the checked instruments, one for each part. */
  get #chosen() {
    const checked = this.#rows.filter(({ box }) => box.checked);
    return checked.flatMap(({ box, parts }) => Array(Number(parts.value)).fill(box.value));
  }
}

/**
 * Offers an instrument, and if it is checked, how many parts play it.
 * @param {string} name
 * @param {number} chosen How many parts play it now.
 */
function row(name, chosen) {
  const box = make("input", { type: "checkbox", value: name });
  box.checked = chosen > 0;
  const parts = make("select", { "aria-label": `Parts for ${name}` });
  for (let number = 1; number <= Math.max(MOST_PARTS, chosen); number++)
    parts.append(make("option", { value: String(number) }, count(number, "part")));
  parts.value = String(Math.max(1, chosen));
  return make("div", { class: "name" }, make("label", { class: "choice" }, box, ` ${name}`), parts);
}

/**
 * @param {string} name
 * @param {readonly string[]} chosen
 */
function told(name, chosen) {
  const parts = times(name, chosen);
  return parts > 1 ? `${name} ×${parts}` : name;
}

/**
 * @param {string} name
 * @param {readonly string[]} chosen
 */
function times(name, chosen) {
  return chosen.filter((other) => other === name).length;
}

/**
 * Gives what counts of a name, as for the service.
 * @param {string} name
 */
function key(name) {
  return name.toLowerCase().replace(/[^a-z0-9]/g, "");
}
