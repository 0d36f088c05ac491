import { FILE_BYTES_MAX } from "../fs/file-inode.mjs";
import { NAME_BYTES_MAX, PATH_BYTES_MAX, fits, isTarget } from "../fs/names.mjs";
import { bytes, flag, integer, invalid, list, nullable, oneOf, record, size, text, tuple, word } from "./shapes.mjs";

/** @typedef {import("../clock.mjs").Timestamp} Timestamp */
/** @template {import("./shapes.mjs").Check<any>} C @typedef {import("./shapes.mjs").Checked<C>} Checked */

const NANOSECONDS = integer(0, 999_999_999);
const SECONDS = integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
const POSITIVE = integer(1, Number.MAX_SAFE_INTEGER);

const volumeFields = { root: size, dev: POSITIVE, nextIno: POSITIVE, firstOwnIno: POSITIVE };
const times = tuple(SECONDS, NANOSECONDS, SECONDS, NANOSECONDS, SECONDS, NANOSECONDS);
const inodeHead = /** @type {const} */ ([size, POSITIVE, times]);

const volumeShape = oneOf({
  archive: record({ ...volumeFields, path: text(PATH_BYTES_MAX), length: size, sum: integer(0, 0xffff_ffff) }),
  kept: record({ ...volumeFields, readOnly: flag, handover: word("all", "changes", "nothing") }),
});

/** The files of a process as saved-files.mjs describes them; inodes are looked at one by one. */
export const filesShape = record({
  granted: flag,
  nextDev: POSITIVE,
  volumes: list(volumeShape),
  mounts: list(tuple(nullable(size), text(NAME_BYTES_MAX), size)),
  inodes: list((item) => item),
  contents: bytes(),
});

const inodeShapes = {
  d: tuple(word("d"), ...inodeHead, list((item) => item), nullable(size)),
  f: tuple(word("f"), ...inodeHead, integer(0, FILE_BYTES_MAX), flag, flag, list(tuple(size, size, size))),
  l: tuple(word("l"), ...inodeHead, text(PATH_BYTES_MAX)),
  x: tuple(word("x"), ...inodeHead),
};

/** @typedef {Checked<typeof filesShape>} SavedFiles */
/** @typedef {Checked<typeof inodeShapes[keyof typeof inodeShapes]>} SavedInode */
/** @typedef {Checked<typeof inodeShapes.f>} SavedFile */

/** @param {unknown} item @param {string} where @returns {SavedInode} */
export function inodeOf(item, where) {
  const kind = word("d", "f", "l", "x")(Array.isArray(item) ? item[0] : null, where);
  return inodeShapes[kind](item, where);
}

/** @param {Checked<typeof times>} saved @returns {[Timestamp, Timestamp, Timestamp]} */
export function timestampsOf([as, an, ms, mn, cs, cn]) {
  return [
    { seconds: as, nanoseconds: an },
    { seconds: ms, nanoseconds: mn },
    { seconds: cs, nanoseconds: cn },
  ];
}

/** @param {unknown} value @returns {string} */
export function requireName(value) {
  const name = text(NAME_BYTES_MAX)(value, "a name in FILE");
  const bad = name === "" || name === "." || name === ".." || name.includes("/") || name.includes("\0");
  if (bad || !fits(name, NAME_BYTES_MAX)) throw invalid(`${JSON.stringify(name)} is no name of a file`);
  return name;
}

/** @param {string} target */
export function requireTarget(target) {
  if (!isTarget(target)) throw invalid("a symbolic link of FILE leads nowhere");
  return target;
}
