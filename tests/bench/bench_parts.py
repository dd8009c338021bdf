"""The parts of scripts/bench: each runs programs of tests/bench and adds rows to the table."""

import json
import math
import os
import re
import statistics
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent

# Of bench_group's rows: what a batch must be worth beside libsodium.
GROUP_TARGETS = {"evaluate": 4.5, "hash to group": 6, "fixed base G": 5}
X25519_TARGET = 2.9
# Partners, signals, rounds.
ROUNDS = {
    "smoke": [(2, 40, 1)],
    "short": [(n, m, r) for n in (2, 5, 8) for m, r in ((500, 5), (10000, 1))],
}
ROUNDS["full"] = ROUNDS["short"] + [(12, 500, 3), (12, 10000, 1), (5, 100000, 1), (2, 100000, 1), (2, 1000000, 1)]
LARGE = 50000
FEW = 1  # percent in common in large rounds: opening a match costs the leader's machine more than finding it costs all others
TURNS = 3  # of (5, 10000, 1): so many deployments, for a median


class Failed(Exception):
    pass


def median(values):
    return statistics.median(list(values))


def chosen(arithmetic):
    return ["--arithmetic", arithmetic] if arithmetic else []


class Bench:
    def __init__(self, build, work, size, table, say):
        self.build, self.work, self.size, self.table, self.say = build, work, size, table, say
        self.raw = {}
        self.measured_rounds = {}

    # ---- Running ----

    def run(self, *command, may_fail=False):
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
        if done.returncode != 0 and not may_fail:
            raise Failed(f"{command[0]} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done.stdout

    def program(self, name):
        return self.build / "tests" / "bench" / name

    def small(self, small, usual):
        return small if self.size == "smoke" else usual

    def keep(self, name, value):
        self.raw.setdefault(name, []).append(value)
        return value

    def element(self, partners):
        """What an element costs, primitive by primitive; several starts, for where memory lies matters."""
        starts = [
            self.keep(
                "element",
                json.loads(self.run(self.program("bench_element"), "--partners", partners, "--runs", self.small(1, 15))),
            )
            for _ in range(self.small(1, 3))
        ]
        return sorted(starts, key=lambda start: start["sum"])[len(starts) // 2]

    def new_round(self, partners, signals, rounds=1, threads=None, common=10):
        """A deployment; what tests/bench/round.sh prints. `threads`: that setting, and as many processors for all of it.
        `common`: percent of a partner's addresses that another one has too."""
        self.say(f"round: {partners} partners of {signals:,} signals" + (f", {threads} threads" if threads else ""))
        command = [HERE / "round.sh", "--build", self.build, "--partners", partners, "--signals", signals, "--rounds", rounds]
        command += ["--common", common]
        if threads:
            processors = sorted(os.sched_getaffinity(0))[:threads]
            command = ["taskset", "-c", ",".join(map(str, processors)), *command, "--threads", threads]
        return self.keep("rounds", json.loads(self.run(*command)))

    def round(self, partners, signals, rounds=1, turn=0, common=10):
        """The same; one of the same size isn't measured twice, unless for another turn."""
        wanted = (partners, signals, rounds, turn, common)
        if wanted not in self.measured_rounds:
            self.measured_rounds[wanted] = self.new_round(partners, signals, rounds, common=common)
        return self.measured_rounds[wanted]

    def round_of_turn(self, partners, signals, turn):
        """A deployment's first round, a deployment for each turn; measured once."""
        return self.round(partners, signals, turn=turn)["rounds"][0]

    # ---- Parts ----

    def group(self):
        for arithmetic in self.arithmetics():
            self.group_rows(arithmetic, self.small(["evaluate"], [] if arithmetic is None else list(GROUP_TARGETS)))

    def arithmetics(self):
        """None, which is what this machine takes by itself, and what others take where it takes integers of AVX-512."""
        file = self.work / "arithmetic.json"
        self.run(self.program("bench_group"), "--json", file, "--runs", 1, "evaluate of 8")
        return [None, "doubles"] if json.loads(file.read_text())["arithmetic"] == "integers" else [None]

    def group_rows(self, arithmetic, names):
        starts = []
        for start in range(self.small(1, 3)):
            file = self.work / f"group{start}.json"
            self.run(self.program("bench_group"), "--json", file, "--runs", self.small(1, 9), *chosen(arithmetic), *names)
            starts.append(json.loads(file.read_text()))
        self.keep("group", starts)
        part = f"group, each in a batch, in {starts[0]['arithmetic']}"
        for same in zip(*(start["rows"] for start in starts)):
            for other, called in (("libsodium", "libsodium"), ("x25519", "OpenSSL X25519")):
                if f"{other}_ns" not in same[0]:
                    continue
                target = GROUP_TARGETS.get(same[0]["name"]) if other == "libsodium" else X25519_TARGET
                self.table.add(
                    part,
                    f"{same[0]['name']}, {same[0]['count']} at a time",
                    (median(row["engine_ns"] for row in same) / 1e3, "us"),
                    (median(row[f"{other}_ns"] for row in same) / 1e3, "us", called),
                    median(row[f"{other}_ratio"] for row in same),
                    (">=", target) if target else None,
                )

    def proofs(self):
        for arithmetic in self.arithmetics():
            self.proof_rows(arithmetic)

    def proof_rows(self, arithmetic):
        starts = []
        for start in range(self.small(1, 3)):
            file = self.work / f"chunk{start}.json"
            program = (self.program("bench_chunk"), "--json", file, "--members", 5, "--runs", self.small(1, 21))
            self.run(*program, *chosen(arithmetic))
            starts.append(json.loads(file.read_text()))
        self.keep("proofs", starts)
        evaluation = median(start["evaluate_ns"] for start in starts) / 1e3
        for what, key, target in (
            ("making", "prove_ratio", None),
            ("checking, of 4 evaluations at once", "verify_ratio", None),
            ("making and checking", "proofs_ratio", ("<=", 0.3)),
            ("the same, with decoding what is summed anyway", "strictly_ratio", None),
        ):
            ratio = median(start[key] for start in starts)
            self.table.add(
                f"proofs, an element, in {starts[0]['arithmetic']}",
                what,
                (ratio * evaluation, "us"),
                (evaluation, "us", "evaluation"),
                ratio,
                target,
            )

    def merge(self):
        program = self.program("bench_merge")
        members, tags = self.small((2, 50000), (8, 1000000))
        # It says by its exit status whether sort was slower.
        text = self.run(program, "--members", members, "--tags", tags, "--runs", self.small(1, 3), self.work, may_fail=True)
        figures = {name: float(value) for name, value in re.findall(r"^(\w+).*?\s([0-9.]+)(?: s| MiB)?$", text, re.M)}
        if not {"merged", "sort", "peak"} <= figures.keys():
            raise Failed(f"{program} said:\n{text}")
        self.keep("merge", figures)
        part = f"the coordinator's matching, {members} x {tags:,} tags"
        self.table.add(
            part, "merging and grouping", (figures["merged"], "s"), (figures["sort"], "s", "sort -m"), figures["merged"] / figures["sort"], ("<=", 1)
        )
        self.table.add(part, "memory", (figures["peak"], "MiB"), None, figures["peak"], ("<=", 128))

    def rounds(self):
        for partners, signals, rounds in ROUNDS[self.size]:
            if (partners, signals) == (5, 10000):
                all_rounds = [self.round_of_turn(partners, signals, turn) for turn in range(TURNS)]
            else:
                all_rounds = self.round(partners, signals, rounds, common=FEW if signals > LARGE else 10)["rounds"]
            self.round_rows(partners, signals, all_rounds)
        if self.size != "smoke":
            self.growth()

    def round_rows(self, partners, signals, rounds):
        part = f"rounds, {partners} x {signals:,}"
        wall = median(r["wall_s"] for r in rounds)
        self.table.add(part, "start to opened matches", (wall, "s"), None, wall, ("<=", 0.5) if (partners, signals) == (5, 500) else None)
        used = median(r["cpu_members"]["multiplications"] for r in rounds)
        self.table.add(
            part,
            "CPU of all members",
            (median(r["cpu_members"]["seconds"] for r in rounds), "s"),
            (median(r["libsodium_us"] for r in rounds), "us", "libsodium multiplication"),
            used,
            ("<=", 100000) if (partners, signals) == (5, 10000) else None,
        )
        self.table.add(
            part, "the same, an element", (median(r["cpu_members"]["us_per_element"] for r in rounds), "us"), None, used / (partners * signals)
        )
        bytes_of = [r["bytes_per_slot_of_member"] for r in rounds]
        sent = median(b["to_coordinator"] + b["from_coordinator"] for b in bytes_of)
        counted = sum(rounds[0]["bytes_per_slot_of_member_counted"].values())
        self.table.add(
            part,
            "bytes on the wire, an element",
            (sent, ""),
            (counted, "", "counted"),
            sent / counted,
            ("<=", 1.05) if signals >= 10000 else None,
        )

    def growth(self):
        """The exponents with which a whole round grows: CPU of all daemons together, in libsodium multiplications, and time."""
        sizes = [10000, 100000] + ([1000000] if self.size == "full" else [])
        cost, wall = {}, {}
        for signals in sizes:
            of = self.round(2, signals, common=FEW)["rounds"][0]
            cost[signals] = of["cpu_members"]["multiplications"] + of["coordinator_multiplications"]
            wall[signals] = of["wall_s"]
        small, large = sizes[0], sizes[-1]
        for what, grown, unit, target in (
            ("CPU of all daemons", cost, "libsodium multiplications", ("<=", 1.03)),
            ("start to opened matches", wall, "s", None),
        ):
            exponent = math.log(grown[large] / grown[small]) / math.log(large / small)
            what = f"{what}, {small:,} to {large:,}"
            self.table.add("growth, 2 partners", what, (grown[large], ""), (grown[small], "", unit), exponent, target)

    def memory(self):
        small, large = {"smoke": (40, 40), "short": (10000, 100000), "full": (10000, 1000000)}[self.size]
        peak = {
            signals: max(m["rounds"][0]["node_rss_anon_peak_kib"], m["imports"]["node_rss_anon_peak_kib"]) / 1024
            for signals in (small, large)
            for m in [self.round(2, signals, common=self.small(10, FEW))]
        }
        part = "memory of a node, anonymous resident"
        self.table.add(
            part, f"{large:,} signals", (peak[large], "MiB"), (peak[small], "MiB", f"{small:,} signals"), peak[large] / peak[small], ("<=", 1.5)
        )
        self.table.add(part, f"{large:,} signals", (peak[large], "MiB"), None, peak[large], ("<=", 256))

    def pipeline(self):
        """Both in libsodium's multiplications of their own moment, for the machine drifts; in turns."""
        partners, signals = self.small((2, 40), (5, 10000))
        turns = [
            (self.element(partners), self.round_of_turn(partners, signals, turn))
            for turn in range(self.small(1, TURNS))
        ]
        part = f"pipeline, {partners} x {signals:,}, CPU of a member an element"
        for name, key, target in (("its primitives", "sum", ("<=", 1.25)), ("group arithmetic alone", "group", None)):
            each = [
                (of["cpu_members"]["multiplications"] / (partners * signals), element[key])
                for element, of in turns
            ]
            self.table.add(
                part,
                f"over {name}",
                (median(used for used, _ in each), "multiplications"),
                (median(counted for _, counted in each), "multiplications", "sum"),
                median(used / counted for used, counted in each),
                target,
            )

    def threads(self):
        slots, runs = self.small((64, 1), (20480, 5))
        said = self.run(self.program("bench_threads"), "--slots", slots, "--runs", runs)
        of = self.keep("threads", json.loads(said.splitlines()[-1]))  # behind what CUnit says
        part = f"two threads against one, a member's part of 2 x {slots:,}"
        for way, called, target in (("one", "one of each", (">=", 1.9)), ("loop", "one thread, two processors", None)):
            ratio = of[f"ratio_{way}"]
            two = (of["two"]["work"], "multiplications")
            self.table.add(part, "two threads, two processors", two, (of[way]["work"], "", called), ratio, target)
        self.table.add(part, "the same, as it was timed", (of["two"]["wall_s"], "s"), (of["one"]["wall_s"], "s", "one of each"), of["one"]["wall_s"] / of["two"]["wall_s"])
        self.table.add(part, "two processes beside one, both multiplying only", None, None, of["ceiling"])
        signals = self.small(40, 20000)
        both = self.new_round(2, signals, threads=2)
        alone = self.small(both, None) or self.new_round(2, signals, threads=1)
        small, large = alone["rounds"][0]["watch_s"], both["rounds"][0]["watch_s"]
        self.table.add(
            f"two processors against one, all of a round of 2 x {signals:,}",
            "threads = 2, two processors", (large, "s"), (small, "s", "threads = 1, one processor"), small / large
        )

    def peers(self):
        if self.size != "full":
            return
        folder = self.work / "peers"
        folder.mkdir()
        self.run("npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", folder, "@openmined/psi.js")
        elements, partners = 10000, 5
        pair = self.keep("peers", json.loads(self.run("node", HERE / "peer_psi.js", folder, elements)))
        of = self.round(partners, elements)["rounds"][0]["cpu_members"]["seconds"]
        pairs = partners * (partners - 1) // 2
        self.table.add(
            f"peers, {partners} x {elements:,}",
            f"a round, beside {pairs} pairs with @openmined/psi.js {pair['version']}",
            (of, "s of CPU"),
            (pair["cpu_s"] * pairs, "s of CPU", f"{pairs} x {pair['cpu_s']:.1f} s:"),
            pair["cpu_s"] * pairs / of,
        )
