/**
 * Bars and hands, as the score has them (music/meter.py, music/score/staves.py), so that the piano roll and
 * the score agree. Where nothing says which meter a piece has, it is taken to be 4/4.
 */

/** @import { Note } from "./piece.js" */

/**
 * @typedef {object} TimeSignature
 * @property {number} start Ticks from the first note; less than 0 where a piece begins within a bar.
 * @property {number} numerator
 * @property {number} denominator
 */

/**
 * @typedef {object} Bar
 * @property {number} number From 1.
 * @property {number} start Ticks.
 * @property {number} ticks Less than others where another time signature follows sooner.
 * @property {number} beatTicks
 */

export const TICKS_PER_BEAT = 12;

const WHOLE_TICKS = 4 * TICKS_PER_BEAT;
const BAR_TICKS = WHOLE_TICKS; // of 4/4
const LONGEST_BAR_TICKS = 2 * WHOLE_TICKS; // that the score writes
const SIXTEENTH_TICKS = 3;
const UPBEAT_NOTES = 400;
/** @type {Record<number, number>} How strong the places of a bar are. */
const STRENGTHS = { 0: 6, 24: 5, 12: 4, 36: 4, 6: 2, 18: 2, 30: 2, 42: 2 };

/**
 * Says how many ticks into its bar a piece begins, so that long notes fall on strong beats.
 * @param {readonly Note[]} notes In order.
 */
export function pickup(notes) {
  const early = notes.slice(0, UPBEAT_NOTES);
  let best = 0;
  let most = -1;
  for (let shift = 0; shift < BAR_TICKS; shift++) {
    let score = 0;
    for (const { start, duration } of early) {
      score += Math.min(duration, BAR_TICKS) * (STRENGTHS[(start + shift) % BAR_TICKS] ?? 0);
    }
    if (shift === 0) score *= 1.1; // most pieces begin with a bar
    if (score > most) [best, most] = [shift, score];
  }
  return best;
}

/** The bars of a piece, however long it becomes. */
export class Bars {
  /** From each time signature on. */
  #sections;

  /** @param {readonly TimeSignature[]} signatures One or more, in order. */
  constructor(signatures) {
    const [{ start: first }] = signatures;
    const starts = signatures.map(
      ({ start }) => first + Math.round((start - first) / SIXTEENTH_TICKS) * SIXTEENTH_TICKS,
    );
    let number = 1;
    this.#sections = signatures.map((signature, place) => {
      const [start, end] = [starts[place], starts[place + 1] ?? Infinity];
      const section = { number, start, end, ...lengths(signature) };
      number += Math.ceil((end - start) / section.barTicks);
      return section;
    });
  }

  /**
   * Finds the bar that a place is in; what comes before the first bar counts to it.
   * @param {number} ticks
   * @returns {Bar}
   */
  at(ticks) {
    const section = this.#sections.findLast(({ start }) => start <= ticks) ?? this.#sections[0];
    const place = Math.max(0, Math.floor((ticks - section.start) / section.barTicks));
    const start = section.start + place * section.barTicks;
    const barTicks = Math.min(section.barTicks, section.end - start);
    return { number: section.number + place, start, ticks: barTicks, beatTicks: section.beatTicks };
  }

  /**
   * Gives the bars from one place to another.
   * @param {number} from Ticks.
   * @param {number} until Ticks.
   */
  *between(from, until) {
    for (let bar = this.at(from); bar.start <= until; bar = this.at(bar.start + bar.ticks)) yield bar;
  }
}

/**
 * Says how long bars and beats are; as in 4/4 where the score writes no such bars.
 * @param {TimeSignature} signature
 */
function lengths({ numerator, denominator }) {
  const barTicks = (numerator * WHOLE_TICKS) / denominator;
  const isWritten = [2, 4, 8, 16].includes(denominator) && barTicks <= LONGEST_BAR_TICKS;
  if (!isWritten) return { barTicks: BAR_TICKS, beatTicks: TICKS_PER_BEAT };
  return { barTicks, beatTicks: Math.min(TICKS_PER_BEAT, WHOLE_TICKS / denominator) };
}
