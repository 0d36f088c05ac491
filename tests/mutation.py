"""Breaks WebAssembly modules: by their sections, their code, their bytes. A number says how, each time the same."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mutation_binary import (
    CODE,
    CUSTOM,
    DATA,
    DATA_COUNT,
    ELEMENT,
    END,
    EXPORT,
    FUNCTION,
    GLOBAL,
    IMPORT,
    MEMORY,
    START,
    TABLE,
    TAG,
    TYPE,
    Binary,
    Section,
    functions,
    instructions,
    parse,
    read_unsigned,
    signed,
    unsigned,
    vector,
    with_function,
)

HOSTILE_NAMES: tuple[bytes, ...] = (
    b"",
    b"\0",
    b"__proto__",
    b"constructor",
    b"toString",
    b"hasOwnProperty",
    b"then",
    b"_start",
    b"_initialize",
    b"memory",
    b"main",
    b"aikernel:start",
    b"aikernel:memory.grow",
    b"wasi_snapshot_preview1",
    b"wasi_unstable",
    b"env",
    b"proc_exit",
    b"fd_write",
    b"poll_oneoff",
    b"sock_accept",
    b"name",
    b"dylink.0",
    b"sourceMappingURL",
    b"external_debug_info",
    b"\xff\xfe\xfd",  # no UTF-8
    b"\xc0\x80",  # NUL, overlong
    b"\xed\xa0\x80",  # a surrogate
    b"\xf4\x90\x80\x80",  # beyond U+10FFFF
    b"\xef\xbb\xbfmemory",  # a byte order mark
    "\u202egrow\u2066".encode(),
    "\U0001f4a9".encode() * 1000,
    b"x" * 100_001,
    b"\x1b]0;title\x07\x1b[2J<script>alert(1)</script>",
)
HOSTILE_NUMBERS: tuple[int, ...] = (
    *(0, 1, 2, 127, 128, 255, 256, 0x3FFF, 0x4000, 0xFFFF, 0x1_0000, 0x1_0001),
    *(0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFE, 0xFFFF_FFFF, 0x1_0000_0000, 2**48, 2**53, 2**63, 2**64 - 1),
)
HOSTILE_LEBS: tuple[bytes, ...] = (
    b"\x80\x00",
    b"\xff\x80\x00",
    b"\x80\x80\x80\x80\x00",
    b"\xff\xff\xff\xff\x0f",
    b"\xff\xff\xff\xff\x7f",
    b"\xff\xff\xff\xff\xff\x00",
    b"\x80" * 12,
    b"\xff" * 9 + b"\x01",
)
VALUE_TYPES = b"\x7f\x7e\x7d\x7c\x7b\x70\x6f\x69\x6e\x6d\x6c\x6b\x6a\x64\x63\x40\x60\x00\xff"
# Instructions that take and give the same: any may stand for any other of its group.
ALIKE: tuple[tuple[int, ...], ...] = (
    tuple(range(0x6A, 0x79)),
    tuple(range(0x7C, 0x8B)),
    tuple(range(0x92, 0x99)),
    tuple(range(0xA0, 0xA7)),
    tuple(range(0x46, 0x50)),
    tuple(range(0x51, 0x5B)),
    (0x67, 0x68, 0x69, 0x45, 0xC0, 0xC1),
    (0x79, 0x7A, 0x7B, 0xC2, 0xC3, 0xC4),
    (0x8B, 0x8C, 0x8D, 0x8E, 0x8F, 0x90, 0x91),
    (0x99, 0x9A, 0x9B, 0x9C, 0x9D, 0x9E, 0x9F),
    (0x28, 0x2C, 0x2D, 0x2E, 0x2F),
    (0x36, 0x3A, 0x3B),
    (0x29, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35),
    (0x37, 0x3C, 0x3D, 0x3E),
)
_GROUP = {opcode: group for group in ALIKE for opcode in group}
_I32_CONST, _I64_CONST, _CALL, _DROP = 0x41, 0x42, 0x10, 0x1A

Random = random.Random
Mutation = Callable[[Random, Binary], None]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A broken module: from which original, by which mutations."""

    number: int
    origin: str
    how: str
    module: bytes


class NotApplicableError(Exception):
    """The mutation finds nothing to change in this module."""


