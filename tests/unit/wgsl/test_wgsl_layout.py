"""Where members stand: held against an oracle that lays out bytes one by one, from the words of WGSL, 14.4.1."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aikernel_web.compute.wgsl.layout import align_of, size_of, stride_of
from aikernel_web.compute.wgsl.reflection import reflect
from aikernel_web.compute.wgsl.types import Array, Struct

SCALARS = {"f32": 4, "i32": 4, "u32": 4, "f16": 2}


@dataclass(frozen=True)
class Laid:
    """A type by its name, its alignment and its size, as the table of the standard has them."""

    name: str
    align: int
    size: int


TABLE = [
    *(Laid(name, size, size) for name, size in SCALARS.items()),
    *(Laid(f"vec2<{name}>", 2 * size, 2 * size) for name, size in SCALARS.items()),
    *(Laid(f"vec3<{name}>", 4 * size, 3 * size) for name, size in SCALARS.items()),
    *(Laid(f"vec4<{name}>", 4 * size, 4 * size) for name, size in SCALARS.items()),
    Laid("mat2x2<f32>", 8, 16), Laid("mat3x2<f32>", 8, 24), Laid("mat4x2<f32>", 8, 32),
    Laid("mat2x3<f32>", 16, 32), Laid("mat3x3<f32>", 16, 48), Laid("mat4x3<f32>", 16, 64),
    Laid("mat2x4<f32>", 16, 32), Laid("mat3x4<f32>", 16, 48), Laid("mat4x4<f32>", 16, 64),
    Laid("mat2x2<f16>", 4, 8), Laid("mat3x2<f16>", 4, 12), Laid("mat4x2<f16>", 4, 16),
    Laid("mat2x3<f16>", 8, 16), Laid("mat3x3<f16>", 8, 24), Laid("mat4x3<f16>", 8, 32),
    Laid("mat2x4<f16>", 8, 16), Laid("mat3x4<f16>", 8, 24), Laid("mat4x4<f16>", 8, 32),
    Laid("atomic<u32>", 4, 4), Laid("atomic<i32>", 4, 4),
]  # fmt: skip


def after(offset: int, align: int) -> int:
    while offset % align:
        offset += 1
    return offset


def array_of(element: Laid, count: int) -> Laid:
    stride = after(element.size, element.align)
    return Laid(f"array<{element.name}, {count}>", element.align, stride * count)


plain = st.sampled_from(TABLE)
member_types = st.recursive(plain, lambda inner: st.builds(array_of, inner, st.integers(1, 5)), max_leaves=3)


@st.composite
def structures(draw: st.DrawFn) -> tuple[str, list[tuple[int, int, int]], Laid]:
    """A text that declares S and a structure that holds it; the places of S's members; S."""
    text, places, offset, strictest = [], [], 0, 1
    for at, kind in enumerate(draw(st.lists(member_types, min_size=1, max_size=8))):
        align, size, written = kind.align, kind.size, ""
        if draw(st.booleans()):
            align = kind.align * draw(st.sampled_from([1, 2, 4, 8]))
            written += f"@align({align}) "
        if draw(st.integers(0, 3)) == 0:
            size = kind.size + draw(st.integers(0, 20))
            written += f"@size({size}) "
        offset = after(offset, align)
        places.append((offset, align, size))
        text.append(f"{written}m{at}: {kind.name}")
        offset += size
        strictest = max(strictest, align)
    whole = Laid("S", strictest, after(offset, strictest))
    return f"enable f16; struct S {{ {', '.join(text)} }}", places, whole


@settings(max_examples=300, deadline=None)
@given(structures(), st.integers(1, 4))
def test_members_stand_where_the_standard_puts_them(
    made: tuple[str, list[tuple[int, int, int]], Laid], count: int
) -> None:
    text, places, whole = made
    shader = reflect(text + f" struct T {{ a: f16, s: array<S, {count}>, z: f16 }}")
    struct, outer = shader.structs["S"], shader.structs["T"]
    assert [(member.offset, member.align, member.size) for member in struct.members] == places
    assert (align_of(struct), size_of(struct)) == (whole.align, whole.size)
    held = array_of(whole, count)
    begin = after(2, held.align)
    assert [member.offset for member in outer.members] == [0, begin, begin + held.size]
    assert size_of(outer) == after(begin + held.size + 2, held.align)


@pytest.mark.parametrize("kind", TABLE, ids=lambda kind: kind.name)
def test_a_type_has_the_alignment_and_size_of_the_standards_table(kind: Laid) -> None:
    found = reflect(f"enable f16; struct S {{ a: {kind.name} }}").structs["S"].members[0].type
    assert (align_of(found), size_of(found)) == (kind.align, kind.size)


def test_the_elements_of_an_array_of_three_component_vectors_are_sixteen_bytes_apart() -> None:
    found = reflect("struct S { a: array<vec3f, 5> }").structs["S"].members[0].type
    assert isinstance(found, Array)
    assert (stride_of(found), size_of(found)) == (16, 80)


def test_two_structures_of_one_name_are_equal_types() -> None:
    first, second = (reflect("struct S { a: f32 }").structs["S"] for _ in range(2))
    assert isinstance(first, Struct)
    assert first == second
