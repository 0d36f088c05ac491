import { DirectoryInode } from "./inode.mjs";
import { archiveInvalid } from "./mount-error.mjs";
import { NAME_BYTES_MAX, PATH_BYTES_MAX, fits, isTarget } from "./names.mjs";

/** @typedef {import("../clock.mjs").Timestamp} Timestamp */
/** @typedef {import("./file-inode.mjs").Source} Source */
/** @typedef {import("./filesystem.mjs").FileSystem} FileSystem */
/** @typedef {import("./inode.mjs").Inode} Inode */

/**
 * What an archive says about one name.
 * @typedef {{ path: string, mtime: Timestamp | null } & (
 *     { kind: "file", source: Source }
 *   | { kind: "directory" }
 *   | { kind: "symlink", target: string }
 *   | { kind: "hardlink", target: string })} Member
 */

/**
 * Makes a file system of an archive's members. Names are places below `root`, whatever they look like: a leading slash is
 * dropped, `..` is refused, and no link is ever followed on the way. Of two members with one name the later one counts, as
 * when they are unpacked.
 * @param {FileSystem} fs
 * @param {DirectoryInode} root
 * @param {Iterable<Member>} members
 * @throws {import("./mount-error.mjs").MountError} WASM_ARCHIVE_INVALID
 */
export function populate(fs, root, members) {
  /** @type {Map<DirectoryInode, Timestamp>} */
  const directoryTimes = new Map();
  for (const member of members) {
    if (root.volume.quota.filesFree < 0) {
      throw archiveInvalid(`the archive has more names than the quota of ${root.volume.quota.files} files; raise the quota`);
    }
    const names = namesOfMember(member.path);
    if (member.kind === "directory") {
      const directory = directoryOf(fs, root, names, member.path);
      if (member.mtime !== null) directoryTimes.set(directory, member.mtime);
      continue;
    }
    const name = names.pop();
    if (name === undefined) throw archiveInvalid(`the archive's member ${JSON.stringify(member.path)} has no name`);
    const parent = directoryOf(fs, root, names, member.path);
    // Before the name is taken away: it may be the link's own.
    const linked = member.kind === "hardlink" ? linkedFile(root, member.target, member.path) : null;
    remove(fs, parent, name, member.path);
    /** @type {Inode} */
    let inode;
    if (linked !== null) {
      parent.add(name, linked, fs.now());
      linked.nlink++;
      continue;
    } else if (member.kind === "symlink") {
      if (!isTarget(member.target)) throw archiveInvalid(`the link ${JSON.stringify(member.path)} in the archive leads nowhere`);
      inode = fs.addSymlink(parent, name, member.target);
    } else {
      const file = fs.addFile(parent, name);
      if (member.kind === "file") file.attach(member.source);
      inode = file;
    }
    if (member.mtime !== null) inode.atime = inode.mtime = inode.ctime = member.mtime;
  }
  // At the end: whatever was put into a directory changed its time.
  for (const [directory, time] of directoryTimes) directory.atime = directory.mtime = directory.ctime = time;
}

/** @param {string} path @returns {string[]} */
function namesOfMember(path) {
  if (path.includes("\0")) throw archiveInvalid(`a name in the archive has a NUL: ${JSON.stringify(path)}`);
  if (!fits(path, PATH_BYTES_MAX)) {
    throw archiveInvalid(`a name in the archive is longer than ${PATH_BYTES_MAX} bytes: ${path.slice(0, 100)}...`);
  }
  const names = [];
  for (const name of path.split("/")) {
    if (name === "" || name === ".") continue;
    if (name === "..") throw archiveInvalid(`a name in the archive leads out of it: ${JSON.stringify(path)}`);
    if (!fits(name, NAME_BYTES_MAX)) {
      throw archiveInvalid(`a name in the archive is longer than ${NAME_BYTES_MAX} bytes: ${JSON.stringify(name)}`);
    }
    names.push(name);
  }
  return names;
}

/**
 * @param {FileSystem} fs
 * @param {DirectoryInode} root
 * @param {string[]} names
 * @param {string} path for the message
 */
function directoryOf(fs, root, names, path) {
  let directory = root;
  for (const name of names) {
    const inode = directory.entries.get(name) ?? fs.addDirectory(directory, name);
    if (!(inode instanceof DirectoryInode)) {
      const through = JSON.stringify(name);
      throw archiveInvalid(`${JSON.stringify(path)} goes through ${through}, which the archive says is no directory`);
    }
    directory = inode;
  }
  return directory;
}

/**
 * What a hard link stands for: a file that came before it.
 * @param {DirectoryInode} root
 * @param {string} target
 * @param {string} path for the message
 */
function linkedFile(root, target, path) {
  /** @type {Inode | undefined} */
  let inode = root;
  for (const name of namesOfMember(target)) {
    inode = inode instanceof DirectoryInode ? inode.entries.get(name) : undefined;
  }
  if (inode === undefined || inode instanceof DirectoryInode) {
    const where = JSON.stringify(target);
    throw archiveInvalid(`${JSON.stringify(path)} is a link to ${where}, which is no file before it in the archive`);
  }
  return inode;
}

/**
 * Makes a name free for a later member.
 * @param {FileSystem} fs
 * @param {DirectoryInode} parent
 * @param {string} name
 * @param {string} path for the message
 */
function remove(fs, parent, name, path) {
  const inode = parent.entries.get(name);
  if (inode === undefined) return;
  if (inode instanceof DirectoryInode) {
    throw archiveInvalid(`the archive says that ${JSON.stringify(path)} is a directory, and that it is not`);
  }
  parent.remove(name, fs.now());
  inode.nlink--;
  inode.dropIfUnused();
}

/** What a file's contents are when they cannot be read. @param {number} size @param {number} errno @returns {Source} */
export function unreadable(size, errno) {
  return { size, shared: true, load: () => errno };
}