def mutant(number: int, originals: Sequence[tuple[str, bytes, Binary]]) -> Mutant:
    """Return the mutant of that number, always the same for the same originals.

    `originals` are names, bytes and `parse` of the bytes.
    """
    rng = Random(number)
    name, data, parsed = rng.choice(originals)
    if rng.random() < 0.1:
        kind = rng.choice(NOISES)
        return Mutant(number, name, kind.__name__, kind(rng, data, rng.choice(originals)[1]))
    binary = copy.copy(parsed)
    binary.sections = [copy.copy(section) for section in parsed.sections]
    how = []
    wanted = rng.choice((1, 1, 1, 1, 1, 2, 2, 4))
    pool = CODE_MUTATIONS if rng.random() < 0.6 else STRUCTURE_MUTATIONS
    for _ in range(20):
        mutation = rng.choice(pool)
        try:
            mutation(rng, binary)
        except (NotApplicableError, ValueError, IndexError):  # MalformedError, and nothing to choose from
            continue
        how.append(mutation.__name__)
        if len(how) == wanted:
            break
    return Mutant(number, name, "+".join(how), binary.encode())


# --- structure ---


def _section(rng: Random, binary: Binary, *ids: int) -> Section:
    found = [section for section in binary.sections if (not ids or section.id in ids) and section.body]
    if not found:
        raise NotApplicableError
    return rng.choice(found)


def swap_sections(rng: Random, binary: Binary) -> None:
    i, j = rng.sample(range(len(binary.sections)), 2)
    binary.sections[i], binary.sections[j] = binary.sections[j], binary.sections[i]


def drop_section(rng: Random, binary: Binary) -> None:
    binary.sections.remove(_section(rng, binary))


def repeat_section(rng: Random, binary: Binary) -> None:
    section = _section(rng, binary)
    binary.sections.insert(rng.randrange(len(binary.sections) + 1), copy.copy(section))


def other_section_id(rng: Random, binary: Binary) -> None:
    _section(rng, binary).id = rng.choice((*range(16), 127, 128, 255))


def lie_about_size(rng: Random, binary: Binary) -> None:
    section = _section(rng, binary)
    near = unsigned(max(0, len(section.body) + rng.choice((-2, -1, 1, 2, 1000))))
    section.size = rng.choice(
        (near, unsigned(rng.choice(HOSTILE_NUMBERS)), *HOSTILE_LEBS, unsigned(len(section.body), 5))
    )


def lie_about_count(rng: Random, binary: Binary) -> None:
    section = _section(rng, binary, TYPE, IMPORT, FUNCTION, TABLE, MEMORY, GLOBAL, EXPORT, ELEMENT, CODE, DATA, TAG)
    count, rest = vector(section.body)
    near = unsigned(max(0, count + rng.choice((-1, 1, 10))))
    section.body = rng.choice((near, unsigned(rng.choice(HOSTILE_NUMBERS)), *HOSTILE_LEBS, unsigned(count, 5))) + rest


def other_number(rng: Random, binary: Binary) -> None:
    """Put another number where one may be, in any section but the code."""
    section = _section(
        rng, binary, TYPE, IMPORT, FUNCTION, TABLE, MEMORY, GLOBAL, EXPORT, ELEMENT, DATA, TAG, START, DATA_COUNT
    )
    at = rng.randrange(min(len(section.body), 4000))
    _, end = read_unsigned(section.body, at)
    fresh = rng.choice((unsigned(rng.choice(HOSTILE_NUMBERS)), rng.choice(HOSTILE_LEBS), unsigned(rng.randrange(40))))
    section.body = section.body[:at] + fresh + section.body[end:]


def other_value_type(rng: Random, binary: Binary) -> None:
    section = _section(rng, binary, TYPE, IMPORT, TABLE, GLOBAL, ELEMENT)
    places = [at for at, byte in enumerate(section.body[:20_000]) if byte in b"\x7f\x7e\x7d\x7c\x70\x6f\x60"]
    if not places:
        raise NotApplicableError
    section.body = _replaced(section.body, rng.choice(places), bytes((rng.choice(VALUE_TYPES),)))


