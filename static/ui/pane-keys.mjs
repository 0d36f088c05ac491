/** F6 and Shift-F6 move between the panes, as in desktop programs; the terminal's pane hands the focus on to the terminal. */

/** @param {() => void} focusTerminal */
export function bindPaneKeys(focusTerminal) {
  const panes = [...document.querySelectorAll("main > section")].filter((pane) => pane instanceof HTMLElement);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "F6" || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const now = panes.findIndex((pane) => pane.contains(document.activeElement));
    const step = event.shiftKey ? -1 : 1;
    const pane = panes[(now < 0 ? 0 : now + step + panes.length) % panes.length];
    if (pane?.id === "terminal-pane") focusTerminal();
    else pane?.focus();
  });
}
