import { DirectoryInode } from "../fs/inode.mjs";
import { ERRNO_NXIO } from "../wasi/abi.mjs";
import { ArrivalsDescriptor } from "./arrivals-descriptor.mjs";
import { AudioDescriptor } from "./audio-descriptor.mjs";
import { Audio } from "./audio.mjs";
import { ControlDescriptor } from "./control-descriptor.mjs";
import { DeviceInode } from "./device-inode.mjs";
import { EventDescriptor } from "./event-descriptor.mjs";
import { FramebufferDescriptor } from "./framebuffer-descriptor.mjs";
import { Framebuffer } from "./framebuffer.mjs";
import { HostEvents } from "./host-events.mjs";
import { InputEvents } from "./input-events.mjs";
import { FullDescriptor, NullDescriptor, RandomDescriptor, ZeroDescriptor } from "./memory-devices.mjs";
import { StandardInputDescriptor, StandardOutputDescriptor, TerminalDescriptor } from "./standard.mjs";
import { Terminal } from "./terminal.mjs";

/** @typedef {import("../process.mjs").Process} Process */
/** @typedef {import("./device-inode.mjs").Opener} Opener */

/** Devices are numbered from here, where no file is. */
const INO_FIRST = 0x7fff_0000;

/** The directory /dev of a process. The host speaks to the devices through it. */
export class Devices extends DirectoryInode {
  #framebuffer;
  #audio;
  #input;
  #events;
  #lossless;
  /** Null where the process has none. @type {Terminal | null} */
  #terminal;
  #nextIno = INO_FIRST + 1;

  /** @param {Process} process */
  constructor(process) {
    super(INO_FIRST, process.fs.now(), process.fs.root);
    const { stdin, stdout, random, start } = process;
    const { terminal, columns, rows } = start;
    this.#lossless = start.lossless;
    this.#framebuffer = new Framebuffer(process);
    this.#audio = new Audio(process);
    this.#input = new InputEvents(process.clock);
    this.#events = new HostEvents(process);
    this.#terminal = terminal ? new Terminal(columns, rows, process) : null;

    this.#device(this, "null", (inode) => new NullDescriptor(inode));
    this.#device(this, "zero", (inode) => new ZeroDescriptor(inode));
    this.#device(this, "full", (inode) => new FullDescriptor(inode));
    this.#device(this, "random", (inode) => new RandomDescriptor(inode, random));
    this.#device(this, "urandom", (inode) => new RandomDescriptor(inode, random));
    this.#device(this, "stdin", (inode) => new StandardInputDescriptor(inode, stdin, terminal));
    this.#device(this, "stdout", (inode) => new StandardOutputDescriptor(inode, stdout, 1, terminal));
    this.#device(this, "stderr", (inode) => new StandardOutputDescriptor(inode, stdout, 2, terminal));
    this.#device(this, "tty", (inode) => (this.#terminal ? new TerminalDescriptor(inode, stdin, stdout) : ERRNO_NXIO));
    this.#device(this, "consctl", (inode) =>
      this.#terminal ? new ControlDescriptor(inode, this.#terminal, process) : ERRNO_NXIO,
    );
    this.#device(this, "event", (inode) => new EventDescriptor(inode, this.#events));
    const fb = this.#directory("fb");
    this.#device(fb, "ctl", (inode) => new ControlDescriptor(inode, this.#framebuffer, process));
    this.#device(fb, "data", (inode) => new FramebufferDescriptor(inode, this.#framebuffer));
    const audio = this.#directory("audio");
    this.#device(audio, "ctl", (inode) => new ControlDescriptor(inode, this.#audio, process));
    this.#device(audio, "data", (inode) => new AudioDescriptor(inode, this.#audio));
    const input = this.#directory("input");
    this.#device(input, "events", (inode) => new ArrivalsDescriptor(inode, this.#input));
  }

  /** Records for /dev/input/events (input-format.mjs). @param {Uint8Array} bytes */
  input(bytes) {
    this.#input.push(bytes);
  }

  /** The display, behind /dev/fb. */
  get display() {
    return this.#framebuffer;
  }

  /** The loudspeaker, behind /dev/audio. */
  get sound() {
    return this.#audio;
  }

  /** What /dev/input/events gives. */
  get inputEvents() {
    return this.#input;
  }

  /** What /dev/event gives and takes. */
  get hostEvents() {
    return this.#events;
  }

  /** Null where the process has none. */
  get terminal() {
    return this.#terminal;
  }

  /** A line for /dev/event. @param {string} line a JSON text */
  event(line) {
    this.#events.push(line);
  }

  /** The host has dealt with a line of /dev/event. */
  eventAcknowledged() {
    this.#events.outbox.acknowledged(1);
  }

  /** The host has taken a frame. */
  frameAcknowledged() {
    this.#framebuffer.acknowledged();
  }

  /** The host has taken sound. @param {number} bytes */
  audioAcknowledged(bytes) {
    this.#audio.acknowledged(bytes);
  }

  /** Somebody listens to the program, or nobody does any more. @param {boolean} heard */
  listen(heard) {
    // How fast it is heard must not be told to a program whose runs are to be alike.
    if (!this.#lossless) this.#audio.listen(heard);
  }

  /** The terminal on the page has another size. @param {number} columns @param {number} rows */
  resize(columns, rows) {
    this.#terminal?.resize(columns, rows);
  }

  /** Sends what is collected. */
  flush() {
    this.#audio.flush();
  }

  /** The program has ended: sends what is still here, and gives the terminal its line discipline back. */
  finish() {
    this.#framebuffer.finish();
    this.#audio.flush();
    this.#events.finish();
    this.#terminal?.finish();
  }

  /** @param {string} name */
  #directory(name) {
    const directory = new DirectoryInode(this.#nextIno++, this.mtime, this);
    this.add(name, directory, this.mtime);
    return directory;
  }

  /** @param {DirectoryInode} directory @param {string} name @param {Opener} opener */
  #device(directory, name, opener) {
    directory.add(name, new DeviceInode(this.#nextIno++, this.mtime, opener), this.mtime);
  }
}

/**
 * Makes the devices of a process, whose file system and streams there are already.
 * @param {Process} process
 * @returns {Devices}
 */
export function createDevices(process) {
  return new Devices(process);
}