def wide_type(rng: Random, binary: Binary) -> None:
    """Add a type of very many parameters or results."""
    section = _section(rng, binary, TYPE)
    count, rest = vector(section.body)
    many = [unsigned(n) + b"\x7f" * n for n in (rng.choice((0, 1, 999, 1000, 1001, 70_000)), rng.choice((0, 2, 1001)))]
    section.body = unsigned(count + 1) + rest + b"\x60" + b"".join(many)


def other_limits(rng: Random, binary: Binary) -> None:
    section = _section(rng, binary, MEMORY, TABLE)
    head = section.body[1:2] if section.id == TABLE else b""
    flags = rng.choice((0, 0, 1, 1, 1, 2, 3, 4, 5, 7, 8, 16, 255))
    low = rng.choice((0, 1, 17, 100, 1000, 65535, 65536, 65537, *HOSTILE_NUMBERS))
    high = rng.choice((0, 1, 17, low, low + 1, 65535, 65536, 65537, *HOSTILE_NUMBERS))
    limits = bytes((flags,)) + unsigned(low) + (unsigned(high) if flags & 1 else b"")
    count = rng.choice((1, 1, 1, 2, 101))
    section.body = unsigned(count) + (head + limits) * count


def memory_from_outside(rng: Random, binary: Binary) -> None:
    """Turn the module's memory, or table, into an import."""
    section = _section(rng, binary, MEMORY, TABLE)
    count, rest = vector(section.body)
    if count != 1:
        raise NotApplicableError
    kind = 2 if section.id == MEMORY else 1
    module, name = (
        rng.choice((b"env", b"env", b"js", *HOSTILE_NAMES[:12])),
        rng.choice((b"memory", b"m", b"__proto__")),
    )
    entry = unsigned(len(module)) + module + unsigned(len(name)) + name + bytes((kind,)) + rest
    imports = binary.find(IMPORT)
    if imports is None:
        binary.sections.insert(1, Section(IMPORT, b"\1" + entry))
    else:
        total, old = vector(imports.body)
        imports.body = unsigned(total + 1) + old + entry
    binary.sections.remove(section)


def rename_import(rng: Random, binary: Binary) -> None:
    section = _section(rng, binary, IMPORT)
    entries = _imports(section.body)
    at, _ = rng.choice(entries)
    for _ in range(rng.randrange(2)):
        _, at = _name(section.body, at)
    _, end = _name(section.body, at)
    fresh = rng.choice(HOSTILE_NAMES)
    section.body = section.body[:at] + unsigned(len(fresh)) + fresh + section.body[end:]


def other_import_kind(rng: Random, binary: Binary) -> None:
    section = _section(rng, binary, IMPORT)
    _, kind = rng.choice(_imports(section.body))
    fresh = rng.choice(
        (
            b"\0\0",
            b"\0\xff\x01",
            b"\1\x70\0\1",
            b"\2\0\1",
            b"\2\1\1\2",
            b"\2\3\1\2",
            b"\2\4\1",
            b"\3\x7f\0",
            b"\3\x6f\1",
            b"\4\0\0",
            b"\5\0",
        )
    )
    _, end = read_unsigned(section.body, kind + 1)
    section.body = section.body[:kind] + fresh + section.body[end:]


def more_imports(rng: Random, binary: Binary) -> None:
    section = _section(rng, binary, IMPORT)
    count, rest = vector(section.body)
    many = rng.choice((1, 3, 2000))
    name = rng.choice(HOSTILE_NAMES[:24])
    module = rng.choice((b"env", b"wasi_snapshot_preview1", name))
    kind = rng.choice((b"\0\0", b"\2\0\1", b"\1\x70\0\1", b"\3\x7f\0", b"\4\0\0"))
    entry = unsigned(len(module)) + module + unsigned(len(name)) + name + kind
    section.body = unsigned(count + many) + rest + entry * many


def rename_export(rng: Random, binary: Binary) -> None:
    section = _section(rng, binary, EXPORT)
    at, _ = rng.choice(_exports(section.body))
    _, end = _name(section.body, at)
    fresh = rng.choice(HOSTILE_NAMES)
    section.body = section.body[:at] + unsigned(len(fresh)) + fresh + section.body[end:]


