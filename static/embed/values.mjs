/** What an embedder gives, as it travels to the kernel. */

import { KernelError } from "../rpc.mjs";

/** @typedef {import("../aikernel.mjs").Mount} Mount */

const encoder = new TextEncoder();

/**
 * @param {Uint8Array | ArrayBuffer | Response | URL} module
 * @returns {Promise<Uint8Array>}
 */
export async function bytesOfModule(module) {
  if (module instanceof URL) {
    const response = await fetch(module);
    if (!response.ok) throw new KernelError(`${module.href} answered ${response.status}.`, "MODULE_FETCH_FAILED");
    return bytesOfModule(response);
  }
  if (module instanceof Response) return new Uint8Array(await module.arrayBuffer());
  if (module instanceof ArrayBuffer || module instanceof Uint8Array) return new Uint8Array(module);
  throw new KernelError("A module is given as bytes, as a Response or as a URL.", "MODULE_BYTES_REQUIRED");
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
 * @param {string} path
 * @param {Mount} mount
 */
export function wireMount(path, mount) {
  const place = { ...mount, path: path.startsWith("/") ? path : `/${path}`, readOnly: mount.readOnly ?? mount.kind === "archive" };
  if (mount.kind === "memory") return { ...place, files: bytesOfEach(mount.files ?? {}) };
  if (mount.kind === "archive") return { ...place, bytes: new Uint8Array(mount.bytes) };
  return place;
}

/** @param {Record<string, Uint8Array | string>} files */
export function bytesOfEach(files) {
  return Object.fromEntries(Object.entries(files).map(([path, data]) => [path, bytesOf(data)]));
}

/**
 * @param {Uint8Array | string} data
 * @returns {Uint8Array}
 */
export function bytesOf(data) {
  return typeof data === "string" ? encoder.encode(data) : data;
}

/**
 * @param {ReadableStream<Uint8Array>} stream
 * @returns {Promise<Uint8Array>}
 */
export async function bytesFrom(stream) {
  return new Uint8Array(await new Response(/** @type {ReadableStream<Uint8Array<ArrayBuffer>>} */ (stream)).arrayBuffer());
}
