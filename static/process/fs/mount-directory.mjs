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
    await fill(fs, root, handle);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    const advice = "the page's user must hand it over again";
    throw mountInvalid(`the directory ${JSON.stringify(handle.name)} cannot be read: ${error.message}; ${advice}`);
  }
}

/**
 * @param {FileSystem} fs
 * @param {DirectoryInode} directory
 * @param {FileSystemDirectoryHandle} handle
 */
async function fill(fs, directory, handle) {
  /** @type {Promise<void>[]} */
  const pending = [];
  for await (const [name, child] of handle.entries()) {
    if (directory.volume.quota.filesFree < 0) {
      const { files } = directory.volume.quota;
      throw mountInvalid(`the directory holds more than the quota of ${files} files; raise the quota`);
    }
    if (child.kind === "directory") {
      pending.push(fill(fs, fs.addDirectory(directory, name), /** @type {FileSystemDirectoryHandle} */ (child)));
    } else {
      const inode = fs.addFile(directory, name);
      const file = /** @type {FileSystemFileHandle} */ (child);
      pending.push(
        file.getFile().then((blob) => {
          inode.attach(blob.size > FILE_BYTES_MAX ? unreadable(blob.size, ERRNO_IO) : blobSource(blob));
          inode.mtime = inode.ctime = inode.atime = {
            seconds: Math.floor(blob.lastModified / 1000),
            nanoseconds: (blob.lastModified % 1000) * 1_000_000,
          };
        }),
      );
    }
  }
  await Promise.all(pending);
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
