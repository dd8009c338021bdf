"""Whether scripts/bench works: everything at its smallest, and what it prints and writes is whole. No figure counts.

usage: smoke.py SOURCE_FOLDER BUILD_FOLDER
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

FIELDS = {"part", "what", "measured", "unit", "reference", "reference_unit", "reference_is", "ratio", "target", "reached"}
# Words of some row of each part.
WANTED = (
    ("evaluate", "libsodium"),
    ("evaluate", "OpenSSL X25519"),
    ("making and checking", "evaluation"),
    ("merging and grouping", "sort -m"),
    ("over its primitives", "sum"),
    ("two threads", "one of each"),
    ("start to opened matches", ""),
    ("CPU of all members", "libsodium multiplication"),
    ("bytes on the wire", "counted"),
    ("signals", "signals"),
)

failures = 0


def check(text, fine):
    global failures
    print(f"{'ok' if fine else 'FAILED'} - {text}")
    failures += not fine


def run(*words):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)


def check_rows(rows, said):
    check("every row is whole", all(FIELDS == row.keys() for row in rows))
    check("every ratio is a number", all(isinstance(row["ratio"], (int, float)) for row in rows))
    # What a proof takes is a difference, of times taken once here.
    measured = [row for row in rows if not row["part"].startswith("proofs")]
    check("every ratio of what is no difference is above 0", all(row["ratio"] > 0 for row in measured))
    check("a row says whether its target is reached, where it has one", all((row["target"] is None) == (row["reached"] is None) for row in rows))
    check("the table has every row", all(row["what"] in said for row in rows))
    for what, reference in WANTED:
        check(f"there is a row: {what} {reference}", any(row["what"].find(what) >= 0 and row["reference_is"].find(reference) >= 0 for row in rows))
    same = [row for row in measured if row["unit"] == "us" and row["reference_unit"] == "us" and row["reference_is"] != "libsodium multiplication"]
    check("ratios of times are their quotients, about", same and all(quotient_is_ratio(row) for row in same))


def quotient_is_ratio(row):
    quotient = row["measured"] / row["reference"]
    return min(abs(row["ratio"] / quotient - 1), abs(row["ratio"] * quotient - 1)) < 0.2


def is_referred(of):
    """The CPU in multiplications lies between what the quickest and the slowest samples would make of it, about."""
    reference, members = of["reference"], of["cpu_members"]
    around = members["seconds"] * 1e6 / reference["us"]
    return reference["samples"] >= 2 and reference["us_low"] <= reference["us"] <= reference["us_high"] and around / 4 < members["multiplications"] < around * 4


def main(source, build):
    bench = [sys.executable, "-B", Path(source) / "tests" / "bench" / "bench.py"]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bench.json"
        done = run(*bench, "--build", build, "--smoke", "--json", file)
        check("it ends well", done.returncode == 0)
        if done.returncode != 0:
            print(done.stdout[-2000:], done.stderr[-4000:])
            return
        document = json.loads(file.read_text())
        check_rows(document["rows"], done.stdout)
        check("the round found what is known", all(r["matches"] > 0 for m in document["raw"]["rounds"] for r in m["rounds"]))
        check("multiplications are timed all through a round", all(is_referred(r) for m in document["raw"]["rounds"] for r in m["rounds"]))
        check("the machine is told", document["machine"]["cores"] >= 1 and document["size"] == "smoke")
        done = run(*bench, "--build", folder, "--smoke")
        check("without programs it fails", done.returncode != 0 and "reached" not in done.stdout)
    check("a part that isn't there is refused", run(*bench, "--build", build, "--only", "nothing").returncode == 2)
    script = Path(source) / "scripts" / "bench"
    check("help", "usage: scripts/bench" in run(script, "--help").stdout)
    check("an option that isn't there is refused, before anything is built", run(script, "--nothing").returncode == 2)


main(*sys.argv[1:])
print(f"{'not ' if failures else ''}all of it is as it must be")
sys.exit(failures > 0)
