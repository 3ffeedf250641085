"""Files and SQLite's databases, read by other programs than Gantry."""
import glob
import gzip
import json
import os
import sqlite3


def start(bench):
    return {"urls": {"files": f"file:{bench.folder}/all.jsonl?rotate.size=1MB&keep=1000",
                     "sqlite": f"sqlite:{bench.folder}/all.db"}, "refused": {}}


def count(bench, variant):
    return sum(1 for _ in read(bench, variant))


def read(bench, variant):
    if variant == "sqlite":
        yield from rows(bench)
        return
    files = []
    for path in glob.glob(f"{bench.folder}/all*.jsonl*"):
        with (gzip.open(path) if path.endswith(".gz") else open(path, "rb")) as file:
            files.append([json.loads(line) for line in file])
    for record in sum(sorted(files, key=lambda records: records[0]["sequence"]), []):
        yield record.pop("uid"), record.pop("message").encode(), record


def rows(bench):
    if not os.path.exists(bench.path("all.db")):
        return
    database = sqlite3.connect(f"file:{bench.path('all.db')}?mode=ro", uri=True)
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    names = ["nanoseconds", "project", "service", "replica", "name", "container", "stream", "level"]
    for uid, text, *values in database.execute(f"SELECT uid, message, {', '.join(names)} FROM log ORDER BY rowid"):
        facts = {name: value for name, value in zip(names, values) if value is not None}
        facts["time"] = facts.pop("nanoseconds")
        yield uid, text if isinstance(text, bytes) else text.encode(), facts
