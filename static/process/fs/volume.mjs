import { Quota } from "./quota.mjs";

/** @typedef {import("../protocol.mjs").Mount} Mount */
/** @typedef {import("./content-cache.mjs").ContentCache} ContentCache */

/**
 * What of a volume is handed back when the process ends: all; only what the program made or changed; or nothing, because it is
 * kept elsewhere or never was a file.
 * @typedef {"all" | "changes" | "nothing"} Handover
 */

/** `st_dev` of inodes that are in no file system. */
const DEV_NONE = 0;

/** What all inodes of one mounted file system have in common. */
export class Volume {
  /** `st_dev`. */
  dev;
  /** @readonly */
  quota;
  /** @readonly */
  readOnly;
  /** @readonly @type {Handover} */
  handover;
  /** Holds down what lazily read contents take. @readonly @type {ContentCache | null} */
  cache;
  /** What it was made of; null for the root's own file system. @type {Mount | null} */
  mount = null;
  /** Counts changes, of names, contents and times. */
  version = 0;
  /** Inodes from this number on were made by the program. */
  firstOwnIno = 1;
  #nextIno = 1;

  /**
   * @param {object} parts
   * @param {number} parts.dev
   * @param {Quota} parts.quota
   * @param {boolean} [parts.readOnly]
   * @param {Handover} [parts.handover]
   * @param {ContentCache | null} [parts.cache]
   */
  constructor({ dev, quota, readOnly = false, handover = "all", cache = null }) {
    this.dev = dev;
    this.quota = quota;
    this.readOnly = readOnly;
    this.handover = handover;
    this.cache = cache;
  }

  /** A number for a new inode, which is counted. */
  takeIno() {
    this.quota.filesFree--;
    return this.#nextIno++;
  }

  /** The number that the next inode has. */
  get nextIno() {
    return this.#nextIno;
  }

  /** Goes on as a volume that was kept. @param {number} nextIno @param {number} firstOwnIno */
  resume(nextIno, firstOwnIno) {
    this.#nextIno = nextIno;
    this.firstOwnIno = firstOwnIno;
  }

  /** What there is now was there before the program. */
  seal() {
    this.firstOwnIno = this.#nextIno;
    this.version = 0;
  }
}

/** Where inodes are that no file system holds: devices. Nothing can be made, renamed or removed there. */
export const NO_VOLUME = new Volume({ dev: DEV_NONE, quota: new Quota(), readOnly: true, handover: "nothing" });
