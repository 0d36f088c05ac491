r"""The container of save states: version 1.0 of a format in the manner of PNG's.

A save state is a signature and then chunks. All numbers are unsigned and little-endian.

    signature   89 41 49 53 0D 0A 1A 0A: a byte that is no ASCII, "AIS", and line ends that a transfer as text changes
    chunk       tag (4 ASCII letters), length (64 bits), payload, CRC-32 (32 bits) of tag, length and payload

The first chunk is ``HEAD``, the last one ``ENDS``; between them lie the parts of the state, in their own order.

    HEAD        major (16 bits), minor (16 bits), SHA-256 of the module (32 bytes); later versions may add to it
    ENDS        the number of chunks before it (32 bits), CRC-32 of their CRCs one after the other (32 bits)
    a part      method (8 bits: 0 stored, 1 zlib), size of the body (64 bits), the body
    a body      length of the text (32 bits), a JSON text in UTF-8, the number of blobs (32 bits), the length of each
                (64 bits), the blobs

The letters of a tag say what a reader does that does not know it (PNG, third edition, section 5.4). First letter in
upper case: the state means nothing without this part, so that the whole is refused as newer. In lower case: the part is
ancillary and is passed over. Fourth letter in lower case: an ancillary part that stays true when other parts are
replaced, to be kept by who writes the state again; in upper case it is dropped then. The third letter is in upper case;
the second one is in lower case for parts of somebody's own. A reader of version 1 refuses another major version. Of a
newer minor version it takes what it knows: members of a JSON object that it does not know are left out.

Signature, chunks and the beginning of ``HEAD`` stay as they are in all versions, so that damage is told from age.
``BASE`` (the parts that follow are differences to the state of this hash), ``PLAY`` (a log of inputs to be replayed
from here) and ``BACK`` (earlier states, to be gone back to) are kept for those that come.

    WASM_SAVE_STATE_REQUIRED   no bytes were given
    WASM_SAVE_STATE_INVALID    the bytes are no save state, or one that cannot have been written
    WASM_SAVE_STATE_DAMAGED    a save state that was cut off or changed on its way
    WASM_SAVE_STATE_FOREIGN    the state of another module
    WASM_SAVE_STATE_VERSION    a state that needs a newer reader
"""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NoReturn, TypeAlias

from ..contracts.engine import BytesLike, StatePart
from ..contracts.errors import InvalidArgumentError, KernelError
from .buffers import to_bytes

Part: TypeAlias = StatePart

SIGNATURE = b"\x89AIS\r\n\x1a\n"
MAJOR, MINOR = 1, 0

HEAD, ENDS = "HEAD", "ENDS"
KNOWN_TAGS = frozenset(
    {
        "ARGS",
        "AUDI",
        "DESC",
        "DISP",
        "EVEN",
        "FILE",
        "GLOB",
        "INPU",
        "MEMO",
        "OUTP",
        "RAND",
        "STDI",
        "TABL",
        "TERM",
        "TIME",
    }
)
"""The parts of a process's state (static/process/state)."""

UNPACKED_BYTES_MAX = 2 << 30
"""The most that all parts together may unpack to: more would not fit beside the program that is to take it."""

_CHUNK = struct.Struct("<4sQ")
_CRC = struct.Struct("<I")
_HEAD = struct.Struct("<HH32s")
_ENDS = struct.Struct("<II")
_PART = struct.Struct("<BQ")
_TAG = re.compile(r"[A-Za-z]{2}[A-Z][A-Za-z]", re.ASCII)
_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)

_STORED, _ZLIB = 0, 1
_LEVEL = 1
"""Memory is mostly zeros and repetition: higher levels take five times as long for a tenth less."""
_RATIO_MAX = 1032
"""Deflate's best (RFC 1951: 258 bytes from two bits); what promises more is not believed."""
_PROBE_BYTES, _PROBES = 4096, 16
_WORTH = 0.9
"""Compressed bytes must be fewer than this share of the others, or they are not worth the time to unpack them."""
_HASHED_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class SaveStateHeader:
    """What a save state says of itself: the version of its format, and the SHA-256 of its module in hexadecimal."""

    major: int
    minor: int
    module_hash: str


def module_hash(module: BytesLike) -> str:
    """Return the SHA-256 of a module's bytes in hexadecimal. Bytes on the engine's side are read in pieces."""
    if isinstance(module, bytes | bytearray | memoryview):
        return hashlib.sha256(module).hexdigest()
    digest = hashlib.sha256()
    for start in range(0, module.byteLength, _HASHED_BYTES):
        digest.update(module.subarray(start, start + _HASHED_BYTES).to_bytes())
    return digest.hexdigest()


