"""ristretto255 from RFC 9496 and transcripts from docs/protocol.md, for the programs beside it.

Slow and not constant time: for test vectors only."""
import hashlib

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
I = pow(2, (P - 1) // 4, P)
LABEL = b"Kruispunt-v1 "


def sqrt_ratio(u, v):
    r = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    check = v * r * r % P
    if check in ((-u) % P, -u * I % P):
        r = r * I % P
    return check in (u % P, -u % P), min(r, P - r) if r % 2 else r


def even(x):
    return x if x % 2 == 0 else P - x


def add(p, q):
    (x1, y1), (x2, y2) = p, q
    k = D * x1 * x2 * y1 * y2 % P
    x3 = (x1 * y2 + x2 * y1) * pow(1 + k, P - 2, P) % P
    y3 = (y1 * y2 + x1 * x2) * pow(1 - k, P - 2, P) % P
    return x3, y3


def times(k, p):
    total = (0, 1)
    for bit in bin(k)[2:]:
        total = add(total, total)
        if bit == "1":
            total = add(total, p)
    return total


def encode(p):
    x0, y0 = p
    t0 = x0 * y0 % P
    u1, u2 = (1 + y0) * (1 - y0) % P, t0
    r = even(sqrt_ratio(1, u1 * u2 * u2 % P)[1])
    den1, den2 = r * u1 % P, r * u2 % P
    z_inv = den1 * den2 * t0 % P
    invsqrt_a_minus_d = even(sqrt_ratio(1, (-1 - D) % P)[1])
    x, y, den = x0, y0, den2
    if t0 * z_inv % P % 2:
        x, y, den = y0 * I % P, x0 * I % P, den1 * invsqrt_a_minus_d % P
    if x * z_inv % P % 2:
        y = -y % P
    return even(den * (1 - y) % P).to_bytes(32, "little")


def base():
    y = 4 * pow(5, P - 2, P) % P
    x = sqrt_ratio((y * y - 1) % P, (D * y * y + 1) % P)[1]
    return even(x), y


def transcript(label, *fields):
    state = hashlib.blake2b()
    for field in (LABEL + label,) + fields:
        field = field.to_bytes(8, "big") if isinstance(field, int) else field
        state.update(len(field).to_bytes(8, "big") + field)
    return state.digest()


def scalar(*arguments):
    return int.from_bytes(transcript(*arguments), "little") % ORDER


def le(number):
    return number.to_bytes(32, "little")


G = base()
assert encode(G).hex() == "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76"
