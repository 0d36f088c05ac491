import { DeviceInode } from "../devices/device-inode.mjs";
import { DirectoryDescriptor } from "../fs/directory-descriptor.mjs";
import { FileDescriptor } from "../fs/file-descriptor.mjs";
import { FileInode } from "../fs/file-inode.mjs";
import { DirectoryInode } from "../fs/inode.mjs";
import {
  ERRNO_BADF,
  ERRNO_FAULT,
  ERRNO_INVAL,
  ERRNO_NFILE,
  ERRNO_NOENT,
  ERRNO_NOTCAPABLE,
  ERRNO_NOTDIR,
  ERRNO_NXIO,
  ERRNO_SUCCESS,
  FDFLAGS_ALL,
  FILETYPE_REGULAR_FILE,
  LOOKUPFLAGS_SYMLINK_FOLLOW,
  OFLAGS_ALL,
  OFLAGS_DIRECTORY,
  RIGHTS_DIRECTORY,
  RIGHTS_FD_READ,
  RIGHTS_FD_WRITE,
  RIGHTS_FILE,
  RIGHTS_PATH_CREATE_DIRECTORY,
  RIGHTS_PATH_CREATE_FILE,
  RIGHTS_PATH_FILESTAT_GET,
  RIGHTS_PATH_FILESTAT_SET_SIZE,
  RIGHTS_PATH_FILESTAT_SET_TIMES,
  RIGHTS_PATH_LINK_SOURCE,
  RIGHTS_PATH_LINK_TARGET,
  RIGHTS_PATH_OPEN,
  RIGHTS_PATH_READLINK,
  RIGHTS_PATH_REMOVE_DIRECTORY,
  RIGHTS_PATH_RENAME_SOURCE,
  RIGHTS_PATH_RENAME_TARGET,
  RIGHTS_PATH_SYMLINK,
  RIGHTS_PATH_UNLINK_FILE,
} from "./abi.mjs";
import { fstflagsErrno, setFilestat, setInodeTimes } from "./filestat.mjs";

/** @typedef {import("../process.mjs").Process} Process */
/** @typedef {import("../descriptors.mjs").Descriptor} Descriptor */
/** @typedef {import("../fs/inode.mjs").Inode} Inode */
/** @typedef {import("./filestat.mjs").Layout} Layout */

/** All rights there are. */
const RIGHTS_MASK = 0x3fff_ffffn;

/**
 * path_*.
 * @param {Process} process
 * @param {Layout} layout
 */
