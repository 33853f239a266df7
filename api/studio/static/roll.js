/** The piano roll: a canvas that draws what of a piece can be seen, when it changes. */

import { make } from "./elements.js";
import { Marks, range } from "./marks.js";
import { TICKS_PER_BEAT } from "./meter.js";
import { count, pitchName } from "./words.js";

/** @import { Note, Part, Piece, Quote } from "./piece.js" */

const ARRIVING_MS = 420; // in which a new note becomes visible
const APART_MS = 9; // from one new note to the next
const HEADER_PX = 24; // of the bars' numbers, by which one marks them
const QUOTES_PX = 18;
const FEWEST_KEYS = 36;
const BESIDE_KEYS = 3; // free ones above and below the notes
const [FEWEST_PX_A_BEAT, MOST_PX_A_BEAT] = [0.2, 160];
const HELD_AT = 0.35; // of the width: where the playhead stays while the music moves
const BLACK = new Set([1, 3, 6, 8, 10]);
const [FIRST_HUE, NEXT_HUE] = [174, 137.5]; // degrees: neighbouring parts differ most

/** @typedef {ReturnType<typeof readColours>} Colours */

export class Roll {
  #canvas;
  #scroller;
  #spacer;
  #tip;
  #legend;
  #hands;
  /** @type {readonly Part[]} Whose names the legend shows. */
  #named = [];
  /** @type {string[]} Of the parts. */
  #partColours = [];
  #pen;
  #position_s;
  /** @type {Piece | null} */
  #piece = null;
  /**
   * When notes that have just arrived begin to show.
   * @type {WeakMap<Note, number>}
   */
  #arrivals = new WeakMap();
  #shown = 0; // notes that the roll knows
  #arrivedAll_ms = 0;
  #pxPerBeat = 28;
  /** Lowest and highest key, and how many pixels wide and high it is. */
  #low = 42;
  #high = 42 + FEWEST_KEYS;
  #width = 0;
  #height = 0;
  #colours = readColours();
  #isAsked = false; // for a frame
  #isFollowing = true;
  #scrolledTo = 0;
  #isAlive = false; // the playhead moves
  /**
   * The quote that is pointed at.
   * @type {Quote | null}
   */
  #pointed = null;
  #marks;
  /**
   * Bars that the mouse is marking or unmarking.
   * @type {{from: number, isMarked: boolean, before: readonly number[]} | null}
   */
  #marking = null;
  /** How many notes the last frame drew. */
  drawn = 0;

