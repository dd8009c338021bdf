"""The JSON of tests/bench/round.sh, from what it left in a folder.

usage: round_report.py FOLDER PARTNERS SIGNALS SLOTS THRESHOLD THREADS
"""

import json
import sys
from pathlib import Path


def lines(file):
    return [json.loads(line) for line in file.read_text().splitlines()]


def path_length(leaves, leaf):
    """Digests in the path of a leaf of a Merkle tree (RFC 9162, section 2.1.3.1)."""
    length = 0
    while leaves > 1:
        left = 1 << (leaves - 1).bit_length() - 1
        leaf, leaves = (leaf, left) if leaf < left else (leaf - left, leaves - left)
        length += 1
    return length


def expected_bytes(partners):
    """Bytes for each slot of a member, on the average, that docs/protocol.md, section 15, counts: points and evaluations to
    each other member, a leaf, an entry; and points and evaluations from each."""
    points = 64 * (partners - 1)
    paths = sum(path_length(partners, member) for member in range(partners)) / partners
    return {"to_coordinator": points + 32 + 64 + 32 * paths + 416, "from_coordinator": points}


def report_round(entry, partners, slots):
    measured = entry["measured"]
    daemons = measured["daemons"]
    nodes = [daemon for name, daemon in daemons.items() if name != "coordinator"]
    cpu = sum(node["cpu_s"] for node in nodes)
    multiplications = sum(node["multiplications"] for node in nodes)
    commands = dict(zip(("start", "watch", "matches"), measured["commands"]))
    elements = partners * slots
    return {
        "wall_s": measured["wall_s"],
        "start_s": commands["start"]["wall_s"],
        "watch_s": commands["watch"]["wall_s"],
        "matches_s": commands["matches"]["wall_s"],
        "matches": entry["matches"],
        "load": entry["load"],
        "cpu_members": {
            "seconds": round(cpu, 6),
            "multiplications": round(multiplications),
            "us_per_element": round(cpu * 1e6 / elements, 3),
        },
        "coordinator_multiplications": daemons["coordinator"]["multiplications"],
        "cpu_coordinator_s": daemons["coordinator"]["cpu_s"],
        "cpu_leader_s": round(sum(command["cpu_s"] for command in commands.values()), 6),
        "libsodium_us": round(cpu * 1e6 / multiplications, 3),
        "reference": measured["reference"],
        "node_rss_anon_peak_kib": max(node["rss_anon_peak_kib"] for node in nodes),
        "coordinator_rss_anon_peak_kib": daemons["coordinator"]["rss_anon_peak_kib"],
        "bytes_per_slot_of_member": {
            way: round(measured["wire"]["standing"][way] / elements, 2) for way in ("to_coordinator", "from_coordinator")
        },
        "bytes_per_slot_of_member_counted": expected_bytes(partners),
        "wire": measured["wire"],
        "daemons": daemons,
    }


def main(folder, partners, signals, slots, threshold, threads):
    folder = Path(folder)
    partners, signals, slots, threshold = int(partners), int(signals), int(slots), int(threshold)
    imports = lines(folder / "imports")
    rounds = [report_round(entry, partners, slots) for entry in lines(folder / "rounds")]
    print(
        json.dumps(
            {
                "partners": partners,
                "signals": signals,
                "slots": slots,
                "threshold": threshold,
                "threads": threads or "default",
                "rounds": rounds,
                "imports": {
                    "wall_s": round(sum(one["wall_s"] for one in imports), 6),
                    "node_cpu_s": round(sum(d["cpu_s"] for one in imports for d in one["daemons"].values()), 6),
                    "node_rss_anon_peak_kib": max(d["rss_anon_peak_kib"] for one in imports for d in one["daemons"].values()),
                },
            },
            indent=1,
        )
    )


main(*sys.argv[1:])
