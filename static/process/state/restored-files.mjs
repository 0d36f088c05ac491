import { FileInode } from "../fs/file-inode.mjs";
import { DirectoryInode, SymlinkInode } from "../fs/inode.mjs";
import { Quota } from "../fs/quota.mjs";
import { SparseContents } from "../fs/sparse-contents.mjs";
import { Volume } from "../fs/volume.mjs";
import { ControlError } from "../control/control-error.mjs";
import { fingerprint, isArchive } from "./archives.mjs";
import { fileGraph, layersOf } from "./file-graph.mjs";
import { filesShape, inodeOf, requireName, requireTarget, timestampsOf } from "./file-shapes.mjs";
import { MOUNT_ONLY } from "./saved-files.mjs";
import { integer, invalid } from "./shapes.mjs";

/** @typedef {import("../fs/inode.mjs").Inode} Inode */
/** @typedef {import("../process.mjs").Process} Process */
/** @typedef {import("./file-shapes.mjs").SavedFile} SavedFile */
/** @typedef {import("./file-shapes.mjs").SavedInode} SavedInode */

/**
 * The files of a state, made beside those that the process has: nothing is changed before `apply`.
 */
export class RestoredFiles {
  /** By their numbers. @type {Inode[]} */
  inodes = [];
  #process;
  #saved;
  #quota;
  /** @type {Volume[]} */
  #volumes;
  /** The inodes of archives that are mounted here, by volume and number. @type {Map<Volume, Map<number, Inode>>} */
  #known = new Map();
  /** How many names lead to an inode. @type {number[]} */
  #names;

