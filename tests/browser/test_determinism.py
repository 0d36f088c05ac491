"""Deterministic programs: the same input gives the same output, pictures, sound and files, in every run, anywhere."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import itertools
import zipfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from programs import compile_program
from registry import registry_program

from aikernel_web.host import Archive

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from aikernel_web.host import HostKernel

PATIENCE = 60
"""Seconds after which a run that should have ended long ago counts as hanging."""
FRAMES = 13
PLACES = (("Asia/Kolkata", "hi-IN"), ("America/St_Johns", "de-DE"))
"""Time zones of half an hour, on both sides of the one of the others, and their locales."""

SCRIPT = b"""
import os, random, sys, tempfile, time, uuid
started = time.monotonic()
time.sleep(3600)
print(time.monotonic() - started >= 3600, time.time_ns(), time.process_time_ns(), time.ctime(), time.tzname)
print(random.random(), uuid.uuid4(), os.urandom(8).hex(), hash("text"), {str(i) for i in range(20)})
print(tempfile.mkdtemp(dir="/"), sorted(os.environ), sys.argv)
for name in "one", "two":
    print(name, file=sys.stderr)
    with open(f"/{name}", "w") as file:
        print(os.fstat(file.fileno()), file=file)
print(sys.stdin.read(), os.listdir("/"), os.stat("/"))
"""

HARNESS = """async ([url, program, seed, calm]) => {
  const { startMessage } = await import(new URL("static/bridge/process-spec.mjs", url).href);
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const hex = async (parts) => {
    const digest = await crypto.subtle.digest("SHA-256", await new Blob(parts).arrayBuffer());
    return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
  };
  // What is acknowledged late holds the program back, or finds it far ahead.
  const late = (act) => (calm ? act() : setTimeout(act, Math.random() * 12));
  const worker = new Worker(new URL("static/process/worker.mjs", url), { type: "module" });
  const seen = { output: [], frames: [], sequences: [], sound: [], formats: [], events: [] };
  const exit = await new Promise((resolve, reject) => {
    worker.onerror = (event) => reject(new Error(event.message));
    worker.onmessage = ({ data }) => {
      switch (data.type) {
        case "output":
          if (seen.output.at(-1)?.fd === data.fd) seen.output.at(-1).parts.push(data.bytes);
          else seen.output.push({ fd: data.fd, parts: [data.bytes] });
          late(() => worker.postMessage({ type: "ack", bytes: data.bytes.length }));
          break;
        case "frame":
          seen.frames.push(new TextEncoder().encode(`${data.width} ${data.height} ${data.format}`), data.bytes);
          seen.sequences.push(data.sequence);
          late(() => worker.postMessage({ type: "frame-ack" }));
          break;
        case "audio":
          seen.formats.push(`${data.rate} ${data.channels} ${data.format}`);
          seen.sound.push(data.bytes);
          late(() => worker.postMessage({ type: "audio-ack", bytes: data.bytes.length }));
          break;
        case "event":
          seen.events.push(data.line);
          late(() => worker.postMessage({ type: "event-ack" }));
          break;
        case "exit":
          resolve(data);
      }
    };
    worker.postMessage(startMessage({
      module: bytes(program), args: ["alike"], env: [], stdin: new Uint8Array(1000), preopens: ["/"],
      controllable: true, tree: [{ path: "/given/a", kind: "file", bytes: new Uint8Array(9) }],
      clock: { mode: "virtual" }, seed, lossless: true,
    }));
  });
  worker.terminate();
  const parts = seen.output.flatMap(({ fd, parts }) => [`<${fd}>`, ...parts]);
  return {
    exit: [exit.reason, exit.exitCode, exit.message],
    sequences: seen.sequences,
    output: await hex(parts), frames: await hex(seen.frames), sound: await hex(seen.sound),
    soundBytes: seen.sound.reduce((sum, { length }) => sum + length, 0),
    formats: [...new Set(seen.formats)], events: seen.events,
    tree: await hex(exit.tree.flatMap(({ path, kind, bytes }) => [path, kind, bytes ?? ""])),
  };
}"""


def archive() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        file.writestr(zipfile.ZipInfo("old", (1999, 12, 31, 23, 59, 58)), "from the archive")
    return made.getvalue()


def everything(kernel: HostKernel, *, seed: int | None = None) -> str:
    """Run the program that tells whatever could differ, and return a digest of all that came of it."""
    done = kernel.run(
        compile_program("process/alike"),
        ["one", "two"],
        env={"NAME": "value"},
        stdin=b"input " * 10_000,
        files={"/given/b": b"b", "/given/a": b"a"},
        mounts={"/archive": Archive(archive())},
        deterministic=True,
        seed=seed,
        timeout=PATIENCE,
    )
    assert (done.exit_code, done.reason) == (0, "exited"), done.message
    digest = hashlib.sha256(done.stdout)
    digest.update(done.stderr)
    digest.update(repr([(line.fd, line.text) for line in done.lines]).encode())
    digest.update(repr(sorted(done.files().items())).encode())
    return digest.hexdigest()


def in_page(page: Page, url: str, *, seed: int = 0, calm: bool = False) -> dict[str, Any]:
    """Run the same in a worker of the page's own, and return what its display, loudspeaker and events were given."""
    program = base64.b64encode(compile_program("process/alike").read_bytes()).decode()
    seen: dict[str, Any] = page.evaluate(HARNESS, [url, program, seed, calm])
    assert seen["exit"] == ["exited", 0, "exited with code 0"]
    return seen


