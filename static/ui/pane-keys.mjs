/**
 * F6 and Shift-F6 move between the panes, as in desktop programs. Some panes hand the focus on to what is in them, and the tools
 * of a pane whose contents take every key are a stop of their own.
 */

/** @param {Record<string, () => void>} handOn by the ids of panes: gives the focus to what is in them */
export function bindPaneKeys(handOn) {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "F6" || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const panes = [...document.querySelectorAll("main > section:not([hidden]), main > section:not([hidden]) [role=toolbar]")];
    const now = panes.findLastIndex((pane) => pane.contains(document.activeElement));
    const step = event.shiftKey ? -1 : 1;
    const pane = panes[(now < 0 ? 0 : now + step + panes.length) % panes.length];
    if (!(pane instanceof HTMLElement)) return;
    const give = handOn[pane.id];
    if (give) give();
    else pane.focus();
  });
}
