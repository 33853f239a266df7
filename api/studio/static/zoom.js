/** Something that is too small to read, made larger: by buttons, keys, two fingers, Ctrl and the wheel. */

const STEP = 1.4;
const MOST = 8;

export class Zoom {
  #frame;
  #content;
  #factor = 1;

  /**
   * @param {HTMLElement} frame Scrolls sideways.
   * @param {HTMLElement} content As wide as the frame, or wider.
   * @param {{larger: HTMLElement, smaller: HTMLElement, fit: HTMLElement}} buttons
   */
  constructor(frame, content, { larger, smaller, fit }) {
    this.#frame = frame;
    this.#content = content;
    larger.addEventListener("click", () => this.#zoom(STEP));
    smaller.addEventListener("click", () => this.#zoom(1 / STEP));
    fit.addEventListener("click", () => this.#zoom(1 / this.#factor));
    frame.addEventListener("keydown", (event) => this.#pressed(event));
    frame.addEventListener("wheel", (event) => this.#wheeled(event), { passive: false });
    this.#followFingers();
  }

  /**
   * Makes the content larger or smaller around a point of the window, which stays where it is.
   * @param {number} by
   * @param {{x: number, y: number}} [point] The middle of the frame's upper edge, as far as it is seen,
   *   so that the buttons stay under the finger.
   */
  #zoom(by, point = this.#upperEdge()) {
    const before = this.#content.getBoundingClientRect();
    this.#factor = Math.min(MOST, Math.max(1, this.#factor * by));
    this.#content.style.width = `${100 * this.#factor}%`;
    const after = this.#content.getBoundingClientRect();
    const moved = (/** @type {number} */ at, /** @type {number} */ from, /** @type {number} */ by) =>
      (at - from) * (by - 1);
    this.#frame.scrollLeft += moved(point.x, before.x, after.width / before.width);
    window.scrollBy(0, moved(point.y, before.y, after.height / before.height));
  }

  #upperEdge() {
    const { left, width, top } = this.#frame.getBoundingClientRect();
    return { x: left + width / 2, y: Math.max(0, top) };
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "+" || event.key === "=") this.#zoom(STEP);
    else if (event.key === "-") this.#zoom(1 / STEP);
    else return;
    event.preventDefault();
  }

  /** @param {WheelEvent} event */
  #wheeled(event) {
    if (!event.ctrlKey) return;
    event.preventDefault();
    this.#zoom(Math.exp(-event.deltaY / 200), { x: event.clientX, y: event.clientY });
  }

  /** Zooms as two fingers move apart; one finger scrolls, as anywhere. */
  #followFingers() {
    let apart = 0;
    this.#frame.addEventListener("touchstart", ({ touches }) => {
      if (touches.length === 2) apart = distance(touches);
    });
    this.#frame.addEventListener(
      "touchmove",
      (event) => {
        if (event.touches.length !== 2) return;
        event.preventDefault();
        const now = distance(event.touches);
        const [a, b] = event.touches;
        this.#zoom(now / apart, { x: (a.clientX + b.clientX) / 2, y: (a.clientY + b.clientY) / 2 });
        apart = now;
      },
      { passive: false },
    );
  }
}

/** @param {TouchList} touches Two or more. */
function distance([a, b]) {
  return Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
}
