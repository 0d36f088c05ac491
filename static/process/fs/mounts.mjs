import { DirectoryDescriptor } from "./directory-descriptor.mjs";
import { DirectoryInode } from "./inode.mjs";
import { loadArchive } from "./mount-archive.mjs";
import { loadDirectory } from "./mount-directory.mjs";
import { mountInvalid, MountError } from "./mount-error.mjs";
import { PersistentMount } from "./mount-persistent.mjs";
import { directoryAt, loadTree, namesOf } from "./tree.mjs";

/** @typedef {import("../process.mjs").Process} Process */
/** @typedef {import("../protocol.mjs").Mount} Mount */
/** @typedef {import("./filesystem.mjs").FileSystem} FileSystem */

/** What has to be saved and let go of. @type {WeakMap<Process, PersistentMount[]>} */
const persistent = new WeakMap();

/**
 * Mounts file systems over a process's own, outer ones before inner ones, and opens its preopened directories anew where
 * something came over them. On failure nothing stays locked.
 * @param {Process} process
 * @param {Mount[]} mounts
 * @throws {MountError} WASM_MOUNT_INVALID, WASM_MOUNT_BUSY, WASM_ARCHIVE_INVALID
 */
export async function mountAll(process, mounts) {
  if (mounts.length === 0) return;
  process.mounted = true;
  persistent.set(process, []);
  try {
    const planned = mounts.map((mount) => ({ mount, names: namesOfMount(mount.path) }));
    planned.sort((a, b) => a.names.length - b.names.length);
    const places = new Set();
    for (const { mount, names } of planned) {
      const place = names.join("/");
      if (places.has(place)) throw mountInvalid(`two file systems are to be mounted at /${place}`);
      places.add(place);
      await mountOne(process, mount, names);
    }
    redirectPreopens(process);
  } catch (error) {
    closeMounts(process);
    throw asMountError(error);
  }
}

/**
 * Mounts trees over the files of a process that has not begun, at once: for an instance that is made in one go.
 * @param {Process} process
 * @param {Mount[]} mounts of the kind `memory`
 * @throws {MountError} WASM_MOUNT_INVALID
 */
export function mountTrees(process, mounts) {
  if (mounts.length === 0) return;
  process.mounted = true;
  process.clock.read();
  try {
    for (const mount of mounts) {
      if (mount.kind !== "memory") throw mountInvalid("only trees can be mounted at once");
      const root = process.fs.addVolume({ readOnly: mount.readOnly, handover: HANDOVERS.memory });
      loadTree(process.fs, mount.tree, root);
      root.volume.seal();
      attach(process, root, namesOfMount(mount.path));
    }
    redirectPreopens(process);
  } catch (error) {
    throw asMountError(error);
  }
}

/**
 * Mounts one file system more over those of a program that runs. Descriptors that are open stay where they are; those of the
 * preopened directories at or below the place are opened anew.
 * @param {Process} process
 * @param {Mount} mount
 * @throws {MountError} WASM_MOUNT_INVALID, WASM_MOUNT_BUSY, WASM_ARCHIVE_INVALID; nothing has changed
 */
export async function mountWhileRunning(process, mount) {
  try {
    const names = namesOfMount(mount?.path);
    requireFree(process, names);
    if (!persistent.has(process)) persistent.set(process, []);
    const { root, store } = await open(process, mount);
    try {
      root.volume.seal();
      // The program went on meanwhile, and may have ended.
      if (process.ending !== null) throw mountInvalid("the program has ended");
      requireFree(process, names);
      const below = preopensBelow(process, names).map((descriptor) => {
        const rest = namesOf(descriptor.preopen ?? "").slice(names.length);
        return { descriptor, directory: directoryAt(process.fs, root, rest) };
      });
      attach(process, root, names);
      for (const { descriptor, directory } of below) descriptor.redirect(directory);
    } catch (error) {
      store?.close();
      abandon(root);
      throw error;
    }
    process.mounted = true;
    if (store !== null) persistent.get(process)?.push(store);
  } catch (error) {
    throw asMountError(error);
  }
}

/**
 * Saves what has changed in persistent mounts.
 * @param {Process} process
 * @throws {MountError} WASM_STORAGE_FULL, WASM_STORAGE_FAILED; what could not be saved is still there, and is saved by the next
 *   call that succeeds
 */
