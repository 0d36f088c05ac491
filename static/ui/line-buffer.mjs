/** The text of an edited line and its cursor, moved by whole characters as a reader counts them (Unicode TR 29). */

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const WORD = /[\p{L}\p{N}\p{M}_]/u;

export class LineBuffer {
  /** Longest line kept, in UTF-16 units. */
  static LIMIT = 1 << 16;

  #text = "";
  #cursor = 0;
  #killed = "";

  get text() {
    return this.#text;
  }

  /** Offset of the cursor in {@link text}. */
  get cursor() {
    return this.#cursor;
  }

  /** @param {string} text */
  set(text, cursor = text.length) {
    this.#text = text.slice(0, LineBuffer.LIMIT);
    this.#cursor = Math.min(cursor, this.#text.length);
  }

  /** Empties the line and returns what it held. */
  take() {
    const text = this.#text;
    this.set("");
    return text;
  }

  /** @param {string} text */
  insert(text) {
    const room = LineBuffer.LIMIT - this.#text.length;
    const fitting = text.slice(0, Math.max(room, 0));
    this.#text = this.#text.slice(0, this.#cursor) + fitting + this.#text.slice(this.#cursor);
    this.#cursor += fitting.length;
    // What was inserted may have joined with what follows it: the cursor never stands inside a character.
    if (this.#cursor < this.#text.length) {
      const at = graphemes.segment(this.#text).containing(this.#cursor);
      if (at && at.index !== this.#cursor) this.#cursor = at.index + at.segment.length;
    }
  }

  left() {
    this.#cursor = this.#before();
  }

  right() {
    this.#cursor = this.#after();
  }

  home() {
    this.#cursor = 0;
  }

  end() {
    this.#cursor = this.#text.length;
  }

  wordLeft() {
    this.#cursor = this.#wordStart();
  }

  wordRight() {
    this.#cursor = this.#wordEnd();
  }

  backspace() {
    this.#remove(this.#before(), this.#cursor);
  }

  delete() {
    this.#remove(this.#cursor, this.#after());
  }

  killToEnd() {
    this.#kill(this.#cursor, this.#text.length);
  }

  killToStart() {
    this.#kill(0, this.#cursor);
  }

  killWordRight() {
    this.#kill(this.#cursor, this.#wordEnd());
  }

  /** As a terminal's own word erase does: back over blanks, then to the blank before the word. */
  killBlankWordLeft() {
    const before = this.#text.slice(0, this.#cursor);
    this.#kill(before.replace(/\S*\s*$/u, "").length, this.#cursor);
  }

  killWordLeft() {
    this.#kill(this.#wordStart(), this.#cursor);
  }

  yank() {
    this.insert(this.#killed);
  }

  #before() {
    if (this.#cursor === 0) return 0;
    return graphemes.segment(this.#text).containing(this.#cursor - 1)?.index ?? 0;
  }

  #after() {
    const at = graphemes.segment(this.#text).containing(this.#cursor);
    return at ? at.index + at.segment.length : this.#text.length;
  }

  #wordStart() {
    const characters = Array.from(this.#text.slice(0, this.#cursor));
    while (characters.length > 0 && !WORD.test(/** @type {string} */ (characters.at(-1)))) characters.pop();
    while (characters.length > 0 && WORD.test(/** @type {string} */ (characters.at(-1)))) characters.pop();
    return characters.join("").length;
  }

  #wordEnd() {
    let offset = this.#cursor;
    let inside = false;
    for (const character of this.#text.slice(this.#cursor)) {
      const word = WORD.test(character);
      if (inside && !word) break;
      inside ||= word;
      offset += character.length;
    }
    return offset;
  }

  /** @param {number} from @param {number} to */
  #remove(from, to) {
    const removed = this.#text.slice(from, to);
    this.#text = this.#text.slice(0, from) + this.#text.slice(to);
    this.#cursor = from;
    return removed;
  }

  /** @param {number} from @param {number} to */
  #kill(from, to) {
    if (from < to) this.#killed = this.#remove(from, to);
  }
}
