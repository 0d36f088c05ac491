/** What a failed start means and what the person at the page can do about it, by error code. */

/** @typedef {{ what: string, advice: string }} Diagnosis */

/** @type {Record<string, Diagnosis>} */
const DIAGNOSES = {
  BOOT_WORKER_FAILED: {
    what: "The kernel's worker could not be started.",
    advice: "Use Chrome or Edge 137, Firefox 153 or Safari 27, or newer. If yours is, an extension or a company policy may be blocking workers.",
  },
  BOOT_DOWNLOAD_FAILED: {
    what: "A part of the kernel could not be downloaded.",
    advice: "Check the connection and that the server of this page is still running, then retry.",
  },
  BOOT_WASM_CORRUPT: {
    what: "The Python interpreter arrived, but it is not a WebAssembly module.",
    advice: "Retry. If it comes back, the site is incomplete or a proxy changes what it sends: build the site anew.",
  },
  BOOT_STALLED: {
    what: "The start made no progress for too long and was given up.",
    advice: "Retry. On a slow connection, leave the page open: what has been downloaded is kept.",
  },
  BOOT_INTERPRETER_FAILED: {
    what: "Python was downloaded but did not start.",
    advice: "Close other tabs to free memory, then retry.",
  },
  BOOT_ABORTED: {
    what: "The start was cancelled.",
    advice: "Retry when you are ready.",
  },
};

/** @type {Diagnosis} */
const UNKNOWN = {
  what: "Something unexpected happened while the kernel started.",
  advice: "Retry. If it comes back, report it with the code and the text above.",
};

/** What the end of a kernel that was running means, whatever ended it. @type {Diagnosis} */
export const KERNEL_LOST = {
  what: "The kernel's worker has ended, and with it every process.",
  advice: "Retry starts a new kernel. Programs that were added here have to be added again.",
};

/** @param {string} code @returns {Diagnosis} */
export function diagnose(code) {
  return DIAGNOSES[code] ?? UNKNOWN;
}
