import { DirectoryDescriptor } from "./directory-descriptor.mjs";
import { loadArchive } from "./mount-archive.mjs";
import { loadDirectory } from "./mount-directory.mjs";
import { mountInvalid, MountError } from "./mount-error.mjs";
import { PersistentMount } from "./mount-persistent.mjs";
import { directoryAt, loadTree, namesOf } from "./tree.mjs";

/** @typedef {import("../process.mjs").Process} Process */
/** @typedef {import("../protocol.mjs").Mount} Mount */
/** @typedef {import("./filesystem.mjs").FileSystem} FileSystem */
/** @typedef {import("./inode.mjs").DirectoryInode} DirectoryInode */

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
    if (error instanceof MountError) throw error;
    throw mountInvalid(error instanceof Error ? error.message : String(error));
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

/**
 * @param {Process} process
 * @param {Mount} mount
 * @param {string[]} names
 */
async function mountOne(process, mount, names) {
  const { fs } = process;
  const root = await open(process, mount);
  root.volume.seal();
  if (names.length === 0) fs.mount(root, null, "");
  else fs.mount(root, directoryAt(fs, fs.root, names.slice(0, -1)), /** @type {string} */ (names.at(-1)));
}

/**
 * @param {Process} process
 * @param {Mount} mount
 * @returns {Promise<DirectoryInode>} the root of a file system that is filled and not mounted yet
 */
async function open(process, mount) {
  const { fs } = process;
  const { readOnly } = mount;
  process.clock.read();
  switch (mount.kind) {
    case "memory": {
      const root = fs.addVolume({ readOnly, handover: "all" });
      loadTree(fs, mount.tree, root);
      return root;
    }
    case "archive": {
      const root = fs.addVolume({ readOnly, handover: "changes" });
      await loadArchive(fs, root, mount.bytes);
      return root;
    }
    case "directory": {
      const root = fs.addVolume({ readOnly, handover: "changes" });
      await loadDirectory(fs, root, mount.handle);
      return root;
    }
    case "opfs": {
      const root = fs.addVolume({ readOnly, handover: "nothing" });
      const opened = await PersistentMount.open(fs, root, mount.name);
      persistent.get(process)?.push(opened);
      return root;
    }
    default:
      throw mountInvalid(`there is no mount of the kind ${JSON.stringify(/** @type {{ kind: unknown }} */ (mount).kind)}`);
  }
}

/** @param {Process} process */
function redirectPreopens({ fs, descriptors }) {
  for (const descriptor of descriptors.opened()) {
    if (!(descriptor instanceof DirectoryDescriptor) || descriptor.preopen === null) continue;
    const directory = directoryAt(fs, fs.root, namesOf(descriptor.preopen));
    if (directory !== descriptor.directory) descriptor.redirect(directory);
  }
}
