"""The frames between host and kernel: every value crosses exactly, in both directions, through both implementations."""

from __future__ import annotations

import json
import math
import struct
import subprocess
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from aikernel_web.host.progress import SilentProgress
from aikernel_web.host.site.context import BuildContext
from aikernel_web.host.site.node import find_node
from aikernel_web.host.wire import decode, encode

WIRE = Path(__file__).parents[3] / "static" / "wire.mjs"
ECHO = """
import {{ decode, encode }} from {module};
const read = async () => {{
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  return new Uint8Array(Buffer.concat(chunks));
}};
const input = await read();
const kind = (value) => Array.isArray(value) ? value.map(kind)
  : value instanceof Uint8Array ? "bytes" : value === null ? "null" : typeof value;
const value = decode(input.buffer);
process.stdout.write(encode({{ value, kinds: kind(value) }}));
"""

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64)
    | st.floats()
    | st.text()
    | st.binary()
    | st.sampled_from([2**53 - 1, 2**53, 2**53 + 1, -(2**53), -(2**53) - 1, -0.0, 2**63, -(2**63)]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.just("$bytes"), inner, max_size=4),
    max_leaves=20,
)


def same(first: object, second: object) -> bool:
    """Whether two values are equal, NaN to NaN, and zeros of one sign. Whole floats may come back as integers."""
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(same(first[key], second[key]) for key in first)
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(same, first, second))
    if isinstance(first, float) and isinstance(second, int | float) and not isinstance(second, bool):
        if math.isnan(first):
            return math.isnan(second)
        return first == second and math.copysign(1, first) == math.copysign(1, second)
    return type(first) is type(second) and first == second


@given(VALUES)
def test_what_is_encoded_is_decoded(value: object) -> None:
    assert same(decode(encode(value)), value)


def through_javascript(value: object) -> Any:
    script = ECHO.format(module=json.dumps(WIRE.as_uri()))
    ran = subprocess.run(
        [*find_node(BuildContext(SilentProgress())).node, "--input-type=module", "-e", script],
        input=encode(value),
        capture_output=True,
        check=True,
        timeout=60,
    )
    return decode(ran.stdout)


def test_javascript_reads_and_writes_the_same_frames() -> None:
    values = [0, -1, 2**53, 2**53 + 1, -(2**63), 2**64 - 1, 0.5, -0.0, 1e300, math.inf, -math.inf, math.nan]
    others: list[Any] = [None, True, "grü\U0001f600", b"\x00\xff", {"$int": "7", "$$": [b"", {}]}]
    answer = through_javascript([*values, *others])
    assert same(answer["value"], [*values, *others])
    assert answer["kinds"][:6] == ["number", "number", "number", "bigint", "bigint", "bigint"]


def test_bytes_travel_raw_behind_the_header() -> None:
    frame = encode({"a": b"\x01\x02", "b": [bytearray(b"\x03"), memoryview(b"")]})
    (length,) = struct.unpack_from("<I", frame)
    assert json.loads(frame[4 : 4 + length])["lengths"] == [2, 1, 0]
    assert frame[4 + length :] == b"\x01\x02\x03"
