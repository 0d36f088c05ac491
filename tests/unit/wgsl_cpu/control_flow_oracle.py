"""Control flow made at random: its WGSL text, and what one invocation computes, worked out statement by statement."""

# ruff: noqa: E501 - shaders
from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

WORD = 1 << 32
VARIABLES = ("a", "b", "c")
ROUNDS_MAX = 3


@dataclass
class Assign:
    variable: str
    text: str


@dataclass
class Inner:
    """A variable of a block, made anew each time."""

    text: str
    body: list[Any]


@dataclass
class If:
    tests: list[tuple[str, list[Any]]]
    otherwise: list[Any] | None


@dataclass
class For:
    count: str
    body: list[Any]


@dataclass
class Loop:
    body: list[Any]
    ends_early: str
    continuing: list[Any]


@dataclass
class Switch:
    selector: str
    cases: list[tuple[tuple[int, ...], list[Any]]]
    default: list[Any]
    default_at: int


@dataclass
class Call:
    """``variable = helper(&other, expression)``."""

    variable: str
    other: str
    text: str


@dataclass
class Jump:
    kind: str
    text: str = "0u"


@dataclass
class Code:
    main: list[Any]
    helper: list[Any]


_EXPRESSIONS = st.sampled_from(
    [
        "a", "b + 1u", "c ^ x", "a * 3u + x", "x", "(a + b) % 7u", "b * 5u + c", "7u", "x / 3u", "a - b", "select(a, b, c > x)",
    ]
)  # fmt: skip
_TESTS = st.sampled_from(
    [
        "x % 2u == 0u", "a > b", "x < 5u", "(a + x) % 3u == 1u", "true", "c % 5u < 3u && x > 2u", "b == 3u || a % 4u == 2u",
        "x == 4u", "a % 2u == 1u", "helper(&b, x) % 2u == 0u && c > 3u", "x > 3u && helper(&c, a) > 40u",
    ]
)  # fmt: skip
_PURE = _TESTS.filter(lambda text: "helper" not in text)


def statements(depth: int, *, loop: bool, switch: bool, calls: bool) -> st.SearchStrategy[list[Any]]:
    """Lists of statements that nest up to ``depth``, with the jumps that are allowed there."""
    tests = _TESTS if calls else _PURE
    simple: list[st.SearchStrategy[Any]] = [st.builds(Assign, st.sampled_from(VARIABLES), _EXPRESSIONS)] * 3
    simple.append(st.builds(Jump, st.just("return"), _EXPRESSIONS))
    if loop or switch:
        simple.append(st.just(Jump("break")))
    if loop:
        simple.append(st.just(Jump("continue")))
    if calls:
        simple.append(st.builds(Call, st.sampled_from(VARIABLES), st.sampled_from(VARIABLES), _EXPRESSIONS))
    if depth == 0:
        return st.lists(st.one_of(simple), min_size=1, max_size=3)

    def within(*, in_loop: bool = loop, in_switch: bool = switch) -> st.SearchStrategy[list[Any]]:
        return statements(depth - 1, loop=in_loop, switch=in_switch, calls=calls)

    plain = st.lists(st.builds(Assign, st.sampled_from(VARIABLES), _EXPRESSIONS), max_size=2)
    nested = [
        st.builds(If, st.lists(st.tuples(tests, within()), min_size=1, max_size=3), st.none() | within()),
        st.builds(For, _EXPRESSIONS, within(in_loop=True, in_switch=False)),
        st.builds(Loop, within(in_loop=True, in_switch=False), tests, plain),
        st.builds(
            Switch,
            _EXPRESSIONS,
            st.lists(st.tuples(st.just(()), within(in_switch=True)), min_size=1, max_size=3),
            within(in_switch=True),
            st.integers(0, 3),
        ).map(_numbered),
        st.builds(Inner, _EXPRESSIONS, within()),
    ]
    return st.lists(st.one_of(*simple, *nested, *nested), min_size=1, max_size=4)


