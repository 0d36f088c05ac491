"""Reads a table from standard input, writes it in five formats, and says what it wrote."""

import csv
import hashlib
import json
import pathlib
import sqlite3
import sys
import zipfile

out = pathlib.Path(sys.argv[1])
out.mkdir()
rows = list(csv.DictReader(sys.stdin))
totals = {}
for row in rows:
    totals[row["city"]] = totals.get(row["city"], 0) + int(row["pieces"])
(out / "totals.json").write_text(json.dumps(totals, indent=2, sort_keys=True, ensure_ascii=False), encoding="utf-8")
with open(out / "upper.csv", "w", newline="", encoding="utf-8") as file:
    writer = csv.writer(file)
    writer.writerows([row["city"].upper(), row["pieces"]] for row in rows)
with open(out / "log.txt", "a", encoding="utf-8") as log:
    for number, row in enumerate(rows):
        log.write(f"{number:05} {row['city']}\n")
        log.flush()
with zipfile.ZipFile(out / "all.zip", "w") as archive:
    for name in ("totals.json", "upper.csv"):
        entry = zipfile.ZipInfo(name, (2024, 1, 2, 3, 4, 6))
        archive.writestr(entry, (out / name).read_bytes(), zipfile.ZIP_DEFLATED, 9)
database = sqlite3.connect(out / "table.db")
with database:
    database.execute("CREATE TABLE sales (city TEXT, pieces INTEGER)")
    database.executemany("INSERT INTO sales VALUES (?, ?)", ((row["city"], int(row["pieces"])) for row in rows))
print(database.execute("SELECT city, sum(pieces) FROM sales GROUP BY city ORDER BY city").fetchall())
database.close()
for path in sorted(out.iterdir()):
    print(path.name, path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest()[:16])
print(f"{len(rows)} rows", file=sys.stderr)
sys.exit(7)
