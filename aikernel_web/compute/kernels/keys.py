"""Values as u32 keys that have NumPy's order.

A shader may take it that floats are neither NaN nor infinite (WGSL, section 15.7.2), and hardware may take the smallest
for zero; bits keep all of them apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_KEYS = {
    "f32": """
fn to_key(value: f32) -> u32 {
  let bits = bitcast<u32>(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) {
    return NAN;
  }
  return select(bits | 0x80000000u, ~bits, bits >= 0x80000000u);
}

fn from_key(key: u32) -> f32 {
  return bitcast<f32>(select(~key, key & 0x7fffffffu, key >= 0x80000000u));
}
""",
    "i32": """
fn to_key(value: i32) -> u32 {
  return bitcast<u32>(value) ^ 0x80000000u;
}

fn from_key(key: u32) -> i32 {
  return bitcast<i32>(key ^ 0x80000000u);
}
""",
    "u32": """
fn to_key(value: u32) -> u32 {
  return value;
}

fn from_key(key: u32) -> u32 {
  return key;
}
""",
}


def key_functions(element: str, *, nan: str = "0xffffffffu") -> str:
    """Return WGSL's ``to_key`` and ``from_key`` of a type; NaN has the key ``nan``, greatest or least of all."""
    return _KEYS[element].replace("NAN", nan)


def keys_of(values: NDArray[Any]) -> NDArray[np.uint32]:
    """Return the keys of float32 values, with -0.0 taken for 0.0."""
    import numpy as np  # noqa: PLC0415 - NumPy is loaded where arrays are used

    bits = values.view(np.uint32)
    bits = np.where(bits == np.uint32(1 << 31), np.uint32(0), bits)
    keys: NDArray[np.uint32] = np.where(bits >> np.uint32(31), ~bits, bits | np.uint32(1 << 31))
    return np.where(np.isnan(values), np.uint32(0xFFFFFFFF), keys)
