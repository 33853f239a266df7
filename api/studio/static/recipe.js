/** What is asked for, as the service takes it and as a link carries it. */

import { toSong } from "./revised.js";

/**
 * @typedef {object} Recipe All that makes a piece, but for the model's version.
 * @property {string} game
 * @property {number} [notes]
 * @property {number} [seconds]
 * @property {number} [bars]
 * @property {string} [form] A letter for each section.
 * @property {boolean} [ending] Whether the last bar closes.
 * @property {boolean} [loop]
 * @property {number} [intro_bars]
 * @property {number} [temperature]
 * @property {number} [top_p]
 * @property {number} seed
 * @property {number} [tempo]
 * @property {number} [max_quote]
 * @property {string} [key] As the service names keys: F#m.
 * @property {string} [mode]
 * @property {string} [meter] Such as 3/4.
 * @property {number} [density] Percentile of the game's pieces, as is the next.
 * @property {number} [register]
 * @property {string} [mood]
 * @property {string} [instruments] Who plays, by the service's names: piano,Flute.
 * @property {"corpus" | "none" | "file"} primer
 * @property {PrimerFile} [file] Where the primer is one.
 * @property {boolean} [include_primer]
 * @property {string} [keep] The bars of `revised` that stay; the others are composed again.
 * @property {string} [variation_of] Where the file or `revised` is a theme: "primer".
 * @property {RevisedPiece} [revised]
 */

/**
 * @typedef {object} RevisedPiece A piece of which bars stay, or that is varied.
 * @property {string} name
 * @property {string} text As `toText` writes it.
 */

/**
 * @typedef {object} PrimerFile A file to continue: MIDI, or a song in the service's JSON.
 * @property {string} name
 * @property {string} base64
 */

const NUMBERS = /** @type {const} */ ([
  "notes",
  "seconds",
  "bars",
  "intro_bars",
  "temperature",
  "top_p",
  "seed",
  "tempo",
  "max_quote",
  "density",
  "register",
]);
const TEXTS = /** @type {const} */ ([
  "form",
  "keep",
  "variation_of",
  "key",
  "mode",
  "meter",
  "mood",
  "instruments",
]);
const FLAGS = /** @type {const} */ (["ending", "loop"]);
const MOST_LINK_CHARACTERS = 8000; // what mail and chat still carry
const SEEDS = 2 ** 32;

/** Rolls a seed. */
export function newSeed() {
  return crypto.getRandomValues(new Uint32Array(1))[0] % SEEDS;
}

/**
 * Writes a request's body.
 * @param {Recipe} recipe
 * @param {string} format
 * @param {{title?: string, version?: number, songs?: number}} [more] What the piece is called in a
 *     file; the version of the model that composes it, where 0 leaves it to the service; how many
 *     songs are composed.
 */
export function toForm(recipe, format, { title, version, songs } = {}) {
  const form = new FormData();
  if (title) form.set("title", title);
  if (version) form.set("version", String(version));
  if (songs) form.set("songs", String(songs));
  form.set("game", recipe.game);
  form.set("format", format);
  for (const [name, value] of values(recipe)) form.set(name, value);
  if (recipe.revised) {
    const song = new Blob([toSong(recipe.revised.text)], { type: "application/json" });
    form.set("primer", song, "song.json");
  } else if (recipe.primer === "file" && recipe.file) {
    const file = new Blob([fromBase64(recipe.file.base64)]);
    form.set("primer", file, recipe.file.name);
    form.set("include_primer", String(recipe.include_primer ?? false));
  } else {
    form.set("primer", recipe.primer);
  }
  return form;
}

/**
 * Writes what stands behind the # of a link that brings a piece back.
 * @param {Recipe} recipe
 * @param {number} version The model's.
 * @returns {string | null} null where the music that it comes from is too large for a link.
 */
export function toLink(recipe, version) {
  const said = new URLSearchParams({
    game: recipe.game,
    version: String(version),
    primer: recipe.primer,
  });
  for (const [name, value] of values(recipe)) said.set(name, value);
  if (recipe.revised) {
    said.set("revised", recipe.revised.name);
    said.set("song", recipe.revised.text);
  }
  if (recipe.file) {
    said.set("file", recipe.file.name);
    said.set("midi", recipe.file.base64);
    said.set("include_primer", String(recipe.include_primer ?? false));
  }
  const link = said.toString();
  return link.length > MOST_LINK_CHARACTERS ? null : link;
}

/**
 * Reads what `toLink` wrote.
 * @param {string} link
 * @returns {{recipe: Recipe, version: number} | null} null where it is none.
 */
export function fromLink(link) {
  const said = new URLSearchParams(link);
  const game = said.get("game");
  const seed = number(said, "seed");
  if (!game || seed === undefined) return null;
  /** @type {Recipe} */
  const recipe = { game, seed, primer: "corpus" };
  for (const name of NUMBERS) {
    const value = number(said, name);
    if (value !== undefined) recipe[name] = value;
  }
  for (const name of TEXTS) {
    const text = said.get(name);
    if (text) recipe[name] = text;
  }
  for (const name of FLAGS) {
    if (said.has(name)) recipe[name] = said.get(name) === "true";
  }
  const midi = said.get("midi");
  if (said.get("primer") === "none") recipe.primer = "none";
  if (said.get("primer") === "file" && midi) {
    recipe.primer = "file";
    recipe.file = { name: said.get("file") ?? "primer.mid", base64: midi };
    recipe.include_primer = said.get("include_primer") === "true";
  }
  const song = said.get("song");
  if ((recipe.keep || recipe.variation_of) && song) {
    recipe.primer = "file";
    recipe.revised = { name: said.get("revised") ?? "a piece", text: song };
  }
  return { recipe, version: number(said, "version") ?? 0 };
}

/**
 * Gives the parameters that are numbers, texts and flags, as far as a recipe has them.
 * @param {Recipe} recipe
 * @returns {[string, string][]}
 */
function values(recipe) {
  const names = [...NUMBERS, ...TEXTS, ...FLAGS].filter((name) => recipe[name] !== undefined);
  return names.map((name) => [name, String(recipe[name])]);
}

/** @param {Uint8Array} bytes */
export function toBase64(bytes) {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/** @param {string} text */
export function fromBase64(text) {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return new Uint8Array(); // a link that somebody cut: the service says that it is no MIDI file
  }
}

/**
 * @param {URLSearchParams} said
 * @param {string} name
 */
function number(said, name) {
  const text = said.get(name);
  return text !== null && text !== "" && Number.isFinite(Number(text)) ? Number(text) : undefined;
}
