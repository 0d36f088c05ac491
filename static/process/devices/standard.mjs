import { InputDescriptor, OutputDescriptor } from "../stdio.mjs";
import { ERRNO_BADF, RIGHTS_FD_READ, RIGHTS_FD_WRITE } from "../wasi/abi.mjs";

/** @typedef {import("../standard-input.mjs").StandardInput} StandardInput */
/** @typedef {import("../standard-output.mjs").StandardOutput} StandardOutput */
/** @typedef {import("./device-inode.mjs").DeviceInode} DeviceInode */

/** /dev/stdin: another descriptor on what descriptor 0 had when the process began. */
export class StandardInputDescriptor extends InputDescriptor {
  /** @param {DeviceInode} inode @param {StandardInput} input @param {boolean} terminal */
  constructor(inode, input, terminal) {
    super(input, terminal);
    this.inode = inode;
  }

  /** @override @param {Uint8Array} bytes @param {number} pointer @param {number} length */
  read(bytes, pointer, length) {
    return (this.denied & RIGHTS_FD_READ) !== 0 ? -ERRNO_BADF : super.read(bytes, pointer, length);
  }
}

/** /dev/stdout and /dev/stderr: other descriptors on what descriptors 1 and 2 had when the process began. */
export class StandardOutputDescriptor extends OutputDescriptor {
  /** @param {DeviceInode} inode @param {StandardOutput} output @param {1 | 2} fd @param {boolean} terminal */
  constructor(inode, output, fd, terminal) {
    super(output, fd, terminal);
    this.inode = inode;
  }

  /** @override @param {Uint8Array} bytes @param {number} pointer @param {number} length */
  write(bytes, pointer, length) {
    return (this.denied & RIGHTS_FD_WRITE) !== 0 ? -ERRNO_BADF : super.write(bytes, pointer, length);
  }
}

/** /dev/tty: the terminal of the process, whatever became of its standard descriptors: reads stdin, writes stdout. */
export class TerminalDescriptor extends StandardInputDescriptor {
  #output;

  /** @param {DeviceInode} inode @param {StandardInput} input @param {StandardOutput} output */
  constructor(inode, input, output) {
    super(inode, input, true);
    this.#output = new OutputDescriptor(output, 1, true);
    this.rights |= this.#output.rights;
  }

  /** @override @param {Uint8Array} bytes @param {number} pointer @param {number} length */
  write(bytes, pointer, length) {
    return (this.denied & RIGHTS_FD_WRITE) !== 0 ? -ERRNO_BADF : this.#output.write(bytes, pointer, length);
  }

  /** @override */
  settled() {
    return this.#output.settled();
  }

  /** @override */
  writeReady() {
    return this.#output.writeReady();
  }

  /** @override */
  close() {
    this.#output.close();
  }
}