def other_export(rng: Random, binary: Binary) -> None:
    """Let a name stand for something else."""
    section = _section(rng, binary, EXPORT)
    _, kind = rng.choice(_exports(section.body))
    _, end = read_unsigned(section.body, kind + 1)
    fresh = bytes((rng.choice((0, 0, 1, 2, 3, 4, 5, 255)),)) + unsigned(
        rng.choice((0, 1, 2, 5, 20, 300, *HOSTILE_NUMBERS))
    )
    section.body = section.body[:kind] + fresh + section.body[end:]


def more_exports(rng: Random, binary: Binary) -> None:
    section = _section(rng, binary, EXPORT)
    count, rest = vector(section.body)
    names = rng.sample(HOSTILE_NAMES, rng.choice((1, 2, 6)))
    entry = b"".join(
        unsigned(len(n)) + n + bytes((rng.choice((0, 0, 0, 2)),)) + unsigned(rng.choice((0, 0, 7, 30))) for n in names
    )
    section.body = unsigned(count + len(names)) + rest + entry


def _functions_without_values(binary: Binary) -> list[int]:
    """Return the module's own functions that take and give nothing."""
    types, section = binary.find(TYPE), binary.find(FUNCTION)
    if types is None or section is None:
        return []
    count, at = read_unsigned(types.body, 0)
    plain = set()
    for index in range(count):
        if types.body[at : at + 3] == b"\x60\0\0":
            plain.add(index)
        for _ in range(2):
            length, start = read_unsigned(types.body, at + (types.body[at] == 0x60))
            at = start + length
    imports = binary.find(IMPORT)
    imported = 0 if imports is None else sum(imports.body[kind] == 0 for _, kind in _imports(imports.body))
    count, at = read_unsigned(section.body, 0)
    found = []
    for index in range(count):
        type_index, at = read_unsigned(section.body, at)
        if type_index in plain:
            found.append(imported + index)
    return found


def start_section(rng: Random, binary: Binary) -> None:
    """Name a function to run at instantiation: a fitting one where it is guessed right, any other where not."""
    fitting = _functions_without_values(binary)
    index = rng.choice(fitting if fitting and rng.random() < 0.6 else (*range(12), *HOSTILE_NUMBERS))
    binary.sections = [section for section in binary.sections if section.id != START]
    place = next((i for i, section in enumerate(binary.sections) if section.id in (ELEMENT, CODE, DATA, DATA_COUNT)), 0)
    binary.sections.insert(place, Section(START, unsigned(index)))


def other_offset(rng: Random, binary: Binary) -> None:
    """Move a segment of data or elements, out of bounds as likely as not."""
    section = _section(rng, binary, DATA, ELEMENT)
    places = [at for at in range(1, min(len(section.body), 4000)) if section.body[at] == _I32_CONST]
    at = rng.choice(places)
    _, end = read_unsigned(section.body, at + 1)
    section.body = (
        section.body[: at + 1] + signed(rng.choice((-1, 0, 65535, 10**6, 2**31 - 1, -(2**31)))) + section.body[end:]
    )


def more_data(rng: Random, binary: Binary) -> None:
    section = _section(rng, binary, DATA)
    count, rest = vector(section.body)
    flags = rng.choice((b"\0\x41\x10\x0b", b"\1", b"\2\0\x41\0\x0b", b"\2\1\x41\0\x0b", b"\3"))
    content = b"\xa5" * rng.choice((0, 1, 100, 300_000))
    section.body = unsigned(count + 1) + rest + flags + unsigned(len(content)) + content


def data_count(rng: Random, binary: Binary) -> None:
    binary.sections = [section for section in binary.sections if section.id != DATA_COUNT]
    place = next((i for i, section in enumerate(binary.sections) if section.id == CODE), len(binary.sections))
    binary.sections.insert(place, Section(DATA_COUNT, unsigned(rng.choice(HOSTILE_NUMBERS))))


def custom_section(rng: Random, binary: Binary) -> None:
    name = rng.choice(HOSTILE_NAMES)
    content = rng.choice(
        (b"", rng.randbytes(50), b"\1\xff\xff\xff\xff\x0f", b"\1" + unsigned(7) + b"\1\0\xff" * 2, bytes(10**6))
    )
    body = rng.choice((unsigned(len(name)), unsigned(len(name) + 9), b"\xff\xff\xff\xff\x0f")) + name + content
    for _ in range(rng.choice((1, 1, 40))):
        binary.sections.insert(rng.randrange(len(binary.sections) + 1), Section(CUSTOM, body))


