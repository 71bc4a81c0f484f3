"""Whatever happens to an account, its lists, its events and its truth stay one story."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

from integration_tests.sandbox import Clock, Sandbox
from integration_tests.sandbox.resources import BY_PATH

PATHS = ("/v1/charges", "/v1/coupons", "/v1/customers", "/v1/invoices", "/v1/products", "/v1/subscriptions")
ITEMS = "/v1/subscription_items"


def change_by_chance(sandbox: Sandbox, chance: random.Random, operations: int) -> set[str]:
    """Create, update, delete and re-create at random, sometimes several in a second; answers what was done."""
    done = set()
    gone: list[tuple[str, str]] = []
    for number in range(operations):
        sandbox.clock.advance(chance.choice([0, 0, 1, 30]))
        path = chance.choice(PATHS)
        alive = [entry["id"] for entry in sandbox.truth(path)]
        what = chance.choice(["create", "update", "update", "delete", "recreate", "child"])
        if what == "create":
            sandbox.create(path, {"metadata": {"n": str(number)}})
        elif what == "update" and alive:
            sandbox.update(path, chance.choice(alive), {"metadata": {"n": str(number)}})
        elif what == "delete" and alive and BY_PATH[path].gone:
            gone.append((path, chance.choice(alive)))
            sandbox.delete(*gone[-1])
        elif what == "recreate" and gone:
            path, identifier = gone.pop()
            sandbox.create(path, {"id": identifier, "metadata": {"n": str(number)}})
        elif what == "child":
            subscription = next(iter(sandbox.truth("/v1/subscriptions")))["id"]
            sandbox.create(ITEMS, {"subscription": subscription, "quantity": number})
        else:
            continue
        done.add(what)
    return done


def pages(sandbox: Sandbox, path: str, query: str) -> Iterator[Any]:
    cursor = ""
    while True:
        answer = sandbox.answer("GET", path, query + cursor, {"Authorization": f"Bearer {sandbox.key}"})
        assert answer.status == 200, answer.body
        body = answer.json()
        yield body["data"]
        if not body["has_more"]:
            return
        cursor = f"&starting_after={body['data'][-1]['id']}"


@pytest.mark.parametrize("seed", range(8))
def test_any_history_is_told_alike_by_pages_events_and_truth(seed: int) -> None:
    sandbox = Sandbox(size=30, seed=seed, clock=Clock(running=False))
    before = {path: {e["id"]: e for e in sandbox.truth(path)} for path in PATHS}
    began = sandbox.now()
    done = change_by_chance(sandbox, random.Random(seed), 120)
    assert done == {"create", "update", "delete", "recreate", "child"}

    hidden_too = {"/v1/subscriptions": "limit=7&status=all"}
    for path in PATHS:
        truth = list(sandbox.truth(path))
        query = hidden_too.get(path, "limit=7")
        forward = [entry for page in pages(sandbox, path, query) for entry in page]
        assert forward == truth
        if truth:
            last = f"{query}&ending_before={truth[-1]['id']}"
            first = sandbox.answer("GET", path, last, {"Authorization": f"Bearer {sandbox.key}"}).json()
            assert first["data"] == truth[-1 - len(first["data"]) : -1]
        created = [entry["created"] for entry in truth]
        assert created == sorted(created, reverse=True)

    replayed = {path: dict(entries) for path, entries in before.items()}
    by_object = {BY_PATH[path].object: path for path in PATHS}
    found = [event for page in pages(sandbox, "/v1/events", f"limit=50&created[gte]={began}") for event in page]
    for event in reversed(found):
        value = event["data"]["object"]
        path = by_object[value["object"]]
        replayed[path].pop(value["id"], None)
        if event["type"] != BY_PATH[path].gone:
            replayed[path][value["id"]] = value
    for path in PATHS:
        assert replayed[path] == {entry["id"]: entry for entry in sandbox.truth(path)}, path
