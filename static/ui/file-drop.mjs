/** Files reach the page: dropped anywhere on it, or chosen in a dialog. */

import { byId } from "./elements.mjs";

/** @param {(files: File[]) => void} onFiles */
export function acceptFiles(onFiles) {
  const target = byId("drop-target", HTMLElement);
  const input = byId("program-files", HTMLInputElement);
  let inside = 0; // entering a child fires before leaving its parent

  const carriesFiles = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files") ?? false;
  const end = () => {
    inside = 0;
    target.hidden = true;
  };

  document.addEventListener("dragenter", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    inside += 1;
    target.hidden = false;
  });
  document.addEventListener("dragover", (event) => {
    if (!carriesFiles(event) || !event.dataTransfer) return;
    event.preventDefault(); // else the browser would leave the page and open the file
    event.dataTransfer.dropEffect = "copy";
  });
  document.addEventListener("dragleave", (event) => {
    if (!carriesFiles(event)) return;
    inside -= 1;
    if (inside <= 0) end();
  });
  document.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    end();
    onFiles([...(event.dataTransfer?.files ?? [])]);
  });

  byId("choose-programs", HTMLButtonElement).addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    onFiles([...(input.files ?? [])]);
    input.value = ""; // so that the same file, compiled anew, can be chosen again
  });
}
