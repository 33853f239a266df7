/** The form: what is asked for, and what is wrong with it. */

import { Character } from "./character.js";
import { byId } from "./elements.js";
import { Instruments } from "./instruments.js";
import { newSeed, toBase64 } from "./recipe.js";
import { toText } from "./revised.js";

/** @import { Games } from "./games.js" */
/** @import { Piece } from "./piece.js" */
/** @import { PrimerFile, Recipe } from "./recipe.js" */
/** @import { Problem } from "./service.js" */

/**
 * Which control a parameter of the service belongs to, where it is not of its name.
 * @type {Record<string, string>}
 */
const CONTROLS = { notes: "length", seconds: "length", bars: "length", loop: "form", primer: "file", include_primer: "file", variation_of: "file" };
const OF_MUSIC = new Set(["primer", "keep", "variation_of"]); // that is sent with a request
/**
 * The most, the step and the default of a length, by its unit.
 * @type {Record<string, [string, string, string]>}
 */
const LENGTHS = {
  notes: ["4000", "1", "500"],
  seconds: ["600", "any", "60"],
  bars: ["256", "1", "32"],
};
const BAND_NOTES = "1500"; // as the service's default: the parts of a band share them
const THEME = "primer"; // the only music that songs vary: what is sent with the request
const OF_GAMES = new Set(["unknown-game", "game-not-ready"]);

export class Form {
  element = byId("ask", HTMLFormElement);
  #games;
  #length = byId("length", HTMLInputElement);
  #unit = byId("unit", HTMLSelectElement);
  #usualNotes = LENGTHS.notes[2];
  #temperature = byId("temperature", HTMLInputElement);
  #topP = byId("top_p", HTMLInputElement);
  #tempo = byId("tempo", HTMLInputElement);
  #sections = byId("form", HTMLInputElement);
  #loops = byId("loops", HTMLInputElement);
  #ending = byId("ending", HTMLSelectElement);
  #introBars = byId("intro_bars", HTMLInputElement);
  #seed = byId("seed", HTMLInputElement);
  #usedSeed = "";
  #keepsSeed = byId("keep-seed", HTMLInputElement);
  #maxQuote = byId("max_quote", HTMLInputElement);
  #picker = byId("file", HTMLInputElement);
  #fileName = byId("file-name", HTMLElement);
  #fileControls = byId("file-controls", HTMLElement);
  #includes = byId("include_primer", HTMLInputElement);
  #begin = byId("begin", HTMLFieldSetElement);
  #varies = byId("varies", HTMLInputElement);
  #character = new Character(() => this.#changed());
  #instruments = new Instruments(() => this.#changed());
  #continued = byId("continued", HTMLElement);
  #continuedWords = byId("continued-words", HTMLElement);
  /**
   * What pieces continue, where one has chosen a file.
   * @type {PrimerFile | null}
   */
  #file = null;
  /**
   * What the next piece alone continues, whatever else is chosen.
   * @type {(Pick<Recipe, "include_primer" | "variation_of"> & {file: PrimerFile}) | null}
   */
  #once = null;

