/** The studio: brings together what composes, plays, shows and keeps. */

import { Again } from "./again.js";
import { byId } from "./elements.js";
import { ending } from "./ending.js";
import { Form } from "./form.js";
import { Games } from "./games.js";
import { Keep } from "./keep.js";
import { Piece } from "./piece.js";
import { RankedSongs } from "./ranked.js";
import { fromLink, toLink } from "./recipe.js";
import {
  Problem,
  compose,
  composeSeveral,
  describe,
  isVersionGone,
  rememberKey,
} from "./service.js";
import { Shelf } from "./shelf.js";
import { Transport } from "./transport.js";
import { clock, count } from "./words.js";

/** @import { ToldNote } from "./piece.js" */
/** @import { Recipe } from "./recipe.js" */
/** @import { RankedPiece, SongEvent } from "./service.js" */

const RANKED_SONGS = 8; // of a request for several
const SAID_EVERY_NOTES = 250; // to those who hear the page

const isWide = matchMedia("(min-width: 60rem)"); // so that the form stands beside the piece
const button = byId("compose", HTMLButtonElement);
const several = byId("compose-eight", HTMLButtonElement);
const progress = byId("progress", HTMLProgressElement);
const status = byId("status", HTMLElement);
const heading = byId("piece-heading", HTMLElement);
const facts = byId("piece-facts", HTMLElement);
const notice = byId("notice", HTMLElement);
const keepIt = byId("keep-it", HTMLButtonElement);

const games = new Games(() => {
  showButtons();
  form.showGame();
});
const form = new Form(games);
const keep = new Keep((problem) => form.askForKey(problem));
const transport = new Transport();
const again = new Again(transport.marks, composeAgain, composeVariation);
const shelf = new Shelf(openPiece, () => shown && showFacts(shown));
const ranked = new RankedSongs(transport.player, keepRanked, () => several.focus());

/** @type {AbortController | null} */
let composing = null;
/** @type {Piece | null} */
let shown = null;
/** The link that the address bar shows, as far as this page wrote it. */
let ownLink = "";

/** For tests and debugging of the sound. */
export const { player } = transport;
export const rankedPlayer = ranked.player;

/**
 * @typedef {object} Wish How a piece is composed.
 * @property {boolean} isPlayed At once, which takes somebody's gesture.
 * @property {number} [linkedVersion] The version of the model in the link to the piece.
 */

/**
 * Composes a piece and shows it while it is drawn.
 * @param {Recipe} recipe
 * @param {Wish} wish
 */
async function composePiece(recipe, wish) {
  stopComposing();
  const mine = new AbortController();
  composing = mine;
  setComposing(true);
  player.pause();
  if (wish.isPlayed) player.unlock();
  say("Composing …");
  const piece = new Piece(recipe);
  try {
    await follow(piece, mine.signal, wish);
    if (composing === mine) finish(piece);
  } catch (error) {
    if (composing === mine) breakOff(piece, error);
  } finally {
    if (composing === mine) stopComposing();
  }
}

/**
 * Composes several pieces, and shows them when all are there.
 * @param {Recipe} recipe
 */
async function composeRanked(recipe) {
  stopComposing();
  const mine = new AbortController();
  composing = mine;
  setComposing(true);
  progress.removeAttribute("value"); // nothing tells how far it is
  several.setAttribute("aria-busy", "true");
  button.focus(); // which stops it
  say(`Composing ${RANKED_SONGS} songs …`);
  try {
    const songs = await composeSeveral(recipe, RANKED_SONGS, mine.signal);
    if (composing === mine) showRanked(songs, recipe);
  } catch (error) {
    if (composing !== mine) return;
    say("Stopped.");
    if (error instanceof Problem) form.show(error, recipe);
    else if (!mine.signal.aborted) throw error;
  } finally {
    if (composing === mine) stopComposing();
  }
}

/**
 * @param {RankedPiece[]} songs
 * @param {Recipe} recipe That of all of them.
 */
function showRanked(songs, recipe) {
  form.used(recipe.file);
  ranked.show(songs);
  if (document.activeElement === button) ranked.focus();
  say(`Finished: ${count(songs.length, "song")}, best first.`);
}

