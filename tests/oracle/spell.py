"""Ways in which partners write an address, and what each must come to by the issue's own words.

Each way takes a scene and one entry, and gives the text and what is expected of it, or None where
it doesn't apply. What is expected is worked out from the scene alone.
"""

import re
import unicodedata

from scene import REFUSED, ROMAN, UNKNOWN, Expected, class_of, compact, decide, is_stair, read

MONTHS = "jan feb mrt apr mei jun jul aug sep okt nov dec".split()
DASHES = "\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\uff0d"
SPACES = ["  ", "\u00a0", "\u2009", "\u202f", " \u00a0 ", "\t", "\u3000"]
WORDS = {"hs": ["hs", "huis", "HS", "h", "Huis", "hs."], "bel": ["bel.", "bel", "BEL"], "bg": ["bg", "BG", "b.g."],
         "bis": ["bis", "BIS", "Bis"], "bisA": ["bis A", "bis a", "BIS-A"], "boven": ["boven", "bov", "Boven"],
         "rood": ["rood", "rd", "RD", "Rood"], "zwart": ["zwart", "zw", "ZW"]}


# ---- Parts of a spelling ------------------------------------------------------------------------------
def house(random, e, style=None):
    """Number, letter and addition in one text: (text, rest)."""
    letter, addition = e.letter, e.addition
    if random.random() < 0.4:
        letter, addition = letter.lower(), addition.lower()
    parts = [part for part in (letter, addition) if part]
    style = style or random.choice(("glued", "space", "dash", "slash", "mixed"))
    if style == "glued" and (letter or not addition[:1].isdigit()):
        return "%d%s%s" % (e.number, letter, addition), letter + addition
    if style == "mixed" and letter:
        return "%d%s%s%s" % (e.number, letter, "-" if addition else "", addition), letter + addition
    join = {"space": " ", "slash": "/"}.get(style, "-")
    return join.join([str(e.number)] + parts), letter + addition


def postcode(random, code):
    form = random.random()
    if form < 0.4:
        code = code[:4] + " " + code[4:]
    return code.lower() if random.random() < 0.4 else code


def at_postcode(random, scene, e, text):
    """A text of the house behind the postcode, with or without its street and town."""
    which = random.random()
    if which < 0.5:
        return postcode(random, e.postcode) + random.choice((" ", ", ", "  ", " ")) + text
    if which < 0.9:
        return "%s %s, %s %s" % (e.street, text, postcode(random, e.postcode), e.town)
    return "%s %s %s" % (e.street, text, postcode(random, e.postcode))


def candidates_at(scene, e, with_street):
    at = scene.by_postcode[e.postcode, e.number]
    return [one for one in at if one.street == e.street] if with_street else at


def written(random, scene, e, text, rest, word=None):
    """The text of a house at its postcode, or where it has none by street and town; and what is expected."""
    if not e.postcode:
        return "%s %s, %s" % (e.street, text, e.town), read(scene.by_street[e.street, e.number], rest, word)
    line = at_postcode(random, scene, e, text)
    return line, read(candidates_at(scene, e, e.street in line), rest, word)


def by_street(scene, e, text, rest, line, word=None):
    return line.replace("@", text), read(scene.by_street[e.street, e.number], rest, word)


def towards(random, town):
    """Where the town stands; @ is the house, # the street."""
    return random.choice(("# @, " + town, "# @ " + town, town + ", # @", "# @, " + town))


# ---- Literal ways ------------------------------------------------------------------------------------
def style_way(style):
    def way(random, scene, e):
        if style != "plain" and not e.letter + e.addition:
            return None
        return written(random, scene, e, *house(random, e, "glued" if style == "plain" else style))
    return way


def leading_zeros(random, scene, e):
    text, rest = house(random, e)
    return written(random, scene, e, "0" * random.randint(1, 3) + text, rest)


def spreadsheet(random, scene, e):
    if e.letter + e.addition:
        return None
    return written(random, scene, e, "%d%s" % (e.number, random.choice((",00", ".0", ",0", ".00"))), "")


def labelled(random, scene, e):
    text, rest = house(random, e)
    return written(random, scene, e, random.choice(("nr. ", "nr ", "no. ", "huisnr. ", "nummer ")) + text, rest)


