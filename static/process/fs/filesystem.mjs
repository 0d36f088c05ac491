import {
  ERRNO_BUSY,
  ERRNO_EXIST,
  ERRNO_INVAL,
  ERRNO_ISDIR,
  ERRNO_LOOP,
  ERRNO_NOENT,
  ERRNO_NOSPC,
  ERRNO_NOTDIR,
  ERRNO_NOTEMPTY,
  ERRNO_NOTCAPABLE,
  ERRNO_PERM,
  ERRNO_ROFS,
  ERRNO_SUCCESS,
  ERRNO_XDEV,
  OFLAGS_CREAT,
  OFLAGS_DIRECTORY,
  OFLAGS_EXCL,
  OFLAGS_TRUNC,
} from "../wasi/abi.mjs";
import { ContentCache } from "./content-cache.mjs";
import { FileInode } from "./file-inode.mjs";
import { DirectoryInode, SymlinkInode } from "./inode.mjs";
import { Lookup } from "./lookup.mjs";
import { Quota } from "./quota.mjs";
import { Volume } from "./volume.mjs";

/** @typedef {import("../clock.mjs").Clock} Clock */
/** @typedef {import("../clock.mjs").Timestamp} Timestamp */
/** @typedef {import("./inode.mjs").Inode} Inode */
/** @typedef {import("./volume.mjs").Handover} Handover */

/** `st_dev` of the root file system; mounts count on from it. */
const DEV_ROOT = 1;

/**
 * A tree of inodes in memory, and what can be done to its names. Errno choices, and which of two comes first, are Linux's, which
 * are what wasmtime passes on; paths are seen from an open directory (`start`) and cannot leave it. Relies on the clock having
 * been read in this call.
 */
export class FileSystem {
  /** Names at the root that lookups find when there is no entry of that name. @type {Map<string, Inode>} @readonly */
  hidden = new Map();
  quota;
  /** Shared by all volumes. @readonly */
  cache = new ContentCache();
  /** @type {DirectoryInode} */
  root;
  /** Whether the program was given a directory or files. */
  granted = true;
  #clock;
  #nextDev = DEV_ROOT;
  #lookup = new Lookup((link) => this.accessed(link));
  #lookupTarget = new Lookup((link) => this.accessed(link));

  /** @param {Clock} clock @param {Quota} [quota] of all its writable volumes together */
  constructor(clock, quota = new Quota()) {
    this.#clock = clock;
    this.quota = quota;
    this.root = this.addVolume({ readOnly: false, handover: "all" });
    this.root.hidden = this.hidden;
  }

  /**
   * Whether there is nothing that anybody gave or the program made: what it asks for then is not permitted rather than not there,
   * as on a host that gives it no directory at all.
   */
  get bare() {
    return !this.granted && this.root.entries.size === 0;
  }

  /** @returns {Timestamp} */
  now() {
    return this.#clock.timestamp();
  }

  /** Notes that something was read. Reads the clock. @param {Inode} inode */
  accessed(inode) {
    if (inode.volume.readOnly) return;
    this.#clock.read();
    inode.atime = this.#clock.timestamp();
  }

