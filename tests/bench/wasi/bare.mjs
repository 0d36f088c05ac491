/** No host: the module's imports answer the least that the program needs to run. */
import { serve } from "./serve.mjs";

const ERRNO_BADF = 8;

serve(async ({ module, args, stdout, stderr }) => {
  /** @type {WebAssembly.Memory} */
  let memory;
  let code = 0;
  const exit = new Error("exit");
  const view = () => new DataView(memory.buffer);
  const encoded = args.map((text) => new TextEncoder().encode(`${text}\0`));
  /** @type {Record<string, Function>} */
  const calls = {
    args_sizes_get(/** @type {number} */ count, /** @type {number} */ size) {
      view().setUint32(count, encoded.length, true);
      view().setUint32(size, encoded.reduce((sum, bytes) => sum + bytes.length, 0), true);
      return 0;
    },
    args_get(/** @type {number} */ pointers, /** @type {number} */ buffer) {
      for (const [i, bytes] of encoded.entries()) {
        view().setUint32(pointers + 4 * i, buffer, true);
        new Uint8Array(memory.buffer).set(bytes, buffer);
        buffer += bytes.length;
      }
      return 0;
    },
    clock_time_get(/** @type {number} */ id, /** @type {bigint} */ precision, /** @type {number} */ time) {
      view().setBigUint64(time, BigInt(Math.round(performance.now() * 1e6)), true);
      return 0;
    },
    fd_write(/** @type {number} */ fd, /** @type {number} */ iovs, /** @type {number} */ count, /** @type {number} */ result) {
      let total = 0;
      for (let i = 0; i < count; i++) {
        const pointer = view().getUint32(iovs + 8 * i, true);
        const length = view().getUint32(iovs + 8 * i + 4, true);
        (fd === 1 ? stdout : stderr)(new Uint8Array(memory.buffer).slice(pointer, pointer + length));
        total += length;
      }
      view().setUint32(result, total, true);
      return 0;
    },
    proc_exit(/** @type {number} */ exitCode) {
      code = exitCode;
      throw exit;
    },
  };
  const compiled = await WebAssembly.compile(module);
  const wanted = WebAssembly.Module.imports(compiled).map(({ name }) => [name, calls[name] ?? (() => ERRNO_BADF)]);
  const instance = await WebAssembly.instantiate(compiled, { wasi_snapshot_preview1: Object.fromEntries(wanted) });
  memory = /** @type {WebAssembly.Memory} */ (instance.exports.memory);
  try {
    /** @type {() => void} */ (instance.exports._start)();
  } catch (error) {
    if (error !== exit) throw error;
  }
  return code;
});
