"""The container of save states: what goes in comes out, and nothing else is taken for a state."""

from __future__ import annotations

import json
import struct
import zlib
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from aikernel_web.contracts.errors import InvalidArgumentError, KernelError
from aikernel_web.runtime import save_state
from aikernel_web.runtime.save_state import (
    ENDS,
    HEAD,
    KNOWN_TAGS,
    MAJOR,
    MINOR,
    SIGNATURE,
    SaveStateHeader,
    module_hash,
    pack,
    read_header,
    unpack,
)

MODULE = module_hash(b"\0asm\x01\0\0\0")
OTHER = module_hash(b"another")
PARTS = [("MEMO", '{"pages":2}', [b"\0" * 70_000, bytes(range(256)) * 8]), ("TIME", "{}", [])]

tags = st.sampled_from(sorted(KNOWN_TAGS))
texts = st.dictionaries(st.text(), st.integers() | st.text() | st.none(), max_size=4).map(json.dumps)
blobs = st.lists(st.binary(max_size=200) | st.integers(0, 100_000).map(bytes), max_size=4)
parts_of_states = st.lists(st.tuples(tags, texts, blobs), max_size=6)


def code_of(data: Any) -> str | None:
    """Return the code that unpacking fails with, or None where it does not fail."""
    try:
        unpack(data, MODULE)
    except KernelError as refused:
        return refused.code
    return None


def refusal(data: Any) -> str:
    code = code_of(data)
    assert code is not None, "it was taken"
    return code


def chunk(tag: bytes, payload: bytes) -> bytes:
    head = struct.pack("<4sQ", tag, len(payload))
    return head + payload + struct.pack("<I", zlib.crc32(head + payload))


def container(*chunks: bytes, major: int = MAJOR, minor: int = MINOR, more: bytes = b"") -> bytes:
    """Return a container with right sums, whatever is in it."""
    head = chunk(b"HEAD", struct.pack("<HH", major, minor) + bytes.fromhex(MODULE) + more)
    all_chunks = [head, *chunks]
    sums = b"".join(one[-4:] for one in all_chunks)
    ends = chunk(b"ENDS", struct.pack("<II", len(all_chunks), zlib.crc32(sums)))
    return SIGNATURE + b"".join(all_chunks) + ends


def part(body: bytes, *, method: int = 0, size: int | None = None) -> bytes:
    return struct.pack("<BQ", method, len(body) if size is None else size) + body


def body_of(text: bytes = b"{}", lengths: tuple[int, ...] = (), blobs: bytes = b"") -> bytes:
    return struct.pack("<I", len(text)) + text + struct.pack(f"<I{len(lengths)}Q", len(lengths), *lengths) + blobs


