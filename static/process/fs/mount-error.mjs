/**
 * @typedef {"WASM_MOUNT_INVALID" | "WASM_MOUNT_BUSY" | "WASM_ARCHIVE_INVALID" | "WASM_STORAGE_FULL"
 *   | "WASM_STORAGE_FAILED"} MountErrorCode
 */

/** Why a file system cannot be mounted or saved. */
export class MountError extends Error {
  /** @override */
  name = "MountError";
  /** @readonly */
  code;

  /** @param {string} message @param {MountErrorCode} code */
  constructor(message, code) {
    super(message);
    this.code = code;
  }
}

/** @param {string} message */
export function archiveInvalid(message) {
  return new MountError(message, "WASM_ARCHIVE_INVALID");
}

/** @param {string} message */
export function mountInvalid(message) {
  return new MountError(message, "WASM_MOUNT_INVALID");
}