def _numbered(node: Switch) -> Switch:
    node.cases = [((at * 2, at * 2 + 1), body) for at, (_, body) in enumerate(node.cases)]
    return node


def codes() -> st.SearchStrategy[Code]:
    """A kernel's main function and its helper."""
    return st.builds(
        Code,
        statements(3, loop=False, switch=False, calls=True),
        statements(2, loop=False, switch=False, calls=False),
    )


class _Writer:
    def __init__(self) -> None:
        self.names = 0

    def name(self) -> str:
        self.names += 1
        return f"n{self.names}"

    def block(self, body: Sequence[Any]) -> str:
        # What stands behind a jump is not reached; WGSL refuses some of it, so it is left out.
        kept = list(body)
        for at, node in enumerate(kept):
            if isinstance(node, Jump):
                kept = kept[: at + 1]
                break
        return "{ " + " ".join(self.one(node) for node in kept) + " }"

    def one(self, node: Any) -> str:  # noqa: PLR0911
        match node:
            case Assign(variable, text):
                return f"{variable} = {text};"
            case Inner(text, body):
                name = self.name()
                return f"{{ var {name} = {text}; {self.block(body)} {name} += a; c = c ^ {name}; }}"
            case If(tests, otherwise):
                chain = " else ".join(f"if ({test}) {self.block(body)}" for test, body in tests)
                return chain + ("" if otherwise is None else f" else {self.block(otherwise)}")
            case For(count, body):
                name = self.name()
                test = f"{name} < ({count}) % {ROUNDS_MAX + 1}u"
                return f"for (var {name} = 0u; {test}; {name}++) {self.block(body)}"
            case Loop(body, ends_early, continuing):
                name = self.name()
                rest = " ".join(self.one(item) for item in continuing)
                return (
                    f"{{ var {name} = 0u; loop {{ if ({name} > 9u) {{ break; }} {self.block(body)} continuing "
                    f"{{ {rest} {name}++; break if {name} > {ROUNDS_MAX}u || ({ends_early}); }} }} }}"
                )
            case Switch(selector, cases, default, default_at):
                clauses = [f"case {', '.join(f'{n}u' for n in numbers)}: {self.block(body)}" for numbers, body in cases]
                clauses.insert(min(default_at, len(clauses)), f"default: {self.block(default)}")
                return f"switch (({selector}) % 8u) {{ {' '.join(clauses)} }}"
            case Call(variable, other, text):
                return f"{variable} = helper(&{other}, {text});"
            case Jump("return", text):
                return f"RETURN({text});"
            case Jump(kind):
                return f"{kind};"
        raise TypeError(node)


def text_of(code: Code, *, workgroups: bool = False) -> str:
    """The WGSL text: each invocation stores three words; ``workgroups`` makes it run in rows of workgroups."""
    writer = _Writer()
    # Both functions end in a return that is reached whatever was before it.
    helper = _returns(writer.block(code.helper), "*p = *p + a; return {};")
    main = _returns(writer.block(code.main), "return vec3u(a, b, {});")
    memory = "var<workgroup> last: u32;" if workgroups else ""
    store = (
        "if (id.x % 8u == 7u) { last = id.x; } workgroupBarrier(); a += last - id.x / 8u * 8u - 7u;"
        if workgroups
        else ""
    )
    return f"""
        {memory}
        @group(0) @binding(0) var<storage, read_write> out: array<vec3u>;
        fn helper(p: ptr<function, u32>, x: u32) -> u32 {{
            var a = x + 1u; var b = *p; var c = 2u;
            if (true) {helper}
            *p = *p ^ b;
            return a + b + c;
        }}
        fn body(x: u32) -> vec3u {{
            var a = x; var b = x * 2u; var c = 5u;
            if (true) {main}
            return vec3u(a, b, c);
        }}
        @compute @workgroup_size(8) fn main(@builtin(global_invocation_id) id: vec3u) {{
            var a = id.x;
            {store}
            out[id.x] = body(a);
        }}
    """


