import { ERRNO_IO, ERRNO_NOMEM } from "../wasi/abi.mjs";
import { FileInode } from "./file-inode.mjs";
import { DirectoryInode } from "./inode.mjs";
import { build, describe, ownEntries } from "./manifest.mjs";
import { mountInvalid } from "./mount-error.mjs";
import { ObjectWriter } from "./object-writer.mjs";
import { PersistentStore } from "./persistent-store.mjs";

/** @typedef {import("./file-inode.mjs").Source} Source */
/** @typedef {import("./filesystem.mjs").FileSystem} FileSystem */
/** @typedef {import("./manifest.mjs").Extent} Extent */

/** Changes are saved when there were none for this long, */
const QUIET_MILLISECONDS = 1000;
/** or at the latest after this long. */
const DELAY_MAX_MILLISECONDS = 5000;
const LOOK_EVERY_MILLISECONDS = 250;
/** Objects of which less than this is still in use are written anew. */
const LIVE_SHARE_MIN = 0.5;
/** With more objects than this, small ones are put together. */
const OBJECTS_MAX = 64;
const SMALL_OBJECT_BYTES = 0x10_0000;

/** A mounted persistent store: loads what is read, saves what was changed. */
export class PersistentMount {
  #store;
  #root;
  /** Where the contents of files are kept, as the store has it now. @type {Map<FileInode, Extent[]>} */
  #places = new Map();
  #savedVersion = 0;
  /** The saving that is going on, or the last one. @type {Promise<void>} */
  #saving = Promise.resolve();
  #timer = 0;
  #seenVersion = 0;
  #changedAt = 0;
  /** When the first change came that is not saved. @type {number | null} */
  #unsavedSince = null;

  /** @param {PersistentStore} store @param {DirectoryInode} root */
  constructor(store, root) {
    this.#store = store;
    this.#root = root;
  }

