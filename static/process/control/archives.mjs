import { FileInode } from "../fs/file-inode.mjs";
import { DirectoryInode, SymlinkInode } from "../fs/inode.mjs";
import { loadArchive } from "../fs/mount-archive.mjs";
import { itemsOf } from "../fs/packing.mjs";
import { Quota } from "../fs/quota.mjs";
import { writeTar } from "../fs/tar-writer.mjs";
import { Volume } from "../fs/volume.mjs";
import { writeZip } from "../fs/zip-writer.mjs";
import { ERRNO_NOMEM, ERRNO_NOSPC, ERRNO_ROFS } from "../wasi/abi.mjs";
import { ControlError } from "./control-error.mjs";
import { allBelow, copyOf, find, makeMissing, missingDirectories } from "./files.mjs";
import { below, byCodePoint, check, fileError, namesIn, refusal } from "./guest-paths.mjs";

/** @typedef {import("../clock.mjs").Timestamp} Timestamp */
/** @typedef {import("../fs/filesystem.mjs").FileSystem} FileSystem */
/** @typedef {import("../fs/inode.mjs").Inode} Inode */
/** @typedef {import("../process.mjs").Process} Process */

/** How hard to try: the middle, which is every tool's default. */
const LEVEL = 6;

/**
 * Packs what lies below a directory, or one file, into an archive. The same files give the same bytes, wherever and whenever.
 * @param {FileSystem} fs
 * @param {string} path
 * @param {"tar" | "tar.gz" | "zip"} format
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function exportArchive(fs, path, format) {
  if (format !== "tar" && format !== "tar.gz" && format !== "zip") {
    throw new ControlError("WASM_ARCHIVE_INVALID", `${JSON.stringify(format)} is no format of archives: give tar, tar.gz or zip`);
  }
  // Before anything is looked at: what is packed is one state of the files.
  const fflate = format === "tar" ? null : await import("../../vendor/fflate/fflate.mjs");
  const start = find(fs, path, true);
  const name = namesIn(path).at(-1) ?? "";
  /** @type {[string, Inode][]} */
  const names = start instanceof DirectoryInode ? [...allBelow(start, "")].map(([at, inode]) => [at.slice(1), inode]) : [[name, start]];
  names.sort(([a], [b]) => byCodePoint(a, b));
  const items = itemsOf(names, readInto, format !== "zip");
  try {
    if (format === "zip") return writeZip(items, (data) => /** @type {NonNullable<typeof fflate>} */ (fflate).deflateSync(data, { level: LEVEL }));
    const tar = writeTar(items);
    return fflate === null ? tar : fflate.gzipSync(tar, { level: LEVEL, mtime: 0 });
  } catch (error) {
    if (error instanceof RangeError) throw refusal(ERRNO_NOMEM, path);
    throw error;
  }
}

/** @param {FileInode} file @param {string} path @param {Uint8Array} into @param {number} at */
function readInto(file, path, into, at) {
  const count = file.read(0, into, at, file.size);
  if (count < 0) throw refusal(-count, path);
}

/**
 * Unpacks an archive into a directory, which is made if it is not there: all of it, or nothing. What has the names of files in it
 * is replaced, as by tar; links that are there are never followed.
 * @param {Process} process
 * @param {string} path
 * @param {Uint8Array} given
 * @returns {Promise<number>} how many names were unpacked
 */
export async function importArchive({ fs, clock }, path, given) {
  const names = namesIn(path);
  const archive = await unpacked(fs, copyOf(given, path), path);
  clock.read();
  const found = fs.stat(fs.root, below(names), true);
  if (typeof found !== "number" && !(found instanceof DirectoryInode)) {
    throw fileError("WASM_FILE_NOT_DIRECTORY", path, "it is no directory");
  }
  const missing = typeof found === "number" ? missingDirectories(fs, names, path) : [];
  const merge = new Merge(archive, typeof found === "number" ? null : found, volumeAt(fs, names), path);
  merge.load(fs, missing.length);
  makeMissing(fs, missing, path);
  merge.carryOut(fs, /** @type {DirectoryInode} */ (fs.stat(fs.root, below(names), true)));
  return merge.names;
}

/** The volume of the innermost directory on the way that is there. @param {FileSystem} fs @param {string[]} names */
function volumeAt(fs, names) {
  for (let depth = names.length; depth > 0; depth--) {
    const inode = fs.stat(fs.root, below(names.slice(0, depth)), true);
    if (typeof inode !== "number") return inode.volume;
  }
  return fs.root.volume;
}

/**
 * The files of an archive in a place of their own.
 * @param {FileSystem} fs
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {string} path for the message
 */
async function unpacked(fs, bytes, path) {
  const volume = new Volume({ dev: 0, quota: new Quota({ files: fs.quota.files }), handover: "nothing" });
  const root = new DirectoryInode(volume.takeIno(), fs.now(), null, volume);
  try {
    await loadArchive(fs, root, bytes);
  } catch (error) {
    if (volume.quota.filesFree < 0) throw refusal(ERRNO_NOSPC, path);
    throw error;
  }
  return root;
}

/** An archive that is to be laid over a directory: first looked at, then done. */
class Merge {
  names = 0;
  #archive;
  #path;
  /** Directories of the archive and what is there already. @type {Map<DirectoryInode, DirectoryInode | null>} */
  #places = new Map();
  /** In which volume each of them is, or will be. @type {Map<DirectoryInode, Volume>} */
  #volumes = new Map();
  /** In which volumes each file is wanted: names in one of them can share it. @type {Map<FileInode, Set<Volume>>} */
  #wanted = new Map();
  /** What is to go, with what it is named by. @type {[parent: DirectoryInode, name: string, inode: Inode][]} */
  #replaced = [];
  /** @type {Map<FileInode, Uint8Array<ArrayBuffer>>} */
  #contents = new Map();
  /** What was made of a file, by the volume it is in. @type {Map<FileInode, Map<Volume, FileInode>>} */
  #copies = new Map();
  /** What was made, and the time that the archive says. @type {Map<Inode, Timestamp>} */
  #made = new Map();
  /** What is to be made. */
  #inodes = 0;
  #bytes = 0;

