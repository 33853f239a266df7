/** Plays a piece, also one that is still being composed. */

import { room } from "./piano.js";
import { Recording } from "./recording.js";

/** @import { Piece } from "./piece.js" */
/** @import { Piano, Voice } from "./piano.js" */

const AHEAD_S = 0.4; // notes are handed to the audio clock so long before they sound
const AHEAD_HIDDEN_S = 1.8; // browsers run timers of hidden pages once a second
const EVERY_MS = 60;
const LEAD_S = 0.08; // from a start to the first sound
const HEAD_START_S = 1; // of the composer, before its piece is played

export class Player {
  /**
   * The one that plays, as only one does at a time.
   * @type {Player | null}
   */
  static #active = null;
  #onChange;
  /** @type {Piece | null} */
  #piece = null;
  /** Where in the piece its clock was started, or stands. */
  #from_s = 0;
  /**
   * When its beginning sounds, by the audio context's clock, of the round that is handed over; null
   * while it stands. A loop's rounds follow each other by additions alone, so that none is late.
   * @type {number | null}
   */
  #zero_s = null;
  #rounds = 0; // that have been handed over
  /** Up to where the notes have been handed to the audio clock. */
  #handedOverTicks = 0;
  /** @type {Set<Voice>} */
  #voices = new Set();
  #volume = 1;
  /** @type {AudioNode | null} */
  #input = null;
  /**
   * Of a band, whose instruments the service plays; null for one piano.
   * @type {Recording | null}
   */
  #recording = null;
  /**
   * Those of other pieces, which the service has played already.
   * @type {WeakMap<Piece, Recording>}
   */
  #recordings = new WeakMap();

  /**
   * None before somebody wants to hear something, which browsers ask for.
   * @type {AudioContext | null}
   */
  context = null;
  /**
   * The gain that all sound passes through.
   * @type {GainNode | null}
   */
  output = null;
  isPlaying = false;
  isLooping = false;

