"""Persistent mounts: what a page finds when it is loaded again, or when a worker was killed in the middle of saving."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from programs import compile_program

from aikernel_web.host import Persistent

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

    from aikernel_web.host import HostKernel

RUN = """async ([module, args, mounts, options]) => {
  const kernel = await globalThis.aikernel.kernel;
  const bytes = Uint8Array.from(atob(module), (letter) => letter.charCodeAt(0));
  const done = await kernel.run("mount_ops", bytes, { args, mounts, timeout: 60, ...options });
  const { reason, code, message } = done;
  return { reason, code, message, lines: new TextDecoder().decode(done.stdout).split("\\n").slice(0, -1) };
}"""
START = """async ([key, module, mounts]) => {
  const kernel = await globalThis.aikernel.kernel;
  const bytes = Uint8Array.from(atob(module), (letter) => letter.charCodeAt(0));
  const process = await kernel.spawn("mount_ops", bytes, { mounts });
  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const say = async (line) => {
    await process.stdin.write(`${line}\\n`);
    while (!text.includes("\\n")) text += (await reader.read()).value;
    const end = text.indexOf("\\n");
    const said = text.slice(0, end).trimEnd();
    text = text.slice(end + 1);
    return said;
  };
  globalThis[key] = { process, say };
}"""
FLUSH = """async (key) => {
  try {
    await globalThis[key].process.flush();
    return null;
  } catch (error) {
    return error.code;
  }
}"""
LOCKED = """async () => (await navigator.locks.query()).held.map((lock) => lock.name)"""
STORED = """async (store) => {
  const found = {};
  try {
    const all = await (await navigator.storage.getDirectory()).getDirectoryHandle("aikernel-web");
    for await (const [name, file] of (await all.getDirectoryHandle(`store-${store}`)).entries()) {
      const bytes = new Uint8Array(await (await file.getFile()).arrayBuffer());
      found[name] = Array.from(bytes.subarray(0, 4096)).join(" ") + ` (${bytes.length})`;
    }
  } catch (error) {
    if (error.name !== "NotFoundError") throw error;
  }
  return found;
}"""
CHANGE = """async ([store, prefix, text]) => {
  const all = await (await navigator.storage.getDirectory()).getDirectoryHandle("aikernel-web");
  const folder = await all.getDirectoryHandle(`store-${store}`);
  for await (const name of folder.keys()) {
    if (!name.startsWith(prefix)) continue;
    if (text === null) {
      await folder.removeEntry(name);
    } else {
      const writable = await (await folder.getFileHandle(name)).createWritable({ keepExistingData: true });
      await writable.write({ type: "write", position: 200, data: text });
      await writable.close();
    }
  }
}"""


class Tab:
    """A page with a kernel of its own; tabs of one browser context share what is stored."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.url = url
        self.page: Page = context.new_page()
        self.load()

    def load(self) -> None:
        """Open the page, or open it again: whatever ran in it is gone."""
        self.page.goto(self.url)
        self.page.wait_for_function("() => globalThis.aikernel?.kernel")
        self.page.evaluate("async () => { await globalThis.aikernel.kernel; }")

    def run(self, store: str, *lines: str, read_only: bool = False, **options: Any) -> dict[str, Any]:
        mounts = {"/p": {"kind": "opfs", "name": store, "readOnly": read_only}, **options.pop("mounts", {})}
        done: dict[str, Any] = self.page.evaluate(RUN, [module(), list(lines), mounts, options])
        return done

    def ops(self, store: str, *lines: str, **options: Any) -> list[str]:
        """Do what the lines say with the store at /p; return what came of each."""
        done = self.run(store, *lines, **options)
        assert (done["reason"], done["code"]) == ("exited", None), done["message"]
        return [line.rstrip() for line in done["lines"]]

    def start(self, store: str) -> Program:
        return Program(self.page, store)

    def stored(self, store: str) -> dict[str, str]:
        """Return the files in the store's folder: beginnings and sizes."""
        files: dict[str, str] = self.page.evaluate(STORED, store)
        return files