def number_first(random, scene, e):
    if not e.postcode:
        return None
    text, rest = house(random, e)
    line = random.choice(("%(h)s, %(p)s", "%(p)s %(t)s, %(s)s %(h)s", "%(t)s, %(s)s %(h)s, %(p)s", "%(p)s, %(s)s %(h)s"))
    line = line % {"h": text, "p": postcode(random, e.postcode), "s": e.street, "t": e.town}
    return line, read(candidates_at(scene, e, e.street in line), rest)


def country(random, scene, e):
    line, expected = written(random, scene, e, *house(random, e))
    return line + random.choice((", Nederland", ", NL", ", NEDERLAND", ", The Netherlands")), expected


def shouted(random, scene, e):
    line, expected = written(random, scene, e, *house(random, e))
    return (line.upper() if random.random() < 0.5 else line.lower()), expected


# ---- Words --------------------------------------------------------------------------------------------
def word_way(classes):
    def way(random, scene, e):
        at = scene.by_street[e.street, e.number]
        kind = class_of(e.addition, at)
        if kind is None or not (kind in classes or (kind.isdigit() and classes == "floors" and int(kind) <= 8)):
            return None
        if kind.isdigit():
            roman = ROMAN[int(kind)]
            word = random.choice((kind, roman, roman.lower(), kind + "e", kind + " hoog", roman + " hoog", kind + "-hoog",
                                  kind + "e et", kind + "e verdieping", kind + " hg", kind + "hoog"))
        else:
            word = random.choice(WORDS[kind])
        if word.upper() == "V" or (word.upper() == "I" and not is_stair(at)):
            return None  # a V can be "voor" as well as a five; an I among letters is a letter
        space = random.choice((" ", "-", " ", "")) if not word[0].isdigit() else random.choice((" ", "-"))
        text = "%d%s%s%s" % (e.number, e.letter, space, word)
        return written(random, scene, e, text, e.letter + word, (e.letter.upper(), kind))
    return way


# ---- Streets and towns ---------------------------------------------------------------------------------
def street_town(random, scene, e):
    text, rest = house(random, e)
    return by_street(scene, e, text, rest, towards(random, e.town).replace("#", e.street))


def other_town(random, scene, e):
    if not scene.other_towns:
        return None
    text, rest = house(random, e)
    return by_street(scene, e, text, rest, towards(random, random.choice(scene.other_towns)).replace("#", e.street))


def shortened(random, scene, e):
    forms = scene.street_of[e.street].short
    if not forms:
        return None
    text, rest = house(random, e)
    name = random.choice(forms)
    if e.postcode and random.random() < 0.4:
        return "%s %s, %s" % (name, text, postcode(random, e.postcode)), read(candidates_at(scene, e, True), rest)
    return by_street(scene, e, text, rest, towards(random, e.town).replace("#", name))


def initials(random, scene, e):
    forms = scene.street_of[e.street].initials
    if not forms:
        return None
    text, rest = house(random, e)
    return by_street(scene, e, text, rest, towards(random, e.town).replace("#", random.choice(forms)))


def numbered(random, scene, e):
    street = scene.street_of[e.street]
    if not street.numbered:
        return None
    name = e.street
    if street.short and random.random() < 0.5:
        name = random.choice(street.short)
    text, rest = house(random, e)
    if e.postcode and random.random() < 0.3:
        return "%s %s, %s" % (name, text, postcode(random, e.postcode)), read(candidates_at(scene, e, True), rest)
    return by_street(scene, e, text, rest, towards(random, e.town).replace("#", name))


def marks(random, scene, e):
    if not scene.street_of[e.street].marked:
        return None
    apart = unicodedata.normalize("NFD", e.street)
    name = random.choice((apart, "".join(c for c in apart if not unicodedata.combining(c)), e.street.upper()))
    text, rest = house(random, e)
    return by_street(scene, e, text, rest, towards(random, e.town).replace("#", name))


def latin_1(random, scene, e):
    text, rest = house(random, e)
    line, expected = by_street(scene, e, text, rest, towards(random, e.town).replace("#", e.street))
    try:
        line.encode("ascii")
        line = line.replace(" ", "\u00a0")
    except UnicodeEncodeError:
        pass
    try:
        return line.encode("latin-1"), expected
    except UnicodeEncodeError:
        return None


