#!/usr/bin/env python3
"""Makes tests/vectors/opening.txt: partial openings, from docs/protocol.md and RFC 9496 alone.
Prints to standard output."""
from ristretto import G, ORDER, encode, le, scalar, times, transcript

lineage, round_id, tag, member = bytes([1] * 32), bytes([2] * 32), bytes([3] * 32), 7
e = scalar(b"vector", b"e")
E = times(e, G)
place = transcript(b"seal context", lineage, round_id, member, tag)[:32]
v = scalar(b"vector", b"v")
c = scalar(b"schnorr challenge", place, encode(E), encode(times(v, G)))
print("lineage", lineage.hex())
print("round_id", round_id.hex())
print("tag", tag.hex())
print("member", member)
print("sealed", (encode(E) + le(c) + le((v - c * e) % ORDER) + bytes(16)).hex())
keys = 0
for holder in (1, 2):
    l = scalar(b"vector", b"l", holder)
    keys += l
    r = scalar(b"vector", b"r", holder)
    L, part = encode(times(l, G)), encode(times(l, E))
    bound = transcript(b"partial opening", lineage, round_id, member, tag, holder)[:32]
    c = scalar(b"partial opening challenge", bound, L, encode(E), part, encode(times(r, G)),
               encode(times(r, E)))
    print("secret", le(l).hex())
    print("key", L.hex())
    print("partial", (part + le(c) + le((r - c * l) % ORDER)).hex())
print("opening_key", encode(times(keys % ORDER, G)).hex())
print("shared", encode(times(e, times(keys % ORDER, G))).hex())