  /**
   * @param {DirectoryInode} archive
   * @param {DirectoryInode | null} target null where it is still to be made
   * @param {Volume} volume where it is
   * @param {string} path for messages
   * @throws {ControlError} where the two do not go together
   */
  constructor(archive, target, volume, path) {
    this.#archive = archive;
    this.#path = path;
    this.#places.set(archive, target);
    this.#volumes.set(archive, volume);
    // The map grows on the way.
    for (const [directory, place] of this.#places) {
      const within = this.#volumes.get(directory) ?? volume;
      for (const [name, inode] of directory.entries) this.#look(name, inode, place, within);
    }
  }

  /**
   * @param {string} name
   * @param {Inode} inode of the archive
   * @param {DirectoryInode | null} place where it is to go
   * @param {Volume} volume of that place
   */
  #look(name, inode, place, volume) {
    this.names++;
    const there = place?.entries.get(name) ?? null;
    if (inode instanceof DirectoryInode) {
      if (there !== null && !(there instanceof DirectoryInode)) {
        throw fileError("WASM_FILE_NOT_DIRECTORY", this.#path, `in it ${JSON.stringify(name)} is no directory, and one in the archive`);
      }
      this.#places.set(inode, there);
      this.#volumes.set(inode, there?.volume ?? volume);
      if (there !== null) return;
    } else if (there instanceof DirectoryInode) {
      throw fileError("WASM_FILE_IS_DIRECTORY", this.#path, `in it ${JSON.stringify(name)} is a directory, and none in the archive`);
    }
    if (volume.readOnly) throw refusal(ERRNO_ROFS, this.#path);
    if (place !== null && there !== null) this.#replaced.push([place, name, there]);
    if (inode instanceof FileInode) {
      const wanted = this.#wanted.get(inode) ?? new Set();
      if (wanted.has(volume)) return;
      this.#wanted.set(inode, wanted.add(volume));
      this.#bytes += inode.size;
    }
    this.#inodes++;
  }

  /**
   * Takes the contents, as far as the quota has room for them.
   * @param {FileSystem} fs
   * @param {number} more inodes to be made besides
   * @throws {ControlError} WASM_FILE_QUOTA, WASM_ARCHIVE_INVALID
   */
  load({ quota }, more) {
    const room = this.#room();
    if (this.#bytes > quota.bytesFree + room.bytes || this.#inodes + more > quota.filesFree + room.inodes) {
      throw refusal(ERRNO_NOSPC, this.#path);
    }
    for (const file of this.#wanted.keys()) this.#contents.set(file, contentsOf(file, this.#path));
  }

  /** What is given back by what is replaced, and neither open nor named elsewhere. */
  #room() {
    const unused = this.#replaced.map(([, , inode]) => inode).filter(({ nlink, opens }) => nlink === 1 && opens === 0);
    const bytes = unused.reduce((sum, inode) => sum + (inode instanceof FileInode ? inode.stored : 0), 0);
    return { bytes, inodes: unused.length };
  }

  /** @param {FileSystem} fs @param {DirectoryInode} target */
  carryOut(fs, target) {
    for (const [parent, name] of this.#replaced) check(fs.unlink(parent, name), this.#path);
    this.#places.set(this.#archive, target);
    for (const [directory, place] of this.#places) {
      for (const [name, inode] of directory.entries) this.#put(fs, /** @type {DirectoryInode} */ (place), name, inode);
    }
    // At the end: whatever was put into a directory changed its time.
    for (const [inode, time] of this.#made) inode.atime = inode.mtime = inode.ctime = time;
  }

  /** @param {FileSystem} fs @param {DirectoryInode} place @param {string} name @param {Inode} inode */
  #put(fs, place, name, inode) {
    if (inode instanceof DirectoryInode) {
      if (this.#places.get(inode) !== null) return;
      const directory = fs.addDirectory(place, name);
      this.#places.set(inode, directory);
      this.#made.set(directory, inode.mtime);
    } else if (inode instanceof SymlinkInode) {
      this.#made.set(fs.addSymlink(place, name, inode.target), inode.mtime);
    } else if (inode instanceof FileInode) {
      const copies = this.#copies.get(inode) ?? new Map();
      const shared = copies.get(place.volume);
      if (shared !== undefined) {
        place.add(name, shared, fs.now());
        shared.nlink++;
        return;
      }
      const file = fs.addFile(place, name);
      const bytes = this.#contents.get(inode) ?? EMPTY;
      file.adopt(copies.size === 0 ? bytes : bytes.slice());
      this.#copies.set(inode, copies.set(place.volume, file));
      this.#made.set(file, inode.mtime);
    }
  }
}

const EMPTY = new Uint8Array(0);

/** @param {FileInode} file @param {string} path for the message @returns {Uint8Array<ArrayBuffer>} */
function contentsOf(file, path) {
  let bytes;
  try {
    bytes = new Uint8Array(file.size);
  } catch {
    throw refusal(ERRNO_NOMEM, path);
  }
  if (file.read(0, bytes, 0, bytes.length) < 0) {
    throw new ControlError("WASM_ARCHIVE_INVALID", "the archive is damaged, or encrypted: the contents of a file in it cannot be had");
  }
  return bytes;
}