def pack(module_hash: str, parts: Sequence[Part]) -> bytes:
    """Return the container that holds ``parts``, the state of the module with that hash.

    The same parts give the same bytes. Raises `KernelError` with ``WASM_SAVE_STATE_UNSUPPORTED`` for more than
    `UNPACKED_BYTES_MAX` bytes, and `InvalidArgumentError` with ``WASM_ARGUMENTS_INVALID`` for what is no hash or tag.
    """
    if not _HASH.fullmatch(module_hash):
        raise InvalidArgumentError(f"{module_hash!r} is no SHA-256 in hexadecimal.", code="WASM_ARGUMENTS_INVALID")
    chunks = [_chunk(HEAD, _HEAD.pack(MAJOR, MINOR, bytes.fromhex(module_hash)))]
    room = UNPACKED_BYTES_MAX
    for tag, text, blobs in parts:
        if not _TAG.fullmatch(tag) or tag in (HEAD, ENDS):
            raise InvalidArgumentError(f"{tag!r} is no tag for a part.", code="WASM_ARGUMENTS_INVALID")
        body = _body(text, blobs)
        room -= len(body)
        if room < 0:
            raise KernelError(
                f"The state is larger than {UNPACKED_BYTES_MAX} bytes, which is the most that can be restored.",
                code="WASM_SAVE_STATE_UNSUPPORTED",
            )
        chunks.append(_chunk(tag, *_packed(body)))
    sums = b"".join(chunk[-1] for chunk in chunks)
    chunks.append(_chunk(ENDS, _ENDS.pack(len(chunks), zlib.crc32(sums))))
    return b"".join((SIGNATURE, *(piece for chunk in chunks for piece in chunk)))


def read_header(data: BytesLike) -> SaveStateHeader:
    """Return what a save state says of itself, without looking at its parts.

    Raises `KernelError`: ``WASM_SAVE_STATE_REQUIRED``, ``WASM_SAVE_STATE_INVALID``, ``WASM_SAVE_STATE_DAMAGED``.
    """
    return _header(*next(_chunks(_signed(data))))


def unpack(
    data: BytesLike,
    module_hash: str | None = None,
    *,
    keep_unknown: bool = False,
    known: frozenset[str] = KNOWN_TAGS,
) -> list[Part]:
    """Return the parts of a save state of the module with that hash; None takes any module's.

    Parts whose tags are not ``known`` are left out where they are ancillary; with ``keep_unknown`` those that may be
    kept when the state is written again are among the answer. Raises `KernelError`: ``WASM_SAVE_STATE_REQUIRED``,
    ``WASM_SAVE_STATE_INVALID``, ``WASM_SAVE_STATE_DAMAGED``, ``WASM_SAVE_STATE_VERSION``, ``WASM_SAVE_STATE_FOREIGN``.
    """
    chunks = list(_chunks(_signed(data)))
    header = _header(*chunks[0])
    if header.major > MAJOR:
        _refuse(
            "VERSION",
            f"It has version {header.major}.{header.minor} of the format, and versions up to {MAJOR} can be read: "
            "restore it with a newer aikernel-web.",
        )
    if header.major < MAJOR:
        _refuse("INVALID", f"There is no version {header.major}.{header.minor} of the format.")
    if module_hash is not None and header.module_hash != module_hash:
        _refuse(
            "FOREIGN",
            f"It is the state of another module: of {header.module_hash[:12]}..., and this one is "
            f"{module_hash[:12]}... (SHA-256). Restore it into the module that it was saved from.",
        )
    parts: list[Part] = []
    room = UNPACKED_BYTES_MAX
    for tag, payload in chunks[1:-1]:
        if tag in (HEAD, ENDS):
            _refuse("INVALID", f"It has a second chunk {tag}.")
        if tag not in known:
            if tag[0].isupper():
                _refuse(
                    "VERSION", f"It has a part {tag!r} that is not known here: restore it with a newer aikernel-web."
                )
            if not (keep_unknown and tag[3].islower()):
                continue
        body = _unpacked(tag, payload, room)
        room -= len(body)
        parts.append((tag, *_parsed(tag, body)))
    return parts


def _body(text: str, blobs: Sequence[bytes]) -> bytes:
    encoded = text.encode()
    lengths = struct.pack(f"<I{len(blobs)}Q", len(blobs), *map(len, blobs))
    return b"".join((_CRC.pack(len(encoded)), encoded, lengths, *blobs))


def _packed(body: bytes) -> tuple[bytes, bytes]:
    if _is_worth_it(body):
        packed = zlib.compress(body, _LEVEL)
        if len(packed) < len(body) * _WORTH:
            return _PART.pack(_ZLIB, len(body)), packed
    return _PART.pack(_STORED, len(body)), body


def _is_worth_it(body: bytes) -> bool:
    """Whether samples of a long body become shorter: pictures, archives and noise are not compressed in vain."""
    if len(body) <= _PROBE_BYTES * _PROBES:
        return True
    step = len(body) // _PROBES
    sample = b"".join(body[start : start + _PROBE_BYTES] for start in range(0, step * _PROBES, step))
    return len(zlib.compress(sample, _LEVEL)) < len(sample) * _WORTH


def _chunk(tag: str, *payload: bytes) -> tuple[bytes, ...]:
    """Return a chunk in pieces, which are put together once: memory is large. The last one is the sum."""
    pieces = (_CHUNK.pack(tag.encode(), sum(map(len, payload))), *payload)
    crc = 0
    for piece in pieces:
        crc = zlib.crc32(piece, crc)
    return (*pieces, _CRC.pack(crc))