def function_names(rng: Random, binary: Binary) -> None:
    """Name the functions what stack traces had better not be led astray by."""
    names = (
        b"evil (wasm-function[0]:0x0)",
        b"at x\n    at y (wasm-function[9]:0x1)",
        b"<script>",
        b"\xff",
        b"n" * 70_000,
    )
    entries = b"".join(unsigned(i) + unsigned(len(name)) + name for i, name in enumerate(rng.choices(names, k=30)))
    part = b"\1" + unsigned(len(entries) + 1) + unsigned(30) + entries
    binary.sections = [section for section in binary.sections if section.id != CUSTOM]
    binary.sections.append(Section(CUSTOM, b"\4name" + part))


def other_global(rng: Random, binary: Binary) -> None:
    section = _section(rng, binary, GLOBAL)
    places = [at for at in range(1, len(section.body) - 1) if section.body[at] in (_I32_CONST, _I64_CONST)]
    at = rng.choice(places)
    _, end = read_unsigned(section.body, at + 1)
    fresh = rng.choice(
        (
            *(section.body[at : at + 1] + signed(n) for n in (0, -1, 16, 65536, 2**31 - 1)),
            *(b"\x23\x00", b"\xd0\x70", b"\x41\1\x41\2\x6a", b"\x00", b"\x44" + bytes(8)),
        )
    )
    section.body = section.body[:at] + fresh + section.body[end:]


def other_function_type(rng: Random, binary: Binary) -> None:
    section = _section(rng, binary, FUNCTION)
    _, at = read_unsigned(section.body, 0)
    at = rng.randrange(at, len(section.body))
    section.body = _replaced(section.body, at, unsigned(rng.randrange(60)))


# --- code ---


def _function(rng: Random, binary: Binary) -> tuple[Section, tuple[int, int], bytes]:
    section = _section(rng, binary, CODE)
    places = functions(section.body)
    # The first functions of a program are those that surely run.
    place = rng.choice(places[:8] if rng.random() < 0.4 else places)
    return section, place, section.body[place[0] : place[1]]


def _edit(rng: Random, binary: Binary, opcodes: Callable[[int], bool], fresh: Callable[[bytes, int], bytes]) -> None:
    """Replace instructions of one function: `fresh` gets an instruction's bytes and its opcode."""
    section, place, function = _function(rng, binary)
    _, found = instructions(function)
    fitting = [one for one in found if opcodes(one.opcode)]
    if not fitting:
        raise NotApplicableError
    for one in sorted(rng.sample(fitting, min(len(fitting), rng.choice((1, 1, 2, 8)))), key=lambda one: -one.start):
        function = function[: one.start] + fresh(function[one.start : one.end], one.opcode) + function[one.end :]
    section.body = with_function(section.body, place, function)


def other_operation(rng: Random, binary: Binary) -> None:
    """Put another instruction of the same types: the module stays valid and means something else."""
    _edit(
        rng,
        binary,
        _GROUP.__contains__,
        lambda old, opcode: bytes((rng.choice(_GROUP[opcode]),)) + _memory_argument(old),
    )


def _memory_argument(old: bytes) -> bytes:
    return b"\0" + old[2:] if len(old) > 1 else b""  # every access may be unaligned, so none is refused for its width


def other_constant(rng: Random, binary: Binary) -> None:
    numbers = (0, 1, -1, 2, 16, 255, 4096, 65535, 65536, 2**20, 2**31 - 1, -(2**31))
    _edit(
        rng,
        binary,
        (_I32_CONST, _I64_CONST).__contains__,
        lambda old, _: old[:1] + signed(rng.choice((*numbers, rng.randrange(-100, 1000)))),
    )


def other_access_offset(rng: Random, binary: Binary) -> None:
    offsets = (0, 1, 4, 8, 100, 65536, 2**31, 2**32 - 1)
    _edit(rng, binary, range(0x28, 0x3F).__contains__, lambda old, _: old[:2] + unsigned(rng.choice(offsets)))


def other_branch(rng: Random, binary: Binary) -> None:
    _edit(
        rng, binary, (0x0C, 0x0D).__contains__, lambda old, _: old[:1] + unsigned(rng.choice((0, 0, 1, 2, 3, 9, 2**31)))
    )


