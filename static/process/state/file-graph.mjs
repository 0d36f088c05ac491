import { DirectoryInode } from "../fs/inode.mjs";
import { NO_VOLUME } from "../fs/volume.mjs";

/** @typedef {import("../fs/filesystem.mjs").FileSystem} FileSystem */
/** @typedef {import("../fs/inode.mjs").Inode} Inode */
/** @typedef {import("../fs/volume.mjs").Volume} Volume */

/**
 * All that there is of files, mounted over or removed and still open: every inode with a number, the file systems, and where they
 * are mounted, outer ones and lower ones first. Devices are in none.
 * @typedef {object} FileGraph
 * @property {Map<Inode, number>} numbers
 * @property {Map<Volume, DirectoryInode>} roots
 * @property {[parent: DirectoryInode | null, name: string, root: DirectoryInode][]} mounts null where it is mounted over the root
 */

/**
 * @param {FileSystem} fs
 * @param {Iterable<Inode | null>} open what descriptors are open on
 * @returns {FileGraph}
 */
export function fileGraph(fs, open) {
  /** @type {FileGraph["mounts"]} */
  const mounts = [];
  let base = fs.root;
  for (; base.covers instanceof DirectoryInode; base = base.covers) mounts.unshift([null, "", base]);
  /** @type {FileGraph["roots"]} */
  const roots = new Map([[base.volume, base]]);
  /** @type {Map<Inode, number>} */
  const numbers = new Map();
  /** @param {Inode} inode */
  const number = (inode) => void (numbers.has(inode) || numbers.set(inode, numbers.size));
  number(base);
  for (const [, , root] of mounts) {
    roots.set(root.volume, root);
    number(root);
  }
  for (const inode of open) if (inode !== null && inode.volume !== NO_VOLUME) number(inode);
  // The map grows while it is gone through.
  for (const inode of numbers.keys()) {
    if (!(inode instanceof DirectoryInode)) continue;
    if (inode.removed) number(inode.parent);
    for (const [name, found] of inode.entries) {
      const layers = layersOf(inode, found);
      for (const root of layers.mounted) {
        mounts.push([inode, name, root]);
        roots.set(root.volume, root);
        number(root);
      }
      if (layers.own !== null) number(layers.own);
    }
  }
  return { numbers, roots, mounts };
}

/**
 * What lies under a name: the directory's own, and the file systems mounted over it, lower ones first.
 * @param {DirectoryInode} directory
 * @param {Inode} found
 * @returns {{ own: Inode | null, mounted: DirectoryInode[] }}
 */
export function layersOf(directory, found) {
  /** @type {DirectoryInode[]} */
  const mounted = [];
  /** @type {Inode | null} */
  let own = found;
  while (own instanceof DirectoryInode && own.isMountPoint && own.volume !== directory.volume) {
    mounted.unshift(own);
    own = own.covers;
  }
  return { own, mounted };
}
