"""What stands where, and how the issue says that it is to be read: a literal reading of what is behind the
number first; only if none exists, the words; one object is resolved, more are ambiguous, none is unknown.
"""

import collections

# verdict; object: of a resolved one; ids: those that may be named; must: candidates that must be told.
Expected = collections.namedtuple("Expected", "verdict object ids must")

UNKNOWN = Expected("unknown", None, (), ())
REFUSED = Expected("refused", None, (), ())
ROMAN = ["", "I", "II", "III", "IV", "V", "VI", "VII", "VIII"]
CLASS = {"HS": "hs", "HUIS": "hs", "BEL": "bel", "BG": "bg", "BIS": "bis", "BS": "bis", "BISA": "bisA",
         "BSA": "bisA", "BOV": "boven", "RD": "rood", "ZW": "zwart"}


class Scene:
    """A street, or two that share a postcode, and what stands where."""

    def __init__(self, streets, other_towns):
        self.streets, self.other_towns = streets, other_towns
        self.entries = [e for s in streets for e in s.entries]
        self.street_of = {s.name: s for s in streets}
        self.by_postcode = collections.defaultdict(list)
        self.by_street = collections.defaultdict(list)
        self.by_id = collections.defaultdict(list)
        for e in self.entries:
            if e.used:
                self.by_id[e.id].append(e)
                self.by_id[e.object].append(e)
                self.by_street[e.street, e.number].append(e)
                if e.postcode:
                    self.by_postcode[e.postcode, e.number].append(e)


def is_stair(at):
    """No lone letters stand here but those that are words: so H and I may be read as words."""
    return not any(len(e.letter + e.addition) == 1 and (e.letter + e.addition).upper() in "ABCDEFGJK" for e in at)


def class_of(addition, at):
    text = addition.upper()
    if text in CLASS:
        return CLASS[text]
    if text == "H":
        return "hs" if is_stair(at) else None
    if text in ROMAN[1:]:
        return str(ROMAN.index(text)) if text != "I" or is_stair(at) else None
    return text if text.isdigit() else None


def decide(matches):
    objects = {e.object for e in matches}
    if not objects:
        return UNKNOWN
    ids = tuple(sorted(e.id for e in matches))
    if len(objects) > 1:
        return Expected("ambiguous", None, (), ids)
    return Expected("resolved", matches[0].object, ids[:1], ())


def compact(text):
    return "".join(c for c in text if c.isalnum()).upper()


def says(e, at, letter, kind):
    """The entry has the letter, in its place or at the front of the addition, and the class behind it."""
    at = [one for one in at if one.street == e.street]  # another street's letters are none of this stair's
    if e.letter:
        return e.letter.upper() == letter and class_of(e.addition, at) == kind
    front = e.addition.upper()[:len(letter)]
    return front == letter and class_of(e.addition[len(letter):], at) == kind


def read(at, rest, word=None):
    """The tiers over the entries `at` a place and number; `word`: (letter, class) that the rest says."""
    literal = [e for e in at if (e.letter + e.addition).upper() == compact(rest)]
    if literal or not word:
        return decide(literal)
    return decide([e for e in at if says(e, at, *word)])
