"""A made-up register with the mix of the real one: split houses, stairs, side addresses, doubles.

It is made street by street, so that a million addresses take little memory. All of it is invented.
"""

import collections
import itertools

# One number as registered. `used`: not withdrawn. `side`: a side address (nevenadres).
Entry = collections.namedtuple(
    "Entry", "id postcode number letter addition street town object side used")

COLUMNS = ("nummeraanduiding_id,postcode,huisnummer,huisletter,huisnummertoevoeging,"
           "openbare_ruimte,woonplaats,adresseerbaar_object_id,status,nevenadres")

# Towns and what else they are called.
TOWNS = [
    ("'s-Gravenhage", ["Den Haag", "'s Gravenhage", "\u2019s-Gravenhage", "DEN HAAG"]),
    ("'s-Hertogenbosch", ["Den Bosch", "'s Hertogenbosch", "den bosch"]),
    ("Amsterdam", ["A'dam", "amsterdam"]),
    ("Rotterdam", ["R'dam", "ROTTERDAM"]),
    ("Utrecht", ["UTRECHT"]),
    ("Haarlem", ["haarlem"]),
    ("Alphen aan den Rijn", ["Alphen a/d Rijn", "Alphen a.d. Rijn"]),
    ("Capelle aan den IJssel", ["Capelle a/d IJssel", "Capelle a/d Ijssel"]),
    ("Sint-Oedenrode", ["St. Oedenrode", "Sint Oedenrode", "St Oedenrode"]),
    ("Bergen op Zoom", ["bergen op zoom"]),
    ("Wijk bij Duurstede", ["WIJK BIJ DUURSTEDE"]),
    ("Hoek van Holland", ["hoek van holland"]),
    ("Leeuwarden", ["Ljouwert"]),
    ("Sneek", ["Snits"]),
    ("Burgum", ["Bergum"]),
    ("IJsselstein", ["\u0132sselstein", "Ijsselstein"]),
    ("Den Helder", ["den  helder"]),
    ("Hengelo", ["Hengelo (O)", "Hengelo (Ov)"]),
]
TOWN_STARTS = ("Ooster Wester Noorder Zuider Nieuwe Oude Midden Achter Boven Hoge Lage Grote Kleine "
               "Berken Elzen Duin Zand Klei Veen").split()
TOWN_ENDS = "wolde brok horst kerke buren gum sluis warfum stede haren moer winde".split()

# The last part of a street's name, and how NEN 5825 shortens it.
KINDS = [("straat", ["str", "str."]), ("laan", ["ln", "ln."]), ("weg", ["wg", "wg."]),
         ("plein", ["pln", "pln."]), ("gracht", ["gr", "gr."]), ("kade", ["kd"]),
         ("singel", ["sngl"]), ("dijk", ["dk"]), ("steeg", ["stg"]), ("hof", ["hf"]),
         ("pad", ["pd"]), ("plantsoen", ["plnts"])]
NOUNS = ("Kerk Molen Dorps School Stations Wilgen Eiken Beuken Linden Iepen Berken Esdoorn Markt Haven "
         "Zee Duin Bos Heide Veld Akker Tuin Bloemen Rozen Tulpen Lelie Anjer Merel Lijster Vink Spreeuw "
         "Zwaluw Reiger Kievit Meeuw Paarden Schapen Koeien Wagen Smeden Bakkers Slagers Wevers Vissers "
         "Koren Gerst Haver Tarwe Klaver Brink Toren Poort Brug Sluis Gouden Zilver Koper Ijzer").split()
MARKED = ("Curaçao Röntgen Händel Ampère Coöperatie Skûtsje Âldlâns Dvořák Señor Bartók").split()
TITLES = [("Burgemeester", ["Burg.", "Burg"]), ("Professor", ["Prof.", "Prof"]), ("Doctor", ["Dr.", "Dr"]),
          ("Dominee", ["Ds."]), ("Pastoor", ["Past."]), ("Generaal", ["Gen.", "Gen"]),
          ("Admiraal", ["Adm."]), ("Koningin", ["Kon."]), ("President", ["Pres."]), ("Sint", ["St.", "St"]),
          ("Meester", ["Mr."]), ("Minister", ["Min."])]
GIVEN = "Jan Pieter Willem Johanna Karel Maria Hendrik Anna Frans Sophia".split()
PARTICLES = [("van der", ["v.d.", "v d", "v/d", "vd"]), ("van den", ["v.d.", "v/d"]), ("van", ["v."]),
             ("de", ["d."])]
SURNAMES = ("Meer Berg Linde Velde Hoek Bosch Wal Broek Ploeg Heuvel Kamp Jansen Visser Bakker Mulder Dekker "
            "Brouwer Peters Hendriks Dijkstra Smits Kuipers Verhoeven Vermeulen Scholten Postma Willems Prins "
            "Hoekstra Koster Evers Blom Maas Huisman Peeters Veenstra Kramer Schouten Wolters").split()
