"""Programs that people use, as they come from the registry, do in the browser what they do on wasmtime."""

from __future__ import annotations

import json
import re
import sqlite3
import tarfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from programs.expectations import ARGV0, REAL_CASES, Case
from programs.oracle import OracleOutcome, run_on_wasmtime
from registry import registry_program

from aikernel_web.host import Archive, Memory

if TYPE_CHECKING:
    from aikernel_web.host import CompletedProcess, HostKernel

PATIENCE = 120

INPUTS = Path(__file__).parents[1] / "programs" / "inputs"

Twin = Callable[..., "CompletedProcess"]


def unchanged(text: bytes) -> bytes:
    return text


def without_times(text: bytes) -> bytes:
    """Mask what programs say about how long they took."""
    text = re.sub(rb"in \d+\.\d+s", b"in some time", text)
    return re.sub(rb'"elapsed(_total)?":\{[^}]*\}', b'"elapsed":{}', text)


@pytest.fixture
def twin(kernel: HostKernel) -> Twin:
    """Run a program here and on wasmtime; both must end the same, streams and files included."""

    def run(
        program: str,
        *args: str,
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
        files: Mapping[str, bytes] | None = None,
        masked: Callable[[bytes], bytes] = unchanged,
    ) -> CompletedProcess:
        module = registry_program(program)
        done = kernel.run(module, args=args, stdin=stdin, env=env, files=files, argv0=ARGV0, timeout=PATIENCE)
        oracle: OracleOutcome = run_on_wasmtime(module, args=args, stdin=stdin, env=env, files=files)
        assert (done.reason, done.exit_code) == (oracle.reason, oracle.exit_code), bytes(done.stderr)
        assert masked(done.stdout) == masked(oracle.stdout)
        assert masked(done.stderr) == masked(oracle.stderr)
        here = done.files("/")
        assert sorted(here) == sorted(oracle.left)
        assert [name for name in here if here[name] != oracle.left[name]] == []
        return done

    return run


@pytest.mark.parametrize("case", REAL_CASES, ids=lambda case: case.id)
def test_a_real_program_does_what_it_does_on_wasmtime(kernel: HostKernel, case: Case) -> None:
    case.check(
        kernel.run(
            registry_program(case.program),
            args=case.args,
            env=case.env,
            stdin=case.stdin,
            files=case.files,
            argv0=ARGV0,
            timeout=PATIENCE,
        )
    )


class TestJq:
    def test_it_answers_a_large_document(self, kernel: HostKernel) -> None:
        document = [{"number": i, "text": "x" * (i % 50)} for i in range(50_000)]
        done = kernel.run(
            registry_program("jq"),
            args=["-c", "[length, (map(.number) | add), (map(.text | length) | add)]"],
            stdin=json.dumps(document).encode(),
            timeout=PATIENCE,
        )
        assert (done.exit_code, done.stderr) == (0, b"")
        assert json.loads(done.stdout) == [50_000, sum(range(50_000)), sum(i % 50 for i in range(50_000))]

    def test_it_reads_what_is_written_while_it_runs(self, kernel: HostKernel) -> None:
        process = kernel.spawn(registry_program("jq"), args=["-c", ".a + 1"])
        for piece in (b'{"a"', b": 41", b"}", b"\n"):
            process.stdin.write(piece)
        process.stdin.close()
        done = process.wait(timeout=PATIENCE)
        assert (done.exit_code, done.stdout, done.stderr) == (0, b"42\n", b"")


class TestRain:
    """The site's own program that draws and plays."""

    def test_every_picture_and_every_sample_arrive_and_are_the_seeds(self, kernel: HostKernel) -> None:
        def begin(seed: int) -> tuple[str, list[float]]:
            process = kernel.spawn("rain", seed=seed, deterministic=True)
            samples = b""
            while len(samples) < 30 * 1600 * 4:
                block = process.audio()
                samples += b"" if block is None else block.data
            frame = process.frame()
            assert frame is not None
            assert (frame.width, frame.height, frame.format) == (320, 200, "rgba8888")
            assert len(set(frame.data)) > 100
            process.kill()
            assert process.wait().stderr == b""
            return process.name, list(memoryview(samples[: 30 * 1600 * 4]).cast("f"))

        one, again, other = begin(7), begin(7), begin(8)
        assert one == again
        assert one != other
        assert 0.1 < max(one[1]) < 1

    def test_it_finds_its_devices_where_another_directory_comes_first(self, kernel: HostKernel) -> None:
        process = kernel.spawn("rain", mounts={"/first": Memory({})}, deterministic=True)
        while process.frame() is None:
            assert process.running
        process.kill()


