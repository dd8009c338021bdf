"""What the product answered against what was expected: counts by way of spelling, and whether that will do."""

import collections
import json

LEAST = 99.5  # percent of the resolvable that must be resolved
KEYS = ("verdict", "object", "nummeraanduiding", "rule", "candidates")
VERDICTS = ("resolved", "ambiguous", "unknown", "refused")
CANDIDATES_LEAST = 16  # of more candidates than these not all need be told

# What an answer can be. WRONG: resolved to another object, or resolved at all where nothing should be.
# FORM: not as the contract says. OTHER: put aside, but under another verdict or without a candidate.
RIGHT, MISSED, WRONG, OTHER, FORM = "right", "missed", "WRONG", "other", "form"


def is_id(text):
    return isinstance(text, str) and len(text) == 16 and text.isdigit()


def well_formed(answer):
    """The contract of one JSON object, whatever it says."""
    if not isinstance(answer, dict) or any(key not in answer for key in KEYS) or answer["verdict"] not in VERDICTS:
        return False
    ids = [answer["object"], answer["nummeraanduiding"]]
    if answer["verdict"] != "resolved" and ids != [None, None]:
        return False
    if answer["verdict"] == "resolved" and not all(is_id(i) for i in ids):
        return False
    candidates = answer["candidates"]
    return isinstance(answer["rule"], str) and isinstance(candidates, list) and all(
        is_id(c) and c[4:6] == "20" for c in candidates)


def judge(signal, answer):
    """One of the five for one signal: see above."""
    allowed, expected = signal.allowed, signal.expected
    if not well_formed(answer):
        return FORM
    verdict = answer["verdict"]
    if verdict == "resolved":
        if answer["object"] != expected.object or "resolved" not in allowed:
            return WRONG
        return RIGHT if answer["nummeraanduiding"] in expected.ids else OTHER
    if "resolved" in allowed and len(allowed) == 1:
        return MISSED
    if verdict not in allowed:
        return OTHER
    told = [i for i in expected.must if i in answer["candidates"]]
    return RIGHT if len(told) >= min(len(expected.must), CANDIDATES_LEAST) else OTHER


def read_answers(lines):
    """One answer a line; None for a line that is no JSON."""
    for line in lines:
        try:
            yield json.loads(line)
        except ValueError:
            yield None


class Score:
    def __init__(self, show=0):
        self.ways = collections.defaultdict(collections.Counter)
        self.kinds = collections.defaultdict(collections.Counter)
        self.show, self.shown, self.lines = show, collections.Counter(), [0, 0]

    def add(self, signal, answer):
        result = judge(signal, answer)
        self.ways[signal.way][result] += 1
        kind = signal.expected.verdict if len(signal.allowed) == 1 else "not resolved, or only right"
        self.kinds[kind][result] += 1
        self.ways[signal.way]["all"] += 1
        self.kinds[kind]["all"] += 1
        if result != RIGHT and self.shown[signal.way, result] < self.show:
            self.shown[signal.way, result] += 1
            print("%s, %s: %r\n  expected %s %s %s %s\n  got      %s" % (
                signal.way, result, signal.text.decode("utf-8", "backslashreplace"), "/".join(signal.allowed),
                signal.expected.object, signal.expected.ids, signal.expected.must,
                json.dumps({k: answer[k] for k in KEYS if k in answer}) if isinstance(answer, dict) else answer))

    def compare(self, signals, lines):
        """All signals with all answers: a line too few or too many is a fault too."""
        answers = read_answers(lines)
        for signal in signals:
            self.lines[0] += 1
            answer = next(answers, StopIteration)
            if answer is StopIteration:
                self.add(signal, None)
                continue
            self.lines[1] += 1
            self.add(signal, answer)
        self.lines[1] += sum(1 for _ in answers)

    def faults(self):
        """Why it won't do, as texts; none: it will."""
        found = []
        every = collections.Counter()
        for counts in self.ways.values():
            every.update(counts)
        resolvable = self.kinds["resolved"]
        if self.lines[0] != self.lines[1]:
            found.append("%d signals, but %d answers" % tuple(self.lines))
        if resolvable["all"] == 0 or 100.0 * resolvable[RIGHT] / resolvable["all"] < LEAST:
            found.append("of %d resolvable ones %d are resolved: less than %.1f %%" % (
                resolvable["all"], resolvable[RIGHT], LEAST))
        if every[WRONG]:
            found.append("%d resolved to what they are not" % every[WRONG])
        if every[FORM]:
            found.append("%d answers are not of the form that was agreed" % every[FORM])
        aside = self.kinds["ambiguous"]
        if aside["all"] == 0 or aside[RIGHT] != aside["all"]:
            found.append("of %d ambiguous ones %d are put aside as such with their candidates" % (
                aside["all"], aside[RIGHT]))
        for kind in ("refused", "unknown"):
            counts = self.kinds[kind]
            if counts["all"] == 0 or 100.0 * counts[RIGHT] / counts["all"] < LEAST:
                found.append("of %d that must be %s %d are" % (counts["all"], kind, counts[RIGHT]))
        if self.ways["traps"][RIGHT] != self.ways["traps"]["all"]:
            found.append("%d traps" % (self.ways["traps"]["all"] - self.ways["traps"][RIGHT]))
        return found

    def table(self):
        columns = ("all", RIGHT, MISSED, OTHER, WRONG, FORM)
        yield "%-34s" % "way of spelling" + "".join("%9s" % c for c in columns)
        for names in (self.ways, self.kinds):
            for name, counts in sorted(names.items()):
                yield "%-34s" % name + "".join("%9d" % counts[c] for c in columns)
            yield ""
