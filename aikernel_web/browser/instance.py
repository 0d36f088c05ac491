"""Instances in the kernel's own thread, behind static/bridge/inline.mjs."""

from __future__ import annotations

import asyncio
import dataclasses
import weakref
from collections.abc import Awaitable, Callable
from typing import Any, cast

from pyodide.ffi import JsException, JsProxy

from ..contracts.engine import BytesLike, MemoryMount, ProcessSpec
from ..contracts.errors import KernelError, NotSupportedError, error_code_of
from ..contracts.processes import ProcessExit
from .answers import answer, call, error_from, exit_of
from .convert import optional, plain, to_object
from .direct import DirectImports
from .spec import Held, spec_fields
from .surroundings import Surroundings
from .wasm_values import conversions, number

_SCALARS = frozenset({int, float, str, bool})
_REPLACING = "state.restore"
"""The operation after which the memory is another one."""


class BrowserModule:
    """A compiled module."""

    def __init__(self, module: Any) -> None:
        self._module = module

    def instantiate(self, spec: ProcessSpec) -> BrowserInstance:
        """Link and instantiate; the start section runs."""
        if not all(isinstance(mount, MemoryMount) for mount in spec.mounts):
            message = (
                "An instance in the kernel's own thread is made at once: mount all but trees later, by files.mount."
            )
            raise NotSupportedError(message, code="WASM_MOUNTS_UNSUPPORTED")
        if spec.timeout is not None:
            message = "A call in the kernel's own thread cannot be ended from outside: use a process for a timeout."
            raise NotSupportedError(message, code="WASM_TIMEOUT_UNSUPPORTED")
        held = Held()
        imports = None if spec.imports is None else DirectImports(spec.imports, held)
        fields = spec_fields(dataclasses.replace(spec, module=b"", imports=None), held)
        if imports is not None:
            fields["imports"] = imports.offer
        try:
            return BrowserInstance(self._module.instantiate(to_object(fields)), held, imports)
        except JsException as error:
            failure = error.message
        held.destroy()
        raise _raised(imports) or error_from(failure)


class BrowserInstance(Surroundings):
    """One instance. ``handle`` is the JavaScript side of it.

    What holds on to it from JavaScript's side, its imports and its sink, is let go of by `dispose`; an instance that
    nothing of Python's refers to is disposed by itself.
    """

    def __init__(self, handle: Any, held: Held, imports: DirectImports | None) -> None:
        self.handle = handle
        self._imports = imports
        # Looked up once: to find a method on the other side takes half as long as to call it.
        self._view = handle.view
        self._control = handle.control
        self._generation = _Generation()
        self._dispose = weakref.finalize(self, _dispose, handle, held)

    def function(self, name: str) -> Callable[..., Any]:
        """Return an exported function."""
        found = call(self.handle.function, name)
        export = found.call
        failing = self._failing
        convert = _conversion(found.results)
        if convert is None:

            def invoke(*args: Any) -> Any:
                try:
                    return export(*args)
                except JsException as error:
                    failure = error.message
                return failing(export, failure, args)

        else:

            def invoke(*args: Any) -> Any:
                try:
                    return convert(export(*args))
                except JsException as error:
                    failure = error.message
                return convert(failing(export, failure, args))

        return invoke

    async def run(self, name: str) -> None:
        """Call an export that may wait."""
        try:
            await self.handle.run(name)
        except JsException as error:
            failure = error.message
        else:
            return
        raise self._failure(failure)

    def read_memory(self, offset: int, length: int) -> bytes:
        """Copy a part of linear memory."""
        return cast("bytes", call(self._view, offset, length).to_bytes())

    def write_memory(self, offset: int, data: BytesLike) -> None:
        """Write into linear memory."""
        if isinstance(data, JsProxy):
            call(self._view, offset, data.byteLength).set(data)
            return
        with memoryview(cast("bytes", data)) as source:
            view = call(self._view, offset, source.nbytes)
            if source.nbytes:
                view.assign(source.cast("B"))

    def memory_size(self) -> int:
        """Return the size of linear memory."""
        return int(call(self.handle.memorySize))

    def memory_window(self, offset: int, length: int) -> BrowserWindow:
        """Return a part of linear memory, in place."""
        return BrowserWindow(call(self._view, offset, length), length, self._generation)

    def control(self, operation: str, *args: Any) -> Any:
        """Carry out an operation of static/process/control."""
        given = [arg if type(arg) in _SCALARS else to_object(arg) for arg in args]
        value = call(self._control, operation, *given)
        if operation == _REPLACING:
            self._generation.number += 1
        if isinstance(value, JsProxy):
            return plain(value)
        # What JavaScript promises comes as a future of Pyodide's.
        return _later(value) if isinstance(value, asyncio.Future) else optional(value)

    @property
    def exit(self) -> ProcessExit | None:
        """How the program has ended."""
        ended = optional(self.handle.exit)
        return None if ended is None else exit_of(ended)

    def dispose(self) -> None:
        """Let go of everything."""
        self._generation.number += 1
        self._dispose()

    def _failing(self, export: Any, failure: str, args: tuple[Any, ...]) -> Any:
        """Raise why a call has failed; or repeat it, where its arguments were numbers of another kind (NumPy's)."""
        if error_code_of(failure) == "WASM_EXPORT_ARGUMENTS_INVALID":
            numbers = tuple(number(arg) for arg in args)
            if any(converted is not arg for converted, arg in zip(numbers, args, strict=True)):
                try:
                    return export(*numbers)
                except JsException as error:
                    failure = error.message
        raise self._failure(failure)

    def _failure(self, failure: str) -> BaseException:
        raised = _raised(self._imports)
        if raised is not None:
            return raised
        error = error_from(failure)
        ended = self.exit
        if ended is not None and ended.code == error.code:
            for frame in ended.stack:
                error.add_note(f"  in {frame}")
        return error