class TestQuickJs:
    def test_a_study_with_classes_generators_and_files(self, twin: Twin) -> None:
        done = twin(
            "quickjs",
            "/study.js",
            env={"MODE": "test"},
            files={"/study.js": (INPUTS / "study.js").read_bytes(), "/data/given": b"x"},
        )
        assert b"primes below 200000: 17984\n" in done.stdout
        assert len(done.files("/data/sub")["/data/sub/twin"]) == 256

    def test_an_endless_loop_is_killed_at_once(self, kernel: HostKernel) -> None:
        process = kernel.spawn(
            registry_program("quickjs"), args=["/loop.js"], files={"/loop.js": b'print("looping");\nfor (;;) {}\n'}
        )
        assert process.stdout.read_until(b"\n") == b"looping\n"
        asked = time.monotonic()
        process.kill()
        assert process.wait(timeout=PATIENCE).reason == "killed"
        assert time.monotonic() - asked < 5


class TestEsbuild:
    def test_it_bundles_a_mounted_folder(self, kernel: HostKernel, tmp_path: Path) -> None:
        modules = tmp_path / "node_modules" / "greeter"
        modules.mkdir(parents=True)
        (modules / "package.json").write_text('{"name": "greeter", "main": "index.js"}')
        (modules / "index.js").write_text("exports.greet = (name) => `hi ${name}`;\n")
        (tmp_path / "app.mjs").write_text('import { greet } from "greeter";\nprint(greet(args[1]));\n')
        esbuild = kernel.run(
            registry_program("esbuild"),
            args=["/app.mjs", "--bundle", "--log-level=warning", "--outfile=/dist/app.js"],
            mounts={"/": tmp_path},
            timeout=PATIENCE,
        )
        assert (esbuild.exit_code, esbuild.stderr) == (0, b"")
        bundle = esbuild.files("/dist")
        assert list(bundle) == ["/dist/app.js"]
        quickjs = kernel.run(registry_program("quickjs"), args=["/dist/app.js", "you"], files=bundle, timeout=PATIENCE)
        assert (quickjs.exit_code, quickjs.stdout, quickjs.stderr) == (0, b"hi you\n", b"")
        assert not (tmp_path / "dist").exists()

    def test_it_splits_an_application_of_two_hundred_modules(self, twin: Twin, kernel: HostKernel) -> None:
        done = twin(
            "esbuild",
            *("/app/main.tsx", "/app/admin.ts", "--bundle", "--splitting", "--format=esm", "--outdir=/dist"),
            *("--loader:.png=dataurl", "--jsx-factory=h", "--target=es2020", "--sourcemap", "--metafile=/meta.json"),
            "--log-level=warning",
            files=application(200),
        )
        made = done.files("/dist")
        assert {"/dist/main.js", "/dist/main.css", "/dist/admin.js"} <= set(made)
        assert len(json.loads(done.files("/meta.json")["/meta.json"])["inputs"]) > 200
        ran = kernel.run(registry_program("quickjs"), args=["/dist/main.js"], files=made, timeout=PATIENCE)
        assert (ran.stdout, ran.stderr) == (b'{"tag":"main","title":"Shop","total":19900}\n', b"")


def application(modules: int) -> dict[str, bytes]:
    """Return the sources of an application: TypeScript, JSX, JSON, styles, a picture, and what shaking trees drops."""
    files = {
        "/app/main.tsx": (
            'import { title } from "./config.json";\nimport picture from "./dot.png";\nimport "./style.css";\n'
            'import { total } from "./parts";\n'
            "const h = (tag: string, props: object) => JSON.stringify({ tag, ...props });\n"
            "if (!picture.startsWith('data:image/png')) throw new Error(picture);\n"
            "print(<main title={title} total={total()} />);\n"
        ),
        "/app/admin.ts": 'import { total } from "./parts";\nconsole.log(total() satisfies number);\n',
        "/app/config.json": '{"title": "Shop", "unused": [1, 2, 3]}',
        "/app/style.css": '@import "./theme.css";\nmain { & h1 { color: var(--ink); } }\n',
        "/app/theme.css": ":root { --ink: #123456; }\n",
        "/app/parts/index.ts": "".join(f'import {{ part{i} }} from "./part{i}";\n' for i in range(modules))
        + "export const total = () => "
        + " + ".join(f"part{i}.value" for i in range(modules))
        + ";\n",
    }
    for i in range(modules):
        files[f"/app/parts/part{i}.ts"] = (
            f"enum Kind {{ Small, Large = {i % 7} }}\n"
            "abstract class Base<T> { constructor(protected readonly it: T) {}\n"
            "  abstract get value(): T }\n"
            "class Part extends Base<number> { #kind = Kind.Large;\n"
            "  get value(): number { return this.it ?? this.#kind } }\n"
            f"export const part{i} = new Part({i});\nexport function unused{i}() {{ return 'dropped {i}'.repeat(9) }}\n"
        )
    return {**{name: text.encode() for name, text in files.items()}, "/app/dot.png": b"\x89PNG\r\n\x1a\n" + bytes(200)}


