/**
 * The channel over a web socket. One binary frame a message: the length of the header (32 bits, little endian), the header
 * (JSON), then the raw bytes of every byte array in the message, one after another: nothing is turned into text.
 *
 * In the JSON `{"$bytes": i}` stands for the i-th byte array, `{"$int": "..."}` for an integer past 2^53, `{"$float":
 * "NaN"}` for a number that JSON has no word for (or, as -0, loses); a key of the message itself that starts with `$`
 * gets one more `$`.
 * The other end is aikernel_web/host/wire.py.
 */

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * @param {any} message
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function encode(message) {
  /** @type {Uint8Array[]} */
  const parts = [];
  const value = pack(message, parts);
  const header = encoder.encode(JSON.stringify({ value, lengths: parts.map((part) => part.byteLength) }));
  const size = parts.reduce((sum, part) => sum + part.byteLength, 4 + header.byteLength);
  const frame = new Uint8Array(size);
  new DataView(frame.buffer).setUint32(0, header.byteLength, true);
  frame.set(header, 4);
  let offset = 4 + header.byteLength;
  for (const part of parts) {
    frame.set(part, offset);
    offset += part.byteLength;
  }
  return frame;
}

/**
 * @param {ArrayBuffer} frame
 * @returns {any}
 */
export function decode(frame) {
  const length = new DataView(frame).getUint32(0, true);
  const { value, lengths } = JSON.parse(decoder.decode(new Uint8Array(frame, 4, length)));
  let offset = 4 + length;
  const parts = lengths.map((/** @type {number} */ size) => {
    // A copy each: a view would keep the whole frame alive, and could not be handed on by itself.
    const part = new Uint8Array(frame.slice(offset, offset + size));
    offset += size;
    return part;
  });
  return unpack(value, parts);
}

/**
 * @param {any} value
 * @param {Uint8Array[]} parts
 * @returns {any}
 */
function pack(value, parts) {
  if (value === undefined || value === null) return null;
  if (typeof value === "number" && !Number.isFinite(value)) return { $float: String(value) };
  if (Object.is(value, -0)) return { $float: "-0" }; // JSON.stringify says 0
  if (typeof value === "bigint") return { $int: String(value) };
  if (typeof value !== "object") return value;
  if (ArrayBuffer.isView(value)) {
    parts.push(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    return { $bytes: parts.length - 1 };
  }
  if (Array.isArray(value)) return value.map((item) => pack(item, parts));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key.startsWith("$") ? `$${key}` : key, pack(item, parts)]),
  );
}

/**
 * @param {any} value
 * @param {Uint8Array[]} parts
 * @returns {any}
 */
function unpack(value, parts) {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => unpack(item, parts));
  if ("$bytes" in value) return parts[value.$bytes];
  if ("$int" in value) return BigInt(value.$int);
  if ("$float" in value) return Number(value.$float);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key.startsWith("$") ? key.slice(1) : key, unpack(item, parts)]),
  );
}

/**
 * @param {WebSocket} socket open, or still opening
 * @returns {import("./rpc.mjs").Channel}
 */
export function socketChannel(socket) {
  socket.binaryType = "arraybuffer";
  return {
    post: (message) => socket.send(encode(message)),
    listen: (receive) => {
      socket.onmessage = (event) => receive(decode(event.data));
    },
  };
}
