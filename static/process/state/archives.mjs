import { crc32 } from "../fs/crc32.mjs";

/** @typedef {import("../fs/volume.mjs").Volume} Volume */

/** Sums of archives, which never change. @type {WeakMap<Uint8Array, number>} */
const sums = new WeakMap();

/**
 * Whether a file system is as the archive has it that it was made of, so that the archive need not be saved with it.
 * @param {Volume} volume
 */
export function isArchive({ mount, readOnly }) {
  return mount?.kind === "archive" && readOnly;
}

/**
 * What an archive is known by: its length and its CRC-32. (No secret: it keeps mistakes away, not attackers.)
 * @param {Volume} volume of an archive
 * @returns {{ path: string, length: number, sum: number }}
 */
export function fingerprint({ mount }) {
  if (mount?.kind !== "archive") return { path: "", length: 0, sum: 0 };
  const { bytes, path } = mount;
  const sum = sums.get(bytes) ?? crc32(bytes);
  sums.set(bytes, sum);
  return { path, length: bytes.length, sum };
}
