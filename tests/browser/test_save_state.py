"""Save states in the browser: programs go on from them as if nothing had been, and nothing else is taken for one."""

from __future__ import annotations

import io
import json
import tarfile
import textwrap
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from inline_code import inline
from programs import compile_program
from wasmtime import wat2wasm

from aikernel_web.contracts.errors import KernelError
from aikernel_web.host import Archive, Memory, Persistent
from aikernel_web.runtime import save_state
from aikernel_web.runtime.save_state import module_hash, pack, read_header, unpack

if TYPE_CHECKING:
    from aikernel_web.host import HostKernel, HostProcess

DETERMINISTIC = {"deterministic": True, "stay": True}
PATIENCE = 60
LINES = b"".join(b"line %d of the input\n" % number for number in range(3000))

EVERY_KIND = wat2wasm("""(module
  (type $answer (func (result i32)))
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
  (table $t (export "table") 4 20 funcref)
  (table $x 3 externref)
  (memory $m (export "memory") 1)
  (memory $n 2 10)
  (global $a (mut i32) (i32.const 1))
  (global $b (export "visible") (mut i64) (i64.const -1))
  (global $f (mut f32) (f32.const 1.5))
  (global $d (mut f64) (f64.const nan:0x123456))
  (global $v (mut v128) (v128.const i64x2 1 2))
  (global $r (mut funcref) (ref.func $one))
  (global $e (mut externref) (ref.null extern))
  (global $fixed i32 (i32.const 5))
  (func $one (type $answer) (i32.const 1))
  (func $two (type $answer) (i32.const 2))
  (func $three (type $answer) (i32.const 3))
  (elem (table $t) (i32.const 0) func $one $two)
  (elem $passive func $two $three)
  (elem declare func $three $yield)
  (data $d "passive")
  (func (export "step") (result i32)
    (global.set $a (i32.add (global.get $a) (i32.const 1)))
    (global.set $b (i64.sub (global.get $b) (i64.const 1)))
    (global.set $f (f32.reinterpret_i32 (i32.or (i32.const 0x7fa00000) (global.get $a))))
    (global.set $d (f64.reinterpret_i64 (i64.or (i64.const 0xfff4000000000000) (global.get $b))))
    (global.set $v (i64x2.add (global.get $v) (v128.const i64x2 -1 0x7000000000000001)))
    (table.set $t (i32.const 1) (ref.func $three))
    (drop (table.grow $t (ref.func $yield) (i32.const 1)))
    (global.set $r (ref.func $two))
    (drop (memory.grow $m (i32.const 1)))
    (drop (memory.grow $n (i32.const 1)))
    (i32.store $m (i32.const 70000) (global.get $a))
    (i32.store $n (i32.const 140000) (i32.mul (global.get $a) (i32.const 7)))
    (global.get $a))
  (func (export "look") (result i32 i64 i32 i64 i64 i64 i32 i32 i32 i32 i32)
    (global.get $a) (global.get $b) (i32.reinterpret_f32 (global.get $f)) (i64.reinterpret_f64 (global.get $d))
    (i64x2.extract_lane 0 (global.get $v)) (i64x2.extract_lane 1 (global.get $v))
    (table.size $t) (memory.size $m) (memory.size $n)
    (i32.load $m (i32.const 1000)) (i32.load $n (i32.const 140000)))
  (func (export "call") (param i32) (result i32) (call_indirect $t (type $answer) (local.get 0)))
  (func (export "again") (result i32) (table.set $t (i32.const 0) (global.get $r))
    (call_indirect $t (type $answer) (i32.const 0))))""")
