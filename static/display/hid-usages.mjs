/**
 * Keys by their place: KeyboardEvent.code (UI Events KeyboardEvent code Values) to the usage on page 7 of the USB HID Usage
 * Tables (1.5, section 10, "Keyboard/Keypad Page").
 */

/** Runs of usages that follow each other, from the usage they begin with. @type {[number, string][]} */
const RUNS = [
  [0x04, "KeyA KeyB KeyC KeyD KeyE KeyF KeyG KeyH KeyI KeyJ KeyK KeyL KeyM KeyN KeyO KeyP KeyQ KeyR KeyS KeyT KeyU KeyV KeyW"],
  [0x1b, "KeyX KeyY KeyZ Digit1 Digit2 Digit3 Digit4 Digit5 Digit6 Digit7 Digit8 Digit9 Digit0"],
  [0x28, "Enter Escape Backspace Tab Space Minus Equal BracketLeft BracketRight Backslash"],
  [0x33, "Semicolon Quote Backquote Comma Period Slash CapsLock F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 F11 F12"],
  [0x46, "PrintScreen ScrollLock Pause Insert Home PageUp Delete End PageDown ArrowRight ArrowLeft ArrowDown ArrowUp NumLock"],
  [0x54, "NumpadDivide NumpadMultiply NumpadSubtract NumpadAdd NumpadEnter Numpad1 Numpad2 Numpad3 Numpad4 Numpad5 Numpad6"],
  [0x5f, "Numpad7 Numpad8 Numpad9 Numpad0 NumpadDecimal IntlBackslash ContextMenu Power NumpadEqual"],
  [0x68, "F13 F14 F15 F16 F17 F18 F19 F20 F21 F22 F23 F24 Open Help Props Select Abort Again Undo Cut Copy Paste Find"],
  [0x7f, "AudioVolumeMute AudioVolumeUp AudioVolumeDown"],
  [0x85, "NumpadComma"],
  [0x87, "IntlRo KanaMode IntlYen Convert NonConvert"],
  [0x90, "Lang1 Lang2 Lang3 Lang4 Lang5"],
  [0xe0, "ControlLeft ShiftLeft AltLeft MetaLeft ControlRight ShiftRight AltRight MetaRight"],
];

/** @type {ReadonlyMap<string, number>} */
const USAGES = new Map(RUNS.flatMap(([first, codes]) => codes.split(" ").map((code, index) => [code, first + index])));

/** @param {string} code of a KeyboardEvent @returns {number} 0 for a key without a place there */
export function usageOf(code) {
  return USAGES.get(code) ?? 0;
}
