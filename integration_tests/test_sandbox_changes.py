"""What is changed at run time in lists without a part in the business: the same machinery, with Stripe's events."""

from __future__ import annotations

from typing import Any

import pytest

from integration_tests.sandbox import Clock, Sandbox
from integration_tests.sandbox import sdk as sdk_reader
from integration_tests.sandbox.resources import BY_PATH, CHILD_BY_PATH
from integration_tests.sandbox.synthetic import SYNTHETIC, SYNTHETIC_CHILDREN
from integration_tests.test_sandbox_fidelity import misfits

CREATABLE = [resource for resource in SYNTHETIC if not resource.names and resource.listed]


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return Sandbox(size=60, seed=21, connected=3, clock=Clock(running=False))


def types(sandbox: Sandbox, since: int) -> list[str]:
    return [str(written.event["type"]) for written in sandbox.account().feed.written[since:]]


@pytest.mark.parametrize("resource", CREATABLE, ids=lambda resource: resource.path)
def test_objects_are_created_changed_and_deleted_in_their_list(sandbox: Sandbox, resource: Any) -> None:
    before = [entry["id"] for entry in sandbox.truth(resource.path)]
    told = len(sandbox.account().feed.written)
    new = sandbox.create(resource.path)
    assert misfits(new, resource.shape, resource.path) == []
    assert [entry["id"] for entry in sandbox.truth(resource.path)] == [new["id"], *before]
    sandbox.update(resource.path, before[0], {})
    sandbox.delete(resource.path, before[-1])
    assert [entry["id"] for entry in sandbox.truth(resource.path)] == [new["id"], *before[:-1]]
    expected = [*resource.born, resource.changed, resource.gone]
    assert types(sandbox, told) == [kind for kind in expected if kind is not None]


@pytest.mark.parametrize("child", [c for c in SYNTHETIC_CHILDREN if not c.names], ids=lambda child: child.path)
def test_children_are_created_changed_and_deleted_at_their_parent(sandbox: Sandbox, child: Any) -> None:
    parent = sandbox.account().strands(child.parent)[0].id(1)
    before = [entry["id"] for entry in sandbox.account().children(child.path, parent)]
    told = len(sandbox.account().feed.written)
    new = sandbox.create(child.path, {child.parameter: parent})
    module, name = child.classes[0]
    assert misfits(new, sdk_reader.resource_shape(name, module), child.path) == []
    sandbox.update(child.path, before[3], {})
    sandbox.delete(child.path, before[0])
    after = [entry["id"] for entry in sandbox.account().children(child.path, parent)]
    assert after == [new["id"], *before[1:]]
    above = BY_PATH[child.parent].changed
    expected = [child.born or above, child.changed or above, child.gone or above]
    assert types(sandbox, told) == [kind for kind in expected if kind is not None]


def test_an_external_accounts_events_name_the_connected_account(sandbox: Sandbox) -> None:
    account = sandbox.directory.identifiers()[2]
    sandbox.create("/v1/accounts/{account}/external_accounts", {"account": account})
    event = sandbox.account().feed.written[-1].event
    assert (event["type"], event["account"]) == ("account.external_account.created", account)
    assert event["data"]["object"]["account"] == account


def test_a_capability_is_changed_under_its_account(sandbox: Sandbox) -> None:
    path = "/v1/accounts/{account}/capabilities"
    first, second = sandbox.directory.identifiers()[1:3]
    sandbox.update(path, f"{first}/transfers", {"status": "disabled"})
    assert sandbox.account().child(path, first, "transfers")["status"] == "disabled"  # type: ignore[index]
    assert sandbox.account().feed.written[-1].event["type"] == "capability.updated"
    untouched = sandbox.account().children(path, second)
    assert [entry["id"] for entry in untouched] == list(reversed(CHILD_BY_PATH[path].names))


def test_a_charge_can_have_more_than_ten_refunds(sandbox: Sandbox) -> None:
    charge = next(c for c in sandbox.truth("/v1/charges") if c["paid"] and not c["amount_refunded"])
    for _ in range(12):
        sandbox.writer().refund(charge["id"], 1)
    header = {"Authorization": f"Bearer {sandbox.key}"}
    full = sandbox.answer("GET", f"/v1/charges/{charge['id']}", "expand[]=refunds", header).json()
    assert (len(full["refunds"]["data"]), full["refunds"]["has_more"], full["amount_refunded"]) == (10, True, 12)


def test_what_is_stripes_own_cannot_be_created(sandbox: Sandbox) -> None:
    for path in ("/v1/tax_codes", "/v1/country_specs", "/v1/accounts/{account}/capabilities"):
        with pytest.raises(ValueError, match="nothing is created"):
            sandbox.create(path, {"account": sandbox.directory.platform})
