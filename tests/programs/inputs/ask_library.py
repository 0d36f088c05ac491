"""Asks CPython's own library for what every CPython answers."""

import base64
import bisect
import collections
import csv
import datetime
import decimal
import fractions
import hashlib
import heapq
import io
import itertools
import json
import os
import pathlib
import pickle
import random
import re
import shutil
import sqlite3
import statistics
import struct
import tempfile
import textwrap
import unicodedata
import unittest
import xml.etree.ElementTree as ElementTree
import zipfile
import zlib


class Json(unittest.TestCase):
    def test_values_survive(self):
        for value in (None, True, 0, -1, 2**70, 1.5e-300, "", 'q"\\\u2603\U0001f600', [], {"a": [1, {"b": None}]}):
            with self.subTest(value=value):
                self.assertEqual(json.loads(json.dumps(value)), value)

    def test_errors_say_where(self):
        with self.assertRaisesRegex(json.JSONDecodeError, r"line 2 column 6 \(char 7\)"):
            json.loads('{\n"a": , 1}')

    def test_a_large_document(self):
        document = {f"key {i}": list(range(i % 20)) for i in range(5000)}
        self.assertEqual(json.loads(json.dumps(document, indent=1)), document)


class RegularExpressions(unittest.TestCase):
    def test_groups(self):
        found = re.fullmatch(r"(?P<year>\d{4})-(?P<month>\d\d)(?:-(?P<day>\d\d))?", "2024-02")
        self.assertEqual(found.groupdict(), {"year": "2024", "month": "02", "day": None})

    def test_look_around_and_back_references(self):
        self.assertEqual(re.findall(r"(?<=\$)\d+(?!\d|\.)", "$10 $20.5 30 $40"), ["10", "40"])
        self.assertEqual(re.sub(r"\b(\w+) \1\b", r"\1", "the the cat sat sat down"), "the cat sat down")

    def test_unicode_classes(self):
        self.assertEqual(re.findall(r"\w+", "naïve Ελλάδα 日本語 x_1"), ["naïve", "Ελλάδα", "日本語", "x_1"])


class Dates(unittest.TestCase):
    def test_arithmetic(self):
        self.assertEqual(datetime.date(2024, 2, 28) + datetime.timedelta(days=2), datetime.date(2024, 3, 1))
        self.assertEqual((datetime.date(2100, 1, 1) - datetime.date(1900, 1, 1)).days, 73049)

    def test_iso(self):
        moment = datetime.datetime(2024, 5, 6, 7, 8, 9, 123456, datetime.timezone(datetime.timedelta(hours=-3.5)))
        self.assertEqual(datetime.datetime.fromisoformat(moment.isoformat()), moment)
        self.assertEqual(moment.strftime("%Y %j %U %a %H:%M:%S.%f %z"), "2024 127 18 Mon 07:08:09.123456 -0330")

    def test_now_is_later_than_this_file(self):
        self.assertGreater(datetime.datetime.now(datetime.timezone.utc).year, 2023)


class Numbers(unittest.TestCase):
    def test_decimal(self):
        with decimal.localcontext(prec=50):
            self.assertEqual(str(decimal.Decimal(2).sqrt()), "1.4142135623730950488016887242096980785696718753769")

    def test_fractions_and_statistics(self):
        self.assertEqual(sum(fractions.Fraction(1, n) for n in range(1, 11)), fractions.Fraction(7381, 2520))
        self.assertEqual(statistics.median_grouped([52, 52, 53, 54]), 52.5)

    def test_a_seed_is_the_same_everywhere(self):
        self.assertEqual([random.Random(3).randrange(1000) for _ in range(1)], [random.Random(3).randrange(1000)])
        self.assertAlmostEqual(random.Random(42).random(), 0.6394267984578837)

    def test_large_integers(self):
        self.assertEqual(pow(3, 5**40, 10**30 + 57) * pow(3, -(5**40), 10**30 + 57) % (10**30 + 57), 1)


class Bytes(unittest.TestCase):
    def test_hashes(self):
        self.assertEqual(
            hashlib.sha256(b"abc" * 1000).hexdigest()[:16], hashlib.sha256(b"abc" * 1000).digest()[:8].hex()
        )
        self.assertEqual(hashlib.md5(b"").hexdigest(), "d41d8cd98f00b204e9800998ecf8427e")

    def test_compression(self):
        data = bytes(itertools.islice(itertools.cycle(range(251)), 300_000))
        self.assertEqual(zlib.decompress(zlib.compress(data, 9)), data)
        self.assertEqual(zlib.crc32(b"123456789"), 0xCBF43926)

    def test_layouts(self):
        self.assertEqual(struct.unpack("<hIq", struct.pack("<hIq", -2, 3, -4)), (-2, 3, -4))
        self.assertEqual(base64.b85decode(base64.b85encode(bytes(range(256)))), bytes(range(256)))

    def test_pickles(self):
        value = {"set": {1, 2}, "deque": collections.deque([1, 2], maxlen=3), "bytes": b"\0\xff"}
        self.assertEqual(pickle.loads(pickle.dumps(value, 5)), value)


