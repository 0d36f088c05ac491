"""Bodies that are WGSL and bodies that are not; the browser tests hold a browser's compiler against the same ones."""

from __future__ import annotations

import pytest
from wgsl_bodies import BODIES, Body

from aikernel_web.compute.wgsl.typed.program import program
from aikernel_web.contracts.shader_errors import WgslError

VALID = [body for body in BODIES if body.code is None]
INVALID = [body for body in BODIES if body.code is not None]


def named(body: Body) -> str:
    return body.name


def test_there_are_enough_of_both() -> None:
    assert len(VALID) >= 350
    assert len(INVALID) >= 600


@pytest.mark.parametrize("body", VALID, ids=named)
def test_a_valid_body_is_taken(body: Body) -> None:
    assert "main" in program(body.text).functions


@pytest.mark.parametrize("body", INVALID, ids=named)
def test_an_invalid_body_is_refused_by_code(body: Body) -> None:
    with pytest.raises(WgslError) as caught:
        program(body.text)
    assert caught.value.code == body.code
