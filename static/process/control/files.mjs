import { FileInode } from "../fs/file-inode.mjs";
import { DirectoryInode, SymlinkInode } from "../fs/inode.mjs";
import { ERRNO_NOENT, ERRNO_NOMEM, ERRNO_NOSPC, ERRNO_ROFS, OFLAGS_CREAT } from "../wasi/abi.mjs";
import { ControlError } from "./control-error.mjs";
import { below, byCodePoint, check, fileError, namesIn, refusal } from "./guest-paths.mjs";

/** @typedef {import("../clock.mjs").Timestamp} Timestamp */
/** @typedef {import("../fs/filesystem.mjs").FileSystem} FileSystem */
/** @typedef {import("../fs/inode.mjs").Inode} Inode */
/** @typedef {import("../process.mjs").Process} Process */

/**
 * What the host does with the files of a program, between two of its calls and by its own rules: quotas and read-only mounts hold,
 * symbolic links are followed inside the root only, and what is open stays open whatever becomes of its name.
 * @type {Readonly<Record<string, import("./control.mjs").Operation>>}
 */
export const fileOperations = Object.freeze({
  "files.list": list,
  "files.entries": entries,
  "files.stat": stat,
  "files.read": read,
  "files.write": write,
  "files.delete": remove,
  "files.rename": rename,
  "files.make_directory": (process, path) => void makeDirectory(process.fs, path),
  "files.quota": quota,
  "files.mount": mount,
  "files.export": async (process, path, format) => (await import("./archives.mjs")).exportArchive(process.fs, path, format),
  "files.import": async (process, path, bytes) => (await import("./archives.mjs")).importArchive(process, path, bytes),
});

/** Characters of the longest path that is listed: no longer one can be given. */
const PATH_MAX = 4096;

/**
 * @param {FileSystem} fs
 * @param {string} path
 * @param {boolean} follow whether a link in the last place is followed
 * @returns {Inode}
 */
export function find(fs, path, follow) {
  const inode = fs.stat(fs.root, below(namesIn(path)), follow);
  if (typeof inode === "number") throw refusal(inode, path);
  return inode;
}

/** @param {FileSystem} fs @param {string} path */
export function directoryOf(fs, path) {
  const inode = find(fs, path, true);
  if (!(inode instanceof DirectoryInode)) throw fileError("WASM_FILE_NOT_DIRECTORY", path, "it is no directory");
  return inode;
}

/**
 * Everything below a directory, devices left out: a directory before what is in it.
 * @param {DirectoryInode} directory
 * @param {string} base its path, without a slash at the end
 * @returns {Generator<[path: string, inode: Inode]>}
 */
export function* allBelow(directory, base) {
  /** @type {[string, DirectoryInode][]} */
  const pending = [[base, directory]];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [at, { entries: children }] = next;
    for (const [name, inode] of children) {
      const path = `${at}/${name}`;
      if (path.length > PATH_MAX) continue;
      yield [path, inode];
      if (inode instanceof DirectoryInode) pending.push([path, inode]);
    }
  }
}

/** @param {Process} process @param {string} [path] of a directory, or of one file */
function list({ fs }, path = "/") {
  const start = find(fs, path, true);
  const base = namesIn(path).map((name) => `/${name}`).join("");
  if (!(start instanceof DirectoryInode)) return [base];
  const paths = [];
  for (const [at, inode] of allBelow(start, base)) {
    if (inode instanceof FileInode || inode instanceof SymlinkInode) paths.push(at);
  }
  return paths.sort(byCodePoint);
}

/** @param {Process} process @param {string} path */
function entries({ fs }, path) {
  const children = [...directoryOf(fs, path).entries].sort(([a], [b]) => byCodePoint(a, b));
  return children.map(([name, inode]) => ({ name, kind: kindOf(inode), size: inode.size, mtime: nanoseconds(inode.mtime) }));
}

