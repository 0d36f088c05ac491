import { Descriptor } from "./descriptors.mjs";
import { BUFFER_BYTES } from "./standard-output.mjs";
import {
  ERRNO_AGAIN,
  ERRNO_INVAL,
  ERRNO_SPIPE,
  ERRNO_SUCCESS,
  FDFLAGS_APPEND,
  FDFLAGS_NONBLOCK,
  FILETYPE_CHARACTER_DEVICE,
  FILETYPE_UNKNOWN,
  RIGHTS_FD_FDSTAT_SET_FLAGS,
  RIGHTS_FD_FILESTAT_GET,
  RIGHTS_FD_READ,
  RIGHTS_FD_WRITE,
  RIGHTS_POLL_FD_READWRITE,
} from "./wasi/abi.mjs";

/** @typedef {import("./standard-input.mjs").StandardInput} StandardInput */
/** @typedef {import("./standard-output.mjs").StandardOutput} StandardOutput */

/** Descriptor 0. */
export class InputDescriptor extends Descriptor {
  /** @override */
  rights = RIGHTS_FD_READ | RIGHTS_FD_FDSTAT_SET_FLAGS | RIGHTS_FD_FILESTAT_GET | RIGHTS_POLL_FD_READWRITE;
  #input;

  /** @param {StandardInput} input @param {boolean} terminal */
  constructor(input, terminal) {
    super();
    this.#input = input;
    this.rightsInheriting = this.rights;
    this.filetype = terminal ? FILETYPE_CHARACTER_DEVICE : FILETYPE_UNKNOWN;
  }

  /**
   * @override
   * @param {Uint8Array} bytes
   * @param {number} pointer
   * @param {number} length
   */
  read(bytes, pointer, length) {
    if (length === 0) return 0;
    const taken = this.#input.take(bytes, pointer, length);
    return taken > 0 || this.#input.ended ? taken : -ERRNO_AGAIN;
  }

  /** @override */
  readable() {
    return this.#input.changed();
  }

  /** @override @param {Promise<void>} wait */
  dismiss(wait) {
    this.#input.arrived.cancel(wait);
  }

  /** @override */
  readReady() {
    return this.#input.available > 0 || this.#input.ended ? this.#input.available : -1;
  }

  /** @override */
  readEnded() {
    return this.#input.ended && this.#input.available === 0;
  }

  /** @override */
  pread() {
    return -ERRNO_SPIPE;
  }

  /** @override */
  seek() {
    return -ERRNO_SPIPE;
  }

  /** @override */
  tell() {
    return -ERRNO_SPIPE;
  }

  /** @override @param {number} flags */
  setFlags(flags) {
    return setStreamFlags(this, flags);
  }
}

/** Descriptors 1 and 2. */
export class OutputDescriptor extends Descriptor {
  /** @override */
  rights = RIGHTS_FD_WRITE | RIGHTS_FD_FDSTAT_SET_FLAGS | RIGHTS_FD_FILESTAT_GET | RIGHTS_POLL_FD_READWRITE;
  #output;
  #fd;

  /** @param {StandardOutput} output @param {1 | 2} fd @param {boolean} terminal */
  constructor(output, fd, terminal) {
    super();
    this.#output = output;
    this.#fd = fd;
    this.rightsInheriting = this.rights;
    this.filetype = terminal ? FILETYPE_CHARACTER_DEVICE : FILETYPE_UNKNOWN;
  }

  /**
   * @override
   * @param {Uint8Array} bytes
   * @param {number} pointer
   * @param {number} length
   */
  write(bytes, pointer, length) {
    return this.#output.write(this.#fd, bytes, pointer, length);
  }

  /** @override */
  settled() {
    return this.#output.settled();
  }

  /** @override */
  writeReady() {
    return BUFFER_BYTES;
  }

  /** @override */
  pwrite() {
    return -ERRNO_SPIPE;
  }

  /** @override */
  seek() {
    return -ERRNO_SPIPE;
  }

  /** @override */
  tell() {
    return -ERRNO_SPIPE;
  }

  /** @override @param {number} flags */
  setFlags(flags) {
    return setStreamFlags(this, flags);
  }

  /** @override */
  close() {
    this.#output.flush();
  }

  /** @override */
  snapshot() {
    return { stream: this.#fd };
  }
}

/**
 * A stream can be made non-blocking (wasmtime refuses even that, with BADF); appending is what it does anyway.
 * @param {Descriptor} descriptor
 * @param {number} flags
 */
function setStreamFlags(descriptor, flags) {
  if ((flags & ~(FDFLAGS_APPEND | FDFLAGS_NONBLOCK)) !== 0) return ERRNO_INVAL;
  descriptor.flags = flags;
  return ERRNO_SUCCESS;
}
