"""Signatures of the functions of textures (WGSL, section 17.7): shaders that have some are understood as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from ..source import Span
from ..types import F32, I32, U32, Opaque, Scalar, Type, Vector
from ..values import Data, NumberFault, component_of, is_feasible, with_component
from ..words import words
from .overload import ALL_STAGES, FRAGMENT, Overload, wrong_count, wrong_types

Choice: TypeAlias = "tuple[Type, ...]"
"""What an argument may be, the best first."""

_WORDS = (I32, U32)
_LOD: Choice = (I32, U32)
_LINEAR: Choice = (F32,)
_VECTOR4: Final = 4
_OFFSETS = range(-8, 8)
_COMPONENTS = range(4)
_SAMPLED = words("1d 2d 2d_array 3d cube cube_array")
_DEPTH = words("depth_2d depth_2d_array depth_cube depth_cube_array")
_STORAGE = words("storage_1d storage_2d storage_2d_array storage_3d")
_MULTISAMPLED = words("multisampled_2d depth_multisampled_2d multisampled_2d_array")
_FLAT = words("2d 2d_array depth_2d depth_2d_array")

_TAKES = {
    "textureGather": _SAMPLED - words("1d 3d") | _DEPTH,
    "textureGatherCompare": _DEPTH,
    "textureLoad": _SAMPLED - words("cube cube_array")
    | words("depth_2d depth_2d_array external")
    | _STORAGE
    | _MULTISAMPLED,
    "textureNumLayers": words("2d_array cube_array depth_2d_array depth_cube_array storage_2d_array"),
    "textureNumLevels": _SAMPLED | _DEPTH,
    "textureNumSamples": _MULTISAMPLED,
    "textureSample": _SAMPLED | _DEPTH,
    "textureSampleBaseClampToEdge": words("2d external"),
    "textureSampleBias": _SAMPLED - words("1d"),
    "textureSampleCompare": _DEPTH,
    "textureSampleCompareLevel": _DEPTH,
    "textureSampleGrad": _SAMPLED - words("1d"),
    "textureSampleLevel": _SAMPLED | _DEPTH,
    "textureStore": _STORAGE,
}
"""The kinds of textures that a function takes, without what all their names begin with."""
_WITH_SAMPLER = frozenset(name for name in _TAKES if name.startswith(("textureSample", "textureGather")))
_COMPARING = frozenset(name for name in _TAKES if "Compare" in name)
_DERIVING = words("textureSample textureSampleBias textureSampleCompare")


@dataclass(frozen=True, slots=True)
class _Texture:
    """A texture's type, taken apart."""

    form: str
    """Its name without ``texture_``."""
    component: Scalar
    """Of a texel."""
    access: str

    @property
    def is_array(self) -> bool:
        return self.form.endswith("_array")

    @property
    def is_depth(self) -> bool:
        return self.form.startswith("depth")

    @property
    def texel(self) -> Type:
        return F32 if self.is_depth else Vector(_VECTOR4, self.component)

    def places(self, component: Scalar, *, of_cube: int = 3) -> Type:
        """Return the type of coordinates, or of sizes."""
        if "1d" in self.form:
            return component
        width = 3 if "3d" in self.form else of_cube if "cube" in self.form else 2
        return Vector(width, component)


def resolve_texture(name: str, arguments: Sequence[Type], span: Span) -> Overload:
    """Return the overload of a call of a texture function; raises `Fault`."""
    gathers = name == "textureGather" and bool(arguments) and not isinstance(arguments[0], Opaque)
    at = int(gathers)
    if len(arguments) <= at:
        raise wrong_count(name, [at + 1], len(arguments), span)
    texture = _taken_apart(arguments[at])
    if (
        texture is None
        or texture.form not in _TAKES.get(name, _ALL)
        or (name == "textureGather" and gathers == texture.is_depth)
    ):
        forms = ", ".join(f"texture_{form}" for form in sorted(_TAKES.get(name, _ALL)))
        raise wrong_types(name, [f"one of {forms}"], arguments, span)
    ways = _ways(name, texture)
    before: list[Choice] = [_WORDS] if gathers else []
    needed = [*before, (arguments[at],), *ways]
    offset: list[Choice] = []
    if name in _WITH_SAMPLER and texture.form in (_FLAT if "Gather" in name else _FLAT | {"3d"}):
        offset = [(texture.places(I32),)] if name != "textureSampleBaseClampToEdge" else []
    if name == "textureDimensions" and texture.form in _SAMPLED | _DEPTH:
        offset = [_LOD]
    counts = [len(needed), len(needed) + len(offset)]
    if len(arguments) not in counts:
        raise wrong_count(name, counts, len(arguments), span)
    choices = [*needed, *offset][: len(arguments)]
    parameters = tuple(_chosen(kind, choice) for kind, choice in zip(arguments, choices, strict=True))
    if None in parameters or not _has_value(name, texture):
        listed = ", ".join(" or ".join(map(str, choice)) for choice in choices)
        raise wrong_types(name, [f"({listed})"], arguments, span)
    constants: tuple[int, ...] = (0,) if gathers else ()
    if name in _WITH_SAMPLER and len(arguments) > len(needed):
        constants += (len(needed),)
    return Overload(
        name,
        tuple(kind for kind in parameters if kind is not None),
        _result(name, texture),
        check=lambda data: _check(name, data, constants, gathers=gathers),
        constants=constants,
        must_use=name != "textureStore",
        stages=FRAGMENT if name in _DERIVING else ALL_STAGES,
    )


