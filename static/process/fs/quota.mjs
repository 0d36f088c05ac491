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
    this.bytes = this.bytesFree = bytes;
    this.files = this.filesFree = files;
  }
}