def other_callee(rng: Random, binary: Binary) -> None:
    _edit(rng, binary, (_CALL,).__contains__, lambda old, _: old[:1] + unsigned(rng.choice((*range(30), 10**6))))


def other_local(rng: Random, binary: Binary) -> None:
    _edit(
        rng,
        binary,
        range(0x20, 0x25).__contains__,
        lambda old, _: old[:1] + unsigned(rng.choice((0, 1, 2, 3, 4, 50_000))),
    )


def put_in(rng: Random, binary: Binary) -> None:
    """Put whole, balanced pieces of code between two instructions."""
    pieces = (
        b"\x00",
        b"\x01",
        b"\x41\x01\x40\x00\x1a",  # a page more
        b"\x41\xff\xff\x03\x40\x00\x1a",  # 65535 pages more
        b"\x41\x7f\x40\x00\x1a",  # 4 GiB of pages more
        b"\x03\x40\x0c\x00\x0b",  # for ever
        b"\x03\x40\x41\x80\x10\x40\x00\x41\x7f\x47\x0d\x00\x0b",  # all memory there is
        b"\x3f\x00\x40\x00\x1a",  # twice as much
        b"\x41\x00\x41\x00\x3f\x00\x41\x10\x74\xfc\x0b\x00",  # all memory zero
        b"\x41\x00\x28\x02\x00\x1a",
        b"\x41\x7f\x28\x02\x00\x1a",
        b"\x41\x00\x41\x7f\x36\x02\x00",
        b"\x02\x40\x0c\x00\x0b",
        b"\x41\x01\x41\x00\x6d\x1a",
        b"\x10\x00",
        b"\x41\x00\x11\x00\x00",
        b"\xd2\x00\x1a",
        b"\x06\x40\x19\x0b",
        b"\xfe\x03\x00",
        b"\xfd\x0c" + bytes(16) + b"\x1a",
        b"\xfc\xff\xff\xff\xff\x0f",
        b"\x0f",
    )
    section, place, function = _function(rng, binary)
    first, found = instructions(function)
    at = rng.choice((first, first, rng.choice(found).start))
    section.body = with_function(section.body, place, function[:at] + rng.choice(pieces) + function[at:])


def deep_nesting(rng: Random, binary: Binary) -> None:
    section, place, function = _function(rng, binary)
    first, _ = instructions(function)
    depth = rng.choice((50, 1000, 60_000))
    piece = b"\x02\x40" * depth + bytes((END,)) * (depth - rng.choice((0, 0, 1)))
    section.body = with_function(section.body, place, function[:first] + piece + function[first:])


def many_locals(rng: Random, binary: Binary) -> None:
    section, place, function = _function(rng, binary)
    groups, at = read_unsigned(function, 0)
    many = unsigned(rng.choice((1, 100, 49_000, 50_001, 2**32 - 1))) + bytes((rng.choice(VALUE_TYPES[:8]),))
    section.body = with_function(section.body, place, unsigned(groups + 1) + many + function[at:])


def drop_instruction(rng: Random, binary: Binary) -> None:
    _edit(rng, binary, lambda _: True, lambda _old, _opcode: b"")


def repeat_instruction(rng: Random, binary: Binary) -> None:
    _edit(rng, binary, lambda _: True, lambda old, _opcode: old + old)


def any_opcode(rng: Random, binary: Binary) -> None:
    _edit(rng, binary, lambda _: True, lambda old, _opcode: bytes((rng.randrange(256),)) + old[1:])


def swap_functions(rng: Random, binary: Binary) -> None:
    section = _section(rng, binary, CODE)
    first, second = sorted(rng.sample(functions(section.body), 2))
    one, two = (section.body[start:end] for start, end in (first, second))
    section.body = with_function(with_function(section.body, second, one), first, two)


def flip_in_code(rng: Random, binary: Binary) -> None:
    section, (start, end), _ = _function(rng, binary)
    at = rng.randrange(start, end)
    section.body = _replaced(section.body, at, bytes((section.body[at] ^ 1 << rng.randrange(8),)))


# --- bytes ---


