"""The bridge to the page's GPU: what `GpuDevice` promises, in a real browser on a software adapter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from gpu_bridge import bridge

if TYPE_CHECKING:
    from aikernel_web.host import HostKernel


class TestOpening:
    def test_the_device_has_all_that_its_adapter_has(self, kernel: HostKernel) -> None:
        body = """
        from js import navigator
        adapter = await navigator.gpu.requestAdapter()
        info = gpu.info
        missing = set(adapter.features.values()) - set(info.features)
        lower = [name for name, value in info.limits.items() if value != getattr(adapter.limits, name)]
        result = [list(missing), lower, info.limits["maxBufferSize"] > 2**28, info.adapter["architecture"]]
        """
        assert bridge(kernel, body) == [[], [], True, "swiftshader"]

    def test_opening_twice_at_once_opens_one_device(self, kernel: HostKernel) -> None:
        body = """
        one, two = await asyncio.gather(gpu.open(), gpu.open())
        result = [one is two, one is gpu.info, one is await gpu.open(), one.generation]
        """
        assert bridge(kernel, body, opened=False) == [True, True, True, 1]

    def test_after_closing_the_next_device_has_the_next_generation(self, kernel: HostKernel) -> None:
        body = """
        gpu.write(1, 4, b"abcd")
        gpu.close()
        gone = [gpu.info, code_of(gpu.write, 1, 4, b"abcd"), code_of(gpu.submit, []), dict(gpu.counts())["buffers"]]
        again = await gpu.open()
        result = [*gone, again.generation, code_of(gpu.submit, [READ, 1, 0, 1])]
        """
        assert bridge(kernel, body) == [None, "WEBGPU_DEVICE_LOST", "WEBGPU_DEVICE_LOST", 0, 2, "WEBGPU_VALIDATION"]

    def test_closing_while_it_opens_leaves_nothing_open(self, kernel: HostKernel) -> None:
        body = """
        opening = asyncio.ensure_future(gpu.open())
        await asyncio.sleep(0.001)
        gpu.close()
        result = [await later_code_of(opening), gpu.info, (await gpu.open()).generation in {1, 2}]
        """
        assert bridge(kernel, body, opened=False) == ["WEBGPU_DEVICE_LOST", None, True]

    def test_closing_ends_who_waits(self, kernel: HostKernel) -> None:
        body = """
        gpu.write(1, 4, bytes(4))
        told = []
        gpu.on_lost(lambda *why: told.append(why))
        waiting = asyncio.ensure_future(later_code_of(gpu.finish(gpu.submit([READ, 1, 0, 1]), [bytearray(4)])))
        compiling = asyncio.ensure_future(later_code_of(counting()))
        await asyncio.sleep(0)
        gpu.close()
        result = [await waiting, await compiling, told]
        """
        assert bridge(kernel, body) == ["WEBGPU_DEVICE_LOST", "WEBGPU_DEVICE_LOST", []]

    def test_nothing_is_done_before_it_is_opened(self, kernel: HostKernel) -> None:
        body = """
        result = [
            gpu.info,
            code_of(gpu.write, 1, 4, b"abcd"),
            code_of(gpu.submit, []),
            await later_code_of(gpu.finish(1)),
            await later_code_of(counting()),
            sum(gpu.counts().values()),
            gpu.release(1),
            gpu.close(),
        ]
        """
        lost = "WEBGPU_DEVICE_LOST"
        assert bridge(kernel, body, opened=False) == [None, lost, lost, lost, lost, 0, None, None]


class TestBuffers:
    def test_a_new_buffer_is_all_zeros(self, kernel: HostKernel) -> None:
        body = """
        gpu.submit([BUFFER, 1, 100])
        result = any(await read(1, 100))
        """
        assert bridge(kernel, body) is False

    @pytest.mark.parametrize("again", ["gpu.submit([BUFFER, 2, 100])", "gpu.write(2, 400, bytes(4), offset=8)"])
    def test_memory_that_is_used_again_is_all_zeros(self, kernel: HostKernel, again: str) -> None:
        body = f"""
        gpu.write(1, 400, b"x" * 400)
        gpu.submit([FREE, 1])
        pooled = gpu.counts()["pooledBuffers"]
        {again}
        result = [pooled, gpu.counts()["pooledBuffers"], any(await read(2, 100))]
        """
        assert bridge(kernel, body) == [1, 0, False]

    def test_memory_is_used_again_after_the_list_that_frees_it_only(self, kernel: HostKernel) -> None:
        body = """
        pipeline = await counting()
        first, second, anew = (np.full(64, 77, np.uint32) for _ in range(3))
        words = [BUFFER, 1, 64, *run(pipeline, 1), READ, 1, 0, 64, FREE, 1]
        words += [BUFFER, 2, 64, *run(pipeline, 2), *run(pipeline, 2), READ, 2, 0, 64]
        words += [BUFFER, 1, 64, READ, 1, 0, 64]
        await gpu.finish(gpu.submit(words), [first, second, anew])
        counts = gpu.counts()
        result = [set(first.tolist()) == {1}, set(second.tolist()) == {2}, anew.any().item(), counts["buffers"]]
        """
        assert bridge(kernel, body) == [True, True, False, 2]

    def test_idle_memory_is_bounded_and_the_oldest_goes_first(self, kernel: HostKernel) -> None:
        body = """
        for handle in range(1, 41):
            gpu.submit([BUFFER, handle, 4 << 20])
        for handle in range(1, 41):
            gpu.submit([FREE, handle])
        counts = gpu.counts()
        result = [counts["pooledBytes"], counts["pooledBuffers"], counts["bytes"]]
        """
        assert bridge(kernel, body) == [256 << 20, 16, 0]

    def test_a_kernel_sees_the_exact_size(self, kernel: HostKernel) -> None:
        body = """
        length = '''
        @group(0) @binding(0) var<storage, read> a: array<u32>;
        @group(0) @binding(1) var<storage, read_write> out: u32;
        @compute @workgroup_size(1) fn main() { out = arrayLength(&a); }'''
        pipeline = await gpu.compile(length, "main", constants={}, bindings=[(0, 0, READS), (0, 1, WRITES)])
        result = []
        for words in (1, 3, 64, 65, 1000, 100_001):
            found = np.zeros(1, np.uint32)
            list_ = [BUFFER, 1, words, BUFFER, 2, 1, *run(pipeline, 1, 2), READ, 2, 0, 1, FREE, 1, FREE, 2]
            await gpu.finish(gpu.submit(list_), [found])
            result.append(found.item())
        """
        assert bridge(kernel, body) == [1, 3, 64, 65, 1000, 100_001]

    def test_parts_are_written_copied_and_read(self, kernel: HostKernel) -> None:
        body = """
        gpu.write(1, 32, np.arange(8, dtype=np.uint32))
        gpu.write(1, 32, np.array([50, 60], np.uint32), offset=12)
        found = np.full(10, 9, np.uint32)
        words = [DATA, 2, 3, 7, 8, 9, COPY, 1, 2, 2, 1, 2, READ, 1, 3, 4, READ, 2, 0, 3, READ, 2, 0, 3]
        await gpu.finish(gpu.submit(words), [found[1:5], found[5:8], found[8:9]])
        result = found.tolist()
        """
        assert bridge(kernel, body) == [9, 50, 60, 5, 6, 7, 2, 50, 7, 9]

    def test_what_is_submitted_before_a_write_reads_what_was_there(self, kernel: HostKernel) -> None:
        body = """
        old, new = np.zeros(1, np.uint32), np.zeros(1, np.uint32)
        gpu.write(1, 4, np.array([1], np.uint32))
        first = gpu.submit([READ, 1, 0, 1])
        gpu.write(1, 4, np.array([2], np.uint32))
        second = gpu.submit([READ, 1, 0, 1])
        await gpu.finish(second, [new])
        await gpu.finish(first, [old])
        result = [old.item(), new.item()]
        """
        assert bridge(kernel, body) == [1, 2]

    def test_data_of_any_shape_and_size_goes_there_and_back(self, kernel: HostKernel) -> None:
        body = """
        result = []
        generator = np.random.default_rng(5)
        for handle, shape in enumerate([(1,), (64, 64), (4096,), (4097,), (300, 500), (3 << 20,), (0,)], 1):
            data = generator.random(shape).astype(np.float32)
            gpu.write(handle, data.nbytes or 4, data)
            back = np.empty_like(data)
            await gpu.finish(gpu.submit([READ, handle, 0, data.size]), [back])
            result.append(bool((back == data).all()))
        constant = bytes(range(256)) * 400
        gpu.write(99, len(constant), constant)
        back = bytearray(len(constant))
        await gpu.finish(gpu.submit([READ, 99, 0, len(constant) // 4]), [back])
        result.append(back == constant)
        """
        assert bridge(kernel, body) == [True] * 8

    def test_pythons_memory_may_grow_at_any_time(self, kernel: HostKernel) -> None:
        body = """
        from js import Object
        pipeline = await counting()
        hoard, found = [], np.full(64, 77, np.uint32)
        def grow():
            hoard.append(np.ones(48 << 20, np.uint8))
        gpu.write(1, 256, bytes(256))
        grow()
        gpu.write(1, 256, bytes(256))
        grow()
        ticket = gpu.submit(run(pipeline, 1) + [READ, 1, 0, 64])
        grow()
        waiting = asyncio.ensure_future(gpu.finish(ticket, [found]))
        await asyncio.sleep(0)
        grow()
        await waiting
        grow()
        large = np.arange(3 << 20, dtype=np.uint32)
        gpu.write(2, large.nbytes, large)
        result = [set(found.tolist()) == {1}, await read(2, 2, (3 << 20) - 2) == large[-2:].tolist()]
        """
        assert bridge(kernel, body) == [True, True]

    def test_a_list_may_be_longer_than_all_before(self, kernel: HostKernel) -> None:
        body = """
        pipeline = await counting()
        gpu.submit([BUFFER, 1, 1])
        gpu.submit(run(pipeline, 1) * 3000)
        gpu.submit(array("I", run(pipeline, 1) * 20000))
        result = [await read(1, 1), gpu.counts()["dispatches"], gpu.counts()["submits"]]
        """
        assert bridge(kernel, body) == [[23000], 23000, 4]

    @pytest.mark.parametrize(
        ("call", "code"),
        [
            ("1, 6, bytes(4)", "WEBGPU_VALIDATION"),
            ("1, 8, bytes(3)", "WEBGPU_VALIDATION"),
            ("1, 8, bytes(4), offset=2", "WEBGPU_VALIDATION"),
            ("1, 8, bytes(8), offset=4", "WEBGPU_VALIDATION"),
            ("1, 8, bytes(4), offset=-4", "WEBGPU_VALIDATION"),
            ("1, 4, bytes(8)", "WEBGPU_VALIDATION"),
            ("2, 12, bytes(4)", "WEBGPU_VALIDATION"),
            ("1, 1 << 50, bytes(4)", "WEBGPU_LIMIT_EXCEEDED"),
        ],
    )
    def test_a_write_that_cannot_be_is_refused(self, kernel: HostKernel, call: str, code: str) -> None:
        body = f"""
        gpu.write(2, 8, bytes(8))
        result = [code_of(gpu.write, {call}), gpu.counts()["buffers"]]
        """
        assert bridge(kernel, body) == [code, 1]


class TestPipelines:
    def test_equal_arguments_give_one_pipeline_also_while_it_compiles(self, kernel: HostKernel) -> None:
        body = """
        numbers = await asyncio.gather(counting(), counting(), counting())
        result = [len({*numbers, await counting()}), gpu.counts()["pipelines"], await adding() in numbers]
        """
        assert bridge(kernel, body) == [1, 1, False]

    def test_a_released_pipeline_is_gone_and_can_be_had_anew(self, kernel: HostKernel) -> None:
        body = """
        first = await counting()
        gpu.write(1, 4, bytes(4))
        gpu.release(first)
        gpu.release(first)
        gone = [gpu.counts()["pipelines"], code_of(gpu.submit, run(first, 1))]
        gpu.submit(run(await counting(), 1))
        result = [*gone, await read(1, 1)]
        """
        assert bridge(kernel, body) == [0, "WEBGPU_VALIDATION", [1]]

    @pytest.mark.parametrize(
        ("text", "places"),
        [
            ("fn f() { b(); }", [[1, 10, "fn f() { b(); }"]]),
            ("\n\nfn f() {\n  b();\n  c(); }", [[4, 3, "  b();"]]),
            ("/* äö😀 */ fn f() { b(); }", [[1, 20, "/* äö😀 */ fn f() { b(); }"]]),
            ("// 😀\r\n\u2028\x85/*ü*/ fn f() { b(); }", [[4, 16, "/*ü*/ fn f() { b(); }"]]),
            ("fn f( { }", [[1, 7, "fn f( { }"]]),
        ],
    )
    def test_what_the_compiler_says_has_its_place(self, kernel: HostKernel, text: str, places: list[object]) -> None:
        body = f"""
        from aikernel_web.contracts.shader_errors import WgslError
        try:
            await gpu.compile({text!r}, "f", constants={{}}, bindings=[])
        except WgslError as error:
            places = [[each.line, each.column, each.source_line] for each in error.diagnostics]
            result = [error.code, places[:1], {{each.code for each in error.diagnostics}} == {{error.code}}]
        """
        assert bridge(kernel, body) == ["WEBGPU_SHADER_INVALID", places, True]

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("", "WEBGPU_PIPELINE_INVALID"),
            ("@compute @workgroup_size(1) fn other() {}", "WEBGPU_PIPELINE_INVALID"),
            ("@compute @workgroup_size(1 << 20) fn main() {}", "WEBGPU_PIPELINE_INVALID"),
            ("override n: u32; @compute @workgroup_size(n) fn main() {}", "WEBGPU_PIPELINE_INVALID"),
            (
                "@group(0) @binding(3) var<storage, read_write> a: u32;"
                "@compute @workgroup_size(1) fn main() { a = 1; }",
                "WEBGPU_PIPELINE_INVALID",
            ),
            ("\0", "WEBGPU_SHADER_INVALID"),
            ("enable f64;", "WEBGPU_SHADER_INVALID"),
            ("x" * 100_000, "WEBGPU_SHADER_INVALID"),
        ],
    )
    def test_what_is_no_pipeline_is_refused_by_code(self, kernel: HostKernel, text: str, code: str) -> None:
        body = f"""
        compile = lambda: gpu.compile({text!r}, "main", constants={{}}, bindings=[])
        result = [await later_code_of(compile()), await later_code_of(compile()), gpu.counts()["pipelines"]]
        """
        assert bridge(kernel, body) == [code, code, 0]

    @pytest.mark.parametrize(
        "options", ["constants={'nothing': 1.0}, bindings=[]", "constants={}, bindings=[(9, 0, WRITES)]"]
    )
    def test_constants_and_groups_that_are_not_there_are_refused(self, kernel: HostKernel, options: str) -> None:
        body = f"""
        text = "@compute @workgroup_size(1) fn main() {{}}"
        result = await later_code_of(gpu.compile(text, "main", {options}))
        """
        assert bridge(kernel, body) in {"WEBGPU_PIPELINE_INVALID", "WEBGPU_VALIDATION"}

    def test_entry_points_constants_groups_and_uniforms_are_as_asked_for(self, kernel: HostKernel) -> None:
        body = """
        text = '''
        override factor: f32 = 1;
        @id(7) override offset: u32;
        struct Settings { n: u32, m: u32 }
        @group(2) @binding(5) var<uniform> settings: Settings;
        @group(0) @binding(1) var<storage, read_write> out: array<u32>;
        @compute @workgroup_size(1) fn one() { out[0] = settings.n * u32(factor) + offset; }
        @compute @workgroup_size(1) fn two() { out[0] = settings.m; }'''
        bindings = [(2, 5, UNIFORM), (0, 1, WRITES), (1, 0, READS)]
        gpu.submit([DATA, 1, 2, 10, 20, BUFFER, 2, 1, BUFFER, 3, 1])
        result = []
        for entry, constants in (("one", {"factor": 3.0, "7": 4.0}), ("one", {"7": 5.0}), ("two", {"7": 0.0})):
            pipeline = await gpu.compile(text, entry, constants=constants, bindings=bindings)
            gpu.submit(run(pipeline, 1, 2, 3))
            result += await read(2, 1)
        narrow = await gpu.compile(text, "two", constants={"7": 0.0}, bindings=bindings[:2])
        gpu.submit(run(narrow, 1, 2))
        result += await read(2, 1)
        """
        assert bridge(kernel, body) == [34, 15, 20, 20]


HOSTILE = {
    "unknown operation": ("[9]", "WEBGPU_VALIDATION"),
    "operation zero": ("[0, 0, 0]", "WEBGPU_VALIDATION"),
    "largest operation": ("[2**32 - 1]", "WEBGPU_VALIDATION"),
    "truncated buffer": ("[BUFFER, 5]", "WEBGPU_VALIDATION"),
    "truncated data": ("[DATA, 5, 3, 1, 2]", "WEBGPU_VALIDATION"),
    "endless data": ("[DATA, 5, 2**32 - 1]", "WEBGPU_VALIDATION"),
    "truncated dispatch": ("[DISPATCH, pipeline, 1, 1, 1, 1]", "WEBGPU_VALIDATION"),
    "endless dispatch": ("[DISPATCH, pipeline, 1, 1, 1, 2**32 - 1, 1]", "WEBGPU_VALIDATION"),
    "dispatch without end": ("[DISPATCH]", "WEBGPU_VALIDATION"),
    "truncated copy": ("[COPY, 1, 0, 2, 0]", "WEBGPU_VALIDATION"),
    "truncated read": ("[READ, 1, 0]", "WEBGPU_VALIDATION"),
    "truncated free": ("[FREE]", "WEBGPU_VALIDATION"),
    "handle never made": ("run(pipeline, 99)", "WEBGPU_VALIDATION"),
    "too few buffers": ("run(pipeline)", "WEBGPU_VALIDATION"),
    "too many buffers": ("run(pipeline, 1, 2)", "WEBGPU_VALIDATION"),
    "pipeline never made": ("run(99, 1)", "WEBGPU_VALIDATION"),
    "too many groups": ("run(pipeline, 1, groups=65536)", "WEBGPU_LIMIT_EXCEEDED"),
    "most groups": ("run(pipeline, 1, groups=2**32 - 1)", "WEBGPU_LIMIT_EXCEEDED"),
    "huge buffer": ("[BUFFER, 5, 2**32 - 1]", "WEBGPU_LIMIT_EXCEEDED"),
    "another size": ("[BUFFER, 1, 5]", "WEBGPU_VALIDATION"),
    "data over a buffer": ("[DATA, 1, 1, 5]", "WEBGPU_VALIDATION"),
    "copy from nowhere": ("[COPY, 99, 0, 1, 0, 1]", "WEBGPU_VALIDATION"),
    "copy to nowhere": ("[COPY, 1, 0, 99, 0, 1]", "WEBGPU_VALIDATION"),
    "copy over the end": ("[COPY, 1, 0, 2, 2**32 - 1, 2**32 - 1]", "WEBGPU_VALIDATION"),
    "copy onto itself": ("[COPY, 1, 0, 1, 2, 1]", "WEBGPU_VALIDATION"),
    "read over the end": ("[READ, 1, 1, 4]", "WEBGPU_VALIDATION"),
    "read of nothing": ("[READ, 99, 0, 1]", "WEBGPU_VALIDATION"),
    "free twice": ("[FREE, 1, FREE, 1]", "WEBGPU_VALIDATION"),
    "used after it was freed": ("[FREE, 1, *run(pipeline, 1)]", "WEBGPU_VALIDATION"),
    "negative word": ("[-1]", "WEBGPU_VALIDATION"),
    "too large word": ("[2**32]", "WEBGPU_VALIDATION"),
    "fraction": ("[1.5]", "WEBGPU_VALIDATION"),
    "text": ("['1']", "WEBGPU_VALIDATION"),
}


class TestLists:
    @pytest.mark.parametrize(("words", "code"), HOSTILE.values(), ids=HOSTILE)
    def test_a_list_that_cannot_be_is_refused_as_a_whole(self, kernel: HostKernel, words: str, code: str) -> None:
        body = f"""
        pipeline = await counting()
        gpu.submit([DATA, 1, 4, 1, 2, 3, 4, BUFFER, 2, 4])
        before = [gpu.counts()[name] for name in ("buffers", "bytes", "submits", "dispatches")]
        # Much that is right comes first.
        right = [BUFFER, 3, 10, DATA, 4, 1, 7, *run(pipeline, 2), READ, 3, 0, 5, FREE, 2, BUFFER, 2, 7, FREE, 3]
        refused = [code_of(gpu.submit, {words}), code_of(gpu.submit, right + {words})]
        after = [gpu.counts()[name] for name in ("buffers", "bytes", "submits", "dispatches")]
        result = [refused, after == before, await read(1, 4), await read(2, 4), code_of(gpu.submit, [FREE, 3])]
        """
        assert bridge(kernel, body) == [[code, code], True, [1, 2, 3, 4], [0, 0, 0, 0], "WEBGPU_VALIDATION"]

    def test_any_words_are_carried_out_or_refused_by_code(self, kernel: HostKernel) -> None:
        body = """
        import random
        generator = random.Random(11)
        pipeline = await counting()
        small = [0, 1, 2, 3, 4, 5, 6, 7, 64, 65535, 65536, 2**31, 2**32 - 1, pipeline]
        weights = [2, 8, 8, 8, 3, 3, 4, 1, 2, 1, 1, 1, 1, 6]
        codes, ran = set(), 0
        for _ in range(3000):
            words = generator.choices(small, weights, k=generator.randrange(1, 24))
            code = code_of(gpu.submit, words)
            codes.add(code)
            ran += code is None
        fresh = np.zeros(64, np.uint32)
        await gpu.finish(gpu.submit([BUFFER, 10**6, 64, *run(pipeline, 10**6), READ, 10**6, 0, 64]), [fresh])
        known = codes <= {None, "WEBGPU_VALIDATION", "WEBGPU_LIMIT_EXCEEDED"}
        result = [known, ran > 10, set(fresh.tolist()) == {1}]
        """
        assert bridge(kernel, body) == [True, True, True]

    def test_commands_of_a_list_run_in_their_order(self, kernel: HostKernel) -> None:
        body = """
        count, add = await counting(), await adding()
        gpu.submit([BUFFER, 1, 4, BUFFER, 2, 4])
        a, b, c = (np.zeros(4, np.uint32) for _ in range(3))
        words = [*run(count, 1) * 100, READ, 1, 0, 4, *run(add, 1, 2) * 3, COPY, 2, 0, 1, 0, 2, READ, 2, 0, 4]
        words += [*run(count, 1), READ, 1, 0, 4]
        await gpu.finish(gpu.submit(words), [a, b, c])
        result = [a.tolist(), b.tolist(), c.tolist()]
        """
        assert bridge(kernel, body) == [[100] * 4, [300] * 4, [301, 301, 101, 101]]

    def test_many_reads_of_one_list_are_told_apart(self, kernel: HostKernel) -> None:
        body = """
        parts = [np.arange(handle, handle + size, dtype=np.uint32) for handle, size in enumerate(
            [1, 3, 2, 300_000, 5, 250_000, 250_000, 1, 7], 1)]
        for handle, part in enumerate(parts, 1):
            gpu.write(handle, part.nbytes, part)
        found = [np.empty_like(part) for part in parts]
        words = [word for handle, part in enumerate(parts, 1) for word in (READ, handle, 0, part.size)]
        await gpu.finish(gpu.submit(words), found)
        result = all((part == got).all() for part, got in zip(parts, found))
        """
        assert bridge(kernel, body) is True

    def test_a_list_is_timed_where_the_device_can(self, kernel: HostKernel) -> None:
        body = """
        pipeline = await counting()
        gpu.submit([BUFFER, 1, 1 << 20])
        once = run(pipeline, 1, groups=16384)
        one = await gpu.finish(gpu.submit(once, timed=True))
        many = await gpu.finish(gpu.submit((once + [READ, 1, 0, 1]) * 20, timed=True), [np.zeros(1, np.uint32)] * 20)
        untimed = await gpu.finish(gpu.submit(once))
        nothing = await gpu.finish(gpu.submit([READ, 1, 0, 1], timed=True), [bytearray(4)])
        result = ["timestamp-query" in gpu.info.features, 0 < one < many < 60, untimed, nothing]
        """
        assert bridge(kernel, body) == [True, True, None, None]

    def test_bind_groups_are_bounded_and_found_again(self, kernel: HostKernel) -> None:
        body = """
        pipeline = await counting()
        words = []
        for handle in range(1, 6001):
            words += [BUFFER, handle, 1, *run(pipeline, handle)]
        gpu.submit(words)
        many = gpu.counts()["bindGroups"]
        for _ in range(50):
            gpu.submit(run(pipeline, 6000))
        same = gpu.counts()["bindGroups"]
        # What comes out of the pool again is bound already.
        for handle in range(10_000, 10_050):
            gpu.submit([BUFFER, handle, 100, *run(pipeline, handle), FREE, handle])
        result = [many <= 4096, same == many, gpu.counts()["bindGroups"] - same, await read(1, 1), await read(6000, 1)]
        """
        assert bridge(kernel, body) == [True, True, 1, [1], [51]]


class TestFailures:
    TWICE = "[DISPATCH, add, 1, 1, 1, 2, 1, 1]"  # a buffer that is read and written by one dispatch

    def test_what_the_device_refuses_is_told_to_whom_it_concerns(self, kernel: HostKernel) -> None:
        body = f"""
        add = await adding()
        gpu.submit([DATA, 1, 1, 5, DATA, 2, 1, 6, DATA, 3, 1, 7, DATA, 4, 1, 8])
        ticket = gpu.submit([*{self.TWICE}, *run(add, 3, 2)])
        other = gpu.submit(run(add, 3, 4))
        result = [
            await later_code_of(gpu.finish(other)),
            await later_code_of(gpu.finish(ticket)),
            await later_code_of(read(1, 1)),  # would have been written
            await later_code_of(read(2, 1)),  # likewise
            await read(3, 1),  # was read only
            await read(4, 1),
        ]
        """
        refused = "WEBGPU_VALIDATION"
        assert bridge(kernel, body) == [None, refused, refused, refused, [7], [15]]

    def test_what_comes_of_spoilt_contents_is_spoilt_until_it_is_written_anew(self, kernel: HostKernel) -> None:
        body = f"""
        add = await adding()
        gpu.submit([DATA, 1, 2, 5, 5, DATA, 2, 2, 6, 6, DATA, 3, 2, 7, 7])
        gpu.submit({self.TWICE})
        gpu.submit(run(add, 1, 2))
        gpu.submit([COPY, 2, 0, 3, 0, 1])
        codes = [await later_code_of(read(handle, 1)) for handle in (1, 2, 3)]
        gpu.write(3, 8, bytes(4), offset=4)
        codes.append(await later_code_of(read(3, 1)))
        gpu.write(3, 8, bytes(8))
        result = [codes, await read(3, 2)]
        """
        assert bridge(kernel, body) == [["WEBGPU_VALIDATION"] * 4, [0, 0]]

    def test_a_buffer_for_which_there_is_no_memory_is_never_read_as_zeros(self, kernel: HostKernel) -> None:
        body = """
        from aikernel_web.contracts.gpu_errors import GpuOutOfMemoryError
        count = await counting()
        size = gpu.info.limits["maxBufferSize"] // 4
        gpu.submit([BUFFER, 1, 1 << 20, FREE, 1])
        idle, failed = [gpu.counts()["pooledBytes"]], None
        for handle in range(1, 65):
            try:
                await gpu.finish(gpu.submit([BUFFER, handle, size]))
            except GpuOutOfMemoryError as error:
                failed = handle
                break
        idle.append(gpu.counts()["pooledBytes"])  # given back, as it is needed
        gpu.submit([DATA, 99, 1, 3])
        codes = [
            await later_code_of(read(failed, 1)),
            await later_code_of(gpu.finish(gpu.submit(run(count, failed)))),
            await later_code_of(gpu.finish(gpu.submit([COPY, failed, 0, 99, 0, 1]))),
            await later_code_of(read(99, 1)),
        ]
        gpu.write(failed, size * 4, bytes(4))
        codes.append(await later_code_of(read(failed, 1)))
        gpu.submit([word for handle in range(1, failed + 1) for word in (FREE, handle)])
        gpu.submit([BUFFER, 100, 16, *run(count, 100)])
        result = [codes, idle, await read(100, 2), gpu.counts()["buffers"]]
        """
        assert bridge(kernel, body) == [["WEBGPU_OUT_OF_MEMORY"] * 5, [4 << 20, 0], [1, 1], 2]

    def test_tickets_that_are_not_to_be_had_have_codes(self, kernel: HostKernel) -> None:
        body = """
        gpu.write(1, 4, bytes(4))
        ticket = gpu.submit([READ, 1, 0, 1])
        await gpu.finish(ticket, [bytearray(4)])
        codes = [
            await later_code_of(gpu.finish(ticket)),
            await later_code_of(gpu.finish(ticket, [bytearray(4)])),
            await later_code_of(gpu.finish(ticket + 1)),
            await later_code_of(gpu.finish(gpu.submit([READ, 1, 0, 1]), [bytearray(8)])),
            await later_code_of(gpu.finish(gpu.submit([READ, 1, 0, 1]), [bytearray(4)] * 2)),
        ]
        gpu.close()
        await gpu.open()
        codes.append(await later_code_of(gpu.finish(ticket)))
        result = codes
        """
        refused = "WEBGPU_VALIDATION"
        assert bridge(kernel, body) == [None, refused, refused, refused, refused, "WEBGPU_DEVICE_LOST"]

    def test_who_no_longer_waits_leaves_nothing_behind(self, kernel: HostKernel) -> None:
        body = """
        gpu.write(1, 4, np.array([6], np.uint32))
        for _ in range(20):
            found = np.full(1, 77, np.uint32)
            waiting = asyncio.ensure_future(gpu.finish(gpu.submit([READ, 1, 0, 1]), [found]))
            await asyncio.sleep(0)
            waiting.cancel()
            try:
                await waiting
            except asyncio.CancelledError:
                pass
            assert found.item() == 77
        result = [await read(1, 1), gpu.counts()["pooledBuffers"]]
        """
        assert bridge(kernel, body) == [[6], 1]


class TestInterop:
    def test_the_reference_contracts_interop_adds_vectors(self, kernel: HostKernel) -> None:
        body = """
        from dataclasses import dataclass
        @dataclass(frozen=True)
        class Handle:
            id: int
            size: int
        add = '''
        @group(0) @binding(0) var<storage, read> a: array<f32>;
        @group(0) @binding(1) var<storage, read> b: array<f32>;
        @group(0) @binding(2) var<storage, read_write> out: array<f32>;
        @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
          if (id.x < arrayLength(&out)) { out[id.x] = a[id.x] + b[id.x]; }
        }'''
        a, b, out = (Handle(number, 400) for number in range(3))
        await gpu.write_buffer(a, np.arange(100, dtype=np.float32).tobytes())
        await gpu.write_buffer(b, np.full(100, 0.5, np.float32).tobytes())
        await gpu.execute_kernel(add, [a, b, out], 2, 1, 1)
        sums = np.frombuffer(await gpu.read_buffer(out, 400), np.float32)
        result = [gpu.is_webgpu_supported(), bool((sums == np.arange(100) + 0.5).all()), gpu.counts()["pipelines"]]
        """
        assert bridge(kernel, body, opened=False) == [True, True, 0]

    def test_any_number_of_bytes_is_written_and_read(self, kernel: HostKernel) -> None:
        body = """
        class Handle:
            size = 10
        handle, plain = Handle(), object()
        await gpu.write_buffer(handle, b"0123456789")
        await gpu.write_buffer(handle, b"abcde")
        await gpu.write_buffer(plain, b"xyz")
        result = [
            await gpu.read_buffer(handle, 10),
            await gpu.read_buffer(handle, 3),
            await gpu.read_buffer(plain, 3),
            await gpu.read_buffer(object(), 5),
        ]
        """
        assert bridge(kernel, body) == [b"abcde56789", b"abc", b"xyz", bytes(5)]

    def test_calls_with_one_text_do_not_take_its_pipeline_from_one_another(self, kernel: HostKernel) -> None:
        body = """
        class Handle:
            size = 256
        handles, plain, gate, calls = [Handle(), Handle()], gpu.compile_plain, asyncio.Event(), []
        async def compile_late(*args):
            pipeline = await plain(*args)
            calls.append(pipeline)
            if len(calls) == 2:
                await gate.wait()
            return pipeline
        gpu.compile_plain = compile_late
        first, second = (asyncio.ensure_future(gpu.execute_kernel(COUNT, [handle], 1, 1, 1)) for handle in handles)
        await first
        gate.set()
        await second
        counts = [np.frombuffer(await gpu.read_buffer(handle, 4), np.uint32).item() for handle in handles]
        result = [*counts, len(set(calls)), dict(gpu.counts())["pipelines"]]
        """
        assert bridge(kernel, body) == [1, 1, 1, 0]


class TestPatience:
    def test_a_queue_that_goes_on_is_waited_for_longer_than_the_limit(self, kernel: HostKernel) -> None:
        body = """
        from time import monotonic
        SPIN = \"\"\"
        override rounds: u32;
        @group(0) @binding(0) var<storage, read_write> out: u32;
        @compute @workgroup_size(1) fn main() {
          for (var i = 0u; i < rounds; i += 1u) { out = out * 1664525u + i; }
        }\"\"\"
        async def spinning(rounds):
            bindings = [(0, 0, WRITES)]
            return await gpu.compile(SPIN, "main", constants={"rounds": rounds}, bindings=bindings)
        async def seconds(pipeline):
            began = monotonic()
            await gpu.finish(gpu.submit(run(pipeline, 1)))
            return monotonic() - began
        gpu.write(1, 4, bytes(4))
        rounds = 1 << 18
        while await seconds(await spinning(rounds)) < 0.2:
            rounds *= 2
        pipeline = await spinning(rounds)
        limit, began = 7 * await seconds(pipeline), monotonic()
        for _ in range(15):
            last = gpu.submit(run(pipeline, 1))
        await gpu.finish(last, time_limit=limit)
        result = monotonic() - began > limit
        """
        assert bridge(kernel, body) is True


class TestWaitingInSynchronousCode:
    def test_a_result_can_be_waited_for(self, kernel: HostKernel) -> None:
        body = """
        def synchronously():
            gpu.write(1, 4, np.array([9], np.uint32))
            found = np.zeros(1, np.uint32)
            gpu.run_sync(gpu.finish(gpu.submit([READ, 1, 0, 1]), [found]))
            return found.item()
        result = synchronously()
        """
        assert bridge(kernel, body) == 9

    def test_where_waiting_cannot_be_the_error_says_so(self, kernel: HostKernel) -> None:
        body = """
        from js import setTimeout
        from pyodide.ffi import create_once_callable
        answer = asyncio.get_running_loop().create_future()
        setTimeout(create_once_callable(lambda: answer.set_result(code_of(gpu.run_sync, gpu.open()))), 0)
        result = await answer
        """
        assert bridge(kernel, body) == "SYNC_UNAVAILABLE"
