/** What is left where there is no limit: from Infinity nothing can be counted down. */
const COUNTED_MAX = Number.MAX_SAFE_INTEGER;

/**
 * What the writable file systems of a process may hold together. What is left is counted down where it is used, because
 * appending a few bytes must not cost a call. What the host puts there is always taken, and may bring the rest below zero:
 * then the program can store nothing more.
 */
export class Quota {
  /** Bytes of file contents. @readonly */
  bytes;
  /** Inodes: files, directories and symbolic links. @readonly */
  files;
  bytesFree;
  filesFree;

  /** @param {{ bytes?: number, files?: number }} [limits] left out = Infinity */
  constructor({ bytes = Infinity, files = Infinity } = {}) {
    this.bytes = bytes;
    this.files = files;
    this.bytesFree = Math.min(bytes, COUNTED_MAX);
    this.filesFree = Math.min(files, COUNTED_MAX);
  }

  /** Bytes of file contents that there are. */
  get bytesUsed() {
    return Math.min(this.bytes, COUNTED_MAX) - this.bytesFree;
  }

  /** Inodes that there are, with the root of each file system. */
  get filesUsed() {
    return Math.min(this.files, COUNTED_MAX) - this.filesFree;
  }
}
