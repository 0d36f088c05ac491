/** The lines that were run, kept from visit to visit. */

const KEY = "aikernel.history";
const ENTRIES = 500;
const LONGEST = 2000;

export class History {
  /** @type {string[]} */
  #lines;
  /** Position while looking back: `#lines.length` is the line being written. */
  #at;
  #draft = "";
  /** @type {Storage | null} */
  #storage;

  /** @param {Storage | null} storage null keeps the lines for this visit only */
  constructor(storage) {
    this.#storage = storage;
    this.#lines = read(storage);
    this.#at = this.#lines.length;
  }

  /** @param {string} line */
  add(line) {
    if (line.trim() !== "" && line.length <= LONGEST && line !== this.#lines.at(-1)) {
      this.#lines.push(line);
      this.#lines.splice(0, this.#lines.length - ENTRIES);
      try {
        this.#storage?.setItem(KEY, JSON.stringify(this.#lines));
      } catch {
        this.#storage = null; // full or forbidden: this visit's memory remains
      }
    }
    this.#at = this.#lines.length;
    this.#draft = "";
  }

  /**
   * The line before the one shown, or null at the oldest.
   *
   * @param {string} current what the line being written holds, brought back by {@link next}
   */
  previous(current) {
    if (this.#at === 0) return null;
    if (this.#at === this.#lines.length) this.#draft = current;
    this.#at -= 1;
    return this.#lines[this.#at] ?? null;
  }

  /** The line after the one shown, at last the one that was being written; null when that is shown already. */
  next() {
    if (this.#at >= this.#lines.length) return null;
    this.#at += 1;
    return this.#lines[this.#at] ?? this.#draft;
  }
}

/** The browser's storage, or null where the page may not use it. @returns {Storage | null} */
export function browserStorage() {
  try {
    return globalThis.localStorage;
  } catch {
    return null;
  }
}

/** @param {Storage | null} storage @returns {string[]} */
function read(storage) {
  try {
    const lines = JSON.parse(storage?.getItem(KEY) ?? "[]");
    if (!Array.isArray(lines)) return [];
    return lines.filter((line) => typeof line === "string" && line.length <= LONGEST).slice(-ENTRIES);
  } catch {
    return [];
  }
}
