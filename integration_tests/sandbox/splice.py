"""Gzip bodies put together of pieces that were compressed before, each once.

A piece is raw deflate, flushed to a whole byte and not ended, so that pieces may stand one behind the other. What a
piece refers back to must stand before it in every body: its `before` is that. The check sum of the whole follows from
those of the pieces, as in zlib's crc32_combine.
"""

from __future__ import annotations

import struct
import zlib
from functools import cache

# As nginx does unless told otherwise, which is what Stripe's `Server` header names.
LEVEL = 1
HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"
_END = b"\x03\x00"  # an empty last block
_RAW = -15
_POLYNOMIAL = 0xEDB88320
_ONE = 1 << 31


def piece(text: bytes, before: bytes = b"") -> bytes:
    """`text` compressed, to stand in bodies where `before` is what comes before it.

    With the fixed Huffman code: a table of its own for each record would cost the one who reads it half as much again
    as a page that was compressed in one go does.
    """
    if before:
        packer = zlib.compressobj(LEVEL, zlib.DEFLATED, _RAW, 8, zlib.Z_FIXED, before[-32_768:])
    else:
        packer = zlib.compressobj(LEVEL, zlib.DEFLATED, _RAW, 8, zlib.Z_FIXED)
    return packer.compress(text) + packer.flush(zlib.Z_SYNC_FLUSH)


def trailer(crc: int, length: int) -> bytes:
    """What ends a body: `crc` and `length` (bytes) are those of all of its text."""
    return _END + struct.pack("<II", crc, length & 0xFFFF_FFFF)


def appended(crc: int, crc_behind: int, length_behind: int) -> int:
    """The check sum of a text whose two parts have these."""
    return _times(_power_of_x(length_behind), crc) ^ crc_behind


def without_front(crc: int, crc_front: int, length: int) -> int:
    """The check sum of a text's last `length` bytes, from those of all of it and of what comes before them."""
    return crc ^ _times(_power_of_x(length), crc_front)


def _times(one: int, other: int) -> int:
    """The product of two polynomials over GF(2), bits in reverse, modulo the check sum's."""
    product, bit = 0, _ONE
    while True:
        if one & bit:
            product ^= other
            if not one & (bit - 1):
                return product
        bit >>= 1
        other = other >> 1 ^ _POLYNOMIAL if other & 1 else other >> 1


@cache
def _square(times: int) -> int:
    """x to the power of 2 to the power of `times`."""
    return 1 << 30 if times == 0 else _times(_square(times - 1), _square(times - 1))


def _power_of_x(length: int) -> int:
    """x to the power of the bits in `length` bytes."""
    known = _KNOWN_POWERS.get(length)
    if known is not None:
        return known
    power, times, left = _ONE, 3, length
    while left:
        if left & 1:
            power = _times(_square(times), power)
        left >>= 1
        times += 1
    if len(_KNOWN_POWERS) < 100_000:
        _KNOWN_POWERS[length] = power
    return power


_KNOWN_POWERS: dict[int, int] = {}