export function pathFunctions({ memory, descriptors, clock, turnstile, fs }, layout) {
  const encoder = new TextEncoder();

  /**
   * The open directory that a path starts from.
   * @param {number} fd
   * @param {number} right what the call needs
   * @returns {DirectoryInode | number} or an errno
   */
  function startOf(fd, right) {
    const descriptor = descriptors.get(fd);
    if (descriptor === undefined || descriptor.directory === null) return ERRNO_BADF;
    return (descriptor.denied & right) !== 0 ? ERRNO_NOTCAPABLE : descriptor.directory;
  }

  /**
   * A call about one path: reads the path, reads the clock, goes on.
   * @param {number} fd
   * @param {number} right
   * @param {number} pointer
   * @param {number} length
   * @param {(start: DirectoryInode, path: string) => number} act
   * @returns {number} errno
   */
  function onPath(fd, right, pointer, length, act) {
    const start = startOf(fd, right);
    if (typeof start === "number") return start;
    const path = memory.path(pointer >>> 0, length >>> 0);
    if (typeof path === "number") return path;
    clock.read();
    return act(start, path);
  }

  /**
   * A call about two paths.
   * @param {[number, number, number, number]} old fd, right, pointer and length
   * @param {[number, number, number, number]} fresh the same
   * @param {(oldStart: DirectoryInode, oldPath: string, newStart: DirectoryInode, newPath: string) => number} act
   */
  function onPaths(old, fresh, act) {
    const oldStart = startOf(old[0], old[1]);
    if (typeof oldStart === "number") return oldStart;
    const newStart = startOf(fresh[0], fresh[1]);
    if (typeof newStart === "number") return newStart;
    const oldPath = memory.path(old[2] >>> 0, old[3] >>> 0);
    if (typeof oldPath === "number") return oldPath;
    const newPath = memory.path(fresh[2] >>> 0, fresh[3] >>> 0);
    if (typeof newPath === "number") return newPath;
    clock.read();
    return act(oldStart, oldPath, newStart, newPath);
  }

  /**
   * @param {Inode} inode
   * @returns {Descriptor | number} or an errno; its rights are what can be done with it
   */
  function descriptorFor(inode) {
    if (inode instanceof DeviceInode) return inode.open();
    const descriptor =
      inode instanceof DirectoryInode ? new DirectoryDescriptor(inode)
      : inode instanceof FileInode ? new FileDescriptor(inode, clock, turnstile)
      : ERRNO_NXIO;
    if (typeof descriptor !== "number") descriptor.rights = descriptor.directory === null ? RIGHTS_FILE : RIGHTS_DIRECTORY;
    return descriptor;
  }

  return {
    /** @param {number} fd @param {number} pointer @param {number} length */
    path_create_directory: (fd, pointer, length) =>
      onPath(fd, RIGHTS_PATH_CREATE_DIRECTORY, pointer, length, (start, path) => fs.createDirectory(start, path)),

    /** @param {number} fd @param {number} pointer @param {number} length */
    path_remove_directory: (fd, pointer, length) =>
      onPath(fd, RIGHTS_PATH_REMOVE_DIRECTORY, pointer, length, (start, path) => fs.removeDirectory(start, path)),

    /** @param {number} fd @param {number} pointer @param {number} length */
    path_unlink_file: (fd, pointer, length) =>
      onPath(fd, RIGHTS_PATH_UNLINK_FILE, pointer, length, (start, path) => fs.unlink(start, path)),

    /** @param {number} fd @param {number} flags @param {number} pointer @param {number} length @param {number} result */
    path_filestat_get(fd, flags, pointer, length, result) {
      result >>>= 0;
      if ((flags & ~LOOKUPFLAGS_SYMLINK_FOLLOW) !== 0) return ERRNO_INVAL;
      const start = startOf(fd, RIGHTS_PATH_FILESTAT_GET);
      if (typeof start === "number") return start;
      const path = memory.path(pointer >>> 0, length >>> 0);
      if (typeof path === "number") return path;
      if (!memory.fits(result, layout.filestatSize)) return ERRNO_FAULT;
      const inode = fs.stat(start, path, flags === LOOKUPFLAGS_SYMLINK_FOLLOW);
      if (typeof inode === "number") return inode;
      setFilestat(memory, layout, result, inode);
      return ERRNO_SUCCESS;
    },

    /**
     * @param {number} fd
     * @param {number} flags
     * @param {number} pointer
     * @param {number} length
     * @param {bigint} atim
     * @param {bigint} mtim
     * @param {number} fstflags
     */
    path_filestat_set_times(fd, flags, pointer, length, atim, mtim, fstflags) {
      const invalid = (flags & ~LOOKUPFLAGS_SYMLINK_FOLLOW) !== 0 ? ERRNO_INVAL : fstflagsErrno(fstflags);
      if (invalid !== ERRNO_SUCCESS) return invalid;
      return onPath(fd, RIGHTS_PATH_FILESTAT_SET_TIMES, pointer, length, (start, path) => {
        const inode = fs.stat(start, path, flags === LOOKUPFLAGS_SYMLINK_FOLLOW);
        if (typeof inode === "number") return inode;
        return setInodeTimes(inode, atim, mtim, fstflags, clock.timestamp());
      });
    },

    /**
     * @param {number} oldFd
     * @param {number} oldFlags following the old path is refused, as in wasmtime
     * @param {number} oldPointer
     * @param {number} oldLength
     * @param {number} newFd
     * @param {number} newPointer
     * @param {number} newLength
     */
    path_link(oldFd, oldFlags, oldPointer, oldLength, newFd, newPointer, newLength) {
      if ((oldFlags & ~LOOKUPFLAGS_SYMLINK_FOLLOW) !== 0) return ERRNO_INVAL;
      return onPaths(
        [oldFd, RIGHTS_PATH_LINK_SOURCE, oldPointer, oldLength],
        [newFd, RIGHTS_PATH_LINK_TARGET, newPointer, newLength],
        (oldStart, oldPath, newStart, newPath) =>
          oldFlags !== 0 ? ERRNO_INVAL : fs.link(oldStart, oldPath, newStart, newPath),
      );
    },

    /**
     * @param {number} oldFd
     * @param {number} oldPointer
     * @param {number} oldLength
     * @param {number} newFd
     * @param {number} newPointer
     * @param {number} newLength
     */
    path_rename: (oldFd, oldPointer, oldLength, newFd, newPointer, newLength) =>
      onPaths(
        [oldFd, RIGHTS_PATH_RENAME_SOURCE, oldPointer, oldLength],
        [newFd, RIGHTS_PATH_RENAME_TARGET, newPointer, newLength],
        (oldStart, oldPath, newStart, newPath) => fs.rename(oldStart, oldPath, newStart, newPath),
      ),

    /** @param {number} targetPointer @param {number} targetLength @param {number} fd @param {number} pointer @param {number} length */
    path_symlink: (targetPointer, targetLength, fd, pointer, length) =>
      onPath(fd, RIGHTS_PATH_SYMLINK, pointer, length, (start, path) => {
        const target = memory.path(targetPointer >>> 0, targetLength >>> 0);
        return typeof target === "number" ? target : fs.symlink(target, start, path);
      }),

    /**
     * Gives as much of the target as the buffer takes, as readlink(2) does.
     * @param {number} fd
     * @param {number} pointer
     * @param {number} length
     * @param {number} buffer
     * @param {number} bufferLength
     * @param {number} result
     */
    path_readlink(fd, pointer, length, buffer, bufferLength, result) {
      buffer >>>= 0;
      bufferLength >>>= 0;
      result >>>= 0;
      return onPath(fd, RIGHTS_PATH_READLINK, pointer, length, (start, path) => {
        if (!memory.fits(result, 4)) return ERRNO_FAULT;
        const target = fs.readlink(start, path);
        if (typeof target === "number") return target;
        const bytes = encoder.encode(target).subarray(0, bufferLength);
        if (!memory.fits(buffer, bytes.length)) return ERRNO_FAULT;
        memory.bytes.set(bytes, buffer);
        memory.view.setUint32(result, bytes.length, true);
        return ERRNO_SUCCESS;
      });
    },

    /**
     * @param {number} fd
     * @param {number} flags
     * @param {number} pointer
     * @param {number} length
     * @param {number} oflags
     * @param {bigint} rightsBase
     * @param {bigint} rightsInheriting
     * @param {number} fdflags
     * @param {number} result
     */
    path_open(fd, flags, pointer, length, oflags, rightsBase, rightsInheriting, fdflags, result) {
      result >>>= 0;
      if ((flags & ~LOOKUPFLAGS_SYMLINK_FOLLOW) !== 0 || (oflags & ~OFLAGS_ALL) !== 0 || (fdflags & ~FDFLAGS_ALL) !== 0) {
        return ERRNO_INVAL;
      }
      const from = descriptors.get(fd);
      if (from === undefined) return ERRNO_BADF;
      if (from.directory === null) return from.filetype === FILETYPE_REGULAR_FILE ? ERRNO_NOTDIR : ERRNO_BADF;
      if ((from.denied & RIGHTS_PATH_OPEN) !== 0) return ERRNO_NOTCAPABLE;
      if ((oflags & OFLAGS_DIRECTORY) !== 0 && oflags !== OFLAGS_DIRECTORY) return ERRNO_INVAL;
      const path = memory.path(pointer >>> 0, length >>> 0);
      if (typeof path === "number") return path;
      if (!memory.fits(result, 4)) return ERRNO_FAULT;
      // Before a file is made or cut.
      if (descriptors.full) return ERRNO_NFILE;
      clock.read();
      const base = Number(rightsBase & RIGHTS_MASK) & ~from.deniedInheriting;
      const inheriting = Number(rightsInheriting & RIGHTS_MASK) & ~from.deniedInheriting;
      const inode = fs.open(from.directory, path, {
        follow: flags === LOOKUPFLAGS_SYMLINK_FOLLOW,
        oflags,
        write: (base & RIGHTS_FD_WRITE) !== 0,
        mayCreate: (from.denied & RIGHTS_PATH_CREATE_FILE) === 0,
        mayTruncate: (from.denied & RIGHTS_PATH_FILESTAT_SET_SIZE) === 0,
      });
      if (typeof inode === "number") return inode === ERRNO_NOENT && fs.bare ? ERRNO_NOTCAPABLE : inode;
      const descriptor = descriptorFor(inode);
      if (typeof descriptor === "number") return descriptor;
      descriptor.flags = fdflags;
      const isFile = descriptor.directory === null;
      descriptor.rights &= base;
      descriptor.rightsInheriting = inheriting;
      descriptor.deniedInheriting = from.deniedInheriting;
      descriptor.denied = from.deniedInheriting | (isFile ? (RIGHTS_FD_READ | RIGHTS_FD_WRITE) & ~base : 0);
      const opened = descriptors.add(descriptor);
      if (opened < 0) return -opened;
      memory.view.setUint32(result, opened, true);
      return ERRNO_SUCCESS;
    },
  };
}
