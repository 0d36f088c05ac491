"""Runs CPython's own tests of unittest, those its archive holds and that need no other, and tells how they went."""

import io
import sys
import unittest

failed = False
for name in sys.argv[1:]:
    result = unittest.TextTestRunner(stream=io.StringIO()).run(unittest.defaultTestLoader.loadTestsFromName(name))
    print(name, result.testsRun, "run", len(result.skipped), "skipped", "" if result.wasSuccessful() else "FAILED")
    for _, trace in result.failures + result.errors:
        print(trace)
    failed |= not result.wasSuccessful()
sys.exit(failed)