/** @param {Process} process @param {string} path of a link: the link's own */
function stat({ fs }, path) {
  const inode = find(fs, path, false);
  return {
    path: `/${namesIn(path).join("/")}`,
    kind: kindOf(inode),
    size: inode.size,
    links: inode.nlink,
    atime: nanoseconds(inode.atime),
    mtime: nanoseconds(inode.mtime),
    ctime: nanoseconds(inode.ctime),
    ...(inode instanceof SymlinkInode ? { target: inode.target } : {}),
  };
}

/** @param {Inode} inode @returns {"file" | "directory" | "symlink" | "device"} */
function kindOf(inode) {
  if (inode instanceof FileInode) return "file";
  if (inode instanceof DirectoryInode) return "directory";
  return inode instanceof SymlinkInode ? "symlink" : "device";
}

/** @param {Timestamp} time @returns {bigint} since the Unix epoch */
function nanoseconds(time) {
  return BigInt(time.seconds) * 1_000_000_000n + BigInt(time.nanoseconds);
}

/** @param {Inode} inode @param {string} path @returns {FileInode} */
function regular(inode, path) {
  if (inode instanceof DirectoryInode) throw fileError("WASM_FILE_IS_DIRECTORY", path, "it is a directory");
  if (!(inode instanceof FileInode)) throw fileError("WASM_PATH_INVALID", path, "it is a device, which has no contents of its own");
  return inode;
}

/** @param {Process} process @param {string} path */
function read({ fs }, path) {
  return contents(regular(find(fs, path, true), path), path);
}

/**
 * A copy of a file's contents. Its time of access stays as the program knows it.
 * @param {FileInode} file
 * @param {string} path for the message
 */
export function contents(file, path) {
  let bytes;
  try {
    bytes = new Uint8Array(file.size);
  } catch {
    throw refusal(ERRNO_NOMEM, path);
  }
  const count = file.read(0, bytes, 0, bytes.length);
  if (count < 0) throw refusal(-count, path);
  return bytes;
}

/**
 * @param {Process} process
 * @param {string} path
 * @param {Uint8Array} given
 */
function write({ fs }, path, given) {
  const names = namesIn(path);
  const bytes = copyOf(given, path);
  const found = fs.stat(fs.root, below(names), true);
  if (typeof found !== "number") {
    const file = regular(found, path);
    if (file.volume.readOnly) throw refusal(ERRNO_ROFS, path);
    check(file.replace(bytes), path);
    file.modified(fs.now());
    return;
  }
  if (found !== ERRNO_NOENT) throw refusal(found, path);
  const missing = missingDirectories(fs, names.slice(0, -1), path, 1);
  if (bytes.length > fs.quota.bytesFree) throw refusal(ERRNO_NOSPC, path);
  makeMissing(fs, missing, path);
  const how = { follow: true, oflags: OFLAGS_CREAT, write: true, mayCreate: true, mayTruncate: true };
  const made = fs.open(fs.root, below(names), how);
  if (typeof made === "number") throw refusal(made, path);
  check(regular(made, path).replace(bytes), path);
}

/**
 * Contents that nobody else holds: whoever gave them may go on to change them.
 * @param {unknown} bytes
 * @param {string} path for the message
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function copyOf(bytes, path) {
  if (!(bytes instanceof Uint8Array)) throw new ControlError("WASM_ARGUMENTS_INVALID", `${JSON.stringify(path)} is written with bytes: give those`);
  try {
    return new Uint8Array(bytes);
  } catch {
    throw refusal(ERRNO_NOMEM, path);
  }
}

/**
 * The directories of a path that are not there, so that nothing is made where not all can be.
 * @param {FileSystem} fs
 * @param {string[]} names
 * @param {string} path for the message
 * @param {number} [more] names to be made besides them
 * @returns {string[]} as lookups take them, outer ones first
 * @throws {ControlError}
 */
