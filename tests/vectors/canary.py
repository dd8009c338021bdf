#!/usr/bin/env python3
"""Makes tests/vectors/canary.txt: canaries' secrets, elements and choice, from docs/protocol.md alone.

Prints to standard output."""
import hashlib
import hmac


def h(label, *fields):
    text = hashlib.blake2b()
    for field in (b"Kruispunt-v1 " + label, *fields):
        text.update(len(field).to_bytes(8, "big") + field)
    return text.digest()[:32]


def number(value):
    return value.to_bytes(8, "big")


def hkdf(ikm, salt, info, size):
    key = hmac.new(salt, ikm, hashlib.sha512).digest()
    return hmac.new(key, info + b"\x01", hashlib.sha512).digest()[:size]


lineage = bytes(range(32))
box_secret = bytes(range(64, 96))
for group, counter, active in ((0, 1, 2), (7, 2, 3), (1023, 1000, 64)):
    secret = hkdf(box_secret, lineage, h(b"canary secret", number(group)), 32)
    lots = [h(b"canary choice", secret, number(counter), number(i)) for i in range(2 * active)]
    chosen = sorted(range(2 * active), key=lambda i: lots[i])[:active]
    keys = [b"\x01" + h(b"canary element", lineage, number(group), secret, number(i))[:15] for i in (0, 2 * active - 1)]
    print(group, counter, active, secret.hex(), keys[0].hex(), keys[1].hex(), "".join("01"[i in chosen] for i in range(2 * active)))
