import { FileInode } from "./file-inode.mjs";
import { DirectoryInode, SymlinkInode } from "./inode.mjs";

/** @typedef {import("../clock.mjs").Timestamp} Timestamp */
/** @typedef {import("./filesystem.mjs").FileSystem} FileSystem */
/** @typedef {import("./inode.mjs").Inode} Inode */

/**
 * Where a stretch of a file's contents is kept; what no extent covers is zeros.
 * @typedef {{ position: number, object: string, offset: number, length: number }} Extent
 */

/**
 * A persistent tree without its contents. Inodes are numbered by their places, the root is number 0; a directory has names
 * and numbers by turns. Times are seconds and nanoseconds of atime, mtime and ctime.
 * @typedef {object} Manifest
 * @property {typeof MANIFEST_FORMAT} format
 * @property {[string, number][]} objects what contents are kept in: ids and sizes in bytes
 * @property {InodeRecord[]} inodes
 */

/** @typedef {[number, number, number, number, number, number]} Times */
/**
 * @typedef {["d", Times, (string | number)[]]
 *   | ["l", Times, string]
 *   | ["f", Times, number, [position: number, object: number, offset: number, length: number][]]} InodeRecord
 */

export const MANIFEST_FORMAT = 1;

/**
 * Describes a tree as it is now. Of a name that something is mounted over, what it had before.
 * @param {DirectoryInode} root
 * @param {Map<FileInode, Extent[]>} places
 * @param {Map<string, number>} sizes of the objects
 * @returns {Manifest}
 */
export function describe(root, places, sizes) {
  /** @type {Map<Inode, number>} */
  const numbers = new Map([[root, 0]]);
  /** @type {Map<string, number>} */
  const objectNumbers = new Map([...sizes.keys()].map((id, number) => [id, number]));
  /** @type {InodeRecord[]} */
  const inodes = [];
  // Numbers are given out in the order in which the map, which grows on the way, is gone through.
  for (const inode of numbers.keys()) {
    const times = timesOf(inode);
    if (inode instanceof DirectoryInode) {
      /** @type {(string | number)[]} */
      const names = [];
      for (const [name, child] of ownEntries(inode)) {
        const number = numbers.get(child) ?? numbers.size;
        numbers.set(child, number);
        names.push(name, number);
      }
      inodes.push(["d", times, names]);
    } else if (inode instanceof SymlinkInode) {
      inodes.push(["l", times, inode.target]);
    } else if (inode instanceof FileInode) {
      const extents = (places.get(inode) ?? []).map(
        ({ position, object, offset, length }) =>
          /** @type {[number, number, number, number]} */ ([position, objectNumbers.get(object), offset, length]),
      );
      inodes.push(["f", times, inode.size, extents]);
    }
  }
  return { format: MANIFEST_FORMAT, objects: [...sizes], inodes };
}

/**
 * The directory's entries in its own file system.
 * @param {DirectoryInode} directory
 * @returns {Generator<[string, Inode]>}
 */
export function* ownEntries(directory) {
  for (const [name, found] of directory.entries) {
    /** @type {Inode | null} */
    let inode = found;
    while (inode instanceof DirectoryInode && inode.volume !== directory.volume) inode = inode.covers;
    if (inode !== null) yield [name, inode];
  }
}

/**
 * Builds the tree that a manifest describes.
 * @param {FileSystem} fs
 * @param {DirectoryInode} root empty
 * @param {Manifest} manifest
 * @param {(file: FileInode, size: number, extents: Extent[]) => void} attach gives a file its contents
 * @throws {Error} when the manifest makes no sense
 */
export function build(fs, root, manifest, attach) {
  const { objects, inodes } = manifest;
  /** @type {(Inode | undefined)[]} */
  const made = [root];
  /** @type {[Inode, Times][]} */
  const times = [];
  // Directories come before what is in them, so that every number is met by a name before its own turn comes.
  inodes.forEach((record, number) => {
    const inode = made[number];
    if (inode === undefined) throw new Error(`inode ${number} has no name`);
    times.push([inode, record[1]]);
    if (record[0] === "d") {
      const names = record[2];
      for (let at = 0; at < names.length; at += 2) {
        const name = /** @type {string} */ (names[at]);
        const child = /** @type {number} */ (names[at + 1]);
        made[child] = addName(fs, /** @type {DirectoryInode} */ (inode), name, inodes[child], made[child]);
      }
    } else if (record[0] === "f") {
      const extents = record[3].map(([position, object, offset, length]) => {
        const [id, size] = objects[object] ?? ["", -1];
        const fits = offset + length <= size && position + length <= record[2];
        if (!fits) throw new Error(`inode ${number} has contents that are nowhere`);
        return { position, object: id, offset, length };
      });
      attach(/** @type {FileInode} */ (inode), record[2], extents);
    }
  });
  for (const [inode, [as, an, ms, mn, cs, cn]] of times) {
    inode.atime = { seconds: as, nanoseconds: an };
    inode.mtime = { seconds: ms, nanoseconds: mn };
    inode.ctime = { seconds: cs, nanoseconds: cn };
  }
}

/**
 * @param {FileSystem} fs
 * @param {DirectoryInode} parent
 * @param {string} name
 * @param {InodeRecord | undefined} record
 * @param {Inode | undefined} made the inode, where it has another name already
 * @returns {Inode}
 */
function addName(fs, parent, name, record, made) {
  if (record === undefined || typeof name !== "string" || parent.entries.has(name)) {
    throw new Error(`the name ${JSON.stringify(name)} cannot be`);
  }
  if (made === undefined) {
    if (record[0] === "d") return fs.addDirectory(parent, name);
    if (record[0] === "l") return fs.addSymlink(parent, name, record[2]);
    return fs.addFile(parent, name);
  }
  if (made instanceof DirectoryInode) throw new Error("a directory has two names");
  parent.add(name, made, fs.now());
  made.nlink++;
  return made;
}

/** @param {Inode} inode @returns {Times} */
function timesOf({ atime, mtime, ctime }) {
  return [atime.seconds, atime.nanoseconds, mtime.seconds, mtime.nanoseconds, ctime.seconds, ctime.nanoseconds];
}
