import { MANIFEST_FORMAT } from "./manifest.mjs";
import { mountInvalid, MountError } from "./mount-error.mjs";

/** @typedef {import("./manifest.mjs").Manifest} Manifest */

/**
 * One store in the origin private file system: a folder of its own with objects, which hold contents and never change, and a
 * manifest that says what is where. Objects are written first, under fresh names; then the manifest is replaced, which is
 * atomic; then objects that it no longer names are removed. Whoever dies in between leaves the old state or the new one, and
 * objects that nobody names, which the next writer removes.
 */

/** Where all stores are. */
const FOLDER = "aikernel-web";
const MANIFEST = "manifest";
const OBJECT_PREFIX = "contents-";
/** A store that was just let go of, perhaps by a worker that is being ended, is waited for this long. */
const LOCK_PATIENCE_MILLISECONDS = 500;
const NAME_LENGTH_MAX = 100;
/** The first line of a manifest; the length in bytes and the SHA-256 of what follows it. */
const HEADER = /^aikernel-web store, (\d+) bytes, sha256 ([0-9a-f]{64})\n/;
const HEADER_BYTES_MAX = 128;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export class PersistentStore {
  /** @type {Map<string, File>} */
  objects = new Map();
  #name;
  #folder;
  #release;
  /** Whether there is a manifest that can be replaced. */
  #begun = false;

  /**
   * @param {string} name
   * @param {FileSystemDirectoryHandle | null} folder null for a store that is to be read and is not there
   * @param {() => void} release
   */
  constructor(name, folder, release) {
    this.#name = name;
    this.#folder = folder;
    this.#release = release;
  }

  /**
   * Opens a store, alone for writing or together with other readers.
   * @param {string} name
   * @param {boolean} readOnly
   * @returns {Promise<PersistentStore>}
   * @throws {MountError} WASM_MOUNT_BUSY, WASM_MOUNT_INVALID
   */
  static async open(name, readOnly) {
    if (typeof name !== "string" || name === "" || name.length > NAME_LENGTH_MAX || !name.isWellFormed()) {
      throw mountInvalid(`a persistent store needs a name of 1 to ${NAME_LENGTH_MAX} characters`);
    }
    if (navigator.storage?.getDirectory === undefined || navigator.locks === undefined) {
      throw mountInvalid("this page has no persistent storage: the browser offers it over https and on localhost only");
    }
    const release = await lock(name, readOnly);
    try {
      return new PersistentStore(name, await folderOf(name, readOnly), release);
    } catch (error) {
      release();
      throw mountInvalid(`${called(name)} cannot be opened: ${messageOf(error)}`);
    }
  }

  /** Lets others have it. */
  close() {
    this.#release();
  }

  /**
   * @returns {Promise<Manifest | null>} null for a store that is new
   * @throws {MountError} WASM_MOUNT_INVALID when it is damaged; nothing is changed then
   */
  async load() {
    if (this.#folder === null) return null;
    const folder = this.#folder;
    const names = [];
    for await (const name of folder.keys()) names.push(name);
    const bytes = names.includes(MANIFEST)
      ? new Uint8Array(await (await (await folder.getFileHandle(MANIFEST)).getFile()).arrayBuffer())
      : new Uint8Array(0);
    if (bytes.length === 0) {
      if (names.some((name) => isObject(name))) throw this.#damaged("there are contents, but nothing that says what they are");
      return null;
    }
    const manifest = await this.#read(bytes);
    await Promise.all(manifest.objects.map(async ([id, size]) => {
      const file = await folder.getFileHandle(id).then((handle) => handle.getFile(), () => null);
      if (file === null || file.size < size) throw this.#damaged("contents are missing");
      this.objects.set(id, file);
    }));
    this.#begun = true;
    return manifest;
  }

  /** Removes what a writer who died has left: objects that nobody names, and halves of manifests. */
  async clean() {
    const folder = this.#folder;
    if (folder === null) return;
    const stray = [];
    for await (const name of folder.keys()) if (name !== MANIFEST && !this.objects.has(name)) stray.push(name);
    await this.#remove(stray);
  }

  /**
   * Makes an object, to be written to at once and closed.
   * @returns {Promise<{ id: string, handle: FileSystemSyncAccessHandle }>}
   */
  async create() {
    return await this.#guard(async (folder) => {
      // Objects without a manifest would be taken for damage.
      if (!this.#begun) await replaceManifest(folder, { format: MANIFEST_FORMAT, objects: [], inodes: [] });
      this.#begun = true;
      const id = `${OBJECT_PREFIX}${crypto.randomUUID()}`;
      const file = await folder.getFileHandle(id, { create: true });
      return { id, handle: await file.createSyncAccessHandle() };
    });
  }

  /**
   * Makes the manifest's state the store's.
   * @param {Manifest} manifest
   * @param {string} fresh the object made for it, which is kept if it is named
   * @returns {Promise<string[]>} objects that it does not name: to be discarded when nobody reads from them any more
   */
  async commit(manifest, fresh) {
    return await this.#guard(async (folder) => {
      const named = new Set(manifest.objects.map(([id]) => id));
      const added = named.has(fresh) ? await (await folder.getFileHandle(fresh)).getFile() : null;
      await replaceManifest(folder, manifest);
      if (added !== null) this.objects.set(fresh, added);
      return [...this.objects.keys(), fresh].filter((id) => !named.has(id));
    });
  }

  /** Removes objects that are not, or no longer, part of the store. @param {string[]} ids */
  async discard(ids) {
    for (const id of ids) this.objects.delete(id);
    await this.#remove(ids);
  }

  /** @param {string[]} names */
  async #remove(names) {
    // What cannot be removed now is removed by the next writer.
    await Promise.allSettled(names.map((name) => this.#folder?.removeEntry(name)));
  }

  /**
   * @template T
   * @param {(folder: FileSystemDirectoryHandle) => Promise<T>} act
   * @returns {Promise<T>}
   */
  async #guard(act) {
    try {
      return await act(/** @type {FileSystemDirectoryHandle} */ (this.#folder));
    } catch (error) {
      throw this.failure(error);
    }
  }

  /** @param {unknown} error @returns {MountError} */
  failure(error) {
    const what = `${called(this.#name)} cannot be saved`;
    if (error instanceof Error && error.name === "QuotaExceededError") {
      const why = "the browser gives this page no more storage; nothing is lost while the program runs";
      return new MountError(`${what}: ${why}`, "WASM_STORAGE_FULL");
    }
    return new MountError(`${what}: ${messageOf(error)}`, "WASM_STORAGE_FAILED");
  }

  /** @param {Uint8Array<ArrayBuffer>} bytes @returns {Promise<Manifest>} */
  async #read(bytes) {
    const header = HEADER.exec(String.fromCharCode(...bytes.subarray(0, HEADER_BYTES_MAX)));
    if (header === null) throw this.#damaged("its manifest has no header");
    const content = bytes.subarray(header[0].length);
    if (content.length !== Number(header[1]) || (await digest(content)) !== header[2]) {
      throw this.#damaged("its manifest does not fit its checksum");
    }
    const manifest = JSON.parse(decoder.decode(content));
    if (manifest.format !== MANIFEST_FORMAT) {
      throw mountInvalid(`${called(this.#name)} was written by another version (format ${manifest.format}); use that one`);
    }
    return manifest;
  }

  /** @param {string} why */
  #damaged(why) {
    return mountInvalid(`${called(this.#name)} is damaged (${why}); it was left as it is`);
  }
}