class Program:
    """`mount_ops` while it runs."""

    def __init__(self, page: Page, store: str) -> None:
        self.page, self.key = page, f"program-{uuid4()}"
        page.evaluate(START, [self.key, module(), {"/p": {"kind": "opfs", "name": store}}])

    def say(self, line: str) -> str:
        answer: str = self.page.evaluate("([key, line]) => globalThis[key].say(line)", [self.key, line])
        return answer

    def flush(self) -> str | None:
        """Return the code that it failed with."""
        code: str | None = self.page.evaluate(FLUSH, self.key)
        return code

    def kill(self) -> None:
        self.page.evaluate("async (key) => { await globalThis[key].process.kill(); }", self.key)

    def kill_while_it_flushes(self, after: float) -> None:
        """Kill it some milliseconds after it began to save."""
        self.page.evaluate(
            """async ([key, after]) => {
              const { process } = globalThis[key];
              process.flush().catch(() => {});
              const from = performance.now();
              while (performance.now() - from < after) await new Promise((resolve) => setTimeout(resolve, 0));
              await process.kill();
            }""",
            [self.key, after],
        )


def module() -> str:
    return base64.b64encode(compile_program("mount_ops").read_bytes()).decode()


@pytest.fixture(scope="module")
def context(kernel_session: HostKernel) -> Iterator[BrowserContext]:
    browser = kernel_session.page.context.browser
    assert browser is not None
    made = browser.new_context()
    yield made
    made.close()


@pytest.fixture(scope="module")
def tab(kernel_session: HostKernel, context: BrowserContext) -> Tab:
    return Tab(context, kernel_session.page.url)


@pytest.fixture(scope="module")
def other_tab(kernel_session: HostKernel, context: BrowserContext) -> Tab:
    return Tab(context, kernel_session.page.url)


@pytest.fixture
def store() -> str:
    return f"test {uuid4()}/.."


