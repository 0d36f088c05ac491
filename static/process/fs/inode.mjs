import { ERRNO_ROFS, ERRNO_SUCCESS, FILETYPE_DIRECTORY, FILETYPE_SYMBOLIC_LINK } from "../wasi/abi.mjs";
import { NO_VOLUME } from "./volume.mjs";

/** @typedef {import("../clock.mjs").Timestamp} Timestamp */
/** @typedef {import("./volume.mjs").Volume} Volume */

/** What names in directories stand for. */
export class Inode {
  /** @readonly */
  filetype;
  /** @readonly */
  ino;
  /** @readonly @type {Volume} */
  volume;
  /** How many names stand for it. */
  nlink = 1;
  /** How many descriptors are open on it. */
  opens = 0;
  atime;
  mtime;
  ctime;

  /**
   * @param {number} filetype
   * @param {number} ino
   * @param {Timestamp} now
   * @param {Volume} [volume] left out for what is in no file system
   */
  constructor(filetype, ino, now, volume = NO_VOLUME) {
    this.filetype = filetype;
    this.ino = ino;
    this.volume = volume;
    this.atime = this.mtime = this.ctime = now;
  }

  /** Size in bytes as `filestat` has it. */
  get size() {
    return 0;
  }

  /** Contents changed. @param {Timestamp} now */
  modified(now) {
    this.mtime = this.ctime = now;
    this.volume.version++;
  }

  /** What the inode is changed, not its contents: names and times. @param {Timestamp} now */
  touched(now) {
    this.ctime = now;
    this.volume.version++;
  }

  /** utimensat(2). @param {Timestamp} atime @param {Timestamp} mtime @param {Timestamp} now @returns {number} errno */
  setTimes(atime, mtime, now) {
    if (this.volume.readOnly) return ERRNO_ROFS;
    this.atime = atime;
    this.mtime = mtime;
    this.touched(now);
    return ERRNO_SUCCESS;
  }

  /** A descriptor was opened on it. */
  opened() {
    this.opens++;
  }

  /** A descriptor on it was closed. */
  closed() {
    this.opens--;
    this.dropIfUnused();
  }

  /** Gives back what it held, once no name and no descriptor stands for it. */
  dropIfUnused() {
    if (this.nlink > 0) return;
    if (this.opens > 0) {
      this.orphaned();
      return;
    }
    this.volume.quota.filesFree++;
    this.discard();
  }

  /** The last name is gone, and descriptors are left. */
  orphaned() {}

  /** Lets go of the contents, which nobody will read again. */
  discard() {}
}

/** A directory. It has one parent: directories cannot be linked twice. */
export class DirectoryInode extends Inode {
  /** @type {Map<string, Inode>} */
  entries = new Map();
  /**
   * Names that are found when there is no entry, but are not listed and do not stand in the way of new ones.
   * @type {Map<string, Inode> | null}
   */
  hidden = null;
  /** @type {DirectoryInode} */
  parent;
  /** Whether another file system begins here. */
  isMountPoint = false;
  /** What had the name before another file system was mounted over it. @type {Inode | null} */
  covers = null;

  /**
   * @param {number} ino
   * @param {Timestamp} now
   * @param {DirectoryInode | null} parent null for the root, its own parent
   * @param {Volume} [volume]
   */
  constructor(ino, now, parent, volume) {
    super(FILETYPE_DIRECTORY, ino, now, volume);
    this.nlink = 2;
    this.parent = parent ?? this;
  }

  /** @override */
  get size() {
    return 4096;
  }

  /** Whether the directory still has a name; nothing can be created in one that has not. */
  get removed() {
    return this.nlink === 0;
  }

  /** @param {string} name @param {Inode} inode @param {Timestamp} now */
  add(name, inode, now) {
    this.entries.set(name, inode);
    if (inode instanceof DirectoryInode) {
      inode.parent = this;
      this.nlink++;
    }
    this.modified(now);
  }

  /** Takes a name away; what it stood for keeps its link count. @param {string} name @param {Timestamp} now */
  remove(name, now) {
    if (this.entries.get(name) instanceof DirectoryInode) this.nlink--;
    this.entries.delete(name);
    this.modified(now);
  }
}

/** A symbolic link. */
export class SymlinkInode extends Inode {
  /** @readonly */
  target;
  #size;

  /** @param {number} ino @param {Timestamp} now @param {string} target @param {Volume} [volume] */
  constructor(ino, now, target, volume) {
    super(FILETYPE_SYMBOLIC_LINK, ino, now, volume);
    this.target = target;
    this.#size = new TextEncoder().encode(target).length;
  }

  /** @override */
  get size() {
    return this.#size;
  }
}
