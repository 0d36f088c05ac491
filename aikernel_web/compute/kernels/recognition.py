"""Telling whether a WGSL text is one of the ready shaders, by its tokens: blanks and comments do not matter."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from ..wgsl.lexer import Kind, tokenize
from ..wgsl.source import Report, Source
from . import axpy, conv2d, histogram, life, mandelbrot, matmul, transpose, vector_add
from .shader import ReadyShader

FAMILIES = (vector_add, axpy, matmul, transpose, conv2d, histogram, life, mandelbrot)
_SIZE = ("@", "workgroup_size", "(")
_ANY = "any"

Tokens = tuple[str, ...]


@functools.lru_cache(maxsize=256)
def recognise(wgsl: str) -> tuple[ReadyShader, int] | None:
    """Return the ready shader that a text is, and its invocations a workgroup along x; None where it is none."""
    tokens = _tokens(wgsl)
    found = _known().get(tokens)
    size = _size_at(tokens)
    if found is None and size is not None:
        found = _known().get(_with_any_size(tokens, size))
    return (found, int(tokens[size]) if size is not None else 1) if found else None


@functools.cache
def _known() -> dict[Tokens, ReadyShader]:
    return dict(_entries())


def _entries() -> Iterator[tuple[Tokens, ReadyShader]]:
    for family in FAMILIES:
        for shader in family.SHADERS:
            tokens = _tokens(shader.wgsl)
            size = _size_at(tokens)
            yield _with_any_size(tokens, size) if shader.elementwise and size is not None else tokens, shader


def _tokens(wgsl: str) -> Tokens:
    """Return the texts of a shader's tokens; of one that is not valid, none."""
    source = Source(wgsl)
    report = Report(source)
    tokens = tokenize(source, report)
    return () if report.diagnostics else tuple(token.text for token in tokens if token.kind is not Kind.END)


def _size_at(tokens: Tokens) -> int | None:
    """Return the place of the workgroup size, where it is one decimal number."""
    for at in range(len(tokens) - 4):
        if tokens[at : at + 3] == _SIZE and tokens[at + 3].isdecimal() and tokens[at + 4] == ")":
            return at + 3
    return None


def _with_any_size(tokens: Tokens, size: int) -> Tokens:
    return (*tokens[:size], _ANY, *tokens[size + 1 :])
