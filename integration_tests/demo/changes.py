"""What happens in the sandbox's business between the demo's two syncs."""

from __future__ import annotations

from integration_tests.sandbox import Sandbox


def a_day_passes(sandbox: Sandbox) -> dict[str, list[str]]:
    """A day later: new customers, their charges, a refund and a coupon. The new objects' ids, by stream."""
    sandbox.clock.advance(86_400)
    new: dict[str, list[str]] = {}
    for number in range(3):
        customer = sandbox.create("/v1/customers", {"name": f"New customer {number + 1}"})
        new.setdefault("customers", []).append(customer["id"])
        charge = sandbox.create("/v1/charges", {"customer": customer["id"], "amount": 1000 + number})
        new.setdefault("charges", []).append(charge["id"])
    refund = sandbox.writer().refund(new["charges"][0], 500)
    new["refunds"] = [refund["id"]]
    new["coupons"] = [sandbox.create("/v1/coupons", {"percent_off": 25.0})["id"]]
    return new
