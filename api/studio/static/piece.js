/** A piece: what was asked for, and what is known of it so far. */

import { partHands } from "./hands.js";
import { Bars, TICKS_PER_BEAT, pickup } from "./meter.js";
import { FLAT_VELOCITY } from "./piano.js";
import { TempoMap } from "./tempo.js";

/** @import { TimeSignature } from "./meter.js" */
/** @import { Recipe } from "./recipe.js" */
/** @import { TempoChange } from "./tempo.js" */

/**
 * @typedef {object} Note
 * @property {number} pitch MIDI note number.
 * @property {number} start Ticks from the beginning, `TICKS_PER_BEAT` a quarter note.
 * @property {number} duration Ticks, 1 or more.
 * @property {number} sounding Ticks that it sounds, a fraction perhaps, up to its duration.
 * @property {number} velocity How hard its key is struck, as MIDI has it.
 * @property {boolean} isRight Which hand plays it, in a piece for one piano.
 * @property {number} part Which of the piece's parts plays it; 0 in a piece for one piano.
 */

/**
 * @typedef {{name: string, instrument: string, program: number, role: string}} Part Of a band, as
 *   the service describes it.
 */

/**
 * @typedef {object} ToldNote A note, as the service tells it.
 * @property {number} pitch
 * @property {number} start_beats
 * @property {number} duration_beats
 * @property {number} sounding_beats
 * @property {number} velocity
 * @property {number} [part] Only in pieces for bands.
 */

/**
 * @typedef {object} Quote A run of notes that the piece shares with one that was learned from.
 * @property {string} piece
 * @property {number} notes How many.
 * @property {number} first_note Its place among the notes of this piece, counted from 0.
 */

/**
 * @typedef {{name: string, start: number}} Section Of a form; ticks.
 * @typedef {{start: number, end: number}} Loop What is played again and again; ticks.
 */

/**
 * @typedef {Record<string, string | number | boolean>} Origin All that makes the same piece again,
 *   as the service says it.
 */

/**
 * @typedef {object} StoredPiece
 * @property {string} [id] Older pieces have none.
 * @property {string} name
 * @property {Recipe} recipe
 * @property {string} title
 * @property {number} version
 * @property {number} tempo Of its last notes.
 * @property {TempoChange[]} [tempos] Older pieces have none, nor the next.
 * @property {TimeSignature[]} [signatures]
 * @property {Origin} [origin] Older pieces have none.
 * @property {number[]} notes Pitch, start and duration of one note after the other.
 * @property {number[]} [performance] How long in ticks one note after the other sounds, and its
 *   velocity. Older pieces have none.
 * @property {Part[]} [parts] Only of pieces for bands, as the next.
 * @property {number[]} [players] Which part plays one note after the other.
 * @property {Quote[]} quotes
 * @property {Section[]} [sections] Older pieces have none.
 * @property {Loop | null} [loop]
 * @property {boolean} [isPartial]
 */

const KEYS = 128; // of MIDI

export class Piece {
  /**
   * The last note of each part's key.
   * @type {Map<number, Note>}
   */
  #lastOfKey = new Map();

  /** @param {Recipe} recipe */
  constructor(recipe) {
    /** Tells it from others, in all tabs of this browser. */
    this.id = crypto.getRandomValues(new Uint32Array(2)).join("-");
    this.recipe = recipe;
    /** Its name, which the user may change, and which its files have. */
    this.name = "";
    /** The game's, as people write it. */
    this.gameTitle = recipe.game;
    /** The model's that draws it; 0 until it is known. */
    this.version = 0;
    /** @type {readonly TempoChange[]} */
    this.tempos = [{ start: 0, tempo: 120 }];
    /** @type {readonly TimeSignature[]} None where nothing says which meter it has. */
    this.signatures = [];
    /** @type {Origin} */
    this.origin = {};
    /** How many notes the service has sent. */
    this.sentNotes = 0;
    /** How many of its first notes come from the file that it continues. */
    this.primerNotes = 0;
    /** @type {Note[]} By start, then by part and pitch. */
    this.notes = [];
    /** @type {readonly Part[]} None where it is for one piano. */
    this.parts = [];
    /** @type {Quote[]} */
    this.quotes = [];
    /** @type {readonly Section[]} None where it has no plan. */
    this.sections = [];
    /** @type {Loop | null} */
    this.loop = null;
    /** How many bars its plan has; 0 where it has none. */
    this.plannedBars = 0;
    /** Whether it was stopped before its plan's end: the service writes whole pieces alone. */
    this.isPartial = false;
    /** Whether no more notes come. */
    this.isFinished = false;
    this.endTicks = 0;
    this.longestTicks = 0;
    this.clock = new TempoMap(this.tempos);
    this.barLines = this.#barLines();
  }

