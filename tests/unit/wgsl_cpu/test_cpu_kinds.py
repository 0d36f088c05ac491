"""Results on the CPU have the exact types of their kinds; in the page too (test_wgsl_kinds_in_the_page.py)."""

from __future__ import annotations

from wgsl_kinds import wrong_kinds


def test_every_result_has_the_exact_type_of_its_kind() -> None:
    count, wrong = wrong_kinds()
    assert not wrong
    assert count > 2000
