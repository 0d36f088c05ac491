import { DirectoryDescriptor } from "../fs/directory-descriptor.mjs";
import { FileDescriptor } from "../fs/file-descriptor.mjs";
import { FileInode } from "../fs/file-inode.mjs";
import { DirectoryInode } from "../fs/inode.mjs";
import { ControlError } from "../control/control-error.mjs";
import { CONTROL_BYTES_MAX } from "../devices/control-descriptor.mjs";
import { DeviceInode } from "../devices/device-inode.mjs";
import { EVENT_LINE_BYTES_MAX } from "../devices/host-events.mjs";
import { InputDescriptor, OutputDescriptor } from "../stdio.mjs";
import { FILETYPE_CHARACTER_DEVICE } from "../wasi/abi.mjs";
import { unsupported } from "./references.mjs";
import { bytes, flag, integer, invalid, list, nullable, oneOf, record, size, text, word } from "./shapes.mjs";

/** @typedef {import("../descriptors.mjs").Descriptor} Descriptor */
/** @typedef {import("../fs/inode.mjs").Inode} Inode */
/** @typedef {import("../process.mjs").Process} Process */
/** @template {import("./shapes.mjs").Check<any>} C @typedef {import("./shapes.mjs").Checked<C>} Checked */

/** Numbers lie below the most that may be open, and below this where there is no such limit. */
const NUMBERS_MAX = 1 << 20;
const RIGHTS = integer(0, 0x3fff_ffff);
const PATH_MAX = 4095;
const NAME_MAX = 255;
/** The largest sample frame: eight channels of four bytes. */
const FRAME_BYTES_MAX = 32;

const fields = {
  fd: size,
  flags: integer(0, 0x1f),
  rights: RIGHTS,
  rightsInheriting: RIGHTS,
  denied: RIGHTS,
  deniedInheriting: RIGHTS,
};
const nothing = record({});
const control = record({ position: size, state: bytes(CONTROL_BYTES_MAX) });

/**
 * What a descriptor of a device keeps besides the fields, by the device's place below /dev.
 * @type {Readonly<Record<string, import("./shapes.mjs").Check<object>>>}
 */
const DEVICES = {
  null: nothing, zero: nothing, full: nothing, random: nothing, urandom: nothing, stdin: nothing, tty: nothing,
  stdout: nothing, stderr: nothing,
  consctl: control, "fb/ctl": control, "audio/ctl": control,
  "fb/data": record({ position: size, generation: size }),
  "audio/data": record({ partial: bytes(FRAME_BYTES_MAX), generation: size }),
  event: record({ line: bytes(EVENT_LINE_BYTES_MAX), skipping: flag }),
  "input/events": nothing,
};

const names = nullable(list(text(NAME_MAX)));
const preopen = nullable(text(PATH_MAX));
const shape = list(
  oneOf({
    stdin: record({ ...fields, terminal: flag }),
    output: record({ ...fields, terminal: flag, stream: integer(1, 2) }),
    file: record({ ...fields, inode: size, state: record({ position: size }) }),
    directory: record({ ...fields, inode: size, preopen, state: record({ names }) }),
    device: record({ ...fields, device: word(...Object.keys(DEVICES)), state: (item) => item }),
    "device-directory": record({ ...fields, device: word("", "fb", "audio", "input"), preopen, state: record({ names }) }),
  }),
);

/** @typedef {Checked<typeof shape>[number]} Saved */

/** What is open, under its number. @type {import("./state.mjs").StatePart} */
export const descriptors = {
  tag: "DESC",
  save({ process, numbers }) {
    const places = new Map([...devicePlaces(process)].map(([place, inode]) => [inode, place]));
    return process.descriptors.numbered().map(([fd, descriptor]) => {
      const { flags, rights, rightsInheriting, denied, deniedInheriting } = descriptor;
      return { fd, flags, rights, rightsInheriting, denied, deniedInheriting, ...kindOf(descriptor, numbers, places) };
    });
  },
  check({ process, inodes }, value) {
    const saved = shape(value, "DESC");
    const maximum = Math.min(process.descriptors.maximum, NUMBERS_MAX);
    const fds = new Set(saved.map(({ fd }) => fd));
    if (fds.size < saved.length || saved.some(({ fd }) => fd >= maximum)) {
      throw invalid("DESC has a number twice, or more descriptors than may be open here");
    }
    const places = devicePlaces(process);
    const makers = saved.map((item) => /** @type {const} */ ([item, makerOf(process, item, inodes, places)]));
    return () => {
      process.descriptors.resume(makers.map(([item, make]) => [item.fd, withFields(make(), item)]));
    };
  },
};

