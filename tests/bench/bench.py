"""scripts/bench, once all is built: measures, and prints the table. See scripts/bench --help.

usage: bench.py --build FOLDER [--full | --smoke] [--json FILE] [--only PARTS]
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path

import bench_parts
from bench_table import Table, write_json

PARTS = ("group", "proofs", "merge", "pipeline", "threads", "rounds", "memory", "peers")
ROOT = Path(__file__).resolve().parents[2]


def say(text):
    print(f"# {text}", file=sys.stderr, flush=True)


def commit():
    """Which commit is measured; "" where that can't be told, as without git."""
    try:
        return subprocess.run(
            ["git", "-C", str(ROOT), "describe", "--always", "--dirty"], capture_output=True, text=True, check=False
        ).stdout.strip()
    except OSError:
        return ""


def machine():
    models = [line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo", encoding="utf-8") if line.startswith("model name")]
    return {
        "processor": models[0] if models else "",
        "cores": os.cpu_count(),
        "kernel": os.uname().release,
        "load_before": os.getloadavg()[0],
        "commit": commit(),
        "begun": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench")
    parser.add_argument("--build", required=True, type=Path)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--only", default=",".join(PARTS))
    options = parser.parse_args()
    wanted = options.only.split(",")
    unknown = [part for part in wanted if part not in PARTS]
    if unknown:
        parser.error(f"--only: there is no {unknown[0]}; there are {', '.join(PARTS)}")
    about = machine()
    start = time.monotonic()
    table = Table()
    with tempfile.TemporaryDirectory(prefix="kruispunt-bench.") as work:
        size = "smoke" if options.smoke else "full" if options.full else "short"
        bench = bench_parts.Bench(options.build, Path(work), size, table, say)
        for part in PARTS:
            if part in wanted:
                say(f"{part} ({time.monotonic() - start:.0f} s so far)")
                getattr(bench, part)()
    about["load_after"] = os.getloadavg()[0]
    about["seconds"] = round(time.monotonic() - start, 1)
    print(f"{about['processor']}, {about['cores']} cores, {about['commit']}, {size}, {about['seconds']:.0f} s")
    print(table.text())
    if about["load_before"] > 0.5:
        print(f"The machine did other things when this began (load {about['load_before']}): don't trust times of this run.")
    reached = [row["reached"] for row in table.rows if row["reached"] is not None]
    print(f"{sum(reached)} of {len(reached)} targets reached")
    if options.json:
        write_json(options.json, {"machine": about, "size": size, "rows": table.rows, "raw": bench.raw})


if __name__ == "__main__":
    try:
        main()
    except bench_parts.Failed as failure:
        sys.exit(f"bench: {failure}")