/** @param {RankedPiece} song */
function keepRanked({ rank, piece }) {
  piece.name = shelf.nextName();
  shelf.add(piece);
  const words = `Number ${rank} is kept as ${piece.name}.`;
  say(words);
  return words;
}

/** Cancels the request in progress; its events are ignored from now on. */
function stopComposing() {
  composing?.abort();
  composing = null;
  setComposing(false);
}

/**
 * @param {Piece} piece
 * @param {AbortSignal} signal
 * @param {Wish} wish
 */
async function follow(piece, signal, wish) {
  for await (const event of composed(piece.recipe, signal, wish.linkedVersion)) {
    switch (event.event) {
      case "song":
        begin(piece, event, wish);
        break;
      case "notes":
        grow(piece, event.notes);
        break;
      case "quote":
        piece.quotes.push({ piece: event.piece, notes: event.notes, first_note: event.first_note });
        transport.changed();
        break;
      case "error":
        throw new Problem(event.detail, {
          status: event.status,
          kind: event.type.split(":").at(-1),
        });
      case "end":
        piece.isFinished = true;
    }
  }
  if (!piece.isFinished) throw new Problem("The connection was lost while composing.");
}

/**
 * Composes by the version of a link or, if the service no longer has it, by its own.
 * @param {Recipe} recipe
 * @param {AbortSignal} signal
 * @param {number} [version]
 */
async function* composed(recipe, signal, version) {
  try {
    yield* compose(recipe, signal, version);
  } catch (error) {
    if (!isVersionGone(error)) throw error;
    yield* compose(recipe, signal);
  }
}

/**
 * @param {Piece} piece
 * @param {SongEvent & {event: "song"}} song
 * @param {Wish} wish
 */
function begin(piece, song, { isPlayed, linkedVersion }) {
  describe(piece, song);
  piece.name = shelf.nextName();
  form.used(piece.recipe.file);
  show(piece);
  if (isPlayed) player.play();
  if (linkedVersion && linkedVersion !== piece.version) {
    notice.textContent =
      `This link is to a piece by version ${linkedVersion} of the model. ` +
      `The service no longer has it, so this is another piece, by version ${piece.version}.`;
  }
}

/**
 * @param {Piece} piece
 * @param {ToldNote[]} told
 */
function grow(piece, told) {
  const before = Math.floor(piece.notes.length / SAID_EVERY_NOTES);
  piece.add(told);
  const { notes, seconds = 1 } = piece.recipe;
  if (piece.plannedBars) progress.value = piece.bars / piece.plannedBars;
  else if (notes) progress.value = (piece.notes.length - piece.primerNotes) / notes;
  else progress.value = piece.end_s / seconds;
  if (Math.floor(piece.notes.length / SAID_EVERY_NOTES) > before) {
    say(`${piece.notes.length} notes composed`);
  }
  showFacts(piece);
  transport.changed();
}

/** @param {Piece} piece */
function finish(piece) {
  shelf.add(piece);
  showEnded(piece);
  say(`Finished: ${count(piece.notes.length, "note")}, ${clock(piece.end_s)}.`);
}

/**
 * Shows a piece of which no more comes; what there is of it is a piece too.
 * @param {Piece} piece
 * @param {unknown} error Why; somebody may have stopped it, and then says whether to keep it.
 */
function breakOff(piece, error) {
  const isStopped = error instanceof DOMException && error.name === "AbortError";
  piece.breakOff();
  if (!piece.hasNewNotes) transport.changed();
  else {
    if (!isStopped) shelf.add(piece);
    if (!isStopped) notice.textContent = "Composing was interrupted. The notes so far are kept.";
    showEnded(piece);
  }
  if (error instanceof Problem) form.show(error, piece.recipe);
  else if (!isStopped) throw error;
  say("Stopped.");
}

/** @param {Piece} piece */
function showEnded(piece) {
  showFacts(piece);
  transport.changed();
  keep.show(piece);
  again.show(piece);
  showLink(piece);
}

/** @param {Piece} piece */
function show(piece) {
  shown = piece;
  notice.textContent = "";
  transport.show(piece);
  keep.show(piece.isFinished ? piece : null);
  again.show(piece.isFinished ? piece : null);
  shelf.mark(piece);
  showFacts(piece);
}

/**
 * Opens a piece of the list.
 * @param {Piece} piece
 */
