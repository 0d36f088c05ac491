import { FileInode } from "./file-inode.mjs";
import { DirectoryInode, SymlinkInode } from "./inode.mjs";
import { NAME_BYTES_MAX, fits, isTarget } from "./names.mjs";

/** @typedef {import("./filesystem.mjs").FileSystem} FileSystem */
/** @typedef {import("../protocol.mjs").Entry} Entry */
/** @typedef {import("./inode.mjs").Inode} Inode */

/** Smaller files are copied: the browser compares every buffer that is handed over with every other (40 000: 2 s). */
const TRANSFER_BYTES_MIN = 65_536;

/**
 * The names in a guest path. Relative paths start at the root: a preopen may be called `.` or `data`.
 * @param {string} path
 */
export function namesOf(path) {
  const names = path.split("/").filter((name) => name !== "" && name !== ".");
  if (names.includes("..") || path.includes("\0")) throw new Error(`the path ${JSON.stringify(path)} has "..", or a NUL`);
  if (!path.isWellFormed()) throw new Error(`the path ${JSON.stringify(path)} has half of a surrogate pair, which is no text`);
  const long = names.find((name) => !fits(name, NAME_BYTES_MAX));
  if (long !== undefined) throw new Error(`the name ${JSON.stringify(long)} is longer than ${NAME_BYTES_MAX} bytes`);
  return names;
}

/**
 * The directory of a path, made with all that is above it if it is not there.
 * @param {FileSystem} fs
 * @param {DirectoryInode} root
 * @param {string[]} names
 */
export function directoryAt(fs, root, names) {
  let directory = root;
  for (const name of names) {
    const inode = directory.entries.get(name) ?? fs.addDirectory(directory, name);
    if (!(inode instanceof DirectoryInode)) throw new Error(`/${names.join("/")} is both a directory and not`);
    directory = inode;
  }
  return directory;
}

/**
 * @param {FileSystem} fs
 * @param {string} path
 */
export function ensureDirectory(fs, path) {
  return directoryAt(fs, fs.root, namesOf(path));
}

/**
 * Fills a file system.
 * @param {FileSystem} fs
 * @param {Entry[]} tree
 * @param {DirectoryInode} [root] of the one to be filled
 * @throws {Error} when the entries contradict each other or a path is not usable
 */
export function loadTree(fs, tree, root = fs.root) {
  /** @type {Set<ArrayBuffer>} */
  const adopted = new Set();
  for (const entry of tree) {
    const names = namesOf(entry.path);
    if (entry.kind === "directory") {
      directoryAt(fs, root, names);
      continue;
    }
    const name = names.pop();
    if (name === undefined) throw new Error("the root can only be a directory");
    const parent = directoryAt(fs, root, names);
    if (parent.entries.has(name)) throw new Error(`${entry.path} is given twice`);
    if (entry.kind === "symlink") {
      if (!isTarget(entry.target)) throw new Error(`the symbolic link ${entry.path} leads nowhere`);
      fs.addSymlink(parent, name, entry.target);
      continue;
    }
    if (entry.kind !== "file") throw new Error(`/${[...names, name].join("/")} is neither file, directory nor symlink`);
    const { bytes } = entry;
    if (!(bytes instanceof Uint8Array)) throw new Error(`the contents of ${entry.path} are not bytes`);
    // Two entries may have come with the same buffer; files must not share theirs.
    const alone = bytes.length === bytes.buffer.byteLength && !adopted.has(bytes.buffer);
    fs.addFile(parent, name).adopt(alone ? bytes : bytes.slice());
    adopted.add(bytes.buffer);
  }
}

/** Characters of the longest path that is handed over. Paths of a chain of directories grow with the square of its depth. */
const PATH_MAX = 4096;

/**
 * Empties a file system into entries, directories before what is in them. Of a volume that was only borrowed (an archive) come
 * the files that were changed and all that was made; of one that is kept elsewhere nothing. Hidden names are not there.
 * @param {FileSystem} fs
 * @returns {{ tree: Entry[], transfer: ArrayBuffer[], tooDeep: number }} `tooDeep` counts the names left out with all below them,
 *   because their paths are longer than any that can be given
 */
export function unloadTree(fs) {
  /** @type {Entry[]} */
  const tree = [];
  /** @type {Map<FileInode, Uint8Array<ArrayBuffer>>} */
  const released = new Map();
  /** @type {[string, DirectoryInode][]} */
  const pending = [["", fs.root]];
  let tooDeep = 0;
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [base, directory] = next;
    for (const [name, inode] of directory.entries) {
      const path = `${base}/${name}`;
      if (path.length > PATH_MAX) {
        tooDeep++;
        continue;
      }
      const wanted = isHandedOver(inode);
      if (inode instanceof DirectoryInode) {
        if (wanted) tree.push({ path, kind: "directory" });
        // Below what is not handed over something else may be mounted.
        pending.push([path, inode]);
      } else if (wanted && inode instanceof SymlinkInode) {
        tree.push({ path, kind: "symlink", target: inode.target });
      } else if (wanted && inode instanceof FileInode) {
        const bytes = released.get(inode) ?? inode.release();
        released.set(inode, bytes);
        tree.push({ path, kind: "file", bytes });
      }
    }
  }
  const large = [...released.values()].filter((bytes) => bytes.length >= TRANSFER_BYTES_MIN);
  return { tree, transfer: large.map((bytes) => bytes.buffer), tooDeep };
}

/** @param {Inode} inode */
function isHandedOver(inode) {
  const { handover, firstOwnIno } = inode.volume;
  if (handover === "changes") return inode.ino >= firstOwnIno || (inode instanceof FileInode && !inode.pristine);
  return handover === "all";
}
