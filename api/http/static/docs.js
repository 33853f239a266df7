// @ts-check
/** Sends what a form of the page says, and shows, plays or hands over what comes back. */

/** Initial values of the song form: a short song to listen to. */
const AT_FIRST = { notes: "100", format: "wav" };

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Partial<HTMLElementTagNameMap[Tag]>} properties
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/**
 * @template {Element} Kind
 * @param {Element} within
 * @param {string} selector
 * @returns {Kind}
 */
function find(within, selector) {
  const found = within.querySelector(selector);
  if (!found) throw new Error(`no ${selector}`);
  return /** @type {Kind} */ (found);
}

/** What a form's request is: where it goes, relative to this page, and what it carries. */
class Said {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.method = form.dataset.method ?? "GET";
    this.path = (form.dataset.path ?? "").slice(1);
    this.query = new URLSearchParams();
    this.key = "";
    /** @type {File | undefined} */
    this.file = undefined;
    for (const field of form.elements) {
      if (!(field instanceof HTMLInputElement || field instanceof HTMLSelectElement)) continue;
      if (field.value === "") continue;
      if (field.dataset.in === "path") this.path = this.path.replace(`{${field.name}}`, encodeURIComponent(field.value));
      else if (field.dataset.in === "key") this.key = field.value;
      else if (field.dataset.in === "body") this.file = /** @type {HTMLInputElement} */ (field).files?.[0];
      else this.query.set(field.name, field.value);
    }
    if (this.file) this.query.delete("primer");
  }

  get target() {
    return this.query.size ? `${this.path}?${this.query}` : this.path || "./";
  }

  /** @returns {RequestInit} */
  get request() {
    const body = new FormData();
    if (this.file) body.set("primer", this.file);
    return {
      method: this.method,
      headers: this.key ? { Authorization: `Bearer ${this.key}` } : {},
      body: this.file ? body : undefined,
    };
  }

  get curl() {
    const url = new URL(this.target, document.baseURI).href.replaceAll("'", "%27");
    const key = this.key && ' -H "Authorization: Bearer $KEY"';
    const file = this.file ? " -F primer=@intro.mid" : "";
    return `curl --fail-with-body -X POST${key}${file} '${url}'`;
  }
}

/** @param {HTMLFormElement} form */
function showCurl(form) {
  const curl = form.querySelector(".curl");
  if (curl) curl.textContent = new Said(form).curl;
}

/** @param {Response} response */
function heading(response) {
  const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
  const status = element("b", { className: `status s${String(response.status)[0]}` }, String(response.status));
  return element("details", {}, element("summary", {}, status, ` ${response.statusText}`), element("pre", { tabIndex: 0 }, headers));
}

/** @param {Response} response */
function fileName(response) {
  return /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition") ?? "")?.[1];
}

/**
 * Show an answer as the kind of thing that it is.
 * @param {HTMLElement} answer
 * @param {Response} response
 * @param {Blob} body
 */
async function showBody(answer, response, body) {
  const url = URL.createObjectURL(body);
  if (body.type === "audio/wav") answer.append(element("audio", { src: url, controls: true, autoplay: true }));
  else if (body.type === "image/svg+xml") answer.append(element("img", { src: url, alt: "The song as a score" }));
  else if (/json/.test(body.type)) answer.append(element("pre", { tabIndex: 0 }, JSON.stringify(JSON.parse(await body.text()), null, 2)));
  else if (/xml|text/.test(body.type)) answer.append(element("pre", { tabIndex: 0 }, await body.text()));
  const name = fileName(response);
  if (!name) return;
  const size = `${Math.ceil(body.size / 1024).toLocaleString("en")} KB`;
  answer.append(element("p", {}, element("a", { href: url, download: name }, `Save ${name}`), ` (${size})`));
}

/**
 * Show a stream's events as they come.
 * @param {HTMLElement} answer
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} body
 */
async function showEvents(answer, body) {
  const lines = element("pre", { tabIndex: 0 });
  answer.append(lines);
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    lines.append(part.value);
    lines.scrollTop = lines.scrollHeight;
  }
}

/** @param {HTMLFormElement} form */
async function send(form) {
  const answer = /** @type {HTMLElement} */ (find(form, ".answer"));
  const submit = /** @type {HTMLButtonElement} */ (find(form, "[type=submit]"));
  const stop = /** @type {HTMLButtonElement} */ (find(form, ".stop"));
  const stopping = new AbortController();
  stop.onclick = () => stopping.abort();
  for (const shown of answer.querySelectorAll("audio, img, a")) URL.revokeObjectURL(shown.getAttribute("src") ?? shown.getAttribute("href") ?? "");
  answer.replaceChildren();
  answer.hidden = submit.disabled = true;
  stop.hidden = false;
  try {
    const said = new Said(form);
    const response = await fetch(said.target, { ...said.request, signal: stopping.signal });
    answer.append(heading(response));
    answer.hidden = false;
    const isStream = /event-stream|ndjson/.test(response.headers.get("Content-Type") ?? "");
    if (isStream && response.body) await showEvents(answer, response.body);
    else await showBody(answer, response, await response.blob());
  } catch (error) {
    answer.append(element("p", {}, stopping.signal.aborted ? "Stopped." : `No answer: ${error}`));
    answer.hidden = false;
  } finally {
    submit.disabled = false;
    stop.hidden = true;
  }
}

/** Offer the games that there are, and begin with one that is ready. */
async function offerGames() {
  const list = find(document.body, "#games");
  const input = /** @type {HTMLInputElement} */ (find(document.body, "[name=game]"));
  /** @type {{games: {game: string, title: string | null, state: string}[]}} */
  const { games } = await (await fetch("games")).json();
  list.append(...games.map(({ game, title }) => element("option", { value: game }, title ?? game)));
  input.value ||= games.find(({ state }) => state === "AVAILABLE")?.game ?? "";
}

for (const form of document.forms) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void send(form);
  });
  form.addEventListener("input", () => showCurl(form));
}
const song = /** @type {HTMLFormElement} */ (find(document.body, "[data-path='/generate']"));
for (const [name, value] of Object.entries(AT_FIRST)) {
  /** @type {HTMLInputElement | HTMLSelectElement} */ (find(song, `[name=${name}]`)).value = value;
}
showCurl(song);
offerGames().then(() => showCurl(song), console.error);
