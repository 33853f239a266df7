/** Several songs of one request, best first: to listen to, and to keep or throw away. */

import { byId, make } from "./elements.js";
import { Player } from "./player.js";
import { sketch } from "./sketch.js";
import { clock, count } from "./words.js";

/** @import { RankedPiece } from "./service.js" */

const SKETCH = { width: 240, height: 96 };
const PLAYHEAD_EVERY_MS = 100;
const DWELL_MS = 300;

export class RankedSongs {
  #section = byId("ranked", HTMLElement);
  #head = byId("ranked-head", HTMLElement);
  #list = byId("ranked-songs", HTMLElement);
  #keptWords = byId("ranked-kept", HTMLElement);
  #thrownWords = byId("ranked-thrown", HTMLElement);
  #undo = byId("ranked-undo", HTMLButtonElement);
  /**
   * The best first.
   * @type {RankedPiece[]}
   */
  #songs = [];
  /**
   * What was thrown away together; the last is the last.
   * @type {RankedPiece[][]}
   */
  #thrown = [];
  /** @type {Map<RankedPiece, HTMLElement>} */
  #items = new Map();
  /** @type {RankedPiece | null} */
  #playing = null;
  /**
   * What the mouse has moved over; what comes to lie under a still mouse is not meant.
   * @type {RankedPiece | null}
   */
  #pointed = null;
  #onKeep;
  #onEmpty;
  #main;
  player;

  /**
   * @param {Player} main Plays the open piece; its piano and its volume are used here too.
   * @param {(song: RankedPiece) => string} onKeep Keeps a song, and says so.
   * @param {() => void} onEmpty Called when no song is left, so that the focus has a place.
   */
  constructor(main, onKeep, onEmpty) {
    this.#main = main;
    this.#onKeep = onKeep;
    this.#onEmpty = onEmpty;
    this.player = new Player(() => this.#showPlaying(), main.piano);
    byId("ranked-close", HTMLButtonElement).addEventListener("click", () => this.#close());
    this.#undo.addEventListener("click", () => this.#bringBack());
    this.#list.addEventListener("keydown", (event) => this.#pressed(event));
    setInterval(() => this.#movePlayhead(), PLAYHEAD_EVERY_MS);
  }

  /**
   * Shows songs instead of those before.
   * @param {RankedPiece[]} songs The best first.
   */
  show(songs) {
    this.#stop();
    this.#songs = [...songs];
    this.#thrown = [];
    this.#keptWords.textContent = "";
    this.#items = new Map(songs.map((song) => [song, this.#item(song, songs.length)]));
    this.#show();
  }

  focus() {
    this.#section.scrollIntoView({ block: "nearest" });
    this.#focusAt(0);
  }

  #show() {
    this.#section.hidden = !this.#songs.length && !this.#thrown.length;
    this.#head.hidden = this.#list.hidden = !this.#songs.length;
    const last = this.#thrown.at(-1);
    this.#thrownWords.textContent = last ? inWords(last) : "";
    this.#undo.hidden = !last;
    this.#list.replaceChildren(...this.#songs.map((song) => /** @type {Node} */ (this.#items.get(song))));
  }

  /**
   * @param {RankedPiece} song
   * @param {number} songs How many there are.
   */
  #item(song, songs) {
    const { piece, rank, keepsMaxQuote } = song;
    const facts = `seed ${piece.recipe.seed}, ${count(piece.notes.length, "note")}, ${clock(piece.end_s)}`;
    const play = make(
      "button",
      {
        type: "button",
        class: "ranked-play",
        "aria-pressed": "false",
        "aria-label": `Play number ${rank} of ${songs}, ${facts}`,
      },
      sketch(piece, SKETCH),
      make("span", { class: "ranked-playhead", hidden: "" }),
    );
    play.addEventListener("click", () => this.#toggle(song));
    const item = make(
      "li",
      { class: "ranked-song" },
      play,
      make("span", { class: "ranked-rank" }, String(rank)),
      make("span", { class: "ranked-length" }, clock(piece.end_s)),
      make("span", { class: "ranked-facts" }, `seed ${piece.recipe.seed}`),
      ...(keepsMaxQuote ? [] : [make("p", { class: "ranked-quotes" }, "quotes more than asked for")]),
      this.#button("Keep", rank, () => this.#keep(song)),
      this.#button("Throw away", rank, () => this.#throwAway(song)),
    );
    item.addEventListener("pointermove", ({ pointerType }) => {
      if (pointerType === "mouse") this.#point(song);
    });
    item.addEventListener("pointerleave", ({ pointerType }) => {
      if (pointerType !== "mouse") return;
      this.#pointed = null;
      this.#stop(song);
    });
    item.addEventListener("focusout", ({ relatedTarget }) => {
      if (!item.contains(/** @type {Node | null} */ (relatedTarget))) this.#stop(song);
    });
    return item;
  }

  /**
   * @param {string} words
   * @param {number} rank
   * @param {() => void} then
   */
  #button(words, rank, then) {
    const label = `${words}: number ${rank}`;
    const button = make("button", { type: "button", class: "quiet", "aria-label": label }, words);
    button.addEventListener("click", then);
    return button;
  }

  /** @param {RankedPiece} song */
  #point(song) {
    if (song === this.#pointed) return;
    this.#pointed = song;
    if (!song.piece.parts.length) return this.#play(song);
    // The service plays a band: a mouse that only passes asks it for nothing.
    setTimeout(() => song === this.#pointed && this.#play(song), DWELL_MS);
  }

  /** @param {RankedPiece} song */
  #toggle(song) {
    if (this.#playing === song && this.player.isPlaying) this.#stop(song);
    else this.#play(song);
  }

  /** @param {RankedPiece} song */
  #play(song) {
    this.#playing = song;
    this.player.load(song.piece);
    this.player.isLooping = !!song.piece.recipe.loop;
    this.player.volume = this.#main.volume;
    this.player.play();
  }

  /** @param {RankedPiece | null} song Which stops, if it is the one that plays. */
  #stop(song = this.#playing) {
    if (song !== this.#playing) return;
    this.#playing = null;
    this.player.pause();
  }

  #showPlaying() {
    for (const [song, item] of this.#items) {
      const isPlaying = song === this.#playing && this.player.isPlaying;
      item.querySelector(".ranked-play")?.setAttribute("aria-pressed", String(isPlaying));
      item.querySelector(".ranked-playhead")?.toggleAttribute("hidden", !isPlaying);
    }
    this.#movePlayhead();
  }

