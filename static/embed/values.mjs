/** What an embedder gives, as it travels to the kernel. */

import { KernelError } from "../rpc.mjs";

/** @typedef {import("../aikernel.mjs").Mount} Mount */

/** What `spawn` and `run` take. */
export const SPAWN_OPTIONS = Object.freeze([
  "args", "argv0", "clock", "columns", "controllable", "deterministic", "env", "files", "imports", "lossless", "memoryLimit",
  "mounts", "onOutput", "onTerminal", "onTrace", "outputLimit", "quota", "rows", "seed", "state", "stay", "stdin", "terminal",
  "timeout", "trace",
]);

/** What `clock` takes, where it is not one word. */
export const CLOCK_OPTIONS = Object.freeze(["mode", "paused", "scale", "start"]);

const encoder = new TextEncoder();

/**
 * @param {Uint8Array | ArrayBuffer | Response | URL} module
 * @returns {Promise<Uint8Array>}
 */
export async function bytesOfModule(module) {
  if (module instanceof URL) return bytesOfModule(await fetch(module));
  if (module instanceof Response) {
    if (!module.ok) throw new KernelError(`${module.url} answered ${module.status}.`, "MODULE_FETCH_FAILED");
    return bytesOfModule(await module.arrayBuffer());
  }
  if (!(module instanceof ArrayBuffer || module instanceof Uint8Array)) {
    throw new KernelError("A module is given as bytes, as a Response or as a URL.", "MODULE_BYTES_REQUIRED");
  }
  // The kernel takes no bytes for the module that does nothing.
  if (module.byteLength === 0) throw new KernelError("The module is empty, 0 bytes.", "MODULE_BYTES_REQUIRED");
  return new Uint8Array(module);
}

/**
 * @param {Record<string, unknown>} limits
 * @throws {KernelError} WASM_ARGUMENTS_INVALID for what is given and is no number, such as "64M"
 */
export function requireNumbers(limits) {
  for (const [name, limit] of Object.entries(limits)) {
    if (limit === undefined || limit === null || typeof limit === "number") continue;
    throw new KernelError(`${name} is ${JSON.stringify(limit)}: give a number.`, "WASM_ARGUMENTS_INVALID");
  }
}

/**
 * @param {object} given
 * @param {readonly string[]} known
 * @throws {KernelError} WASM_OPTION_UNKNOWN, so that a slip of the pen is not an option that is quietly missing
 */
export function requireKnown(given, known) {
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    throw new KernelError(`There is no option ${JSON.stringify(name)}: the options are ${known.join(", ")}.`, "WASM_OPTION_UNKNOWN");
  }
}

/**
 * The directories the program may use: the mounts in their order, and the root.
 * @param {Record<string, Mount>} mounts
 */
export function preopensOf(mounts) {
  const paths = Object.keys(mounts);
  return paths.includes("/") ? paths : [...paths, "/"];
}

/**
 * Files and mounts as they travel. Files below a mount in memory are laid over its own, so that none is hidden.
 * @param {Record<string, Uint8Array | string>} files
 * @param {Record<string, Mount>} mounts
 * @throws {KernelError} WASM_MOUNT_INVALID for a file that a mount of another kind would hide
 */
export function wireTree(files, mounts) {
  const wired = Object.entries(mounts).map(([path, mount]) => wireMount(path, mount));
  const inward = [...wired].sort((a, b) => b.path.length - a.path.length);
  /** @type {[string, Uint8Array][]} */
  const own = [];
  for (const [path, data] of Object.entries(files)) {
    const mount = inward.find((other) => path === other.path || path.startsWith(other.path.replace(/\/?$/, "/")));
    if (mount === undefined) {
      own.push([path, bytesOf(data)]);
    } else if (mount.kind === "memory" && path !== mount.path) {
      mount.files[path.slice(mount.path === "/" ? 0 : mount.path.length)] = bytesOf(data);
    } else {
      throw new KernelError(
        `The file "${path}" would be hidden by the mount at "${mount.path}": give it a path elsewhere, or put it into what is mounted.`,
        "WASM_MOUNT_INVALID",
      );
    }
  }
  return { files: Object.fromEntries(own), mounts: wired };
}

/**
 * A mount as it travels.
 * @param {string} path
 * @param {Mount} mount
 * @throws {KernelError} WASM_MOUNT_INVALID
 */
export function wireMount(path, mount) {
  if (typeof mount !== "object" || mount === null) {
    throw new KernelError(`The mount at "${path}" is no object: give one such as { kind: "memory", files: {} }.`, "WASM_MOUNT_INVALID");
  }
  const place = { path: absolute(path), readOnly: mount.readOnly ?? mount.kind === "archive" };
  if (mount.kind === "memory") {
    const files = Object.entries(mount.files ?? {}).map(([name, data]) => [absolute(name), bytesOf(data)]);
    return { ...mount, ...place, files: /** @type {Record<string, Uint8Array>} */ (Object.fromEntries(files)) };
  }
  if (mount.kind === "archive") return { ...mount, ...place, bytes: new Uint8Array(mount.bytes) };
  return { ...mount, ...place };
}

/** @param {string} path */
function absolute(path) {
  return path.startsWith("/") ? path : `/${path}`;
}

/**
 * @param {Uint8Array | string} data
 * @returns {Uint8Array}
 * @throws {KernelError} WASM_ARGUMENTS_INVALID
 */
export function bytesOf(data) {
  if (typeof data === "string") return encoder.encode(data);
  if (data instanceof Uint8Array) return data;
  const kind = /** @type {{ constructor?: { name: string } } | null | undefined} */ (data)?.constructor?.name ?? String(data);
  const message = `Bytes or text are wanted, not ${kind}: give a Uint8Array, such as new Uint8Array(buffer), or a string.`;
  throw new KernelError(message, "WASM_ARGUMENTS_INVALID");
}

/**
 * Names the bytes as Python's side does too.
 * @template {{bytes: Uint8Array} | null} T
 * @param {T} given
 * @returns {T extends null ? null : T & {data: Uint8Array}}
 */
export function withData(given) {
  return /** @type {any} */ (given === null ? null : { ...given, data: given.bytes });
}

/**
 * @param {ReadableStream<Uint8Array>} stream
 * @returns {Promise<Uint8Array>}
 */
export async function bytesFrom(stream) {
  return new Uint8Array(await new Response(/** @type {ReadableStream<Uint8Array<ArrayBuffer>>} */ (stream)).arrayBuffer());
}
