"""DOOM stepped from Python in an inline context: keys, imports of Python's, the context's clock, saved and restored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from browser.test_doom import FRAMES_HASH
from doom_game import load_game, play

if TYPE_CHECKING:
    from aikernel_web.host import HostKernel


@pytest.mark.parametrize(
    ("steps", "saved"),
    [pytest.param(24, 12, id="few"), pytest.param(1000, 300, id="all", marks=pytest.mark.deep)],
)
def test_the_same_game_is_played_twice_and_goes_on_from_where_it_was_saved(
    kernel: HostKernel, steps: int, saved: int
) -> None:
    load_game(kernel)
    body = f"""
    first, second = await Game().load(), await Game().load()
    first.begin()
    first.play({saved})
    state, seen = first.save(), len(first.frames)
    first.play({steps - saved})
    whole, after = first.frames, first.frames[seen:]
    first.restore(state)
    again = first.play({steps - saved})
    second.restore(state)
    fresh = second.play({steps - saved})
    third = await Game().load()
    third.begin()
    third.play({steps})
    result = [b"Startup v1.10" in first.said, len(whole), len(set(whole)), again == after, fresh == after,
              third.frames == whole]
    for game in (first, second, third):
        game.context.dispose()
    result
    """
    said, frames, kinds, again, fresh, third = play(kernel, body)
    assert said
    assert frames >= steps - 20
    assert kinds > steps // 8
    assert [again, fresh, third] == [True, True, True]


@pytest.mark.deep
def test_its_frames_are_those_of_wasmtime(kernel: HostKernel) -> None:
    load_game(kernel)
    body = """
    pictures = hashlib.sha256()
    class Whole(Game):
        def draw(self, pointer):
            pictures.update(self.context.read_memory(pointer, 640 * 400 * 4))
            self.frames.append(None)
    game = await Whole().load()
    game.begin()
    while len(game.frames) < 400:
        game.play(1)
    game.context.dispose()
    pictures.hexdigest()
    """
    assert play(kernel, body) == FRAMES_HASH


def test_a_state_is_refused_while_the_game_stands_in_an_import(kernel: HostKernel) -> None:
    load_game(kernel)
    body = """
    codes = []
    class Saving(Game):
        def draw(self, pointer):
            codes.append(self.context.try_save_state().error.error_code)
            super().draw(pointer)
    game = await Saving().load()
    game.begin()
    game.play(3)
    game.context.dispose()
    sorted(set(codes))
    """
    assert play(kernel, body) == ["WASM_SAVE_STATE_FRAMES"]
