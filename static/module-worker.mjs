/**
 * Starts a dedicated module worker from `url`, also from another origin.
 *
 * A worker's script must come from the page's own origin (HTML, 10.2.6.3), its imports need not. A page that embeds us
 * from elsewhere therefore gets a one-line worker of its own that imports ours; such a page has to allow
 * `worker-src blob:` if it has a content security policy.
 *
 * @param {URL} url
 * @param {string} name shown by the developer tools
 * @returns {Worker}
 */
export function startModuleWorker(url, name) {
  if (url.origin === globalThis.location.origin) {
    return new Worker(url, { type: "module", name });
  }
  const script = new Blob([`import ${JSON.stringify(url.href)};`], { type: "text/javascript" });
  const address = URL.createObjectURL(script);
  try {
    return new Worker(address, { type: "module", name });
  } finally {
    // The worker fetches its script by an entry that is resolved when it is made; but older engines resolve it late.
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  }
}
