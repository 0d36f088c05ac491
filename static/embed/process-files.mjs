import { bytesOf, wireMount } from "./values.mjs";

/** @typedef {import("../aikernel.mjs").Mount} Mount */
/** @typedef {(operation: string, ...args: unknown[]) => Promise<any>} Control */
/** @typedef {"file" | "directory" | "symlink" | "device"} FileKind */
/**
 * @typedef {{path: string, kind: FileKind, size: number, links: number, accessed: Date, modified: Date, changed: Date,
 *   target: string | null}} FileInfo `target` is where a symbolic link leads
 */
/** @typedef {{name: string, kind: FileKind, size: number, modified: Date}} DirectoryEntry */
/** @typedef {{bytes: number, bytesLimit: number | null, files: number, filesLimit: number | null}} FileQuota */

/**
 * What a running program's paths lead to, its mounts with it; paths are absolute. Symbolic links are followed inside the program's
 * root only; quotas and read-only mounts hold. What is refused, by a code, has changed nothing.
 */
export class ProcessFiles {
  #control;
  #mount;

  /** @param {Control} control @param {(mount: object) => Promise<void>} mount */
  constructor(control, mount) {
    this.#control = control;
    this.#mount = mount;
  }

  /** @param {string} [path] @returns {Promise<string[]>} the paths of all files and symbolic links below it, sorted */
  list(path = "/") {
    return this.#control("files.list", path);
  }

  /** @param {string} [path] @returns {Promise<DirectoryEntry[]>} what is directly in the directory, sorted */
  async entries(path = "/") {
    const entries = /** @type {any[]} */ (await this.#control("files.entries", path));
    return entries.map(({ name, kind, size, mtime }) => ({ name, kind, size, modified: dateOf(mtime) }));
  }

  /** @param {string} path of a link: the link's own @returns {Promise<FileInfo>} */
  async stat(path) {
    const { atime, mtime, ctime, target = null, ...info } = await this.#control("files.stat", path);
    return { ...info, accessed: dateOf(atime), modified: dateOf(mtime), changed: dateOf(ctime), target };
  }

  /** @param {string} path @returns {Promise<Uint8Array>} */
  read(path) {
    return this.#control("files.read", path);
  }

  /**
   * Replaces a file's contents; the file, and the directories above it, are made where they are not there.
   * @param {string} path
   * @param {Uint8Array | string} data
   * @returns {Promise<void>}
   */
  async write(path, data) {
    await this.#control("files.write", path, bytesOf(data));
  }

  /** @param {string} path @param {{recursive?: boolean}} [options] whether with all below it @returns {Promise<void>} */
  delete(path, { recursive = false } = {}) {
    return this.#control("files.delete", path, recursive);
  }

  /** @param {string} from @param {string} to @returns {Promise<void>} */
  rename(from, to) {
    return this.#control("files.rename", from, to);
  }

  /** With those above it, as far as they are not there. @param {string} path @returns {Promise<void>} */
  makeDirectory(path) {
    return this.#control("files.make_directory", path);
  }

  /**
   * Mounts over what is there. The preopened directories at or below it lead there from now on; what is open stays open.
   * @param {string} path
   * @param {Mount} mount
   * @returns {Promise<void>}
   */
  async mount(path, mount) {
    await this.#mount(wireMount(path, mount));
  }

  /** @returns {Promise<FileQuota>} */
  quota() {
    return this.#control("files.quota");
  }

  /**
   * Packs what is below a directory, or one file. The same files give the same bytes.
   * @param {string} [path]
   * @param {"tar" | "tar.gz" | "zip"} [format]
   * @returns {Promise<Uint8Array>}
   */
  export(path = "/", format = "tar") {
    return this.#control("files.export", path, format);
  }

  /**
   * Unpacks a tar, tar.gz or zip into a directory, which is made if it is not there: all of it, or nothing.
   * @param {string} path
   * @param {Uint8Array | ArrayBuffer} archive
   * @returns {Promise<number>} how many names it has
   */
  importArchive(path, archive) {
    return this.#control("files.import", path, new Uint8Array(archive));
  }
}

/** @param {bigint} nanoseconds since the Unix epoch */
export function dateOf(nanoseconds) {
  return new Date(Number(nanoseconds / 1_000_000n));
}
