"""The runtime: processes, the event bus, programs. Above the seam: runs on any Python, with any engine."""
