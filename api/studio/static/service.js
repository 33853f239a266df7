/** The service that this page came from. */

import { TICKS_PER_BEAT } from "./meter.js";
import { Piece } from "./piece.js";
import { toForm } from "./recipe.js";

/** @import { Loop, Origin, Part, Quote, Section, ToldNote } from "./piece.js" */
/** @import { TimeSignature } from "./meter.js" */
/** @import { Recipe } from "./recipe.js" */
/** @import { TempoChange } from "./tempo.js" */

/**
 * @typedef {object} Game
 * @property {string} game
 * @property {number | null} version
 * @property {string} state
 * @property {string | null} title
 * @property {number | null} pieces
 * @property {number | null} notes
 * @property {number | null} max_quote
 * @property {string[] | null} meters In which its pieces begin.
 * @property {string[] | null} modes
 * @property {boolean | null} band Whether its music is for a band.
 * @property {string[] | null} instruments That its pieces have.
 */

/**
 * @typedef {{game_title: string, version: number, tempos: ToldTempo[],
 *     time_signatures: ToldSignature[], origin: Origin, primer_notes: number, plan?: ToldPlan,
 *     parts?: Part[]}} ToldSong
 */

/**
 * @typedef {{event: "song"} & ToldSong
 *   | {event: "notes", notes: ToldNote[]}
 *   | {event: "quote"} & Quote
 *   | {event: "end", notes: number, longest_quote: number}
 *   | {event: "error", detail: string, status: number, type: string}} SongEvent
 */

/**
 * @typedef {ToldSong & {notes: ToldNote[], quotes: Quote[]}} WholeSong
 * @typedef {{start_beats: number, tempo: number}} ToldTempo
 * @typedef {{bars: number, sections: {name: string, start_beats: number}[],
 *     loop?: {start_beats: number, length_beats: number}}} ToldPlan
 * @typedef {{start_beats: number, numerator: number, denominator: number}} ToldSignature
 */

/**
 * @typedef {object} RankedPiece One of the pieces that one request brings.
 * @property {number} rank 1 is the best.
 * @property {boolean} keepsMaxQuote Whether it quotes no more than was asked for.
 * @property {Piece} piece With the recipe of its own seed, and without a name.
 */

const KEY = "leitmotif.key"; // of this tab alone
const GONE = "The service does not respond. Is it still running?";

/** What keeps a request from its answer, in words for who sent it. */
export class Problem extends Error {
  /**
   * @param {string} message
   * @param {{status?: number, kind?: string, parameter?: string}} more
   */
  constructor(message, { status = 0, kind = "", parameter = "" } = {}) {
    super(message);
    /** 0 where there was no answer. */
    this.status = status;
    /** The last part of the problem's type. */
    this.kind = kind;
    this.parameter = parameter;
  }
}

/** @param {string} key Who may compose; for a service that asks. */
export function rememberKey(key) {
  sessionStorage.setItem(KEY, key.replace(/[^!-~]/g, "")); // what else a header cannot carry
}

/** @returns {Promise<Game[]>} */
export async function games() {
  const response = await fetched("games", {});
  return (await response.json()).games;
}

/**
 * Composes, and tells the piece while it is drawn.
 * @param {Recipe} recipe
 * @param {AbortSignal} signal
 * @param {number} [version] The model's; 0 leaves it to the service.
 * @returns {AsyncGenerator<SongEvent>}
 */
export async function* compose(recipe, signal, version) {
  const response = await generated(toForm(recipe, "ndjson", { version }), signal);
  try {
    for await (const line of lines(/** @type {ReadableStream<Uint8Array>} */ (response.body))) {
      yield JSON.parse(line);
    }
  } catch (error) {
    throw signal.aborted ? error : new Problem("The connection was lost while composing.");
  }
}

/**
 * Composes several pieces of one recipe, with seeds of their own.
 * @param {Recipe} recipe
 * @param {number} songs 2 or more.
 * @param {AbortSignal} signal
 * @returns {Promise<RankedPiece[]>} The best first.
 */
