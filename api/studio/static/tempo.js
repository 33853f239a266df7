/** Tempo maps: the seconds at a place of a piece, and the place at a time. */

import { TICKS_PER_BEAT } from "./meter.js";

/**
 * @typedef {object} TempoChange
 * @property {number} start Ticks.
 * @property {number} tempo Quarter notes a minute.
 */

export class TempoMap {
  #changes;

  /** @param {readonly TempoChange[]} changes One or more, in order, the first at 0. */
  constructor(changes) {
    let [ticks, seconds, ticksPerSecond] = [0, 0, 1];
    this.#changes = changes.map(({ start, tempo }) => {
      seconds += (start - ticks) / ticksPerSecond;
      [ticks, ticksPerSecond] = [start, (tempo * TICKS_PER_BEAT) / 60];
      return { ticks, seconds, ticksPerSecond };
    });
  }

  /** @param {number} ticks */
  seconds(ticks) {
    const last = this.#changes.findLast((change) => change.ticks <= ticks) ?? this.#changes[0];
    return last.seconds + (ticks - last.ticks) / last.ticksPerSecond;
  }

  /** @param {number} seconds */
  ticks(seconds) {
    const last = this.#changes.findLast((change) => change.seconds <= seconds) ?? this.#changes[0];
    return last.ticks + (seconds - last.seconds) * last.ticksPerSecond;
  }
}
