/** Bars that are marked, counted from 1. */

const BARS = /^\s*\d{1,3}\s*(-\s*\d{1,3}\s*)?(,\s*\d{1,3}\s*(-\s*\d{1,3}\s*)?)*$/;

/** Fires `change`. */
export class Marks extends EventTarget {
  /** @type {ReadonlySet<number>} */
  #bars = new Set();

  get bars() {
    return [...this.#bars].sort((a, b) => a - b);
  }

  /** @param {number} bar */
  has(bar) {
    return this.#bars.has(bar);
  }

  /** @param {Iterable<number>} bars These and no others. */
  set(bars) {
    this.#bars = new Set(bars);
    this.dispatchEvent(new Event("change"));
  }

  /** @param {number} bar */
  toggle(bar) {
    this.set(this.has(bar) ? this.bars.filter((other) => other !== bar) : [...this.bars, bar]);
  }
}

/**
 * Writes bars as the service reads them: 1-4,9.
 * @param {readonly number[]} bars Rising.
 */
export function barsText(bars) {
  /** @type {[number, number][]} */
  const runs = [];
  for (const bar of bars) {
    const run = runs.at(-1);
    if (run && run[1] === bar - 1) run[1] = bar;
    else runs.push([bar, bar]);
  }
  return runs.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(",");
}

/**
 * Reads what `barsText` writes, also with spaces.
 * @param {string} text
 * @returns {number[] | null} null where it names no bars.
 */
export function readBars(text) {
  if (!text.trim()) return [];
  if (!BARS.test(text)) return null;
  return text.split(",").flatMap((part) => {
    const [first, last = first] = part.split("-").map(Number);
    return range(first, last);
  });
}

/**
 * Gives the bars of a piece that are not among others.
 * @param {readonly number[]} bars
 * @param {number} last Bar of the piece.
 */
export function otherBars(bars, last) {
  const those = new Set(bars);
  return range(1, last).filter((bar) => !those.has(bar));
}

/**
 * @param {number} first
 * @param {number} last
 */
export function range(first, last) {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, place) => first + place);
}
