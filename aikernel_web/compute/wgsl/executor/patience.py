"""How long the workgroups of a chunk go round together in a loop that may wait.

Most such loops try again until an exchange succeeds: among all lanes some do in each round. But one that waits for what
a workgroup does behind the loop never ends while both go in lockstep. Which of them it is cannot be told beforehand: it
is tried, and a chunk that gets nowhere is begun anew with fewer workgroups, down to one at a time.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

_ROUNDS: Final = 64
"""In so many half of the lanes have to leave: where many want one place, fewer workgroups at a time take less."""


class Stalled(Exception):  # noqa: N818 - no error: the chunk is run in another way
    """The workgroups of a chunk do not get on together."""


class Patience:
    """With the workgroups of one chunk, in one loop."""

    def __init__(self, groups: int) -> None:
        self._alone = groups == 1
        self._rounds = 0
        self._left = 0

    def round(self, live: Any, shape: tuple[int, int]) -> None:
        """Be told of a round and of the lanes in it; raises `Stalled` where there is no point in going on."""
        if self._alone:
            return
        if self._rounds % _ROUNDS == 0:
            lanes = shape[0] * shape[1]
            count = lanes if live is True else np.count_nonzero(live) * (lanes // live.size)
            if self._rounds and 2 * count > self._left:
                raise Stalled
            self._left = count
        self._rounds += 1