class TestRoundTrip:
    @given(parts_of_states)
    def test_what_is_packed_is_unpacked(self, parts: list[tuple[str, str, list[bytes]]]) -> None:
        assert unpack(pack(MODULE, parts), MODULE) == parts

    @given(parts_of_states)
    def test_the_same_parts_give_the_same_bytes(self, parts: list[tuple[str, str, list[bytes]]]) -> None:
        assert pack(MODULE, parts) == pack(MODULE, [(tag, text, tuple(blobs)) for tag, text, blobs in parts])

    def test_zeros_take_nearly_nothing(self) -> None:
        assert len(pack(MODULE, [("MEMO", "{}", [bytes(10 << 20)])])) < 100_000

    def test_noise_is_stored_as_it_is(self) -> None:
        noise = b"".join(module_hash(bytes([i % 256, i // 256])).encode()[:32] for i in range(6000))
        noise = bytes.fromhex(noise.decode())
        packed = pack(MODULE, [("MEMO", "{}", [noise])])
        assert len(noise) < len(packed) < len(noise) + 200

    def test_the_header_is_read_without_the_rest(self) -> None:
        assert read_header(pack(MODULE, PARTS)[: 8 + 12 + 36 + 4]) == SaveStateHeader(MAJOR, MINOR, MODULE)

    @pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
    def test_any_kind_of_bytes_is_taken(self, kind: Any) -> None:
        assert unpack(kind(pack(MODULE, PARTS)), MODULE) == PARTS

    def test_bytes_of_the_engine_are_taken_and_hashed_in_pieces(self) -> None:
        class Foreign:
            def __init__(self, data: bytes) -> None:
                self.data = data
                self.byteLength = len(data)

            def subarray(self, begin: int, end: int) -> Foreign:
                assert end - begin <= 1 << 20
                return Foreign(self.data[begin:end])

            def to_bytes(self) -> bytes:
                return self.data

        module = bytes(range(256)) * 10_000
        assert module_hash(Foreign(module)) == module_hash(module)
        assert unpack(Foreign(pack(MODULE, PARTS)), MODULE) == PARTS

    def test_any_module_is_taken_without_a_hash(self) -> None:
        assert unpack(pack(OTHER, PARTS)) == PARTS


class TestDamage:
    SMALL = pack(MODULE, [("MEMO", '{"a":1}', [b"xyz", bytes(300)]), ("TIME", "{}", [])])

    def test_every_flipped_bit_is_refused(self) -> None:
        for at in range(len(self.SMALL)):
            for bit in range(8):
                flipped = bytearray(self.SMALL)
                flipped[at] ^= 1 << bit
                code = refusal(flipped)
                allowed = {"WASM_SAVE_STATE_DAMAGED"} | ({"WASM_SAVE_STATE_INVALID"} if at < len(SIGNATURE) else set())
                assert code in allowed, (at, bit)

    def test_every_truncation_is_refused(self) -> None:
        assert refusal(b"") == "WASM_SAVE_STATE_REQUIRED"
        for length in range(1, len(self.SMALL)):
            assert refusal(self.SMALL[:length]) == "WASM_SAVE_STATE_DAMAGED", length

    def test_what_follows_the_end_is_refused(self) -> None:
        assert refusal(self.SMALL + b"\0") == "WASM_SAVE_STATE_DAMAGED"

    @pytest.mark.parametrize("other", [b"RIFF....", b"\0asm\x01\0\0\0", b"\x89PNG\r\n\x1a\n", b"x", b"{}" * 100])
    def test_other_bytes_are_no_save_state(self, other: bytes) -> None:
        assert refusal(other) == "WASM_SAVE_STATE_INVALID"

    def test_a_transfer_as_text_is_noticed(self) -> None:
        for changed in (
            self.SMALL.replace(b"\r\n", b"\n"),
            self.SMALL.replace(b"\n", b"\r\n"),
            self.SMALL.decode("latin-1").encode(),
            self.SMALL.decode("utf-8", "replace").encode(),
            bytes(byte & 127 for byte in self.SMALL),
        ):
            assert refusal(changed) == "WASM_SAVE_STATE_DAMAGED"

    def test_a_missing_and_a_moved_chunk_are_noticed(self) -> None:
        one, two = chunk(b"TIME", part(body_of())), chunk(b"RAND", part(body_of(b"[]")))
        whole = container(one, two)
        assert [tag for tag, *_ in unpack(whole, MODULE)] == ["TIME", "RAND"]
        assert refusal(whole.replace(one, b"")) == "WASM_SAVE_STATE_DAMAGED"
        assert refusal(whole.replace(one + two, two + one)) == "WASM_SAVE_STATE_DAMAGED"

    @pytest.mark.deep
    @settings(max_examples=5000, deadline=None)
    @given(st.data())
    def test_random_damage_is_refused_whatever_it_is(self, data: st.DataObject) -> None:
        whole = pack(MODULE, data.draw(parts_of_states))
        start = data.draw(st.integers(0, len(whole)))
        stop = data.draw(st.integers(start, min(len(whole), start + 64)))
        damaged = whole[:start] + data.draw(st.binary(max_size=64)) + whole[stop:]
        assume(damaged != whole)
        assert refusal(damaged).startswith("WASM_SAVE_STATE_")


class TestVersions:
    def test_a_newer_major_version_is_refused_as_newer(self) -> None:
        newer = container(chunk(b"MEMO", b"in a way of its own"), major=MAJOR + 1, more=b"and more")
        assert refusal(newer) == "WASM_SAVE_STATE_VERSION"
        assert read_header(newer).major == MAJOR + 1

    def test_a_newer_minor_version_is_read(self) -> None:
        newer = container(chunk(b"TIME", part(body_of())), minor=MINOR + 1, more=b"more in the header")
        assert unpack(newer, MODULE) == [("TIME", "{}", [])]

    def test_a_version_before_the_first_is_refused(self) -> None:
        assert refusal(container(major=0)) == "WASM_SAVE_STATE_INVALID"

    def test_damage_is_told_from_age(self) -> None:
        newer = bytearray(container(chunk(b"MEMO", b"in a way of its own"), major=MAJOR + 1))
        newer[-30] ^= 1
        assert refusal(newer) == "WASM_SAVE_STATE_DAMAGED"

    def test_an_unknown_part_that_matters_is_refused_as_newer(self) -> None:
        assert refusal(container(chunk(b"BASE", part(body_of())))) == "WASM_SAVE_STATE_VERSION"

    def test_an_unknown_way_of_packing_is_refused_as_newer(self) -> None:
        assert refusal(container(chunk(b"TIME", part(body_of(), method=9)))) == "WASM_SAVE_STATE_VERSION"

    def test_unknown_parts_that_do_not_matter_are_passed_over_or_kept(self) -> None:
        parts = [("naMe", '"a"', [b"1"]), ("TIME", "{}", []), ("thUM", '"b"', [])]
        packed = pack(MODULE, parts)
        assert unpack(packed, MODULE) == [parts[1]]
        assert unpack(packed, MODULE, keep_unknown=True) == parts[:2]

    def test_what_is_passed_over_need_not_make_sense(self) -> None:
        assert unpack(container(chunk(b"naMe", b"?")), MODULE) == []

    def test_the_state_of_another_module_is_foreign(self) -> None:
        assert refusal(pack(OTHER, PARTS)) == "WASM_SAVE_STATE_FOREIGN"


class TestHostileContainers:
    @pytest.mark.parametrize(
        "payload",
        [
            b"",
            b"\0" * 8,
            part(b""),
            part(body_of(), size=7),
            part(body_of(), size=1 << 62),
            part(body_of(), size=(1 << 64) - 1),
            part(struct.pack("<I", 1 << 31)),
            part(struct.pack("<I", 2) + b"\xff\xfe" + struct.pack("<I", 0)),
            part(struct.pack("<I", 2) + b"{}" + struct.pack("<I", (1 << 32) - 1)),
            part(body_of(lengths=(1 << 63, 1 << 63))),
            part(body_of(lengths=(5,), blobs=b"four")),
            part(body_of(lengths=(3,), blobs=b"four")),
            part(b"not zlib", method=1, size=10),
            part(zlib.compress(body_of()), method=1, size=len(body_of()) - 1),
            part(zlib.compress(body_of()), method=1, size=len(body_of()) + 1),
            part(zlib.compress(body_of()) + b"more", method=1, size=len(body_of())),
            part(zlib.compress(body_of())[:-3], method=1, size=len(body_of())),
        ],
    )
    def test_a_part_that_makes_no_sense_is_invalid(self, payload: bytes) -> None:
        assert refusal(container(chunk(b"TIME", payload))) == "WASM_SAVE_STATE_INVALID"

    @pytest.mark.parametrize("tag", [b"\0\0\0\0", b"TIm ", b"TImE", b"12A4", b"HEAD"])
    def test_a_tag_that_is_none_is_invalid(self, tag: bytes) -> None:
        assert refusal(container(chunk(tag, part(body_of())))) == "WASM_SAVE_STATE_INVALID"

    def test_a_state_without_a_header_is_invalid(self) -> None:
        only = chunk(b"TIME", part(body_of()))
        ends = chunk(b"ENDS", struct.pack("<II", 1, zlib.crc32(only[-4:])))
        assert refusal(SIGNATURE + only + ends) == "WASM_SAVE_STATE_INVALID"
        assert refusal(SIGNATURE + chunk(b"ENDS", struct.pack("<II", 0, zlib.crc32(b"")))) == "WASM_SAVE_STATE_INVALID"
        assert refusal(container()[:60] + chunk(b"ENDS", b"")) == "WASM_SAVE_STATE_INVALID"

    def test_a_bomb_is_not_unpacked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(save_state, "UNPACKED_BYTES_MAX", 1 << 20)
        bomb = zlib.compress(bytes(64 << 20))
        # One that says what it is, one that says less, and many small ones.
        assert refusal(container(chunk(b"TIME", part(bomb, method=1, size=64 << 20)))) == "WASM_SAVE_STATE_INVALID"
        assert refusal(container(chunk(b"TIME", part(bomb, method=1, size=1000)))) == "WASM_SAVE_STATE_INVALID"
        body = body_of(lengths=(1 << 18,), blobs=bytes(1 << 18))
        small = chunk(b"TIME", part(zlib.compress(body), method=1, size=len(body)))
        assert refusal(container(*[small] * 4)) == "WASM_SAVE_STATE_INVALID"

    def test_what_could_not_be_restored_is_not_packed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(save_state, "UNPACKED_BYTES_MAX", 1000)
        with pytest.raises(KernelError) as refused:
            pack(MODULE, [("MEMO", "{}", [bytes(1000)])])
        assert refused.value.code == "WASM_SAVE_STATE_UNSUPPORTED"

    @pytest.mark.parametrize("tag", ["", "MEM", "MEMOS", "MEmO", "ME O", "ÄEMO", HEAD, ENDS])
    def test_only_tags_are_packed(self, tag: str) -> None:
        with pytest.raises(InvalidArgumentError):
            pack(MODULE, [(tag, "{}", [])])

    @pytest.mark.parametrize("wrong", ["", "ab", MODULE.upper(), MODULE + "\n"])
    def test_only_hashes_are_packed(self, wrong: str) -> None:
        with pytest.raises(InvalidArgumentError):
            pack(wrong, PARTS)

    @settings(deadline=None)
    @given(st.lists(st.tuples(st.sampled_from([b"TIME", b"MEMO", b"naMe"]), st.binary(max_size=60)), max_size=4))
    def test_right_sums_around_anything_are_never_an_accident(self, chunks: list[tuple[bytes, bytes]]) -> None:
        code = code_of(container(*(chunk(tag, payload) for tag, payload in chunks)))
        assert code in {None, "WASM_SAVE_STATE_INVALID", "WASM_SAVE_STATE_VERSION"}

    @pytest.mark.deep
    @settings(max_examples=5000, deadline=None)
    @given(
        st.lists(
            st.tuples(tags, st.sampled_from([0, 1]), st.binary(max_size=200), st.integers(0, 2**64 - 1)), max_size=4
        )
    )
    def test_any_bodies_with_right_sums_are_taken_or_refused_by_code(
        self, chunks: list[tuple[str, int, bytes, int]]
    ) -> None:
        def made(tag: str, method: int, body: bytes, size: int) -> bytes:
            right = size % 3 == 0
            packed = zlib.compress(body) if method else body
            return chunk(tag.encode(), part(packed, method=method, size=len(body) if right else size))

        assert code_of(container(*(made(*one) for one in chunks))) in {None, "WASM_SAVE_STATE_INVALID"}