/** @param {string} name */
function isObject(name) {
  return name.startsWith(OBJECT_PREFIX);
}

/** @param {string} name @param {boolean} readOnly */
async function folderOf(name, readOnly) {
  const origin = await navigator.storage.getDirectory();
  try {
    const all = await origin.getDirectoryHandle(FOLDER, { create: !readOnly });
    // A prefix, because "." and ".." are names here and not there.
    return await all.getDirectoryHandle(`store-${encodeURIComponent(name)}`, { create: !readOnly });
  } catch (error) {
    if (readOnly && error instanceof DOMException && error.name === "NotFoundError") return null;
    throw error;
  }
}

/**
 * @param {string} name
 * @param {boolean} readOnly
 * @returns {Promise<() => void>} lets go of the lock, as the worker's end does
 */
function lock(name, readOnly) {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(LOCK_PATIENCE_MILLISECONDS);
    navigator.locks
      .request(`${FOLDER}: store ${name}`, { mode: readOnly ? "shared" : "exclusive", signal }, () =>
        new Promise((release) => resolve(() => release(null))))
      .catch(() => {
        const others = readOnly ? "writes to it" : "uses it";
        reject(new MountError(`${called(name)} is in use: another program or another tab ${others}`, "WASM_MOUNT_BUSY"));
      });
  });
}

/**
 * @param {FileSystemDirectoryHandle} folder
 * @param {Manifest} manifest
 */
async function replaceManifest(folder, manifest) {
  const content = encoder.encode(JSON.stringify(manifest));
  const header = `aikernel-web store, ${content.length} bytes, sha256 ${await digest(content)}\n`;
  const file = await folder.getFileHandle(MANIFEST, { create: true });
  // What is written goes into a copy, which takes the file's place when it is closed. https://fs.spec.whatwg.org/
  const writable = await file.createWritable();
  try {
    await writable.write(new Blob([header, content]));
  } catch (error) {
    await writable.abort().catch(() => {});
    throw error;
  }
  await writable.close();
}

/** @param {Uint8Array<ArrayBuffer>} bytes */
async function digest(bytes) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {string} name */
function called(name) {
  return `the persistent store ${JSON.stringify(name)}`;
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}
