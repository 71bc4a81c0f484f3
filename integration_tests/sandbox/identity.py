"""Identifiers that hold their own index, so that ten million of them need no table."""

from __future__ import annotations

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PAIRS = [a + b for a in _ALPHABET for b in _ALPHABET]
_PAIR_VALUES = {pair: value for value, pair in enumerate(_PAIRS)}
_BASE = len(_PAIRS)
_BITS = 58
_MASK = (1 << _BITS) - 1
_HALF = _BITS // 2
_DIGITS = 10  # five pairs hold 62^10 > 2^58 values
_WORD = (1 << 64) - 1


def mix(value: int) -> int:
    """A 64-bit hash of an integer (splitmix64's finalizer): the sandbox's only source of chance."""
    value = (value * 0x9E3779B97F4A7C15 + 0x632BE59BD9B4E019) & _WORD
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _WORD
    return value ^ (value >> 31)


def seed_of(*parts: str | int) -> int:
    """A 64-bit seed from words and numbers; the same in every process (unlike `hash`)."""
    value = 0
    for part in parts:
        for byte in str(part).encode():
            value = mix(value ^ byte)
        value = mix(value + 1)
    return value


def letters(seed: int, count: int) -> str:
    """`count` characters that look drawn by chance."""
    text = ""
    while len(text) < count:
        seed = mix(seed)
        text += _PAIRS[seed % _BASE] + _PAIRS[(seed >> 20) % _BASE]
    return text[:count]


class Ids:
    """The identifiers of one kind of object in one account: `ids(7)` is `ch_…`, `ids.index("ch_…")` is 7.

    An index is multiplied by an odd number modulo 2^58 and folded, both of which can be undone. Identifiers of
    another account, or made up, give None with all but certainty, because they decode to absurd indexes.
    """

    def __init__(self, prefix: str, seed: int, tail: str = "") -> None:
        key = seed_of(seed, prefix)
        self._prefix = prefix
        self._tail = tail
        self._factor = (key | 1) & _MASK
        self._inverse = pow(self._factor, -1, 1 << _BITS)
        self._offset = mix(key) & _MASK
        self._length = len(prefix) + _DIGITS + len(tail)

    def __call__(self, index: int) -> str:
        value = (index * self._factor + self._offset) & _MASK
        value ^= value >> _HALF
        value, fifth = divmod(value, _BASE)
        value, fourth = divmod(value, _BASE)
        value, third = divmod(value, _BASE)
        first, second = divmod(value, _BASE)
        pairs = _PAIRS
        return self._prefix + pairs[first] + pairs[second] + pairs[third] + pairs[fourth] + pairs[fifth] + self._tail

    def index(self, identifier: str) -> int | None:
        """The index that was put in, or None for what is no identifier of this kind and account."""
        if (
            len(identifier) != self._length
            or not identifier.startswith(self._prefix)
            or not identifier.endswith(self._tail)
        ):
            return None
        start = len(self._prefix)
        value = 0
        for at in range(start, start + _DIGITS, 2):
            digit = _PAIR_VALUES.get(identifier[at : at + 2])
            if digit is None:
                return None
            value = value * _BASE + digit
        if value > _MASK:
            return None
        value ^= value >> _HALF
        return ((value - self._offset) * self._inverse) & _MASK