class Text(unittest.TestCase):
    def test_tables(self):
        out = io.StringIO()
        csv.writer(out).writerows([["a", 'q"', "l\nf"], [1, 2.5, None]])
        self.assertEqual(out.getvalue(), 'a,"q""","l\nf"\r\n1,2.5,\r\n')

    def test_names_of_letters(self):
        self.assertEqual(unicodedata.name("\u2603"), "SNOWMAN")
        self.assertEqual(unicodedata.normalize("NFD", "é"), "e\u0301")

    def test_markup(self):
        tree = ElementTree.fromstring("<a><b c='1'>x</b><b c='2'/></a>")
        self.assertEqual([(b.get("c"), b.text) for b in tree.iter("b")], [("1", "x"), ("2", None)])

    def test_wrapping(self):
        self.assertEqual(textwrap.wrap("one two three four", 9), ["one two", "three", "four"])


class Containers(unittest.TestCase):
    def test_heaps_and_bisection(self):
        numbers = [7, 3, 9, 1, 5]
        heapq.heapify(numbers)
        self.assertEqual([heapq.heappop(numbers) for _ in range(5)], [1, 3, 5, 7, 9])
        self.assertEqual(bisect.bisect_left([1, 3, 5], 4), 2)


class Files(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path("/work") / self.id().rsplit(".", 1)[-1]
        self.folder.mkdir(parents=True)

    def tearDown(self):
        shutil.rmtree(self.folder)

    def test_walking(self):
        for name in ("a/b/c.txt", "a/d.txt", "e.txt"):
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_text(name)
        found = sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*.txt"))
        self.assertEqual(found, ["a/b/c.txt", "a/d.txt", "e.txt"])
        self.assertEqual(len(list(os.walk(self.folder))), 3)

    def test_renaming_and_times(self):
        old, new = self.folder / "old", self.folder / "new"
        old.write_bytes(b"12345")
        os.utime(old, ns=(1_000_000_000_123_456_789, 1_600_000_000_987_654_321))
        old.replace(new)
        self.assertFalse(old.exists())
        self.assertEqual(new.stat().st_mtime_ns, 1_600_000_000_987_654_321)
        self.assertEqual(new.stat().st_size, 5)

    def test_links(self):
        (self.folder / "file").write_text("content")
        (self.folder / "link").symlink_to("file")
        os.link(self.folder / "file", self.folder / "twin")
        self.assertEqual((self.folder / "link").read_text(), "content")
        self.assertEqual(os.readlink(self.folder / "link"), "file")
        self.assertEqual((self.folder / "twin").stat().st_ino, (self.folder / "file").stat().st_ino)
        self.assertTrue((self.folder / "link").is_symlink())

    def test_seeking_and_cutting(self):
        with open(self.folder / "f", "w+b") as file:
            file.write(bytes(range(100)))
            file.seek(-10, os.SEEK_END)
            self.assertEqual(file.read(3), bytes((90, 91, 92)))
            file.truncate(50)
            file.seek(200)
            file.write(b"end")
        data = (self.folder / "f").read_bytes()
        self.assertEqual((len(data), data[40:52], data[-4:]), (203, bytes(range(40, 50)) + b"\0\0", b"\0end"))

    def test_errors(self):
        with self.assertRaises(FileNotFoundError):
            open(self.folder / "missing")
        with self.assertRaises(IsADirectoryError):
            open(self.folder, "w")
        with self.assertRaises(FileExistsError):
            self.folder.mkdir()
        with self.assertRaises(NotADirectoryError):
            (self.folder / "f").write_text("") or (self.folder / "f" / "g").write_text("")

    def test_archives(self):
        with zipfile.ZipFile(self.folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("x/y.txt", "y" * 10_000)
        with zipfile.ZipFile(self.folder / "a.zip") as archive:
            self.assertIsNone(archive.testzip())
            self.assertEqual(archive.read("x/y.txt"), b"y" * 10_000)

    def test_temporary_files(self):
        with tempfile.TemporaryFile(dir=self.folder) as file:
            file.write(b"x" * 100_000)
            self.assertEqual(file.tell(), 100_000)
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            pathlib.Path(folder, "f").write_text("")
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_databases(self):
        with sqlite3.connect(self.folder / "d.db") as database:
            database.execute("CREATE TABLE t (a INTEGER, b TEXT)")
            database.executemany("INSERT INTO t VALUES (?, ?)", ((i, str(i) * 3) for i in range(1000)))
        with sqlite3.connect(self.folder / "d.db") as database:
            self.assertEqual(database.execute("SELECT sum(a), max(b) FROM t").fetchone(), (499500, "999999999"))


if __name__ == "__main__":
    unittest.main()
