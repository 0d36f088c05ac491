"""The forms that return a `Result`, of operations that raise."""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, TypeVar

from ..contracts.errors import KernelError
from ..contracts.results import Result

T = TypeVar("T")
S = TypeVar("S")
P = ParamSpec("P")


def attempted(
    operation: Callable[Concatenate[S, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, Result[T]]]:
    """Make ``try_x`` return what its body returns as a success, and a `KernelError` that it raises as a failure."""

    @functools.wraps(operation)
    async def attempt(subject: S, /, *args: P.args, **kwargs: P.kwargs) -> Result[T]:
        try:
            return Result.success(await operation(subject, *args, **kwargs))
        except KernelError as error:
            return Result.fail(error)

    return attempt