  #movePlayhead() {
    if (!this.#playing || !this.player.isPlaying) return;
    const playhead = this.#items.get(this.#playing)?.querySelector(".ranked-playhead");
    const part = this.player.position_s / this.#playing.piece.end_s;
    if (playhead instanceof HTMLElement) playhead.style.left = `${100 * part}%`;
  }

  /** @param {RankedPiece} song */
  #keep(song) {
    const place = this.#takeOut(song);
    this.#show();
    this.#keptWords.textContent = this.#onKeep(song);
    this.#focusAt(place);
  }

  /** @param {RankedPiece} song */
  #throwAway(song) {
    const place = this.#takeOut(song);
    this.#thrown.push([song]);
    this.#show();
    this.#focusAt(place);
  }

  /**
   * @param {RankedPiece} song
   * @returns {number} Its place.
   */
  #takeOut(song) {
    this.#stop(song);
    const place = this.#songs.indexOf(song);
    this.#songs.splice(place, 1);
    return place;
  }

  /** Throws the remaining songs away. */
  #close() {
    this.#stop();
    this.#thrown.push(this.#songs.splice(0));
    this.#show();
    this.#undo.focus();
  }

  #bringBack() {
    const last = this.#thrown.pop() ?? [];
    this.#songs = [...this.#songs, ...last].sort((a, b) => a.rank - b.rank);
    this.#show();
    this.#focusAt(this.#songs.indexOf(last[0]));
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const plays = this.#plays;
    const place = plays.indexOf(/** @type {HTMLElement} */ (event.target));
    if (place < 0 || event.ctrlKey || event.altKey || event.metaKey) return;
    const tops = plays.map((play) => play.getBoundingClientRect().top);
    const inRow = tops.filter((top) => top === tops[0]).length;
    /** @type {Record<string, number>} */
    const places = {
      ArrowLeft: place - 1,
      ArrowRight: place + 1,
      ArrowUp: place - inRow,
      ArrowDown: place + inRow,
      Home: 0,
      End: plays.length - 1,
    };
    if (!(event.key in places)) return;
    event.preventDefault();
    plays[places[event.key]]?.focus();
  }

  /** @returns {HTMLElement[]} What plays the songs, in order. */
  get #plays() {
    return [...this.#list.querySelectorAll("button")].filter((each) => each.matches(".ranked-play"));
  }

  /** @param {number} place The last song has the focus where there are fewer. */
  #focusAt(place) {
    const plays = this.#plays;
    const play = plays[Math.min(place, plays.length - 1)];
    if (play) play.focus();
    else if (this.#thrown.length) this.#undo.focus();
    else this.#onEmpty();
  }
}

/** @param {RankedPiece[]} thrown */
function inWords(thrown) {
  if (thrown.length === 1) return `Number ${thrown[0].rank} is thrown away.`;
  return `${count(thrown.length, "song")} are thrown away.`;
}
