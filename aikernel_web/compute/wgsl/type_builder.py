"""From a type as it is written to the type (WGSL, sections 6.2 to 6.9 and 14.4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import cast

from .fault import Fault, Unanswered
from .layout import align_of, round_up, size_of
from .names import ALIASES, FORMATS, GENERATORS, MATRICES, MODES, OPAQUE, SAMPLED, SPACES, STORAGE_TEXTURES, VECTORS
from .scope import described, predeclared
from .source import Span
from .syntax import Attribute, Expression, Field, Name
from .syntax import Struct as StructSyntax
from .types import (
    ABSTRACT_INT,
    BOOL,
    F16,
    F32,
    I32,
    U32,
    AccessMode,
    AddressSpace,
    Array,
    Atomic,
    Matrix,
    Opaque,
    OverrideCount,
    Pointer,
    Scalar,
    Struct,
    StructMember,
    Type,
    Vector,
)
from .values import Constant
from .words import words

_BYTES_MAX = (1 << 32) - 1
_I32_MIN, _I32_MAX = -(1 << 31), (1 << 31) - 1
_NESTED_MAX = 127
_MEMBERS_MAX = 16383
_MEMBER_ATTRIBUTES = words("align size builtin location interpolate invariant blend_src color")


def nesting(kind: Type) -> int:
    """Return how deep a type nests."""
    depth = 0
    while isinstance(kind, Array):
        depth, kind = depth + 1, kind.element
    return depth + (kind.depth if isinstance(kind, Struct) else 1)


def ends_runtime_sized(kind: Type) -> bool:
    """Whether a type is an array without a count, or a structure that ends in one."""
    if isinstance(kind, Struct):
        return bool(kind.members) and ends_runtime_sized(kind.members[-1].type)
    return isinstance(kind, Array) and kind.count is None


def any_within(kind: Type, test: Callable[[Type], bool]) -> bool:
    """Whether a type, or any that it is made of, passes a test. No structure is looked at twice."""
    seen: set[str] = set()
    pending = [kind]
    while pending:
        kind = pending.pop()
        if test(kind):
            return True
        match kind:
            case Array(element):
                pending.append(element)
            case Struct(name, members) if name not in seen:
                seen.add(name)
                pending += (member.type for member in members)
    return False


def unheld(kind: Type, space: AddressSpace, access: AccessMode) -> str | None:
    """Say what of a type a variable of an address space cannot hold (section 14.3); None where it can."""
    refused: dict[str, Callable[[Type], bool]] = {"a pointer": lambda part: isinstance(part, Pointer)}
    if space != "handle":
        refused["a texture or a sampler"] = lambda part: isinstance(part, Opaque)
    if space in ("uniform", "storage", "immediate"):
        refused["a bool"] = _is_bool
    if space not in ("workgroup", "storage") or (access == "read" and space == "storage"):
        refused["an atomic"] = lambda part: isinstance(part, Atomic)
    if space != "workgroup":
        refused["an array with an override's count"] = _is_override_sized
    if space != "storage":
        refused["an array without a count"] = ends_runtime_sized
    for what, test in refused.items():
        if any_within(kind, test):
            where = f"'{space}'" + (" that is only read" if access == "read" and space != "handle" else "")
            return f"a variable in {where} cannot hold {what}"
    return None


def _is_bool(kind: Type) -> bool:
    return kind == BOOL or (isinstance(kind, Vector | Matrix) and kind.component == BOOL)


def _is_override_sized(kind: Type) -> bool:
    return isinstance(kind, Array) and isinstance(kind.count, OverrideCount)


class TypeBuilder:
    """Builds the types of a module; what they need of other declarations must have been built before."""

    def __init__(self, built: Mapping[str, Type], text: str, is_declared: Callable[[str], bool]) -> None:
        self._built = built
        self._text = text
        self._is_declared = is_declared

    def build(self, name: Name, evaluate: Callable[[Expression], Constant]) -> Type:
        """Return the type that a name and its template list stand for; ``evaluate`` works out counts."""
        arguments = name.arguments
        if self._is_declared(name.name):
            if name.name not in self._built:
                raise Unanswered
            if arguments is not None:
                raise Fault(name.span, "WGSL_TEMPLATE_LIST", f"{name.name!r} has no template list")
            return self._built[name.name]
        if name.name in ALIASES or name.name in OPAQUE:
            if arguments is not None:
                raise Fault(name.span, "WGSL_TEMPLATE_LIST", f"{name.name!r} has no template list")
            return ALIASES.get(name.name) or Opaque(name.name)
        if name.name not in GENERATORS:
            known = predeclared(name.name)
            if known is None:
                raise Unanswered
            message = f"{name.name!r} is {described(known)}, where a type is wanted"
            raise Fault(name.span, "WGSL_NAME_KIND", message)
        return self._generated(name, arguments or (), evaluate)

    def _generated(  # noqa: PLR0911 - a case each
        self, name: Name, arguments: Sequence[Expression], evaluate: Callable[..., Constant]
    ) -> Type:
        least, most = {"array": (1, 2), "ptr": (2, 3)}.get(name.name, (1, 1))
        if name.name in STORAGE_TEXTURES:
            least = most = 2
        if not least <= len(arguments) <= most:
            count = str(least) if least == most else f"{least} or {most}"
            raise Fault(name.span, "WGSL_TEMPLATE_LIST", f"{name.name!r} has {count} things in its template list")
        if name.name == "ptr":
            return self._pointer(arguments, evaluate)
        if name.name in STORAGE_TEXTURES:
            form = self._word(arguments[0], FORMATS, "a texel format")
            access = cast("AccessMode", self._word(arguments[1], MODES, "an access mode"))
            return Opaque(name.name, (form, access), access)
        element = self._argument(arguments[0], evaluate)
        if name.name == "array":
            return self._array(name, element, arguments[1] if len(arguments) > 1 else None, evaluate)
        if name.name in SAMPLED:
            self._one_of(arguments[0], element, (F32, I32, U32))
            return Opaque(name.name, (str(element),))
        if name.name == "atomic":
            # Vectors of two u32 are an extension's, 64 bits that are compared at once.
            self._one_of(arguments[0], element, (I32, U32, Vector(2, U32)))
            return Atomic(cast("Scalar", element))
        if name.name in VECTORS:
            self._one_of(arguments[0], element, (BOOL, I32, U32, F32, F16))
            return Vector(VECTORS[name.name], cast("Scalar", element))
        self._one_of(arguments[0], element, (F32, F16))
        return Matrix(*MATRICES[name.name], cast("Scalar", element))

    def _argument(self, argument: Expression, evaluate: Callable[..., Constant]) -> Type:
        if not isinstance(argument, Name):
            raise Fault(argument.span, "WGSL_TYPE_INVALID", "a type is wanted here")
        return self.build(argument, evaluate)

    def _one_of(self, argument: Expression, kind: Type, allowed: Sequence[Type]) -> None:
        if kind not in allowed:
            names = ", ".join(map(str, allowed))
            raise Fault(argument.span, "WGSL_TYPE_INVALID", f"this is made of one of {names}, not of {kind}")

    def _word(self, argument: Expression, words: frozenset[str], what: str) -> str:
        if not isinstance(argument, Name) or argument.name not in words or self._is_declared(argument.name):
            raise Fault(argument.span, "WGSL_TEMPLATE_LIST", f"{what} is wanted here")
        return argument.name

    def _pointer(self, arguments: Sequence[Expression], evaluate: Callable[..., Constant]) -> Type:
        space = cast("AddressSpace", self._word(arguments[0], SPACES, "an address space"))
        store = self._argument(arguments[1], evaluate)
        access: AccessMode = "read" if space in ("uniform", "storage", "immediate") else "read_write"
        if len(arguments) > 2:  # noqa: PLR2004 - the third is the access mode
            if space != "storage":
                raise Fault(arguments[2].span, "WGSL_TEMPLATE_LIST", "only pointers into storage have an access mode")
            access = cast("AccessMode", self._word(arguments[2], MODES, "an access mode"))
            if access == "write":
                raise Fault(arguments[2].span, "WGSL_ACCESS_MODE", "storage is read, or read and written")
        what = unheld(store, space, access)
        if what is not None:
            raise Fault(arguments[1].span, "WGSL_TYPE_INVALID", f"there is no pointer to {store} in {space!r}: {what}")
        return Pointer(space, store, access)

    def _array(
        self, name: Name, element: Type, count: Expression | None, evaluate: Callable[[Expression], Constant]
    ) -> Array:
        self.check_contained(name.span, element, "an array")
        if nesting(element) >= _NESTED_MAX:
            raise Fault(name.span, "WGSL_LIMIT_EXCEEDED", f"types nest more than {_NESTED_MAX} deep")
        if count is None:
            return Array(element, None)
        found = evaluate(count)
        if found.type not in (I32, U32, ABSTRACT_INT):
            raise Fault(count.span, "WGSL_ARRAY_COUNT", f"the number of elements is an integer, not {found.type}")
        if found.data is None:
            text = " ".join(self._text[count.span.start : count.span.end].split())
            return Array(element, OverrideCount(text, count))
        number = cast("int", found.data)
        if number < 1:
            raise Fault(count.span, "WGSL_ARRAY_COUNT", f"an array has 1 element or more, not {number}")
        kind = Array(element, number)
        if size_of(kind) > _BYTES_MAX:
            raise Fault(count.span, "WGSL_LIMIT_EXCEEDED", f"an array has {_BYTES_MAX} bytes at most: {size_of(kind)}")
        return kind

    def check_contained(self, span: Span, kind: Type, whole: str) -> None:
        """Refuse what neither arrays nor structures are made of: they need a size of their own."""
        if isinstance(kind, Pointer | Opaque):
            raise Fault(span, "WGSL_TYPE_INVALID", f"{whole} cannot hold {kind}")
        if ends_runtime_sized(kind):
            raise Fault(span, "WGSL_TYPE_INVALID", f"{whole} cannot hold {kind}, whose size only a buffer tells")
        if isinstance(kind, Array) and isinstance(kind.count, OverrideCount):
            message = f"{whole} cannot hold {kind}: an override's count is for workgroup variables themselves"
            raise Fault(span, "WGSL_TYPE_INVALID", message)

    def struct(self, declared: StructSyntax, evaluate: Callable[[Expression], Constant]) -> Struct:
        """Return a structure with its members' places (section 14.4.2)."""
        if len(declared.members) > _MEMBERS_MAX:
            message = f"a structure has at most {_MEMBERS_MAX} members"
            raise Fault(declared.name_span, "WGSL_LIMIT_EXCEEDED", message)
        members: list[StructMember] = []
        offset, depth = 0, 0
        for at, item in enumerate(declared.members):
            kind = self.build(item.type, evaluate)
            last = at == len(declared.members) - 1
            if not (last and isinstance(kind, Array) and kind.count is None):
                self.check_contained(item.type.span, kind, "a structure")
            align, size = self._place(item, kind, evaluate)
            offset = round_up(align, offset)
            members.append(StructMember(item.name, kind, offset, align, size))
            offset += size
            depth = max(depth, nesting(kind))
        if depth >= _NESTED_MAX:
            raise Fault(declared.name_span, "WGSL_LIMIT_EXCEEDED", f"types nest more than {_NESTED_MAX} deep")
        if offset > _BYTES_MAX:
            raise Fault(declared.name_span, "WGSL_LIMIT_EXCEEDED", f"a structure has at most {_BYTES_MAX} bytes")
        return Struct(declared.name, tuple(members), depth + 1)

    def _place(self, item: Field, kind: Type, evaluate: Callable[[Expression], Constant]) -> tuple[int, int]:
        """Return a member's alignment and size, as its attributes say."""
        align, size = align_of(kind), size_of(kind)
        natural = align
        for attribute in item.attributes:
            if attribute.name not in _MEMBER_ATTRIBUTES:
                message = f"'@{attribute.name}' is not for members of structures"
                raise Fault(attribute.span, "WGSL_ATTRIBUTE_INVALID", message)
            if attribute.name == "align":
                align = whole_number(attribute, evaluate)
                if align < 1 or align & (align - 1) or align % natural:
                    message = f"the alignment of {kind} is a power of two and a multiple of {natural}, not {align}"
                    raise Fault(attribute.span, "WGSL_ATTRIBUTE_VALUE", message)
            elif attribute.name == "size":
                if ends_runtime_sized(kind):
                    message = "an array without a count has no '@size'"
                    raise Fault(attribute.span, "WGSL_ATTRIBUTE_INVALID", message)
                size = whole_number(attribute, evaluate)
                if not size_of(kind) <= size <= _BYTES_MAX:
                    message = f"{kind} has {size_of(kind)} bytes or more, not {size}"
                    raise Fault(attribute.span, "WGSL_ATTRIBUTE_VALUE", message)
        return align, size


def whole_number(attribute: Attribute, evaluate: Callable[[Expression], Constant]) -> int:
    """Return the one argument of an attribute, a constant integer."""
    found = evaluate(attribute.arguments[0])
    if found.type not in (I32, U32, ABSTRACT_INT):
        message = f"'@{attribute.name}' takes an integer, not {found.type}"
        raise Fault(attribute.span, "WGSL_ATTRIBUTE_VALUE", message)
    if found.data is None:
        message = f"'@{attribute.name}' takes a constant that is known when the shader is read"
        raise Fault(attribute.span, "WGSL_ATTRIBUTE_VALUE", message)
    number = cast("int", found.data)
    if found.type == ABSTRACT_INT and not _I32_MIN <= number <= _I32_MAX:
        raise Fault(attribute.span, "WGSL_ATTRIBUTE_VALUE", f"'@{attribute.name}' takes an i32 or a u32, not {number}")
    return number