  /**
   * @param {FileSystem} fs
   * @param {DirectoryInode} root of an empty volume; a read-only one shares the store with other readers
   * @param {string} name
   * @throws {import("./mount-error.mjs").MountError} WASM_MOUNT_BUSY, WASM_MOUNT_INVALID
   */
  static async open(fs, root, name) {
    const { readOnly } = root.volume;
    const store = await PersistentStore.open(name, readOnly);
    const mount = new PersistentMount(store, root);
    try {
      const manifest = await store.load();
      if (manifest !== null && manifest.inodes.length > 0) {
        build(fs, root, manifest, (file, size, extents) => mount.#place(file, size, extents));
      }
      if (!readOnly) await store.clean();
    } catch (error) {
      store.close();
      if (error instanceof Error && "code" in error && typeof error.code === "string") throw error;
      throw mountInvalid(`the persistent store ${JSON.stringify(name)} is damaged (${String(error)}); it was left as it is`);
    }
    if (!readOnly) mount.#timer = setInterval(() => mount.#look(), LOOK_EVERY_MILLISECONDS);
    return mount;
  }

  /**
   * Saves all changes made until now.
   * @throws {import("./mount-error.mjs").MountError} WASM_STORAGE_FULL, WASM_STORAGE_FAILED
   */
  flush() {
    if (this.#root.volume.readOnly) return Promise.resolve();
    const before = this.#saving.catch(() => {});
    this.#saving = before.then(() => this.#save());
    return this.#saving;
  }

  /** Stops saving; others can have the store when what is being saved is saved. */
  close() {
    clearInterval(this.#timer);
    void this.#saving.catch(() => {}).then(() => this.#store.close());
  }

  /** @param {FileInode} file @param {number} size @param {Extent[]} extents */
  #place(file, size, extents) {
    this.#places.set(file, extents);
    file.attach(this.#sourceOf(size, extents));
  }

  /** Looks whether it is time to save. */
  #look() {
    const { version } = this.#root.volume;
    const now = performance.now();
    if (version !== this.#seenVersion) {
      this.#seenVersion = version;
      this.#changedAt = now;
    }
    if (version === this.#savedVersion) {
      this.#unsavedSince = null;
      return;
    }
    this.#unsavedSince ??= now;
    if (now - this.#changedAt < QUIET_MILLISECONDS && now - this.#unsavedSince < DELAY_MAX_MILLISECONDS) return;
    this.#unsavedSince = this.#changedAt = now;
    // What fails here fails again when it is asked for, or at the end.
    this.flush().catch(() => {});
  }

  async #save() {
    if (this.#root.volume.version === this.#savedVersion) return;
    const { id, handle } = await this.#store.create();
    // From here to the closing of the object nothing is awaited: the program stands still, and what is saved is one state.
    const { version } = this.#root.volume;
    /** @type {FileInode[]} */
    const changed = [];
    /** @type {Map<FileInode, Extent[]>} */
    const places = new Map();
    let moved;
    let manifest;
    try {
      const writer = new ObjectWriter(id, handle);
      moved = this.#writeContents(writer, places, changed);
      const sizes = this.#liveObjects(places, id, writer.finish());
      manifest = describe(this.#root, places, sizes);
    } catch (error) {
      handle.close();
      await this.#undo(id, changed);
      throw this.#store.failure(error);
    }
    handle.close();
    let unnamed;
    try {
      unnamed = await this.#store.commit(manifest, id);
    } catch (error) {
      await this.#undo(id, changed);
      throw error;
    }
    for (const file of moved) if (file.pristine) file.move(this.#sourceOf(file.size, places.get(file) ?? []));
    this.#places = places;
    this.#savedVersion = version;
    // Last, because the program goes on meanwhile, and reads.
    await this.#store.discard(unnamed);
  }

  /** @param {string} id @param {FileInode[]} changed */
  async #undo(id, changed) {
    for (const file of changed) file.changed = true;
    await this.#store.discard([id]);
  }

  /**
   * Writes what was changed, and what lies in objects that are to go.
   * @param {ObjectWriter} writer
   * @param {Map<FileInode, Extent[]>} places filled
   * @param {FileInode[]} changed filled
   * @returns {FileInode[]} files that were moved from another object
   */
  #writeContents(writer, places, changed) {
    /** @type {FileInode[]} */
    const unchanged = [];
    for (const file of filesBelow(this.#root)) {
      const known = this.#places.get(file);
      if (!file.changed && (known !== undefined || file.size === 0)) {
        unchanged.push(file);
        places.set(file, known ?? []);
      } else {
        places.set(file, writer.write(file.extents()));
        file.changed = false;
        changed.push(file);
      }
    }
    const leaving = this.#objectsToEmpty(unchanged);
    const moved = unchanged.filter((file) => places.get(file)?.some(({ object }) => leaving.has(object)));
    for (const file of moved) {
      places.set(file, writer.write(file.pristine ? this.#read(places.get(file) ?? []) : file.extents()));
    }
    return moved;
  }

  /** @param {FileInode[]} files that stay where they are */
  #objectsToEmpty(files) {
    const live = this.#liveBytes(files, this.#places);
    const small = [];
    const leaving = new Set();
    for (const [id, bytes] of live) {
      const size = this.#store.objects.get(id)?.size ?? 0;
      if (bytes < size * LIVE_SHARE_MIN) leaving.add(id);
      else if (size < SMALL_OBJECT_BYTES) small.push(id);
    }
    if (live.size > OBJECTS_MAX) for (const id of small) leaving.add(id);
    return leaving;
  }

  /**
   * @param {Iterable<FileInode>} files
   * @param {Map<FileInode, Extent[]>} places
   */
  #liveBytes(files, places) {
    /** @type {Map<string, number>} */
    const live = new Map();
    for (const file of files) {
      for (const { object, length } of places.get(file) ?? []) live.set(object, (live.get(object) ?? 0) + length);
    }
    return live;
  }

  /**
   * The objects that a state needs, with their sizes.
   * @param {Map<FileInode, Extent[]>} places
   * @param {string} fresh
   * @param {number} freshSize
   */
  #liveObjects(places, fresh, freshSize) {
    /** @type {Map<string, number>} */
    const sizes = new Map();
    for (const id of this.#liveBytes(places.keys(), places).keys()) {
      sizes.set(id, id === fresh ? freshSize : (this.#store.objects.get(id)?.size ?? 0));
    }
    return sizes;
  }

  /**
   * @param {number} size
   * @param {Extent[]} extents
   * @returns {Source}
   */
  #sourceOf(size, extents) {
    return {
      size,
      shared: false,
      load: () => {
        try {
          const parts = this.#read(extents);
          const [only] = parts;
          if (parts.length === 1 && only !== undefined && only.bytes.length === size) return only.bytes;
          const bytes = new Uint8Array(size);
          for (const part of parts) bytes.set(part.bytes, part.position);
          return bytes;
        } catch (error) {
          return error instanceof RangeError ? ERRNO_NOMEM : ERRNO_IO;
        }
      },
    };
  }

  /** @param {Extent[]} extents */
  #read(extents) {
    const reader = new FileReaderSync();
    return extents.map(({ position, object, offset, length }) => {
      const file = this.#store.objects.get(object);
      if (file === undefined) throw new Error(`the object ${object} is gone`);
      const bytes = new Uint8Array(reader.readAsArrayBuffer(file.slice(offset, offset + length)));
      if (bytes.length !== length) throw new Error(`the object ${object} is cut off`);
      return { position, bytes };
    });
  }
}

/**
 * Each file of a file system once, however many names it has.
 * @param {DirectoryInode} root
 * @returns {Set<FileInode>}
 */
function filesBelow(root) {
  /** @type {Set<FileInode>} */
  const files = new Set();
  const pending = [root];
  for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
    for (const [, inode] of ownEntries(directory)) {
      if (inode instanceof DirectoryInode) pending.push(inode);
      else if (inode instanceof FileInode) files.add(inode);
    }
  }
  return files;
}
