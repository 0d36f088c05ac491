/** Files and mounts of a program, from what the other side of a channel gives. */

import { KernelError } from "../rpc.mjs";

/** @typedef {import("../process/protocol.mjs").Entry} Entry */
/** @typedef {import("../process/protocol.mjs").Mount} Mount */

/**
 * @param {any} mount as the other side gives it: that of the process protocol, with a tree in three parts
 * @returns {Mount}
 */
export function mountOf({ path, readOnly = false, kind, ...source }) {
  const common = { path: guestPath(path, { root: true }), readOnly };
  switch (kind) {
    case "memory":
      return { ...common, kind, tree: treeOf(source) };
    case "archive":
      return { ...common, kind, bytes: source.bytes };
    case "opfs":
      return { ...common, kind, name: source.name };
    case "directory":
      return { ...common, kind, handle: source.handle };
    default:
      throw new KernelError(
        `A mount of the kind ${JSON.stringify(kind)} is not known: give memory, archive, opfs or directory.`,
        "WASM_MOUNT_INVALID",
      );
  }
}

/**
 * Makes the tree a program starts with. Names come from outside: each must be absolute and plain.
 * @param {{files?: Record<string, Uint8Array<ArrayBuffer>>, directories?: string[], symlinks?: Record<string, string>}} parts
 * @returns {Entry[]}
 */
export function treeOf({ files, directories, symlinks }) {
  return [
    ...(directories ?? []).map((path) => ({ path: guestPath(path), kind: /** @type {const} */ ("directory") })),
    ...Object.entries(files ?? {}).map(([path, bytes]) => ({ path: guestPath(path), kind: /** @type {const} */ ("file"), bytes })),
    ...Object.entries(symlinks ?? {}).map(([path, target]) => ({ path: guestPath(path), kind: /** @type {const} */ ("symlink"), target })),
  ];
}

/**
 * @param {string} path
 * @param {{root?: boolean}} [options] whether "/" itself will do
 * @returns {string}
 */
function guestPath(path, { root = false } = {}) {
  if (root && path === "/") return path;
  const names = path.split("/").slice(1);
  if (!path.startsWith("/") || path.includes("\0") || names.some((name) => name === "" || name === "." || name === "..")) {
    throw new KernelError(
      `${JSON.stringify(path)} is no path for a file of the program: it must be absolute, such as "/in.txt", ` +
        "without empty parts, '.', '..' or NUL.",
      "WASM_PATH_INVALID",
    );
  }
  return path;
}
