/** Files that are to become programs: told from other files, named and read. */

/** Larger ones would not fit into the kernel beside the program's own memory. */
const LARGEST = 256_000_000;
const LONGEST_NAME = 80;
const MAGIC = [0x00, 0x61, 0x73, 0x6d];
/** The version field that follows the magic: 1 is a module, 13 with layer 1 a component (component model, Binary.md). */
const MODULE_VERSION = [0x01, 0x00, 0x00, 0x00];

/** Says why a file was not taken, in words for the person who chose it. */
export class RefusedFile extends Error {}

/**
 * @param {File} file
 * @returns {Promise<{ name: string, bytes: Uint8Array }>}
 * @throws {RefusedFile}
 */
export async function readProgram(file) {
  if (file.size > LARGEST) throw new RefusedFile(`it is larger than ${LARGEST / 1_000_000} MB.`);
  let bytes;
  try {
    const head = new Uint8Array(await file.slice(0, 8).arrayBuffer());
    checkHead(head, file.size);
    bytes = new Uint8Array(await file.arrayBuffer());
  } catch (error) {
    if (error instanceof RefusedFile) throw error;
    throw new RefusedFile("it could not be read. A folder? Drop the files inside it.");
  }
  return { name: programName(file.name), bytes };
}

/** @param {Uint8Array} head @param {number} length */
function checkHead(head, length) {
  if (length === 0) throw new RefusedFile("it is empty.");
  if (!MAGIC.every((byte, index) => head[index] === byte)) {
    throw new RefusedFile("it is not WebAssembly (its first four bytes are not \\0asm).");
  }
  if (!MODULE_VERSION.every((byte, index) => head[4 + index] === byte)) {
    throw new RefusedFile("it is WebAssembly, but not a core module of version 1 (a component?).");
  }
}

/**
 * The name a file's program is run by: its own without `.wasm`, and without what cannot be typed or seen.
 *
 * @param {string} fileName
 */
export function programName(fileName) {
  const name = fileName
    .replace(/\.wasm$/iu, "")
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}/\\]/gu, "")
    .trim();
  return Array.from(name).slice(0, LONGEST_NAME).join("") || "program";
}

/**
 * A word for the shell's command line: as it is, or in single quotes as POSIX shells read them.
 *
 * @param {string} word
 */
export function quoted(word) {
  return /^[\w@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;
}
