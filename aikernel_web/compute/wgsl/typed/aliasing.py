"""Two names of one memory in a call, of which one is written to (WGSL, section 11.4.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..source import Report
from ..types import Pointer
from . import tree
from .roots import Root, Roots
from .walk import walk

_READING = frozenset(("atomicLoad", "workgroupUniformLoad"))
_WRITING = frozenset(("atomicStore",))


@dataclass(slots=True)
class _Access:
    """What a function reads and writes, itself or through others. Numbers are sets: a bit for each variable."""

    reads: int = 0
    writes: int = 0
    parameters_read: set[int] = field(default_factory=set)
    parameters_written: set[int] = field(default_factory=set)


class Aliasing:
    """Looks at the calls of a module's functions."""

    def __init__(self, variables: Iterable[str], report: Report) -> None:
        self._bits = {name: 1 << at for at, name in enumerate(variables)}
        self._report = report
        self._accesses: dict[str, _Access] = {}

    def check(self, functions: Mapping[str, tree.Function]) -> None:
        """Report calls that are given two names of what they write; the functions stand behind those they call."""
        for function in functions.values():
            self._accesses[function.name] = _Function(function, self._bits, self._accesses, self._report).access()


class _Function:
    """Looks at one function."""

    def __init__(
        self, function: tree.Function, bits: Mapping[str, int], accesses: Mapping[str, _Access], report: Report
    ) -> None:
        self._body = function.body
        self._parameters = {local: at for at, local in enumerate(function.parameters)}
        self._bits = bits
        self._accesses = accesses
        self._report = report
        self._roots = Roots()
        self._access = _Access()

    def access(self) -> _Access:
        for node in walk(self._body):
            match node:
                case tree.DeclareLet():
                    self._roots.declare(node)
                case tree.Load(place=place):
                    self._note(self._roots.of_place(place), reads=True)
                case tree.Assign(place=place) if place is not None:
                    self._note(self._roots.of_place(place), writes=True)
                case tree.Update(place=place):
                    self._note(self._roots.of_place(place), reads=True, writes=True)
                case tree.BuiltinCall(name=name, arguments=arguments) if name.startswith(("atomic", "workgroupU")):
                    root = self._roots.of_value(arguments[0])
                    self._note(root, reads=name not in _WRITING, writes=name not in _READING)
                case tree.Call():
                    self._call(node)
        return self._access

    def _note(self, root: Root | None, *, reads: bool = False, writes: bool = False) -> None:
        access = self._access
        if isinstance(root, str):
            bit = self._bits[root]
            access.reads |= bit * reads
            access.writes |= bit * writes
        elif root in self._parameters:
            at = self._parameters[root]
            if reads:
                access.parameters_read.add(at)
            if writes:
                access.parameters_written.add(at)

    def _call(self, call: tree.Call) -> None:
        called = self._accesses.get(call.function)
        if called is None:
            return
        reads: set[Root] = set()
        writes: set[Root] = set()
        for at, argument in enumerate(call.arguments):
            root = self._roots.of_value(argument) if isinstance(argument.type, Pointer) else None
            if root is None:
                continue
            bit = self._bits[root] if isinstance(root, str) else 0
            if at in called.parameters_written:
                meets = root in writes or root in reads or bit & (called.reads | called.writes)
                writes.add(root)
                self._note(root, writes=True)
            else:
                meets = at in called.parameters_read and (root in writes or bit & called.writes)
            if at in called.parameters_read:
                reads.add(root)
                self._note(root, reads=True)
            if meets:
                name = root if isinstance(root, str) else root.name
                message = (
                    f"{call.function!r} writes to {name!r} and knows it by another name as well: by a second pointer, "
                    "or as the variable of the module that it is"
                )
                self._report.add(argument.span, "WGSL_ALIAS", message)
        self._access.reads |= called.reads
        self._access.writes |= called.writes
