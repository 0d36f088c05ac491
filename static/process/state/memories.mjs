import { PAGE_BYTES } from "../binary/memory-limit.mjs";
import { memoryName } from "../binary/reachable.mjs";
import { bytes, integer, invalid, list, record, tuple } from "./shapes.mjs";

/** @typedef {import("./instance-state.mjs").InstanceState} InstanceState */

/** What is zero from beginning to end is left out in blocks of this. */
const BLOCK_BYTES = 4096;
const WORDS_PER_BLOCK = BLOCK_BYTES / 4;
const PAGES_MAX = 2 ** 48;

/** Runs of blocks, as the first one and how many; the bytes of all of them follow one another. */
const saved = record({
  memories: list(
    record({
      pages: integer(0, PAGES_MAX),
      runs: list(tuple(integer(0, Number.MAX_SAFE_INTEGER), integer(1, Number.MAX_SAFE_INTEGER))),
      bytes: bytes(),
    }),
  ),
});

/** All linear memories: their sizes, and what in them is not zero. @type {import("./state.mjs").StatePart} */
export const memories = {
  tag: "MEMO",
  save({ instance }) {
    const { reachable } = instance;
    return { memories: Array.from({ length: reachable.memories }, (_, i) => described(memoryOf(instance, i).buffer)) };
  },
  check({ instance }, value) {
    const { reachable } = instance;
    const given = saved(value, "MEMO").memories;
    if (given.length !== reachable.memories) throw invalid(`the module has ${reachable.memories} memories, not ${given.length}`);
    // The instance is nobody's yet: what is written into it here has changed nothing when a later check fails.
    given.forEach(({ pages, runs, bytes }, i) => fill(memoryOf(instance, i), pages, runs, bytes));
    return () => {};
  },
};

/** @param {InstanceState} instance @param {number} index */
function memoryOf({ exports, reachable }, index) {
  return /** @type {WebAssembly.Memory} */ (exports[memoryName(reachable, index)]);
}

/** @param {ArrayBufferLike} buffer */
function described(buffer) {
  const words = new Int32Array(buffer);
  /** @type {[number, number][]} */
  const runs = [];
  let blocks = 0;
  for (let block = 0; block * WORDS_PER_BLOCK < words.length; block++) {
    if (isZero(words, block * WORDS_PER_BLOCK)) continue;
    const last = runs.at(-1);
    if (last !== undefined && last[0] + last[1] === block) last[1]++;
    else runs.push([block, 1]);
    blocks++;
  }
  const bytes = new Uint8Array(blocks * BLOCK_BYTES);
  let at = 0;
  for (const [first, count] of runs) {
    bytes.set(new Uint8Array(buffer, first * BLOCK_BYTES, count * BLOCK_BYTES), at);
    at += count * BLOCK_BYTES;
  }
  return { pages: buffer.byteLength / PAGE_BYTES, runs, bytes };
}

/** @param {Int32Array} words @param {number} at */
function isZero(words, at) {
  for (const end = at + WORDS_PER_BLOCK; at < end; at += 4) {
    const four =
      /** @type {number} */ (words[at]) | /** @type {number} */ (words[at + 1]) |
      /** @type {number} */ (words[at + 2]) | /** @type {number} */ (words[at + 3]);
    if (four !== 0) return false;
  }
  return true;
}

/**
 * @param {WebAssembly.Memory} memory as the module begins with it
 * @param {number} pages
 * @param {[number, number][]} runs
 * @param {Uint8Array} bytes
 */
function fill(memory, pages, runs, bytes) {
  const blocks = (pages * PAGE_BYTES) / BLOCK_BYTES;
  let expected = 0;
  let behind = 0;
  for (const [first, count] of runs) {
    if (first < behind || first + count > blocks) throw invalid("MEMO has contents that lie outside of the memory, or twice");
    behind = first + count;
    expected += count;
  }
  if (expected * BLOCK_BYTES !== bytes.length) throw invalid("MEMO has more or fewer bytes than places for them");
  const initial = memory.buffer.byteLength;
  grow(memory, pages - initial / PAGE_BYTES);
  const target = new Uint8Array(memory.buffer);
  let at = 0;
  let end = 0;
  for (const [first, count] of runs) {
    // What was added is zero, and costs nothing as long as nobody touches it.
    target.fill(0, end, Math.min(first * BLOCK_BYTES, initial));
    end = (first + count) * BLOCK_BYTES;
    target.set(bytes.subarray(at, at + count * BLOCK_BYTES), first * BLOCK_BYTES);
    at += count * BLOCK_BYTES;
  }
  target.fill(0, end, initial);
}

/** @param {WebAssembly.Memory} memory @param {number} pages */
function grow(memory, pages) {
  if (pages === 0) return;
  if (pages < 0) throw invalid("a memory is smaller than the module begins with");
  const growable = /** @type {{ grow(delta: number | bigint): unknown }} */ (/** @type {unknown} */ (memory));
  try {
    try {
      growable.grow(pages);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      growable.grow(BigInt(pages)); // of 64-bit addresses
    }
  } catch (error) {
    throw invalid(`a memory of the module cannot have the size that was saved: ${String(error)}`);
  }
}
