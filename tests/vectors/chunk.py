#!/usr/bin/env python3
"""Makes tests/vectors/chunk.txt: the proof of a chunk, from docs/protocol.md, RFC 9496 and RFC 8439 alone.
Prints to standard output."""
from chacha import chacha20
from ristretto import G, ORDER, add, encode, le, scalar, times, transcript

COUNT, sender, evaluator, number = 9, 3, 2, 5
round_id, points_root = bytes([4] * 32), bytes([6] * 32)
k, v = scalar(b"vector", b"k"), scalar(b"vector", b"v")
inputs = [times(scalar(b"vector", b"a", i), G) for i in range(COUNT)]
outputs = [times(k, a) for a in inputs]
key = encode(times(k, G))
a_bytes, b_bytes = b"".join(map(encode, inputs)), b"".join(map(encode, outputs))

digest = transcript(b"chunk inputs", a_bytes)[:32]
seed = transcript(b"chunk weights", round_id, sender, evaluator, points_root, number, COUNT, key,
                  digest, b_bytes)[:32]
stream = b"".join(chacha20(seed, i) for i in range(COUNT // 4 + 1))
M = Z = (0, 1)
for i in range(COUNT):
    w = sum((stream[16 * i + j] - 128) * 256**j for j in range(16)) % ORDER
    M, Z = add(M, times(w, inputs[i])), add(Z, times(w, outputs[i]))
c = scalar(b"chunk challenge", seed, key, encode(M), encode(Z), encode(times(v, G)),
           encode(times(v, M)))

for name, value in (("round_id", round_id), ("points_root", points_root), ("key", key),
                    ("inputs", a_bytes), ("outputs", b_bytes), ("seed", seed),
                    ("weights", stream[:16 * COUNT]),
                    ("proof", le(c) + le((v - c * k) % ORDER) + encode(M))):
    print(name, value.hex())
for name, value in (("sender", sender), ("evaluator", evaluator), ("number", number)):
    print(name, value)
