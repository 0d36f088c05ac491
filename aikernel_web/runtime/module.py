"""What a module says of itself: its imports and exports with their types, read from its bytes (WebAssembly core 5.5).

Nothing is compiled and no code is looked at: what is read here can still be refused by an engine. Every count and
length is held against the bytes that are left, so that no module makes this slow or large.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeVar

from ..contracts.errors import KernelError
from .module_reader import Reader, malformed, unknown
from .module_types import (
    KINDS,
    PAGE_BITS,
    ExternKind,
    ExternType,
    FunctionType,
    GlobalType,
    MemoryType,
    ModuleExport,
    ModuleImport,
    ModuleInfo,
    TableType,
    TagType,
)

T = TypeVar("T")

MAGIC = b"\0asm"
MODULE_VERSION, COMPONENT_LAYER = b"\1\0\0\0", b"\1\0"
"""What follows the magic in a module, and what ends those four bytes in a component."""


_TYPES, _IMPORTS, _FUNCTIONS, _TABLES, _MEMORIES, _GLOBALS, _EXPORTS, _START = range(1, 9)
_CUSTOM, _TAGS = 0, 13
_ORDER = (1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11)
"""The sections in the order in which they may stand (core, section 5.5.2)."""

_NUMBERS = {0x7F: "i32", 0x7E: "i64", 0x7D: "f32", 0x7C: "f64", 0x7B: "v128", 0x78: "i8", 0x77: "i16"}
_HEAP_TYPES = {
    0x74: "noexn",
    0x73: "nofunc",
    0x72: "noextern",
    0x71: "none",
    0x70: "func",
    0x6F: "extern",
    0x6E: "any",
    0x6D: "eq",
    0x6C: "i31",
    0x6B: "struct",
    0x6A: "array",
    0x69: "exn",
    0x68: "cont",
    0x75: "nocont",
}
_REF, _REF_NULL = 0x64, 0x63
_SUB, _SUB_FINAL, _REC = 0x50, 0x4F, 0x4E
_MAXIMUM, _SHARED, _ADDRESS_64, _PAGE_SIZE = 1, 2, 4, 8
_TABLE_WITH_INIT = 0x40
_END, _V128_CONST = 0x0B, 0x0C


def inspect_module(data: bytes) -> ModuleInfo:
    """Return what a module says of itself.

    Raises `KernelError`: ``WASM_MODULE_INVALID`` for bytes that are no module, or malformed as far as is read here;
    ``WASM_FEATURE_UNSUPPORTED`` for forms that are not known here; ``WASM_COMPONENT_UNSUPPORTED`` for a component.
    """
    reader = Reader(data)
    if reader.take(4) != MAGIC:
        raise malformed("it does not start with the bytes 00 61 73 6d")
    version = reader.take(4)
    if version != MODULE_VERSION:
        if version[2:] == COMPONENT_LAYER:
            message = "The bytes are a WebAssembly component: extract its core module, or compile to one."
            raise KernelError(message, code="WASM_COMPONENT_UNSUPPORTED")
        raise malformed(f"it has version {version.hex(' ')}")
    parsed = _Sections()
    place = 0
    while reader.left:
        section = reader.byte()
        content = reader.part(reader.unsigned())
        if section == _CUSTOM:
            parsed.custom_sections.append(content.name())
            continue
        if section not in _ORDER:
            raise unknown(f"it has a section of the unknown kind {section}")
        if _ORDER.index(section) < place:
            raise malformed("its sections are out of order, or one comes twice")
        place = _ORDER.index(section) + 1
        read = parsed.readers.get(section)
        if read is not None:
            read(content)
            if content.left:
                raise malformed(f"section {section} is longer than what it holds")
    return parsed.info(len(data))


class _Sections:
    """What has been read so far."""

    def __init__(self) -> None:
        self.custom_sections: list[str] = []
        self.readers: dict[int, Callable[[Reader], object]] = {
            _TYPES: self._read_types,
            _IMPORTS: self._read_imports,
            _FUNCTIONS: lambda reader: self._functions.extend(reader.vector(lambda: self._function_type(reader))),
            _TABLES: lambda reader: self._tables.extend(reader.vector(lambda: _defined_table(reader))),
            _MEMORIES: lambda reader: self._memories.extend(reader.vector(lambda: _memory_type(reader))),
            _TAGS: lambda reader: self._tags.extend(reader.vector(lambda: self._tag_type(reader))),
            _GLOBALS: lambda reader: self._globals.extend(reader.vector(lambda: _defined_global(reader))),
            _EXPORTS: self._read_exports,
            _START: self._read_start,
        }
        self._types: list[FunctionType | None] = []
        self._imports: list[ModuleImport] = []
        self._exports: dict[str, ModuleExport] = {}
        self._functions: list[FunctionType] = []
        self._tables: list[TableType] = []
        self._memories: list[MemoryType] = []
        self._globals: list[GlobalType] = []
        self._tags: list[TagType] = []
        self._start: int | None = None

    def info(self, size: int) -> ModuleInfo:
        return ModuleInfo(
            size,
            tuple(self._imports),
            tuple(self._exports.values()),
            tuple(self._functions),
            tuple(self._tables),
            tuple(self._memories),
            tuple(self._globals),
            tuple(self._tags),
            self._start,
            tuple(self.custom_sections),
            self._exports,
        )

    def _read_types(self, reader: Reader) -> None:
        for _ in range(reader.count()):
            if reader.peek() == _REC:
                reader.byte()
                self._types.extend(reader.vector(lambda: _sub_type(reader)))
            else:
                self._types.append(_sub_type(reader))

    def _read_imports(self, reader: Reader) -> None:
        for _ in range(reader.count()):
            module, name = reader.name(), reader.name()
            kind = _kind(reader)
            type_: ExternType
            match kind:
                case "function":
                    type_ = self._function_type(reader)
                    self._functions.append(type_)
                case "table":
                    type_ = _table_type(reader)
                    self._tables.append(type_)
                case "memory":
                    type_ = _memory_type(reader)
                    self._memories.append(type_)
                case "global":
                    type_ = _global_type(reader)
                    self._globals.append(type_)
                case "tag":
                    type_ = self._tag_type(reader)
                    self._tags.append(type_)
            self._imports.append(ModuleImport(module, name, kind, type_))

    def _read_exports(self, reader: Reader) -> None:
        for _ in range(reader.count()):
            name = reader.name()
            kind = _kind(reader)
            if name in self._exports:
                raise malformed(f"it exports {name[:80]!r} twice")
            type_: ExternType
            index = reader.unsigned()
            match kind:
                case "function":
                    type_ = _at(self._functions, index, kind)
                case "table":
                    type_ = _at(self._tables, index, kind)
                case "memory":
                    type_ = _at(self._memories, index, kind)
                case "global":
                    type_ = _at(self._globals, index, kind)
                case "tag":
                    type_ = _at(self._tags, index, kind)
            self._exports[name] = ModuleExport(name, kind, type_)

    def _read_start(self, reader: Reader) -> None:
        self._start = reader.unsigned()
        _at(self._functions, self._start, "function")

    def _function_type(self, reader: Reader) -> FunctionType:
        type_ = _at(self._types, reader.unsigned(), "type")
        if type_ is None:
            raise malformed("a function has a type that is none of a function")
        return type_

    def _tag_type(self, reader: Reader) -> TagType:
        reader.byte()  # the attribute, 0: exception
        return TagType(self._function_type(reader).params)


def _at(known: list[T], index: int, what: str) -> T:
    if index >= len(known):
        raise malformed(f"it speaks of {what} {index} and has {len(known)}")
    return known[index]


def _kind(reader: Reader) -> ExternKind:
    number = reader.byte()
    if number >= len(KINDS):
        raise unknown(f"it imports or exports something of the unknown kind {number}")
    return KINDS[number]


def _sub_type(reader: Reader) -> FunctionType | None:
    """Read a type that may say what it is a sub-type of; None for what is no function."""
    if reader.peek() in (_SUB, _SUB_FINAL):
        reader.byte()
        reader.vector(reader.unsigned)
    match reader.byte():
        case 0x60:  # func
            return FunctionType(_value_types(reader), _value_types(reader))
        case 0x5F:  # struct
            reader.vector(lambda: _field_type(reader))
        case 0x5E:  # array
            _field_type(reader)
        case 0x5D:  # cont
            reader.signed()
        case form:
            raise unknown(f"it has a type of the unknown form 0x{form:02x}")
    return None


def _field_type(reader: Reader) -> None:
    _value_type(reader)
    reader.byte()


def _value_types(reader: Reader) -> tuple[str, ...]:
    return tuple(reader.vector(lambda: _value_type(reader)))


def _value_type(reader: Reader) -> str:
    code = reader.byte()
    if code in _NUMBERS:
        return _NUMBERS[code]
    if code in _HEAP_TYPES:
        return _short(_HEAP_TYPES[code])
    if code in (_REF, _REF_NULL):
        heap = _heap_type(reader)
        return f"(ref {heap})" if code == _REF else _short(heap) if not heap.isdigit() else f"(ref null {heap})"
    raise unknown(f"it has a value of the unknown type 0x{code:02x}")


def _heap_type(reader: Reader) -> str:
    if reader.peek() in _HEAP_TYPES:
        return _HEAP_TYPES[reader.byte()]
    index = reader.signed()
    if index < 0:
        raise unknown("it has a reference to an unknown type")
    return str(index)


def _short(heap: str) -> str:
    """Return the abbreviation of a nullable reference (core, section 6.4.3)."""
    bottoms = {
        "none": "nullref",
        "nofunc": "nullfuncref",
        "noextern": "nullexternref",
        "noexn": "nullexnref",
        "nocont": "nullcontref",
    }
    return bottoms.get(heap, f"{heap}ref")


def _limits(reader: Reader) -> tuple[int, int, int | None]:
    flags = reader.byte()
    if flags >= _PAGE_SIZE << 1:
        raise unknown("it has limits of an unknown kind")
    return flags, reader.unsigned(bits=64), reader.unsigned(bits=64) if flags & _MAXIMUM else None


def _memory_type(reader: Reader) -> MemoryType:
    flags, minimum, maximum = _limits(reader)
    page_bits = reader.unsigned() if flags & _PAGE_SIZE else PAGE_BITS
    if page_bits > PAGE_BITS:
        raise unknown("it has a memory with pages of an unknown size")
    address: Literal["i32", "i64"] = "i64" if flags & _ADDRESS_64 else "i32"
    return MemoryType(minimum, maximum, bool(flags & _SHARED), address, 1 << page_bits)


def _table_type(reader: Reader) -> TableType:
    element = _value_type(reader)
    flags, minimum, maximum = _limits(reader)
    return TableType(element, minimum, maximum, "i64" if flags & _ADDRESS_64 else "i32")


def _defined_table(reader: Reader) -> TableType:
    if reader.peek() != _TABLE_WITH_INIT:
        return _table_type(reader)
    reader.take(2)
    table = _table_type(reader)
    _skip_expression(reader)
    return table


def _global_type(reader: Reader) -> GlobalType:
    value = _value_type(reader)
    mutable = reader.byte()
    if mutable > 1:
        raise malformed("it has a global that is neither constant nor variable")
    return GlobalType(value, bool(mutable))


def _defined_global(reader: Reader) -> GlobalType:
    type_ = _global_type(reader)
    _skip_expression(reader)
    return type_


def _skip_expression(reader: Reader) -> None:
    """Pass over a constant expression (core, section 3.4.13): what gives a table or a global its value."""
    while (code := reader.byte()) != _END:
        match code:
            case 0x41 | 0x42:  # i32.const, i64.const
                reader.signed()
            case 0x43:  # f32.const
                reader.take(4)
            case 0x44:  # f64.const
                reader.take(8)
            case 0x23 | 0xD2:  # global.get, ref.func
                reader.unsigned()
            case 0xD0:  # ref.null
                _heap_type(reader)
            case 0x6A | 0x6B | 0x6C | 0x7C | 0x7D | 0x7E:  # add, sub, mul of i32 and i64
                pass
            case 0xFD:
                if reader.unsigned() != _V128_CONST:
                    raise unknown("it has a constant that is none")
                reader.take(16)
            case 0xFB:
                _skip_reference(reader)
            case _:
                raise unknown(f"it has a constant with the instruction 0x{code:02x}")


def _skip_reference(reader: Reader) -> None:
    match reader.unsigned():
        case 0 | 1 | 6 | 7:  # struct.new, struct.new_default, array.new, array.new_default
            reader.unsigned()
        case 8:  # array.new_fixed
            reader.unsigned()
            reader.unsigned()
        case 26 | 27 | 28:  # any.convert_extern, extern.convert_any, ref.i31
            pass
        case number:
            raise unknown(f"it has a constant with the instruction 0xfb {number}")
