"""Loops that may wait for another workgroup: whether they end depends on what atomics in storage hold at the time.

A loop that reads atomics on its way up to a number does not wait. One does where its condition, or the way to an exit,
depends on what an atomic in it was read for: by data, through variables too, or because that has decided which
statement comes next. What is not sure counts as depending.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from ..typed.tree import (
    AddressOf,
    Assign,
    Binary,
    Block,
    BuiltinCall,
    Call,
    CallStatement,
    DeclareLet,
    DeclareVar,
    ElementPlace,
    If,
    Jump,
    Literal,
    Load,
    Local,
    LocalPlace,
    LocalValue,
    Loop,
    MemberPlace,
    ModulePlace,
    Place,
    Pointee,
    Return,
    Statement,
    Switch,
    Update,
    Value,
)
from ..typed.walk import walk
from ..types import Pointer
from .scan import Nodes

_COUNTING: Final = frozenset(("atomicAdd", "atomicSub"))
"""What is for taking numbers, one after another: with a constant that is not 0, which is another way to read."""


_ROUNDS: Final = 1024


def waiting_loops(nodes: Nodes) -> frozenset[int]:
    """Return the ids of the loops that may wait."""
    facts = _Facts()
    for name, found in nodes.items():
        facts.add(name, found)
    loops = (node for found in nodes.values() for node in found if isinstance(node, Loop) and not _is_short(node))
    return frozenset(id(loop) for loop in loops if facts.read(walk(loop)) and _Course(facts, loop).ends_by_atomics())


@dataclass(frozen=True, slots=True)
class _Memory:
    """A variable, or where only that is known, something in an address space.

    Of a variable of the module ``name`` is known, of a function's the declaration; of what a parameter points to
    neither.
    """

    space: str
    name: str | None = None
    local: Local | None = None

    @property
    def written(self) -> set[_Key]:
        """What is to be noted where it is written."""
        if self.local is not None:
            return {self.local}
        return {("within", self.space), ("anywhere", self.space) if self.name is None else self.name}

    @property
    def read(self) -> set[_Key]:
        """What of that concerns who reads it."""
        if self.local is not None:
            return {self.local}
        return {("within", self.space)} if self.name is None else {self.name, ("anywhere", self.space)}


_Key: TypeAlias = "Local | str | tuple[str, str]"


@dataclass(slots=True)
class _Facts:
    """What is known of the functions of a shader."""

    readers: set[str] = field(default_factory=set)
    """Functions that read atomics in storage, themselves or by others."""
    written: dict[str, set[_Key]] = field(default_factory=dict)
    """What a function writes that is not its own, itself or by others."""
    pointers: dict[Local, Value] = field(default_factory=dict)
    """What was declared as a pointer."""
    unused: set[int] = field(default_factory=set)
    """The ids of calls whose result nobody wants."""

    def add(self, name: str, nodes: Sequence[Any]) -> None:
        """Note a function."""
        for node in nodes:
            if isinstance(node, DeclareLet) and isinstance(node.local.type, Pointer):
                self.pointers[node.local] = node.value
            if isinstance(node, CallStatement):
                self.unused.add(id(node.call))
        if self.read(nodes):
            self.readers.add(name)
        written = self.written[name] = set()
        for node in nodes:
            if isinstance(node, Assign | Update) and node.place is not None:
                written |= self.memory(node.place).written
            elif isinstance(node, BuiltinCall) and node.name.startswith("atomic"):
                written |= self.memory(node.arguments[0]).written
            elif isinstance(node, Call):
                written |= self.written[node.function]

    def read(self, nodes: Iterable[Any]) -> bool:
        """Whether some node may tell what another workgroup has done."""
        return any(self.reads(node) for node in nodes)

    def reads(self, node: Any) -> bool:
        """Whether a node is a call that may tell what another workgroup has done."""
        if isinstance(node, Call):
            return node.function in self.readers
        if not isinstance(node, BuiltinCall) or not node.name.startswith("atomic") or id(node) in self.unused:
            return False
        pointer, given = node.arguments[0].type, node.arguments[-1]
        counts = node.name in _COUNTING and isinstance(given, Literal) and given.data != 0
        return isinstance(pointer, Pointer) and pointer.space == "storage" and not counts

    def memory(self, node: Place | Value) -> _Memory:
        """Return what a place is of, or what a pointer points to."""
        while True:
            if isinstance(node, ElementPlace | MemberPlace):
                node = node.base
            elif isinstance(node, Pointee):
                node = node.pointer
            elif isinstance(node, AddressOf):
                node = node.place
            elif isinstance(node, LocalPlace):
                return _Memory("function", local=node.local)
            elif isinstance(node, ModulePlace):
                return _Memory(node.space, name=node.variable.name)
            elif isinstance(node, LocalValue) and node.local in self.pointers:
                node = self.pointers[node.local]
            else:
                return _Memory(node.type.space if isinstance(node.type, Pointer) else "")


class _Course:
    """Which variables depend on atomics within a loop, and whether its end does."""

    def __init__(self, facts: _Facts, loop: Loop) -> None:
        self._facts = facts
        self._loop = loop
        self._depending: set[_Key] = set()
        self._skips = False
        """Whether an atomic decides that statements are skipped by a jump: what comes next depends on it too."""
        self._ends = False

    def ends_by_atomics(self) -> bool:
        """Go round until nothing more is found."""
        known = (-1, False)
        while not self._ends and known != (len(self._depending), self._skips):
            known = len(self._depending), self._skips
            loop = self._loop
            self._ends |= self._look(loop.condition, decided=False)
            self._walk(loop.body, decided=self._skips)
            if loop.continuing is not None:
                self._walk(loop.continuing, decided=False)
            self._ends |= self._look(loop.break_if, decided=False)
        return self._ends

    def _walk(self, body: Block, *, decided: bool) -> None:
        """Go through statements; ``decided`` says whether it depends on atomics that they are run."""
        waiting: list[tuple[Statement, bool, bool]] = [(body, decided, True)]
        while waiting:
            node, decided, ours = waiting.pop()
            if isinstance(node, Block):
                waiting += ((item, decided, ours) for item in reversed(node.statements))
            elif isinstance(node, If):
                decided |= self._look(node.condition, decided=decided)
                waiting += ((item, decided, ours) for item in (node.otherwise, node.then) if item is not None)
            elif isinstance(node, Switch):
                decided |= self._look(node.selector, decided=decided)
                waiting += ((case.body, decided, False) for case in node.cases)
            elif isinstance(node, Loop):
                for condition in (node.condition, node.break_if):
                    decided |= self._look(condition, decided=decided)
                waiting += ((item, decided, False) for item in (node.continuing, node.body) if item is not None)
            elif isinstance(node, Return):
                self._look(node.value, decided=decided)
                self._ends |= decided
            elif isinstance(node, Jump):
                leaves = ours and node.kind == "break"
                self._ends |= decided and leaves
                self._skips |= decided and not leaves
            else:
                self._do(node, decided=decided)

    def _do(self, node: Assign | Update | DeclareLet | DeclareVar | CallStatement, *, decided: bool) -> None:
        if isinstance(node, CallStatement):
            self._look(node.call, decided=decided)
            return
        depends = self._look(node.value, decided=decided) or decided
        if isinstance(node, DeclareLet | DeclareVar):
            if depends:
                self._depending.add(node.local)
        elif node.place is not None and (self._look(node.place, decided=decided) or depends):
            self._depending |= self._facts.memory(node.place).written

    def _look(self, value: Value | Place | None, *, decided: bool) -> bool:
        """Note what calls in an expression write, and return whether the expression depends on atomics."""
        if value is None:
            return False
        nodes = list(walk(value))
        depends = any(self._depends(node) for node in nodes)
        if depends or decided:
            for node in nodes:
                if isinstance(node, Call):
                    self._depending |= self._facts.written[node.function]
                if isinstance(node, Call | BuiltinCall):
                    for pointer in _pointers(node):
                        self._depending |= self._facts.memory(pointer).written
        return depends

    def _depends(self, node: Any) -> bool:
        if self._facts.reads(node):
            return True
        if isinstance(node, LocalValue):
            return node.local in self._depending
        if isinstance(node, Load):
            return not self._depending.isdisjoint(self._facts.memory(node.place).read)
        if isinstance(node, Call) and not all(isinstance(key, Local) for key in self._depending):
            return True
        if isinstance(node, Call | BuiltinCall) and getattr(node, "name", "") != "arrayLength":
            return any(not self._depending.isdisjoint(self._facts.memory(pointer).read) for pointer in _pointers(node))
        return False


def _is_short(loop: Loop) -> bool:
    """Whether a loop counts up to a small number: too few rounds to wait for anybody."""
    match loop:
        case Loop(
            condition=Binary(
                operator="<" | "<=", left=Load(place=LocalPlace(local=counter)), right=Literal(data=int(end))
            ),
            continuing=Block(
                statements=(Update(place=LocalPlace(local=changed), operator="+", value=Literal(data=int(step))),)
            ),
        ) if counter is changed and end <= _ROUNDS and step > 0:
            touching = (node.place for node in walk(loop.body) if isinstance(node, Assign | Update | AddressOf))
            return not any(isinstance(place, LocalPlace) and place.local is counter for place in touching)
    return False


def _pointers(node: Call | BuiltinCall) -> list[Value]:
    return [argument for argument in node.arguments if isinstance(argument.type, Pointer)]
