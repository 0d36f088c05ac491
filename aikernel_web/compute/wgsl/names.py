"""What WGSL declares itself, by name; a text may declare the same names anew (WGSL, sections 6.9, 12, 13 and 17)."""

from __future__ import annotations

from typing import Final

from .types import BOOL, F16, F32, I32, U32, Matrix, Type, Vector
from .words import words

SCALARS: Final = {str(kind): kind for kind in (BOOL, I32, U32, F32, F16)}
_SUFFIXES: Final = {"i": I32, "u": U32, "f": F32, "h": F16}

ALIASES: Final[dict[str, Type]] = {
    **SCALARS,
    **{f"vec{width}{suffix}": Vector(width, kind) for width in (2, 3, 4) for suffix, kind in _SUFFIXES.items()},
    **{
        f"mat{columns}x{rows}{suffix}": Matrix(columns, rows, kind)
        for columns in (2, 3, 4)
        for rows in (2, 3, 4)
        for suffix, kind in (("f", F32), ("h", F16))
    },
}
"""Types that have a name and no template list."""

VECTORS: Final = {f"vec{width}": width for width in (2, 3, 4)}
MATRICES: Final = {f"mat{columns}x{rows}": (columns, rows) for columns in (2, 3, 4) for rows in (2, 3, 4)}
OPAQUE: Final = words("""
    sampler sampler_comparison texture_external
    texture_depth_2d texture_depth_2d_array texture_depth_cube texture_depth_cube_array texture_depth_multisampled_2d
""")
SAMPLED: Final = words("""
    texture_1d texture_2d texture_2d_array texture_3d texture_cube texture_cube_array texture_multisampled_2d
    texture_multisampled_2d_array
""")
STORAGE_TEXTURES: Final = words(
    "texture_storage_1d texture_storage_2d texture_storage_2d_array texture_storage_3d texel_buffer"
)
GENERATORS: Final = (
    frozenset(("array", "atomic", "ptr")) | VECTORS.keys() | MATRICES.keys() | SAMPLED | STORAGE_TEXTURES
)
"""Types that have a template list, which some of them leave out where they construct values."""
INFERRING: Final = frozenset(("array",)) | VECTORS.keys() | MATRICES.keys()
"""Those that do."""

TYPES_OF_F16: Final = frozenset(name for name in ALIASES if name == "f16" or name.endswith("h"))
TYPES: Final = ALIASES.keys() | OPAQUE | GENERATORS

SPACES: Final = frozenset(("function", "private", "workgroup", "uniform", "storage", "immediate"))
MODES: Final = frozenset(("read", "write", "read_write"))
FORMATS: Final = words("""
    r8unorm r8snorm r8uint r8sint rg8unorm rg8snorm rg8uint rg8sint rgba8unorm rgba8snorm rgba8uint rgba8sint bgra8unorm
    r16unorm r16snorm r16uint r16sint r16float rg16unorm rg16snorm rg16uint rg16sint rg16float
    rgba16unorm rgba16snorm rgba16uint rgba16sint rgba16float r32uint r32sint r32float rg32uint rg32sint rg32float
    rgba32uint rgba32sint rgba32float rgb10a2uint rgb10a2unorm rg11b10ufloat
""")
"""Texel formats, those of the tiers 1 and 2 of texture formats as well."""
ENUMERANTS: Final = SPACES | MODES | FORMATS

