#!/usr/bin/env python3
"""Makes tests/vectors/shares.txt: polynomials, shares, paths and tags, from docs/protocol.md section 10.6 alone.

Prints to standard output: n, t, round id, round type, g, output, f(0), tag, then share and path of member n."""
from ristretto import ORDER, le, scalar, transcript


def node(left, right):
    return transcript(b"merkle node", left + right)[:32]


def tree(nodes, index):
    """Root and path, by the recursion of RFC 9162."""
    if len(nodes) == 1:
        return nodes[0], []
    k = 1
    while 2 * k < len(nodes):
        k *= 2
    left, left_path = tree(nodes[:k], index)
    right, right_path = tree(nodes[k:], index - k)
    return node(left, right), left_path + [right] if index < k else right_path + [left]


for n, t, kind in ((2, 2, 1), (3, 2, 1), (5, 3, 2), (7, 7, 1), (32, 32, 1), (31, 16, 2)):
    round_id, g = transcript(b"vector", b"round", n)[:32], transcript(b"vector", b"g", n)[:32]
    output = transcript(b"vector", b"output", n)
    terms = transcript(b"share terms", round_id, kind, g, t, n)[:32]
    a = [scalar(b"shares", terms, output, i) for i in range(t)]
    shares = [le(sum(a[i] * member**i for i in range(t)) % ORDER) for member in range(1, n + 1)]
    nodes = [transcript(b"share", round_id + bytes([i + 1]) + shares[i])[:32] for i in range(n)]
    tag, path = tree(nodes, n - 1)
    print(n, t, round_id.hex(), kind, g.hex(), output.hex(), le(a[0]).hex(), tag.hex(), shares[-1].hex(),
          b"".join(path).hex())
