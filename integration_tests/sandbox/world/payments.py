"""Charges and what belongs to them: payment intents, payment methods, refunds, disputes."""

from __future__ import annotations

from typing import Any

from integration_tests.sandbox.blanks import blank, blank_part
from integration_tests.sandbox.identity import mix
from integration_tests.sandbox.strand import Json, Strand
from integration_tests.sandbox.timeline import DAY
from integration_tests.sandbox.world.business import CITIES, Business
from integration_tests.sandbox.world.transactions import (
    Ledger,
    charge_transaction,
    refund_transaction,
)

_BRANDS = (("visa", "4242"), ("mastercard", "4444"), ("amex", "8431"), ("discover", "9424"), ("visa", "5556"))
_STREETS = ("Oak Street", "Maple Avenue", "Hill Road", "Station Lane", "Market Square", "Lake Drive")
_WORDS = (
    "amber basin cedar delta ember fjord grove harbor island jasper kelp lagoon meadow north ocean prairie quartz "
    "river summit timber umber valley willow xenon yarrow zephyr atlas beacon cobalt drift elm forest"
).split()
_REASONS = ("fraudulent", "product_not_received", "duplicate", "subscription_canceled", "general")
_FAILURE = ("card_declined", "Your card was declined.")


class Payments:
    """`ledger` gives the balance transactions that disputes carry in full."""

    def __init__(self, business: Business, ledger: Ledger) -> None:
        self.business = business
        self._ledger = ledger
        self._charge = {**blank("Charge"), "currency": "usd", "livemode": business.livemode}
        self._intent = {**blank("PaymentIntent"), "currency": "usd", "livemode": business.livemode}
        self._card = blank_part("Charge", "payment_method_details", "card")
        self._outcome = blank_part("Charge", "outcome")
        self._receipts = f"https://pay.example.com/receipts/payment/{business.account}/"

    def charge_strand(self) -> Strand:
        business = self.business
        return Strand(
            business.charges,
            business.timeline.at,
            business.charge_id,
            business.charge_id.index,
            self.charge,
            {"customer": self.charges_of_customer, "payment_intent": _one(business.intent_id.index)},
        )

    def intent_strand(self) -> Strand:
        business = self.business
        return Strand(
            business.charges,
            business.timeline.at,
            business.intent_id,
            business.intent_id.index,
            self.intent,
            {"customer": self.charges_of_customer},
        )

    def method_strand(self) -> Strand:
        business = self.business
        return Strand(
            business.customers,
            business.customer_created,
            business.method_id,
            business.method_id.index,
            self.method,
            {"customer": _one(business.customer_id.index)},
        )

    def refund_strand(self) -> Strand:
        business = self.business

        def of_charge(charge: int | None) -> list[int]:
            refund = business.refund_of(charge) if charge is not None and charge < business.charges else None
            return [] if refund is None else [refund]

        return Strand(
            business.refunds,
            business.refund_created,
            business.refund_id,
            business.refund_id.index,
            self.refund,
            {
                "charge": lambda value: of_charge(business.charge_id.index(value)),
                "payment_intent": lambda value: of_charge(business.intent_id.index(value)),
            },
        )

    def dispute_strand(self) -> Strand:
        business = self.business

        def of_charge(charge: int | None) -> list[int]:
            dispute = business.dispute_of(charge) if charge is not None and charge < business.charges else None
            return [] if dispute is None else [dispute]

        return Strand(
            business.disputes,
            business.dispute_created,
            business.dispute_id,
            business.dispute_id.index,
            self.dispute,
            {
                "charge": lambda value: of_charge(business.charge_id.index(value)),
                "payment_intent": lambda value: of_charge(business.intent_id.index(value)),
            },
        )

    def charges_of_customer(self, identifier: str) -> list[int]:
        customer = self.business.customer_id.index(identifier)
        return [] if customer is None or customer >= self.business.customers else self.business.charges_of(customer)

    def charge(self, index: int) -> Json:
        business = self.business
        chance = business.chance(index, 6)
        customer = business.customer_of(index)
        amount = business.amount(index)
        failed = business.failed(index)
        refund = business.refund_of(index)
        refunded = business.refund_amount(refund) if refund is not None else 0
        identifier = business.charge_id(index)
        name = business.customer_name(customer)
        email = business.customer_email(customer)
        address = self._address(customer)
        brand, last4 = _BRANDS[customer % 5]
        paid = not failed
        more = mix(chance)
        return {
            **self._charge,
            "id": identifier,
            "amount": amount,
            "amount_captured": amount if paid else 0,
            "amount_refunded": refunded,
            "balance_transaction": charge_transaction(business, index) if paid else None,
            "billing_details": {"address": address, "email": email, "name": name, "phone": None, "tax_id": None},
            "calculated_statement_descriptor": "SANDBOX* " + _WORDS[chance & 31].upper(),
            "captured": paid,
            "created": business.timeline.at(index),
            "customer": business.customer_id(customer),
            "description": self._description(index, chance),
            "disputed": business.dispute_of(index) is not None,
            "failure_code": _FAILURE[0] if failed else None,
            "failure_message": _FAILURE[1] if failed else None,
            "fraud_details": {},
            "metadata": {
                "order_id": f"order-{chance:016x}",
                "campaign": f"{_WORDS[chance >> 5 & 31]}-{_WORDS[chance >> 10 & 31]}-{chance >> 15 & 0xFFFF}",
                "trace": f"{more:016x}{mix(more):016x}",
                "note": " ".join([_WORDS[chance >> s & 31] for s in range(3, 58, 5)]),
                "signature": f"{more**33:x}",
            },
            "outcome": {
                **self._outcome,
                "network_status": "declined_by_network" if failed else "approved_by_network",
                "reason": "generic_decline" if failed else None,
                "risk_level": "normal",
                "risk_score": chance >> 20 & 63,
                "seller_message": "The bank declined the payment." if failed else "Payment complete.",
                "type": "issuer_declined" if failed else "authorized",
            },
            "paid": paid,
            "payment_intent": business.intent_id(index),
            "payment_method": business.method_id(customer),
            "payment_method_details": {
                "card": {
                    **self._card,
                    "amount_authorized": amount,
                    "authorization_code": f"{chance >> 26 & 0xFFFFFF:06d}",
                    "brand": brand,
                    "checks": {
                        "address_line1_check": "pass",
                        "address_postal_code_check": "pass",
                        "cvc_check": "pass" if index % 9 else "unchecked",
                    },
                    "country": "US",
                    "exp_month": 1 + customer % 12,
                    "exp_year": 2027 + customer % 7,
                    "fingerprint": f"{business.chance(customer, 7):016x}",
                    "funding": "credit" if customer % 3 else "debit",
                    "last4": last4,
                    "network": brand,
                    "network_transaction_id": str(more % 10**15),
                    "regulated_status": "unregulated",
                },
                "type": "card",
            },
            "radar_options": {},
            "receipt_email": email,
            "receipt_number": f"{chance >> 30 & 0xFFFF:04d}-{chance >> 44 & 0xFFFF:04d}",
            "receipt_url": f"{self._receipts}{more:016x}{mix(more ^ 1):016x}{mix(more ^ 2):016x}?s=ap",
            "refunded": refund is not None and refunded == amount,
            "shipping": {
                "address": address,
                "carrier": None,
                "name": name,
                "phone": None,
                "tracking_number": f"1Z{more >> 8 & 0xFFFFFFFFFF:012d}",
            },
            "status": "failed" if failed else "succeeded",
        }

    def intent(self, index: int) -> Json:
        business = self.business
        customer = business.customer_of(index)
        amount = business.amount(index)
        failed = business.failed(index)
        identifier = business.intent_id(index)
        chance = business.chance(index, 6)
        return {
            **self._intent,
            "id": identifier,
            "amount": amount,
            "amount_details": {"tip": {}},
            "amount_received": 0 if failed else amount,
            "capture_method": "automatic",
            "client_secret": f"{identifier}_secret_{business.chance(index, 8):016x}",
            "confirmation_method": "automatic",
            "created": business.timeline.at(index),
            "customer": business.customer_id(customer),
            "description": self._description(index, chance),
            "latest_charge": business.charge_id(index),
            "metadata": {"order_id": f"order-{chance:016x}"},
            "payment_method": None if failed else business.method_id(customer),
            "payment_method_types": ["card"],
            "receipt_email": business.customer_email(customer),
            "status": "requires_payment_method" if failed else "succeeded",
        }

    def method(self, customer: int) -> Json:
        business = self.business
        brand, last4 = _BRANDS[customer % 5]
        return {
            **blank("PaymentMethod"),
            "id": business.method_id(customer),
            "billing_details": {
                "address": self._address(customer),
                "email": business.customer_email(customer),
                "name": business.customer_name(customer),
                "phone": None,
                "tax_id": None,
            },
            "card": {
                **blank_part("PaymentMethod", "card"),
                "brand": brand,
                "country": "US",
                "display_brand": brand,
                "exp_month": 1 + customer % 12,
                "exp_year": 2027 + customer % 7,
                "fingerprint": f"{business.chance(customer, 7):016x}",
                "funding": "credit" if customer % 3 else "debit",
                "last4": last4,
            },
            "created": business.customer_created(customer),
            "customer": business.customer_id(customer),
            "livemode": business.livemode,
            "metadata": {},
            "type": "card",
        }

    def refund(self, index: int) -> Json:
        business = self.business
        charge = business.refund_charge(index)
        return {
            **blank("Refund"),
            "id": business.refund_id(index),
            "amount": business.refund_amount(index),
            "balance_transaction": refund_transaction(business, index),
            "charge": business.charge_id(charge),
            "created": business.refund_created(index),
            "currency": "usd",
            "customer": business.customer_id(business.customer_of(charge)),
            "destination_details": {
                "card": {
                    "reference": f"{business.chance(index, 9):016d}"[:16],
                    "reference_status": "available",
                    "reference_type": "acquirer_reference_number",
                    "type": "refund",
                },
                "type": "card",
            },
            "metadata": {},
            "payment_intent": business.intent_id(charge),
            "reason": (None, "requested_by_customer", "duplicate")[index % 3],
            "status": "succeeded",
        }

    def dispute(self, index: int) -> Json:
        business = self.business
        charge = business.dispute_charge(index)
        created = business.dispute_created(index)
        settled = created + 60 * DAY <= business.end
        return {
            **blank("Dispute"),
            "id": business.dispute_id(index),
            "amount": business.amount(charge),
            "balance_transactions": [self._ledger.of_dispute(index)],
            "charge": business.charge_id(charge),
            "created": created,
            "currency": "usd",
            "evidence_details": {
                **blank_part("Dispute", "evidence_details"),
                "due_by": created + 21 * DAY,
                "has_evidence": settled,
                "past_due": settled,
                "submission_count": int(settled),
            },
            "livemode": business.livemode,
            "metadata": {},
            "network_reason_code": "10.4",
            "payment_intent": business.intent_id(charge),
            "payment_method_details": {
                "card": {
                    **blank_part("Dispute", "payment_method_details", "card"),
                    "brand": "visa",
                    "case_type": "chargeback",
                    "network_reason_code": "10.4",
                },
                "type": "card",
            },
            "reason": _REASONS[index % len(_REASONS)],
            "status": "lost" if settled else ("needs_response", "under_review")[index % 2],
        }

    def _address(self, customer: int) -> dict[str, Any]:
        city, state, postal_code = CITIES[customer % len(CITIES)]
        return {
            "city": city,
            "country": "US",
            "line1": f"{1 + customer % 989} {_STREETS[customer % 6]}",
            "line2": None,
            "postal_code": postal_code,
            "state": state,
        }

    def _description(self, index: int, chance: int) -> str:
        if self.business.invoice_of(index) is not None:
            return "Subscription update"
        return f"One {_WORDS[chance >> 9 & 31]} {_WORDS[chance >> 14 & 31]}, as ordered"


def _one(index: Any) -> Any:
    """A `narrow` for strands that share their index with what the parameter names."""

    def indexes(identifier: str) -> list[int]:
        found = index(identifier)
        return [] if found is None else [found]

    return indexes