class TestSqlite:
    """An old build, on `wasi_unstable`."""

    def test_a_database_file_is_made_queried_and_found_again(self, twin: Twin) -> None:
        first = twin("sqlite", "/shop.db", stdin=(INPUTS / "shop.sql").read_bytes())
        assert b"inside the transaction|0\n" in first.stdout
        assert first.stderr == b"Error: UNIQUE constraint failed: goods.name\nError: CHECK constraint failed: goods\n"
        left = first.files("/")
        assert list(left) == ["/shop.db"]
        second = twin("sqlite", "/shop.db", "SELECT count(*), sum(pieces) FROM sales;", files=left)
        assert second.stdout == b"19996|99977\n"
        third = twin("sqlite", "-header", "-csv", "/shop.db", stdin=b"SELECT * FROM goods WHERE id < 3;\n", files=left)
        assert b'id,name,price\n1,"good 001 \xe2\x80\x93 Gr\xc3\xb6\xc3\x9fe 1",1.25\n' in third.stdout

    def test_the_file_is_a_database_to_others(self, kernel: HostKernel, tmp_path: Path) -> None:
        script = (INPUTS / "shop.sql").read_bytes()
        made = kernel.run(registry_program("sqlite"), args=["/shop.db"], stdin=script, timeout=PATIENCE)
        (tmp_path / "shop.db").write_bytes(made.files("/")["/shop.db"])
        database = sqlite3.connect(tmp_path / "shop.db")
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("SELECT count(*) FROM sales").fetchall() == [(19_996,)]
        database.close()


TREE: dict[str, bytes] = {
    "/src/.gitignore": b"*.log\n/build/\n!keep.log\n",
    "/src/.ignore": b"secret.txt\n",
    "/src/.git/HEAD": b"ref: refs/heads/main\n",
    "/src/.hidden/needle.txt": b"a needle, hidden\n",
    "/src/main.rs": b'fn main() {\n    let needle = 1;\n    println!("{}", Needle);\n}\n',
    "/src/lib/deep/er/mod.rs": b"// needle\n\n\nmod needles;\nuse needle::needle;\n",
    "/src/lib/.gitignore": b"gen-*\n",
    "/src/lib/gen-1.rs": b"needle generated\n",
    "/src/build/out.rs": b"needle built\n",
    "/src/trace.log": b"needle logged\n",
    "/src/keep.log": b"needle kept\n",
    "/src/secret.txt": b"needle secret\n",
    "/src/binary.bin": b"needle\0needle\n",
    "/src/utf16.txt": "\ufeffneedle in UTF-16\n".encode("utf-16-le"),
    "/src/crlf.txt": b"one\r\nneedle two\r\n",
    "/src/gr\u00fc\u00df dich/n\u00e4del.txt": "n\u00e4del Needle NEEDLE\n".encode(),
    "/src/long.txt": b"x" * 300_000 + b" needle " + b"y" * 300_000 + b"\n",
    **{
        f"/src/many/f{i:03}.txt": b"".join(
            b"line %d %s\n" % (j, b"needle" if j % 97 == i else b"hay") for j in range(200)
        )
        for i in range(120)
    },
}


class TestRipgrep:
    @pytest.mark.parametrize(
        "args",
        [
            ("-n", "needle"),
            ("-c", "needle"),
            ("--count-matches", "-i", "needle"),
            ("-l", "-w", "needle"),
            ("--files",),
            ("-n", "--hidden", "--no-ignore", "needle", "-g", "!many"),
            ("-n", "-C1", "--heading", "fn main|mod \\w+;"),
            ("-o", "-r", "<$1>", "(needle)s?\\b", "-g", "*.rs"),
            ("-a", "-b", "--column", "needle", "-g", "*.{bin,txt}", "--max-columns", "80"),
            ("-U", "needle = 1;\\n.*Needle"),
            ("--json", "-q", "n\u00e4del"),
            ("-v", "-n", "e", "-g", "*.rs"),
            ("-tRUST", "needle"),
            ("needle(",),
            ("nothing of the kind",),
        ],
        ids=" ".join,
    )
    def test_a_search_over_a_tree(self, twin: Twin, args: tuple[str, ...]) -> None:
        done = twin("ripgrep", "--sort=path", *args, "/src", files=TREE, masked=without_times)
        assert done.exit_code in (0, 1, 2)

    def test_a_search_in_standard_input(self, twin: Twin) -> None:
        text = b"".join(b"line %d of the input\n" % i for i in range(100_000))
        assert len(twin("ripgrep", "-c", "7 of", "-", stdin=text).stdout) > 0


