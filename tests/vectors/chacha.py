"""ChaCha20 from RFC 8439 and HChaCha20 from draft-irtf-cfrg-xchacha, for the programs beside it."""
import struct

MASK = 2**32 - 1


def quarter(s, a, b, c, d):
    for x, y, z, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        s[x] = (s[x] + s[y]) & MASK
        s[z] = ((s[z] ^ s[x]) << turn | (s[z] ^ s[x]) >> (32 - turn)) & MASK


def rounds(start):
    s = list(start)
    for _ in range(10):
        for i in range(4):
            quarter(s, i, 4 + i, 8 + i, 12 + i)
        for i in range(4):
            quarter(s, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return s


def chacha20(key, counter, nonce=bytes(12)):
    start = struct.unpack("<16I", b"expand 32-byte k" + key + counter.to_bytes(4, "little") + nonce)
    return struct.pack("<16I", *((x + y) & MASK for x, y in zip(rounds(start), start)))


def hchacha20(key, nonce):
    s = rounds(struct.unpack("<16I", b"expand 32-byte k" + key + nonce))
    return struct.pack("<8I", *s[:4], *s[12:])


# RFC 8439, appendix A.1, number 1; the draft, section 2.2.1.
assert chacha20(bytes(32), 0).hex().startswith("76b8e0ada0f13d90405d6ae55386bd28")
assert hchacha20(bytes(range(32)), bytes.fromhex("000000090000004a0000000031415927")).hex().startswith("82413b4227b27bfe")