function openPiece(piece) {
  stopComposing();
  const wasPlaying = player.isPlaying;
  show(piece);
  if (wasPlaying) player.play(); // to compare
  form.fill(piece.recipe);
  showLink(piece);
  say(`${piece.name} is open.`);
}

/** @param {Piece} piece */
function showFacts(piece) {
  keepIt.hidden = shelf.has(piece);
  keep.renamed();
  const meter = piece.signatures.at(-1);
  heading.textContent = piece.name;
  document.title = `${heading.textContent} · Leitmotif`;
  facts.textContent = [
    count(piece.notes.length, "note"),
    count(piece.bars, "bar") + (meter ? ` of ${meter.numerator}/${meter.denominator}` : ""),
    `${Math.round(piece.tempo)} beats a minute`,
    `seed ${piece.recipe.seed}`,
    `${piece.gameTitle}, model version ${piece.version}`,
    ...came(piece.recipe),
  ].join(" · ");
}

/**
 * Says of which piece or file a piece comes.
 * @param {Recipe} recipe
 */
function came({ file, keep, revised, variation_of: isVariation }) {
  const music = revised ?? file;
  if (!music) return [];
  if (isVariation) return [`varies ${music.name}`];
  return revised ? [`keeps bars ${keep} of ${music.name}`] : [`continues ${music.name}`];
}

/** @param {boolean} isComposing */
function setComposing(isComposing) {
  button.textContent = isComposing ? "Stop" : "Compose";
  progress.value = 0;
  progress.hidden = !isComposing;
  several.removeAttribute("aria-busy");
  showButtons();
}

function showButtons() {
  button.disabled = !composing && !games.isReady;
  several.disabled = !!composing || !games.isReady;
}

/** @param {string} words To those who hear the page. */
function say(words) {
  status.textContent = words;
}

/** @param {Piece} piece */
function showLink(piece) {
  ownLink = `#${toLink(piece.recipe, piece.version) ?? ""}`;
  history.replaceState(null, "", ownLink);
}

/**
 * Composes all bars of a piece but some again; what comes is a new piece.
 * @param {Piece} piece
 * @param {string} kept The bars that stay.
 */
function composeAgain(piece, kept) {
  form.clearProblems();
  void composePiece(form.recipeAgain(piece, kept), { isPlayed: true });
}

/**
 * Composes a piece of which another is the theme.
 * @param {Piece} piece
 */
function composeVariation(piece) {
  form.clearProblems();
  void composePiece(form.recipeOfVariation(piece), { isPlayed: true });
}

/** Brings back the piece that the page's address tells of. */
function followLink() {
  if (location.hash.length < 2 || location.hash === ownLink) return;
  const linked = fromLink(location.hash.slice(1));
  if (!linked) return void (notice.textContent = "This link does not name a piece.");
  const known = shelf.find(
    (piece) => toLink(piece.recipe, piece.version) === location.hash.slice(1),
  );
  if (known) return openPiece(known);
  form.fill(linked.recipe);
  void composePiece(linked.recipe, { isPlayed: false, linkedVersion: linked.version });
}

form.element.addEventListener("submit", (event) => {
  event.preventDefault();
  if (composing) return composing.abort();
  if (!form.check()) return;
  form.useSeed();
  void composePiece(form.recipe, { isPlayed: true });
  if (!isWide.matches) byId("stage", HTMLElement).scrollIntoView({ block: "start" });
});
several.addEventListener("click", () => {
  if (!form.check()) return;
  form.useSeed();
  ranked.player.unlock(); // while somebody has just asked for something
  void composeRanked(form.recipe);
});
byId("continue", HTMLButtonElement).addEventListener("click", () => {
  if (!shown) return;
  form.continueOnce(ending(shown), shown.recipe.game);
  button.focus();
  say(`The next piece continues the end of ${shown.name}. Press Compose.`);
});
keepIt.addEventListener("click", () => {
  if (!shown) return;
  shelf.add(shown);
  say(`${shown.name} is kept.`);
});
byId("api-key", HTMLInputElement).addEventListener("change", (event) => {
  rememberKey(/** @type {HTMLInputElement} */ (event.target).value);
});
addEventListener("hashchange", followLink);

byId("shape", HTMLDetailsElement).open = isWide.matches;
void games.watch();
void player.prepare();
followLink();