  /**
   * Says how fast it is, and in which meter.
   * @param {readonly TempoChange[]} tempos
   * @param {readonly TimeSignature[]} signatures
   */
  keepTime(tempos, signatures) {
    [this.tempos, this.signatures] = [tempos, signatures];
    this.clock = new TempoMap(tempos);
    this.barLines = this.#barLines();
  }

  /** Where nothing says its meter, bar lines depend on its notes. */
  #barLines() {
    const [first] = this.signatures;
    if (!first) return new Bars([{ start: -pickup(this.notes), numerator: 4, denominator: 4 }]);
    if (first.start <= 0) return new Bars(this.signatures);
    return new Bars([{ start: 0, numerator: 4, denominator: 4 }, ...this.signatures]);
  }

  /** Quarter notes a minute, of its last notes. */
  get tempo() {
    return this.tempos[this.tempos.length - 1].tempo;
  }

  /**
   * Adds notes, none of which starts before the last; doublings count once, and a note ends where
   * its key is struck again.
   * @param {readonly ToldNote[]} told
   */
  add(told) {
    this.sentNotes += told.length;
    for (const { pitch, start_beats, duration_beats, sounding_beats, velocity, part = 0 } of told) {
      const start = Math.round(start_beats * TICKS_PER_BEAT);
      const duration = Math.max(1, Math.round(duration_beats * TICKS_PER_BEAT));
      const sounding = sounding_beats * TICKS_PER_BEAT;
      this.#add({ pitch, start, duration, sounding, velocity, isRight: true, part });
    }
    this.notes.sort((a, b) => a.start - b.start || a.part - b.part || a.pitch - b.pitch);
    this.barLines = this.#barLines();
    if (!this.parts.length) partHands(this.notes);
  }

  /**
   * Ends it with the notes that have come. Without a plan, it is the piece that is asked for with so
   * many.
   */
  breakOff() {
    this.isFinished = true;
    this.isPartial = this.plannedBars > 0;
    if (this.isPartial) return;
    const notes = this.sentNotes - this.primerNotes;
    const { seconds: _, ...recipe } = this.recipe;
    const { seconds: __, ...origin } = this.origin;
    this.recipe = { ...recipe, notes };
    this.origin = { ...origin, notes };
  }

  /** The numbers of the parts that have notes. */
  get playing() {
    return new Set(this.notes.map(({ part }) => part));
  }

  /** Whether anything of it has been composed. */
  get hasNewNotes() {
    return this.sentNotes > this.primerNotes;
  }

  /** All that makes it again, in one line. */
  get provenance() {
    const said = Object.entries(this.origin).map(([name, value]) => `${name}=${value}`);
    return ["Leitmotif", ...said].join("; ");
  }

  /**
   * Says whether a note is one of drums, whose pitches are the keys of a drum kit.
   * @param {Note} note
   */
  isDrum(note) {
    return this.parts[note.part]?.role === "drums";
  }

  /** @param {Note} note */
  #add(note) {
    const key = note.part * KEYS + note.pitch;
    const before = this.#lastOfKey.get(key);
    if (before && before.start === note.start) {
      before.duration = Math.max(before.duration, note.duration);
      before.sounding = Math.max(before.sounding, note.sounding);
    } else {
      if (before) {
        before.duration = Math.min(before.duration, note.start - before.start);
        before.sounding = Math.min(before.sounding, before.duration);
      }
      this.#lastOfKey.set(key, note);
      this.notes.push(note);
    }
    this.endTicks = Math.max(this.endTicks, note.start + note.duration);
    this.longestTicks = Math.max(this.longestTicks, note.duration);
  }

  /** @param {number} ticks */
  seconds(ticks) {
    return this.clock.seconds(ticks);
  }

  /** @param {number} seconds */
  ticks(seconds) {
    return this.clock.ticks(seconds);
  }

  /** @param {number} ticks */
  bar(ticks) {
    return this.barLines.at(ticks).number;
  }

  /** The last bar in which a note starts; 0 where there is none. */
  get lastBar() {
    const last = this.notes.at(-1);
    return last ? this.bar(last.start) : 0;
  }

  get bars() {
    return this.notes.length ? this.bar(this.endTicks - 1) : 0;
  }

  /** What is played again and again, in seconds: all of it, unless it is composed as a loop. */
  get loop_s() {
    const { start, end } = this.loop ?? { start: 0, end: this.endTicks };
    return { start: this.seconds(start), end: this.seconds(end) };
  }

  get end_s() {
    return this.seconds(Math.max(this.endTicks, this.isFinished ? (this.loop?.end ?? 0) : 0));
  }

  /** Before it, no further note can start. */
  get knownTicks() {
    return this.isFinished ? Infinity : (this.notes.at(-1)?.start ?? 0);
  }

  /**
   * Finds the first note that starts at a tick or later.
   * @param {number} ticks
   */
  firstFrom(ticks) {
    let [low, high] = [0, this.notes.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.notes[middle].start < ticks) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /**
   * Says from where to where a quote goes, in ticks.
   * @param {Quote} quote
   */
  span(quote) {
    const notes = this.notes.slice(quote.first_note, quote.first_note + quote.notes);
    return {
      start: notes[0]?.start ?? 0,
      end: Math.max(0, ...notes.map((n) => n.start + n.duration)),
    };
  }

  /** @returns {StoredPiece} */
  stored() {
    const { id, name, recipe, gameTitle: title, version, origin, quotes, loop, isPartial } = this;
    const time = { tempo: this.tempo, tempos: [...this.tempos], signatures: [...this.signatures] };
    const form = { sections: [...this.sections], loop, isPartial };
    const notes = this.notes.flatMap(({ pitch, start, duration }) => [pitch, start, duration]);
    const performance = this.notes.flatMap(({ sounding, velocity }) => [sounding, velocity]);
    const band = this.parts.length && {
      parts: [...this.parts],
      players: this.notes.map(({ part }) => part),
    };
    const told = { id, name, recipe, title, version, ...time, origin, notes, performance, quotes };
    return { ...told, ...form, ...(band || {}) };
  }

  /** @param {StoredPiece} stored */
  static from(stored) {
    const piece = new Piece(stored.recipe);
    Object.assign(piece, {
      id: stored.id ?? piece.id,
      name: stored.name,
      gameTitle: stored.title,
      version: stored.version,
      origin: stored.origin ?? {},
      quotes: stored.quotes,
      sections: stored.sections ?? [],
      loop: stored.loop ?? null,
      parts: stored.parts ?? [],
      isPartial: stored.isPartial ?? false,
      isFinished: true,
    });
    const tempos = stored.tempos ?? [{ start: 0, tempo: stored.tempo }];
    piece.keepTime(tempos, stored.signatures ?? []);
    const told = [];
    for (let place = 0; place + 2 < stored.notes.length; place += 3) {
      const [pitch, start, duration] = stored.notes.slice(place, place + 3);
      const [sounding, velocity] = stored.performance?.slice((2 * place) / 3) ?? [
        duration,
        FLAT_VELOCITY,
      ];
      told.push({
        pitch,
        start_beats: start / TICKS_PER_BEAT,
        duration_beats: duration / TICKS_PER_BEAT,
        sounding_beats: sounding / TICKS_PER_BEAT,
        velocity,
        part: stored.players?.[place / 3] ?? 0,
      });
    }
    piece.add(told);
    return piece;
  }
}
