import {
  ERRNO_BUSY,
  ERRNO_EXIST,
  ERRNO_INVAL,
  ERRNO_ISDIR,
  ERRNO_LOOP,
  ERRNO_NOENT,
  ERRNO_NOTDIR,
  ERRNO_NOTEMPTY,
  ERRNO_NOTCAPABLE,
  ERRNO_PERM,
  ERRNO_SUCCESS,
  OFLAGS_CREAT,
  OFLAGS_DIRECTORY,
  OFLAGS_EXCL,
  OFLAGS_TRUNC,
} from "../wasi/abi.mjs";
import { DirectoryInode, FileInode, SymlinkInode } from "./inode.mjs";
import { Lookup } from "./lookup.mjs";

/** @typedef {import("../clock.mjs").Clock} Clock */
/** @typedef {import("../clock.mjs").Timestamp} Timestamp */
/** @typedef {import("./inode.mjs").Inode} Inode */

/**
 * A tree of inodes in memory, and what can be done to its names. Errno choices are Linux's, which are what wasmtime passes on;
 * paths are seen from an open directory (`start`) and cannot leave it. Relies on the clock having been read in this call.
 */
export class FileSystem {
  #clock;
  #nextIno = 1;
  #lookup = new Lookup();
  #lookupTarget = new Lookup();
  /** @readonly */
  root;

