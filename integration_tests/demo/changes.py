"""What happens in the sandbox's business between the demo's two syncs."""

from __future__ import annotations

from integration_tests.sandbox import Sandbox

Changes = dict[str, dict[str, list[str]]]
"""What happened ("new", "changed", "deleted") → ids of the objects it happened to, by stream."""


def a_day_passes(sandbox: Sandbox) -> Changes:
    """A day later: new customers with charges, a refund, a customer of another name, a coupon more and one less."""
    known = {path: next(iter(sandbox.truth(path)))["id"] for path in ("/v1/customers", "/v1/coupons")}
    sandbox.clock.advance(86_400)
    changes: Changes = {}

    def note(stream: str, happened: str, identifier: str) -> str:
        changes.setdefault(stream, {}).setdefault(happened, []).append(identifier)
        return identifier

    for number in range(3):
        customer = sandbox.create("/v1/customers", {"name": f"New customer {number + 1}"})
        note("customers", "new", customer["id"])
        charge = sandbox.create("/v1/charges", {"customer": customer["id"], "amount": 1000 + number})
        note("charges", "new", charge["id"])
    refund = sandbox.writer().refund(changes["charges"]["new"][0], 500)
    note("refunds", "new", refund["id"])
    sandbox.update("/v1/customers", note("customers", "changed", known["/v1/customers"]), {"name": "Another name"})
    note("coupons", "new", sandbox.create("/v1/coupons", {"percent_off": 25.0})["id"])
    sandbox.delete("/v1/coupons", note("coupons", "deleted", known["/v1/coupons"]))
    return changes