class TestSaving:
    def test_everything_is_there_when_the_page_is_loaded_again(self, tab: Tab, store: str) -> None:
        facts = [
            "ls|/p",
            "ls|/p/d",
            "cat|/p/d/f",
            "stat|/p/d/f",
            "readlink|/p/l",
            "cat|/p/h",
            "stat|/p/hole",
            "sum|/p/hole",
            "sum|/p/big",
            "stat|/p/d",
        ]
        lines = [
            "mkdir|/p/d",
            "mkdir|/p/empty",
            "write|/p/d/f|contents",
            "touch|/p/d/f|1234567890|123456789",
            "symlink|d/f|/p/l",
        ]
        lines += [
            "ln|/p/d/f|/p/h",
            "write|/p/hole|a",
            "poke|/p/hole|40000000|z",
            "truncate|/p/hole|50000000",
            "fill|/p/big|3000000",
            "touch|/p/d|5|7",
        ]
        assert set(tab.ops(store, *lines)) == {"ok", "ok 3000000"}
        before = tab.ops(store, *facts)
        tab.load()
        assert tab.ops(store, *facts) == before
        assert before[0] == "ok big d empty h hole l"
        assert before[3] == "ok f size 8 links 2 time 1234567890.123456789"
        assert before[9].endswith("time 5.000000007")

    def test_what_is_changed_later_is_saved_too(self, tab: Tab, store: str) -> None:
        tab.ops(store, "many|/p|50|first", "write|/p/sub|x")
        tab.ops(
            store,
            "append|/p/f1|, second",
            "rm|/p/f2",
            "mv|/p/f3|/p/moved",
            "truncate|/p/f4|2",
            "ln|/p/f5|/p/other",
            "rm|/p/sub",
        )
        lines = ["cat|/p/f0", "cat|/p/f1", "cat|/p/f2", "cat|/p/moved", "cat|/p/f4", "cat|/p/other", "cat|/p/sub"]
        assert tab.ops(store, *lines) == [
            "ok first",
            "ok first, second",
            "ENOENT",
            "ok first",
            "ok fi",
            "ok first",
            "ENOENT",
        ]

    def test_a_program_that_is_killed_has_saved_what_it_flushed(self, tab: Tab, store: str) -> None:
        program = tab.start(store)
        assert program.say("write|/p/saved|yes") == "ok"
        assert program.flush() is None
        assert program.say("write|/p/later|no") == "ok"
        program.kill()
        assert tab.ops(store, "ls|/p", "cat|/p/saved") == ["ok saved", "ok yes"]

    def test_changes_are_saved_by_themselves_after_a_while(self, tab: Tab, store: str) -> None:
        program = tab.start(store)
        assert program.say("write|/p/f|by itself") == "ok"
        named = " ".join(map(str, b'"f"'))
        deadline = time.monotonic() + 30
        while named not in tab.stored(store_folder(store)).get("manifest", ""):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        program.kill()
        assert tab.ops(store, "cat|/p/f") == ["ok by itself"]

    def test_changes_that_never_cease_are_saved_all_the_same(self, tab: Tab, store: str) -> None:
        program = tab.start(store)
        for number in range(24):
            assert program.say(f"write|/p/f|{number}") == "ok"
            assert program.say("sleep|300") == "ok"
        program.kill()
        (said,) = tab.ops(store, "cat|/p/f")
        assert 10 <= int(said.removeprefix("ok ")) <= 23

    def test_a_store_does_not_grow_without_end(self, tab: Tab, store: str) -> None:
        tab.ops(store, "many|/p|20|small")
        for _ in range(10):
            tab.ops(store, "fill|/p/big|200000", "rm|/p/other", "mv|/p/big|/p/other", "append|/p/f1|+")
        sizes = [int(entry.rsplit("(", 1)[1][:-1]) for entry in tab.stored(store_folder(store)).values()]
        assert sum(sizes) < 3 * 200_000
        assert len(sizes) < 10
        assert tab.ops(store, "cat|/p/f1", "stat|/p/other")[0] == "ok small" + "+" * 10

    def test_many_savings_are_put_together(self, tab: Tab, store: str) -> None:
        program = tab.start(store)
        for number in range(80):
            assert program.say(f"write|/p/f{number}|{number}") == "ok"
            assert program.flush() is None
        program.kill()
        assert len(tab.stored(store_folder(store))) < 70
        assert tab.ops(store, *(f"cat|/p/f{number}" for number in range(80))) == [
            f"ok {number}" for number in range(80)
        ]

    def test_a_file_that_has_lost_its_name_can_still_be_read(self, tab: Tab, store: str) -> None:
        tab.ops(store, "write|/p/f|contents")
        program = tab.start(store)
        assert program.say("keep|0|/p/f") == "ok"
        assert program.say("rm|/p/f") == "ok"
        assert program.flush() is None
        assert program.say("read|0") == "ok contents"
        program.kill()
        assert tab.ops(store, "ls|/p") == ["ok"]

    def test_what_is_mounted_inside_is_not_saved(self, tab: Tab, store: str) -> None:
        tab.ops(store, "mkdir|/p/m", "write|/p/m/own|x")
        said = tab.ops(store, "write|/p/m/f|x", "write|/p/f|x", "ls|/p/m", mounts={"/p/m": {"kind": "memory"}})
        assert said[2] == "ok f"
        assert tab.ops(store, "ls|/p", "ls|/p/m") == ["ok f m", "ok own"]

    def test_the_root_can_persist(self, tab: Tab, store: str) -> None:
        mounts = {"/": {"kind": "opfs", "name": store + "root"}}
        tab.ops(store, "write|/f|x", mounts=mounts)
        assert tab.ops(store, "ls|/", "ls|/p", mounts=mounts) == ["ok f p", "ok"]


