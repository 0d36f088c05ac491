/** What the editing keys do to a line; they mean the same at the prompt and in a running program's input. */

/** @typedef {import("./keys.mjs").KeyName} KeyName */
/** @typedef {import("./line-buffer.mjs").LineBuffer} LineBuffer */

/** @type {Partial<Record<KeyName, (line: LineBuffer) => void>>} */
const EDITS = {
  left: (line) => line.left(),
  right: (line) => line.right(),
  home: (line) => line.home(),
  end: (line) => line.end(),
  "word-left": (line) => line.wordLeft(),
  "word-right": (line) => line.wordRight(),
  backspace: (line) => line.backspace(),
  delete: (line) => line.delete(),
  "kill-to-end": (line) => line.killToEnd(),
  "kill-to-start": (line) => line.killToStart(),
  "kill-word-left": (line) => line.killWordLeft(),
  "kill-blank-word-left": (line) => line.killBlankWordLeft(),
  "kill-word-right": (line) => line.killWordRight(),
  yank: (line) => line.yank(),
};

/** Does what the key does; a key that does not edit does nothing. @param {LineBuffer} line @param {KeyName} key */
export function edit(line, key) {
  EDITS[key]?.(line);
}