export function missingDirectories(fs, names, path, more = 0) {
  /** @type {string[]} */
  const missing = [];
  let parent = fs.root;
  for (let depth = 1; depth <= names.length; depth++) {
    const at = below(names.slice(0, depth));
    const inode = missing.length === 0 ? fs.stat(fs.root, at, true) : ERRNO_NOENT;
    if (inode instanceof DirectoryInode) {
      parent = inode;
    } else if (inode !== ERRNO_NOENT) {
      throw typeof inode === "number" ? refusal(inode, path) : fileError("WASM_FILE_NOT_DIRECTORY", path, `/${at} is no directory`);
    } else {
      if (missing.length === 0 && typeof fs.stat(fs.root, at, false) !== "number") {
        throw fileError("WASM_FILE_EXISTS", path, `/${at} is a symbolic link to what is not there`);
      }
      missing.push(at);
    }
  }
  if (missing.length + more > 0) {
    if (parent.volume.readOnly) throw refusal(ERRNO_ROFS, path);
    if (missing.length + more > fs.quota.filesFree) throw refusal(ERRNO_NOSPC, path);
  }
  return missing;
}

/** @param {FileSystem} fs @param {string[]} missing of `missingDirectories` @param {string} path for the message */
export function makeMissing(fs, missing, path) {
  for (const at of missing) check(fs.createDirectory(fs.root, at), path);
}

/** @param {FileSystem} fs @param {string} path */
export function makeDirectory(fs, path) {
  const names = namesIn(path);
  const found = fs.stat(fs.root, below(names), true);
  if (found instanceof DirectoryInode) return;
  if (typeof found !== "number") throw fileError("WASM_FILE_EXISTS", path, "it is there, and no directory");
  if (found !== ERRNO_NOENT) throw refusal(found, path);
  makeMissing(fs, missingDirectories(fs, names, path), path);
}

/** @param {Process} process @param {string} path of a link: the link @param {boolean} [recursive] */
function remove({ fs }, path, recursive = false) {
  const inode = find(fs, path, false);
  const at = below(namesIn(path));
  if (!(inode instanceof DirectoryInode)) return check(fs.unlink(fs.root, at), path);
  if (inode === fs.root) throw fileError("WASM_FILE_BUSY", path, "the root itself stays");
  if (recursive) empty(fs, inode, path);
  check(fs.removeDirectory(fs.root, at), path);
}

/**
 * Empties a directory, unless not all of it can go.
 * @param {FileSystem} fs
 * @param {DirectoryInode} directory
 * @param {string} path for the message
 */
function empty(fs, directory, path) {
  const directories = [directory];
  for (const at of directories) {
    if (at.isMountPoint) throw fileError("WASM_FILE_BUSY", path, "a file system is mounted there, or below");
    if (at.volume.readOnly) throw refusal(ERRNO_ROFS, path);
    for (const inode of at.entries.values()) if (inode instanceof DirectoryInode) directories.push(inode);
  }
  // From the inside out; the array, which grew on the way, has inner directories after outer ones.
  for (const at of directories.reverse()) {
    for (const [name, inode] of [...at.entries]) {
      check(inode instanceof DirectoryInode ? fs.removeDirectory(at, name) : fs.unlink(at, name), path);
    }
  }
}

/** @param {Process} process @param {string} from @param {string} to */
function rename({ fs }, from, to) {
  const source = below(namesIn(from));
  const target = below(namesIn(to));
  find(fs, from, false);
  check(fs.rename(fs.root, source, fs.root, target), to);
}

/** @param {Process} process */
function quota({ fs }) {
  const { bytesUsed, filesUsed, bytes, files } = fs.quota;
  return { bytes: bytesUsed, bytesLimit: limit(bytes), files: filesUsed, filesLimit: limit(files) };
}

/** @param {Process} process @param {import("../protocol.mjs").Mount} what */
async function mount(process, what) {
  namesIn(what?.path);
  const { mountWhileRunning } = await import("../fs/mounts.mjs");
  await mountWhileRunning(process, what);
}

/** @param {number} count */
function limit(count) {
  return count === Infinity ? null : count;
}
