"""Kernels whose workgroups are spread over all dimensions of a dispatch."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aikernel_web.compute.wgsl.fold import FoldedShader, fold_workgroups
from aikernel_web.compute.wgsl.reflection import reflect
from aikernel_web.contracts.errors import InvalidArgumentError

TEXT = """override block: u32 = 4;
alias Other = In; struct In { @builtin(local_invocation_index) i: u32, @builtin(global_invocation_id) g: vec3u }
@group(0) @binding(0) var<storage, read_write> x: array<u32>; // folded
@compute @workgroup_size(block,
  2) fn main(@builtin(workgroup_id) w: vec3u, in: Other, @builtin(num_workgroups) n: vec3u) {
  x[in.g.x] = w.x + n.y + in.i;
}"""


def folded(text: str = TEXT) -> FoldedShader:
    shader = reflect(text)
    return fold_workgroups(shader, shader.entry_points["main"])


def test_the_lines_and_columns_of_the_original_stay() -> None:
    found = folded().text.splitlines()
    for line, original in zip(found, TEXT.splitlines(), strict=False):
        assert len(line) == len(original)
    assert found[5] == TEXT.splitlines()[5]
    assert found[4].index("fn main") == TEXT.splitlines()[4].index("fn main")


def test_the_new_entry_point_needs_what_the_original_did_and_the_counts() -> None:
    result = folded()
    before, after = reflect(TEXT).entry_points["main"], reflect(result.text).entry_points[result.entry]
    assert after.bindings == before.bindings
    assert [item.name for item in after.overrides] == ["block", *result.counts]
    constants = {"block": 8, **result.constants((100_000, 2, 1))}
    assert after.workgroup_size(constants) == (8, 2, 1)
    assert list(reflect(result.text).entry_points) == [result.entry]


def test_names_of_the_text_are_not_taken() -> None:
    assert all(name not in TEXT for name in (folded().entry, *folded().counts))
    again = reflect(folded().text)
    twice = fold_workgroups(again, again.entry_points[folded().entry])
    assert twice.entry not in folded().text


def test_a_text_with_other_types_of_these_names_is_refused() -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        folded("alias u32 = i32; @compute @workgroup_size(1) fn main() {}")
    assert caught.value.code == "WEBGPU_WORKGROUPS_INVALID"


@given(st.tuples(*[st.integers(0, 12)] * 3), st.integers(1, 12))
def test_each_workgroup_is_run_once_and_few_are_surplus(groups: tuple[int, int, int], limit: int) -> None:
    total = groups[0] * groups[1] * groups[2]
    if total > limit**3:
        with pytest.raises(InvalidArgumentError):
            folded().grid(groups, limit)
        return
    x, y, z = folded().grid(groups, limit)
    assert max(x, y, z) <= limit
    assert total <= x * y * z
    assert x * y * z - total <= y * z + z * limit


def test_a_long_dimension_is_spread_over_two() -> None:
    assert folded().grid((70_000, 1, 1), 65_535) == (35_000, 2, 1)
    assert folded().grid((1_000_000, 1000, 1), 65_535) == (65_531, 15_260, 1)


def test_more_workgroups_than_can_be_counted_are_refused() -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        folded().grid((1 << 20, 1 << 13, 1), 65_535)
    assert caught.value.code == "WEBGPU_WORKGROUPS_INVALID"
