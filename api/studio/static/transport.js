/** The controls of the sound and of the piano roll. */

import { byId, make } from "./elements.js";
import { Marks } from "./marks.js";
import { Piano } from "./piano.js";
import { Piece } from "./piece.js";
import { Player } from "./player.js";
import { Roll } from "./roll.js";
import { clock, count, pitchName } from "./words.js";

/** @import { Quote } from "./piece.js" */

const ZOOM = 1.4;

export class Transport {
  #play = byId("play", HTMLButtonElement);
  #time = byId("time", HTMLElement);
  #loop = byId("loop", HTMLButtonElement);
  #canvas = byId("roll", HTMLCanvasElement);
  #described = byId("roll-text", HTMLElement);
  #quotes = byId("quotes", HTMLElement);
  /** @type {Piece | null} */
  #piece = null;
  #roll;
  player;
  marks = new Marks();

  constructor() {
    this.player = new Player(() => this.#played(), new Piano());
    const parts = {
      canvas: this.#canvas,
      scroller: byId("roll-scroller", HTMLElement),
      spacer: byId("roll-spacer", HTMLElement),
      tip: byId("roll-tip", HTMLElement),
      legend: byId("roll-parts", HTMLElement),
      hands: byId("roll-hands", HTMLElement),
    };
    this.#roll = new Roll(
      parts,
      () => this.player.position_s,
      (seconds) => this.player.seek(seconds),
      this.marks,
    );
    this.#roll.show(new Piece({ game: "", seed: 0, primer: "none" }));
    this.#listen();
    setInterval(() => this.#tellTime(), 200);
  }

  #listen() {
    const clicked = (/** @type {string} */ id, /** @type {() => void} */ then) =>
      byId(id, HTMLButtonElement).addEventListener("click", then);
    clicked("play", () => this.toggle());
    clicked("loop", () => this.#setLooping(!this.player.isLooping));
    clicked("zoom-in", () => this.#roll.zoom(ZOOM));
    clicked("zoom-out", () => this.#roll.zoom(1 / ZOOM));
    clicked("zoom-fit", () => this.#roll.fit());
    const volume = byId("volume", HTMLInputElement);
    volume.addEventListener("input", () => (this.player.volume = Number(volume.value)));
    this.#canvas.addEventListener("keydown", (event) => this.#pressed(event));
    document.addEventListener("keydown", (event) => {
      const isElsewhere = event.target === document.body || event.target === this.#canvas;
      if (event.key !== " " || !isElsewhere || !this.#piece) return;
      event.preventDefault();
      this.toggle();
    });
  }

  /** @param {Piece} piece */
  show(piece) {
    this.#piece = piece;
    this.#quotes.replaceChildren();
    this.player.load(piece);
    if (piece.recipe.loop) this.#setLooping(true);
    this.#roll.show(piece);
    this.changed();
  }

  /** Shows what has come to the piece. */
  changed() {
    const piece = this.#piece;
    if (!piece) return;
    this.#play.disabled = false;
    this.#roll.changed();
    this.#tellTime();
    this.#described.textContent = inWords(piece);
    this.#tellQuotes(piece);
  }

  /** @param {Piece} piece */
  #tellQuotes({ quotes }) {
    const [longest] = [...quotes].sort((a, b) => b.notes - a.notes);
    byId("quotes-block", HTMLElement).hidden = !longest;
    if (!longest || quotes.length === this.#quotes.childElementCount) return;
    const most = `${count(longest.notes, "note")} of ${longest.piece}`;
    byId("quotes-summary", HTMLElement).textContent =
      `Quotes: ${quotes.length}, the longest ${most}`;
    const told = quotes.slice(this.#quotes.childElementCount);
    this.#quotes.append(...told.map((quote) => this.#quoteButton(quote)));
  }

  /** @param {boolean} isLooping */
  #setLooping(isLooping) {
    this.player.isLooping = isLooping;
    this.#loop.setAttribute("aria-pressed", String(isLooping));
  }

  toggle() {
    if (this.player.isPlaying) this.player.pause();
    else this.player.play();
  }

  /** @param {Quote} quote */
  #quoteButton(quote) {
    const piece = /** @type {Piece} */ (this.#piece);
    const { start } = piece.span(quote);
    const words = `${quote.piece}, ${count(quote.notes, "note")} from bar ${piece.bar(start)}`;
    const button = make("button", { type: "button", class: "quote" }, words);
    button.addEventListener("click", () => {
      this.player.seek(piece.seconds(start));
      this.#roll.follow();
    });
    for (const event of ["pointerenter", "focus"])
      button.addEventListener(event, () => this.#roll.point(quote));
    for (const event of ["pointerleave", "blur"])
      button.addEventListener(event, () => this.#roll.point(null));
    return make("li", {}, button);
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const piece = this.#piece;
    if (!piece || event.ctrlKey || event.altKey || event.metaKey) return;
    const here = piece.ticks(this.player.position_s);
    const { ticks: bar, beatTicks: beat } = piece.barLines.at(here);
    /** @type {Record<string, () => number>} */
    const places = {
      ArrowLeft: () => here - beat,
      ArrowRight: () => here + beat,
      ArrowDown: () => here - beat,
      ArrowUp: () => here + beat,
      PageUp: () => here + bar,
      PageDown: () => here - bar,
      Home: () => 0,
      End: () => piece.endTicks,
    };
    if (event.key in places) {
      this.player.seek(piece.seconds(places[event.key]()));
      this.#roll.follow();
    } else if (event.key === "+" || event.key === "=") this.#roll.zoom(ZOOM);
    else if (event.key === "-") this.#roll.zoom(1 / ZOOM);
    else if (event.key.toLowerCase() === "m") this.#mark(piece, here);
    else if (event.key === "Escape") this.marks.set([]);
    else return;
    event.preventDefault();
  }

  /**
   * Marks the bar at a place, or unmarks it.
   * @param {Piece} piece
   * @param {number} ticks
   */
  #mark(piece, ticks) {
    const bar = piece.bar(ticks);
    if (piece.isFinished && bar <= piece.lastBar) this.marks.toggle(bar);
  }

  #played() {
    const { isPlaying, isWaiting } = this.player;
    this.#play.setAttribute("aria-label", isPlaying ? "Pause" : "Play");
    this.#play.dataset.state = isPlaying ? (isWaiting ? "waiting" : "playing") : "paused";
    this.#roll.isAlive = isPlaying && !isWaiting;
    this.#tellTime();
  }

  #tellTime() {
    const piece = this.#piece;
    if (!piece) return;
    const { position_s } = this.player;
    const text = `${clock(position_s)} / ${clock(piece.end_s)}`;
    if (this.#time.textContent === text) return;
    this.#time.textContent = text;
    const bar = piece.notes.length ? piece.bar(piece.ticks(position_s)) : 0;
    this.#canvas.setAttribute("aria-valuemax", String(Math.round(piece.end_s)));
    this.#canvas.setAttribute("aria-valuenow", String(Math.round(position_s)));
    this.#canvas.setAttribute(
      "aria-valuetext",
      `Bar ${bar} of ${piece.bars}, ${clock(position_s)} of ${clock(piece.end_s)}`,
    );
  }
}

/**
 * Says what the piano roll shows.
 * @param {Piece} piece
 */
function inWords(piece) {
  const { notes } = piece;
  if (!notes.length) return "";
  const pitches = notes.map(({ pitch }) => pitch);
  const right = notes.filter(({ isRight }) => isRight).length;
  const players = piece.parts.length
    ? `played by ${[...piece.playing].sort((a, b) => a - b).map((part) => piece.parts[part].name).join(", ")}`
    : `${right} for the right hand, ${notes.length - right} for the left`;
  const words = [
    `${count(notes.length, "note")} in ${count(piece.bars, "bar")}`,
    `from ${pitchName(Math.min(...pitches))} to ${pitchName(Math.max(...pitches))}`,
    players,
  ];
  return `${words.join(", ")}.`;
}
