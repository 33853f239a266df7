/** What one can keep of a piece: files, its score, the service's recording, a link. */

import { byId, make, save } from "./elements.js";
import { wholePiece } from "./midi.js";
import { toLink } from "./recipe.js";
import { pages } from "./score.js";
import { Problem, isVersionGone, written } from "./service.js";
import { Zoom } from "./zoom.js";

/** @import { Piece } from "./piece.js" */

/** @type {Record<string, string>} */
const SUFFIXES = { midi: "mid", wav: "wav", ogg: "ogg", zip: "zip", musicxml: "musicxml", svg: "svg", json: "json" };
const NAMELESS = "Song"; // the file of a piece whose name has nothing that a file's name can have
const TOO_LARGE =
  "This piece continues music that is too large for a link; save the piece itself.";

const PARTIAL =
  "This piece was stopped before its end, and the service only writes whole pieces. You can save it as MIDI.";
const STILL_MIDI = "You can still save the piece as MIDI.";

export class Keep {
  #section = byId("keep", HTMLElement);
  #stems = byId("stems", HTMLButtonElement);
  #said = byId("keep-said", HTMLElement);
  #error = byId("keep-error", HTMLElement);
  #score = byId("score", HTMLDetailsElement);
  #sheets = byId("sheets", HTMLElement);
  #recording = byId("recording", HTMLDetailsElement);
  #audio = byId("audio", HTMLAudioElement);
  /** @type {Piece | null} */
  #piece = null;
  /**
   * What has been loaded for this piece.
   * @type {Set<HTMLElement>}
   */
  #loaded = new Set();
  /**
   * Addresses to give back.
   * @type {string[]}
   */
  #addresses = [];

  /** What the piece was called when its score was asked for. */
  #scoreName = "";
  #onProblem;

  /** @param {(problem: Problem) => void} onProblem Called when the service refuses. */
  constructor(onProblem) {
    this.#onProblem = onProblem;
    for (const button of this.#section.querySelectorAll("button[data-format]")) {
      button.addEventListener("click", () =>
        this.#download(/** @type {HTMLButtonElement} */ (button)),
      );
    }
    new Zoom(byId("sheets-frame", HTMLElement), this.#sheets, {
      larger: byId("score-larger", HTMLButtonElement),
      smaller: byId("score-smaller", HTMLButtonElement),
      fit: byId("score-fit", HTMLButtonElement),
    });
    byId("copy-link", HTMLButtonElement).addEventListener("click", () => this.#copyLink());
    this.#score.addEventListener("toggle", () => this.#load(this.#score));
    this.#recording.addEventListener("toggle", () => this.#load(this.#recording));
  }

  /** @param {Piece | null} piece A finished one, or none. */
  show(piece) {
    this.#piece = piece;
    this.#section.hidden = !piece;
    this.#stems.hidden = !piece?.parts.length;
    this.#said.textContent = this.#error.textContent = "";
    this.#loaded.clear();
    for (const address of this.#addresses.splice(0)) URL.revokeObjectURL(address);
    this.#sheets.replaceChildren();
    this.#audio.removeAttribute("src");
    for (const panel of [this.#score, this.#recording]) this.#load(panel);
  }

  /** Asks for the score again where the piece has been renamed. */
  renamed() {
    if (!this.#loaded.has(this.#score) || this.#scoreName === this.#piece?.name) return;
    this.#loaded.delete(this.#score);
    void this.#load(this.#score);
  }

  /** @param {HTMLButtonElement} button */
  async #download(button) {
    const format = button.dataset.format ?? "";
    const piece = this.#piece;
    if (!piece) return;
    const name = `${fileName(piece.name)}.${SUFFIXES[format]}`;
    const isPiano = !piece.parts.length;
    if (format === "midi" && isPiano) return save(new Blob([wholePiece(piece)], { type: "audio/midi" }), name);
    const content = await this.#written(piece, format, button);
    if (content) save(content, name);
  }

  /**
   * Asks for the piece in a format; null where it could not be had, which is then said.
   * @param {Piece} piece
   * @param {string} format
   * @param {HTMLElement} place What shows that one waits.
   */
  async #written(piece, format, place) {
    this.#error.textContent = "";
    place.setAttribute("aria-busy", "true");
    try {
      if (piece.isPartial) throw new Problem(PARTIAL);
      return await written(piece, format);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const more = isVersionGone(error) ? ` ${STILL_MIDI}` : "";
      if (piece === this.#piece) this.#error.textContent = error.message + more;
      this.#onProblem(error);
      return null;
    } finally {
      place.removeAttribute("aria-busy");
    }
  }

  /** @param {HTMLDetailsElement} panel */
  async #load(panel) {
    const piece = this.#piece;
    if (!piece || !panel.open || this.#loaded.has(panel)) return;
    this.#loaded.add(panel);
    const [isScore, { name }] = [panel === this.#score, piece];
    if (isScore) this.#scoreName = name;
    const content = await this.#written(piece, isScore ? "svg" : "wav", panel);
    if (piece !== this.#piece || (isScore && name !== this.#scoreName)) return;
    if (!content) panel.open = false;
    if (!content) this.#loaded.delete(panel);
    else if (isScore) this.#showPages(await content.text());
    else this.#audio.src = this.#address(content);
  }

  /** @param {string} picture */
  #showPages(picture) {
    const sheets = pages(picture);
    this.#sheets.replaceChildren(
      ...sheets.map((page, number) =>
        make("img", {
          src: this.#address(page),
          alt: `Score, page ${number + 1} of ${sheets.length}`,
        }),
      ),
    );
  }

  /** @param {Blob} content */
  #address(content) {
    const address = URL.createObjectURL(content);
    this.#addresses.push(address);
    return address;
  }

  async #copyLink() {
    if (!this.#piece) return;
    const link = toLink(this.#piece.recipe, this.#piece.version);
    if (!link) return void (this.#error.textContent = TOO_LARGE);
    const address = `${location.origin}${location.pathname}#${link}`;
    try {
      await navigator.clipboard.writeText(address);
      this.#said.textContent = "The link is copied.";
    } catch {
      this.#said.textContent = address; // where a page may not copy, one can by hand
    }
  }
}

/** @param {string} name Of a piece. */
function fileName(name) {
  return name.replace(/[\\/:*?"<>|%]/g, "-").replace(/^[ .]+|[ .]+$/g, "") || NAMELESS;
}
