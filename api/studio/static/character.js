/** What a song is to be: the controls of its character, with the choices that a game can follow. */

import { byId, make } from "./elements.js";

/** @import { Recipe } from "./recipe.js" */
/** @import { Game } from "./service.js" */

const ANY = "any";
const CHOICES = /** @type {const} */ (["mood", "key", "mode", "meter"]);
const PERCENTILES = /** @type {const} */ (["density", "register"]);

/** @typedef {Pick<Recipe, typeof CHOICES[number] | typeof PERCENTILES[number]>} Wishes */

export class Character {
  #group = byId("character", HTMLDetailsElement);
  #summary = byId("character-set", HTMLElement);
  #wishes = byId("wishes", HTMLFieldSetElement);
  #hint = byId("wishes-hint", HTMLElement);
  #mood = byId("mood", HTMLSelectElement);
  #key = byId("key", HTMLSelectElement);
  #mode = byId("mode", HTMLSelectElement);
  #meter = byId("meter", HTMLSelectElement);
  #density = byId("density", HTMLInputElement);
  #register = byId("register", HTMLInputElement);
  #any = byId("any-character", HTMLButtonElement);
  /** The meters that can be chosen, as text. */
  #meters = "";

  /** @param {() => void} onChange Called when one wants any character again. */
  constructor(onChange) {
    this.#any.addEventListener("click", () => {
      this.fill({});
      this.#mood.focus();
      onChange();
    });
  }

  /** The numbers, which may be out of range. */
  get numbers() {
    return [this.#density, this.#register];
  }

  /** What is wanted; nothing where the song cannot have a character. */
  get wishes() {
    /** @type {Wishes} */
    const wishes = {};
    if (this.#wishes.disabled) return wishes;
    for (const name of CHOICES) {
      const { value } = byId(name, HTMLSelectElement);
      if (value) wishes[name] = value;
    }
    for (const name of PERCENTILES) {
      const { value } = byId(name, HTMLInputElement);
      if (value) wishes[name] = Number(value);
    }
    return wishes;
  }

  /** @param {Wishes} wishes */
  fill(wishes) {
    if (wishes.meter && !hasOption(this.#meter, wishes.meter)) this.#meter.append(option(wishes.meter));
    for (const name of CHOICES) byId(name, HTMLSelectElement).value = wishes[name] ?? "";
    for (const name of PERCENTILES)
      byId(name, HTMLInputElement).value = String(wishes[name] ?? "");
    this.#group.open ||= [...CHOICES, ...PERCENTILES].some((name) => wishes[name] !== undefined);
  }

  /**
   * Shows what can be chosen.
   * @param {Game | null} game The chosen one, if it is known.
   * @param {boolean} isPossible Whether a song can have a character.
   */
  show(game, isPossible) {
    this.#wishes.disabled = !isPossible;
    this.#hint.hidden = isPossible;
    if (game?.meters) this.#offerMeters(game.meters);
    if (game?.modes) this.#offerModes(game.modes);
    if (this.#key.value) this.#mode.value = "";
    this.#mode.disabled = !!this.#key.value;
    this.#showMood();
    const wanted = this.#inWords();
    this.#summary.textContent = wanted.join(", ") || ANY;
    this.#any.disabled = !wanted.length;
  }

  /** @param {readonly string[]} meters */
  #offerMeters(meters) {
    if (this.#meters === meters.join()) return;
    this.#meters = meters.join();
    const chosen = this.#meter.value;
    this.#meter.replaceChildren(option("", ANY), ...meters.map((meter) => option(meter)));
    this.#meter.value = meters.includes(chosen) ? chosen : "";
  }

  /** @param {readonly string[]} modes */
  #offerModes(modes) {
    for (const each of this.#wishes.querySelectorAll("[data-mode]")) {
      const isOffered = modes.includes(each.getAttribute("data-mode") ?? "");
      each.toggleAttribute("disabled", !isOffered);
      const select = each.closest("select");
      if (!isOffered && select && each.contains(select.selectedOptions[0])) select.value = "";
    }
  }

  /** Shows what the mood stands for where nothing else is set. */
  #showMood() {
    const { value: mood, selectedOptions } = this.#mood;
    const { mode, density = "", register = "" } = selectedOptions[0]?.dataset ?? {};
    const says = (/** @type {string} */ value) => (value ? `${value}, as ${mood} says` : ANY);
    this.#density.placeholder = says(density);
    this.#register.placeholder = says(register);
    this.#mode.options[0].text = this.#key.value ? "that of the key" : says(mode ?? "");
  }

  #inWords() {
    if (this.#wishes.disabled) return [];
    const chosen = CHOICES.map((name) => byId(name, HTMLSelectElement)).filter(({ value }) => value);
    const given = this.numbers.filter(({ value }) => value);
    return [
      ...chosen.map(({ selectedOptions: [one] }) => one.text),
      ...given.map(({ id, value }) => `${id} ${value}`),
    ];
  }
}

/**
 * @param {HTMLSelectElement} select
 * @param {string} value
 */
function hasOption(select, value) {
  return [...select.options].some((each) => each.value === value);
}

/**
 * @param {string} value
 * @param {string} [text]
 */
function option(value, text = value) {
  return make("option", { value }, text);
}
