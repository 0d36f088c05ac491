import { DirectoryInode, FileInode, SymlinkInode } from "./inode.mjs";

/** @typedef {import("./filesystem.mjs").FileSystem} FileSystem */
/** @typedef {import("../protocol.mjs").Entry} Entry */
/** @typedef {import("./inode.mjs").Inode} Inode */

/**
 * The names in a guest path. Relative paths start at the root: a preopen may be called `.` or `data`.
 * @param {string} path
 */
function namesOf(path) {
  const names = path.split("/").filter((name) => name !== "" && name !== ".");
  if (names.includes("..") || path.includes("\0")) throw new Error(`the path ${JSON.stringify(path)} has "..", or a NUL`);
  return names;
}

/**
 * The directory of a path, made with all that is above it if it is not there.
 * @param {FileSystem} fs
 * @param {string[]} names
 */
function directoryAt(fs, names) {
  let directory = fs.root;
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
  return directoryAt(fs, namesOf(path));
}

/**
 * Fills a file system.
 * @param {FileSystem} fs
 * @param {Entry[]} tree
 * @throws {Error} when the entries contradict each other or a path is not usable
 */
export function loadTree(fs, tree) {
  /** @type {Set<ArrayBuffer>} */
  const adopted = new Set();
  for (const entry of tree) {
    const names = namesOf(entry.path);
    if (entry.kind === "directory") {
      directoryAt(fs, names);
      continue;
    }
    const name = names.pop();
    if (name === undefined) throw new Error("the root can only be a directory");
    const parent = directoryAt(fs, names);
    if (parent.entries.has(name)) throw new Error(`${entry.path} is given twice`);
    if (entry.kind === "symlink") {
      fs.addSymlink(parent, name, entry.target);
      continue;
    }
    if (entry.kind !== "file") throw new Error(`/${[...names, name].join("/")} is neither file, directory nor symlink`);
    const bytes = entry.bytes;
    // Two entries may have come with the same buffer; files must not share theirs.
    const alone = bytes.length === bytes.buffer.byteLength && !adopted.has(bytes.buffer);
    fs.addFile(parent, name).adopt(alone ? bytes : bytes.slice());
    adopted.add(bytes.buffer);
  }
}

/**
 * Empties a file system into entries, directories before what is in them.
 * @param {FileSystem} fs
 * @returns {{ tree: Entry[], transfer: ArrayBuffer[] }}
 */
export function unloadTree(fs) {
  /** @type {Entry[]} */
  const tree = [];
  /** @type {Map<FileInode, Uint8Array<ArrayBuffer>>} */
  const released = new Map();
  /** @type {[string, DirectoryInode][]} */
  const pending = [["", fs.root]];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [base, directory] = next;
    for (const [name, inode] of directory.entries) {
      const path = `${base}/${name}`;
      if (inode instanceof DirectoryInode) {
        tree.push({ path, kind: "directory" });
        pending.push([path, inode]);
      } else if (inode instanceof SymlinkInode) {
        tree.push({ path, kind: "symlink", target: inode.target });
      } else if (inode instanceof FileInode) {
        const bytes = released.get(inode) ?? inode.release();
        released.set(inode, bytes);
        tree.push({ path, kind: "file", bytes });
      }
    }
  }
  return { tree, transfer: [...released.values()].map((bytes) => bytes.buffer) };
}
