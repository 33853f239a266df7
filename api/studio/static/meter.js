/**
 * Bars and hands, guessed as the score guesses them (music/meter.py, music/staves.py), so that the
 * piano roll and the score agree.
 */

/** @import { Note } from "./piece.js" */

export const TICKS_PER_BEAT = 12;
export const BAR_TICKS = 4 * TICKS_PER_BEAT;

const UPBEAT_NOTES = 400;
const MIDDLE_C = 60;
/** @type {Record<number, number>} How strong the places of a bar are. */
const STRENGTHS = { 0: 6, 24: 5, 12: 4, 36: 4, 6: 2, 18: 2, 30: 2, 42: 2 };

/**
 * Says how many ticks into its bar a piece begins, so that long notes fall on strong beats.
 * @param {readonly Note[]} notes In order.
 */
export function upbeat(notes) {
  const early = notes.slice(0, UPBEAT_NOTES);
  let best = 0;
  let most = -1;
  for (let shift = 0; shift < BAR_TICKS; shift++) {
    let goodness = 0;
    for (const { start, duration } of early) {
      goodness += Math.min(duration, BAR_TICKS) * (STRENGTHS[(start + shift) % BAR_TICKS] ?? 0);
    }
    if (shift === 0) goodness *= 1.1; // most pieces begin with a bar
    if (goodness > most) [best, most] = [shift, goodness];
  }
  return best;
}

/**
 * Parts notes between the hands, bar by bar.
 * @param {readonly Note[]} notes In order; each is told its hand.
 * @param {number} upbeatTicks How far into its bar the piece begins.
 */
export function partHands(notes, upbeatTicks) {
  let parting = MIDDLE_C;
  let first = 0;
  while (first < notes.length) {
    const bar = Math.floor((notes[first].start + upbeatTicks) / BAR_TICKS);
    let behind = first + 1;
    while (behind < notes.length && notes[behind].start + upbeatTicks < (bar + 1) * BAR_TICKS) behind++;
    const here = notes.slice(first, behind);
    parting = nextParting(here.map((note) => note.pitch), parting);
    for (const note of here) note.isRight = note.pitch >= parting;
    first = behind;
  }
}

/**
 * Finds the left hand's upper end: in a gap, near middle C, and near where it was.
 * @param {readonly number[]} pitches
 * @param {number} last
 */
function nextParting(pitches, last) {
  let best = last;
  let most = -Infinity;
  for (let parting = MIDDLE_C - 9; parting < MIDDLE_C + 10; parting++) {
    const room = Math.min(6, ...pitches.map((pitch) => Math.abs(pitch + 0.5 - parting)));
    const goodness = room - 0.3 * Math.abs(parting - MIDDLE_C) - 0.15 * Math.abs(parting - last);
    if (goodness > most) [best, most] = [parting, goodness];
  }
  return best;
}
