/** What the terminal sends for a key, read back into the key's meaning. */

/**
 * @typedef {"left" | "right" | "up" | "down" | "home" | "end" | "word-left" | "word-right" | "backspace" | "delete"
 *   | "kill-to-end" | "kill-to-start" | "kill-blank-word-left" | "kill-word-left" | "kill-word-right" | "yank"
 *   | "enter" | "complete" | "interrupt" | "end-of-input" | "clear-screen"} KeyName
 * @typedef {{ key: KeyName } | { text: string }} KeyInput
 */

/** @type {Record<string, KeyName>} */
const CONTROLS = {
  "\x01": "home",
  "\x02": "left",
  "\x03": "interrupt",
  "\x04": "end-of-input",
  "\x05": "end",
  "\x06": "right",
  "\x08": "backspace",
  "\t": "complete",
  "\n": "enter",
  "\x0b": "kill-to-end",
  "\x0c": "clear-screen",
  "\r": "enter",
  "\x0e": "down",
  "\x10": "up",
  "\x15": "kill-to-start",
  "\x17": "kill-blank-word-left",
  "\x19": "yank",
  "\x7f": "backspace",
};

/** @type {Record<string, KeyName>} */
const META = {
  b: "word-left",
  d: "kill-word-right",
  f: "word-right",
  "\b": "kill-word-left",
  "\x7f": "kill-word-left",
};

/** Final byte of a cursor key, in its CSI and its SS3 form. @type {Record<string, KeyName>} */
const FINALS = { A: "up", B: "down", C: "right", D: "left", F: "end", H: "home" };

/** Number of an editing key, `CSI n ~`. @type {Record<string, KeyName>} */
const NUMBERED = { 1: "home", 3: "delete", 4: "end", 7: "home", 8: "end" };

const ESCAPE = /^\x1b(?:\[([0-9;]*)([A-Za-z~])|O([A-Za-z])|([\s\S]))?/u;

/**
 * @param {string} data one message of the terminal: a key, or text from an input method
 * @returns {KeyInput[]} unknown keys are left out
 */
export function readKeys(data) {
  /** @type {KeyInput[]} */
  const inputs = [];
  let rest = data;
  while (rest !== "") {
    const first = /** @type {string} */ (rest[0]);
    if (first === "\x1b") {
      const match = /** @type {RegExpExecArray} */ (ESCAPE.exec(rest));
      const key = escaped(match);
      if (key) inputs.push({ key });
      rest = rest.slice(match[0].length);
    } else if (first < " " || first === "\x7f") {
      const key = CONTROLS[first];
      if (key) inputs.push({ key });
      rest = rest.slice(1);
    } else {
      const text = /** @type {RegExpExecArray} */ (/^[^\x00-\x1f\x7f]+/u.exec(rest))[0];
      inputs.push({ text });
      rest = rest.slice(text.length);
    }
  }
  return inputs;
}

/** @param {RegExpExecArray} match @returns {KeyName | undefined} */
function escaped([, parameters = "", final, single, meta]) {
  if (meta !== undefined) return META[meta.toLowerCase()];
  if (single !== undefined) return FINALS[single];
  const [number = "", modifier = "1"] = parameters.split(";");
  // The modifier is 1 plus shift 1, alt 2, control 4 (xterm, "PC-Style Function Keys").
  const jumps = ((Number(modifier) - 1) & 6) !== 0;
  if (final === "~") return jumps && number === "3" ? "kill-word-right" : NUMBERED[number];
  const key = final === undefined ? undefined : FINALS[final];
  if (jumps && key === "left") return "word-left";
  if (jumps && key === "right") return "word-right";
  return key;
}

/**
 * Pasted text as lines, without the controls that would make it more than text.
 *
 * @param {string} text
 * @returns {string[]} at least one; every line but the last was ended by a line break
 */
export function readPaste(text) {
  return text
    .replace(/\r\n?/gu, "\n")
    .replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/gu, "")
    .split("\n");
}
