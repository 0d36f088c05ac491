/** The bar at the top: the state of the kernel, and which versions this site was built from. */

import { byId, element } from "./elements.mjs";
import { visible } from "./text.mjs";

/** @typedef {"booting" | "ready" | "failed"} KernelState */
/** @typedef {{ version: string, pyodide: { version: string } }} SiteFacts  the part of site.json that is shown */

/** @param {KernelState} state */
export function showKernelState(state) {
  byId("kernel-state", HTMLElement).dataset["state"] = state;
  byId("kernel-state-text", HTMLElement).textContent = state;
}

/** Shows the versions; without the site's facts the bar simply has none. */
export async function showVersions() {
  const facts = await siteFacts();
  if (!facts) return;
  const versions = byId("versions", HTMLElement);
  for (const [name, version] of [["aikernel", facts.version], ["Pyodide", facts.pyodide.version]]) {
    versions.append(element("div", {}, element("dt", {}, /** @type {string} */ (name)), element("dd", {}, visible(/** @type {string} */ (version), 24))));
  }
}

/** @returns {Promise<SiteFacts | null>} */
async function siteFacts() {
  try {
    const response = await fetch(new URL("../site.json", import.meta.url));
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}
