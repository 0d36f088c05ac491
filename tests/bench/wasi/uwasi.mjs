/** uwasi: standard streams as text, no files. */
import { serve } from "./serve.mjs";
import { useAll, WASI } from "./peers/uwasi/index.js";

serve(async ({ module, args, stdout, stderr }) => {
  const encoder = new TextEncoder();
  const wasi = new WASI({
    args,
    features: [
      useAll({
        stdout: (/** @type {string} */ text) => stdout(/** @type {any} */ (text)),
        stderr: (/** @type {string} */ text) => stderr(encoder.encode(text)),
      }),
    ],
  });
  const { instance } = await WebAssembly.instantiate(module, { wasi_snapshot_preview1: wasi.wasiImport });
  return wasi.start(instance);
});
