import { Inode } from "../fs/inode.mjs";
import { FILETYPE_CHARACTER_DEVICE } from "../wasi/abi.mjs";

/** @typedef {import("../clock.mjs").Timestamp} Timestamp */
/** @typedef {import("../descriptors.mjs").Descriptor} Descriptor */

/**
 * Makes the descriptor of one `open`.
 * @typedef {(inode: DeviceInode) => Descriptor | number} Opener a descriptor, or an errno
 */

/**
 * The name of a device: a character device without contents of its own, only with what `open` gives. It is on no volume, and so
 * on one that is read-only: making, removing, renaming and linking names beside it is ROFS, because the host decides what
 * devices there are. (PERM would tell a program to try again with more rights.) Writing to a device is not writing to its name.
 */
export class DeviceInode extends Inode {
  #opener;

  /** @param {number} ino @param {Timestamp} now @param {Opener} opener */
  constructor(ino, now, opener) {
    super(FILETYPE_CHARACTER_DEVICE, ino, now);
    this.#opener = opener;
  }

  /**
   * Every open has a descriptor of its own, with its own position and flags; its `rights` are what the device can do.
   * @returns {Descriptor | number} or an errno: NXIO where there is nothing behind the name
   */
  open() {
    return this.#opener(this);
  }
}
