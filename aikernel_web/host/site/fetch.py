"""A file from an address on the web, with progress and a short patience."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

from aikernel_web.host.errors import HostError
from aikernel_web.host.site.cache import disk_errors

if TYPE_CHECKING:
    from pathlib import Path

    from aikernel_web.host.site.context import BuildContext

_CHUNK = 1 << 16


def fetch(context: BuildContext, url: str, target: Path, *, title: str, timeout: float) -> None:
    """Write what ``url`` answers into the file ``target``.

    Args:
        context: the build.
        url: an https or http address.
        target: a file in a workspace of the cache; the caller verifies and keeps it.
        title: what the person is told.
        timeout: seconds that a connection or the next bytes may take.

    Raises:
        HostError: SITE_DOWNLOAD_FAILED, SITE_CANCELLED, SITE_DISK_FAILED.
    """
    with context.progress.step(title) as step, disk_errors(target), target.open("wb") as file:
        try:
            with urllib.request.urlopen(url, timeout=timeout) as answer:  # noqa: S310 - our own table's addresses
                total = int(answer.headers.get("Content-Length") or 0)
                done = 0
                while chunk := answer.read(_CHUNK):
                    context.check_stop()
                    file.write(chunk)
                    done += len(chunk)
                    step.update(done, total or None)
                if done < total:
                    raise http.client.IncompleteRead(b"", total - done)
        except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
            raise HostError.explain(
                f"{url} could not be fetched.",
                why=f"{getattr(error, 'reason', None) or error}.",
                advice="check the network and the proxy settings, then start again.",
                code="SITE_DOWNLOAD_FAILED",
            ) from error
