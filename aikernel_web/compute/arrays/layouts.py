"""The types of WGSL as strides over NumPy's numbers (WGSL, section 14.4).

A matrix is an array of its columns, as in WGSL: its transpose is what NumPy's users write down.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from ..wgsl.layout import align_of, round_up, size_of, stride_of
from ..wgsl.types import Array, Atomic, Matrix, Scalar, Struct, Type, Vector

RUNTIME: Final = -1
"""The count of an array whose length is what it is given."""

_DTYPES: dict[str, np.dtype[Any]] = {
    "f32": np.dtype("<f4"),
    "f16": np.dtype("<f2"),
    "i32": np.dtype("<i4"),
    "u32": np.dtype("<u4"),
}


@dataclass(frozen=True, slots=True)
class Layout:
    """How a type stands in memory: dimensions over one kind of number, or over members that are layouts."""

    dims: tuple[tuple[int, int], ...]
    """Count and stride in bytes, outermost first."""
    dtype: np.dtype[Any] | None
    """Of a number; None of a structure."""
    members: tuple[LayoutMember, ...]
    size: int
    """Bytes of one number or one structure."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The counts, `RUNTIME` first where an array has no count."""
        return tuple(count for count, _ in self.dims)

    @property
    def dense(self) -> bool:
        """Whether there is nothing between the elements of its dims."""
        expected = self.size
        for count, stride in reversed(self.dims):
            if stride != expected:
                return False
            expected = stride * count
        return True

    @property
    def nbytes(self) -> int:
        """The bytes of all elements, up to the end of the last one's stride."""
        return self.dims[0][0] * self.dims[0][1] if self.dims else self.size

    @property
    def open_ended(self) -> bool:
        """Whether it is, or ends in, an array without a count."""
        if self.dims:
            return self.dims[0][0] == RUNTIME
        return bool(self.members) and self.members[-1].layout.open_ended

    def counted(self, count: int) -> Layout:
        """Return it with ``count`` of its outermost elements."""
        return replace(self, dims=((count, self.dims[0][1]), *self.dims[1:]))

    def with_members(self, layouts: list[Layout]) -> Layout:
        """Return a structure with other layouts of its members; its size changes where its last member has no count."""
        members = tuple(map(LayoutMember.with_layout, self.members, layouts))
        last = members[-1]
        size = last.offset + last.layout.nbytes if self.members[-1].layout.open_ended else self.size
        return replace(self, members=members, size=size)


@dataclass(frozen=True, slots=True)
class LayoutMember:
    """A member of a structure, at an offset in bytes."""

    name: str
    offset: int
    layout: Layout

    def with_layout(self, layout: Layout) -> LayoutMember:
        """Return the member with another layout."""
        return replace(self, layout=layout)


def layout_of(kind: Type) -> Layout:
    """Return the layout of a type that a buffer can hold."""
    match kind:
        case Scalar(name):
            dtype = _DTYPES[name]
            return Layout((), dtype, (), dtype.itemsize)
        case Atomic(component):
            return layout_of(component)
        case Vector(width, component):
            number = layout_of(component)
            return replace(number, dims=((width, number.size),))
        case Matrix(columns):
            column = layout_of(kind.column)
            return replace(column, dims=((columns, round_up(align_of(kind), size_of(kind.column))), *column.dims))
        case Array(element, count):
            inner = layout_of(element)
            return replace(inner, dims=((count if isinstance(count, int) else RUNTIME, stride_of(kind)), *inner.dims))
        case Struct(members=members):
            placed = tuple(LayoutMember(member.name, member.offset, layout_of(member.type)) for member in members)
            return Layout((), None, placed, size_of(kind))
    raise TypeError(f"{kind} has no place in a buffer")


def element_dtype(layout: Layout) -> np.dtype[Any]:
    """Return the dtype of one element: of a structure its members where WGSL has them.

    What NumPy has denser than WGSL, such as the columns of a ``mat3x3``, is dense there. A member without a count has
    none of its elements.
    """
    if layout.dtype is not None:
        return layout.dtype
    formats = [
        (element_dtype(member.layout), tuple(max(count, 0) for count in member.layout.shape))
        for member in layout.members
    ]
    return np.dtype(
        {
            "names": [member.name for member in layout.members],
            "formats": formats,
            "offsets": [member.offset for member in layout.members],
            "itemsize": layout.size,
        }
    )
