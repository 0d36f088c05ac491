"""What every program must do: one table, held against wasmtime and against the kernel in the browser alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

ARGV0 = "program"
"""The name every program of the table runs under."""


class Outcome(Protocol):
    """How a run ended: what `kernel.run` answers, and the oracle too."""

    @property
    def reason(self) -> str: ...
    @property
    def exit_code(self) -> int: ...
    @property
    def stdout(self) -> bytes: ...
    @property
    def stderr(self) -> bytes: ...
    def files(self, path: str = "/") -> Mapping[str, bytes]: ...


@dataclass(frozen=True, slots=True)
class Case:
    """One run of one program: what it is given, and how it must end.

    `left` are the files at the end, those given included; None where a program leaves them as they were.
    """

    id: str
    program: str
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    stdin: bytes = b""
    files: Mapping[str, bytes] = field(default_factory=dict)
    exit_code: int = 0
    stdout: bytes = b""
    stderr: bytes = b""
    left: Mapping[str, bytes] | None = None

    def check(self, outcome: Outcome) -> None:
        """Assert that a run ended as this case says."""
        assert (outcome.reason, outcome.exit_code) == ("exited", self.exit_code), bytes(outcome.stderr)
        assert outcome.stdout == self.stdout
        assert outcome.stderr == self.stderr
        assert dict(outcome.files("/")) == dict(self.files if self.left is None else self.left)


@dataclass(frozen=True, slots=True)
class Trap:
    """A program that traps: with which functions on its stack, innermost first, and what it wrote before.

    `code` is wasmtime's name for the trap, `message` a part of V8's.
    """

    program: str
    code: str
    message: str
    stack: tuple[str, ...]
    stdout: bytes = b""
    stderr: bytes = b""


def flood(megabytes: int) -> bytes:
    """Return what the program `flood` prints."""
    text = b"the quick brown fox jumps over the lazy dog, again"
    return b"".join(b"%010d %-52.52b\n" % (i, text) for i in range(megabytes * (1 << 20) // 64))


def fnv1a(data: bytes) -> int:
    """Return the 32-bit FNV-1a hash of `data`."""
    value = 2166136261
    for byte in data:
        value = (value ^ byte) * 16777619 & 0xFFFFFFFF
    return value


def stdin_report(data: bytes) -> bytes:
    """Return what the program `stdin_bytes` prints about `data`."""
    return b"%d bytes, sum %d, fnv %08x, end 0\n" % (len(data), sum(data), fnv1a(data))


ALL_BYTES = bytes(range(256))

_LINES = b"".join(b"%d\n" % i for i in range(1, 1001))

CASES: tuple[Case, ...] = (
    Case("an empty program ends with 0", "empty"),
    Case("no arguments leaves the name alone", "args", stdout=b"argc 1\n0 7 <program>\nend null\n"),
    Case(
        "arguments arrive byte for byte",
        "args",
        args=("a", "", "two words", "quote'\"", "--flag=1", "h\u00e9llo \U0001f600", "line\nbreak", "tab\t\\"),
        stdout=(
            "argc 9\n0 7 <program>\n1 1 <a>\n2 0 <>\n3 9 <two words>\n4 7 <quote'\">\n5 8 <--flag=1>\n"
            "6 11 <h\u00e9llo \U0001f600>\n7 10 <line\nbreak>\n8 5 <tab\t\\>\nend null\n"
        ).encode(),
    ),
    Case(
        "a thousand arguments arrive",
        "args",
        args=tuple(f"argument-{i}" for i in range(1000)),
        stdout=b"argc 1001\n0 7 <program>\n"
        + b"".join(b"%d %d <argument-%d>\n" % (i + 1, len(f"argument-{i}"), i) for i in range(1000))
        + b"end null\n",
    ),
    Case("an environment not given is empty", "environment", args=("HOME",), stdout=b"getenv HOME: (unset)\n"),
    Case(
        "the environment is what was given and nothing else",
        "environment",
        args=("NAME", "EMPTY", "MISSING"),
        env={"NAME": "value = with sign", "EMPTY": "", "UNICODE": "gr\u00fc\u00df"},
        stdout=(
            "EMPTY=\nNAME=value = with sign\nUNICODE=gr\u00fc\u00df\n"
            "getenv NAME: value = with sign\ngetenv EMPTY: \ngetenv MISSING: (unset)\n"
        ).encode(),
    ),
    Case("main's value is the exit code", "exit_code", args=("7",), exit_code=7),
    Case("exit gives the exit code", "exit_code", args=("42", "exit"), exit_code=42),
    Case("_Exit gives the exit code", "exit_code", args=("3", "_Exit"), exit_code=3),
    Case("a high exit code is kept", "exit_code", args=("125", "exit"), exit_code=125),
    Case("buffered output is written at the end", "unflushed", stdout=b"no newline at the end"),
    Case("_Exit drops buffered output", "unflushed", args=("drop",)),
    Case(
        "stdout and stderr are kept apart",
        "streams",
        stdout=b"out 0\nout 1\nout 2\nout 3\n",
        stderr=b"err 0\nerr 1\nerr 2\nerr 3\n",
    ),
    Case("a loop over no input ends at once", "sums", stdout=b"> bye 0\n"),
    Case(
        "a loop over lines answers each",
        "sums",
        stdin=b"1\n20\n-300\n",
        stdout=b"> total 1\n> total 21\n> total -279\n> bye -279\n",
    ),
    Case("a last line without its newline counts", "sums", stdin=b"5\n6", stdout=b"> total 5\n> total 11\n> bye 11\n"),
    Case(
        "a thousand lines are answered in order",
        "sums",
        stdin=_LINES,
        stdout=b"".join(b"> total %d\n" % (i * (i + 1) // 2) for i in range(1, 1001)) + b"> bye 500500\n",
    ),
    Case("no input is no bytes", "stdin_bytes", stdout=stdin_report(b"")),
    Case("input is bytes, not text", "stdin_bytes", stdin=ALL_BYTES * 3, stdout=stdin_report(ALL_BYTES * 3)),
    Case(
        "input longer than every buffer arrives whole",
        "stdin_bytes",
        stdin=ALL_BYTES * 1000 + b"\r\n\x1a\x04",
        stdout=stdin_report(ALL_BYTES * 1000 + b"\r\n\x1a\x04"),
    ),
    Case("bytes pass from input to output unchanged", "cat", stdin=ALL_BYTES * 700, stdout=ALL_BYTES * 700),
    Case(
        "a file is created, appended to, read, renamed, cut and removed",
        "files",
        stdout=(
            b"/log.txt (13, file): one,two,three\ntail three\n/log.txt (13, file): one,TWO,three\nold name gone\n"
            b"/renamed.txt (7, file): one,TWO\nunlinked gone\n"
        ),
        left={"/renamed.txt": b"one,TWO", "/binary": ALL_BYTES, "/empty": b""},
    ),
    Case(
        "directories are made, listed, renamed and removed",
        "directories",
        stdout=(
            b"/top: a/ b/ z.txt\n/top/a: deep.txt\n/top: b/ c/ z.txt\n/top/c: deep.txt\n"
            b"/top/c: deep.txt relative.txt\n/top: c/ z.txt\n"
        ),
        left={
            "/top/z.txt": b"/top/z.txt",
            "/top/c/deep.txt": b"/top/a/deep.txt",
            "/top/c/relative.txt": b"relative.txt",
        },
    ),
    Case(
        "refused file calls say why",
        "file_errors",
        files={"/there": b"text"},
        stdout=(
            b"open a missing file: ENOENT\n"
            b"open below a missing directory: ENOENT\n"
            b"open below a file: ENOTDIR\n"
            b"create what exists: EEXIST\n"
            b"open a file as a directory: ENOTDIR\n"
            b"stat a missing file: ENOENT\n"
            b"unlink a missing file: ENOENT\n"
            b"rename a missing file: ENOENT\n"
            b"list a missing directory: ENOENT\n"
            b"rmdir a missing directory: ENOENT\n"
            b"rmdir a file: ENOTDIR\n"
            b"mkdir where a file is: EEXIST\n"
            b"mkdir: worked\n"
            b"create in it: worked\n"
            b"rmdir a full directory: ENOTEMPTY\n"
            b"open a directory for writing: EISDIR\n"
            b"read from a closed descriptor: EBADF\n"
        ),
        left={"/there": b"text", "/full/file": b""},
    ),
    Case(
        "files given are there, folders between them too",
        "tree",
        args=("/",),
        files={"/b/c/d.bin": ALL_BYTES, "/a.txt": b"alpha", "/b/empty": b"", "/\u00fc \u2603": b"1"},
        stdout=("f 5 /a.txt\nd - /b\nd - /b/c\nf 256 /b/c/d.bin\nf 0 /b/empty\nf 1 /\u00fc \u2603\n").encode(),
    ),
    Case(
        "a directory of two thousand files is listed whole",
        "tree",
        args=("/many",),
        files={f"/many/file-{i:04}": b"x" * (i % 7) for i in range(2000)},
        stdout=b"".join(b"f %d /many/file-%04d\n" % (i % 7, i) for i in range(2000)),
    ),
    Case(
        "a file is copied byte for byte",
        "copy",
        args=("/in.bin", "/out.bin"),
        files={"/in.bin": ALL_BYTES * 999},
        left={"/in.bin": ALL_BYTES * 999, "/out.bin": ALL_BYTES[::-1] * 999},
    ),
    Case("ten thousand calls deep is not too deep", "recursion", stdout=b"50005000\n"),
    Case("output of one megabyte is whole", "flood", args=("1",), stdout=flood(1)),
    Case("sleeping takes its time", "sleep", stdout=b"nanosleep: as asked\npoll: as asked\n"),
    Case(
        "clocks run forward",
        "clocks",
        stdout=b"monotonic never stepped back, moved\nrealtime plausible\nresolution below a second\n",
    ),
    Case("random bytes differ between draws", "random", stdout=b"draws differ\nzeros no\n"),
)

_USERS = b'{"users":[{"name":"ada","age":36},{"name":"bob","age":17},{"name":"eve","age":52}]}'

_SOURCES = {
    "/src/main.ts": b'import { greet } from "./greet";\nconsole.log(greet("world" as string));\n',
    "/src/greet.ts": (
        b"export const unused = 1;\nexport function greet(name: string): string {\n  return `hello ${name}`;\n}\n"
    ),
}

_SCRIPT = (
    b'print(JSON.stringify({args, sum: [1, 2, 3].reduce((a, b) => a + b), text: "gr\\u00fc\\u00df".toUpperCase()}));\n'
)

REAL_CASES: tuple[Case, ...] = (
    Case(
        "quickjs runs a script with arguments and prints JSON",
        "quickjs",
        args=("/script.js", "one", "two words"),
        files={"/script.js": _SCRIPT},
        stdout='{"args":["/script.js","one","two words"],"sum":6,"text":"GR\u00dcSS"}\n'.encode(),
    ),
    Case(
        "quickjs imports a module and computes",
        "quickjs",
        args=("/main.js",),
        files={
            "/main.js": b'import { fib } from "./lib.js";\nprint(fib(20));\n',
            "/lib.js": b"export const fib = (n) => (n < 2 ? n : fib(n - 1) + fib(n - 2));\n",
        },
        stdout=b"6765\n",
    ),
    Case(
        "quickjs keeps the order of promises and timers, sees the environment, and exits as told",
        "quickjs",
        args=("/script.js",),
        env={"MODE": "test"},
        files={
            "/script.js": (
                b"print(JSON.stringify(env));\n"
                b'setTimeout(() => { print("timer"); exit(5); }, 30);\n'
                b'Promise.resolve("promise").then(print);\n'
            )
        },
        exit_code=5,
        stdout=b'{"MODE":"test"}\npromise\ntimer\n',
    ),
    Case(
        "quickjs reports an uncaught error",
        "quickjs",
        args=("/script.js",),
        files={"/script.js": b'print("before");\nthrow new Error("boom");\n'},
        stdout=b"before\n",
        stderr=b"Error: boom\n    at <anonymous> (/script.js:2)\n\n",
    ),
    Case(
        "jq filters a document from stdin",
        "jq",
        args=("-c", "[.users[] | select(.age > 18) | .name]"),
        stdin=_USERS,
        stdout=b'["ada","eve"]\n',
    ),
    Case(
        "jq refuses broken input",
        "jq",
        args=(".",),
        stdin=b"{",
        exit_code=2,
        stderr=b"jq: invalid JSON input: EOF while parsing an object at line 1 column 1\n",
    ),
    Case(
        "esbuild bundles two modules to stdout",
        "esbuild",
        args=("/src/main.ts", "--bundle", "--format=esm"),
        files=_SOURCES,
        stdout=(
            b"// src/greet.ts\nfunction greet(name) {\n  return `hello ${name}`;\n}\n\n"
            b'// src/main.ts\nconsole.log(greet("world"));\n'
        ),
    ),
    Case(
        "esbuild bundles two modules into a file and a source map",
        "esbuild",
        args=("/src/main.ts", "--bundle", "--minify", "--sourcemap", "--log-level=warning", "--outfile=/out/bundle.js"),
        files=_SOURCES,
        left={
            **_SOURCES,
            "/out/bundle.js": (
                b'(()=>{function r(o){return`hello ${o}`}console.log(r("world"));})();\n'
                b"//# sourceMappingURL=bundle.js.map\n"
            ),
            "/out/bundle.js.map": (
                b'{\n  "version": 3,\n  "sources": ["../src/greet.ts", "../src/main.ts"],\n  "sourcesContent": ["'
                b"export const unused = 1;\\nexport function greet(name: string): string {\\n"
                b"  return `hello ${name}`;\\n}\\n"
                b'", "import { greet } from \\"./greet\\";\\nconsole.log(greet(\\"world\\" as string));\\n"],\n'
                b'  "mappings": "MACO,SAASA,EAAMC,EAAsB,CAC1C,MAAO,SAASA,CAAI,EACtB,CCFA,QAAQ,IAAIC,EAAM,OAAiB,CAAC",\n'
                b'  "names": ["greet", "name", "greet"]\n}\n'
            ),
        },
    ),
    Case(
        "esbuild transforms its standard input",
        "esbuild",
        args=("--minify", "--loader=ts"),
        stdin=b"let answer: number = 6 * 7;\nconsole.log(answer)",
        stdout=b"let answer=42;console.log(answer);\n",
    ),
    Case(
        "esbuild refuses an import that is not there",
        "esbuild",
        args=("/main.js", "--bundle"),
        files={"/main.js": b'import "./missing"\n'},
        exit_code=1,
        stderr=(
            '\u2718 [ERROR] Could not resolve "./missing"\n\n    main.js:1:7:\n      1 \u2502 import "./missing"\n'
            "        \u2575        ~~~~~~~~~~~\n\n1 error\n"
        ).encode(),
    ),
)

TRAPS: tuple[Trap, ...] = (
    Trap("trap_unreachable", "UNREACHABLE", "unreachable", ("innermost", "middle"), stdout=b"before the trap\n"),
    Trap("trap_division", "INTEGER_DIVISION_BY_ZERO", "divide by zero", ("divide",)),
    Trap("trap_memory", "MEMORY_OUT_OF_BOUNDS", "memory access out of bounds", ("reach",)),
    Trap("trap_call", "BAD_SIGNATURE", "signature mismatch", ("call",)),
    Trap("trap_abort", "UNREACHABLE", "unreachable", ("abort", "give_up"), stderr=b"giving up\n"),
    Trap("trap_recursion", "STACK_OVERFLOW", "call stack size exceeded", ("endless", "endless", "endless")),
)