# ---- Characters ----------------------------------------------------------------------------------------
def spaces(random, scene, e):
    line, expected = written(random, scene, e, *house(random, e))
    return random.choice(("", " ")) + "".join(random.choice(SPACES) if c == " " else c for c in line) + "  ", expected


def dashes(random, scene, e):
    if not e.letter + e.addition:
        return None
    text, rest = house(random, e, "dash")
    return written(random, scene, e, text.replace("-", random.choice(DASHES)), rest)


def full_width(random, scene, e):
    line, expected = written(random, scene, e, *house(random, e))
    return "".join(chr(ord(c) + 0xfee0) if c.isascii() and c.isalnum() else c for c in line), expected


def quotes(random, scene, e):
    if "'" not in e.town + e.street:
        return None
    line, expected = street_town(random, scene, e)
    return line.replace("'", random.choice("\u2019\u2018`\u00b4")), expected


# ---- Ids ----------------------------------------------------------------------------------------------
def own_id(random, scene, e):
    return random.choice(("%s", " %s ", "%s\t")) % e.id, decide(scene.by_id[e.id])


def object_id(random, scene, e):
    all_of_it = scene.by_id[e.object]
    if not all_of_it:
        return e.object, UNKNOWN
    # One of the object's ids is named; which of them, main or lowest, the issue leaves open.
    return e.object, Expected("resolved", e.object, tuple(one.id for one in all_of_it), ())


def double(random, scene, e):
    """Side addresses, two ids on one object, and texts that two objects have."""
    at = scene.by_street[e.street, e.number]
    if not (e.side or len([one for one in at if one.letter + one.addition == e.letter + e.addition]) > 1):
        return None
    return written(random, scene, e, *house(random, e))


# ---- What must not resolve -------------------------------------------------------------------------------
def no_such_house(random, scene, e):
    number = e.number + random.choice((1001, 40001))
    return "%s %d" % (e.postcode or e.street + ", " + e.town, number), UNKNOWN


def no_such_addition(random, scene, e):
    """An addition that isn't there, or none where all have one: never the house as a whole, nor a neighbour."""
    at = scene.by_street[e.street, e.number]
    rest = random.choice(("", "Q", "-999", " Z", "-9Z", " kelder", "A-777", " winkel"))
    if not e.postcode or any((one.letter + one.addition).upper() == compact(rest) for one in at):
        return None
    return "%s %d%s, %s" % (e.street, e.number, rest, e.postcode), UNKNOWN


def letter_is_no_word(random, scene, e):
    """In a row A to K nobody is the house or the first floor."""
    at = scene.by_street[e.street, e.number]
    if is_stair(at) or any(class_of(one.addition, []) for one in at):
        return None
    text = random.choice(("%d huis", "%d hs", "%d 1e", "%d-1 hoog", "%d bg", "%d boven")) % e.number
    return "%s %s, %s" % (e.street, text, e.town), UNKNOWN


def withdrawn(random, scene, e):
    if e.used:
        return None
    if random.random() < 0.4:
        return e.id, UNKNOWN
    return written(random, scene, e, *house(random, e))


def span(random, scene, e):
    """A range: ambiguous when both houses exist, otherwise unknown; a literal reading comes first."""
    other = e.number + random.choice((2, 2, 4))
    text = "%d%s%d" % (e.number, random.choice(("-", " - ", " t/m ", "\u2013")), other)
    at, others = scene.by_street[e.street, e.number], scene.by_street[e.street, other]
    if decide([one for one in at if (one.letter + one.addition) == str(other)]) != UNKNOWN:
        return None
    first, last = ([one for one in these if not one.letter + one.addition] for these in (at, others))
    line = "%s %s, %s" % (e.street, text, e.town)
    if not first or not last:
        return line, UNKNOWN
    if len({one.object for one in first + last}) == 1:
        return None  # the issue leaves it open whether two numbers of one object are one house here
    return line, Expected("ambiguous", None, (), tuple(one.id for one in first + last))


def near(random, scene, e):
    word = random.choice(("t/o ", "nabij ", "tegenover ", "T/O ", "Nabij "))
    line = random.choice(("%(p)s %(w)s%(n)d", "%(w)s%(s)s %(n)d, %(t)s", "%(s)s %(w)s%(n)d, %(t)s"))
    if "%(p)" in line and not e.postcode:
        return None
    return line % {"p": e.postcode, "w": word, "n": e.number, "s": e.street, "t": e.town}, REFUSED