  /**
   * @param {{canvas: HTMLCanvasElement, scroller: HTMLElement, spacer: HTMLElement, tip: HTMLElement,
   *   legend: HTMLElement, hands: HTMLElement}} parts
   *   The canvas stays in the scroller's view; the spacer makes it as wide as the piece. The legend
   *   names the parts of a band, in place of the hands.
   * @param {() => number} position_s Where the playhead is.
   * @param {(seconds: number) => void} onSeek
   * @param {Marks} marks
   */
  constructor({ canvas, scroller, spacer, tip, legend, hands }, position_s, onSeek, marks = new Marks()) {
    this.#marks = marks;
    marks.addEventListener("change", () => this.changed());
    this.#canvas = canvas;
    this.#scroller = scroller;
    this.#spacer = spacer;
    this.#tip = tip;
    this.#legend = legend;
    this.#hands = hands;
    this.#position_s = position_s;
    this.#pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    new ResizeObserver(() => this.#resized()).observe(scroller);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.#colours = readColours();
      if (this.#piece) this.#name(this.#piece);
      this.changed();
    });
    scroller.addEventListener("scroll", () => this.#scrolled());
    scroller.addEventListener("wheel", (event) => this.#wheeled(event), { passive: false });
    canvas.addEventListener("pointermove", (event) => this.#pointAt(event.offsetX, event.offsetY));
    canvas.addEventListener("pointerleave", () => this.point(null));
    canvas.addEventListener("pointerdown", (event) => this.#pressed(event));
    canvas.addEventListener("click", (event) => {
      if (event.offsetY < HEADER_PX) this.#clickedNumber(event.offsetX);
      else if (this.#piece) onSeek(this.#piece.seconds(Math.max(0, this.#tickAt(event.offsetX))));
    });
  }

  /** @param {Piece} piece */
  show(piece) {
    this.#piece = piece;
    this.#shown = piece.isFinished ? piece.notes.length : 0;
    this.#arrivedAll_ms = 0;
    this.#isFollowing = true;
    this.#pointed = null;
    [this.#low, this.#high] = keys(piece);
    this.#scrollTo(0);
    this.changed();
  }

  /** Redraws; call it when the piece or the playhead's movement has changed. */
  changed() {
    if (this.#isAsked) return;
    this.#isAsked = true;
    requestAnimationFrame((now_ms) => {
      this.#isAsked = false;
      this.#frame(now_ms);
    });
  }

  /** @param {boolean} isAlive Whether the playhead moves. */
  set isAlive(isAlive) {
    this.#isFollowing ||= isAlive && !this.#isAlive;
    this.#isAlive = isAlive;
    this.changed();
  }

  /** Brings the playhead into view, wherever one has scrolled to. */
  follow() {
    this.#isFollowing = true;
    this.changed();
  }

  /** @param {number} factor Above 1 to see less, larger. */
  zoom(factor) {
    const middle = this.#tickAt(this.#width / 2);
    this.#zoomTo(this.#pxPerBeat * factor);
    if (!this.#isAlive) this.#scrollTo(this.#pixels(middle) - this.#width / 2);
  }

  /** Shows the whole piece at once. */
  fit() {
    if (!this.#piece?.endTicks) return;
    this.#isFollowing = false;
    this.#zoomTo(this.#width / (this.#piece.endTicks / TICKS_PER_BEAT));
    this.#scrollTo(0);
  }

  /** @param {Quote | null} quote To point out. */
  point(quote) {
    if (quote === this.#pointed) return;
    this.#pointed = quote;
    this.#tip.hidden = !quote;
    if (quote && this.#piece) {
      this.#tip.textContent = `${count(quote.notes, "note")} of ${quote.piece}`;
      const left = this.#x(this.#piece.span(quote).start);
      if (left < 0 || left > this.#width) this.#scrollTo(left + this.#scroller.scrollLeft - 40);
      const room = this.#width - this.#tip.offsetWidth - 8;
      this.#tip.style.left = `${Math.max(8, Math.min(room, this.#x(this.#piece.span(quote).start)))}px`;
    }
    this.changed();
  }

  /** @param {number} pxPerBeat */
  #zoomTo(pxPerBeat) {
    this.#pxPerBeat = Math.min(MOST_PX_A_BEAT, Math.max(FEWEST_PX_A_BEAT, pxPerBeat));
    this.#stretch();
    this.changed();
  }

  #stretch() {
    const width = this.#pixels(this.#piece?.endTicks ?? 0);
    this.#spacer.style.width = `${Math.ceil(Math.max(this.#width, width + 60))}px`;
  }

  #resized() {
    const [width, height] = [this.#scroller.clientWidth, this.#scroller.clientHeight];
    const dots = devicePixelRatio || 1;
    [this.#width, this.#height] = [width, height];
    this.#canvas.width = Math.round(width * dots);
    this.#canvas.height = Math.round(height * dots);
    this.#canvas.style.width = `${width}px`;
    this.#canvas.style.height = `${height}px`;
    this.#pen.setTransform(dots, 0, 0, dots, 0, 0);
    this.#stretch();
    this.changed();
  }

  #scrolled() {
    const byHand = Math.abs(this.#scroller.scrollLeft - this.#scrolledTo) > 2;
    if (byHand) this.#isFollowing = false;
    this.#scrolledTo = this.#scroller.scrollLeft;
    this.changed();
  }

  /** @param {number} left */
  #scrollTo(left) {
    this.#scroller.scrollLeft = left;
    this.#scrolledTo = this.#scroller.scrollLeft;
  }

  /** @param {WheelEvent} event */
  #wheeled(event) {
    if (!event.ctrlKey) return;
    event.preventDefault();
    this.zoom(Math.exp(-event.deltaY / 200));
  }

  /**
   * Begins to mark bars, or to unmark them, by the mouse; fingers scroll, and mark by a tap.
   * @param {PointerEvent} event
   */
  #pressed({ pointerType, pointerId, button, offsetX, offsetY }) {
    const bar = this.#barAt(offsetX);
    if (pointerType !== "mouse" || button || offsetY >= HEADER_PX || !bar) return;
    this.#canvas.setPointerCapture(pointerId);
    this.#marking = { from: bar, isMarked: !this.#marks.has(bar), before: this.#marks.bars };
    this.#markTo(bar);
  }

  /** @param {number} x Ends what the mouse marked; other pointers mark by this alone. */
  #clickedNumber(x) {
    const bar = this.#barAt(x);
    if (!this.#marking && bar) this.#marks.toggle(bar);
    this.#marking = null;
  }

  /** @param {number} bar Up to which the mouse has gone. */
  #markTo(bar) {
    if (!this.#marking) return;
    const { from, isMarked, before } = this.#marking;
    const passed = range(Math.min(from, bar), Math.max(from, bar));
    const others = before.filter((other) => !passed.includes(other));
    this.#marks.set(isMarked ? [...others, ...passed] : others);
  }

  /**
   * Finds the bar that one can mark at a place; 0 where there is none.
   * @param {number} x
   */
  #barAt(x) {
    const piece = this.#piece;
    if (!piece?.isFinished) return 0;
    const bar = piece.bar(this.#tickAt(x));
    return bar <= piece.lastBar ? bar : 0;
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  #pointAt(x, y) {
    const piece = this.#piece;
    if (!piece) return;
    if (this.#marking) return this.#markTo(this.#barAt(x) || piece.lastBar);
    const tick = this.#tickAt(x);
    const isOverNotes = y > HEADER_PX;
    const here = piece.quotes.filter((quote) => {
      const { start, end } = piece.span(quote);
      return isOverNotes && start <= tick && tick < end;
    });
    this.point(here.sort((a, b) => b.notes - a.notes)[0] ?? null);
  }

  /** @param {number} ticks */
  #pixels(ticks) {
    return (ticks / TICKS_PER_BEAT) * this.#pxPerBeat;
  }

  /** @param {number} ticks */
  #x(ticks) {
    return this.#pixels(ticks) - this.#scroller.scrollLeft;
  }

  /** @param {number} x */
  #tickAt(x) {
    return ((x + this.#scroller.scrollLeft) / this.#pxPerBeat) * TICKS_PER_BEAT;
  }

  /** @param {number} now_ms */
  #frame(now_ms) {
    const piece = this.#piece;
    if (!piece || !this.#width) return;
    if (piece.parts !== this.#named) this.#name(piece);
    this.#welcome(piece, now_ms);
    const isSettling = this.#settle(piece);
    const playhead = piece.ticks(this.#position_s());
    if (this.#isFollowing) this.#keepInView(piece, playhead);
    this.#draw(piece, playhead, now_ms);
    if (this.#isAlive || isSettling || now_ms < this.#arrivedAll_ms) this.changed();
  }

  /**
   * Gives each part a colour, and says whose it is.
   * @param {Piece} piece
   */
  #name(piece) {
    const { parts } = piece;
    this.#named = parts;
    this.#partColours = parts.map(({ role }, number) => {
      const hue = (FIRST_HUE + number * NEXT_HUE) % 360;
      const saturation = role === "drums" ? 0 : 55;
      return `hsl(${hue} ${saturation}% ${this.#colours.partLightness})`;
    });
    this.#hands.hidden = parts.length > 0;
    this.#legend.replaceChildren(
      ...parts.map(({ name }, number) => {
        const item = make("li", {}, name);
        item.style.setProperty("--part", this.#partColours[number]);
        return item;
      }),
    );
    this.#namePlaying(piece);
  }

  /**
   * Shows the names of the parts that have notes.
   * @param {Piece} piece
   */
  #namePlaying({ parts, playing }) {
    this.#legend.hidden = !parts.length || !playing.size;
    for (const [part, item] of [...this.#legend.children].entries())
      item.toggleAttribute("hidden", !playing.has(part));
  }

  /** @param {Note} note */
  #colour(note) {
    return this.#partColours[note.part] ?? this.#colours[note.isRight ? "right" : "left"];
  }

  /**
   * Lets new notes appear one after the other.
   * @param {Piece} piece
   * @param {number} now_ms
   */
  #welcome(piece, now_ms) {
    if (piece.notes.length === this.#shown) return;
    for (const [number, note] of piece.notes.slice(this.#shown).entries()) {
      this.#arrivals.set(note, now_ms + number * APART_MS);
      this.#arrivedAll_ms = now_ms + number * APART_MS + ARRIVING_MS;
    }
    this.#shown = piece.notes.length;
    this.#namePlaying(piece);
    this.#stretch();
  }

  /**
   * Moves towards the range of keys that the piece takes; says whether it is not there yet.
   * @param {Piece} piece
   */
  #settle(piece) {
    const [low, high] = keys(piece);
    const nearer = (/** @type {number} */ from, /** @type {number} */ to) =>
      Math.abs(to - from) < 0.05 ? to : from + (to - from) * 0.2;
    [this.#low, this.#high] = [nearer(this.#low, low), nearer(this.#high, high)];
    return this.#low !== low || this.#high !== high;
  }

  /**
   * @param {Piece} piece
   * @param {number} playhead
   */
  #keepInView(piece, playhead) {
    if (this.#isAlive || piece.isFinished) {
      this.#scrollTo(this.#pixels(playhead) - HELD_AT * this.#width);
    } else {
      this.#scrollTo(this.#pixels(piece.endTicks) - 0.9 * this.#width); // where notes arrive
    }
  }

  /**
   * @param {Piece} piece
   * @param {number} playhead
   * @param {number} now_ms
   */
  #draw(piece, playhead, now_ms) {
    const [pen, colours] = [this.#pen, this.#colours];
    pen.clearRect(0, 0, this.#width, this.#height);
    this.#drawKeys(colours);
    this.#drawMarks(piece, colours);
    this.#drawBars(piece, colours);
    this.#drawForm(piece, colours);
    this.#drawQuotes(piece, colours);
    this.#drawNotes(piece, playhead, now_ms, colours);
    if (piece.notes.length) this.#drawPlayhead(playhead, colours);
  }

  /**
   * @param {number} playhead
   * @param {Colours} colours
   */
  #drawPlayhead(playhead, colours) {
    const pen = this.#pen;
    const x = this.#x(playhead);
    pen.fillStyle = colours.playhead;
    pen.fillRect(x - 1, HEADER_PX, 2, this.#height - HEADER_PX);
    pen.beginPath();
    pen.moveTo(x - 5, HEADER_PX - 6);
    pen.lineTo(x + 5, HEADER_PX - 6);
    pen.lineTo(x, HEADER_PX + 1);
    pen.fill();
  }

  get #keyHeight() {
    return (this.#height - HEADER_PX - QUOTES_PX) / (this.#high - this.#low);
  }

  /** @param {number} pitch */
  #y(pitch) {
    return HEADER_PX + (this.#high - pitch - 0.5) * this.#keyHeight;
  }

  /** @param {Colours} colours */
  #drawKeys(colours) {
    const pen = this.#pen;
    pen.font = `10px ${colours.font}`;
    pen.textAlign = "left";
    pen.textBaseline = "middle";
    for (let pitch = Math.ceil(this.#low); pitch <= this.#high; pitch++) {
      const y = this.#y(pitch);
      pen.fillStyle = colours.blackKey;
      if (BLACK.has(pitch % 12)) pen.fillRect(0, y, this.#width, this.#keyHeight);
      pen.fillStyle = colours.barLine;
      if (pitch % 12 === 0) pen.fillRect(0, y + this.#keyHeight, this.#width, 1);
    }
    pen.fillStyle = colours.label;
    for (let pitch = 12 * Math.ceil(this.#low / 12); pitch <= this.#high; pitch += 12) {
      pen.fillText(pitchName(pitch), 6, this.#y(pitch) + this.#keyHeight / 2);
    }
  }

  /**
   * @param {Piece} piece
   * @param {Colours} colours
   */
  #drawBars(piece, colours) {
    const pen = this.#pen;
    const bottom = this.#height - HEADER_PX - QUOTES_PX;
    for (const bar of piece.barLines.between(this.#tickAt(0), this.#tickAt(this.#width))) {
      const width = this.#pixels(bar.ticks);
      const every = 2 ** Math.max(0, Math.ceil(Math.log2(36 / width)));
      const isCounted = (bar.number - 1) % every === 0;
      const x = this.#x(bar.start);
      pen.fillStyle = isCounted ? colours.barLine : colours.beatLine;
      if (isCounted || width > 6) pen.fillRect(x, HEADER_PX, 1, bottom);
      pen.fillStyle = this.#marks.has(bar.number) ? colours.onMark : colours.label;
      if (isCounted) pen.fillText(String(bar.number), Math.max(4, x + 4), HEADER_PX / 2);
      pen.fillStyle = colours.beatLine;
      for (let beat = bar.beatTicks; beat < bar.ticks; beat += bar.beatTicks) {
        if (this.#pixels(bar.beatTicks) <= 16) break;
        pen.fillRect(this.#x(bar.start + beat), HEADER_PX, 1, bottom);
      }
    }
  }

  /**
   * @param {Piece} piece
   * @param {Colours} colours
   */
  #drawMarks({ barLines, lastBar }, colours) {
    const pen = this.#pen;
    pen.fillStyle = colours.right;
    for (const bar of barLines.between(this.#tickAt(0), this.#tickAt(this.#width))) {
      if (bar.number > lastBar) return;
      if (!this.#marks.has(bar.number)) continue;
      const [x, width] = [this.#x(bar.start), this.#pixels(bar.ticks)];
      pen.fillRect(x, 0, width, HEADER_PX);
      pen.globalAlpha = 0.13;
      pen.fillRect(x, HEADER_PX, width, this.#height - HEADER_PX - QUOTES_PX);
      pen.globalAlpha = 1;
    }
  }

  /**
   * @param {Piece} piece
   * @param {number} playhead
   * @param {number} now_ms
   * @param {Colours} colours
   */
  #drawNotes(piece, playhead, now_ms, colours) {
    const first = piece.firstFrom(this.#tickAt(0) - piece.longestTicks);
    const visible = piece.notes.slice(first, piece.firstFrom(this.#tickAt(this.#width)));
    this.drawn = visible.length;
    const pen = this.#pen;
    /** @type {Map<string, Note[]>} By colour; the last are in front. */
    const settled = new Map([colours.left, colours.right].map((colour) => [colour, []]));
    /** @type {Note[]} */
    const sounding = [];
    for (const note of visible) {
      const isSounding =
        this.#isAlive && note.start <= playhead && playhead < note.start + note.duration;
      const colour = this.#colour(note);
      const grown = (now_ms - (this.#arrivals.get(note) ?? -Infinity)) / ARRIVING_MS;
      if (grown >= 1) {
        const alike = isSounding ? sounding : settled.get(colour);
        if (alike) alike.push(note);
        else settled.set(colour, [note]);
      } else if (grown > 0) {
        pen.globalAlpha = grown;
        pen.fillStyle = colour;
        this.#drawNote(note, grown);
        pen.globalAlpha = 1;
      }
    }
    for (const [colour, notes] of [...settled, /** @type {const} */ ([colours.sounding, sounding])]) {
      pen.fillStyle = colour;
      for (const note of notes) this.#drawNote(note, 1);
    }
  }

  /**
   * @param {Note} note
   * @param {number} grown Of its length, from 0 to 1.
   */
  #drawNote(note, grown) {
    const pen = this.#pen;
    const height = Math.max(2, this.#keyHeight - 1);
    const width = Math.max(1.5, this.#pixels(note.duration) * grown - 1);
    const [x, y] = [this.#x(note.start), this.#y(note.pitch)];
    if (width < 5) return pen.fillRect(x, y, width, height); // many at once, so the fast way
    pen.beginPath();
    pen.roundRect(x, y, width, height, Math.min(3, height / 2));
    pen.fill();
  }

  /**
   * Draws where sections start, and what of the piece loops.
   * @param {Piece} piece
   * @param {Colours} colours
   */
  #drawForm({ sections, loop }, colours) {
    const pen = this.#pen;
    pen.fillStyle = colours.playhead;
    pen.textAlign = "left";
    for (const { name, start } of sections) {
      pen.globalAlpha = 0.35;
      pen.fillRect(this.#x(start), 0, 1, this.#height - QUOTES_PX);
      pen.globalAlpha = 1;
      pen.fillText(name, this.#x(start) + 5, HEADER_PX + 9);
    }
    if (!loop) return;
    const [x, width] = [this.#x(loop.start), this.#pixels(loop.end - loop.start)];
    pen.fillRect(x, 0, width, 2);
    pen.fillRect(x, 0, 2, HEADER_PX);
    pen.fillRect(x + width - 2, 0, 2, HEADER_PX);
  }

  /**
   * @param {Piece} piece
   * @param {Colours} colours
   */
  #drawQuotes(piece, colours) {
    const pen = this.#pen;
    const top = this.#height - QUOTES_PX;
    pen.fillStyle = colours.quote;
    pen.beginPath();
    for (const quote of piece.quotes) {
      const { start, end } = piece.span(quote);
      const [x, width] = [this.#x(start), this.#pixels(end - start)];
      if (x > this.#width || x + width < 0) continue;
      pen.roundRect(x, top + 6, Math.max(3, width - 1), 6, 3);
    }
    pen.fill(); // together, since they overlap
    if (!this.#pointed) return;
    const { start, end } = piece.span(this.#pointed);
    pen.globalAlpha = 0.16;
    pen.fillRect(this.#x(start), HEADER_PX, this.#pixels(end - start), this.#height);
    pen.globalAlpha = 1;
  }
}

/**
 * Says which keys to show of a piece.
 * @param {Piece} piece
 */
function keys(piece) {
  let [low, high] = [127, 0];
  for (const { pitch } of piece.notes) [low, high] = [Math.min(low, pitch), Math.max(high, pitch)];
  if (low > high) [low, high] = [48, 72];
  const more = Math.max(0, FEWEST_KEYS - (high - low + 1 + 2 * BESIDE_KEYS)) / 2;
  return [low - BESIDE_KEYS - Math.floor(more) - 0.5, high + BESIDE_KEYS + Math.ceil(more) + 0.5];
}

/** Reads the colours of the style sheet. */
function readColours() {
  const style = getComputedStyle(document.documentElement);
  const colour = (/** @type {string} */ name) => style.getPropertyValue(`--${name}`).trim();
  return {
    font: style.fontFamily,
    blackKey: colour("roll-black-key"),
    barLine: colour("roll-bar"),
    beatLine: colour("roll-beat"),
    label: colour("faint"),
    left: colour("left-hand"),
    right: colour("accent"),
    onMark: colour("on-accent"),
    sounding: colour("sounding"),
    quote: colour("quote"),
    playhead: colour("ink"),
    partLightness: colour("part-lightness"),
  };
}
