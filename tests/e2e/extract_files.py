#!/usr/bin/env python3
"""Writes a flat CSV of the address register as the official extract is delivered: LVBAG extract 2.0,
zips in a zip. It has what must not count, too: past and coming occurrences, what was made inactive or
found to be no part of the register, buildings, geometry, what is being looked into.

usage: extract_files.py CSV OUT.zip [LOOSE-FOLDER]     with a folder: the XML files beside each other
"""
import csv
import io
import os
import sys
import zipfile
from xml.sax.saxutils import escape

DATE = "2026-11-08"
FILES_OF = 700  # records in one XML file
NAMESPACES = {
    "Objecten": "www.kadaster.nl/schemas/lvbag/imbag/objecten/v20200601",
    "gml": "http://www.opengis.net/gml/3.2",
    "Historie": "www.kadaster.nl/schemas/lvbag/imbag/historie/v20200601",
    "Objecten-ref": "www.kadaster.nl/schemas/lvbag/imbag/objecten-ref/v20200601",
    "KenmerkInOnderzoek": "www.kadaster.nl/schemas/lvbag/imbag/kenmerkinonderzoek/v20200601",
    "selecties-extract": "http://www.kadaster.nl/schemas/lvbag/extract-selecties/v20200601",
    "sl-bag-extract": "http://www.kadaster.nl/schemas/lvbag/extract-deelbestand-lvc/v20200601",
    "sl": "http://www.kadaster.nl/schemas/standlevering-generiek/1.0",
}
XMLNS = "".join(f'\n    xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
GEOMETRY = (
    "<Objecten:geometrie><Objecten:punt><gml:Point srsName='urn:ogc:def:crs:EPSG::28992'>"
    "<gml:pos>131419.0 482833.0 0.0</gml:pos></gml:Point></Objecten:punt></Objecten:geometrie>"
)


def element(name, value, prefix="Objecten", attributes=""):
    return f"<{prefix}:{name}{attributes}>{escape(value)}</{prefix}:{name}>"


def reference(around, name, value):
    inner = element(name, value, "Objecten-ref", ' domein="NL.IMBAG"')
    return f"<Objecten:{around}>{inner}</Objecten:{around}>"


def occurrence(number, begin, end=None, gone=None):
    """gone: tijdstipInactief or tijdstipNietBagLV."""
    text = element("voorkomenidentificatie", str(number), "Historie")
    text += element("beginGeldigheid", begin, "Historie")
    if end:
        text += element("eindGeldigheid", end, "Historie")
    text += element("tijdstipRegistratie", f"{begin}T10:00:00.000", "Historie")
    if end:
        text += element("eindRegistratie", f"{end}T10:00:00.000", "Historie")
    if gone == "tijdstipInactief":
        text += element(gone, "2015-05-05T10:00:00.000", "Historie")
    available = element("tijdstipRegistratieLV", f"{begin}T11:00:00.000", "Historie")
    if gone:
        available += element("tijdstipNietBagLV" if gone != "tijdstipInactief" else "tijdstipInactiefLV",
                             "2015-05-05T11:00:00.000", "Historie")
    text += f"<Historie:BeschikbaarLV>{available}</Historie:BeschikbaarLV>"
    return f"<Objecten:voorkomen><Historie:Voorkomen>{text}</Historie:Voorkomen></Objecten:voorkomen>"


ALWAYS = occurrence(1, "2010-01-01")
# Of each thing's occurrences exactly one holds; the others would say something else.
PAST = occurrence(1, "2001-01-01", "2010-01-01")
NOW = occurrence(2, "2010-01-01", "2027-01-01")
COMING = occurrence(3, "2027-01-01")


def thing(kind, text):
    return f"<sl:stand><sl-bag-extract:bagObject><Objecten:{kind}>{text}</Objecten:{kind}></sl-bag-extract:bagObject></sl:stand>"


def town(number, name, when=ALWAYS):
    return thing("Woonplaats", element("identificatie", f"{number:04d}") + element("naam", name) + GEOMETRY
                 + element("status", "Woonplaats aangewezen") + when)


def street(number, name, in_town, when=ALWAYS):
    return thing("OpenbareRuimte", element("identificatie", f"036330{number:010d}") + element("naam", name)
                 + element("type", "Weg") + element("status", "Naamgeving uitgegeven")
                 + reference("ligtIn", "WoonplaatsRef", f"{in_town:04d}") + when)


def door(row, on_street, in_town, when=ALWAYS, **changes):
    row = dict(row, **changes)
    text = element("identificatie", row["nummeraanduiding_id"]) + element("huisnummer", row["huisnummer"])
    for name, column in (("huisletter", "huisletter"), ("huisnummertoevoeging", "huisnummertoevoeging"),
                         ("postcode", "postcode")):
        if row[column]:
            text += element(name, row[column])
    text += element("typeAdresseerbaarObject", "Verblijfsobject") + element("status", row["status"])
    if in_town is not None:
        text += reference("ligtIn", "WoonplaatsRef", f"{in_town:04d}")
    return thing("Nummeraanduiding",
                 text + when + reference("ligtAan", "OpenbareRuimteRef", f"036330{on_street:010d}"))


KINDS = {"01": ("Verblijfsobject", "Verblijfsobject in gebruik", "Verblijfsobject ingetrokken"),
         "02": ("Ligplaats", "Plaats aangewezen", "Plaats ingetrokken"),
         "03": ("Standplaats", "Plaats aangewezen", "Plaats ingetrokken")}


def place(number, main, sides, in_use=True, when=ALWAYS):
    kind, yes, no = KINDS[number[4:6]]
    text = reference("heeftAlsHoofdadres", "NummeraanduidingRef", main) + when
    if len(sides) > 1:  # in one element, as the schema has it, or one for each, as deliveries have
        inner = "".join(element("NummeraanduidingRef", side, "Objecten-ref") for side in sides)
        text += f"<Objecten:heeftAlsNevenadres>{inner}</Objecten:heeftAlsNevenadres>"
    for side in sides if len(sides) == 1 else []:
        text += reference("heeftAlsNevenadres", "NummeraanduidingRef", side)
    return thing(kind, text + element("identificatie", number) + GEOMETRY + element("status", yes if in_use else no))


def document(kind, things):
    return (f'<?xml version="1.0" encoding="UTF-8"?>\n<sl-bag-extract:bagStand{XMLNS}>\n<sl-bag-extract:bagInfo>'
            f"<selecties-extract:LVC-Extract><selecties-extract:StandTechnischeDatum>{DATE}"
            "</selecties-extract:StandTechnischeDatum></selecties-extract:LVC-Extract></sl-bag-extract:bagInfo>\n"
            "<sl:standBestand><sl:dataset>LVBAG</sl:dataset><sl:inhoud><sl:gebied>GEMEENTE</sl:gebied><sl:objectTypen>"
            f"<sl:objectType>{kind}</sl:objectType></sl:objectTypen></sl:inhoud>\n"
            + "\n".join(things) + "\n</sl:standBestand>\n</sl-bag-extract:bagStand>\n").encode()


class Late(io.RawIOBase):
    """Can't be sought in, so that sizes stand behind the data, as in what the Kadaster delivers."""

    def __init__(self):
        super().__init__()
        self.bytes = bytearray()

    def writable(self):
        return True

    def write(self, data):
        self.bytes += data
        return len(data)


def zipped(files, stored=False):
    late = Late()
    with zipfile.ZipFile(late, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as out:
        for name, content in files:
            out.writestr(name, content)
    return bytes(late.bytes)


def split(kind, things):
    parts = [things[i:i + FILES_OF] for i in range(0, len(things), FILES_OF)] or [[]]
    return [(f"9999{kind}08112026-{i + 1:06d}.xml", document(kind, part)) for i, part in enumerate(parts)]


def read(path):
    """By kind the things, and what is in the files beside them."""
    with open(path, encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    towns, streets, things = {}, {}, {kind: [] for kind in ("WPL", "OPR", "NUM", "VBO", "LIG", "STA")}
    places, seen = {}, set()
    for row in rows:
        name = row["woonplaats"] or "Elders"
        if name not in towns:
            towns[name] = 1000 + len(towns)
            things["WPL"].append(town(towns[name], name))
    other = {number: 1000 + (number - 999) % len(towns) for number in towns.values()}
    for i, row in enumerate(rows):
        in_town = towns[row["woonplaats"] or "Elders"]
        across = i % 7 == 3  # a number that lies in another town than its street
        key = (row["openbare_ruimte"] or "Weg", other[in_town] if across else in_town)
        if key not in streets:
            streets[key] = len(streets) + 1
            things["OPR"] += [street(streets[key], "Oude " + key[0], key[1], PAST),
                              street(streets[key], key[0], key[1], NOW)]
        row["huisnummer"] = row["huisnummer"] or "1"
        number, in_use = row["nummeraanduiding_id"], row["status"].startswith("Naamgeving uitgegeven")
        row["status"] = row["status"].split(" (")[0]
        if number not in seen:
            when = [NOW] if i % 5 == 0 else [ALWAYS]
            if i % 5 == 0:
                things["NUM"] += [door(row, 1, None, PAST, huisnummer="1"), door(row, 1, None, COMING, huisnummer="2")]
            things["NUM"].append(door(row, streets[key], in_town if across else None, when[0]))
            seen.add(number)
        if in_use and row["adresseerbaar_object_id"]:
            places.setdefault(row["adresseerbaar_object_id"], ([], []))[int(row["nevenadres"])].append(number)
    for i, (number, (mains, sides)) in enumerate(places.items()):
        if len(mains) != 1:
            sys.exit(f"{number}: {len(mains)} main addresses, which the extract has no form for")
        kind = {"01": "VBO", "02": "LIG", "03": "STA"}[number[4:6]]
        if i % 6 == 0:
            things[kind] += [place(number, rows[0]["nummeraanduiding_id"], [], True, PAST),
                             place(number, mains[0], sides, True, NOW), place(number, mains[0], [], False, COMING)]
        else:
            things[kind].append(place(number, mains[0], sides))
    first = next(iter(places))
    things["VBO"].append(place("0363010999999999", rows[0]["nummeraanduiding_id"], [], False))  # withdrawn
    gone = [place(first, rows[-1]["nummeraanduiding_id"], [], True, occurrence(9, "2010-01-01", None, how))
            for how in ("tijdstipInactief", "tijdstipNietBagLV")]
    return things, gone


def main():
    things, gone = read(sys.argv[1])
    delivery = (f'<?xml version="1.0"?><xb:BAG-Extract-Levering{XMLNS} '
                'xmlns:xb="http://www.kadaster.nl/schemas/lvbag/extract-levering/v20200601"><xb:SelectieGegevens>'
                "<selecties-extract:LVC-Extract><selecties-extract:StandTechnischeDatum>"
                f"{DATE}</selecties-extract:StandTechnischeDatum></selecties-extract:LVC-Extract>"
                "</xb:SelectieGegevens></xb:BAG-Extract-Levering>").encode()
    research = document("NUM", ["<sl:stand><sl-bag-extract:kenmerkInOnderzoek><KenmerkInOnderzoek:"
                                "KenmerkNummeraanduidingInOnderzoek/></sl-bag-extract:kenmerkInOnderzoek></sl:stand>"])
    building = document("PND", [thing("Pand", element("identificatie", "0363100000000001") + GEOMETRY)])
    outer = [("9999PND08112026.zip", zipped([("9999PND08112026-000001.xml", building)])),
             ("Leveringsdocument-BAG-Extract.xml", delivery), (".DS_Store", b"\0\0\0\1Bud1")]
    for kind in ("LIG", "NUM", "OPR", "VBO", "WPL", "STA"):
        outer.append((f"9999{kind}08112026.zip", zipped(split(kind, things[kind]))))
    for folder, kind, content in (("Inactief", "IAVBO", document("VBO", gone[:1])),
                                  ("NietBag", "NBVBO", document("VBO", gone[1:])), ("InOnderzoek", "IONUM", research)):
        inner = zipped([(f"0363{kind}08112026-000001.xml", content)])
        outer.append((f"9999{folder}08112026.zip", zipped([(f"0363{kind}08112026.zip", inner)])))
    outer.append(("GEM-WPL-RELATIE-08112026.zip", zipped([(
        "GEM-WPL-RELATIE-08112026-000001.xml", b"<?xml version='1.0'?><!-- \xc3\xa9 --><g:BAG-GWR-Deelbestand-LVC xmlns:g='x'/>")])))
    with open(sys.argv[2], "wb") as file:
        file.write(zipped(outer, stored=True))
    if len(sys.argv) > 3:
        os.makedirs(sys.argv[3], exist_ok=True)
        for kind, all_of in things.items():
            for name, content in split(kind, all_of):
                with open(os.path.join(sys.argv[3], name), "wb") as file:
                    file.write(content)


main()