  /**
   * @param {Process} process
   * @param {unknown} value
   * @throws {ControlError} WASM_SAVE_STATE_INVALID, WASM_SAVE_STATE_FOREIGN, WASM_SAVE_STATE_UNSUPPORTED
   */
  constructor(process, value) {
    this.#process = process;
    this.#saved = filesShape(value, "FILE");
    this.#quota = new Quota(process.start.quota);
    const { volumes, inodes, nextDev } = this.#saved;
    const devs = new Set(volumes.map(({ dev }) => dev));
    if (volumes[0]?.kind !== "kept" || devs.size < volumes.length || volumes.some(({ dev }) => dev >= nextDev)) {
      throw invalid("FILE has no volume of the root's, or volumes of one number");
    }
    this.#volumes = this.#makeVolumes();
    const records = inodes.map((item, number) => inodeOf(item, `FILE.inodes[${number}]`));
    this.#requireNumbers(records);
    this.inodes = records.map((item) => this.#makeInode(item));
    this.#names = records.map(() => 0);
    records.forEach((item, number) => this.#fill(item, number));
    this.#requireTree(records);
    this.#requireMounts();
  }

  /** @returns {Volume[]} */
  #makeVolumes() {
    const { fs, start } = this.#process;
    const here = [...fileGraph(fs, []).roots.keys()];
    const other = here.find(({ mount }) => mount?.kind === "opfs" || mount?.kind === "directory");
    if (other !== undefined) {
      throw new ControlError(
        "WASM_SAVE_STATE_UNSUPPORTED",
        `what is mounted at ${other.mount?.path} is in no save state: restore into a process without it`,
      );
    }
    return this.#saved.volumes.map((volume) => {
      if (volume.kind === "kept") {
        const { dev, readOnly, handover, nextIno, firstOwnIno } = volume;
        if (firstOwnIno > nextIno) throw invalid("a volume of FILE has begun with more inodes than it has");
        const quota = readOnly ? new Quota({ files: start.quota.files }) : this.#quota;
        const made = new Volume({ dev, quota, readOnly, handover, cache: fs.cache });
        made.resume(nextIno, firstOwnIno);
        return made;
      }
      const { path, length, sum } = volume;
      const same = here.find((known) => {
        const print = fingerprint(known);
        return isArchive(known) && print.path === path && print.length === length && print.sum === sum;
      });
      if (same === undefined || this.#known.has(same)) {
        throw new ControlError(
          "WASM_SAVE_STATE_FOREIGN",
          `the state was saved with an archive of ${length} bytes (CRC-32 ${sum.toString(16)}) mounted read-only at ${path}, ` +
            "which is not in the state and not mounted here: mount the same archive",
        );
      }
      this.#known.set(same, inodesOf(same, fs));
      return same;
    });
  }

  /** @param {SavedInode[]} records */
  #requireNumbers(records) {
    /** @type {Set<string>} */
    const seen = new Set();
    for (const [, volume, ino] of records) {
      const described = this.#saved.volumes[volume];
      if (described === undefined || ino >= described.nextIno || seen.has(`${volume} ${ino}`)) {
        throw invalid(`FILE has an inode ${ino} that cannot be`);
      }
      seen.add(`${volume} ${ino}`);
    }
    this.#saved.volumes.forEach(({ root }, volume) => {
      const [kind, of] = records[root] ?? [];
      if (of !== volume || (kind !== "d" && kind !== "x")) throw invalid("the root of a volume of FILE is no directory of it");
    });
  }

  /** @param {SavedInode} item @returns {Inode} */
  #makeInode(item) {
    const [kind, number, ino] = item;
    const volume = /** @type {Volume} */ (this.#volumes[number]);
    const known = this.#known.get(volume);
    if ((known !== undefined) !== (kind === "x")) throw invalid("FILE has an inode of another kind than its volume's");
    if (known !== undefined) {
      const found = known.get(ino);
      if (found === undefined) throw invalid(`FILE has an inode ${ino} that the archive does not have`);
      return found;
    }
    volume.quota.filesFree--;
    const [atime, mtime, ctime] = timestampsOf(item[3]);
    const inode =
      item[0] === "f" ? new FileInode(ino, atime, volume)
      : item[0] === "l" ? new SymlinkInode(ino, atime, requireTarget(item[4]), volume)
      : new DirectoryInode(ino, atime, null, volume);
    inode.mtime = mtime;
    inode.ctime = ctime;
    if (item[0] === "f") {
      inode.nlink = 0;
      /** @type {FileInode} */ (inode).fill(this.#contentsOf(item));
    } else if (item[0] === "l") {
      inode.nlink = 0;
    }
    return inode;
  }

  /** @param {SavedFile} item @returns {import("../fs/file-inode.mjs").Contents} */
  #contentsOf([, , , , length, pristine, paged, places]) {
    const { contents } = this.#saved;
    const page = SparseContents.PAGE_BYTES;
    let behind = 0;
    const extents = places.map(([position, offset, count]) => {
      const fits = offset + count <= contents.length && position + count <= length && position >= behind;
      const whole = position % page === 0 && count === Math.min(page, length - position);
      if (!fits || count === 0 || (paged && !whole)) throw invalid("a file of FILE has contents that are nowhere");
      behind = position + count;
      return { position, bytes: /** @type {Uint8Array<ArrayBuffer>} */ (contents.subarray(offset, offset + count)) };
    });
    const plain = extents.length === 0 || (extents.length === 1 && extents[0]?.position === 0);
    if (!paged && !plain) throw invalid("a file of FILE has contents in pieces");
    if (pristine && (paged || (extents[0]?.bytes.length ?? 0) !== length)) throw invalid("a pristine file of FILE is not whole");
    return { size: length, pristine, paged, extents };
  }

  /** Gives a directory its names. @param {SavedInode} item @param {number} number */
  #fill(item, number) {
    if (item[0] !== "d") return;
    const directory = /** @type {DirectoryInode} */ (this.inodes[number]);
    const [, volume, , , names] = item;
    if (names.length % 2 !== 0) throw invalid("a directory of FILE has a name without an inode");
    for (let at = 0; at < names.length; at += 2) {
      const name = requireName(names[at]);
      const child = integer(MOUNT_ONLY, this.inodes.length - 1)(names[at + 1], "a number in a directory of FILE");
      if (directory.entries.has(name)) throw invalid(`a directory of FILE has ${JSON.stringify(name)} twice`);
      const inode = child === MOUNT_ONLY ? directory : /** @type {Inode} */ (this.inodes[child]);
      if (inode.volume !== this.#volumes[volume]) throw invalid("a directory of FILE has a name in another volume");
      // The place of a name that a mount is to have: see #requireMounts.
      directory.entries.set(name, inode);
      if (child === MOUNT_ONLY) continue;
      this.#names[child] = (this.#names[child] ?? 0) + 1;
      if (inode instanceof DirectoryInode) {
        inode.parent = directory;
        directory.nlink++;
      } else {
        inode.nlink++;
      }
    }
  }

  /** Every directory has one name, and leads to a root; one without was removed, and is empty. @param {SavedInode[]} records */
  #requireTree(records) {
    const roots = new Set(this.#saved.volumes.map(({ root }) => root));
    records.forEach((item, number) => {
      if (item[0] !== "d") return;
      const directory = /** @type {DirectoryInode} */ (this.inodes[number]);
      const [, , , , names, parent] = item;
      const removed = parent !== null;
      const count = this.#names[number];
      if (count !== (roots.has(number) || removed ? 0 : 1)) throw invalid("a directory of FILE has too many names, or too few");
      if (!removed) return;
      const above = this.inodes[parent];
      if (roots.has(number) || names.length > 0 || !(above instanceof DirectoryInode) || above.volume !== directory.volume) {
        throw invalid("a directory of FILE that was removed is not empty, or was nowhere");
      }
      directory.parent = above;
      directory.nlink = 0;
    });
    /** Directories that are known to lie below a root. @type {Set<Inode>} */
    const rooted = new Set([...roots].flatMap((number) => this.inodes[number] ?? []));
    for (const inode of this.inodes) {
      if (!(inode instanceof DirectoryInode) || this.#known.has(inode.volume)) continue;
      /** @type {Set<DirectoryInode>} */
      const path = new Set();
      let at = inode;
      for (; !rooted.has(at); at = at.parent) {
        if (path.has(at)) throw invalid("directories of FILE lie in each other");
        path.add(at);
      }
      for (const directory of path) rooted.add(directory);
    }
  }

  /** Every volume but the first is mounted once, on what is mounted already; every place for a mount has one. */
  #requireMounts() {
    const { volumes, mounts } = this.#saved;
    const waiting = new Map(volumes.slice(1).map(({ root }, i) => [root, i + 1]));
    const attached = new Set([this.#volumes[0]]);
    /** @type {Set<string>} */
    const places = new Set();
    for (const [parent, name, root] of mounts) {
      const volume = waiting.get(root);
      if (volume === undefined || !waiting.delete(root)) throw invalid("FILE mounts what is no volume, or twice");
      if (parent !== null) {
        requireName(name);
        const directory = this.inodes[parent];
        if (!(directory instanceof DirectoryInode) || !attached.has(directory.volume)) {
          throw invalid("FILE mounts a volume in what is no directory, or is not mounted itself");
        }
        const kept = !this.#known.has(directory.volume);
        if (directory.removed || (kept && !directory.entries.has(name))) throw invalid("FILE mounts a volume nowhere");
        places.add(`${parent}/${name}`);
      }
      attached.add(this.#volumes[volume]);
    }
    if (waiting.size > 0) throw invalid("FILE has a volume that is mounted nowhere");
    this.inodes.forEach((inode, number) => {
      if (!(inode instanceof DirectoryInode) || this.#known.has(inode.volume)) return;
      for (const [name, child] of inode.entries) {
        if (child === inode && !places.has(`${number}/${name}`)) throw invalid("FILE has a name without anything behind it");
      }
    });
  }

  /** Puts the files in the place of those that the process has. Descriptors come after. */
  apply() {
    const { fs } = this.#process;
    const { granted, nextDev, volumes, mounts, inodes } = this.#saved;
    for (const [volume, known] of this.#known) {
      for (const inode of known.values()) if (inode instanceof DirectoryInode) uncover(inode);
      volume.dev = volumes[this.#volumes.indexOf(volume)]?.dev ?? volume.dev;
    }
    inodes.forEach((item, number) => {
      const inode = /** @type {Inode} */ (this.inodes[number]);
      inode.opens = 0;
      [inode.atime, inode.mtime, inode.ctime] = timestampsOf(/** @type {SavedInode} */ (item)[3]);
    });
    for (const inode of this.inodes) {
      if (!(inode instanceof DirectoryInode) || this.#known.has(inode.volume)) continue;
      // What stood for a mount gives way to it, and keeps its place among the names.
      for (const [name, child] of inode.entries) if (child === inode) inode.entries.set(name, NOTHING);
    }
    const base = this.inodes[volumes[0]?.root ?? 0];
    fs.resume(/** @type {DirectoryInode} */ (base), this.#quota, nextDev);
    this.#process.quota = this.#quota;
    for (const [parent, name, root] of mounts) {
      const directory = parent === null ? null : /** @type {DirectoryInode} */ (this.inodes[parent]);
      fs.mount(/** @type {DirectoryInode} */ (this.inodes[root]), directory, name);
      const mounted = /** @type {DirectoryInode} */ (this.inodes[root]);
      if (mounted.covers === NOTHING) mounted.covers = null;
    }
    fs.granted = granted;
  }
}

/** Holds the place of a name that only a mount has. */
const NOTHING = new SymlinkInode(0, { seconds: 0, nanoseconds: 0 }, "");

/** All inodes of a file system that is mounted, by their numbers. @param {Volume} volume @param {Process["fs"]} fs */
function inodesOf(volume, fs) {
  /** @type {Map<number, Inode>} */
  const found = new Map();
  for (const inode of fileGraph(fs, []).numbers.keys()) if (inode.volume === volume) found.set(inode.ino, inode);
  return found;
}

/** Takes away what is mounted in a directory. @param {DirectoryInode} directory */
function uncover(directory) {
  for (const [name, found] of directory.entries) {
    const { own, mounted } = layersOf(directory, found);
    if (mounted.length === 0) continue;
    if (own === null) directory.entries.delete(name);
    else directory.entries.set(name, own);
  }
}
