/** The form: what is asked for, and what is wrong with it. */

import { byId } from "./elements.js";
import { newSeed, toBase64 } from "./recipe.js";

/** @import { Games } from "./games.js" */
/** @import { PrimerFile, Recipe } from "./recipe.js" */
/** @import { Problem } from "./service.js" */

/**
 * Which control a parameter of the service belongs to, where it is not of its name.
 * @type {Record<string, string>}
 */
const CONTROLS = { notes: "length", seconds: "length", primer: "file", include_primer: "file" };
const OF_GAMES = new Set(["unknown-game", "game-not-ready"]);

export class Form {
  element = byId("ask", HTMLFormElement);
  #games;
  #length = byId("length", HTMLInputElement);
  #unit = byId("unit", HTMLSelectElement);
  #temperature = byId("temperature", HTMLInputElement);
  #topP = byId("top_p", HTMLInputElement);
  #tempo = byId("tempo", HTMLInputElement);
  #seed = byId("seed", HTMLInputElement);
  #usedSeed = "";
  #keepsSeed = byId("keep-seed", HTMLInputElement);
  #maxQuote = byId("max_quote", HTMLInputElement);
  #picker = byId("file", HTMLInputElement);
  #fileName = byId("file-name", HTMLElement);
  #fileControls = byId("file-controls", HTMLElement);
  #includes = byId("include_primer", HTMLInputElement);
  /** @type {PrimerFile | null} */
  #file = null;

