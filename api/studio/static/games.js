/** The games, as cards to choose from, kept up to date. */

import { byId, make } from "./elements.js";
import { Problem, games as listed } from "./service.js";
import { count } from "./words.js";

/** @import { Game } from "./service.js" */

const EVERY_MS = 4000;
const READY = "AVAILABLE";
/** @type {Record<string, string>} */
const STATES = {
  BROKEN: "its model cannot be used: train it again",
  END: "could not be loaded: see the model server’s log",
  UNKNOWN: "the model server does not know it yet",
  UNLOADING: "is being unloaded",
  UNREACHABLE: "the model server does not answer",
};

export class Games {
  #cards = byId("games", HTMLElement);
  #none = byId("no-games", HTMLElement);
  #trouble = byId("trouble", HTMLElement);
  #service = byId("service", HTMLElement);
  /** What the cards show, as JSON. */
  #shown = "";
  /** @type {Game[]} */
  #games = [];
  /** What a link asks for, perhaps before the games are known. */
  #wanted = "";
  #onChange;

  /** @param {() => void} onChange Called when games have come, gone or changed their state. */
  constructor(onChange) {
    this.#onChange = onChange;
    this.#cards.addEventListener("change", () => {
      this.#wanted = this.chosen;
      onChange();
    });
  }

  /** Polls the games, so that one that was gone reappears. */
  async watch() {
    for (;;) {
      if (!document.hidden) await this.#ask();
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
  }

  /** The name of the game that is chosen; empty where there is none. */
  get chosen() {
    const checked = /** @type {HTMLInputElement | null} */ (
      this.#cards.querySelector("input:checked")
    );
    return checked?.value ?? "";
  }

  /** The game that is chosen, as it was listed last; null where there is none. */
  get current() {
    return this.#games.find(({ game }) => game === this.chosen) ?? null;
  }

  /** @param {string} game */
  choose(game) {
    this.#wanted = game;
    for (const input of this.#cards.querySelectorAll("input")) input.checked = input.value === game;
  }

  /** Whether the chosen one can compose now. */
  get isReady() {
    return this.#games.some(({ game, state }) => game === this.chosen && state === READY);
  }

  async #ask() {
    try {
      this.#show(await listed());
    } catch (error) {
      this.#shown = "";
      this.#say(error instanceof Problem ? error.message : String(error), "gone");
      this.#games = this.#games.map((game) => ({ ...game, state: "UNREACHABLE" }));
      this.#onChange();
    }
  }

  /** @param {Game[]} games */
  #show(games) {
    const described = JSON.stringify(games);
    if (described === this.#shown) return;
    const chosen = this.#wanted || this.chosen || bestOf(games);
    const hadFocus = this.#cards.contains(document.activeElement);
    this.#shown = described;
    this.#games = games.map((game) => ({ ...game, title: game.title ?? this.#titleOf(game.game) }));
    this.#cards.replaceChildren(...this.#games.map((game) => card(game, game.game === chosen)));
    if (hadFocus)
      /** @type {HTMLElement | null} */ (this.#cards.querySelector("input:checked"))?.focus();
    this.#none.hidden = games.length > 0;
    this.#tellState(games);
    this.#onChange();
  }

  /**
   * Remembers a title while the model server is gone.
   * @param {string} game
   */
  #titleOf(game) {
    return this.#games.find((known) => known.game === game)?.title ?? null;
  }

  /** @param {Game[]} games */
  #tellState(games) {
    const ready = games.filter(({ state }) => state === READY).length;
    if (games.length && games.every(({ state }) => state === "UNREACHABLE")) {
      this.#say(
        "The model server does not respond. You can compose again when it does.",
        "gone",
      );
    } else if (!games.length) {
      this.#say("", "empty");
    } else {
      this.#say("", ready ? "ready" : "loading");
    }
  }

  /**
   * @param {string} trouble
   * @param {"ready" | "loading" | "empty" | "gone"} state
   */
  #say(trouble, state) {
    const words = {
      ready: "Ready",
      loading: "Loading",
      empty: "No game yet",
      gone: "Not connected",
    };
    if (this.#trouble.textContent !== trouble) this.#trouble.textContent = trouble;
    this.#service.dataset.state = state;
    if (this.#service.textContent !== words[state]) this.#service.textContent = words[state];
  }
}

/** @param {Game[]} games */
function bestOf(games) {
  return (games.find(({ state }) => state === READY) ?? games[0])?.game ?? "";
}

/**
 * @param {Game} game
 * @param {boolean} isChosen
 */
function card({ game, title, pieces, notes, version, state }, isChosen) {
  const input = make("input", { type: "radio", name: "game", value: game });
  input.checked = isChosen;
  const learned =
    pieces === null || notes === null ? "" : `${count(pieces, "piece")} · ${count(notes, "note")}`;
  const standing = state === READY ? `version ${version}` : (STATES[state] ?? "loading …");
  return make(
    "label",
    { class: "card", "data-state": state },
    input,
    make("span", { class: "card-title" }, title ?? game),
    make("span", { class: "card-facts" }, [learned, standing].filter(Boolean).join(" · ")),
  );
}
