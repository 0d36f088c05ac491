/** @bjorn3/browser_wasi_shim: its cheapest standard output, a function that is given the bytes. */
import { ConsoleStdout, Directory, File, OpenFile, PreopenDirectory, WASI } from "./peers/bjorn3/index.js";
import { serve } from "./serve.mjs";

serve(async ({ module, args, tree, stdout, stderr }) => {
  const names = new Map();
  const contents = new Map();
  for (const { path, bytes } of tree) {
    const parts = path.split("/").slice(1);
    if (parts.length === 1) contents.set(parts[0], new File(bytes));
    else names.set(parts[1], new File(bytes));
  }
  contents.set("names", new Directory(names));
  const wasi = new WASI(
    args,
    [],
    [new OpenFile(new File([])), new ConsoleStdout(stdout), new ConsoleStdout(stderr), new PreopenDirectory("/", contents)],
  );
  const { instance } = await WebAssembly.instantiate(module, { wasi_snapshot_preview1: wasi.wasiImport });
  return wasi.start(instance);
});
