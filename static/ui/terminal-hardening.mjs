/**
 * What a program's output may not do to the terminal. A program with a line-wise terminal does not read the terminal's
 * answers: an answer would arrive as if it had been typed. One that has switched its terminal raw gets them.
 */

/** @typedef {import("../vendor/xterm/xterm.mjs").Terminal} Terminal */

/** OSC commands: colours of the palette and of the text (4, 10-12, 104, 110-112), links (8), the clipboard (52). */
const REFUSED_OSC = [4, 8, 10, 11, 12, 52, 104, 110, 111, 112];

/** Sequences that the terminal answers: device attributes, status and cursor reports, mode requests, window reports. */
const ANSWERED_CSI = [
  { final: "c" },
  { prefix: ">", final: "c" },
  { final: "n" },
  { prefix: "?", final: "n" },
  { intermediates: "$", final: "p" },
  { prefix: "?", intermediates: "$", final: "p" },
  { final: "t" },
];

/** Private modes under which the mouse or the focus writes into the input. */
const REPORTING_MODES = new Set([9, 1000, 1002, 1003, 1004, 1005, 1006, 1015, 1016]);

const refuse = () => true;

/** @param {Terminal} terminal @param {() => boolean} raw whether a program reads what the terminal says */
export function harden({ parser }, raw) {
  for (const id of REFUSED_OSC) parser.registerOscHandler(id, refuse);
  for (const id of ANSWERED_CSI) parser.registerCsiHandler(id, () => !raw());
  parser.registerDcsHandler({ intermediates: "$", final: "q" }, refuse);
  parser.registerCsiHandler(
    { prefix: "?", final: "h" },
    (modes) => !raw() && modes.some((mode) => typeof mode === "number" && REPORTING_MODES.has(mode)),
  );
}

/**
 * Brings the terminal back to its usual modes after a program, wherever that program stopped: CAN ends an unfinished
 * sequence, DECSTR resets modes and colours, DECSCUSR the cursor's shape; reports and bracketed paste are switched off.
 */
export const RECOVER = `\x1b[!p\x1b[0 q\x1b[?${[...REPORTING_MODES, 2004].join(";")}l`;
export const CANCEL = Uint8Array.of(0x18);
export const LEAVE_ALTERNATE_SCREEN = "\x1b[?1049l";
