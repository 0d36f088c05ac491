import { invalid } from "./shapes.mjs";

/**
 * A part of a state as it leaves the process: a tag of four letters, a JSON text, and the bytes that it speaks of.
 * @typedef {[tag: string, text: string, blobs: Uint8Array[]]} Part
 */

/** What stands for bytes in a JSON text: an object with this member alone, the number of a blob. */
const BLOB = "blob";

/**
 * @param {string} tag
 * @param {unknown} value plain, with `Uint8Array` in it wherever there are bytes
 * @returns {Part}
 */
export function encoded(tag, value) {
  /** @type {Uint8Array[]} */
  const blobs = [];
  const text = JSON.stringify(value, (_, item) => (item instanceof Uint8Array ? { [BLOB]: blobs.push(item) - 1 } : item));
  return [tag, text, blobs];
}

/**
 * @param {Part} part
 * @returns {unknown} the value, with bytes in their places
 */
export function decoded([tag, text, blobs]) {
  try {
    return JSON.parse(text, (_, item) => (isBlob(item) ? (blobs[item[BLOB]] ?? null) : item));
  } catch (error) {
    throw invalid(`${tag} is no JSON text (${error instanceof Error ? error.message : String(error)})`);
  }
}

/** @param {unknown} item @returns {item is { [BLOB]: number }} */
function isBlob(item) {
  if (typeof item !== "object" || item === null || Object.keys(item).length !== 1) return false;
  return BLOB in item && Number.isSafeInteger(item[BLOB]);
}

/** Whether this has the form of a part. @param {unknown} value @returns {value is Part} */
export function isPart(value) {
  if (!Array.isArray(value) || value.length !== 3) return false;
  const [tag, text, blobs] = value;
  return (
    typeof tag === "string" && typeof text === "string" &&
    Array.isArray(blobs) && blobs.every((blob) => blob instanceof Uint8Array)
  );
}