  /** @param {Clock} clock */
  constructor(clock) {
    this.#clock = clock;
    this.root = new DirectoryInode(this.#nextIno++, clock.timestamp(), null);
  }

  /** @returns {Timestamp} */
  now() {
    return this.#clock.timestamp();
  }

  /** @param {DirectoryInode} parent @param {string} name */
  addFile(parent, name) {
    const now = this.now();
    const file = new FileInode(this.#nextIno++, now);
    parent.add(name, file, now);
    return file;
  }

  /** @param {DirectoryInode} parent @param {string} name */
  addDirectory(parent, name) {
    const now = this.now();
    const directory = new DirectoryInode(this.#nextIno++, now, parent);
    parent.add(name, directory, now);
    return directory;
  }

  /** @param {DirectoryInode} parent @param {string} name @param {string} target */
  addSymlink(parent, name, target) {
    const now = this.now();
    parent.add(name, new SymlinkInode(this.#nextIno++, now, target), now);
  }

  /**
   * @param {DirectoryInode} start
   * @param {string} path
   * @param {boolean} follow
   * @returns {Inode | number} or an errno
   */
  stat(start, path, follow) {
    const lookup = this.#lookup;
    const errno = lookup.findExisting(start, path, follow);
    return errno === ERRNO_SUCCESS ? /** @type {Inode} */ (lookup.inode) : errno;
  }

  /**
   * openat(2).
   * @param {DirectoryInode} start
   * @param {string} path
   * @param {object} how
   * @param {boolean} how.follow
   * @param {number} how.oflags OFLAGS_*
   * @param {boolean} how.write whether the descriptor is to be written to
   * @param {boolean} how.mayCreate
   * @param {boolean} how.mayTruncate
   * @returns {Inode | number} or an errno
   */
  open(start, path, { follow, oflags, write, mayCreate, mayTruncate }) {
    const create = (oflags & OFLAGS_CREAT) !== 0;
    const exclusive = create && (oflags & OFLAGS_EXCL) !== 0;
    const directory = (oflags & OFLAGS_DIRECTORY) !== 0;
    const truncate = (oflags & OFLAGS_TRUNC) !== 0;
    if (directory && (oflags & (OFLAGS_CREAT | OFLAGS_EXCL | OFLAGS_TRUNC)) !== 0) return ERRNO_INVAL;

    const lookup = this.#lookup;
    const errno = lookup.find(start, path, create ? follow && !exclusive : follow || path.endsWith("/"), create);
    if (errno !== ERRNO_SUCCESS) return errno;
    const inode = lookup.inode;
    if (inode === null) {
      const parent = lookup.parent;
      if (!create || parent === null || parent.removed) return ERRNO_NOENT;
      return mayCreate ? this.addFile(parent, lookup.name) : ERRNO_NOTCAPABLE;
    }
    if (exclusive) return ERRNO_EXIST;
    if (inode instanceof DirectoryInode) {
      return create || truncate || write ? ERRNO_ISDIR : inode;
    }
    if (inode instanceof SymlinkInode) return ERRNO_LOOP;
    if (directory || lookup.slash) return ERRNO_NOTDIR;
    if (truncate && inode instanceof FileInode) {
      if (!mayTruncate) return ERRNO_NOTCAPABLE;
      inode.resize(0);
      inode.modified(this.now());
    }
    return inode;
  }

  /** mkdirat(2). @param {DirectoryInode} start @param {string} path @returns {number} errno */
  createDirectory(start, path) {
    const lookup = this.#lookup;
    const errno = lookup.find(start, path, false);
    if (errno !== ERRNO_SUCCESS) return errno;
    if (lookup.parent === null || lookup.inode !== null) return ERRNO_EXIST;
    if (lookup.parent.removed) return ERRNO_NOENT;
    this.addDirectory(lookup.parent, lookup.name);
    return ERRNO_SUCCESS;
  }

  /** rmdir(2). @param {DirectoryInode} start @param {string} path @returns {number} errno */
  removeDirectory(start, path) {
    const lookup = this.#lookup;
    const errno = lookup.find(start, path, false);
    if (errno !== ERRNO_SUCCESS) return errno;
    if (lookup.parent === null) return ERRNO_INVAL;
    const inode = lookup.inode;
    if (inode === null) return ERRNO_NOENT;
    // A link with a slash behind it means what it leads to, which has another name.
    if (inode instanceof SymlinkInode && lookup.slash) return lookup.findName(start, path) || ERRNO_INVAL;
    if (!(inode instanceof DirectoryInode)) return ERRNO_NOTDIR;
    if (inode.entries.size > 0) return ERRNO_NOTEMPTY;
    lookup.parent.remove(lookup.name, this.now());
    inode.nlink = 0;
    return ERRNO_SUCCESS;
  }

  /** unlink(2). @param {DirectoryInode} start @param {string} path @returns {number} errno */
  unlink(start, path) {
    const lookup = this.#lookup;
    const errno = lookup.findName(start, path);
    if (errno !== ERRNO_SUCCESS) return errno;
    const { parent, inode } = lookup;
    if (parent === null) return ERRNO_ISDIR;
    if (inode === null) return ERRNO_NOENT;
    if (inode instanceof DirectoryInode) return ERRNO_ISDIR;
    this.#dropName(parent, lookup.name, inode);
    return ERRNO_SUCCESS;
  }

  /**
   * linkat(2), without following.
   * @param {DirectoryInode} oldStart
   * @param {string} oldPath
   * @param {DirectoryInode} newStart
   * @param {string} newPath
   * @returns {number} errno
   */
  link(oldStart, oldPath, newStart, newPath) {
    const from = this.#lookup;
    const to = this.#lookupTarget;
    const errno = from.findName(oldStart, oldPath) || to.findName(newStart, newPath);
    if (errno !== ERRNO_SUCCESS) return errno;
    const inode = from.inode;
    if (inode === null) return ERRNO_NOENT;
    if (to.parent === null || to.inode !== null) return ERRNO_EXIST;
    if (to.parent.removed) return ERRNO_NOENT;
    if (inode instanceof DirectoryInode) return ERRNO_PERM;
    const now = this.now();
    to.parent.add(to.name, inode, now);
    inode.nlink++;
    inode.ctime = now;
    return ERRNO_SUCCESS;
  }

  /**
   * symlinkat(2). An absolute target could never be followed and is refused.
   * @param {string} target
   * @param {DirectoryInode} start
   * @param {string} path
   * @returns {number} errno
   */
  symlink(target, start, path) {
    if (target.startsWith("/")) return ERRNO_PERM;
    const lookup = this.#lookup;
    const errno = lookup.findName(start, path);
    if (errno !== ERRNO_SUCCESS) return errno;
    if (target === "") return ERRNO_NOENT;
    if (lookup.parent === null || lookup.inode !== null) return ERRNO_EXIST;
    if (lookup.parent.removed) return ERRNO_NOENT;
    this.addSymlink(lookup.parent, lookup.name, target);
    return ERRNO_SUCCESS;
  }

  /** readlinkat(2). @param {DirectoryInode} start @param {string} path @returns {string | number} or an errno */
  readlink(start, path) {
    const inode = this.stat(start, path, false);
    if (typeof inode === "number") return inode;
    return inode instanceof SymlinkInode ? inode.target : ERRNO_INVAL;
  }

  /**
   * renameat(2).
   * @param {DirectoryInode} oldStart
   * @param {string} oldPath
   * @param {DirectoryInode} newStart
   * @param {string} newPath
   * @returns {number} errno
   */
  rename(oldStart, oldPath, newStart, newPath) {
    const from = this.#lookup;
    const to = this.#lookupTarget;
    const errno = from.find(oldStart, oldPath, false) || to.find(newStart, newPath, false);
    if (errno !== ERRNO_SUCCESS) return errno;
    if (from.parent === null || to.parent === null) return ERRNO_BUSY;
    const inode = from.inode;
    const replaced = to.inode;
    if (inode === null) return ERRNO_NOENT;
    if (inode instanceof DirectoryInode) {
      if (isInside(to.parent, inode)) return ERRNO_INVAL;
    } else if (from.slash || to.slash) {
      return ERRNO_NOTDIR;
    }
    if (to.parent.removed) return ERRNO_NOENT;
    if (replaced !== null) {
      if (replaced === inode) return ERRNO_SUCCESS;
      if (replaced instanceof DirectoryInode) {
        if (isInside(from.parent, replaced)) return ERRNO_NOTEMPTY;
        if (!(inode instanceof DirectoryInode)) return ERRNO_ISDIR;
        if (replaced.entries.size > 0) return ERRNO_NOTEMPTY;
        to.parent.remove(to.name, this.now());
        replaced.nlink = 0;
      } else {
        if (inode instanceof DirectoryInode) return ERRNO_NOTDIR;
        this.#dropName(to.parent, to.name, replaced);
      }
    }
    const now = this.now();
    from.parent.remove(from.name, now);
    to.parent.add(to.name, inode, now);
    inode.ctime = now;
    return ERRNO_SUCCESS;
  }

  /** @param {DirectoryInode} parent @param {string} name @param {Inode} inode */
  #dropName(parent, name, inode) {
    const now = this.now();
    parent.remove(name, now);
    inode.nlink--;
    inode.ctime = now;
  }
}

/** Whether a directory is another or lies below it. @param {DirectoryInode} directory @param {DirectoryInode} other */
function isInside(directory, other) {
  for (let at = directory; ; at = at.parent) {
    if (at === other) return true;
    if (at.parent === at) return false;
  }
}