export async function composeSeveral(recipe, songs, signal) {
  const response = await generated(toForm(recipe, "json", { songs }), signal);
  const ranked = await response.json().catch((error) => {
    throw signal.aborted ? error : new Problem("The connection was lost while composing.");
  });
  return ranked.songs.map(
    (/** @type {{rank: number, seed: number, keeps_max_quote: boolean, song: WholeSong}} */ one) => ({
      rank: one.rank,
      keepsMaxQuote: one.keeps_max_quote,
      piece: whole({ ...recipe, seed: one.seed }, one.song),
    }),
  );
}

/**
 * @param {Recipe} recipe
 * @param {WholeSong} song
 */
function whole(recipe, song) {
  const piece = new Piece(recipe);
  describe(piece, song);
  piece.add(song.notes);
  piece.quotes = song.quotes;
  piece.isFinished = true;
  return piece;
}

/**
 * Writes into a piece what the service says of it besides its notes.
 * @param {Piece} piece
 * @param {ToldSong} song
 */
export function describe(piece, song) {
  const { game_title: gameTitle, version, origin, primer_notes: primerNotes, parts = [] } = song;
  Object.assign(piece, { gameTitle, version, origin, primerNotes, parts }, form(song.plan));
  piece.keepTime(...time(song));
}

/**
 * Reads a song's tempos and time signatures.
 * @param {{tempos: ToldTempo[], time_signatures: ToldSignature[]}} song
 * @returns {[TempoChange[], TimeSignature[]]}
 */
function time({ tempos, time_signatures }) {
  const start = (/** @type {{start_beats: number}} */ { start_beats }) =>
    Math.round(start_beats * TICKS_PER_BEAT);
  return [
    tempos.map((change) => ({ start: start(change), tempo: change.tempo })),
    time_signatures.map((signature) => ({
      start: start(signature),
      numerator: signature.numerator,
      denominator: signature.denominator,
    })),
  ];
}

/**
 * Reads a song's plan.
 * @param {ToldPlan | undefined} plan
 * @returns {{plannedBars: number, sections: Section[], loop: Loop | null}}
 */
function form(plan) {
  const ticks = (/** @type {number} */ beats) => Math.round(beats * TICKS_PER_BEAT);
  const sections = (plan?.sections ?? []).map(({ name, start_beats }) => ({
    name,
    start: ticks(start_beats),
  }));
  const plannedBars = plan?.bars ?? 0;
  if (!plan?.loop) return { plannedBars, sections, loop: null };
  const start = ticks(plan.loop.start_beats);
  return { plannedBars, sections, loop: { start, end: start + ticks(plan.loop.length_beats) } };
}

/**
 * Lets the version of the model that composed a piece compose it again, in another format.
 * @param {Piece} piece
 * @param {string} format
 */
export async function written({ recipe, name: title, version }, format) {
  const response = await generated(toForm(recipe, format, { title, version }));
  return response.blob();
}

/**
 * Tells whether the service no longer has the version of the model that was asked for.
 * @param {unknown} error
 */
export function isVersionGone(error) {
  return error instanceof Problem && error.parameter === "version";
}

/**
 * @param {FormData} body
 * @param {AbortSignal} [signal]
 */
function generated(body, signal) {
  const key = sessionStorage.getItem(KEY);
  const headers = key ? { Authorization: `Bearer ${key}` } : undefined;
  return fetched("generate", { method: "POST", body, headers, signal });
}

/**
 * @param {string} path
 * @param {RequestInit} how
 */
async function fetched(path, how) {
  const response = await fetch(path, how).catch((error) => {
    throw how.signal?.aborted ? error : new Problem(GONE);
  });
  if (!response.ok) throw await problem(response);
  return response;
}

/** @param {Response} response */
async function problem(response) {
  const { status } = response;
  const members = await response.json().catch(() => ({}));
  const wait_s = Number(response.headers.get("Retry-After"));
  const again =
    status === 429 || (status === 503 && wait_s) ? ` Try again in ${wait_s || 1} s.` : "";
  const detail = members.detail ?? `The service responded with ${status}.`;
  const kind = String(members.type ?? "")
    .split(":")
    .at(-1);
  return new Problem(detail + again, { status, kind, parameter: members.parameter });
}

/** @param {ReadableStream<Uint8Array>} body */
async function* lines(body) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += decoder.decode(value, { stream: true });
      const whole = text.split("\n");
      text = whole.pop() ?? "";
      yield* whole;
    }
  } finally {
    await reader.cancel().catch(() => {}); // a reader that stops early disconnects
  }
}
