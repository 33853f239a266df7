/** Which hand plays which note: the same as in the score (music/score/hands.py says how and why). */

/** @import { Note } from "./piece.js" */

const STEP = 4;
const LEFT = places(28, 72);
const RIGHT = places(48, 96);
const [USUAL_LEFT, USUAL_RIGHT, UNUSUAL] = [48, 72, 2];
const MOVE = 96;
const NEAREST = 12;
const NEVER = 1_000_000;
const [LINE_LEAP, LINE_RANGE, LINE_GAP_TICKS] = [7, 24, 12];
const PAIRS = LEFT.length * RIGHT.length;
const PLACE_COSTS = LEFT.flatMap((left) => RIGHT.map((right) => placeCost(left, right)));

/**
 * Parts notes between the hands.
 * @param {readonly Note[]} notes In order; each is told its hand.
 */
export function partHands(notes) {
  const onsets = byOnset(notes);
  const pairs = handPairs(onsetCosts(onsets));
  onsets.forEach((chord, onset) => {
    const left = LEFT[Math.floor(pairs[onset] / RIGHT.length)];
    const right = RIGHT[pairs[onset] % RIGHT.length];
    for (const note of chord) {
      note.isRight = Math.abs(note.pitch - right) < Math.abs(note.pitch - left);
    }
  });
  for (const line of lines(onsets)) {
    const inRight = line.filter((note) => note.isRight).length;
    for (const note of line) note.isRight = 2 * inRight >= line.length;
  }
}

/**
 * @param {readonly Note[]} notes
 * @returns {Note[][]} Those that start together, in order.
 */
function byOnset(notes) {
  /** @type {Note[][]} */
  const onsets = [];
  for (const note of notes) {
    const last = onsets.at(-1);
    if (last?.[0].start === note.start) last.push(note);
    else onsets.push([note]);
  }
  return onsets;
}

/**
 * Finds where both hands are at every onset.
 * @param {readonly Float64Array[]} costs What each pair of places costs at each onset.
 * @returns {number[]} Numbers of pairs of places.
 */
function handPairs(costs) {
  /** @type {Float64Array[]} */
  const until = [];
  for (const cost of costs) until.push(sum(cost, until.length ? moved(until[until.length - 1]) : null));
  const cheapest = [];
  /** @type {Float64Array | null} */
  let after = null;
  for (let onset = costs.length - 1; onset >= 0; onset--) {
    cheapest.push(leastOf(sum(until[onset], after)));
    after = moved(sum(costs[onset], after));
  }
  return cheapest.reverse();
}

/**
 * Gives what the notes cost that sound at each onset.
 * @param {readonly Note[][]} onsets
 */
function onsetCosts(onsets) {
  const costs = onsets.map(() => Float64Array.from(PLACE_COSTS));
  onsets.forEach((chord, onset) => {
    for (const note of chord) {
      const cost = noteCosts(note.pitch);
      const end = note.start + note.duration;
      for (let at = onset; at < onsets.length && onsets[at][0].start < end; at++) {
        cost.forEach((value, pair) => (costs[at][pair] += value));
      }
    }
  });
  return costs;
}

/** @param {number} pitch */
function noteCosts(pitch) {
  return LEFT.flatMap((left) =>
    RIGHT.map((right) => Math.min((pitch - left) ** 2, (pitch - right) ** 2)),
  );
}

/**
 * Gives the least cost of each pair of places, of staying there or moving there.
 * @param {Float64Array} costs
 */
function moved(costs) {
  const least = Float64Array.from(costs);
  for (const apart of [RIGHT.length, 1]) {
    /** @param {number} pair */
    const isFirst = (pair) => (apart === 1 ? pair % RIGHT.length === 0 : pair < apart);
    for (let pair = 0; pair < PAIRS; pair++) {
      if (!isFirst(pair)) least[pair] = Math.min(least[pair], least[pair - apart] + MOVE);
    }
    for (let pair = PAIRS - 1; pair >= apart; pair--) {
      if (!isFirst(pair)) least[pair - apart] = Math.min(least[pair - apart], least[pair] + MOVE);
    }
  }
  return least;
}

/**
 * Finds the lines: single notes that follow each other closely, in time and on the keyboard.
 * @param {readonly Note[][]} onsets
 */
function* lines(onsets) {
  /** @type {Note[]} */
  let line = [];
  for (const chord of [...onsets, []]) {
    const [note] = chord;
    const last = line.at(-1);
    const joins =
      chord.length === 1 &&
      last &&
      note.start - last.start <= LINE_GAP_TICKS &&
      Math.abs(note.pitch - last.pitch) <= LINE_LEAP;
    if (joins) {
      line.push(note);
      continue;
    }
    const pitches = line.map(({ pitch }) => pitch);
    if (line.length > 1 && Math.max(...pitches) - Math.min(...pitches) <= LINE_RANGE) yield line;
    line = chord.length === 1 ? [note] : [];
  }
}

/**
 * @param {number} left
 * @param {number} right
 */
function placeCost(left, right) {
  if (right - left < NEAREST) return NEVER;
  return UNUSUAL * (Math.abs(left - USUAL_LEFT) + Math.abs(right - USUAL_RIGHT));
}

/**
 * @param {number} first
 * @param {number} last
 */
function places(first, last) {
  return Array.from({ length: (last - first) / STEP + 1 }, (_, number) => first + number * STEP);
}

/**
 * @param {Float64Array} costs
 * @param {Float64Array | null} others None add nothing.
 */
function sum(costs, others) {
  return others ? costs.map((cost, pair) => cost + others[pair]) : costs;
}

/** @param {Float64Array} costs */
function leastOf(costs) {
  let least = 0;
  costs.forEach((cost, pair) => {
    if (cost < costs[least]) least = pair;
  });
  return least;
}