  /** @param {Games} games */
  constructor(games) {
    this.#games = games;
    this.#seed.value = String(newSeed());
    this.#picker.addEventListener("change", () => this.#picked());
    byId("roll-seed", HTMLButtonElement).addEventListener("click", () => this.rollSeed());
    this.#seed.addEventListener("input", () => (this.#keepsSeed.checked = true));
    this.element.addEventListener("input", () => this.#changed());
    this.#unit.addEventListener("change", () => this.#unitChanged());
    this.#acceptDrops();
    this.#changed();
  }

  rollSeed() {
    this.#seed.value = String(newSeed());
  }

  /** Sees to it that the next piece is a new one, unless one wants to keep the seed. */
  useSeed() {
    if (!this.#keepsSeed.checked && this.#seed.value === this.#usedSeed) this.rollSeed();
    this.#usedSeed = this.#seed.value;
  }

  /** @returns {Recipe} */
  get recipe() {
    /** @type {Recipe} */
    const recipe = {
      game: this.#games.chosen,
      temperature: Number(this.#temperature.value),
      top_p: Number(this.#topP.value),
      seed: Number(this.#seed.value),
      primer: this.#primer,
    };
    recipe[this.#unit.value === "seconds" ? "seconds" : "notes"] = Number(this.#length.value);
    if (this.#tempo.value) recipe.tempo = Number(this.#tempo.value);
    if (this.#maxQuote.value) recipe.max_quote = Number(this.#maxQuote.value);
    if (recipe.primer === "file" && this.#file) {
      recipe.file = this.#file;
      recipe.include_primer = this.#includes.checked;
    }
    return recipe;
  }

  /**
   * Says what was asked for; the seed is kept.
   * @param {Recipe} recipe
   */
  fill(recipe) {
    this.#games.choose(recipe.game);
    this.#unit.value = recipe.seconds === undefined ? "notes" : "seconds";
    this.#unitChanged();
    this.#length.value = String(recipe.seconds ?? recipe.notes ?? 500);
    this.#temperature.value = String(recipe.temperature);
    this.#topP.value = String(recipe.top_p);
    this.#tempo.value = String(recipe.tempo ?? "");
    this.#seed.value = this.#usedSeed = String(recipe.seed);
    this.#maxQuote.value = String(recipe.max_quote ?? "");
    this.#includes.checked = recipe.include_primer ?? false;
    this.#useFile(recipe.file ?? this.#file);
    this.#primer = recipe.primer;
    this.clearProblems();
  }

  /**
   * Goes on from a MIDI file.
   * @param {PrimerFile} file
   */
  goOnFrom(file) {
    this.#useFile(file);
    this.#primer = "file";
  }

  /** Says what is missing before anything is asked; true where nothing is. */
  check() {
    this.clearProblems();
    if (this.#primer === "file" && !this.#file) return this.#complain("file", "Choose a MIDI file, or drop one here.");
    for (const control of [this.#length, this.#seed, this.#tempo, this.#maxQuote]) {
      if (!control.checkValidity()) {
        const { min, max, step } = control;
        const kind = step === "any" ? "a number" : "a whole number";
        return this.#complain(control.id, `This has to be ${kind} from ${min} to ${max}.`);
      }
    }
    return true;
  }

  /**
   * Says what went wrong next to what caused it.
   * @param {Problem} problem
   */
  show(problem) {
    const control = CONTROLS[problem.parameter] ?? problem.parameter;
    if (this.askForKey(problem)) this.#complain("key", problem.message);
    else if (OF_GAMES.has(problem.kind)) this.#complain("games", problem.message);
    else if (document.getElementById(`${control}-error`)) this.#complain(control, problem.message);
    else this.#complain("compose", problem.message);
  }

  /**
   * Shows where to enter a key, if that is what was missing; says whether it was.
   * @param {Problem} problem
   */
  askForKey({ status }) {
    const isMissing = status === 401;
    if (isMissing) byId("key-controls", HTMLElement).hidden = false;
    return isMissing;
  }

  clearProblems() {
    for (const error of this.element.querySelectorAll(".error")) error.textContent = "";
    for (const control of this.element.querySelectorAll("[aria-invalid]")) control.removeAttribute("aria-invalid");
  }

  /**
   * @param {string} control Its id.
   * @param {string} message
   */
  #complain(control, message) {
    byId(`${control}-error`, HTMLElement).textContent = message;
    const found = byId(control, HTMLElement);
    const shape = byId("shape", HTMLDetailsElement);
    shape.open ||= shape.contains(found);
    if (found instanceof HTMLInputElement) {
      found.setAttribute("aria-invalid", "true");
      found.focus();
    }
    return false;
  }

  get #primer() {
    return /** @type {Recipe["primer"]} */ (String(new FormData(this.element).get("start")));
  }

  set #primer(primer) {
    byId(`start-${primer}`, HTMLInputElement).checked = true;
    this.#changed();
  }

  #changed() {
    byId("temperature-value", HTMLOutputElement).value = Number(this.#temperature.value).toFixed(2);
    byId("top_p-value", HTMLOutputElement).value = `${Math.round(Number(this.#topP.value) * 100)} %`;
    this.#fileControls.hidden = this.#primer !== "file";
  }

  #unitChanged() {
    const isSeconds = this.#unit.value === "seconds";
    this.#length.max = isSeconds ? "600" : "4000";
    this.#length.step = isSeconds ? "any" : "1";
    this.#length.value = isSeconds ? "60" : "500";
  }

  async #picked() {
    const file = this.#picker.files?.[0];
    if (file) this.goOnFrom(await read(file));
  }

  /** @param {PrimerFile | null} file */
  #useFile(file) {
    this.#file = file;
    this.#fileName.textContent = file?.name ?? "none yet";
  }

  /** Takes a MIDI file that is dropped anywhere on the page. */
  #acceptDrops() {
    const whole = document.documentElement;
    whole.addEventListener("dragover", (event) => {
      event.preventDefault();
      whole.classList.add("dropping");
    });
    whole.addEventListener("dragleave", (event) => {
      if (!event.relatedTarget) whole.classList.remove("dropping");
    });
    whole.addEventListener("drop", async (event) => {
      event.preventDefault();
      whole.classList.remove("dropping");
      const file = event.dataTransfer?.files[0];
      if (!file) return;
      byId("shape", HTMLDetailsElement).open = true;
      this.goOnFrom(await read(file));
    });
  }
}

/** @param {File} file */
async function read(file) {
  return { name: file.name, base64: toBase64(new Uint8Array(await file.arrayBuffer())) };
}
