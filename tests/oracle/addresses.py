#!/usr/bin/env python3
"""An oracle for addresses: shares no code and no table with the product.

Makes a register with the mix of the real one, writes signals in some forty ways of which it knows what
they must come to, has `kruispunt bag import` and `kruispunt address explain --json -` do their work, and
scores: at least 99.5 % of the resolvable resolved, not one to a wrong object, all ambiguous put aside.
Written from the issue's words alone. Needs nothing but Python.
"""

import argparse
import collections
import json
import os
import random
import subprocess
import sys
import tempfile
import time

import score
import scene
import spell
import traps
import world

# allowed: verdicts that will do.
Signal = collections.namedtuple("Signal", "way text allowed expected")


def make(seed, addresses, signals, register):
    """Writes the register; gives the signals in random order, the traps among them."""
    chance = random.Random(seed)
    names = [name for name, _, _ in spell.WAYS]
    weights = [weight for _, weight, _ in spell.WAYS]
    ways = {name: way for name, _, way in spell.WAYS}
    made, done, owed = [], 0, collections.Counter()
    for streets, other_towns in world.clusters(chance, register, addresses):
        here = scene.Scene(streets, other_towns)
        done += len(here.entries)
        wanted = signals * min(done, addresses) // addresses - len(made)
        drawn = chance.choices(names, weights, k=max(0, wanted - sum(owed.values())))
        owed.update(drawn)
        # What fits nothing here is owed by the streets to come; so each way gets its share.
        for name in [name for name, count in owed.items() for _ in range(min(count, 40))]:
            one = spell.spell(chance, here, ways[name])
            if one:
                owed[name] -= 1
                allowed = (one[1].verdict,) if one[1] else score.VERDICTS[1:]
                made.append(Signal(name, one[0], allowed, one[1] or scene.UNKNOWN))
    for entry in traps.rows()[0]:
        register.write(world.row(entry))
    for text, allowed, expected in traps.cases(scene.Expected):
        made.append(Signal("traps", text.encode(), allowed, expected))
    chance.shuffle(made)
    return made


def made_in(arguments, folder):
    """Makes register.csv and signals.txt in the folder; gives the signals and both paths."""
    os.makedirs(folder, exist_ok=True)
    register, asked = os.path.join(folder, "register.csv"), os.path.join(folder, "signals.txt")
    with open(register, "w", encoding="utf-8") as out:
        signals = make(arguments.seed, arguments.addresses, arguments.signals, out)
    with open(asked, "wb") as out:
        out.write(b"".join(signal.text + b"\n" for signal in signals))
    return signals, register, asked


def run(arguments, folder, register, asked):
    """Imports the register and has all signals explained: the answers' file, and the seconds of both."""
    bag, told = os.path.join(folder, "bag"), os.path.join(folder, "answers.jsonl")
    times = [time.monotonic()]
    subprocess.run([arguments.kruispunt, "bag", "import", "--bag", bag, "--date", "2026-01-01", register], check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    times.append(time.monotonic())
    with open(asked, "rb") as source, open(told, "wb") as out:
        subprocess.run([arguments.kruispunt, "address", "explain", "--bag", bag, "--json", "-"], check=True,
                       stdin=source, stdout=out)
    times.append(time.monotonic())
    return told, times[1] - times[0], times[2] - times[1]


def whole(arguments):
    with tempfile.TemporaryDirectory(prefix="kp-oracle-") as made:
        folder = arguments.keep or made
        signals, register, asked = made_in(arguments, folder)
        if arguments.make_only:
            return []
        told, importing, explaining = run(arguments, folder, register, asked)
        result = score.Score(arguments.show)
        with open(told, "rb") as answers:
            result.compare(signals, answers)
    print("\n".join(result.table()))
    print("import: %.1f s; %d signals explained in %.1f s (%.0f a second)" % (
        importing, len(signals), explaining, len(signals) / max(explaining, 0.001)))
    return result.faults()


# ---- Does it find what is wrong? -------------------------------------------------------------------------
def perfect(signal):
    """The answer that is expected."""
    expected, resolved = signal.expected, signal.allowed == ("resolved",)
    return {"verdict": signal.allowed[0] if resolved else signal.allowed[-1],
            "object": expected.object if resolved else None,
            "nummeraanduiding": expected.ids[0] if resolved else None,
            "rule": "", "candidates": list(expected.must)}


def spoil(answers, kind, change, share=1):
    """A copy in which `change` is made to one answer of this verdict, or to every share-th."""
    copy, seen = [dict(answer) for answer in answers], 0
    for answer in copy:
        if answer["verdict"] == kind:
            seen += 1
            if (share > 1 and seen % share == 0) or (share == 1 and seen == 1):
                answer.update(change)
    return copy


def check_itself(arguments):
    """Sabotaged answers must be found, each kind; the right ones must pass."""
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        signals = make(arguments.seed, arguments.addresses, arguments.signals, nowhere)
    right = [perfect(signal) for signal in signals]
    neighbour = {"verdict": "resolved", "object": "0100010000000001", "nummeraanduiding": "0100200000000001",
                 "candidates": []}
    aside = {"verdict": "unknown", "object": None, "nummeraanduiding": None}
    sabotages = {
        "one resolved to a neighbour": spoil(right, "resolved", neighbour),
        "one ambiguous resolved": spoil(right, "ambiguous", neighbour),
        "one ambiguous is unknown": spoil(right, "ambiguous", {"verdict": "unknown"}),
        "one ambiguous without candidates": spoil(right, "ambiguous", {"candidates": []}),
        "one unknown resolved": spoil(right, "unknown", neighbour),
        "one refused resolved": spoil(right, "refused", neighbour),
        "one in a hundred not resolved": spoil(right, "resolved", aside, 100),
        "one in a hundred not refused": spoil(right, "refused", {"verdict": "unknown"}, 100),
        "one id as a number": spoil(right, "resolved", {"nummeraanduiding": 1}),
        "one without an object": spoil(right, "resolved", {"object": None}),
        "one verdict that isn't one": spoil(right, "unknown", {"verdict": "maybe"}),
        "one answer too few": right[:-1],
        "one answer too many": right + right[:1],
        "all in another order": right[1:] + right[:1],
        "nothing": [],
    }
    faults = []
    for name, answers in [("", right), *sabotages.items()]:
        result = score.Score(arguments.show if not name else 0)
        result.compare(signals, (json.dumps(answer) for answer in answers))
        if bool(result.faults()) != bool(name):
            faults.append("not found: " + name if name else "the right answers: " + "; ".join(result.faults()))
    ways = {signal.way for signal in signals}
    faults += ["no signal of the way: " + name for name, _, _ in spell.WAYS if name not in ways]
    print("%d sabotages of %d signals, written in %d ways" % (len(sabotages), len(signals), len(ways)))
    return faults


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kruispunt", default="build/kruispunt", help="the program")
    parser.add_argument("--addresses", type=int, default=60000, help="in the register")
    parser.add_argument("--signals", type=int, default=60000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=3, help="so many faults of each way and kind")
    parser.add_argument("--keep", help="a folder for register, signals and answers")
    parser.add_argument("--make-only", action="store_true", help="make what --keep keeps, and run nothing")
    parser.add_argument("--check-itself", action="store_true", help="does it find sabotaged answers? needs no program")
    arguments = parser.parse_args()
    faults = check_itself(arguments) if arguments.check_itself else whole(arguments)
    for fault in faults:
        print("FAULT: " + fault)
    print("oracle: " + ("not good enough" if faults else "good"))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