/**
 * @param {Descriptor} descriptor
 * @param {Map<Inode, number>} numbers
 * @param {Map<Inode, string>} places
 */
function kindOf(descriptor, numbers, places) {
  const { inode } = descriptor;
  const state = descriptor.snapshot();
  const terminal = descriptor.filetype === FILETYPE_CHARACTER_DEVICE;
  const device = inode === null ? undefined : places.get(inode);
  if (device !== undefined) {
    return inode instanceof DirectoryInode
      ? { kind: "device-directory", device, preopen: descriptor.preopen, state }
      : { kind: "device", device, state };
  }
  const number = inode === null ? undefined : numbers.get(inode);
  if (descriptor instanceof FileDescriptor) return { kind: "file", inode: number, state };
  if (descriptor instanceof DirectoryDescriptor) return { kind: "directory", inode: number, preopen: descriptor.preopen, state };
  if (descriptor instanceof InputDescriptor) return { kind: "stdin", terminal };
  if (descriptor instanceof OutputDescriptor) return { kind: "output", terminal, ...state };
  throw unsupported("a descriptor of an unknown kind is open");
}

/**
 * What makes the descriptor, once everything else is there.
 * @param {Process} process
 * @param {Saved} item
 * @param {Inode[]} inodes
 * @param {Map<string, Inode>} places
 * @returns {() => Descriptor}
 */
function makerOf(process, item, inodes, places) {
  switch (item.kind) {
    case "stdin":
      return () => new InputDescriptor(process.stdin, item.terminal);
    case "output":
      return () => new OutputDescriptor(process.stdout, /** @type {1 | 2} */ (item.stream), item.terminal);
    case "file": {
      const inode = inodes[item.inode];
      if (!(inode instanceof FileInode)) throw invalid(`descriptor ${item.fd} of DESC is open on what is no file`);
      return () => resumed(new FileDescriptor(inode, process.clock, process.turnstile), item.state);
    }
    case "directory": {
      const inode = inodes[item.inode];
      if (!(inode instanceof DirectoryInode)) throw invalid(`descriptor ${item.fd} of DESC is open on what is no directory`);
      return () => resumed(new DirectoryDescriptor(inode, item.preopen), item.state);
    }
    case "device-directory": {
      const inode = places.get(item.device);
      if (!(inode instanceof DirectoryInode)) throw invalid(`descriptor ${item.fd} of DESC is open on what is no directory`);
      return () => resumed(new DirectoryDescriptor(inode, item.preopen), item.state);
    }
    case "device": {
      const { fd, device } = item;
      const state = /** @type {import("./shapes.mjs").Check<object>} */ (DEVICES[device])(item.state, `DESC of ${device}`);
      const inode = places.get(device);
      if (!(inode instanceof DeviceInode)) throw invalid(`descriptor ${fd} of DESC is open on a device that is not there`);
      const opened = inode.open();
      if (typeof opened === "number") {
        throw new ControlError("WASM_SAVE_STATE_FOREIGN", `the state has /dev/${device} open, which this program does not have`);
      }
      return () => resumed(opened, state);
    }
  }
}

/** @param {Descriptor} descriptor @param {object} state */
function resumed(descriptor, state) {
  descriptor.resume(state);
  return descriptor;
}

/** @param {Descriptor} descriptor @param {Saved} item */
function withFields(descriptor, { flags, rights, rightsInheriting, denied, deniedInheriting }) {
  return Object.assign(descriptor, { flags, rights, rightsInheriting, denied, deniedInheriting });
}

/** The devices of a process, by their places below /dev; /dev itself is "". @param {Process} process */
function devicePlaces({ devices }) {
  /** @type {Map<string, Inode>} */
  const places = new Map([["", /** @type {Inode} */ (devices)]]);
  for (const [place, inode] of places) {
    if (!(inode instanceof DirectoryInode)) continue;
    for (const [name, child] of inode.entries) places.set(place === "" ? name : `${place}/${name}`, child);
  }
  return places;
}
