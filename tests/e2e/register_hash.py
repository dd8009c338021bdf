"""The hash of an address register, from the text of docs/protocol.md section 30 alone: of the flat CSV on
standard input, whose rows are all right."""
import csv
import hashlib
import sys

in_use, withdrawn = set(), set()
for row in csv.DictReader(sys.stdin):
    number = int(row["nummeraanduiding_id"])
    if row["status"].startswith("Naamgeving ingetrokken"):
        withdrawn.add(number)
    elif row["adresseerbaar_object_id"]:
        in_use.add((number, int(row["adresseerbaar_object_id"]), int(row["nevenadres"]), int(row["huisnummer"])) +
                   tuple(row[name] for name in ("postcode", "huisletter", "huisnummertoevoeging", "openbare_ruimte",
                                                "woonplaats")))

digest = hashlib.blake2b()


def field(content):
    digest.update(len(content).to_bytes(8, "big") + content)


field(b"Kruispunt-v1 address register")
withdrawn -= {pair[0] for pair in in_use}
for item in sorted(in_use | {(number,) for number in withdrawn}):
    content = item[0].to_bytes(8, "big")
    if len(item) > 1:
        content += item[1].to_bytes(8, "big") + bytes([item[2]]) + item[3].to_bytes(4, "big")
        for text in item[4:]:
            content += len(text.encode()).to_bytes(2, "big") + text.encode()
    field(content)
print(digest.digest()[:32].hex())
