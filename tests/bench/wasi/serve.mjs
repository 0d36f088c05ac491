/**
 * What the workers of the peers have in common.
 * @param {(run: { module: Uint8Array<ArrayBuffer>, args: string[], tree: { path: string, bytes: Uint8Array }[],
 *   stderr: (bytes: Uint8Array) => void, stdout: (bytes: Uint8Array) => void }) => Promise<number>} runProgram
 */
export function serve(runProgram) {
  globalThis.onmessage = async ({ data }) => {
    const decoder = new TextDecoder();
    let stderr = "";
    let stdoutBytes = 0;
    try {
      const exitCode = await runProgram({
        ...data,
        stderr: (bytes) => void (stderr += decoder.decode(bytes, { stream: true })),
        stdout: (bytes) => void (stdoutBytes += bytes.length),
      });
      globalThis.postMessage({ exitCode, stderr, stdoutBytes });
    } catch (error) {
      globalThis.postMessage({ error: String(error), stderr });
    }
  };
  globalThis.postMessage("ready");
}