def truncated(rng: Random, data: bytes, _: bytes) -> bytes:
    return data[: rng.choice((rng.randrange(len(data)), rng.randrange(min(len(data), 200)), len(data) - 1))]


def flipped(rng: Random, data: bytes, _: bytes) -> bytes:
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 3, 20, 1000))):
        out[rng.randrange(rng.choice((len(out), min(len(out), 300))))] ^= 1 << rng.randrange(8)
    return bytes(out)


def noisy(rng: Random, data: bytes, _: bytes) -> bytes:
    at, length = rng.randrange(len(data)), rng.choice((1, 4, 50, 2000))
    return data[:at] + rng.randbytes(length) + data[at + rng.choice((0, length)) :]


def shortened(rng: Random, data: bytes, _: bytes) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + data[at + rng.choice((1, 2, 10, 1000)) :]


def repeated(rng: Random, data: bytes, _: bytes) -> bytes:
    at = rng.randrange(len(data))
    piece = data[at : at + rng.choice((1, 8, 500))]
    return data[:at] + piece * rng.choice((1, 2, 100)) + data[at:]


def spliced(rng: Random, data: bytes, other: bytes) -> bytes:
    """Join the beginning of one module and the end of another, between sections where both can be read."""
    one, two = parse(data).sections, parse(other).sections
    head, tail = one[: rng.randrange(len(one) + 1)], two[rng.randrange(len(two)) :]
    if rng.random() < 0.3:
        return data[: rng.randrange(len(data))] + other[rng.randrange(len(other)) :]
    return Binary([*head, *tail]).encode()


def not_a_module(rng: Random, data: bytes, _: bytes) -> bytes:
    heads = (
        b"\0asm\x0d\0\1\0",
        b"\0asm\2\0\0\0",
        b"\0asm",
        b"\0ASM\1\0\0\0",
        b"\x7fELF",
        b"#!/bin/sh\n",
        b"",
        b"\x28\xb5\x2f\xfd",
    )
    return rng.choice(heads) + rng.choice((b"", data[8:], rng.randbytes(300)))


def _replaced(body: bytes, at: int, fresh: bytes) -> bytes:
    return body[:at] + fresh + body[at + len(fresh) :]


def _name(body: bytes, at: int) -> tuple[bytes, int]:
    length, start = read_unsigned(body, at)
    return body[start : start + length], start + length


def _imports(body: bytes) -> list[tuple[int, int]]:
    """Return where each import begins, and where its kind is; those up to the first that is no function."""
    count, at = read_unsigned(body, 0)
    found = []
    for _ in range(count):
        start = at
        at = _name(body, _name(body, at)[1])[1]
        found.append((start, at))
        if body[at] != 0:
            break
        _, at = read_unsigned(body, at + 1)
    return found


def _exports(body: bytes) -> list[tuple[int, int]]:
    """Return where each export begins, and where its kind is."""
    count, at = read_unsigned(body, 0)
    found = []
    for _ in range(count):
        start = at
        _, at = _name(body, at)
        found.append((start, at))
        _, at = read_unsigned(body, at + 1)
    return found


STRUCTURE_MUTATIONS: tuple[Mutation, ...] = (
    swap_sections,
    drop_section,
    repeat_section,
    other_section_id,
    lie_about_size,
    lie_about_count,
    other_number,
    other_value_type,
    wide_type,
    other_limits,
    other_limits,
    memory_from_outside,
    memory_from_outside,
    rename_import,
    other_import_kind,
    more_imports,
    rename_export,
    other_export,
    more_exports,
    start_section,
    start_section,
    other_offset,
    more_data,
    data_count,
    custom_section,
    function_names,
    other_global,
    other_function_type,
)
CODE_MUTATIONS: tuple[Mutation, ...] = (
    other_operation,
    other_operation,
    other_constant,
    other_constant,
    other_access_offset,
    other_branch,
    other_callee,
    other_local,
    put_in,
    put_in,
    put_in,
    deep_nesting,
    many_locals,
    drop_instruction,
    repeat_instruction,
    any_opcode,
    swap_functions,
    flip_in_code,
    start_section,
    function_names,
)
NOISES: tuple[Callable[[Random, bytes, bytes], bytes], ...] = (
    truncated,
    flipped,
    noisy,
    shortened,
    repeated,
    spliced,
    spliced,
    not_a_module,
)
