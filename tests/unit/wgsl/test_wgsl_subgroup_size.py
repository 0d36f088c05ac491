"""``@subgroup_size`` and ``enable subgroup_size_control``, which the browser of the tests has for no adapter."""

from __future__ import annotations

import pytest

from aikernel_web.compute.wgsl.reflection import reflect
from aikernel_web.contracts.errors import InvalidArgumentError
from aikernel_web.contracts.shader_errors import WgslError

ENABLED = "enable subgroup_size_control;\n"


def test_a_kernel_tells_the_size_it_asks_for() -> None:
    shader = reflect(
        ENABLED + "override n = 8u;\n"
        "@compute @workgroup_size(64) @subgroup_size(32) fn fixed() {}\n"
        "@compute @workgroup_size(4 * n) @subgroup_size(n) fn chosen() {}\n"
        "@compute @workgroup_size(64) fn none() {}"
    )
    fixed, chosen, none = (shader.entry_points[name] for name in ("fixed", "chosen", "none"))
    assert (fixed.subgroup_size(), none.subgroup_size()) == (32, None)
    assert (chosen.subgroup_size(), chosen.subgroup_size({"n": 16})) == (8, 16)


def test_to_enable_the_size_enables_subgroups() -> None:
    reflect(ENABLED + "@compute @workgroup_size(4) fn main(@builtin(subgroup_size) n: u32) { _ = subgroupAdd(1u); }")


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("@compute @workgroup_size(32) @subgroup_size(32) fn main() {}", "WGSL_NOT_ENABLED", (1, 30)),
        (ENABLED + "@compute @workgroup_size(32) @subgroup_size(0) fn main() {}", "WGSL_SUBGROUP_SIZE", (2, 45)),
        (ENABLED + "@compute @workgroup_size(32) @subgroup_size(33) fn main() {}", "WGSL_SUBGROUP_SIZE", (2, 45)),
        (ENABLED + "@compute @workgroup_size(32) @subgroup_size(8.0) fn main() {}", "WGSL_SUBGROUP_SIZE", (2, 45)),
        (ENABLED + "@compute @workgroup_size(8) @subgroup_size(4, 4) fn main() {}", "WGSL_ATTRIBUTE_VALUE", (2, 29)),
        (ENABLED + "@subgroup_size(8) fn f() {}", "WGSL_ATTRIBUTE_INVALID", (2, 1)),
    ],
)
def test_a_size_that_is_none_is_refused(text: str, code: str, place: tuple[int, int]) -> None:
    with pytest.raises(WgslError) as caught:
        reflect(text)
    (found,) = caught.value.diagnostics
    assert (found.code, (found.line, found.column)) == (code, place)


@pytest.mark.parametrize("given", [0, 3, 64])
def test_a_size_by_constants_is_checked_with_them(given: int) -> None:
    shader = reflect(ENABLED + "override n = 8;\n@compute @workgroup_size(32) @subgroup_size(n) fn main() {}")
    with pytest.raises(WgslError) as caught:
        shader.entry_points["main"].subgroup_size({"n": given})
    assert caught.value.diagnostics[0].code in {"WGSL_SUBGROUP_SIZE", "WGSL_OVERRIDE_VALUE"}
    with pytest.raises(InvalidArgumentError):
        shader.entry_points["main"].subgroup_size({"m": given})
