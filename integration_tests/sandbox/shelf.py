"""Lists whose records stand compressed on a shelf, so that a page costs the server next to nothing.

For measuring clients: a page made anew takes 5 to 60 ms, one from the shelf less than one. It is the same page, byte
for byte, compressed record by record instead of in one go. Shelves are for lists of an account that nothing was changed
in, and whose records do not depend on the time.
"""

from __future__ import annotations

import mmap
import os
import time
import zlib
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from shutil import rmtree
from threading import Thread
from typing import Any

from integration_tests.sandbox import departures, splice, versions
from integration_tests.sandbox.account import AccountData
from integration_tests.sandbox.body import LIST_TEXT
from integration_tests.sandbox.listing import Place, Window, walk
from integration_tests.sandbox.reading import limit_of

# What a query may hold for its page to come from a shelf.
_PARAMETERS = frozenset({"limit", "created", "starting_after"})
# Transactions turn available by the clock; of events the oldest goes every second.
_BY_TIME = frozenset({"/v1/balance_transactions", "/v1/events"})
_CHUNK = 500
_SAMPLE = 199


@dataclass(frozen=True)
class Page:
    """A page's body, ready for a client that takes gzip, and how many records it holds."""

    gzipped: bytes
    records: int


class Shelf:
    """One list's records, newest first.

    created, rank, index: each record's place in the list.
    ends: where each record's piece ends in `pieces`; lengths: where its text ends in the text of all of them; sums: the
        check sum of the text up to there. Each begins with an entry for the start.
    pieces: for each record the separator before it and it, compressed to stand behind the record before.
    """

    _FIELDS = (("created", "q"), ("rank", "q"), ("index", "q"), ("ends", "q"), ("lengths", "q"), ("sums", "Q"))

    def __init__(self, path: str, arrays: dict[str, Any], pieces: bytes | mmap.mmap) -> None:
        self.path = path
        self.count = len(arrays["created"])
        self._created, self._rank, self._index = arrays["created"], arrays["rank"], arrays["index"]
        self._ends, self._lengths, self._sums = arrays["ends"], arrays["lengths"], arrays["sums"]
        self._pieces = pieces

    # --- serving

    def page(self, account: AccountData, window: Window, after: Place | None, limit: int) -> Page | None:
        """The page of that many records from just behind `after` (or the newest) on; None for an empty one."""
        first, last = self._between(window)
        if after is not None:
            first = max(first, self._position(after) + 1)
        end = min(first + limit, last)
        if first >= end:
            return None
        value = account.strands(self.path)[self._rank[first]].make(self._index[first])
        opening = LIST_TEXT.head + LIST_TEXT.record(account.render(self.path, value))
        closing = LIST_TEXT.tail(last > end, self.path)
        length = self._lengths[end] - self._lengths[first + 1]
        middle = splice.without_front(self._sums[end], self._sums[first + 1], length)
        crc = splice.appended(zlib.crc32(opening), middle, length)
        parts = (
            splice.HEADER,
            splice.piece(opening),
            self._pieces[self._ends[first + 1] : self._ends[end]],
            splice.piece(closing),
            splice.trailer(zlib.crc32(closing, crc), len(opening) + length + len(closing)),
        )
        return Page(b"".join(parts), end - first)

    def _between(self, window: Window) -> tuple[int, int]:
        """The positions (one behind the last) of the records in a window."""
        places = range(self.count)

        def age(position: int) -> int:
            return -int(self._created[position])

        first = 0 if window.high is None else bisect_left(places, -window.high, key=age)
        last = self.count if window.low is None else bisect_right(places, -window.low, key=age)
        return first, last

    def _position(self, place: Place) -> int:
        wanted = (-place[0], -place[1], -place[2])
        return bisect_left(
            range(self.count), wanted, key=lambda p: (-self._created[p], -self._rank[p], -self._index[p])
        )

    # --- filling

    @classmethod
    def filled(cls, account: AccountData, path: str) -> Shelf:
        """Compresses a list in as many processes as there are cores. Raises ValueError for a list that cannot be
        shelved."""
        if path in _BY_TIME or departures.default_filter(path, {}) or not account.strands(path):
            raise ValueError(f"the pages of {path} cannot be made before they are asked for")
        places = list(_places(account, path))
        arrays: dict[str, Any] = {name: array(kind) for name, kind in cls._FIELDS}
        for name, column in zip(("created", "rank", "index"), range(3), strict=True):
            arrays[name].extend(place[column] for place in places)
        for name in ("ends", "lengths", "sums"):
            arrays[name].append(0)
        pieces = bytearray()
        work = _Work(account, path, places)
        chunks = range(0, len(places), _CHUNK)
        # Forked: the account is too much to send, and is there already.
        pool = ProcessPoolExecutor(os.cpu_count(), get_context("fork"), _take_up, (work,))
        with pool:
            for packed, sizes, lengths, sums in pool.map(_compressed, chunks):
                pieces += packed
                for size, length, crc in zip(sizes, lengths, sums, strict=True):
                    arrays["ends"].append(arrays["ends"][-1] + size)
                    arrays["lengths"].append(arrays["lengths"][-1] + length)
                    arrays["sums"].append(splice.appended(arrays["sums"][-1], crc, length))
        return cls(path, arrays, bytes(pieces))

    # --- keeping

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        for name, _ in self._FIELDS:
            (folder / name).write_bytes(getattr(self, f"_{name}").tobytes())
        (folder / "pieces").write_bytes(self._pieces)

    @classmethod
    def load(cls, path: str, folder: Path) -> Shelf:
        arrays: dict[str, Any] = {}
        for name, kind in cls._FIELDS:
            arrays[name] = array(kind)
            arrays[name].frombytes((folder / name).read_bytes())
        with open(folder / "pieces", "rb") as file:
            return cls(path, arrays, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


class Shelves:
    """The shelves of one account, by the list's path."""

    def __init__(self, account: AccountData) -> None:
        self._account = account
        self._shelves: dict[str, Shelf] = {}

    def add(self, path: str, folder: Path | None = None) -> Shelf:
        """Shelves a list. With a folder, what an equal sandbox left there is used; else what is made now takes the
        place of what another one left.

        Raises ValueError for a list that cannot be shelved.
        """
        kept = None if folder is None else folder / self._fingerprint(path)
        if kept is not None and kept.exists():
            shelf = Shelf.load(path, kept)
        else:
            shelf = Shelf.filled(self._account, path)
            if kept is not None:
                draft = kept.with_name(f"{kept.name}.draft")
                rmtree(draft, ignore_errors=True)  # of one that was stopped
                shelf.save(draft)
                draft.rename(kept)
                for old in kept.parent.glob(f"{_name(path)}-*"):
                    if old != kept:
                        rmtree(old)
        self._shelves[path] = shelf
        return shelf

    def page(self, account: AccountData, path: str, query: Mapping[str, Any], version: str) -> Page | None:
        """The page that a list answers to this (checked) query; None where it has to be made anew."""
        shelf = self._shelves.get(path)
        if shelf is None or account is not self._account or not account.overlay.untouched:
            return None
        if not query.keys() <= _PARAMETERS or versions.differs(version):
            return None
        after = None
        if "starting_after" in query:
            after = account.place(path, query["starting_after"])
            if after is None:
                return None
        return shelf.page(account, Window.of(query.get("created")), after, limit_of(query))

    def _fingerprint(self, path: str) -> str:
        """What tells apart lists with other contents: how many records, and what some of them look like, from one end
        to the other."""
        digest = sha256(f"{path} {splice.LEVEL}".encode())
        for strand in self._account.strands(path):
            digest.update(b"%d" % strand.count)
            for index in (*range(0, strand.count, strand.count // _SAMPLE or 1), strand.count - 1):
                digest.update(LIST_TEXT.record(self._account.render(path, strand.make(index))))
        return f"{_name(path)}-{digest.hexdigest()[:20]}"


def _name(path: str) -> str:
    return path.removeprefix("/v1/").replace("/", ".")


@dataclass(frozen=True)
class _Work:
    """What a process that compresses needs to know."""

    account: AccountData
    path: str
    places: list[Place]

    def text(self, position: int) -> bytes:
        _, rank, index = self.places[position]
        value = self.account.strands(self.path)[rank].make(index)
        return LIST_TEXT.record(self.account.render(self.path, value))


_at_hand: list[_Work] = []


def _take_up(work: _Work) -> None:
    _at_hand[:] = [work]
    Thread(target=_end_without, args=(os.getppid(),), daemon=True).start()


def _end_without(parent: int) -> None:
    """One that is killed cannot tell its pool, and the sentinel that the pool has is held open by its other members."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def _compressed(start: int) -> tuple[bytes, list[int], list[int], list[int]]:
    """A chunk's pieces, and of each the size, the text's length and its check sum."""
    (work,) = _at_hand
    before = work.text(start - 1) if start else b""
    pieces, sizes, lengths, sums = [], [], [], []
    for position in range(start, min(start + _CHUNK, len(work.places))):
        record = work.text(position)
        text = LIST_TEXT.separator + record
        pieces.append(splice.piece(text, before))
        sizes.append(len(pieces[-1]))
        lengths.append(len(text))
        sums.append(zlib.crc32(text))
        before = record
    return b"".join(pieces), sizes, lengths, sums


def _places(account: AccountData, path: str) -> Iterator[Place]:
    return walk(account.sources(path, {}), Window())
