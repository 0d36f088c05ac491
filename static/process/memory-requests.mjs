/** @typedef {import("./guest-memory.mjs").GuestMemory} GuestMemory */
/** @typedef {import("./protocol.mjs").KernelMessage} KernelMessage */
/** @typedef {import("./protocol.mjs").Post} Post */
/** @typedef {Extract<KernelMessage, { type: "memory-read" | "memory-write" | "memory-size" }>} MemoryMessage */

/**
 * Answers the host's questions about the program's memory.
 * @param {MemoryMessage} message
 * @param {GuestMemory} memory
 * @param {Post} post
 */
export function answerMemory(message, memory, post) {
  const { id } = message;
  /** @param {string} code @param {string} text */
  const refuse = (code, text) => post({ type: "answer", id, error: { code, message: text } });
  if (!memory.attached) {
    refuse("WASM_NO_MEMORY", "The module neither exports nor imports a memory.");
    return;
  }
  if (message.type === "memory-size") {
    post({ type: "answer", id, value: memory.size() });
    return;
  }
  const { offset } = message;
  const length = message.type === "memory-read" ? message.length : message.bytes.length;
  if (!Number.isInteger(offset) || !Number.isInteger(length) || offset < 0 || length < 0 || offset + length > memory.size()) {
    const size = memory.size();
    refuse("WASM_MEMORY_RANGE_INVALID", `${length} bytes at ${offset} are not within the memory, which has ${size} bytes.`);
    return;
  }
  memory.fits(offset, length);
  if (message.type === "memory-read") {
    const value = new Uint8Array(length);
    value.set(memory.bytes.subarray(offset, offset + length));
    post({ type: "answer", id, value }, [value.buffer]);
  } else {
    memory.bytes.set(message.bytes, offset);
    post({ type: "answer", id, value: null });
  }
}