def _returns(text: str, form: str) -> str:
    while "RETURN(" in text:
        before, rest = text.split("RETURN(", 1)
        depth, at = 1, 0
        while depth:
            depth += {"(": 1, ")": -1}.get(rest[at], 0)
            at += 1
        text = before + form.format(rest[: at - 1]) + rest[at + 1 :]
    return text


class Word(int):
    """A u32."""

    def __add__(self, other: int) -> Word:
        return Word((int(self) + int(other)) % WORD)

    def __sub__(self, other: int) -> Word:
        return Word((int(self) - int(other)) % WORD)

    def __mul__(self, other: int) -> Word:
        return Word((int(self) * int(other)) % WORD)


class _BreakError(Exception):
    pass


class _ContinueError(Exception):
    pass


class _ReturnError(Exception):
    pass


class Invocation:
    """One invocation, statement by statement."""

    def __init__(self, code: Code, x: int) -> None:
        self.code = code
        self.values: dict[str, int] = {"x": x, "a": x, "b": x * 2 % WORD, "c": 5}

    def run(self) -> tuple[int, int, int]:
        try:
            self.block(self.code.main)
        except _ReturnError as end:
            return self.values["a"], self.values["b"], end.args[0]
        return self.values["a"], self.values["b"], self.values["c"]

    def helper(self, other: str, x: int) -> Word:
        outside = self.values
        self.values = {"x": x, "a": (x + 1) % WORD, "b": outside[other], "c": 2}
        try:
            self.block(self.code.helper)
        except _ReturnError as end:
            outside[other] = (outside[other] + self.values["a"]) % WORD
            result = end.args[0]
        else:
            outside[other] ^= self.values["b"]
            result = (self.values["a"] + self.values["b"] + self.values["c"]) % WORD
        self.values = outside
        return Word(result)

    def number(self, text: str) -> int:
        python = text.replace("&&", " and ").replace("||", " or ").replace("/", "//").replace("true", "True")
        for digit in "0123456789":
            python = python.replace(f"{digit}u", digit)
        for name in VARIABLES:
            python = python.replace(f"&{name}", f"'{name}'")
        scope: dict[str, Any] = {name: Word(number) for name, number in self.values.items()}
        scope |= {"helper": self.helper, "select": lambda no, yes, test: yes if test else no}
        return int(eval(python, scope)) % WORD

    def block(self, body: Sequence[Any]) -> None:
        for node in body:
            self.one(node)

    def one(self, node: Any) -> None:  # noqa: PLR0912
        match node:
            case Assign(variable, text):
                self.values[variable] = self.number(text)
            case Inner(text, body):
                inner = self.number(text)
                self.block(body)
                self.values["c"] ^= (inner + self.values["a"]) % WORD
            case If(tests, otherwise):
                for test, then in tests:
                    if self.number(test):
                        self.block(then)
                        break
                else:
                    self.block(otherwise or [])
            case For(count, body):
                at = 0
                while at < self.number(count) % (ROUNDS_MAX + 1):
                    try:
                        self.block(body)
                    except _BreakError:
                        break
                    except _ContinueError:
                        pass
                    at += 1
            case Loop(body, ends_early, continuing):
                at = 0
                while True:
                    try:
                        self.block(body)
                    except _BreakError:
                        break
                    except _ContinueError:
                        pass
                    self.block(continuing)
                    at += 1
                    if at > ROUNDS_MAX or self.number(ends_early):
                        break
            case Switch(selector, cases, default, _):
                number = self.number(selector) % 8
                with contextlib.suppress(_BreakError):
                    self.block(next((body for numbers, body in cases if number in numbers), default))
            case Call(variable, other, text):
                self.values[variable] = self.helper(other, self.number(text))
            case Jump("break"):
                raise _BreakError
            case Jump("continue"):
                raise _ContinueError
            case Jump("return", text):
                raise _ReturnError(self.number(text))