def po_box(random, scene, e):
    code = (e.postcode[:4] + " " + e.postcode[4:] + " ") if e.postcode else ""
    return "%s %d, %s%s" % (random.choice(("Postbus", "POSTBUS", "postbus", "Antwoordnummer")), e.number, code,
                            e.town), REFUSED


def other_ids(random, scene, e):
    which = random.choice(("10", "30", "11", "02x", "99"))
    if which == "02x":
        return e.id[:4] + random.choice(("20", "01")) + "9%09d" % random.randrange(10 ** 9), UNKNOWN
    return e.id[:4] + which + e.id[6:], REFUSED


def date(random, scene, e):
    """A spreadsheet made a date of 12-2: refused, with 12-2 as the candidate."""
    if not e.postcode or e.letter or e.addition not in [str(m) for m in range(1, 13)] or e.number > 28 or not e.used:
        return None
    text = random.choice(("%d-%s", "%d-%s", "%d %s")) % (e.number, MONTHS[int(e.addition) - 1])
    at = [one.id for one in scene.by_postcode[e.postcode, e.number] if one.letter + one.addition == e.addition]
    return "%s %s" % (e.postcode, text), Expected("refused", None, (), tuple(at))


def rubbish(random, scene, e):
    return random.choice(("", "   ", "?", "12", e.town, "onbekend", "0", "zwervend", "\u0001", "A", "1234",
                          e.street, "n.v.t.", "-", "=HYPERLINK(\"x\")", "\U0001f3e0" * 40)), None


def ambiguous(random, scene, e):
    """Whatever is ambiguous when written with its number, letter and addition."""
    if not e.used or not e.postcode:
        return None
    line, expected = written(random, scene, e, *house(random, e))
    return (line, expected) if expected.verdict == "ambiguous" else None


# name, weight, function
WAYS = [("plain", 8, style_way("plain")), ("glued (12a, 12a2)", 3, style_way("glued")),
        ("spaces between parts (12 A 2)", 3, style_way("space")), ("dashes (12-A-2)", 3, style_way("dash")),
        ("slash (12/2)", 3, style_way("slash")), ("one dash (12A-2)", 3, style_way("mixed")),
        ("leading zeros", 2, leading_zeros), ("spreadsheet (12,00)", 3, spreadsheet), ("nr. 12", 2, labelled),
        ("other order", 3, number_first), ("country", 2, country), ("capitals or none", 2, shouted),
        ("floors (II, 2 hoog, 2e)", 5, word_way("floors")), ("hs, huis, h", 4, word_way(("hs",))),
        ("bis, bis A", 4, word_way(("bis", "bisA"))), ("rd, rood, zw", 3, word_way(("rood", "zwart"))),
        ("bel., bg, boven", 3, word_way(("bel", "bg", "boven"))), ("street and town", 5, street_town),
        ("other name of town", 4, other_town), ("street shortened", 5, shortened), ("street's initials", 2, initials),
        ("numbers in streets", 4, numbered), ("diacritics", 3, marks), ("Latin-1", 3, latin_1),
        ("odd spaces", 3, spaces), ("odd dashes", 3, dashes), ("full width", 3, full_width),
        ("curly quotes", 2, quotes), ("id of a number", 4, own_id), ("id of an object", 3, object_id),
        ("side addresses, doubles", 3, double), ("ambiguous", 3, ambiguous), ("no such house", 2, no_such_house),
        ("no such addition", 3, no_such_addition), ("letter is no word", 2, letter_is_no_word),
        ("withdrawn", 3, withdrawn), ("range", 3, span), ("near", 3, near), ("PO box", 2, po_box),
        ("other ids", 2, other_ids), ("date", 3, date), ("rubbish", 1, rubbish)]


def spell(random, scene, way, tries=60):
    """A signal of one way in this scene: (text as bytes, expected), or None when nothing here fits it."""
    for _ in range(min(tries, len(scene.entries))):
        e = random.choice(scene.entries)
        made = way(random, scene, e)
        if made and not (isinstance(made[0], str) and re.search("[\r\n]", made[0])):
            line = made[0] if isinstance(made[0], bytes) else made[0].encode()
            return line, made[1]
    return None
