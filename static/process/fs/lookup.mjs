import {
  ERRNO_ISDIR,
  ERRNO_LOOP,
  ERRNO_NAMETOOLONG,
  ERRNO_NOENT,
  ERRNO_NOTDIR,
  ERRNO_PERM,
  ERRNO_SUCCESS,
} from "../wasi/abi.mjs";
import { DirectoryInode, SymlinkInode } from "./inode.mjs";

/** @typedef {import("./inode.mjs").Inode} Inode */

/** As in Linux: path_resolution(7). */
const SYMLINKS_MAX = 40;
const NAME_BYTES_MAX = 255;

const SLASH = 47;
const DOT = 46;

/**
 * Finds what a path stands for, seen from a directory that it may not leave: an absolute path, a link with an absolute
 * target and a `..` above the starting directory are EPERM, as in wasmtime (RESOLVE_BENEATH of openat2(2)).
 * One object is used again and again; its fields are the answer of the last `find`.
 */
export class Lookup {
  /** Where the last name is, or would be. Null when the path ends in `.` or `..`. @type {DirectoryInode | null} */
  parent = null;
  name = "";
  /** Null when there is nothing of that name. @type {Inode | null} */
  inode = null;
  /**
   * What the directory itself holds under that name: hidden names are not seen by who makes, renames or removes.
   * @type {Inode | null}
   */
  entry = null;
  /** Whether slashes follow the last name: it must be a directory. */
  slash = false;
  #followed;

  /** @param {(link: SymlinkInode) => void} followed told of every symbolic link on the way */
  constructor(followed) {
    this.#followed = followed;
  }

  /**
   * @param {DirectoryInode} start
   * @param {string} path
   * @param {boolean} follow whether a symbolic link in the last place is followed
   * @param {boolean} [toCreate] whether a file is to be made: a slash behind the last name is EISDIR then, as in open(2)
   * @returns {number} errno; a missing last name is no error, but `inode` null
   */
  find(start, path, follow, toCreate = false) {
    let directory = start;
    /** How far below the start. */
    let depth = 0;
    let links = 0;
    let rest = path;
    let at = 0;
    if (rest.length === 0) return ERRNO_NOENT;
    if (rest.charCodeAt(0) === SLASH) return ERRNO_PERM;
    for (;;) {
      const stop = rest.indexOf("/", at);
      const end = stop === -1 ? rest.length : stop;
      let next = end;
      while (next < rest.length && rest.charCodeAt(next) === SLASH) next++;
      const last = next === rest.length;

      if (isDots(rest, at, end)) {
        if (end - at === 2) {
          if (depth === 0) return ERRNO_PERM;
          depth--;
          directory = directory.parent;
        }
        if (last) return this.#foundDirectory(directory);
        at = next;
        continue;
      }

      const name = at === 0 && end === rest.length ? rest : rest.slice(at, end);
      if (name.length * 3 > NAME_BYTES_MAX && utf8Length(name) > NAME_BYTES_MAX) return ERRNO_NAMETOOLONG;
      const entry = directory.entries.get(name) ?? null;
      const inode = entry ?? directory.hidden?.get(name) ?? null;
      const slash = end !== next;
      if (last && slash && toCreate) return ERRNO_ISDIR;

      if (inode instanceof SymlinkInode && (!last || follow)) {
        if (++links > SYMLINKS_MAX) return ERRNO_LOOP;
        this.#followed(inode);
        if (inode.target.charCodeAt(0) === SLASH) return ERRNO_PERM;
        rest = inode.target + rest.slice(end);
        at = 0;
        continue;
      }
      if (last) {
        this.parent = directory;
        this.name = name;
        this.inode = inode;
        this.entry = entry;
        this.slash = slash;
        return ERRNO_SUCCESS;
      }
      if (inode === null) return ERRNO_NOENT;
      if (!(inode instanceof DirectoryInode)) return ERRNO_NOTDIR;
      directory = inode;
      depth++;
      at = next;
    }
  }

  /**
   * Finds something that must be there. A slash at the end demands a directory, and follows a link to it.
   * @param {DirectoryInode} start
   * @param {string} path
   * @param {boolean} follow
   * @returns {number} errno
   */
  findExisting(start, path, follow) {
    const errno = this.find(start, path, follow || path.charCodeAt(path.length - 1) === SLASH);
    if (errno !== ERRNO_SUCCESS) return errno;
    if (this.inode === null) return ERRNO_NOENT;
    if (this.slash && !(this.inode instanceof DirectoryInode)) return ERRNO_NOTDIR;
    return ERRNO_SUCCESS;
  }

  /**
   * Finds a name that is to be made, taken away or linked. A slash at the end means the directory behind the name, links
   * followed, and not the name: `parent` is null then, as for `.`. (So does wasmtime; Linux differs in the errno for links.)
   * @param {DirectoryInode} start
   * @param {string} path
   * @returns {number} errno
   */
  findName(start, path) {
    if (path.charCodeAt(path.length - 1) !== SLASH) return this.find(start, path, false);
    const errno = this.findExisting(start, path, true);
    this.parent = null;
    return errno;
  }

  /** @param {DirectoryInode} directory */
  #foundDirectory(directory) {
    this.parent = null;
    this.name = "";
    this.inode = this.entry = directory;
    this.slash = false;
    return ERRNO_SUCCESS;
  }
}

/**
 * Whether the part is `.` or `..`.
 * @param {string} path
 * @param {number} from
 * @param {number} to
 */
function isDots(path, from, to) {
  const length = to - from;
  if (length === 1) return path.charCodeAt(from) === DOT;
  return length === 2 && path.charCodeAt(from) === DOT && path.charCodeAt(from + 1) === DOT;
}

/** @param {string} text */
function utf8Length(text) {
  return new TextEncoder().encode(text).length;
}