FORMS = {
    "elements as expressions": """(table $t 3 funcref)
      (elem (table $t) (i32.const 0) funcref (ref.func $one) (ref.null func) (ref.func $two))
      (func (export "change")
        (table.set $t (i32.const 0) (table.get $t (i32.const 2)))
        (table.set $t (i32.const 2) (ref.null func)))
      (func (export "look") (result i32)
        (call_indirect $t (type $answer) (i32.const 0))
        (i32.mul (i32.const 16) (ref.is_null (table.get $t (i32.const 2)))) (i32.add))""",
    "a table that begins with a function": """(table $t 3 funcref (ref.func $two)) (elem declare func $one)
      (func (export "change")
        (table.set $t (i32.const 1) (ref.func $one))
        (drop (table.grow $t (ref.null func) (i32.const 4))))
      (func (export "look") (result i32)
        (call_indirect $t (type $answer) (i32.const 1)) (i32.mul (i32.const 16) (table.size $t)) (i32.add))""",
    "references of a type": """(global $g (mut (ref $answer)) (ref.func $one)) (table $t 2 (ref null $answer))
      (elem declare func $two)
      (func (export "change")
        (global.set $g (ref.func $two))
        (table.set $t (i32.const 1) (ref.func $one)))
      (func (export "look") (result i32)
        (call_ref $answer (global.get $g))
        (i32.mul (i32.const 16) (ref.is_null (table.get $t (i32.const 1)))) (i32.add))""",
    "a table of 64-bit addresses": """(table $t i64 2 10 funcref) (elem declare func $one $two)
      (func (export "change")
        (table.set $t (i64.const 1) (ref.func $two))
        (drop (table.grow $t (ref.func $one) (i64.const 2))))
      (func (export "look") (result i32)
        (i32.wrap_i64 (table.size $t))
        (i32.mul (i32.const 16) (ref.is_null (table.get $t (i64.const 1)))) (i32.add))""",
    "a memory of 64-bit addresses": """(memory $m i64 1 10)
      (func (export "change") (drop (memory.grow $m (i64.const 2))) (i32.store (i64.const 100000) (i32.const 77)))
      (func (export "look") (result i32) (if (result i32) (i64.eq (memory.size $m) (i64.const 1))
        (then (i32.const -1)) (else (i32.load (i64.const 100000)))))""",
    "a shared memory": """(memory $m 1 10 shared)
      (func (export "change") (drop (memory.grow $m (i32.const 2))) (i32.store (i32.const 100000) (i32.const 77)))
      (func (export "look") (result i32) (if (result i32) (i32.eq (memory.size $m) (i32.const 1))
        (then (i32.const -1)) (else (i32.load (i32.const 100000)))))""",
}
COUNTER = """(module {more}
  (global $count (mut i32) (i32.const 0))
  (memory (export "memory") 1 100)
  (func (export "_initialize") (global.set $count (i32.const 100)))
  (func $begin (global.set $count (i32.const 1000)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "count") (result i32)
    (global.set $count (i32.add (global.get $count) (i32.const 1))) (global.get $count))
  (start $begin))"""


def machine() -> bytes:
    return compile_program("inline/reactor_machine").read_bytes()


def devices() -> bytes:
    return compile_program("inline/reactor_devices").read_bytes()


def counter(more: str = "") -> bytes:
    return bytes(wat2wasm(COUNTER.format(more=more)))


def refused(code: str) -> Any:
    return pytest.raises(KernelError, match=f"ErrorCode={code}")


