/** Of a memory that takes the most addresses there are to be had at once: 16 GiB, and what lies around it. */
const LARGEST = { address: "i64", initial: 1n, maximum: 262_144n };

/**
 * Collects the memories of instances in this thread that nobody refers to any more. However small, each keeps 10 GB of addresses
 * until its thread collects its garbage, and a page has 1 TB of them for all its threads: a hundred contexts that were let go of
 * can keep a process from getting any. A thread collects when it wants such a memory itself and there is none, so it is made to
 * want one.
 */
export function makeRoom() {
  try {
    new WebAssembly.Memory(/** @type {WebAssembly.MemoryDescriptor} */ (/** @type {unknown} */ (LARGEST)));
  } catch {
    // There is no more room than before.
  }
}
