"""Pages from a shelf are the pages that the sandbox makes, and are no longer there when they would not be."""

from __future__ import annotations

import gzip
import multiprocessing
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from integration_tests.sandbox import Answer, Clock, Density, Fault, Sandbox, serve, splice

PATH = "/v1/charges"
PATHS = (PATH, "/v1/credit_notes", "/v1/payment_intents", "/v1/setup_intents", "/v1/topups")


def filled(**options: Any) -> Sandbox:
    sandbox = Sandbox(seed=4, clock=Clock(running=False), **options)
    for path in PATHS:
        sandbox.shelves.add(path)
    return sandbox


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return filled(size=700)


def get(sandbox: Sandbox, path: str, query: str = "", encoding: str = "gzip", **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    sent = {"Authorization": f"Bearer {sandbox.key}", "Accept-Encoding": encoding, **named}
    answer = sandbox.answer("GET", path, query, sent)
    assert answer.status == 200, answer.text
    return answer


def same(sandbox: Sandbox, path: str, query: str) -> bool:
    """Whether the page came from the shelf; that it is the one that is made anew is asserted."""
    answer = get(sandbox, path, query)
    assert answer.text == get(sandbox, path, query, "identity").body
    return answer.gzipped


def test_a_body_is_indented_and_begins_each_object_with_its_id(sandbox: Sandbox) -> None:
    body = get(sandbox, PATH, "limit=2", "identity").body
    first, second = get(sandbox, PATH, "limit=2").json()["data"]
    assert body.startswith(b'{\n  "object": "list",\n  "data": [\n    {\n      "id": "%b",\n' % first["id"].encode())
    assert b'    },\n    {\n      "id": "%b",\n      "object": "charge",\n' % second["id"].encode() in body
    assert body.endswith(b'    }\n  ],\n  "has_more": true,\n  "url": "/v1/charges"\n}')
    assert b"\n" not in get(sandbox, "/v2/core/events").body


@pytest.mark.parametrize("path", PATHS)
def test_walking_a_shelf_page_by_page_brings_the_list(sandbox: Sandbox, path: str) -> None:
    truth = [entry["id"] for entry in sandbox.truth(path)]
    seen: list[str] = []
    query = "limit=37"
    while True:
        assert same(sandbox, path, query)
        page = get(sandbox, path, query).json()
        seen += [entry["id"] for entry in page["data"]]
        if not page["has_more"]:
            break
        query = f"limit=37&starting_after={seen[-1]}"
    assert seen == truth
    assert len(truth) >= 250


@pytest.mark.parametrize("density", [Density(), Density(within=86_400), Density(per_second=90)])
def test_a_page_of_any_range_is_the_one_that_would_be_made(density: Density) -> None:
    shelved = Sandbox(size=300, density=density, clock=Clock(running=False))
    shelved.shelves.add(PATH)
    rows = [(charge["id"], charge["created"]) for charge in shelved.truth(PATH)]
    bounds = st.sampled_from(sorted({moment + shift for _, moment in rows for shift in (-1, 0, 1)}))
    parts = st.fixed_dictionaries(
        {"limit": st.integers(1, 100)},
        optional={
            "starting_after": st.sampled_from([identifier for identifier, _ in rows]),
            **{f"created[{bound}]": bounds for bound in ("gt", "gte", "lt", "lte")},
        },
    )
    taken = 0

    @given(parts)
    def holds(query: dict[str, Any]) -> None:
        nonlocal taken
        taken += same(shelved, PATH, "&".join(f"{name}={value}" for name, value in query.items()))

    holds()
    assert taken


@pytest.mark.parametrize(
    "query",
    [
        "limit=10&expand[]=data.customer",
        "limit=10&customer={customer}",
        "limit=10&ending_before={last}",
        "created[gt]=1999999999",
        "created[gte]=9&created[lt]=9",
    ],
)
def test_what_is_not_on_the_shelf_is_made(sandbox: Sandbox, query: str) -> None:
    last = get(sandbox, PATH, "limit=50").json()["data"][-1]
    assert not same(sandbox, PATH, query.format(customer=last["customer"], last=last["id"]))


def test_an_older_version_and_a_connected_account_do_not_get_the_shelfs_pages() -> None:
    sandbox = filled(size=20, connected=1, connected_size=5)
    assert not get(sandbox, PATH, Stripe_Version="2024-06-20").gzipped
    connected = get(sandbox, PATH, "limit=100", Stripe_Account=sandbox.directory.identifiers()[1])
    assert len(connected.json()["data"]) == 5


@pytest.mark.parametrize("change", ["update", "delete", "create"])
def test_a_change_is_seen_at_once(change: str) -> None:
    sandbox = filled(size=30)
    assert same(sandbox, PATH, "limit=100")
    if change == "update":
        identifier = next(iter(sandbox.truth(PATH)))["id"]
        sandbox.update(PATH, identifier, {"description": "changed"})
        assert get(sandbox, PATH, "limit=1").json()["data"][0]["description"] == "changed"
    elif change == "delete":
        # Of another list: which objects show which others is not the shelf's business to know.
        sandbox.delete("/v1/customers", next(iter(sandbox.truth("/v1/customers")))["id"])
    else:
        made = sandbox.create(PATH, {})
        assert get(sandbox, PATH, "limit=1").json()["data"][0]["id"] == made["id"]
    assert not same(sandbox, PATH, "limit=100")


@pytest.mark.parametrize("path", ["/v1/balance_transactions", "/v1/events", "/v1/subscriptions", "/v1/none"])
def test_lists_that_change_by_themselves_are_not_shelved(sandbox: Sandbox, path: str) -> None:
    with pytest.raises(ValueError, match=path):
        sandbox.shelves.add(path)


def test_a_kept_shelf_is_used_by_an_equal_sandbox_and_by_no_other(tmp_path: Path) -> None:
    def kept(**options: Any) -> tuple[bytes, set[str]]:
        sandbox = Sandbox(size=options.pop("size", 40), clock=Clock(running=False), **options)
        sandbox.shelves.add(PATH, tmp_path)
        assert same(sandbox, PATH, "limit=100&created[gte]=3")
        return get(sandbox, PATH).body, {entry.name for entry in tmp_path.iterdir()}

    first, folders = kept()
    assert len(folders) == 1
    # As one leaves it that is stopped while it writes.
    (whole,) = tmp_path.iterdir()
    draft = whole.rename(tmp_path / f"{whole.name}.draft")
    (draft / "pieces").unlink()
    assert kept() == (first, folders)
    written = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*")}
    assert kept() == (first, folders)
    assert {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*")} == written
    for other in ({"seed": 2}, {"size": 41}, {"density": Density(within=86_400)}):
        page, now = kept(**other)
        assert page != first
        assert len(now) == 1  # they would be many after a while
        assert now != folders


def test_the_official_client_reads_shelved_lists_over_http() -> None:
    sandbox = filled(size=260)
    with serve(sandbox) as server:
        client = stripe.StripeClient(server.key, base_addresses={"api": server.base_url}, max_network_retries=2)
        sandbox.faults.order(Fault("reset", PATH, skip=1))
        listed = client.v1.charges.list({"limit": 100}).auto_paging_iter()
        assert [charge.id for charge in listed] == [charge["id"] for charge in sandbox.truth(PATH)]
        assert sandbox.journal.items[PATH] >= 260


def test_a_page_of_a_shelf_is_hardly_larger_than_one_that_is_compressed_in_one_go(sandbox: Sandbox) -> None:
    for path in PATHS:
        answer = get(sandbox, path, "limit=100&created[gte]=3")
        assert len(answer.body) < 1.7 * len(gzip.compress(answer.text, splice.LEVEL))


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=6))
def test_pieces_in_a_row_are_one_gzip_body(texts: list[bytes]) -> None:
    before, body, crc = b"", splice.HEADER, 0
    for text in texts:
        body += splice.piece(text, before)
        crc = splice.appended(crc, zlib.crc32(text), len(text))
        before = text
    whole = b"".join(texts)
    assert gzip.decompress(body + splice.trailer(crc, len(whole))) == whole
    behind = whole[len(texts[0]) :]
    assert splice.without_front(crc, zlib.crc32(texts[0]), len(behind)) == zlib.crc32(behind)


def test_check_sums_of_long_texts_add_up() -> None:
    front, back = os.urandom(5_000), bytes(1_000_000)
    assert splice.appended(zlib.crc32(front), zlib.crc32(back), len(back)) == zlib.crc32(front + back)


@pytest.fixture(autouse=True)
def _nothing_left_running() -> Iterator[None]:
    """Compressing forks; no process may outlive the call."""
    yield
    assert multiprocessing.active_children() == []