ORDINALS = [("1e", ["Eerste", "1e"]), ("2e", ["Tweede", "2e"]), ("Derde", ["3e", "Derde"])]
NUMBERED = ["Plein 1944", "Laan 1940-1945", "Plein 1945", "Laan van 1813", "Jol 28", "Jol 29", "Galjoen 12"]
PLAIN = ["'t Zand", "Van 't Hoffstraat", "'s-Gravenweg", "Achter de Dom", "Bij de Haven", "Plein", "Brink",
         "Jan-van-Galenstraat", "Lange Voorhout", "De Meent"]

Street = collections.namedtuple("Street", "name town short initials marked numbered entries")


def towns(count):
    """The first `count` towns with their other names; the real names come first."""
    made = ((start + end, [(start + end).upper()])
            for start, end in itertools.product(TOWN_STARTS, TOWN_ENDS))
    return list(itertools.islice(itertools.chain(TOWNS, made), count))


def person_street(random, used):
    """Title, given name or particle, surname and kind: no two of a town share the surname and kind."""
    kind, kind_short = random.choice(KINDS[:5])
    surname = random.choice(SURNAMES)
    if (surname, kind) in used:
        return None
    used.add((surname, kind))
    title, title_short = random.choice(TITLES)
    full, short, initials = [title], [random.choice(title_short)], None
    which = random.random()
    if which < 0.4:
        particle, particle_short = random.choice(PARTICLES)
        full.append(particle)
        short.append(random.choice(particle_short))
    elif which < 0.7:
        given = random.choice(GIVEN)
        full = [given] if random.random() < 0.5 else [title, given]
        initials = " ".join(([random.choice(title_short)] if len(full) > 1 else []) +
                            [given[0] + ".", surname + kind])
        short = [random.choice(title_short)] * (len(full) > 1) + [given]
    full.append(surname + kind)
    short.append(surname + random.choice(kind_short))
    return " ".join(full), [" ".join(short)], [initials] if initials else []


def street_names(random, count):
    """(name, short forms, forms with initials, has marks, has numbers) of a town's streets."""
    nouns, persons, names = set(), set(), []
    for name in NUMBERED + PLAIN:
        names.append((name, [], [], False, any(c.isdigit() for c in name)))
    base = random.choice(SURNAMES)
    for name, forms in ORDINALS:
        names.append((name + " " + base + "dwarspad", [form + " " + base + "dwarspad" for form in forms], [],
                      False, True))
    while len(names) < count:
        if random.random() < 0.4:
            made = person_street(random, persons)
            if made:
                names.append((*made, False, False))
            elif len(persons) > 150:
                count = len(names)
            continue
        noun = random.choice(MARKED if random.random() < 0.1 else NOUNS)
        kind, short = random.choice(KINDS)
        if (noun, kind) not in nouns:
            nouns.add((noun, kind))
            names.append((noun + kind, [noun + form for form in short], [], not noun.isascii(), False))
    random.shuffle(names)
    return names


# What stands at one number: (letter, addition) of each, by how often the register has it so.
# "=" before an addition: on the object of the one before it.
LETTERS = "ABCDEFGHIJK"
MIX = [
    (640, lambda r: [("", "")]),
    (80, lambda r: [("", "")] + [(c, "") for c in LETTERS[:r.randint(1, 4)]]),
    (12, lambda r: [(c, "") for c in LETTERS]),
    (8, lambda r: [("", "")] + [("", c) for c in LETTERS[:r.randint(2, 11)]]),
    (30, lambda r: [("", "")] * r.randint(0, 1) + [("", str(i)) for i in range(1, r.randint(2, 5))]),
    (6, lambda r: [("", str(i)) for i in range(1, r.randint(8, 31))]),
    (25, lambda r: [("", "HS")] + [("", str(i)) for i in range(1, r.randint(2, 5))]),
    (15, lambda r: [("", "H")] + [("", str(i)) for i in range(1, r.randint(2, 5))]),
    (20, lambda r: [("", "HS")] + [("", i) for i in ("I", "II", "III")[:r.randint(1, 3)]]),
    (8, lambda r: [("", "HS"), ("", "BEL"), ("", "1"), ("", "2")]),
    (8, lambda r: [("", "BG"), ("", "1"), ("", "2")]),
    (14, lambda r: [("", ""), ("", "BIS")]),
    (8, lambda r: [("", ""), ("", "BIS"), ("", "BISA")]),
    (8, lambda r: [("", ""), ("", "BS"), ("", "BSA")]),
    (10, lambda r: [("", "RD"), ("", "ZW")]),
    (6, lambda r: [("", ""), ("", "RD")]),
    (8, lambda r: [("", ""), ("", "BOV")]),
    (14, lambda r: [("A", "1"), ("A", "2"), ("B", "1")]),
    (8, lambda r: [("", ""), ("A", ""), ("A", "1"), ("", "1")]),
    (8, lambda r: [("A", "HS"), ("A", "1"), ("A", "2"), ("B", "HS"), ("B", "1")]),
    (6, lambda r: [("", "A1"), ("", "A2"), ("", "B1")]),
    (4, lambda r: [("A", ""), ("", "A")]),
    (3, lambda r: [("A", ""), ("", "=A")]),
    (3, lambda r: [("", ""), ("", "")]),
    (3, lambda r: [("", ""), ("", "=")]),
    (3, lambda r: [("A", "1"), ("", "A1")]),
    (3, lambda r: [("", "H"), ("", "HS"), ("", "1")]),
]
WEIGHTS = list(itertools.accumulate(weight for weight, _ in MIX))


