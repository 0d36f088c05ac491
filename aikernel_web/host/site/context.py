"""What every part of the build is given: where to keep things, whom to tell, and when to stop."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aikernel_web.host.site.cache import Cache, cancelled

if TYPE_CHECKING:
    from aikernel_web.host.progress import Progress


@dataclass(frozen=True, slots=True)
class BuildContext:
    """The surroundings of one build; ``stop`` is set when a part has failed, so that the others end early."""

    progress: Progress
    cache: Cache = field(default_factory=Cache)
    stop: threading.Event = field(default_factory=threading.Event)

    def check_stop(self) -> None:
        """Raise HostError with code SITE_CANCELLED when the build is to stop."""
        if self.stop.is_set():
            raise cancelled()
