import { FileInode } from "./file-inode.mjs";
import { DirectoryInode, SymlinkInode } from "./inode.mjs";

/** @typedef {import("../clock.mjs").Timestamp} Timestamp */
/** @typedef {import("./inode.mjs").Inode} Inode */

/**
 * One name of an archive that is to be written. `target` is where a symbolic link leads, and of a hard link the path, in the same
 * archive, that has the contents.
 * @typedef {object} Item
 * @property {string} path without a slash at either end
 * @property {"file" | "directory" | "symlink" | "hardlink"} kind
 * @property {Timestamp} mtime
 * @property {string} target
 * @property {number} size bytes of contents
 * @property {(into: Uint8Array, at: number) => void} read puts the contents there
 */

/**
 * What an archive of these names holds, in their order; devices are left out.
 * @param {Iterable<[path: string, inode: Inode]>} names
 * @param {(file: FileInode, path: string, into: Uint8Array, at: number) => void} read throws where contents cannot be had
 * @param {boolean} links whether a second name of a file is a link to the first
 * @returns {Item[]}
 */
export function itemsOf(names, read, links) {
  /** @type {Map<FileInode, string>} */
  const seen = new Map();
  /** @type {Item[]} */
  const items = [];
  for (const [path, inode] of names) {
    const plain = { path, mtime: inode.mtime, target: "", size: 0, read: () => {} };
    if (inode instanceof DirectoryInode) items.push({ ...plain, kind: "directory" });
    else if (inode instanceof SymlinkInode) items.push({ ...plain, kind: "symlink", target: inode.target });
    else if (inode instanceof FileInode) {
      const first = links ? seen.get(inode) : undefined;
      seen.set(inode, path);
      if (first !== undefined) items.push({ ...plain, kind: "hardlink", target: first });
      else items.push({ ...plain, kind: "file", size: inode.size, read: (into, at) => read(inode, path, into, at) });
    }
  }
  return items;
}
