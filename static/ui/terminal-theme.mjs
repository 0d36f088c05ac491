/** The terminal's colours, to the page's light and dark. Contrast is held at 4.5 by the terminal (`minimumContrastRatio`). */

/** @type {Record<string, string>} */
const DARK = {
  background: "#101418",
  foreground: "#d5dbe1",
  cursor: "#58c4ae",
  cursorAccent: "#101418",
  selectionBackground: "#2c4a5a",
  selectionInactiveBackground: "#26343e",
  scrollbarSliderBackground: "#3a444e80",
  scrollbarSliderHoverBackground: "#4d5964b0",
  scrollbarSliderActiveBackground: "#5d6b78",
  black: "#1d242b",
  red: "#f07f7f",
  green: "#7fc98f",
  yellow: "#e0b86a",
  blue: "#7cb0ee",
  magenta: "#c99be8",
  cyan: "#58c4ae",
  white: "#c6ced6",
  brightBlack: "#7e8a96",
  brightRed: "#ff9d9d",
  brightGreen: "#a0e0ad",
  brightYellow: "#f2d08c",
  brightBlue: "#a3c9f8",
  brightMagenta: "#dcb9f4",
  brightCyan: "#85dccb",
  brightWhite: "#f3f6f8",
};

/** @type {Record<string, string>} */
const LIGHT = {
  background: "#ffffff",
  foreground: "#20272e",
  cursor: "#0f766e",
  cursorAccent: "#ffffff",
  selectionBackground: "#bfe0dc",
  selectionInactiveBackground: "#dde5e8",
  scrollbarSliderBackground: "#aab4bd80",
  scrollbarSliderHoverBackground: "#8d99a4b0",
  scrollbarSliderActiveBackground: "#74818d",
  black: "#20272e",
  red: "#b4232a",
  green: "#1c7434",
  yellow: "#8a5a00",
  blue: "#1f5fae",
  magenta: "#7d3ba6",
  cyan: "#0f766e",
  white: "#606b75",
  brightBlack: "#5c6670",
  brightRed: "#cf3038",
  brightGreen: "#23843d",
  brightYellow: "#966300",
  brightBlue: "#2a6fc4",
  brightMagenta: "#9048bb",
  brightCyan: "#128378",
  brightWhite: "#20272e",
};

const darkness = globalThis.matchMedia("(prefers-color-scheme: dark)");

/** The colours of now. */
export function terminalTheme() {
  return darkness.matches ? DARK : LIGHT;
}

/** @param {(theme: Record<string, string>) => void} listener called whenever the reader's preference changes */
export function onThemeChange(listener) {
  darkness.addEventListener("change", () => listener(terminalTheme()));
}