  /**
   * @param {() => void} onChange Called when it starts, pauses, waits, ends, or jumps.
   * @param {Piano} piano
   */
  constructor(onChange, piano) {
    this.#onChange = onChange;
    this.piano = piano;
    setInterval(() => this.#tick(), EVERY_MS);
  }

  /** Gets the piano ready, which takes a moment. */
  prepare() {
    return this.piano.prepare();
  }

  /** @param {Piece} piece */
  load(piece) {
    this.#stopClock(0);
    this.#piece = piece;
    const recording = this.#recordings.get(piece);
    this.#recording = recording && !recording.hasFailed ? recording : null;
    this.isPlaying = false;
    this.#onChange();
  }

  /** Opens the sound, which browsers allow when somebody has just asked for something. */
  unlock() {
    if (!this.context) {
      this.context = new AudioContext({ latencyHint: "playback" });
      this.output = new GainNode(this.context, { gain: this.#volume ** 2 });
      this.output.connect(this.context.destination);
      this.#input = room(this.context, this.output);
    }
    void this.context.resume();
    void this.prepare();
  }

  /** Plays, as soon as there is something to play. */
  play() {
    if (Player.#active !== this) Player.#active?.pause();
    Player.#active = this;
    this.unlock();
    if (this.#piece?.isFinished && this.#from_s >= this.#piece.end_s) this.#stopClock(0);
    this.isPlaying = true;
    this.#onChange();
    this.#tick();
  }

  pause() {
    this.#stopClock(this.position_s);
    this.isPlaying = false;
    this.#onChange();
  }

  /** @param {number} position_s */
  seek(position_s) {
    this.#stopClock(Math.min(Math.max(0, position_s), this.#piece?.end_s ?? 0));
    this.#onChange();
    this.#tick();
  }

  /** The playback position, in the piece's time. */
  get position_s() {
    if (this.#zero_s === null || !this.context || !this.#piece) return this.#from_s;
    const behind_s = this.context.outputLatency || 0; // computed sound leaves the speaker so much later
    const at_s = this.context.currentTime - behind_s - this.#zero_s;
    return Math.min(this.#placeOf(at_s, this.#piece), this.#piece.end_s);
  }

  /**
   * Says which place sounds where the round that is handed over has come to `at_s`, perhaps not yet
   * to its start.
   * @param {number} at_s
   * @param {Piece} piece
   */
  #placeOf(at_s, piece) {
    if (!this.#rounds) return Math.max(this.#from_s, at_s);
    const { start, end } = piece.loop_s;
    let place_s = at_s;
    while (place_s < start) place_s += end - start;
    return place_s;
  }

  /** Whether it would play, had it the notes or the sound to do so. */
  get isWaiting() {
    return this.isPlaying && this.#zero_s === null;
  }

  /** From 0 to 1. */
  get volume() {
    return this.#volume;
  }

  set volume(volume) {
    this.#volume = volume;
    if (this.context)
      this.output?.gain.setTargetAtTime(volume ** 2, this.context.currentTime, 0.02);
  }

  #tick() {
    const piece = this.#piece;
    if (!this.isPlaying || !this.context || !piece) return;
    if (this.#zero_s === null && !this.#startClock(this.context, piece)) return;
    const at_s = this.context.currentTime - (this.#zero_s ?? 0);
    if (piece.isFinished && !this.isLooping && at_s >= piece.end_s) return this.#finish(piece);
    if (piece.ticks(at_s) >= piece.knownTicks) {
      this.#stopClock(piece.seconds(piece.knownTicks)); // the composer is slower than the music
      return this.#onChange();
    }
    if (this.#recording?.isReady) return this.#followRecording(this.#recording, piece);
    const ahead_s = document.hidden ? AHEAD_HIDDEN_S : AHEAD_S;
    const until_s = piece.isFinished && this.isLooping ? this.#handOverRounds(piece, ahead_s) : null;
    this.#handOver(piece, Math.min(piece.ticks(until_s ?? at_s + ahead_s), piece.knownTicks));
  }

  /**
   * Hands over the rounds of a loop that end soon, and lets the next one follow.
   * @param {Piece} piece
   * @param {number} ahead_s
   * @returns {number} Up to where the round that follows is due, in its time.
   */
  #handOverRounds(piece, ahead_s) {
    const { start, end } = piece.loop_s;
    const due_s = () => (this.context?.currentTime ?? 0) + ahead_s - (this.#zero_s ?? 0);
    while (end > start && due_s() >= end) {
      this.#handOver(piece, piece.ticks(end));
      this.#zero_s = (this.#zero_s ?? 0) + end - start;
      this.#handedOverTicks = piece.ticks(start) - 0.01;
      this.#rounds += 1;
    }
    return due_s();
  }

  /**
   * Keeps the position where a recording is that plays and loops on its own.
   * @param {Recording} recording
   * @param {Piece} piece
   */
  #followRecording(recording, piece) {
    recording.isLooping = this.isLooping;
    const { start, end } = piece.loop_s;
    const at_s = () => (this.context?.currentTime ?? 0) - (this.#zero_s ?? 0);
    while (this.isLooping && end > start && at_s() >= end) {
      this.#zero_s = (this.#zero_s ?? 0) + end - start;
      this.#rounds += 1;
    }
  }

  /**
   * Starts the recording of a band, once the piece is finished and the service has played it.
   * @param {AudioContext} context
   * @param {Piece} piece
   * @returns {boolean | null} Whether it started; null where the piano plays.
   */
  #startRecording(context, piece) {
    if (!piece.parts.length || piece.isPartial) return null;
    if (!piece.isFinished) return false;
    this.#recording ??= new Recording(context, piece);
    this.#recordings.set(piece, this.#recording);
    if (this.#recording.hasFailed) return null;
    if (!this.#recording.isReady || context.state !== "running") return false;
    this.#zero_s = context.currentTime + LEAD_S - this.#from_s;
    const output = /** @type {AudioNode} */ (this.output);
    const start = { at_s: context.currentTime + LEAD_S, from_s: this.#from_s };
    this.#voices.add(this.#recording.play(output, { ...start, isLooping: this.isLooping }));
    this.#onChange();
    return true;
  }

  /**
   * @param {AudioContext} context
   * @param {Piece} piece
   */
  #startClock(context, piece) {
    const started = this.#startRecording(context, piece);
    if (started !== null) return started;
    const ahead_s = piece.seconds(piece.knownTicks) - this.#from_s;
    if (!piece.notes.length || ahead_s < HEAD_START_S) return false;
    if (!this.piano.isReady || context.state !== "running") return false;
    this.#zero_s = context.currentTime + LEAD_S - this.#from_s;
    this.#handedOverTicks = piece.ticks(this.#from_s) - 0.01; // a note just there is played too
    this.#onChange();
    return true;
  }

  /**
   * Hands notes to the audio clock.
   * @param {Piece} piece
   * @param {number} untilTicks
   */
  #handOver(piece, untilTicks) {
    const input = /** @type {AudioNode} */ (this.#input);
    const zero_s = this.#zero_s ?? 0;
    const last = piece.firstFrom(untilTicks);
    for (const note of piece.notes.slice(piece.firstFrom(this.#handedOverTicks), last)) {
      if (piece.isDrum(note)) continue; // the piano has no drums
      const at_s = Math.max(input.context.currentTime, zero_s + piece.seconds(note.start));
      const held_s = piece.seconds(note.start + note.sounding) - piece.seconds(note.start);
      const voice = this.piano.strike(input, { ...note, at_s, held_s });
      this.#voices.add(voice);
      voice.source.onended = () => this.#voices.delete(voice);
    }
    this.#handedOverTicks = Math.max(this.#handedOverTicks, untilTicks);
  }

  /** @param {Piece} piece */
  #finish(piece) {
    if (piece.loop) this.#recording?.stop(this.context?.currentTime ?? 0); // its second round
    this.#voices.clear(); // they ring on
    this.#stopClock(piece.end_s);
    this.isPlaying = false;
    this.#onChange();
  }

  /** @param {number} from_s Where to go on. */
  #stopClock(from_s) {
    const now_s = this.context?.currentTime ?? 0;
    for (const voice of this.#voices) voice.stop(now_s);
    this.#voices.clear();
    this.#from_s = from_s;
    this.#zero_s = null;
    this.#rounds = 0;
  }
}
