/** A finished piece for a band, as the service plays it on the band's instruments. */

import { written } from "./service.js";

/** @import { Piece } from "./piece.js" */
/** @import { Voice } from "./piano.js" */

const RELEASE_S = 0.02; // in which it falls to a third

export class Recording {
  #piece;
  /** @type {AudioBuffer | null} */
  #buffer = null;
  /** @type {Voice | null} */
  #voice = null;
  /** Whether the service could not play it, or the browser cannot read it. */
  hasFailed = false;

  /**
   * Requests the sound.
   * @param {AudioContext} context
   * @param {Piece} piece
   */
  constructor(context, piece) {
    this.#piece = piece;
    this.#read(context).catch(() => (this.hasFailed = true));
  }

  /** @param {AudioContext} context */
  async #read(context) {
    const file = await written(this.#piece, "ogg");
    this.#buffer = await context.decodeAudioData(await file.arrayBuffer());
  }

  get isReady() {
    return this.#buffer !== null;
  }

  /** @param {boolean} isLooping */
  set isLooping(isLooping) {
    if (this.#voice) this.#voice.source.loop = isLooping;
  }

  /**
   * Plays it. The file of a loop with an intro has the loop twice, and the second one is repeated.
   * @param {AudioNode} output
   * @param {{at_s: number, from_s: number, isLooping: boolean}} start When, in the time of the
   *   output's context, and from where.
   * @returns {Voice}
   */
  play(output, { at_s, from_s, isLooping }) {
    const { start, end } = this.#piece.loop_s;
    const source = new AudioBufferSourceNode(output.context, {
      buffer: this.#buffer,
      loop: isLooping,
      loopStart: start ? end : 0,
      loopEnd: start ? 2 * end - start : end,
    });
    const gain = new GainNode(output.context);
    source.connect(gain).connect(output);
    source.start(at_s, from_s);
    const stop = (/** @type {number} */ now_s) => {
      gain.gain.setTargetAtTime(0, now_s, RELEASE_S);
      source.stop(now_s + 7 * RELEASE_S);
    };
    this.#voice = { source, stop };
    return this.#voice;
  }

  /** @param {number} now_s */
  stop(now_s) {
    this.#voice?.stop(now_s);
  }
}
