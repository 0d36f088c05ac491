"""The errors of the host side, told apart by their codes.

KernelError
└── HostError
      SITE_DOWNLOAD_FAILED   a file could not be fetched
      SITE_HASH_MISMATCH     a fetched file is not the one that was pinned
      SITE_MEMBER_MISSING    a fetched archive does not hold the file it was fetched for
      SITE_NODE_MISSING      neither the machine nor the package index has Node.js with npm
      SITE_TOOL_FAILED       a program that the build started failed
      SITE_SOURCE_MISSING    the sources of the site are not where they belong
      SITE_TARGET_OCCUPIED   the target folder holds something that is not a built site
      SITE_DISK_FAILED       a file could not be read or written
      SITE_CANCELLED         the build was stopped
      SITE_PORT_BUSY         another program listens on the port
      SITE_SERVER_FAILED     the server could not start for another reason
      BROWSER_MISSING        no browser was found, and none could be installed
      BROWSER_LAUNCH_FAILED  the browser that was found does not start
      PROFILE_BUSY           another kernel uses the browser's profile
      HOST_BOOT_FAILED       the kernel did not boot in the page
      HOST_CONNECTION_LOST   the browser has ended, crashed or left the page
      HOST_TIMEOUT           what was waited for has not come in time
      HOST_STREAM_ENDED      an output ended before what was waited for had come
      MOUNT_INVALID          what is to be mounted is not there, or is of the wrong kind
      PROGRAM_NOT_FOUND      there is no such file or program
"""

from __future__ import annotations

from typing import Self

from aikernel_web.contracts.errors import KernelError


class HostError(KernelError):
    """The browser, the site or the connection failed; ``code`` is one of the list in this module's docstring."""

    @classmethod
    def explain(cls, what: str, *, why: str, advice: str, code: str) -> Self:
        """Make an error whose message says what happened, why, and what to do about it."""
        return cls(f"{what}\n  Why: {why}\n  What to do: {advice}\n ", code=code)