class TestSharing:
    def test_a_second_writer_is_refused(self, tab: Tab, other_tab: Tab, store: str) -> None:
        program = tab.start(store)
        assert program.say("write|/p/f|x") == "ok"
        for elsewhere in (tab, other_tab):
            for read_only in (False, True):
                done = elsewhere.run(store, "ls|/p", read_only=read_only)
                assert (done["reason"], done["code"]) == ("invalid", "WASM_MOUNT_BUSY")
        assert program.flush() is None
        program.kill()
        assert other_tab.ops(store, "cat|/p/f") == ["ok x"]

    def test_readers_share(self, tab: Tab, other_tab: Tab, store: str) -> None:
        tab.ops(store, "write|/p/f|x")
        reading = tab.page.evaluate_handle(
            """([module, mounts]) => globalThis.aikernel.kernel.then((kernel) => kernel.spawn("mount_ops",
              Uint8Array.from(atob(module), (letter) => letter.charCodeAt(0)), { mounts }))""",
            [module(), {"/p": {"kind": "opfs", "name": store, "readOnly": True}}],
        )
        assert other_tab.ops(store, "cat|/p/f", "write|/p/f|y", read_only=True) == ["ok x", "EROFS"]
        assert other_tab.run(store, "ls|/p")["code"] == "WASM_MOUNT_BUSY"
        reading.evaluate("(process) => process.kill()")
        assert other_tab.ops(store, "write|/p/f|y") == ["ok"]

    def test_a_store_that_nobody_wrote_is_empty_and_is_not_made(self, tab: Tab, store: str) -> None:
        assert tab.ops(store, "ls|/p", read_only=True) == ["ok"]
        assert tab.stored(store_folder(store)) == {}

    def test_a_closed_tab_gives_its_stores_back(
        self, kernel_session: HostKernel, context: BrowserContext, tab: Tab, store: str
    ) -> None:
        closing = Tab(context, kernel_session.page.url)
        program = closing.start(store)
        assert program.say("write|/p/f|x") == "ok"
        assert program.flush() is None
        closing.page.close()
        assert tab.ops(store, "cat|/p/f") == ["ok x"]


class TestDying:
    def test_a_worker_killed_while_it_saves_leaves_the_old_or_the_new_state(self, tab: Tab, store: str) -> None:
        tab.ops(store, "many|/p|60|generation 0")
        seen = []
        last = 0
        for round_number in range(1, 26):
            program = tab.start(store)
            assert program.say(f"many|/p|60|generation {round_number}") == "ok 60"
            assert program.say(f"fill|/p/big{round_number}|500000") == "ok 500000"
            program.kill_while_it_flushes(after=round_number * 0.8)
            found = tab.ops(store, "ls|/p", *(f"cat|/p/f{number}" for number in range(60)))
            (generation,) = {int(line.removeprefix("ok generation ")) for line in found[1:]}
            assert generation in (last, round_number)
            # Either all of a generation is there or nothing of it.
            assert (f"big{round_number}" in found[0]) == (generation == round_number)
            seen.append(generation == round_number)
            last = generation
        assert any(seen)

    def test_what_a_killed_worker_left_is_removed(self, tab: Tab, store: str) -> None:
        tab.ops(store, "write|/p/f|x")
        tab.page.evaluate(
            """async (store) => {
              const all = await (await navigator.storage.getDirectory()).getDirectoryHandle("aikernel-web");
              const folder = await all.getDirectoryHandle(`store-${store}`);
              await folder.getFileHandle("contents-of-nobody", { create: true });
            }""",
            store_folder(store),
        )
        assert len(tab.stored(store_folder(store))) == 3
        assert tab.ops(store, "cat|/p/f") == ["ok x"]
        assert len(tab.stored(store_folder(store))) == 2


class TestDamage:
    @pytest.mark.parametrize(
        ("prefix", "text"),
        [("manifest", "!"), ("manifest", None), ("contents-", None)],
        ids=["a changed manifest", "no manifest", "missing contents"],
    )
    @pytest.mark.parametrize("read_only", [False, True])
    def test_a_damaged_store_is_refused_and_left_as_it_is(
        self, tab: Tab, store: str, prefix: str, text: str | None, read_only: bool
    ) -> None:
        tab.ops(store, "write|/p/f|" + "x" * 1000)
        tab.page.evaluate(CHANGE, [store_folder(store), prefix, text])
        before = tab.stored(store_folder(store))
        done = tab.run(store, "ls|/p", read_only=read_only)
        assert (done["reason"], done["code"]) == ("invalid", "WASM_MOUNT_INVALID")
        assert tab.stored(store_folder(store)) == before

    @pytest.mark.parametrize("name", ["", "n" * 101])
    def test_a_name_that_cannot_be_is_refused(self, tab: Tab, name: str) -> None:
        assert tab.run(name, "ls|/p")["code"] == "WASM_MOUNT_INVALID"

    def test_a_browser_without_room_fails_the_flush_and_loses_nothing(self, tab: Tab, store: str) -> None:
        session = tab.page.context.new_cdp_session(tab.page)
        origin = tab.page.evaluate("location.origin")
        program = tab.start(store)
        assert program.say("write|/p/f|x") == "ok"
        assert program.flush() is None
        session.send("Storage.overrideQuotaForOrigin", {"origin": origin, "quotaSize": 1000})
        try:
            assert program.say("fill|/p/big|5000000") == "ok 5000000"
            assert program.flush() == "WASM_STORAGE_FULL"
            assert program.say("stat|/p/big").startswith("ok f size 5000000")
        finally:
            session.send("Storage.overrideQuotaForOrigin", {"origin": origin})
        assert program.flush() is None
        program.kill()
        assert tab.ops(store, "ls|/p", "stat|/p/big")[0] == "ok big f"