  /**
   * An empty file system, not mounted yet.
   * @param {{ readOnly: boolean, handover: Handover }} how
   * @returns {DirectoryInode} its root
   */
  addVolume({ readOnly, handover }) {
    readOnly = Boolean(readOnly); // mounts come from outside, and a state of them must be one
    // What cannot be written to is not counted with what the program writes, but must end somewhere all the same.
    const quota = readOnly ? new Quota({ files: this.quota.files }) : this.quota;
    const volume = new Volume({ dev: this.#nextDev++, quota, readOnly, handover, cache: this.cache });
    return new DirectoryInode(volume.takeIno(), this.now(), null, volume);
  }

  /**
   * Mounts a file system over a name, or over the root. What had the name is hidden and stays as it is.
   * @param {DirectoryInode} root from `addVolume`
   * @param {DirectoryInode | null} parent null for the root
   * @param {string} name
   */
  mount(root, parent, name) {
    root.isMountPoint = true;
    if (parent === null) {
      root.covers = this.root;
      this.root.hidden = null;
      root.hidden = this.hidden;
      for (const inode of this.hidden.values()) if (inode instanceof DirectoryInode) inode.parent = root;
      this.root = root;
      return;
    }
    root.covers = parent.entries.get(name) ?? null;
    root.parent = parent;
    parent.entries.set(name, root);
  }

  /** The number that the next volume has. */
  get nextDev() {
    return this.#nextDev;
  }

  /**
   * Goes on with other file systems than before.
   * @param {DirectoryInode} root of all
   * @param {Quota} quota what they count against
   * @param {number} nextDev
   */
  resume(root, quota, nextDev) {
    this.root.hidden = null;
    this.root = root;
    root.hidden = this.hidden;
    for (const inode of this.hidden.values()) if (inode instanceof DirectoryInode) inode.parent = root;
    this.quota = quota;
    this.#nextDev = nextDev;
  }

  /** @param {DirectoryInode} parent @param {string} name */
  addFile(parent, name) {
    const now = this.now();
    const file = new FileInode(parent.volume.takeIno(), now, parent.volume);
    parent.add(name, file, now);
    return file;
  }

  /** @param {DirectoryInode} parent @param {string} name */
  addDirectory(parent, name) {
    const now = this.now();
    const directory = new DirectoryInode(parent.volume.takeIno(), now, parent, parent.volume);
    parent.add(name, directory, now);
    return directory;
  }

  /** @param {DirectoryInode} parent @param {string} name @param {string} target */
  addSymlink(parent, name, target) {
    const now = this.now();
    const symlink = new SymlinkInode(parent.volume.takeIno(), now, target, parent.volume);
    parent.add(name, symlink, now);
    return symlink;
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
   * openat(2). A directory is neither made nor cut: the caller has seen to it that DIRECTORY stands alone.
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

    const lookup = this.#lookup;
    const errno = lookup.find(start, path, create ? follow && !exclusive : follow || path.endsWith("/"), create);
    if (errno !== ERRNO_SUCCESS) return errno;
    const inode = create ? lookup.entry : lookup.inode;
    if (inode === null) {
      const parent = lookup.parent;
      if (!create || parent === null || parent.removed) return ERRNO_NOENT;
      if (!mayCreate) return ERRNO_NOTCAPABLE;
      return mayAdd(parent) || this.addFile(parent, lookup.name);
    }
    if (exclusive) return ERRNO_EXIST;
    if (inode instanceof DirectoryInode) {
      return create || truncate || write ? ERRNO_ISDIR : inode;
    }
    if (inode instanceof SymlinkInode) return ERRNO_LOOP;
    if (directory || lookup.slash) return ERRNO_NOTDIR;
    if (inode instanceof FileInode) {
      if (truncate && !mayTruncate) return ERRNO_NOTCAPABLE;
      if ((truncate || write) && inode.volume.readOnly) return ERRNO_ROFS;
      if (truncate) {
        inode.resize(0);
        inode.modified(this.now());
      }
    }
    return inode;
  }

  /** mkdirat(2). @param {DirectoryInode} start @param {string} path @returns {number} errno */
  createDirectory(start, path) {
    const lookup = this.#lookup;
    const errno = lookup.find(start, path, false);
    if (errno !== ERRNO_SUCCESS) return errno;
    if (lookup.parent === null || lookup.entry !== null) return ERRNO_EXIST;
    if (lookup.parent.removed) return ERRNO_NOENT;
    const refused = mayAdd(lookup.parent);
    if (refused === ERRNO_SUCCESS) this.addDirectory(lookup.parent, lookup.name);
    return refused;
  }

  /** rmdir(2). @param {DirectoryInode} start @param {string} path @returns {number} errno */
  removeDirectory(start, path) {
    const lookup = this.#lookup;
    const errno = lookup.find(start, path, false);
    if (errno !== ERRNO_SUCCESS) return errno;
    if (lookup.parent === null) return ERRNO_INVAL;
    if (lookup.parent.volume.readOnly) return ERRNO_ROFS;
    const inode = lookup.entry;
    if (inode === null) return ERRNO_NOENT;
    // A link with a slash behind it means what it leads to, which has another name.
    if (inode instanceof SymlinkInode && lookup.slash) return lookup.findName(start, path) || ERRNO_INVAL;
    if (!(inode instanceof DirectoryInode)) return ERRNO_NOTDIR;
    if (isMountPoint(inode)) return ERRNO_BUSY;
    if (inode.entries.size > 0) return ERRNO_NOTEMPTY;
    this.#dropDirectory(lookup.parent, lookup.name, inode);
    return ERRNO_SUCCESS;
  }

  /** unlink(2). @param {DirectoryInode} start @param {string} path @returns {number} errno */
  unlink(start, path) {
    const lookup = this.#lookup;
    const errno = lookup.findName(start, path);
    if (errno !== ERRNO_SUCCESS) return errno;
    const { parent, entry } = lookup;
    if (parent === null) return ERRNO_ISDIR;
    if (parent.volume.readOnly) return ERRNO_ROFS;
    if (entry === null) return ERRNO_NOENT;
    if (entry instanceof DirectoryInode) return ERRNO_ISDIR;
    this.#dropName(parent, lookup.name, entry);
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
    if (to.parent === null || to.entry !== null) return ERRNO_EXIST;
    if (to.parent.volume.readOnly) return ERRNO_ROFS;
    if (inode.volume !== to.parent.volume) return ERRNO_XDEV;
    if (to.parent.removed) return ERRNO_NOENT;
    if (inode instanceof DirectoryInode) return ERRNO_PERM;
    const now = this.now();
    to.parent.add(to.name, inode, now);
    inode.nlink++;
    inode.touched(now);
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
    if (lookup.parent === null || lookup.entry !== null) return ERRNO_EXIST;
    if (lookup.parent.removed) return ERRNO_NOENT;
    const refused = mayAdd(lookup.parent);
    if (refused === ERRNO_SUCCESS) this.addSymlink(lookup.parent, lookup.name, target);
    return refused;
  }

  /** readlinkat(2). @param {DirectoryInode} start @param {string} path @returns {string | number} or an errno */
  readlink(start, path) {
    const inode = this.stat(start, path, false);
    if (typeof inode === "number") return inode;
    if (!(inode instanceof SymlinkInode)) return ERRNO_INVAL;
    this.accessed(inode);
    return inode.target;
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
    if (from.parent.volume !== to.parent.volume) return ERRNO_XDEV;
    if (from.parent.volume.readOnly) return ERRNO_ROFS;
    const inode = from.entry;
    const replaced = to.entry;
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
        if (isMountPoint(inode) || isMountPoint(replaced)) return ERRNO_BUSY;
        if (replaced.entries.size > 0) return ERRNO_NOTEMPTY;
        this.#dropDirectory(to.parent, to.name, replaced);
      } else {
        if (inode instanceof DirectoryInode) return ERRNO_NOTDIR;
        this.#dropName(to.parent, to.name, replaced);
      }
    } else if (isMountPoint(inode)) {
      return ERRNO_BUSY;
    }
    const now = this.now();
    from.parent.remove(from.name, now);
    to.parent.add(to.name, inode, now);
    inode.touched(now);
    return ERRNO_SUCCESS;
  }

  /** @param {DirectoryInode} parent @param {string} name @param {Inode} inode */
  #dropName(parent, name, inode) {
    const now = this.now();
    parent.remove(name, now);
    inode.nlink--;
    inode.touched(now);
    inode.dropIfUnused();
  }

  /** @param {DirectoryInode} parent @param {string} name @param {DirectoryInode} directory empty */
  #dropDirectory(parent, name, directory) {
    parent.remove(name, this.now());
    directory.nlink = 0;
    directory.dropIfUnused();
  }
}

/** @param {Inode} inode */
function isMountPoint(inode) {
  return inode instanceof DirectoryInode && inode.isMountPoint;
}

/** Whether a name can be added to a directory for a new inode. @param {DirectoryInode} parent @returns {number} errno */
function mayAdd(parent) {
  if (parent.volume.readOnly) return ERRNO_ROFS;
  return parent.volume.quota.filesFree < 1 ? ERRNO_NOSPC : ERRNO_SUCCESS;
}

/** Whether a directory is another or lies below it. @param {DirectoryInode} directory @param {DirectoryInode} other */
function isInside(directory, other) {
  for (let at = directory; ; at = at.parent) {
    if (at === other) return true;
    if (at.parent === at) return false;
  }
}
