"""Texts that are WGSL and texts that are not; the browser tests hold a browser's compiler against the same ones."""

from __future__ import annotations

import pytest
from wgsl_corpus import INVALID, VALID

from aikernel_web.compute.wgsl.reflection import reflect
from aikernel_web.contracts.shader_errors import WgslError


@pytest.mark.parametrize("name", VALID)
def test_a_valid_text_is_taken(name: str) -> None:
    assert reflect(VALID[name]).text == VALID[name]


@pytest.mark.parametrize("name", INVALID)
def test_an_invalid_text_is_refused_by_code(name: str) -> None:
    text, code = INVALID[name]
    with pytest.raises(WgslError) as caught:
        reflect(text)
    assert caught.value.code == code
    first = caught.value.diagnostics[0]
    assert first.code == code
    assert first.source_line in text
    assert first.column <= len(first.source_line) + 1


@pytest.mark.parametrize("name", INVALID)
def test_one_mistake_has_one_diagnostic(name: str) -> None:
    text, _ = INVALID[name]
    with pytest.raises(WgslError) as caught:
        reflect(text)
    allowed = 2 if name == "too many blocks" else 1  # that text ends in brackets that close nothing
    assert len(caught.value.diagnostics) <= allowed
