import { Descriptor } from "../descriptors.mjs";
import { FILETYPE_DIRECTORY } from "../wasi/abi.mjs";

/** @typedef {import("./inode.mjs").DirectoryInode} DirectoryInode */
/** @typedef {import("./inode.mjs").Inode} Inode */

/** An open directory. */
export class DirectoryDescriptor extends Descriptor {
  /** @override */
  filetype = FILETYPE_DIRECTORY;
  /** @override @type {DirectoryInode} */
  directory;
  /** @override @type {DirectoryInode} */
  inode;
  /** The names as they were when reading began: cookies are places in it. @type {string[] | null} */
  #names = null;

  /** @param {DirectoryInode} inode @param {string | null} preopen */
  constructor(inode, preopen = null) {
    super();
    this.directory = this.inode = inode;
    this.preopen = preopen;
    inode.opened();
  }

  /** Opens another directory instead, under the same name: a mount came over it. @param {DirectoryInode} inode */
  redirect(inode) {
    inode.opened();
    this.inode.closed();
    this.directory = this.inode = inode;
  }

  /** @override */
  close() {
    this.inode.closed();
  }

  /**
   * The directory's entries from a cookie on. Cookie 0 begins anew and sees the directory as it is now; later cookies go on in
   * what was seen then, so that removing names while paging neither skips nor repeats others. Removed names are left out.
   * @param {number} cookie the `next` of the entry before
   * @returns {Generator<{ name: string, inode: Inode, next: number }>}
   */
  *readdir(cookie) {
    if (cookie === 0 || this.#names === null) this.#names = [".", "..", ...this.directory.entries.keys()];
    const names = this.#names;
    for (let at = cookie; at < names.length; at++) {
      const name = /** @type {string} */ (names[at]);
      const inode =
        at === 0 ? this.inode : at === 1 ? this.#parent() : this.directory.entries.get(name);
      if (inode !== undefined) yield { name, inode, next: at + 1 };
    }
  }

  /** @override */
  snapshot() {
    return { names: this.#names };
  }

  /** @override @param {{ names: string[] | null }} saved */
  resume({ names }) {
    this.#names = names;
  }

  /** A preopened directory shows nothing of what is above it. */
  #parent() {
    return this.preopen === null ? this.directory.parent : this.directory;
  }
}