def row(entry):
    """The entry as a line of the flat CSV."""
    status = "Naamgeving uitgegeven" if entry.used else "Naamgeving ingetrokken"
    names = ['"%s"' % t.replace('"', '""') if '"' in t or "," in t else t for t in (entry.street, entry.town)]
    return ",".join((entry.id, entry.postcode, str(entry.number), entry.letter, entry.addition, *names,
                     entry.object, status, "1" if entry.side else "0")) + "\n"


class Maker:
    """Gives ids, postcodes and streets; writes each row as it is made."""

    def __init__(self, random, out):
        self.random, self.out, self.rows = random, out, 0
        self.postcode = random.randrange(10 ** 6)
        self.count = 0
        out.write(COLUMNS + "\n")

    def next_postcode(self):
        self.postcode += 1
        at = self.postcode * 1231 % (9000 * 676)  # 1231 and 9000 * 676 have no common factor
        return "%d%c%c" % (1000 + at // 676, 65 + at // 26 % 26, 65 + at % 26)

    def new_id(self, town, kind):
        self.count += 1
        return "%04d%s%010d" % (100 + town * 7 % 1900, kind, self.count)

    def write(self, entry):
        self.out.write(row(entry))
        self.rows += 1

    def new_object(self, town):
        return self.new_id(town, self.random.choice(("01", "01", "01", "01", "02", "03")))

    def number(self, town, place, number, before):
        """The entries at one number; `before` is the house before it, for side addresses."""
        random = self.random
        ids = []
        made = []
        at = random.choices(MIX, cum_weights=WEIGHTS)[0][1](random)
        side = len(at) == 1 and before and random.random() < 0.02
        for letter, addition in at:
            ids.append(self.new_id(town, "20"))
            same = addition.startswith("=") and made or None
            made.append((letter, addition.lstrip("="),
                         before.object if side else made[-1][2] if same else self.new_object(town),
                         bool(side or (same and random.random() < 0.5)), True))
        if random.random() < 0.01:
            ids.append(self.new_id(town, "20"))
            made.append(("", random.choice(("X", "WINK")), self.new_object(town), False, False))
        elif random.random() < 0.005:  # the whole number is withdrawn
            made = [(*one[:4], False) for one in made]
        random.shuffle(ids)  # so that the lowest id is not always the first
        return [Entry(i, place[0], number, one[0], one[1], place[1], place[2], *one[2:])
                for i, one in zip(ids, made)]

    def street(self, town, town_name, naming, shared=None):
        """One street; `shared`: the postcode of another street that it shares."""
        random = self.random
        name, short, initials, marked, numbered = naming
        street = Street(name, town_name, short, initials, marked, numbered, [])
        one_postcode = shared or (self.next_postcode() if random.random() < 0.2 else None)
        none = random.random() < 0.004 and not shared
        for side in (1, 2):
            postcode, number = None, side + 2 * random.randrange(20) - 2
            before = None
            for place in range(random.randint(5, 30)):
                if postcode is None or (place % 20 == 0 and not one_postcode):
                    postcode = one_postcode or self.next_postcode()
                number += 2 if random.random() < 0.9 else 4
                entries = self.number(town, ("" if none else postcode, name, town_name), number, before)
                before = next((e for e in entries if e.used and not e.side), None)
                street.entries.extend(entries)
        for entry in street.entries:
            self.write(entry)
        return street


def clusters(random, out, wanted):
    """Yields streets, one or two at a time (those that share a postcode), until enough are made."""
    maker = Maker(random, out)
    per_town = max(30, min(130, wanted // 2000))
    for town, (name, others) in enumerate(itertools.cycle(towns(400))):
        names = street_names(random, per_town)
        while names:
            if maker.rows >= wanted:
                return
            first = maker.street(town, name, names.pop())
            streets = [first]
            if names and random.random() < 0.04 and first.entries[0].postcode:
                streets.append(maker.street(town, name, names.pop(), first.entries[0].postcode))
            yield streets, others