@contextlib.contextmanager
def neighbours(kernel: HostKernel, count: int) -> Iterator[None]:
    """Keep the machine's cores busy."""
    busy = [kernel.spawn(compile_program("spin")) for _ in range(count)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()


class TestOneProgram:
    def test_every_run_is_the_same_whoever_else_runs(self, kernel: HostKernel) -> None:
        runs = [everything(kernel) for _ in range(4)]
        with neighbours(kernel, 2):
            runs += [everything(kernel) for _ in range(4)]
        assert len(set(runs)) == 1

    def test_every_frame_arrives_however_slowly_they_are_taken(self, kernel: HostKernel) -> None:
        url = kernel.page.url
        runs = [in_page(kernel.page, url, calm=True), in_page(kernel.page, url), in_page(kernel.page, url)]
        with neighbours(kernel, 2):
            runs.append(in_page(kernel.page, url))
        assert runs[0]["sequences"] == list(range(1, FRAMES + 1))
        assert runs[0]["soundBytes"] == 60 * 40_000
        assert len(runs[0]["events"]) == 12
        assert [run for run in runs if run != runs[0]] == []

    def test_another_seed_is_another_run(self, kernel: HostKernel) -> None:
        assert everything(kernel, seed=1) == everything(kernel, seed=1)
        assert everything(kernel, seed=1) != everything(kernel)

    def test_without_a_seed_every_run_differs(self, kernel: HostKernel) -> None:
        seeded = [kernel.run(compile_program("process/draw"), seed=seed, timeout=PATIENCE).stdout for seed in (7, 7, 8)]
        assert seeded[0] == seeded[1] != seeded[2]
        unseeded = {kernel.run(compile_program("process/draw"), timeout=PATIENCE).stdout for _ in range(3)}
        assert len(unseeded) == 3

    def test_input_is_closed_unless_it_is_given(self, kernel: HostKernel) -> None:
        process = kernel.spawn(compile_program("cat"), deterministic=True)
        assert process.wait(timeout=PATIENCE).stdout == b""

    def test_seed_0_is_the_first_test_vector_of_chacha20(self, kernel: HostKernel) -> None:
        # RFC 8439, appendix A.1, test vectors 1 and 2.
        done = kernel.run(compile_program("process/draw"), seed=0, timeout=PATIENCE)
        stream = bytes.fromhex(done.stdout.decode())
        assert stream.startswith(bytes.fromhex("76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"))
        assert stream[64:80] == bytes.fromhex("9f07e7be5551387a98ba977c732d080d")


class TestOtherPlaces:
    @pytest.mark.parametrize(("zone", "locale"), PLACES, ids=[zone for zone, _ in PLACES])
    def test_time_zone_and_locale_change_nothing(self, kernel: HostKernel, zone: str, locale: str) -> None:
        browser = kernel.page.context.browser
        assert browser is not None
        context = browser.new_context(timezone_id=zone, locale=locale)
        try:
            page = context.new_page()
            page.goto(f"{kernel.page.url}static/ui/favicon.svg")
            assert page.evaluate("() => Intl.DateTimeFormat().resolvedOptions().timeZone") in {zone, "Asia/Calcutta"}
            there = in_page(page, kernel.page.url)
        finally:
            context.close()
        assert there == in_page(kernel.page, kernel.page.url)


class TestFiles:
    def test_a_directory_of_the_pages_user_is_listed_by_its_names(self, kernel: HostKernel) -> None:
        listed = kernel.page.evaluate(
            """async (module) => {
              const kernel = await globalThis.aikernel.kernel;
              const root = await navigator.storage.getDirectory();
              const handle = await root.getDirectoryHandle("handed-over", { create: true });
              for (const name of ["b", "d", "a", "c"]) {
                const folder = await handle.getDirectoryHandle(name, { create: true });
                for (const inner of ["z", "y"]) await folder.getFileHandle(inner, { create: true });
              }
              const options = { deterministic: true, mounts: { "/given": { kind: "directory", handle } } };
              const done = await kernel.run("alike", new Uint8Array(module), options);
              await root.removeEntry("handed-over", { recursive: true });
              return new TextDecoder().decode(done.stdout);
            }""",
            list(compile_program("process/alike").read_bytes()),
        )
        assert "/given lists: .#1 ..#1 a#2 b#5 c#8 d#11\n" in listed


@pytest.mark.deep
class TestManyRuns:
    def test_a_hundred_runs_under_load(self, kernel: HostKernel) -> None:
        digests = [everything(kernel)]
        with neighbours(kernel, 3):
            digests += [everything(kernel) for _ in range(99)]
        assert set(digests) == {digests[0]}

    def test_a_hundred_displays_under_load(self, kernel: HostKernel) -> None:
        first = in_page(kernel.page, kernel.page.url, calm=True)
        with neighbours(kernel, 3):
            for _ in range(99):
                assert in_page(kernel.page, kernel.page.url) == first

    def test_a_script_of_python(self, kernel: HostKernel) -> None:
        def run(seed: int | None = None) -> tuple[bytes, bytes, dict[str, bytes]]:
            done = kernel.run(
                registry_program("python"),
                ["/script.py", "argument"],
                stdin=b"given",
                files={"/script.py": SCRIPT},
                deterministic=True,
                seed=seed,
                timeout=300,
            )
            assert done.exit_code == 0, done.stderr
            return done.stdout, done.stderr, done.files()

        first = run()
        with neighbours(kernel, 2):
            assert run() == first
        assert run(5)[0] != first[0]
        assert first[0].startswith(b"True ")

    def test_a_script_of_quickjs(self, kernel: HostKernel) -> None:
        script = b"""
            const shuffled = Array.from({ length: 9 }, (_, i) => i).sort(() => Math.random() - 0.5);
            print(new Date().toISOString(), Date.now(), Math.random(), shuffled);
            setTimeout(() => print("an hour later", Date.now()), 3600 * 1000);
        """
        outputs = {
            kernel.run(
                registry_program("quickjs"), ["/s.js"], files={"/s.js": script}, deterministic=True, timeout=PATIENCE
            ).stdout
            for _ in itertools.repeat(None, 3)
        }
        assert len(outputs) == 1
        assert next(iter(outputs)).startswith(b"1970-01-01T00:00:00.")