def store_folder(store: str) -> str:
    """Return the name as the folder's has it."""
    return store.replace(" ", "%20").replace("/", "%2F")


class TestDirectoriesOfTheUser:
    HAND_OVER = """async ([module, args, readOnly]) => {
      const kernel = await globalThis.aikernel.kernel;
      const origin = await navigator.storage.getDirectory();
      const handle = await origin.getDirectoryHandle("handed over", { create: true });
      const below = await handle.getDirectoryHandle("below", { create: true });
      for (const [folder, name, text] of [[handle, "f", "first"], [below, "g", "second"]]) {
        const writable = await (await folder.getFileHandle(name, { create: true })).createWritable();
        await writable.write(text);
        await writable.close();
      }
      const bytes = Uint8Array.from(atob(module), (letter) => letter.charCodeAt(0));
      const mounts = { "/h": { kind: "directory", handle, readOnly } };
      const done = await kernel.run("mount_ops", bytes, { args, mounts, timeout: 60 });
      const names = [];
      for await (const name of handle.keys()) names.push(name);
      const left = Object.keys(await done.files("/"));
      const f = await (await (await handle.getFileHandle("f")).getFile()).text();
      return { said: new TextDecoder().decode(done.stdout).split("\\n").slice(0, -1), names: names.sort(), f, left };
    }"""

    def hand_over(self, tab: Tab, *lines: str, read_only: bool = False) -> dict[str, Any]:
        answer: dict[str, Any] = tab.page.evaluate(self.HAND_OVER, [module(), list(lines), read_only])
        return answer

    def test_changes_stay_in_memory(self, tab: Tab) -> None:
        lines = [
            "ls|/h",
            "cat|/h/f",
            "cat|/h/below/g",
            "append|/h/f|+",
            "cat|/h/f",
            "write|/h/new|n",
            "rm|/h/below/g",
            "cat|/h/../h/f",
        ]
        answer = self.hand_over(tab, *lines)
        assert answer["said"] == ["ok below f", "ok first", "ok second", "ok", "ok first+", "ok", "ok", "EPERM"]
        assert (answer["names"], answer["f"]) == (["below", "f"], "first")
        assert answer["left"] == ["/h/f", "/h/new"]

    def test_it_can_be_read_only(self, tab: Tab) -> None:
        answer = self.hand_over(tab, "cat|/h/f", "write|/h/f|x", "mkdir|/h/d", read_only=True)
        assert answer["said"] == ["ok first", "EROFS", "EROFS"]


def test_files_can_be_read_while_what_they_were_loaded_from_goes(kernel: HostKernel) -> None:
    # Each saving makes an object; when there are too many, the next one moves what they hold, and removes them all.
    mounts = {"/store": Persistent(f"moves {uuid4()}")}
    module = compile_program("store_moves")
    process = kernel.spawn(module, ["fill"], mounts=mounts)
    for _ in range(65):
        process.stdout.read_until(b"batch\n")
        process.flush()
        process.stdin.write("\n")
    assert process.wait(timeout=60).exit_code == 0
    process = kernel.spawn(module, mounts=mounts)
    process.stdout.read_until(b"added\n")
    process.flush()
    assert process.wait(timeout=60).stdout == b"added\n0 failed\n"
