"""Multiplications and squarings in the field for an element of a round, primitive by primitive: what no program for
this protocol can leave out, whatever they take on a machine. Counted under valgrind, so in doubles; integers do as many.

usage: count.py BENCH_ELEMENT [PARTNERS]
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

CHUNK = 1024
LANES = 4
WEIGHTS = {
    "kp_fe4_multiply": 1,
    "kp_fe4_square": 1,
    "kp_fe4_multiply_two": 2,
    "kp_fe4_square_multiply": 2,
    "kp_fe4_square_two": 2,
    "kp_fe4_add_product": 1,
    "kp_fe4_add_times": 0,
    "kp_fe4_carry": 0,
    "kp_fe4_freeze": 0,
}
FIELD = Path(__file__).resolve().parents[2] / "crypto" / "engine" / "field4.h"


def counted(dump):
    """The name of a primitive, and what it called in the field, for each lane of each call."""
    name, called, count = None, None, 0
    for line in dump.read_text().splitlines():
        if line.startswith("desc: Trigger: Client Request: "):
            name = line.split(": ", 3)[3]
        elif line.startswith("cfn="):
            called = re.sub(r"'\d+$", "", line[4:])
        elif line.startswith("calls="):
            count += WEIGHTS.get(called, 0) * LANES * int(line[6:].split()[0])
    return name, count / CHUNK


def main(program, partners="5"):
    unknown = set(re.findall(r"^void (kp_fe4_\w+)", FIELD.read_text(), re.M)) - WEIGHTS.keys()
    if unknown:
        sys.exit(f"count.py doesn't know how many multiplications these are: {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory() as folder:
        said = subprocess.run(
            ["valgrind", "-q", "--tool=callgrind", "--instr-atstart=no", "--compress-strings=no"]
            + [f"--callgrind-out-file={folder}/out", program, "--partners", partners, "--runs", "1"],
            capture_output=True, text=True, check=True,
        ).stdout
        counts = dict(counted(dump) for dump in Path(folder).glob("out.*"))
    total = 0
    print(f"{'':36}{'each':>8}{'times':>7}{'of an element':>15}")
    for primitive in json.loads(said)["primitives"]:
        each, times = counts[primitive["name"]], primitive["times"]
        total += each * times
        print(f"{primitive['name']:36}{each:8.0f}{times:7}{each * times:15.0f}")
    print(f"{'all':36}{'':15}{total:15.0f}")


main(*sys.argv[1:])