SUBGROUP_FUNCTIONS: Final = words("""
    subgroupAdd subgroupAll subgroupAnd subgroupAny subgroupBallot subgroupBroadcast subgroupBroadcastFirst
    subgroupElect subgroupExclusiveAdd subgroupExclusiveMul subgroupInclusiveAdd subgroupInclusiveMul subgroupMax
    subgroupMin subgroupMul subgroupOr subgroupShuffle subgroupShuffleDown subgroupShuffleUp subgroupShuffleXor
    subgroupXor quadBroadcast quadSwapDiagonal quadSwapX quadSwapY
""")
FUNCTIONS: Final = SUBGROUP_FUNCTIONS | words("""
    bitcast all any select arrayLength
    abs acos acosh asin asinh atan atanh atan2 ceil clamp cos cosh countLeadingZeros countOneBits countTrailingZeros
    cross degrees determinant distance dot dot4U8Packed dot4I8Packed exp exp2 extractBits faceForward firstLeadingBit
    firstTrailingBit floor fma fract frexp insertBits inverseSqrt ldexp length log log2 max min mix modf normalize pow
    quantizeToF16 radians reflect refract reverseBits round saturate sign sin sinh smoothstep sqrt step tan tanh
    transpose trunc
    dpdx dpdxCoarse dpdxFine dpdy dpdyCoarse dpdyFine fwidth fwidthCoarse fwidthFine
    textureDimensions textureGather textureGatherCompare textureLoad textureNumLayers textureNumLevels
    textureNumSamples textureSample textureSampleBias textureSampleCompare textureSampleCompareLevel textureSampleGrad
    textureSampleLevel textureSampleBaseClampToEdge textureStore
    atomicLoad atomicStore atomicAdd atomicSub atomicMax atomicMin atomicAnd atomicOr atomicXor atomicExchange
    atomicCompareExchangeWeak atomicStoreMax atomicStoreMin
    pack4x8snorm pack4x8unorm pack4xI8 pack4xU8 pack4xI8Clamp pack4xU8Clamp pack2x16snorm pack2x16unorm pack2x16float
    unpack4x8snorm unpack4x8unorm unpack4xI8 unpack4xU8 unpack2x16snorm unpack2x16unorm unpack2x16float
    storageBarrier textureBarrier workgroupBarrier workgroupUniformLoad
""")

ELSEWHERE: Final = {
    "float": "f32",
    "double": "f32",
    "f64": "f32",
    "half": "f16",
    "int": "i32",
    "uint": "u32",
    "float2": "vec2f",
    "float3": "vec3f",
    "float4": "vec4f",
    "ivec2": "vec2i",
    "ivec3": "vec3i",
    "ivec4": "vec4i",
    "uvec2": "vec2u",
    "uvec3": "vec3u",
    "uvec4": "vec4u",
    "lerp": "mix",
    "frac": "fract",
    "rsqrt": "inverseSqrt",
    "inversesqrt": "inverseSqrt",
    "mad": "fma",
    "fabs": "abs",
    "fmin": "min",
    "fmax": "max",
    "powf": "pow",
    "sqrtf": "sqrt",
    "expf": "exp",
    "logf": "log",
    "popcount": "countOneBits",
    "bitCount": "countOneBits",
    "asuint": "bitcast",
    "asfloat": "bitcast",
    "barrier": "workgroupBarrier",
    "__syncthreads": "workgroupBarrier",
}
"""What GLSL, HLSL, CUDA and C call things of WGSL's."""

EXTENSIONS: Final = words(
    "f16 clip_distances dual_source_blending subgroups primitive_index atomic_vec2u_min_max subgroup_size_control"
)
"""What ``enable`` takes: of another extension nobody could say what it declares."""

COMPUTE_INPUTS: Final = words("""
    local_invocation_id local_invocation_index global_invocation_id global_invocation_index workgroup_id workgroup_index
    num_workgroups subgroup_invocation_id subgroup_size subgroup_id num_subgroups
""")
SUBGROUP_NAMES: Final = SUBGROUP_FUNCTIONS | words("subgroup_invocation_id subgroup_size subgroup_id num_subgroups")
"""What ``enable subgroups;`` declares."""
BUILTIN_VALUES: Final = COMPUTE_INPUTS | words("""
    vertex_index instance_index position front_facing frag_depth sample_index sample_mask clip_distances primitive_index
    primitive_id barycentric_coord view_index
""")

ATTRIBUTES: Final[dict[str, tuple[int, int]]] = {
    "align": (1, 1),
    "binding": (1, 1),
    "blend_src": (1, 1),
    "builtin": (1, 2),
    "color": (1, 1),
    "compute": (0, 0),
    "const": (0, 0),
    "diagnostic": (2, 2),
    "fragment": (0, 0),
    "group": (1, 1),
    "id": (1, 1),
    "input_attachment_index": (1, 1),
    "interpolate": (1, 2),
    "invariant": (0, 0),
    "location": (1, 1),
    "must_use": (0, 0),
    "size": (1, 1),
    "subgroup_size": (1, 1),
    "vertex": (0, 0),
    "workgroup_size": (1, 3),
}
"""Attributes, with the least and the most arguments of each."""