_ALL: Final = _SAMPLED | _DEPTH | _STORAGE | _MULTISAMPLED | words("external")


def _taken_apart(kind: Type) -> _Texture | None:
    if not isinstance(kind, Opaque) or not kind.name.startswith("texture_"):
        return None
    form = kind.name.removeprefix("texture_")
    written = kind.arguments[0] if kind.arguments else "f32"
    whole = I32 if written.endswith("sint") or written == "i32" else U32
    is_whole = written.endswith(("sint", "uint")) or written in ("i32", "u32")
    return _Texture(form, whole if is_whole else F32, kind.access)


def _ways(name: str, texture: _Texture) -> list[Choice]:
    """Return what follows the texture, without an offset at the end."""
    if name in ("textureDimensions", "textureNumLayers", "textureNumLevels", "textureNumSamples"):
        return []
    layer: list[Choice] = [_WORDS] if texture.is_array else []
    if name in ("textureLoad", "textureStore"):
        places: list[Choice] = [(texture.places(I32), texture.places(U32)), *layer]
        if name == "textureStore":
            return [*places, (Vector(_VECTOR4, texture.component),)]
        return places if texture.form in _STORAGE or texture.form == "external" else [*places, _LOD]
    sampler = Opaque("sampler_comparison" if name in _COMPARING else "sampler")
    ways: list[Choice] = [(sampler,), (texture.places(F32),), *layer]
    if name in _COMPARING or name == "textureSampleBias":
        ways.append(_LINEAR)
    elif name == "textureSampleGrad":
        ways += [(texture.places(F32),)] * 2
    elif name == "textureSampleLevel":
        ways.append(_LOD if texture.is_depth else _LINEAR)
    return ways


def _has_value(name: str, texture: _Texture) -> bool:
    """Whether a function can do with the texels, and may: only floats are filtered, storage has an access mode."""
    if name == "textureStore":
        return texture.access != "read"
    if name == "textureLoad" and texture.form in _STORAGE:
        return texture.access != "write"
    return texture.component == F32 or not name.startswith("textureSample")


def _chosen(kind: Type, choice: Choice) -> Type | None:
    """Return the first of the types that an argument is, or becomes."""
    source = component_of(kind)
    for wanted in choice:
        component = component_of(wanted)
        if kind == wanted:
            return wanted
        if source is None or component is None or with_component(kind, component) != wanted:
            continue
        if is_feasible(source, component):
            return wanted
    return None


def _result(name: str, texture: _Texture) -> Type | None:
    if name == "textureStore":
        return None
    if name == "textureDimensions":
        return texture.places(U32, of_cube=2)
    if name.startswith("textureNum"):
        return U32
    if name in _COMPARING:
        return Vector(_VECTOR4, F32) if name == "textureGatherCompare" else F32
    return Vector(_VECTOR4, texture.component) if name == "textureGather" else texture.texel


def _check(name: str, data: Sequence[Data | None], constants: tuple[int, ...], *, gathers: bool) -> None:
    for place in constants:
        allowed = _COMPONENTS if gathers and place == 0 else _OFFSETS
        found = data[place]
        for number in found if isinstance(found, tuple) else (found,):
            if number is not None and number not in allowed:
                message = f"this argument of {name!r} is from {allowed[0]} to {allowed[-1]}, not {number}"
                raise NumberFault(message)
