"""Balance transactions and payouts: every movement of money once, and payouts that are the sum of theirs."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from integration_tests.sandbox.blanks import blank
from integration_tests.sandbox.strand import Json, Strand
from integration_tests.sandbox.timeline import DAY
from integration_tests.sandbox.world.business import (
    DISPUTE_STEP,
    FAILED_AT,
    FAILED_STEP,
    PAYOUT_STEP,
    REFUND_STEP,
    Business,
)

DISPUTE_FEE = 1500  # cents
# Which of its sources a transaction comes from; kept in the lowest bits of its identifier.
CHARGE, REFUND, DISPUTE, PAYOUT = range(4)
_SOURCES = 4


def charge_transaction(business: Business, charge: int) -> str:
    return business.transaction_id(charge * _SOURCES + CHARGE)


def refund_transaction(business: Business, refund: int) -> str:
    return business.transaction_id(refund * _SOURCES + REFUND)


def dispute_transaction(business: Business, dispute: int) -> str:
    return business.transaction_id(dispute * _SOURCES + DISPUTE)


def payout_transaction(business: Business, payout: int) -> str:
    return business.transaction_id(payout * _SOURCES + PAYOUT)


class Ledger:
    """The account's money. Transactions turn from pending to available by the clock alone, as at Stripe."""

    def __init__(self, business: Business) -> None:
        self.business = business
        self._transaction_blank = blank("BalanceTransaction")
        self._payout_blank = blank("Payout")
        self.payout_amount = lru_cache(maxsize=20_000)(self._payout_amount)

    def transaction_strands(self) -> list[Strand]:
        business = self.business
        blocks, rest = divmod(business.charges, FAILED_STEP)
        succeeded = blocks * (FAILED_STEP - 1) + rest - (rest > FAILED_AT)
        return [
            self._strand(CHARGE, succeeded, self._paid_charge, self._paid_place, self._of_charge),
            self._strand(REFUND, business.refunds, _same, _same, self._of_refund),
            self._strand(DISPUTE, business.disputes, _same, _same, self.of_dispute),
            self._strand(PAYOUT, business.payouts, _same, _same, self._of_payout),
        ]

    def payout_strand(self) -> Strand:
        business = self.business
        return Strand(
            business.payouts, business.payout_created, business.payout_id, business.payout_id.index, self.payout
        )

    def payout(self, index: int) -> Json:
        business = self.business
        created = business.payout_created(index)
        return {
            **self._payout_blank,
            "id": business.payout_id(index),
            "amount": self.payout_amount(index),
            "arrival_date": created + DAY,
            "automatic": True,
            "balance_transaction": payout_transaction(business, index),
            "created": created,
            "currency": "usd",
            "description": "STRIPE PAYOUT",
            "destination": f"ba_1{business.account[5:15]}",
            "livemode": business.livemode,
            "metadata": {},
            "method": "standard",
            "reconciliation_status": "completed",
            "source_type": "card",
            "status": "paid" if created + DAY <= business.end else "in_transit",
            "type": "bank_account",
        }

    def of_dispute(self, dispute: int) -> Json:
        business = self.business
        amount = business.amount(business.dispute_charge(dispute))
        return self._transaction(
            dispute_transaction(business, dispute),
            business.dispute_created(dispute),
            -amount,
            DISPUTE_FEE,
            "adjustment",
            "dispute",
            business.dispute_id(dispute),
            "Chargeback withdrawal",
        )

    def _strand(self, kind: int, count: int, real: Any, place: Any, make: Any) -> Strand:
        """`real` turns a place in the strand into the index of what it comes from, `place` back."""
        business, ids = self.business, self.business.transaction_id
        times = {
            CHARGE: business.timeline.at,
            REFUND: business.refund_created,
            DISPUTE: business.dispute_created,
            PAYOUT: business.payout_created,
        }
        moment = times[kind]

        def index(identifier: str) -> int | None:
            value = ids.index(identifier)
            return place(value // _SOURCES) if value is not None and value % _SOURCES == kind else None

        def of_payout(identifier: str) -> list[int]:
            payout = business.payout_id.index(identifier)
            if payout is None or payout >= business.payouts:
                return []
            per_payout = {
                CHARGE: PAYOUT_STEP // FAILED_STEP * (FAILED_STEP - 1),
                REFUND: PAYOUT_STEP // REFUND_STEP,
                DISPUTE: PAYOUT_STEP // DISPUTE_STEP,
                PAYOUT: 1,
            }[kind]
            return list(range(payout * per_payout, min((payout + 1) * per_payout, count)))

        return Strand(
            count,
            lambda n: moment(real(n)),
            lambda n: ids(real(n) * _SOURCES + kind),
            index,
            lambda n: make(real(n)),
            {"payout": of_payout},
        )

    def _paid_charge(self, place: int) -> int:
        block, rest = divmod(place, FAILED_STEP - 1)
        return block * FAILED_STEP + rest + (rest >= FAILED_AT)

    def _paid_place(self, charge: int) -> int | None:
        block, rest = divmod(charge, FAILED_STEP)
        return None if rest == FAILED_AT else block * (FAILED_STEP - 1) + rest - (rest > FAILED_AT)

    def _payout_amount(self, payout: int) -> int:
        """Cents: the net of the charges, refunds and disputes of the payout's block of charges."""
        business = self.business
        total = 0
        for charge in range(payout * PAYOUT_STEP, (payout + 1) * PAYOUT_STEP):
            if charge % FAILED_STEP == FAILED_AT:
                continue
            amount = business.amount(charge)
            total += amount - business.fee(amount)
            refund = business.refund_of(charge)
            if refund is not None:
                total -= business.refund_amount(refund)
            if business.dispute_of(charge) is not None:
                total -= amount + DISPUTE_FEE
        return total

    def _of_charge(self, charge: int) -> Json:
        business = self.business
        amount = business.amount(charge)
        return self._transaction(
            charge_transaction(business, charge),
            business.timeline.at(charge),
            amount,
            business.fee(amount),
            "charge",
            "charge",
            business.charge_id(charge),
            None if business.invoice_of(charge) is None else "Subscription update",
        )

    def _of_refund(self, refund: int) -> Json:
        business = self.business
        return self._transaction(
            refund_transaction(business, refund),
            business.refund_created(refund),
            -business.refund_amount(refund),
            0,
            "refund",
            "refund",
            business.refund_id(refund),
            "REFUND FOR CHARGE",
        )

    def _of_payout(self, payout: int) -> Json:
        business = self.business
        return self._transaction(
            payout_transaction(business, payout),
            business.payout_created(payout),
            -self.payout_amount(payout),
            0,
            "payout",
            "payout",
            business.payout_id(payout),
            "STRIPE PAYOUT",
        )

    def _transaction(
        self,
        identifier: str,
        created: int,
        amount: int,
        fee: int,
        kind: str,
        category: str,
        source: str,
        text: str | None,
    ) -> Json:
        available_on = created + 2 * DAY if kind == "charge" else created
        detail = {"amount": fee, "application": None, "currency": "usd", "description": "Stripe processing fees"}
        return {
            **self._transaction_blank,
            "id": identifier,
            "amount": amount,
            "available_on": available_on,
            "balance_type": "payments",
            "created": created,
            "currency": "usd",
            "description": text,
            "fee": fee,
            "fee_details": [{**detail, "type": "stripe_fee"}] if fee else [],
            "net": amount - fee,
            "reporting_category": category,
            "source": source,
            "status": "available" if available_on <= self.business.now() else "pending",
            "type": kind,
        }


def _same(index: int) -> int:
    return index
