import { ERRNO_IO, ERRNO_NOMEM } from "../wasi/abi.mjs";
import { FILE_BYTES_MAX } from "./file-inode.mjs";
import { unreadable } from "./archive.mjs";
import { mountInvalid } from "./mount-error.mjs";

/** @typedef {import("./file-inode.mjs").Source} Source */
/** @typedef {import("./filesystem.mjs").FileSystem} FileSystem */
/** @typedef {import("./inode.mjs").DirectoryInode} DirectoryInode */

/**
 * Fills a file system with what a directory of the user's holds now. Contents are read when the program first reads them;
 * nothing that the program does reaches the directory.
 * @param {FileSystem} fs
 * @param {DirectoryInode} root
 * @param {FileSystemDirectoryHandle} handle
 * @throws {import("./mount-error.mjs").MountError} WASM_MOUNT_INVALID
 */
export async function loadDirectory(fs, root, handle) {
  try {
    const { files, filesFree } = root.volume.quota;
    fill(fs, root, await list(handle, { left: filesFree, limit: files }));
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    const advice = "the page's user must hand it over again";
    throw mountInvalid(`the directory ${JSON.stringify(handle.name)} cannot be read: ${error.message}; ${advice}`);
  }
}

/** A name, and what it stands for. @typedef {{ name: string, found: Blob & { lastModified: number } | Listed[] }} Listed */

/**
 * @param {FileSystemDirectoryHandle} handle
 * @param {{ left: number, limit: number }} room
 * @returns {Promise<Listed[]>} in the order of the names, whatever the order is on the disk
 */
async function list(handle, room) {
  /** @type {Promise<Listed>[]} */
  const pending = [];
  for await (const [name, child] of handle.entries()) {
    if (--room.left < 0) throw mountInvalid(`the directory holds more than the quota of ${room.limit} files; raise the quota`);
    const found =
      child.kind === "directory"
        ? list(/** @type {FileSystemDirectoryHandle} */ (child), room)
        : /** @type {FileSystemFileHandle} */ (child).getFile();
    pending.push(found.then((found) => ({ name, found })));
  }
  return (await Promise.all(pending)).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * @param {FileSystem} fs
 * @param {DirectoryInode} directory
 * @param {Listed[]} listed
 */
function fill(fs, directory, listed) {
  for (const { name, found } of listed) {
    if (Array.isArray(found)) {
      fill(fs, fs.addDirectory(directory, name), found);
      continue;
    }
    const inode = fs.addFile(directory, name);
    inode.attach(found.size > FILE_BYTES_MAX ? unreadable(found.size, ERRNO_IO) : blobSource(found));
    inode.mtime = inode.ctime = inode.atime = {
      seconds: Math.floor(found.lastModified / 1000),
      nanoseconds: (found.lastModified % 1000) * 1_000_000,
    };
  }
}

/**
 * Contents that a file on the disk holds.
 * @param {Blob} blob
 * @returns {Source}
 */
export function blobSource(blob) {
  return {
    size: blob.size,
    shared: false,
    load() {
      try {
        const bytes = new Uint8Array(new FileReaderSync().readAsArrayBuffer(blob));
        return bytes.length === blob.size ? bytes : ERRNO_IO;
      } catch (error) {
        return error instanceof RangeError ? ERRNO_NOMEM : ERRNO_IO;
      }
    },
  };
}
