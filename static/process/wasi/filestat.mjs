import { setTimestamp, timestampOf } from "../timestamp.mjs";
import { ERRNO_INVAL, FSTFLAGS_ALL, FSTFLAGS_ATIM, FSTFLAGS_ATIM_NOW, FSTFLAGS_MTIM, FSTFLAGS_MTIM_NOW } from "./abi.mjs";

/** @typedef {import("../fs/inode.mjs").Inode} Inode */
/** @typedef {import("../clock.mjs").Timestamp} Timestamp */
/** @typedef {import("../guest-memory.mjs").GuestMemory} GuestMemory */

/**
 * How a generation of WASI lays its structures out.
 * @typedef {object} Layout
 * @property {number} filestatSize
 * @property {number} nlinkOffset within filestat, of a field of `nlinkSize` bytes; size and times follow
 * @property {4 | 8} nlinkSize
 * @property {readonly number[]} whence WHENCE_* of preview 1 by this generation's number
 * @property {number} subscriptionSize
 * @property {number} subscriptionClockOffset within subscription, of the clock's id
 */

/** @type {Layout} */
export const LAYOUT_PREVIEW1 = {
  filestatSize: 64,
  nlinkOffset: 24,
  nlinkSize: 8,
  whence: [0, 1, 2],
  subscriptionSize: 48,
  subscriptionClockOffset: 16,
};

/**
 * Preview 0, the module `wasi_unstable`: a link count of 32 bits, whence in the order CUR, END, SET, and an identifier before
 * the clock's id. https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview0/docs.md
 * @type {Layout}
 */
export const LAYOUT_UNSTABLE = {
  filestatSize: 56,
  nlinkOffset: 20,
  nlinkSize: 4,
  whence: [1, 2, 0],
  subscriptionSize: 56,
  subscriptionClockOffset: 24,
};

/**
 * Writes a filestat; the range must have been checked.
 * @param {GuestMemory} memory
 * @param {Layout} layout
 * @param {number} pointer
 * @param {Inode} inode
 */
export function setFilestat(memory, layout, pointer, inode) {
  const view = memory.view;
  memory.setUint64(pointer, inode.volume.dev);
  memory.setUint64(pointer + 8, inode.ino);
  // The file type, and the padding behind it.
  view.setUint32(pointer + 16, inode.filetype, true);
  view.setUint32(pointer + 20, 0, true);
  view.setUint32(pointer + layout.nlinkOffset, inode.nlink, true);
  if (layout.nlinkSize === 8) view.setUint32(pointer + layout.nlinkOffset + 4, 0, true);
  const rest = pointer + layout.nlinkOffset + layout.nlinkSize;
  memory.setUint64(rest, inode.size);
  setTimestamp(view, rest + 8, inode.atime);
  setTimestamp(view, rest + 16, inode.mtime);
  setTimestamp(view, rest + 24, inode.ctime);
}

/**
 * Whether FSTFLAGS_* make sense.
 * @param {number} flags
 */
export function fstflagsErrno(flags) {
  if ((flags & ~FSTFLAGS_ALL) !== 0) return ERRNO_INVAL;
  if ((flags & FSTFLAGS_ATIM) !== 0 && (flags & FSTFLAGS_ATIM_NOW) !== 0) return ERRNO_INVAL;
  if ((flags & FSTFLAGS_MTIM) !== 0 && (flags & FSTFLAGS_MTIM_NOW) !== 0) return ERRNO_INVAL;
  return 0;
}

/**
 * @param {Inode} inode
 * @param {bigint} atim nanoseconds
 * @param {bigint} mtim nanoseconds
 * @param {number} flags FSTFLAGS_*, found sensible
 * @param {Timestamp} now
 * @returns {number} errno
 */
export function setInodeTimes(inode, atim, mtim, flags, now) {
  let { atime, mtime } = inode;
  if ((flags & FSTFLAGS_ATIM) !== 0) atime = timestampOf(atim);
  else if ((flags & FSTFLAGS_ATIM_NOW) !== 0) atime = now;
  if ((flags & FSTFLAGS_MTIM) !== 0) mtime = timestampOf(mtim);
  else if ((flags & FSTFLAGS_MTIM_NOW) !== 0) mtime = now;
  return inode.setTimes(atime, mtime, now);
}
