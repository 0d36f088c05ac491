import { FileInode } from "../fs/file-inode.mjs";
import { DirectoryInode, SymlinkInode } from "../fs/inode.mjs";
import { fingerprint, isArchive } from "./archives.mjs";
import { fileGraph, layersOf } from "./file-graph.mjs";
import { unsupported } from "./references.mjs";

/** @typedef {import("../fs/inode.mjs").Inode} Inode */
/** @typedef {import("../fs/volume.mjs").Volume} Volume */
/** @typedef {import("../process.mjs").Process} Process */
/** @typedef {import("./file-graph.mjs").FileGraph} FileGraph */

/**
 * What stands for a name of which only a mount knows.
 */
export const MOUNT_ONLY = -1;

/**
 * The files of a process. What is in read-only archives is not kept, only what it is known by.
 *
 * An inode is [kind, volume, ino, times, ...]: a directory "d" has its names, each followed by the number of an inode, and the
 * number of its parent if it was removed; a link "l" its target; a file "f" its size, whether it is pristine and whether it is
 * paged, and extents [position, offset in `contents`, length]; one of an archive "x" nothing more.
 * @param {Process} process
 * @returns {{ value: unknown, graph: FileGraph }}
 */
export function savedFiles(process) {
  const { fs, descriptors } = process;
  const graph = fileGraph(fs, [...descriptors.opened()].map(({ inode }) => inode));
  const { numbers, roots, mounts } = graph;
  const volumes = [...roots.keys()];
  for (const volume of volumes) requireSavable(volume);
  const contents = new Contents();
  const numberOf = (/** @type {Inode} */ inode) => /** @type {number} */ (numbers.get(inode));
  const inodes = [...numbers.keys()].map((inode) => {
    const head = [volumes.indexOf(inode.volume), inode.ino, timesOf(inode)];
    if (isArchive(inode.volume)) return ["x", ...head];
    if (inode instanceof SymlinkInode) return ["l", ...head, inode.target];
    if (inode instanceof FileInode) return ["f", ...head, ...contents.add(inode)];
    if (!(inode instanceof DirectoryInode)) throw unsupported("there is a file of an unknown kind");
    const names = [...inode.entries].flatMap(([name, found]) => {
      const { own } = layersOf(inode, found);
      return [name, own === null ? MOUNT_ONLY : numberOf(own)];
    });
    return ["d", ...head, names, inode.removed ? numberOf(inode.parent) : null];
  });
  const value = {
    granted: fs.granted,
    nextDev: fs.nextDev,
    volumes: [...roots].map(([volume, root]) => describedVolume(volume, numberOf(root))),
    mounts: mounts.map(([parent, name, root]) => [parent === null ? null : numberOf(parent), name, numberOf(root)]),
    inodes,
    contents: contents.bytes(),
  };
  return { value, graph };
}

/** @param {Volume} volume */
function requireSavable({ mount }) {
  if (mount === null || mount.kind === "memory" || mount.kind === "archive") return;
  const what = mount.kind === "opfs" ? "is a persistent store, which others can change" : "belongs to the page's user";
  throw unsupported(`what is mounted at ${mount.path} ${what}; run the program without it`);
}

/** @param {Volume} volume @param {number} root */
function describedVolume(volume, root) {
  const { dev, readOnly, handover, nextIno, firstOwnIno } = volume;
  const common = { root, dev, nextIno, firstOwnIno };
  if (isArchive(volume)) return { kind: "archive", ...common, ...fingerprint(volume) };
  return { kind: "kept", ...common, readOnly, handover };
}

/** @param {Inode} inode */
function timesOf({ atime, mtime, ctime }) {
  return [atime, mtime, ctime].flatMap(({ seconds, nanoseconds }) => [seconds, nanoseconds]);
}

/** The contents of all files, one after another. */
class Contents {
  /** @type {Uint8Array[]} */
  #pieces = [];
  #length = 0;

  /** @param {FileInode} file */
  add(file) {
    const contents = file.contents();
    if (typeof contents === "number") throw unsupported(`a file of ${file.size} bytes cannot be read`);
    const { size, pristine, paged, extents } = contents;
    const places = extents.filter(({ bytes }) => bytes.length > 0).map(({ position, bytes }) => {
      this.#pieces.push(bytes);
      this.#length += bytes.length;
      return [position, this.#length - bytes.length, bytes.length];
    });
    return [size, pristine, paged, places];
  }

  bytes() {
    const whole = new Uint8Array(this.#length);
    let at = 0;
    for (const piece of this.#pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  }
}