class TestPython:
    def test_a_unittest_of_the_library(self, twin: Twin) -> None:
        done = twin(
            *("python", "-m", "unittest", "-v", "ask_library"),
            env={"PYTHONPATH": "/tests", "PYTHONDONTWRITEBYTECODE": "1"},
            files={"/tests/ask_library.py": (INPUTS / "ask_library.py").read_bytes()},
            masked=without_times,
        )
        assert b"\nRan 30 tests in" in done.stderr
        assert done.stderr.endswith(b"\nOK\n")

    def test_a_script_reads_its_input_and_writes_files(self, twin: Twin) -> None:
        cities = ("K\u00f6ln", "Paris", "\u0141\u00f3d\u017a")
        table = "city,pieces\n" + "".join(f"{cities[i % 3]},{i % 7}\n" for i in range(500))
        done = twin(
            *("python", "/report.py", "/out"),
            env={"PYTHONDONTWRITEBYTECODE": "1"},
            files={"/report.py": (INPUTS / "report.py").read_bytes()},
            stdin=table.encode(),
        )
        assert (done.exit_code, done.stderr) == (7, b"500 rows\n")
        assert sorted(done.files("/out")) == [
            f"/out/{name}" for name in ("all.zip", "log.txt", "table.db", "totals.json", "upper.csv")
        ]

    def test_an_uncaught_exception_is_told(self, twin: Twin) -> None:
        done = twin("python", "/fails.py", files={"/fails.py": b"print('before')\nopen('/no/such/file')\n"})
        assert done.exit_code == 1
        assert b"FileNotFoundError: [Errno 44] No such file or directory: '/no/such/file'" in done.stderr

    def test_it_answers_a_person_who_types(self, kernel: HostKernel) -> None:
        process = kernel.spawn(registry_program("python"), args=["-q", "-i"])
        total = 0
        process.stdin.write(b"import sys\nx = 0\n")
        for number in range(1, 6):
            process.stdin.write(b"x += %d; print('x is', x, flush=True)\n" % number)
            total += number
            assert b"x is %d\n" % total in process.stdout.read_until(b"x is %d\n" % total, timeout=PATIENCE)
        process.stdin.write(b"sys.exit(3)\n")
        assert process.wait(timeout=PATIENCE).exit_code == 3


# CPython's own tests that are in its archive and need no other part of its test suite.
OWN_TESTS = (
    *("test_functiontestcase", "test_setups", "test_skipping", "test_suite"),
    *("testmock.testcallable", "testmock.testhelpers", "testmock.testmagicmethods"),
    *("testmock.testsealable", "testmock.testsentinel", "testmock.testwith"),
)


def library_of_python() -> dict[str, bytes]:
    with tarfile.open(registry_program("python-3.11.tar.gz")) as archive:
        files = ((member.name, archive.extractfile(member)) for member in archive)
        return {f"/python/{name}": file.read() for name, file in files if file is not None}


@pytest.mark.deep
class TestPythonOfAnotherBuild:
    """CPython 3.11, whose library is an archive beside it."""

    ENVIRONMENT: Mapping[str, str] = {"PYTHONHOME": "/python/usr/local", "PYTHONDONTWRITEBYTECODE": "1"}

    def test_its_own_tests_of_its_library_pass(self, twin: Twin) -> None:
        done = twin(
            *("python-3.11", "/library_tests.py", *(f"unittest.test.{name}" for name in OWN_TESTS)),
            env=self.ENVIRONMENT,
            files={"/library_tests.py": (INPUTS / "library_tests.py").read_bytes(), **library_of_python()},
        )
        assert (done.exit_code, done.stdout.count(b" run ")) == (0, len(OWN_TESTS))

    def test_they_pass_with_the_archive_mounted_as_it_is(self, kernel: HostKernel) -> None:
        done = kernel.run(
            registry_program("python-3.11"),
            args=["/library_tests.py", *(f"unittest.test.{name}" for name in OWN_TESTS)],
            env=self.ENVIRONMENT,
            files={"/library_tests.py": (INPUTS / "library_tests.py").read_bytes()},
            mounts={"/python": Archive(registry_program("python-3.11.tar.gz"))},
            timeout=PATIENCE,
        )
        assert (done.exit_code, done.stdout.count(b" run ")) == (0, len(OWN_TESTS)), done.stdout
        assert [name for name, data in done.files("/").items() if data] == ["/library_tests.py"]
