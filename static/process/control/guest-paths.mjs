import {
  ERRNO_ACCES, ERRNO_BUSY, ERRNO_EXIST, ERRNO_FBIG, ERRNO_INVAL, ERRNO_ISDIR, ERRNO_LOOP, ERRNO_NAMETOOLONG, ERRNO_NOENT, ERRNO_NOSPC,
  ERRNO_NOTDIR, ERRNO_NOTEMPTY, ERRNO_NOTSUP, ERRNO_PERM, ERRNO_ROFS, ERRNO_SUCCESS, ERRNO_XDEV,
} from "../wasi/abi.mjs";
import { NAME_BYTES_MAX, PATH_BYTES_MAX, fits } from "../fs/names.mjs";
import { ControlError } from "./control-error.mjs";

/** What an errno is to the host: its code, and the words for it. @type {Readonly<Record<number, [code: string, said: string]>>} */
const REFUSALS = {
  [ERRNO_NOENT]: ["WASM_FILE_NOT_FOUND", "there is no such file or directory"],
  [ERRNO_EXIST]: ["WASM_FILE_EXISTS", "something of that name is there already"],
  [ERRNO_ISDIR]: ["WASM_FILE_IS_DIRECTORY", "it is a directory"],
  [ERRNO_NOTDIR]: ["WASM_FILE_NOT_DIRECTORY", "it is no directory, or goes through what is none"],
  [ERRNO_NOTEMPTY]: ["WASM_DIRECTORY_NOT_EMPTY", "the directory is not empty"],
  [ERRNO_ROFS]: ["WASM_FILE_READ_ONLY", "it lies in what is read-only"],
  [ERRNO_NOSPC]: ["WASM_FILE_QUOTA", "the quota of bytes or files is used up"],
  [ERRNO_FBIG]: ["WASM_FILE_QUOTA", "no file may be so large"],
  [ERRNO_BUSY]: ["WASM_FILE_BUSY", "a file system is mounted there"],
  [ERRNO_XDEV]: ["WASM_RENAME_ACROSS_MOUNTS", "the two places are in different mounts: copy, and delete"],
  [ERRNO_INVAL]: ["WASM_PATH_INVALID", "a directory cannot be put into itself"],
  [ERRNO_PERM]: ["WASM_PATH_INVALID", "a symbolic link on the way leads out of the program's files"],
  [ERRNO_LOOP]: ["WASM_PATH_INVALID", "too many symbolic links are on the way"],
  [ERRNO_NAMETOOLONG]: ["WASM_PATH_INVALID", "a name in it is longer than 255 bytes"],
  [ERRNO_ACCES]: ["WASM_FILE_UNREADABLE", "its contents are encrypted"],
  [ERRNO_NOTSUP]: ["WASM_FILE_UNREADABLE", "its contents are packed in a way that is not known here"],
};

/**
 * @param {string} code
 * @param {string} path
 * @param {string} said
 */
export function fileError(code, path, said) {
  return new ControlError(code, `${JSON.stringify(path)}: ${said}`);
}

/**
 * What the file system's refusal is to the host.
 * @param {number} errno
 * @param {string} path
 */
export function refusal(errno, path) {
  const [code, said] = REFUSALS[errno] ?? ["WASM_FILE_UNREADABLE", "its contents cannot be had"];
  return fileError(code, path, said);
}

/** @param {number} errno @param {string} path @throws {ControlError} for what is no success */
export function check(errno, path) {
  if (errno !== ERRNO_SUCCESS) throw refusal(errno, path);
}

/**
 * The names in a path that the host gives. `.` and empty names count for nothing, as everywhere.
 * @param {unknown} path
 * @returns {string[]} none for the root
 * @throws {ControlError} WASM_PATH_INVALID
 */
export function namesIn(path) {
  const invalid = (/** @type {string} */ said) => new ControlError("WASM_PATH_INVALID", `${JSON.stringify(path)} ${said}`);
  if (typeof path !== "string") throw invalid("is no path: give text");
  if (!path.startsWith("/")) throw invalid('is not absolute: give a path such as "/in.txt"');
  if (path.includes("\0")) throw invalid("has a NUL, which no name can have");
  const names = path.split("/").filter((name) => name !== "" && name !== ".");
  if (names.includes("..")) throw invalid('has "..": name the place itself');
  if (!fits(path, PATH_BYTES_MAX)) throw invalid(`is longer than ${PATH_BYTES_MAX} bytes`);
  if (names.some((name) => !fits(name, NAME_BYTES_MAX))) throw invalid(`has a name of more than ${NAME_BYTES_MAX} bytes`);
  if (!path.isWellFormed()) throw invalid("has half of a surrogate pair, which is no text");
  return names;
}

/** Names as a path that lookups take, which begin at the root. @param {string[]} names */
export function below(names) {
  return names.length === 0 ? "." : names.join("/");
}

/** Orders text by code points, which is the order of its UTF-8 bytes too. @param {string} a @param {string} b */
export function byCodePoint(a, b) {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const x = a.charCodeAt(at);
    const y = b.charCodeAt(at);
    if (x !== y) return place(x) - place(y);
  }
  return a.length - b.length;
}

/** Surrogates stand for what comes after everything else. @param {number} unit of UTF-16 */
function place(unit) {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