  /** @param {Games} games */
  constructor(games) {
    this.#games = games;
    this.#seed.value = String(newSeed());
    this.#picker.addEventListener("change", () => this.#picked());
    byId("roll-seed", HTMLButtonElement).addEventListener("click", () => this.rollSeed());
    this.#seed.addEventListener("input", () => (this.#keepsSeed.checked = true));
    this.element.addEventListener("input", () => this.#changed());
    this.#unit.addEventListener("change", () => this.#unitChanged());
    byId("take-back", HTMLButtonElement).addEventListener("click", () => this.#takeBack());
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
      ...this.#sampling,
      ...this.#shape,
      ...this.#start,
      ...this.#character.wishes,
      ...this.#instruments.wish,
    };
    if (this.#tempo.value) recipe.tempo = Number(this.#tempo.value);
    if (recipe.variation_of) return recipe; // the theme decides on the length
    const unit = /** @type {"notes" | "seconds" | "bars"} */ (this.#unit.value);
    recipe[unit] = Number(this.#length.value);
    if (this.#loops.checked && Number(this.#introBars.value))
      recipe.intro_bars = Number(this.#introBars.value);
    return recipe;
  }

  /**
   * Says how to compose some bars of a piece again, in its own game, meter and tempo.
   * @param {Piece} piece
   * @param {string} keep The bars that stay.
   * @returns {Recipe}
   */
  recipeAgain(piece, keep) {
    const { loop, barLines } = piece;
    const recipe = { ...this.#revision(piece), keep };
    if (!loop) return { ...recipe, ...this.#end };
    const introBars = barLines.at(loop.start).number - 1;
    return { ...recipe, loop: true, ...(introBars ? { intro_bars: introBars } : {}) };
  }

  /**
   * Says how to vary a piece, in its own game, meter and tempo.
   * @param {Piece} piece
   * @returns {Recipe}
   */
  recipeOfVariation(piece) {
    return { ...this.#revision(piece), ...this.#shape, variation_of: THEME };
  }

  /**
   * @param {Piece} piece
   * @returns {Recipe}
   */
  #revision(piece) {
    this.useSeed();
    const revised = { name: piece.name, text: toText(piece) };
    return { game: piece.recipe.game, ...this.#sampling, primer: "file", revised };
  }

  get #sampling() {
    return {
      temperature: Number(this.#temperature.value),
      top_p: Number(this.#topP.value),
      seed: Number(this.#seed.value),
      ...(this.#maxQuote.value ? { max_quote: Number(this.#maxQuote.value) } : {}),
    };
  }

  /** @returns {Pick<Recipe, "ending">} */
  get #end() {
    return this.#ending.value ? { ending: this.#ending.value === "true" } : {};
  }

  /** @returns {Pick<Recipe, "ending" | "form" | "loop">} */
  get #shape() {
    return {
      ...this.#end,
      ...(this.#sections.value ? { form: this.#sections.value } : {}),
      ...(this.#loops.checked ? { loop: true } : {}),
    };
  }

  /** @returns {Pick<Recipe, "primer" | "file" | "include_primer" | "variation_of">} */
  get #start() {
    if (this.#once) return { primer: "file", ...this.#once };
    const primer = this.#primer;
    if (primer !== "file" || !this.#file) return { primer };
    if (this.#varies.checked) return { primer, file: this.#file, variation_of: THEME };
    return { primer, file: this.#file, include_primer: this.#includes.checked };
  }

  /**
   * Says what was asked for; the seed is kept. A file is continued by the next piece alone.
   * @param {Recipe} recipe
   */
  fill(recipe) {
    this.#games.choose(recipe.game);
    this.#temperature.value = String(recipe.temperature ?? this.#temperature.defaultValue);
    this.#topP.value = String(recipe.top_p ?? this.#topP.defaultValue);
    this.#seed.value = this.#usedSeed = String(recipe.seed);
    this.#maxQuote.value = String(recipe.max_quote ?? "");
    if (!recipe.revised) this.#fillShape(recipe); // otherwise another piece has decided on it
    this.#changed();
    this.clearProblems();
  }

  /** @param {Recipe} recipe */
  #fillShape(recipe) {
    const units = /** @type {const} */ (["notes", "seconds", "bars"]);
    this.#unit.value = units.find((unit) => recipe[unit] !== undefined) ?? "notes";
    this.#unitChanged();
    this.#length.value = String(
      recipe.seconds ?? recipe.bars ?? recipe.notes ?? this.#length.defaultValue);
    this.#tempo.value = String(recipe.tempo ?? "");
    this.#sections.value = recipe.form ?? "";
    this.#ending.value = String(recipe.ending ?? "");
    this.#loops.checked = !!recipe.loop;
    this.#introBars.value = String(recipe.intro_bars ?? 0);
    const { file, include_primer, variation_of } = recipe;
    if (file) this.#once = { file, include_primer, variation_of };
    else this.#chooseStart(recipe.primer);
    this.#character.fill(recipe);
    this.#instruments.fill(recipe.instruments);
  }

  /**
   * Lets the next piece, and no other, continue a file.
   * @param {PrimerFile} file
   * @param {string} game Which composes it.
   */
  continueOnce(file, game) {
    this.#games.choose(game);
    this.#once = { file, include_primer: false };
    this.#changed();
  }

  /**
   * Forgets what one piece alone was to continue, as that piece has begun.
   * @param {PrimerFile | undefined} file
   */
  used(file) {
    if (this.#once?.file === file) this.#once = null;
    this.#changed();
  }

  /**
   * Lets all further pieces continue a file.
   * @param {PrimerFile} file
   */
  #useFile(file) {
    this.#file = file;
    this.#fileName.textContent = file.name;
    this.#chooseStart("file");
    this.#changed();
  }

  /** Lets no piece continue what the next one would. */
  #takeBack() {
    if (this.#once) this.#once = null;
    else this.#chooseStart("corpus");
    this.#changed();
    byId("compose", HTMLElement).focus();
  }

  /** Says what is missing before anything is asked; true where nothing is. */
  check() {
    this.clearProblems();
    const { primer, file } = this.#start;
    if (primer === "file" && !file)
      return this.#complain("file", "Choose a MIDI or JSON file, or drop one here.");
    const numbers = [this.#length, this.#seed, this.#tempo, this.#maxQuote];
    for (const control of [...numbers, ...this.#character.numbers]) {
      if (!control.checkValidity()) {
        const { min, max, step } = control;
        const kind = step === "any" ? "a number" : "an integer";
        return this.#complain(control.id, `This must be ${kind} from ${min} to ${max}.`);
      }
    }
    return true;
  }

  /**
   * Says what went wrong next to what caused it.
   * @param {Problem} problem
   * @param {Recipe} recipe What was asked for.
   */
  show(problem, { keep, revised }) {
    const isOfRevised = revised && OF_MUSIC.has(problem.parameter);
    const own = CONTROLS[problem.parameter] ?? problem.parameter;
    const control = isOfRevised ? (keep ? "again-bars" : "vary") : own;
    if (this.askForKey(problem)) this.#complain("api-key", problem.message);
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
    if (isMissing) byId("api-key-controls", HTMLElement).hidden = false;
    return isMissing;
  }

  clearProblems() {
    for (const error of document.querySelectorAll("form .error")) error.textContent = "";
    for (const control of document.querySelectorAll("form [aria-invalid]"))
      control.removeAttribute("aria-invalid");
  }

  /**
   * @param {string} control Its id.
   * @param {string} message
   */
  #complain(control, message) {
    byId(`${control}-error`, HTMLElement).textContent = message;
    const found = byId(control, HTMLElement);
    found.closest("details")?.setAttribute("open", "");
    if (found instanceof HTMLInputElement || found instanceof HTMLSelectElement) {
      found.setAttribute("aria-invalid", "true");
      found.focus();
    }
    return false;
  }

  get #primer() {
    const checked = /** @type {HTMLInputElement} */ (this.#begin.querySelector(":checked"));
    return /** @type {Recipe["primer"]} */ (checked.value);
  }

  /** @param {Recipe["primer"]} primer */
  #chooseStart(primer) {
    this.#once = null;
    byId(`start-${primer}`, HTMLInputElement).checked = true;
  }

  #changed() {
    byId("temperature-value", HTMLOutputElement).value = Number(this.#temperature.value).toFixed(2);
    byId("top_p-value", HTMLOutputElement).value =
      `${Math.round(Number(this.#topP.value) * 100)} %`;
    this.#fileControls.hidden = this.#primer !== "file";
    if (this.#varies.checked) this.#includes.checked = false;
    this.#includes.disabled = this.#varies.checked;
    this.#showVariation(!!this.#start.variation_of);
    this.#ending.disabled = this.#loops.checked; // a loop has no end
    if (this.#loops.checked) this.#ending.value = "";
    this.#showContinued();
    this.showGame();
  }

  /** Shows what the chosen game can follow, and how far its songs may quote. */
  showGame() {
    const game = this.#games.current;
    this.#offerNotes(game?.band ? BAND_NOTES : LENGTHS.notes[2]);
    const asPieces = "as the game’s own pieces";
    this.#maxQuote.placeholder = game?.max_quote ? `${game.max_quote}, ${asPieces}` : asPieces;
    const { primer, include_primer: isFirst, variation_of: isTheme } = this.#start;
    this.#character.show(game, primer === "corpus");
    this.#instruments.show(game, !isFirst && !isTheme);
  }

  /**
   * Offers as many notes as a song of the game usually has, unless somebody wants another length.
   * @param {string} usual
   */
  #offerNotes(usual) {
    if (this.#unit.value === "notes" && this.#length.value === this.#usualNotes)
      this.#length.value = usual;
    this.#usualNotes = usual;
  }

  /** @param {boolean} isVariation Whether the theme decides on the length and on what is first. */
  #showVariation(isVariation) {
    this.#length.disabled = this.#unit.disabled = isVariation;
    byId("length-hint", HTMLElement).hidden = isVariation;
    byId("theme-hint", HTMLElement).hidden = !isVariation;
    this.#introBars.disabled = !this.#loops.checked || isVariation;
    this.#sections.placeholder = isVariation ? "AABA" : "that of one of the game’s pieces";
  }

  /** Says beside the button what pieces continue, wherever that was chosen. */
  #showContinued() {
    const { file, variation_of } = this.#start;
    this.#begin.disabled = this.#once !== null;
    this.#continued.hidden = !file;
    const who = this.#once ? "The next piece" : "Every piece";
    const does = variation_of ? "varies" : "continues";
    this.#continuedWords.textContent = file ? `${who} ${does} ${file.name.replace(/\.(midi?|json)$/i, "")}.` : "";
  }

  #unitChanged() {
    const unit = this.#unit.value;
    const [most, step, usual] = LENGTHS[unit];
    const value = unit === "notes" ? this.#usualNotes : usual;
    Object.assign(this.#length, { max: most, step, value });
  }

  /**
   * Lets all further pieces continue a file that somebody chose or dropped.
   * @param {File} file
   */
  async #take(file) {
    this.clearProblems();
    const content = await file.arrayBuffer().catch(() => null);
    if (content) this.#useFile({ name: file.name, base64: toBase64(new Uint8Array(content)) });
    else this.#complain("file", `${file.name} cannot be read. Choose a file, not a folder.`);
  }

  async #picked() {
    const file = this.#picker.files?.[0];
    if (!file) return;
    await this.#take(file);
    this.#picker.value = ""; // so that the same file, edited, can be chosen again
  }

  /** Takes a file that is dropped anywhere on the page. */
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
      await this.#take(file);
    });
  }
}