def _signed(data: BytesLike) -> memoryview:
    """Return the bytes behind the signature."""
    whole = memoryview(to_bytes(data))
    if len(whole) == 0:
        _refuse("REQUIRED", "No bytes were given: give what save() has returned.")
    start = bytes(whole[: len(SIGNATURE)])
    if start != SIGNATURE:
        if SIGNATURE.startswith(start):
            _refuse("DAMAGED", f"It ends after {len(start)} bytes, within its signature.")
        if SIGNATURE[1:4] in start:
            _refuse(
                "DAMAGED", "Its signature was changed, as when a file is transferred as text: transfer it as binary."
            )
        _refuse("INVALID", "The bytes are no save state: they begin otherwise.")
    return whole[len(SIGNATURE) :]


def _chunks(rest: memoryview) -> Iterator[tuple[str, memoryview]]:
    """Yield tag and payload of each chunk, whose sums are right, up to ``ENDS``."""
    at = 0
    sums: list[bytes] = []
    while True:
        if len(rest) - at < _CHUNK.size + _CRC.size:
            _refuse("DAMAGED", f"It is cut off after {len(rest) + len(SIGNATURE)} bytes.")
        raw, length = _CHUNK.unpack_from(rest, at)
        stop = at + _CHUNK.size + length
        if stop > len(rest) - _CRC.size:
            _refuse(
                "DAMAGED",
                f"It is cut off in a chunk after {len(rest) + len(SIGNATURE)} bytes, or that chunk is damaged.",
            )
        if _CRC.unpack_from(rest, stop)[0] != zlib.crc32(rest[at:stop]):
            _refuse("DAMAGED", f"The sum of the chunk at {at + len(SIGNATURE)} is wrong.")
        tag = raw.decode("latin-1")
        if not _TAG.fullmatch(tag):
            _refuse("INVALID", f"{tag!r} is no tag.")
        payload = rest[at + _CHUNK.size : stop]
        if tag == ENDS:
            if len(payload) != _ENDS.size:
                _refuse("INVALID", "Its last chunk has another length than it can have.")
            if _ENDS.unpack(payload) != (len(sums), zlib.crc32(b"".join(sums))):
                _refuse("DAMAGED", "Chunks are missing, or their order was changed.")
            if stop + _CRC.size != len(rest):
                _refuse("DAMAGED", "Something follows its last chunk.")
            yield tag, payload
            return
        sums.append(bytes(rest[stop : stop + _CRC.size]))
        at = stop + _CRC.size
        yield tag, payload


def _header(tag: str, payload: memoryview) -> SaveStateHeader:
    if tag != HEAD or len(payload) < _HEAD.size:
        _refuse("INVALID", "It does not begin with its header.")
    major, minor, digest = _HEAD.unpack_from(payload)
    return SaveStateHeader(major, minor, digest.hex())


def _unpacked(tag: str, payload: memoryview, room: int) -> bytes:
    if len(payload) < _PART.size:
        _refuse("INVALID", f"The part {tag} is too short.")
    method, size = _PART.unpack_from(payload)
    packed = payload[_PART.size :]
    if size > room:
        _refuse("INVALID", f"It unpacks to more than {UNPACKED_BYTES_MAX} bytes.")
    if method == _STORED:
        body = bytes(packed)
    elif method == _ZLIB:
        if size > len(packed) * _RATIO_MAX:
            _refuse("INVALID", f"The part {tag} promises more than its bytes can hold.")
        body = _inflated(tag, packed, size)
    else:
        _refuse("VERSION", f"The part {tag} is packed in a way that is not known here.")
    if len(body) != size:
        _refuse("INVALID", f"The part {tag} has another size than it says.")
    return body


def _inflated(tag: str, packed: memoryview, size: int) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        # One byte more, so that what goes on is told from what has ended.
        body = unpacker.decompress(packed, size + 1)
    except zlib.error as error:
        _refuse("INVALID", f"The part {tag} cannot be unpacked: {error}.")
    if not unpacker.eof or unpacker.unused_data:
        _refuse("INVALID", f"The part {tag} has another size than it says.")
    return body


def _parsed(tag: str, body: bytes) -> tuple[str, list[bytes]]:
    try:
        (length,) = _CRC.unpack_from(body)
        at = _CRC.size + length
        text = body[_CRC.size : at].decode()
        (count,) = _CRC.unpack_from(body, at)
        lengths = struct.unpack_from(f"<{count}Q", body, at + _CRC.size)
    except (struct.error, UnicodeDecodeError, MemoryError, OverflowError) as error:
        _refuse("INVALID", f"The part {tag} makes no sense: {error}.")
    at += _CRC.size + 8 * count
    if at + sum(lengths) != len(body):
        _refuse("INVALID", f"The blobs of the part {tag} do not add up.")
    blobs = []
    for length in lengths:
        blobs.append(body[at : at + length])
        at += length
    return text, blobs


def _refuse(kind: str, reason: str) -> NoReturn:
    raise KernelError(f"The save state was refused. {reason}", code=f"WASM_SAVE_STATE_{kind}")