class _Generation:
    """How often the memory of an instance was replaced."""

    def __init__(self) -> None:
        self.number = 0


class BrowserWindow:
    """A part of linear memory, in place.

    A view whose memory has grown is empty, so that copying fails; that the memory was replaced is what ``generation``
    tells. Asking the other side first would cost as much as a small copy.
    """

    def __init__(self, view: Any, length: int, generation: _Generation) -> None:
        self._length = length
        self._generation = generation
        self._taken_in = generation.number
        self._view = view
        self._assign_to = view.assign_to
        self._assign = view.assign

    @property
    def nbytes(self) -> int:
        """The length in bytes."""
        return self._length

    def read_into(self, target: Any) -> None:
        """Copy all of it into ``target``."""
        self._copy(self._assign_to, target)

    def write_from(self, source: Any) -> None:
        """Copy ``source`` over it."""
        self._copy(self._assign, source)

    def _copy(self, copy: Callable[[memoryview], None], buffer: Any) -> None:
        with memoryview(buffer) as other:
            if self._generation.number != self._taken_in:
                raise _stale()
            if other.nbytes != self._length:
                message = f"This part of the memory has {self._length} bytes, and the buffer {other.nbytes}."
                raise KernelError(message, code="WASM_MEMORY_RANGE_INVALID")
            if self._length:
                try:
                    copy(other.cast("B"))
                except (ValueError, JsException):
                    if self._view.byteLength == self._length:
                        raise
                    raise _stale() from None
            elif self._view.buffer.detached:
                raise _stale()


def _stale() -> KernelError:
    message = "The memory has grown, or is gone, since this part of it was taken: take it again."
    return KernelError(message, code="WASM_MEMORY_VIEW_STALE")


def _conversion(results: Any) -> Callable[[Any], Any] | None:
    """Return what makes of a call's answer Python's values; None where it is one already."""
    each = conversions(results)
    if len(results) > 1:
        kinds = each or [int] * len(results)
        return lambda value: [kind(item) for kind, item in zip(kinds, value, strict=True)]
    return each[0] if each else None


def _dispose(handle: Any, held: Held) -> None:
    handle.dispose()
    held.destroy()


def _raised(imports: DirectImports | None) -> BaseException | None:
    return None if imports is None else imports.take_raised()


async def _later(promise: Awaitable[Any]) -> Any:
    return plain(await answer(lambda: promise))