def archive_of(**files: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return packed.getvalue()


def steps(process: HostProcess, deeds: list[tuple[int, int]]) -> list[int]:
    return [process.call("step", *deed) for deed in deeds]


DEEDS = [(number % 25, number * 7 % 64) for number in range(120)]


@pytest.fixture
def spawn(kernel: HostKernel) -> Any:
    spawned: list[HostProcess] = []

    def start(module: bytes, **options: Any) -> HostProcess:
        process = kernel.spawn(module, **{"stay": True} | options)
        spawned.append(process)
        return process

    yield start
    for process in spawned:
        process.kill()


def beginning(spawn: Any, state: bytes) -> str | None:
    """Return the code that a process is refused with, or ends with, that is to begin with ``state``."""
    try:
        code: str | None = spawn(machine(), state=state).wait(timeout=PATIENCE).code
    except KernelError as error:
        return error.code
    return code


class TestGoingOn:
    def test_a_process_goes_on_as_if_nothing_had_been(self, spawn: Any) -> None:
        process = spawn(machine(), stdin=LINES, **DETERMINISTIC)
        steps(process, DEEDS)
        state = process.save_state()
        expected = steps(process, DEEDS)
        for _ in range(2):
            process.restore_state(state)
            assert steps(process, DEEDS) == expected

    def test_another_process_goes_on_from_there(self, spawn: Any) -> None:
        first = spawn(machine(), stdin=LINES, **DETERMINISTIC)
        steps(first, DEEDS)
        state = first.save_state()
        expected = steps(first, DEEDS)
        second = spawn(machine(), state=state)
        third = spawn(machine(), stdin="other", files={"/other": b"file"}, seed=9)
        third.restore_state(state)
        assert second.save_state() == third.save_state() == state
        assert steps(second, DEEDS) == steps(third, DEEDS) == expected

    def test_a_process_that_begins_with_a_state_runs_neither_start_nor_entry(self, spawn: Any) -> None:
        first = spawn(counter())
        assert [first.call("count"), first.call("count")] == [101, 102]
        state = first.save_state()
        assert spawn(counter(), state=state, stay=False).call("count") == 103

    def test_memory_that_has_grown_shrinks_again(self, spawn: Any) -> None:
        process = spawn(counter())
        process.call("grow", 2)
        process.memory.write(65536 * 3 - 4, b"last")
        state = process.save_state()
        process.call("grow", 10)
        process.memory.write(65536 * 10, b"more")
        process.restore_state(state)
        assert process.memory.size == 3 * 65536
        assert process.memory.read(65536 * 3 - 4, 4) == b"last"
        assert process.call("grow", 8) == 3
        assert process.memory.read(65536 * 10, 4) == bytes(4)

    def test_every_kind_of_state_of_an_instance_comes_back_bit_for_bit(self, spawn: Any) -> None:
        process = spawn(EVERY_KIND)
        process.call("step")
        look = process.call("look")
        state = process.save_state()
        later = [(process.call("step"), process.call("look"), process.call("call", 1)) for _ in range(3)]
        for other in (process, spawn(EVERY_KIND)):
            other.restore_state(state)
            assert other.call("look") == look
            assert [(other.call("step"), other.call("look"), other.call("call", 1)) for _ in range(3)] == later
            assert other.call("call", 4) == 0  # a function of the host's, out of the table
            assert other.call("again") == 2
            other.restore_state(state)

    @pytest.mark.parametrize("form", FORMS)
    def test_modules_of_every_form_are_saved(self, kernel: HostKernel, form: str) -> None:
        module = wat2wasm(f"""(module (type $answer (func (result i32))) {FORMS[form]}
          (func $one (type $answer) (i32.const 1)) (func $two (type $answer) (i32.const 2)))""")
        body = """
        instance = await make(module)
        look = lambda: instance.function("look")()
        before = instance.control("state.save")
        result = [look()]
        instance.function("change")()
        after = instance.control("state.save")
        result.append(look())
        for state in (before, after, before, after):
            instance.control("state.restore", state)
            result.append(look())
            assert instance.control("state.save")[-3:] == state[-3:]
        """
        first, second, *rest = inline(kernel, body, module=bytes(module))
        assert first != second
        assert rest == [first, second] * 2

    def test_a_state_does_not_depend_on_the_memory_limit(self, spawn: Any) -> None:
        first = spawn(counter(), memory_limit=20 * 65536)
        first.call("grow", 4)
        first.call("count")
        state = first.save_state()
        assert spawn(counter(), state=state).call("count") == 102
        limited = spawn(counter(), state=state, memory_limit=6 * 65536)
        assert limited.call("grow", 2) == -1
        with refused("WASM_SAVE_STATE_INVALID"):
            spawn(counter(), memory_limit=3 * 65536).restore_state(state)

    def test_the_same_state_has_the_same_bytes(self, spawn: Any) -> None:
        one, two = (spawn(machine(), stdin=LINES, **DETERMINISTIC) for _ in range(2))
        assert steps(one, DEEDS) == steps(two, DEEDS)
        assert one.save_state() == two.save_state()

    def test_output_and_input_go_on_around_it(self, spawn: Any) -> None:
        process = spawn(devices())
        process.call("print", 1)
        process.stdin.write(b"first")
        state = process.save_state()
        process.call("print", 2)
        assert process.call("ask") == 5
        process.restore_state(state)
        assert process.call("ask") == 5
        process.stdin.write(b"and more")
        assert process.call("ask") == 8
        process.call("print", 3)
        assert process.stdout.read_until(b"3\n") == b"number 1\nnumber 2\nnumber 3\n"

    def test_arguments_and_environment_are_those_of_the_state(self, spawn: Any) -> None:
        first = spawn(machine(), args=["a"], env={"NAME": "value"}, **DETERMINISTIC)
        second = spawn(machine(), state=first.save_state(), args=["other"])
        assert second.save_state() == first.save_state()

    @pytest.mark.parametrize("seed", range(3))
    def test_saving_and_restoring_at_random_places_changes_nothing(self, kernel: HostKernel, seed: int) -> None:
        assert walk(kernel, seed, deeds=150, every=15)["different"] is None

    @pytest.mark.deep
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(seed=st.integers(10, 2**31))
    def test_saving_and_restoring_at_random_places_changes_nothing_deep(self, kernel: HostKernel, seed: int) -> None:
        outcome = walk(kernel, seed, deeds=500, every=5)
        assert outcome["different"] is None
        assert outcome["restored"] > 50


def walk(kernel: HostKernel, seed: int, *, deeds: int, every: int) -> Any:
    """Walk through random deeds twice in the kernel's own thread, the second time with detours that are undone."""
    body = f"""
    import random
    random = random.Random({seed})
    deed = lambda: (random.randrange(25), random.randrange(64))
    deeds = [deed() for _ in range({deeds})]
    spec = dict(clock=ClockSpec("virtual"), seed=7, stdin=b"a line\\n" * 2000)
    plain = await make(module, **spec)
    await plain.run("_initialize")
    expected = [plain.function("step")(*deed) for deed in deeds]
    other = await make(module, **spec)
    await other.run("_initialize")
    result = dict(different=None, restored=0)
    for number, one in enumerate(deeds):
        if random.randrange({every}) == 0:
            state = other.control("state.save")
            if random.randrange(2):
                step = other.function("step")
                for _ in range(random.randrange(30)):
                    step(*deed())
                other.control("state.restore", state)
            else:
                other.dispose()
                other = await make(module, **spec, state=state)
            result["restored"] += 1
        if other.function("step")(*one) != expected[number]:
            result["different"] = [number, *one]
            break
    """
    return inline(kernel, body, module=machine())


class TestDevices:
    def test_devices_go_on_in_the_middle_of_everything(self, kernel: HostKernel) -> None:
        body = """
        import struct
        class Observer:
            def __init__(self): self.events = []
            def event(self, line): self.events.append(line)
            def terminal(self, raw): pass
            def trace(self, calls): pass

        def record(number):
            return struct.pack("<QHHHHIiii", number, 1, 1, number, 0, 0, 0, 0, 0)

        def begin(instance):
            call = lambda name, *args: instance.function(name)(*args)
            answers = [call("geometry"), call("draw", 8, 3), call("draw", 5, 1), call("describe", 10)]
            answers += [call("tune"), call("play", 7, 1), call("say", 0), call("say", 1)]
            instance.send_input(record(1) + record(2) + record(3))
            instance.send_event('{"name":"first"}')
            instance.send_event('{"name":"second"}')
            return answers + [call("key", 40), call("hear", 5)]

        def go_on(instance, observer):
            instance.audio()
            observer.events.clear()
            call = lambda name, *args: instance.function(name)(*args)
            answers = [instance.frame().sequence, call("look"), call("draw", 3, 2), call("describe", 100)]
            answers.append(call("present"))
            answers += [instance.frame().data, instance.frame().sequence, call("play", 2, 9), instance.audio().data]
            answers += [call("say", 2), list(observer.events), call("key", 100), call("hear", 100), call("key", 1)]
            return answers

        observer = Observer()
        instance = await make(module, observer=observer)
        await instance.run("_initialize")
        begin(instance)
        state = instance.control("state.save")
        expected = go_on(instance, observer)
        instance.control("state.restore", state)
        shown = instance.frame()
        same = go_on(instance, observer)
        fresh_observer = Observer()
        fresh = await make(module, observer=fresh_observer, state=state)
        also = go_on(fresh, fresh_observer) == expected
        result = [same == expected, also, shown.data, shown.sequence, expected[10], expected[-1]]
        """
        same, fresh, shown, sequence, events, nothing = inline(kernel, body, module=devices())
        assert same
        assert fresh
        # What had been drawn is shown, also what the program had not shown yet, under the last frame's number.
        assert shown == bytes([1, 1, 1, 255]) * 5 + bytes([16, 32, 48, 255]) * 3
        assert sequence == 1
        assert [json.loads(line) for line in events] == [{"name": "said", "more": 1}]
        assert nothing == -1

    def test_sound_that_was_not_sent_is_sent(self, kernel: HostKernel) -> None:
        body = """
        instance = await make(module)
        state = instance.control("state.save")
        index = [tag for tag, _, _ in state].index("AUDI")
        state[index] = ["AUDI", state[index][1], [b"\\1\\2\\3\\4" * 3]]
        instance.control("state.restore", state)
        result = list(instance.audio().data)
        """
        assert inline(kernel, body, module=devices()) == [1, 2, 3, 4] * 3

    def test_a_state_with_a_terminal_needs_one(self, spawn: Any) -> None:
        state = spawn(devices(), terminal=True).save_state()
        with refused("WASM_SAVE_STATE_FOREIGN"):
            spawn(devices()).restore_state(state)
        spawn(devices(), terminal=True, columns=100).restore_state(state)


class TestFiles:
    def test_archives_are_the_same_and_not_stored(self, spawn: Any) -> None:
        archive = archive_of(a=b"one" * 50_000, b=b"two")
        mounts = {"/data": Archive(archive), "/notes": Memory({"n": b"note"})}
        first = spawn(machine(), mounts=mounts, **DETERMINISTIC)
        steps(first, DEEDS)
        first.fs.write("/notes/made", b"by the host")
        state = first.save_state()
        assert len(state) < len(archive)
        first.fs.delete("/notes/made")
        first.restore_state(state)
        assert first.fs.read("/notes/made") == b"by the host"
        second = spawn(machine(), mounts=mounts, state=state)
        assert second.fs.read("/data/a") == b"one" * 50_000
        assert second.fs.read("/notes/n") == b"note"
        assert second.save_state() == state
        assert steps(second, DEEDS) == steps(first, DEEDS)
        for other in (
            {},
            {"/data": Archive(archive_of(a=b"two"))},
            {"/elsewhere": Archive(archive)},
        ):
            with refused("WASM_SAVE_STATE_FOREIGN"):
                spawn(machine(), mounts=other).restore_state(state)

    def test_changes_to_an_archive_are_kept_with_all_of_it(self, spawn: Any) -> None:
        mounts = {"/data": Archive(archive_of(a=b"one", b=b"two"), read_only=False)}
        first = spawn(machine(), mounts=mounts, **DETERMINISTIC)
        first.fs.write("/data/b", b"changed")
        first.fs.write("/data/c", b"new")
        state = first.save_state()
        second = spawn(machine(), state=state)
        assert [second.fs.read(f"/data/{name}") for name in "abc"] == [b"one", b"changed", b"new"]
        assert second.save_state() == state

    def test_files_that_are_kept_elsewhere_are_refused(self, spawn: Any) -> None:
        process = spawn(machine(), mounts={"/store": Persistent("save states")})
        with refused("WASM_SAVE_STATE_UNSUPPORTED"):
            process.save_state()
        with refused("WASM_SAVE_STATE_UNSUPPORTED"):
            process.restore_state(spawn(machine()).save_state())

    def test_files_that_the_host_changed_are_as_they_were(self, spawn: Any) -> None:
        process = spawn(machine(), files={"/kept": b"one", "/gone/deep/file": b"two"})
        state = process.save_state()
        process.fs.write("/kept", b"changed")
        process.fs.delete("/gone", recursive=True)
        process.fs.write("/new", b"file")
        process.restore_state(state)
        assert process.fs.read("/kept") == b"one"
        assert process.fs.read("/gone/deep/file") == b"two"
        assert not [path for path in process.fs.list("/") if "new" in path]


class TestContexts:
    def test_a_context_and_a_process_take_each_others_states(self, kernel: HostKernel, spawn: Any) -> None:
        process = spawn(machine(), **DETERMINISTIC)
        steps(process, DEEDS)
        state = process.save_state()
        body = f"""
        from aikernel_web import WasmRuntimeContext, WasmSaveStateProvider
        deeds = {DEEDS}
        contexts = [kernel.runtime.create_context(), kernel.runtime.create_context()]
        for context in contexts:
            await context.load_module(module)
            context.instantiate()
        first, second = (WasmSaveStateProvider(context) for context in contexts)
        await first.restore(state)
        expected = [contexts[0].call("step", *deed) for deed in deeds]
        await second.restore(state)
        result = [[contexts[1].call("step", *deed) for deed in deeds], await first.save() == await second.save()]
        result.append(expected)
        for context in contexts:
            context.dispose()
        """
        in_second, same, in_first = inline(kernel, body, module=machine(), state=state)
        assert in_first == in_second == steps(process, DEEDS)
        assert same

    def test_windows_of_a_context_are_stale_when_its_memory_was_exchanged(self, kernel: HostKernel) -> None:
        body = """
        context = kernel.runtime.create_context()
        await context.load_module(module)
        context.instantiate()
        count = context.exports["count"]
        window = context.memory_array(0, 8)
        window[:] = 7
        state = context.save_state()
        window[:] = 9
        context.restore_state(state)
        result = [code_of(lambda: window[0]), int(context.memory_array(0, 8)[0]), count(), context.call("count")]
        context.dispose()
        """
        assert inline(kernel, body, module=counter()) == ["WASM_MEMORY_VIEW_STALE", 7, 101, 102]


class TestRefusals:
    def test_a_program_with_frames_on_its_stack_cannot_be_saved(self, kernel: HostKernel, spawn: Any) -> None:
        process = spawn(devices(), **DETERMINISTIC)
        state = process.save_state()
        body = """
        import asyncio
        instance = await make(module)
        waiting = asyncio.ensure_future(instance.run("wait"))
        await asyncio.sleep(0)
        result = [code_of(instance.control, "state.save"), code_of(instance.control, "state.restore", [])]
        waiting.cancel()
        """
        assert inline(kernel, body, module=devices()) == ["WASM_SAVE_STATE_FRAMES"] * 2
        command = kernel.spawn(compile_program("nap"), ["60000"])
        command.stdout.read_until(b"asleep\n")
        with refused("WASM_SAVE_STATE_FRAMES"):
            command.save_state()
        command.kill()
        assert process.save_state() == state

    def test_a_program_that_stands_in_an_import_cannot_be_saved(self, spawn: Any) -> None:
        module = wat2wasm(
            '(module (import "env" "ask" (func $ask)) (memory (export "memory") 1) (func (export "go") (call $ask)))'
        )
        codes = []

        def ask() -> None:
            try:
                process.save_state()
            except KernelError as error:
                codes.append(error.code)

        process = spawn(module, imports={"env.ask": ask})
        process.call("go")
        assert codes == ["WASM_SAVE_STATE_FRAMES"]
        assert process.save_state()

    def test_a_reference_to_an_object_of_the_hosts_cannot_be_saved(self, kernel: HostKernel) -> None:
        module = wat2wasm("""(module (global $e (mut externref) (ref.null extern)) (table $t 2 (ref null i31))
          (func (export "hold") (table.set $t (i32.const 1) (ref.i31 (i32.const 5))))
          (func (export "drop") (table.set $t (i32.const 1) (ref.null i31))))""")
        body = """
        instance = await make(module)
        result = [code_of(instance.control, "state.save")]
        instance.function("hold")()
        result.append(code_of(instance.control, "state.save"))
        instance.function("drop")()
        result.append(code_of(instance.control, "state.save"))
        """
        assert inline(kernel, body, module=bytes(module)) == [None, "WASM_SAVE_STATE_UNSUPPORTED", None]

    def test_a_damaged_foreign_or_newer_state_is_refused_with_nothing_changed(self, spawn: Any) -> None:
        process = spawn(machine(), **DETERMINISTIC)
        steps(process, DEEDS)
        state = process.save_state()
        parts = unpack(state)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(save_state, "MAJOR", save_state.MAJOR + 1)
            newer = pack(module_hash(machine()), parts)
        flipped = bytearray(state)
        flipped[len(state) // 2] ^= 1
        other = wat2wasm("(module)")
        for wrong, code in (
            (b"", "WASM_SAVE_STATE_REQUIRED"),
            (b"no state at all", "WASM_SAVE_STATE_INVALID"),
            (state[:-1], "WASM_SAVE_STATE_DAMAGED"),
            (bytes(flipped), "WASM_SAVE_STATE_DAMAGED"),
            (newer, "WASM_SAVE_STATE_VERSION"),
            (pack(module_hash(other), parts), "WASM_SAVE_STATE_FOREIGN"),
            (pack(module_hash(machine()), parts[1:]), "WASM_SAVE_STATE_INVALID"),
        ):
            with refused(code):
                process.restore_state(wrong)
            assert beginning(spawn, wrong) == code
        assert process.save_state() == state
        assert read_header(state).module_hash == module_hash(machine())

    def test_a_state_that_is_refused_leaves_the_process_as_it_is(self, spawn: Any) -> None:
        process = spawn(machine(), **DETERMINISTIC)
        steps(process, DEEDS)
        state = process.save_state()
        parts = unpack(state)
        for tag, text, blobs in parts:
            changed = text.replace("0", "-1", 1).replace("true", '"true"', 1)
            if changed == text:
                changed = text[1:]
            wrong = [(tag, changed, blobs) if part[0] == tag else part for part in parts]
            with refused("WASM_SAVE_STATE_INVALID"):
                process.restore_state(pack(module_hash(machine()), wrong))
        assert process.save_state() == state

    @pytest.mark.parametrize("seed", range(2))
    def test_hostile_parts_are_refused_or_harmless(self, kernel: HostKernel, seed: int) -> None:
        assert hostile(kernel, seed, 150)["codes"] == ["WASM_SAVE_STATE_INVALID"]

    @pytest.mark.deep
    @settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(seed=st.integers(10, 2**31))
    def test_hostile_parts_are_refused_or_harmless_deep(self, kernel: HostKernel, seed: int) -> None:
        assert set(hostile(kernel, seed, 400)["codes"]) <= {"WASM_SAVE_STATE_INVALID", "WASM_SAVE_STATE_FOREIGN"}


class TestHiding:
    @pytest.mark.parametrize("read_only", [None, 1, "yes", False])
    def test_what_is_mounted_however_it_was_said_can_be_restored(self, spawn: Any, read_only: Any) -> None:
        process = spawn(counter())
        mount = {"path": "/m", "kind": "memory", "tree": [], "readOnly": read_only}
        process._call.control("files.mount", mount)
        state = process.save_state()
        process.restore_state(state)
        assert process.call("count") == spawn(counter(), state=state).call("count")

    @pytest.mark.parametrize(
        "entry",
        [
            {"path": "/" + "a" * 256, "kind": "file", "bytes": b""},
            {"path": "/" + "é" * 128, "kind": "directory"},
            {"path": "/a", "kind": "file", "bytes": {"length": 5, "buffer": {"byteLength": 5}}},
            {"path": "/a", "kind": "symlink", "target": ""},
            {"path": "/a", "kind": "symlink", "target": "a\0"},
            {"path": "/a", "kind": "symlink", "target": "a" * 4096},
            {"path": "/a", "kind": "symlink", "target": 5},
        ],
    )
    def test_what_could_not_be_restored_cannot_be_mounted(self, spawn: Any, entry: dict[str, Any]) -> None:
        process = spawn(counter())
        with refused("WASM_MOUNT_INVALID"):
            process._call.control("files.mount", {"path": "/m", "kind": "memory", "tree": [entry]})
        process.restore_state(process.save_state())

    def test_what_was_added_to_the_module_is_not_seen(self, spawn: Any) -> None:
        process = spawn(EVERY_KIND)
        assert [item.name for item in process.exports()] == [
            "table", "memory", "visible", "step", "look", "call", "again",
        ]  # fmt: skip
        for name in ("aikernel:state:functions", "aikernel:state:get 2", "aikernel:state:set 2"):
            with refused("WASM_EXPORT_NOT_FOUND"):
                process.call(name)

    def test_names_of_the_modules_own_are_never_taken(self, spawn: Any) -> None:
        own = '(func (export "aikernel:state:get 0") (result i32) (i32.const 4)) (func (export "aikernel:state1:x"))'
        module = counter(own)
        process = spawn(module)
        state = process.save_state()
        assert process.call("aikernel:state:get 0") == 4
        process.call("count")
        process.restore_state(state)
        assert process.call("count") == 101
        assert len(process.exports()) == 6

    def test_a_memory_that_is_not_exported_stays_hidden(self, spawn: Any) -> None:
        module = wat2wasm("""(module (memory 1)
          (func (export "put") (param i32) (i32.store (i32.const 8) (local.get 0)))
          (func (export "get") (result i32) (i32.load (i32.const 8))))""")
        process = spawn(bytes(module))
        process.call("put", 5)
        state = process.save_state()
        process.call("put", 6)
        process.restore_state(state)
        assert process.call("get") == 5
        with refused("WASM_NO_MEMORY"):
            _ = process.memory.size


HOSTILE = """
import json, random
random = random.Random(SEED)
VALUES = [-1, 0, 1, 2, 5, 65536, 2**31, 2**32, 2**53, 1e308, 0.5, -0.0, "", ".", "..", "a/b", "x\\0", "__proto__",
          "constructor", "toString", "\\ud800", "y" * 300, "y" * 5000, None, [], {}, True, False, {"blob": 0},
          {"blob": 99}, "9" * 30, "-5", "18446744073709551615", "0", "d", "f", "x", "l", "kept", "archive", "NaN"]

def places(value, found):
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        found.append((value, key))
        places(item, found)
    return found

def mutated(parts):
    parts = [[tag, text, list(blobs)] for tag, text, blobs in parts]
    for _ in range(random.randint(1, 3)):
        index = random.randrange(len(parts))
        part = parts[index]
        kind = random.randrange(10)
        if kind == 0 and len(parts) > 1:
            parts.pop(index)
        elif kind == 1:
            parts.insert(index, list(part))
        elif kind == 2 and part[2]:
            number = random.randrange(len(part[2]))
            part[2][number] = part[2][number][: random.randrange(len(part[2][number]) + 1)]
        elif kind == 3:
            part[1] = part[1][: random.randrange(len(part[1]) + 1)]
        else:
            try:
                value = json.loads(part[1])
            except ValueError:
                continue
            all_places = places(value, [])
            if not all_places:
                part[1] = json.dumps(random.choice(VALUES))
                continue
            container, key = random.choice(all_places)
            what = random.randrange(5)
            if what == 0:
                del container[key]
            elif what == 1 and isinstance(container, list):
                container.insert(key, random.choice(container))
            elif what == 2:
                other, other_key = random.choice(all_places)
                container[key] = json.loads(json.dumps(other[other_key]))
            elif what == 3 and type(container[key]) is int:
                container[key] += random.choice([1, -1, 100])
            else:
                container[key] = random.choice(VALUES)
            part[1] = json.dumps(value)
    return parts

spec = dict(clock=ClockSpec("virtual"), seed=7, stdin=b"a line\\n" * 200)
instance = await make(module, **spec)
await instance.run("_initialize")
for _ in range(200):
    instance.function("step")(random.randrange(25), random.randrange(64))
good = instance.control("state.save")
codes, taken = set(), 0
for number in range(COUNT):
    try:
        instance.control("state.restore", mutated(good))
    except KernelError as error:
        codes.add(error.code)
        assert number % 10 or instance.control("state.save") == good, error
        continue
    taken += 1
    assert instance.control("state.save")
    instance.control("state.restore", good)
    assert instance.control("state.save") == good
result = dict(codes=sorted(codes), taken=taken)
"""


def hostile(kernel: HostKernel, seed: int, count: int) -> Any:
    """Restore mutated parts, whatever sums a container would have, and return the codes they were refused with."""
    body = textwrap.dedent(HOSTILE).replace("SEED", str(seed)).replace("COUNT", str(count))
    return inline(kernel, body, module=machine())
