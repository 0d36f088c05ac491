import { populate } from "./archive.mjs";
import { archiveInvalid, mountInvalid } from "./mount-error.mjs";
import { isTar, tarMembers } from "./tar.mjs";
import { isZip, zipMembers } from "./zip.mjs";

/** @typedef {import("./filesystem.mjs").FileSystem} FileSystem */
/** @typedef {import("./inode.mjs").DirectoryInode} DirectoryInode */

/** What a gzip file may unpack to: a few bytes can say gigabytes. */
const UNPACKED_BYTES_MAX = 0x4000_0000;
const GZIP_BYTES_MIN = 18;
/** Deflate's best: what promises more is not believed before it is seen. */
const DEFLATE_RATIO_MAX = 1032;

/**
 * Fills a file system with an archive, whose contents are unpacked when they are first read; only a gzip file has to be
 * unpacked as a whole.
 * @param {FileSystem} fs
 * @param {DirectoryInode} root
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @throws {import("./mount-error.mjs").MountError} WASM_ARCHIVE_INVALID
 */
export async function loadArchive(fs, root, bytes) {
  const archive = isGzip(bytes) ? await gunzip(bytes) : bytes;
  if (isTar(archive)) {
    populate(fs, root, tarMembers(archive));
  } else if (isZip(archive)) {
    populate(fs, root, zipMembers(archive, await loadInflate()));
  } else {
    throw archiveInvalid("the archive is neither tar nor tar.gz nor zip, or it is damaged");
  }
}

async function loadInflate() {
  try {
    return (await import("../../vendor/fflate/fflate.mjs")).inflateSync;
  } catch (error) {
    throw mountInvalid(`zip archives need vendor/fflate/fflate.mjs, which could not be loaded: ${String(error)}`);
  }
}

/** @param {Uint8Array} bytes */
function isGzip(bytes) {
  return bytes.length >= GZIP_BYTES_MIN && bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** @param {Uint8Array<ArrayBuffer>} bytes @returns {Promise<Uint8Array<ArrayBuffer>>} */
async function gunzip(bytes) {
  // The size modulo 2^32 stands at the end: a hint, which spares copies where it is true.
  const stated = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(bytes.length - 4, true);
  let unpacked = new Uint8Array(Math.min(stated, bytes.length * DEFLATE_RATIO_MAX, UNPACKED_BYTES_MAX));
  let used = 0;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const reader = stream.getReader();
  for (;;) {
    let result;
    try {
      result = await reader.read();
    } catch (error) {
      throw archiveInvalid(`the gzip file is damaged: ${error instanceof Error ? error.message : String(error)}`);
    }
    if (result.done) break;
    const chunk = result.value;
    if (used + chunk.length > UNPACKED_BYTES_MAX) {
      void reader.cancel();
      throw archiveInvalid(`the gzip file unpacks to more than ${UNPACKED_BYTES_MAX} bytes; use a zip or tar archive`);
    }
    if (used + chunk.length > unpacked.length) {
      const larger = new Uint8Array(Math.max(used + chunk.length, used * 2));
      larger.set(unpacked.subarray(0, used));
      unpacked = larger;
    }
    unpacked.set(chunk, used);
    used += chunk.length;
  }
  return unpacked.subarray(0, used);
}