export async function flushMounts(process) {
  const results = await Promise.allSettled((persistent.get(process) ?? []).map((mount) => mount.flush()));
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

/**
 * Lets go of what mounts hold. What was not flushed is lost.
 * @param {Process} process
 */
export function closeMounts(process) {
  for (const mount of persistent.get(process) ?? []) mount.close();
  persistent.delete(process);
}

/** @param {string} path */
function namesOfMount(path) {
  if (typeof path !== "string") throw mountInvalid("the path of a mount must be a string");
  return namesOf(path);
}

/** @param {unknown} error @returns {MountError} */
function asMountError(error) {
  return error instanceof MountError ? error : mountInvalid(error instanceof Error ? error.message : String(error));
}

/**
 * @param {Process} process
 * @param {Mount} mount
 * @param {string[]} names
 */
async function mountOne(process, mount, names) {
  const { root, store } = await open(process, mount);
  if (store !== null) persistent.get(process)?.push(store);
  root.volume.seal();
  attach(process, root, names);
}

/**
 * @param {Process} process
 * @param {DirectoryInode} root
 * @param {string[]} names
 */
function attach({ fs }, root, names) {
  if (names.length === 0) fs.mount(root, null, "");
  else fs.mount(root, directoryAt(fs, fs.root, names.slice(0, -1)), /** @type {string} */ (names.at(-1)));
}

/**
 * Looks whether a file system can be mounted at a place of a program that runs: nothing is there, or a directory.
 * @param {Process} process
 * @param {string[]} names
 */
function requireFree({ fs }, names) {
  /** @type {import("./inode.mjs").Inode | undefined} */
  let inode = fs.root;
  for (const name of names) {
    inode = inode instanceof DirectoryInode ? inode.entries.get(name) : undefined;
    if (inode === undefined) return;
    if (!(inode instanceof DirectoryInode)) throw mountInvalid(`/${names.join("/")} is no directory, or goes through what is none`);
  }
  if (inode instanceof DirectoryInode && inode.isMountPoint) {
    throw new MountError(`a file system is mounted at /${names.join("/")} already`, "WASM_MOUNT_BUSY");
  }
}

/**
 * @param {Process} process
 * @param {Mount} mount
 * @returns {Promise<{ root: DirectoryInode, store: PersistentMount | null }>} a file system that is filled and not mounted yet
 */
async function open(process, mount) {
  process.clock.read();
  const root = process.fs.addVolume({ readOnly: mount.readOnly, handover: HANDOVERS[mount.kind] ?? "nothing" });
  root.volume.mount = mount;
  try {
    return { root, store: await fill(process, mount, root) };
  } catch (error) {
    abandon(root);
    throw error;
  }
}

/** @type {Readonly<Record<string, import("./volume.mjs").Handover>>} */
const HANDOVERS = { memory: "all", archive: "changes", directory: "changes", opfs: "nothing" };

/**
 * @param {Process} process
 * @param {Mount} mount
 * @param {DirectoryInode} root
 * @returns {Promise<PersistentMount | null>} what has to be saved
 */
async function fill({ fs }, mount, root) {
  switch (mount.kind) {
    case "memory":
      loadTree(fs, mount.tree, root);
      return null;
    case "archive":
      await loadArchive(fs, root, mount.bytes);
      return null;
    case "directory":
      await loadDirectory(fs, root, mount.handle);
      return null;
    case "opfs":
      return PersistentMount.open(fs, root, mount.name);
    default:
      throw mountInvalid(`there is no mount of the kind ${JSON.stringify(/** @type {{ kind: unknown }} */ (mount).kind)}`);
  }
}

/** Gives back what a file system takes of the quota that is not to be mounted. @param {DirectoryInode} root */
function abandon(root) {
  /** @type {Set<import("./inode.mjs").Inode>} */
  const inodes = new Set([root]);
  for (const inode of inodes) {
    if (inode instanceof DirectoryInode) for (const child of inode.entries.values()) inodes.add(child);
    inode.discard();
  }
  root.volume.quota.filesFree += inodes.size;
}

/** @param {Process} process */
function redirectPreopens(process) {
  const { fs } = process;
  for (const descriptor of preopensBelow(process, [])) {
    const directory = directoryAt(fs, fs.root, namesOf(descriptor.preopen ?? ""));
    if (directory !== descriptor.directory) descriptor.redirect(directory);
  }
}

/**
 * The preopened directories at or below a place.
 * @param {Process} process
 * @param {string[]} names
 */
function preopensBelow({ descriptors }, names) {
  return [...descriptors.opened()].filter((descriptor) => {
    if (!(descriptor instanceof DirectoryDescriptor) || descriptor.preopen === null) return false;
    const place = namesOf(descriptor.preopen);
    return names.every((name, at) => place[at] === name);
  }).map((descriptor) => /** @type {DirectoryDescriptor} */ (descriptor));
}
