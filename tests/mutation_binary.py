"""WebAssembly binaries taken apart and put together again, for those who want to break them.

https://webassembly.github.io/spec/core/binary/
"""

from __future__ import annotations

from dataclasses import dataclass, field

HEADER = b"\0asm\1\0\0\0"

CUSTOM, TYPE, IMPORT, FUNCTION, TABLE, MEMORY, GLOBAL, EXPORT, START, ELEMENT, CODE, DATA, DATA_COUNT, TAG = range(14)

BLOCKS = {0x02, 0x03, 0x04, 0x06}
END = 0x0B

# Immediates by opcode: b one byte, i a number of up to 64 bits, a memory argument (two numbers), t a block type,
# v a vector of value types, l a vector of labels and one more, 4 and 8 bytes of a constant.
_IMMEDIATES: dict[int, str] = {
    **dict.fromkeys((0x02, 0x03, 0x04, 0x06), "t"),
    **dict.fromkeys((0x07, 0x08, 0x09, 0x0C, 0x0D, 0x10, 0x12, 0x18), "i"),
    0x0E: "l",
    **dict.fromkeys((0x11, 0x13), "ii"),
    0x1C: "v",
    **dict.fromkeys(range(0x20, 0x27), "i"),
    **dict.fromkeys(range(0x28, 0x3F), "a"),
    **dict.fromkeys((0x3F, 0x40), "b"),
    **dict.fromkeys((0x41, 0x42, 0xD0, 0xD2), "i"),
    0x43: "4",
    0x44: "8",
}
_BULK: dict[int, str] = {8: "ib", 9: "i", 10: "bb", 11: "b", 12: "ii", 13: "i", 14: "ii", 15: "i", 16: "i", 17: "i"}


class MalformedError(ValueError):
    """The bytes are not a binary that this reader follows."""


@dataclass(slots=True)
class Section:
    """One section; `size` is what it says of its size, where that is a lie."""

    id: int
    body: bytes
    size: bytes | None = None

    def encode(self) -> bytes:
        """Return the section as it stands in a binary."""
        size = unsigned(len(self.body)) if self.size is None else self.size
        return bytes((self.id & 0xFF,)) + size + self.body


@dataclass(slots=True)
class Binary:
    """A binary as its sections."""

    sections: list[Section] = field(default_factory=list)

    def encode(self) -> bytes:
        """Return the bytes of the binary."""
        return HEADER + b"".join(section.encode() for section in self.sections)

    def find(self, section_id: int) -> Section | None:
        """Return the first section of that kind."""
        return next((section for section in self.sections if section.id == section_id), None)


@dataclass(frozen=True, slots=True)
class Instruction:
    """Where an instruction is within its function's body: opcode, first immediate, end."""

    opcode: int
    start: int
    immediate: int
    end: int


def unsigned(value: int, pad: int = 0) -> bytes:
    """Return `value` as LEB128, of at least `pad` bytes."""
    out = bytearray()
    while True:
        byte = value & 0x7F
        value >>= 7
        if value or len(out) + 1 < pad:
            out.append(byte | 0x80)
        else:
            out.append(byte)
            return bytes(out)


def signed(value: int) -> bytes:
    """Return `value` as signed LEB128."""
    out = bytearray()
    while True:
        byte = value & 0x7F
        value >>= 7
        if (value == 0 and not byte & 0x40) or (value == -1 and byte & 0x40):
            out.append(byte)
            return bytes(out)
        out.append(byte | 0x80)


def read_unsigned(data: bytes, at: int) -> tuple[int, int]:
    """Return the LEB128 number at `at`, and where it ends."""
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise MalformedError("a number does not end")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def parse(data: bytes) -> Binary:
    """Take a binary apart. Raises MalformedError where its sections do not fit it."""
    if data[:8] != HEADER:
        raise MalformedError("not a module")
    sections, at = [], 8
    while at < len(data):
        size, body = read_unsigned(data, at + 1)
        if body + size > len(data):
            raise MalformedError("a section is too long")
        sections.append(Section(data[at], data[body : body + size]))
        at = body + size
    return Binary(sections)


def vector(body: bytes) -> tuple[int, bytes]:
    """Return the count that a section's body begins with, and what follows."""
    count, at = read_unsigned(body, 0)
    return count, body[at:]


def functions(body: bytes) -> list[tuple[int, int]]:
    """Return where in a code section's body the function bodies (locals and instructions) begin and end."""
    count, at = read_unsigned(body, 0)
    places = []
    for _ in range(count):
        size, start = read_unsigned(body, at)
        places.append((start, start + size))
        at = start + size
    return places


def with_function(body: bytes, place: tuple[int, int], fresh: bytes) -> bytes:
    """Return the code section's body with the function at `place` replaced."""
    start, end = place
    old = len(unsigned(end - start))
    # The size before a body may be padded; it is found by going back to it.
    while start - old >= 0 and read_unsigned(body, start - old) != (end - start, start):
        old += 1
    return body[: start - old] + unsigned(len(fresh)) + fresh + body[end:]


def instructions(function: bytes) -> tuple[int, list[Instruction]]:
    """Return where a function's instructions begin, and the instructions.

    Raises MalformedError at one that is not known here (vectors, threads, garbage collection).
    """
    groups, at = read_unsigned(function, 0)
    for _ in range(groups):
        _, at = read_unsigned(function, at)
        at += 1
    first, found = at, []
    while at < len(function):
        start, opcode = at, function[at]
        at += 1
        if opcode == 0xFC:
            sub, at = read_unsigned(function, at)
            opcode = 0xFC00 | sub
            kinds = "" if sub < 8 else _BULK.get(sub, "?")
        else:
            kinds = _IMMEDIATES.get(opcode, "" if opcode < 0xD3 else "?")
        immediate = at
        for kind in kinds:
            at = _past(function, at, kind)
        if at > len(function):
            raise MalformedError("an instruction does not end")
        found.append(Instruction(opcode, start, immediate, at))
    return first, found


def _past(function: bytes, at: int, kind: str) -> int:
    match kind:
        case "b":
            return at + 1
        case "4" | "8":
            return at + int(kind)
        case "i" | "t":
            return read_unsigned(function, at)[1]
        case "a":
            return read_unsigned(function, read_unsigned(function, at)[1])[1]
        case "v":
            count, at = read_unsigned(function, at)
            return at + count
        case "l":
            count, at = read_unsigned(function, at)
            for _ in range(count + 1):
                _, at = read_unsigned(function, at)
            return at
        case _:
            raise MalformedError("an instruction that is not known here")
