import { ERRNO_BADF, ERRNO_INVAL, ERRNO_NOSYS, ERRNO_NOTSOCK, FDFLAGS_ALL, RIFLAGS_ALL, SDFLAGS_ALL } from "./abi.mjs";

/** @typedef {import("../process.mjs").Process} Process */

/**
 * sock_*: a page has no sockets, so no descriptor is one.
 * @param {Process} process
 */
export function sockFunctions({ descriptors, fs }) {
  /** @param {number} fd */
  function notSocket(fd) {
    const descriptor = descriptors.get(fd);
    // A program that was given no directory expects none to be open.
    return descriptor === undefined || (descriptor.directory !== null && fs.bare) ? ERRNO_BADF : ERRNO_NOTSOCK;
  }

  return {
    /** @param {number} fd @param {number} flags */
    sock_accept: (fd, flags) => ((flags & ~FDFLAGS_ALL) !== 0 ? ERRNO_INVAL : notSocket(fd)),
    /** @param {number} fd @param {number} data @param {number} count @param {number} flags */
    sock_recv: (fd, data, count, flags) => ((flags & ~RIFLAGS_ALL) !== 0 ? ERRNO_INVAL : notSocket(fd)),
    /** @param {number} fd @param {number} data @param {number} count @param {number} flags */
    sock_send: (fd, data, count, flags) => (flags !== 0 ? ERRNO_INVAL : notSocket(fd)),
    /** @param {number} fd @param {number} how */
    sock_shutdown: (fd, how) => ((how & ~SDFLAGS_ALL) !== 0 ? ERRNO_INVAL : notSocket(fd)),
  };
}

/**
 * WasmEdge's extension, which is not part of WASI but lives in its namespace. Programs built for WasmEdge (its QuickJS among
 * them) import all of it and call it only when they open a socket, so it must be there to link; it says ENOSYS.
 * Its sock_accept has two parameters where the standard has three: WebAssembly does not mind, and neither does ours.
 * https://github.com/second-state/wasmedge_wasi_socket
 */
export function wasmEdgeSocketFunctions() {
  const names = [
    "sock_open", "sock_bind", "sock_listen", "sock_connect", "sock_recv_from", "sock_send_to", "sock_getsockopt",
    "sock_setsockopt", "sock_getlocaladdr", "sock_getpeeraddr", "sock_getaddrinfo", "sock_open_v2", "sock_bind_v2",
    "sock_listen_v2", "sock_accept_v2", "sock_connect_v2", "sock_recv_v2", "sock_recv_from_v2", "sock_send_v2",
    "sock_send_to_v2", "sock_getlocaladdr_v2", "sock_getpeeraddr_v2",
  ];
  return Object.fromEntries(names.map((name) => [name, () => ERRNO_NOSYS]));
}
