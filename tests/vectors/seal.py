#!/usr/bin/env python3
"""Makes tests/vectors/seal.txt: both layers around records, from docs/protocol.md section 10.7, RFC 9496, RFC 8439
and draft-irtf-cfrg-xchacha alone, with the randomness of tests/unit/test_seal.c. Prints to standard output."""
import hashlib

from chacha import chacha20, hchacha20
from ristretto import G, ORDER, encode, le, scalar, times, transcript

SIZE, COUNT = 50, 11


def poly1305(key, message):
    r = int.from_bytes(key[:16], "little") & 0x0ffffffc0ffffffc0ffffffc0fffffff
    total = 0
    for at in range(0, len(message), 16):
        total = (total + int.from_bytes(message[at:at + 16] + b"\x01", "little")) * r % (2**130 - 5)
    return ((total + int.from_bytes(key[16:], "little")) % 2**128).to_bytes(16, "little")


def aead(key, nonce, plain, more):
    key, nonce = hchacha20(key, nonce[:16]), bytes(4) + nonce[16:]
    stream = b"".join(chacha20(key, 1 + i, nonce) for i in range(len(plain) // 64 + 1))
    text = bytes(x ^ y for x, y in zip(plain, stream))
    sizes = len(more).to_bytes(8, "little") + len(text).to_bytes(8, "little")
    padded = more + bytes(-len(more) % 16) + text + bytes(-len(text) % 16)
    return text + poly1305(chacha20(key, 0, nonce)[:32], padded + sizes)


drawn = 0


def draw(size):
    global drawn
    first, drawn = drawn, drawn + size
    stream = b"".join(chacha20(bytes(32), i, bytes(12)) for i in range(first // 64, drawn // 64 + 1))
    return stream[first % 64:first % 64 + size]


def draw_scalar():
    return int.from_bytes(draw(64), "little") % ORDER


L = times(7 + 256, G)
inner = hashlib.sha256()
drawn = 0
seals = []
for i in range(COUNT):
    tag = bytearray([3] * 32)
    tag[5] = i
    context = transcript(b"seal context", bytes([3] * 32), bytes([3] * 32), 0x03030303, bytes(tag))[:32]
    e, fresh = draw_scalar(), draw(32)
    E = encode(times(e, G))
    v = scalar(b"schnorr nonce", fresh, le(e), E, context)
    c = scalar(b"schnorr challenge", context, E, encode(times(v, G)))
    header = E + le(c) + le((v - c * e) % ORDER)
    key = transcript(b"inner seal key", encode(times(e, L)), E, encode(L), context)[:32]
    seals.append(header + aead(key, bytes(24), bytes([100 + i] * SIZE), header))
print("inner", hashlib.sha256(b"".join(seals)).hexdigest())

drawn = 0
nonce = draw(24)
key = transcript(b"outer seal key", bytes(range(32)), context)[:32]
print("outer", hashlib.sha256(nonce + aead(key, nonce, seals[-1], context)).hexdigest())
