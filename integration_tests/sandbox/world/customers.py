"""Customers."""

from __future__ import annotations

from integration_tests.sandbox.blanks import blank, blank_part
from integration_tests.sandbox.strand import Json, Strand
from integration_tests.sandbox.world.business import CITIES, Business


class Customers:
    """One strand: customers in the order in which they came."""

    def __init__(self, business: Business) -> None:
        self.business = business

    def customer_strand(self) -> Strand:
        business = self.business

        def of_email(value: str) -> list[int] | None:
            text = value.removeprefix("customer").partition(".")[0]
            return [int(text)] if text.isdigit() and int(text) < business.customers else []

        return Strand(
            business.customers,
            business.customer_created,
            business.customer_id,
            business.customer_id.index,
            self.customer,
            {"email": of_email},
        )

    def customer(self, index: int) -> Json:
        business = self.business
        city, state, postal_code = CITIES[index % len(CITIES)]
        address = {
            "city": city,
            "country": "US",
            "line1": f"{1 + index % 989} Main Street",
            "line2": None,
            "postal_code": postal_code,
            "state": state,
        }
        return {
            **blank("Customer"),
            "id": business.customer_id(index),
            "address": address,
            "balance": 0,
            "created": business.customer_created(index),
            "currency": "usd",
            "delinquent": False,
            "description": None if index % 3 else f"Customer number {index}",
            "email": business.customer_email(index),
            "invoice_prefix": f"{business.chance(index, 10) & 0xFFFFFFFF:08X}",
            "invoice_settings": {
                **blank_part("Customer", "invoice_settings"),
                "default_payment_method": business.method_id(index),
            },
            "livemode": business.livemode,
            "metadata": {"crm": f"{business.chance(index, 11):016x}"},
            "name": business.customer_name(index),
            "next_invoice_sequence": business.lifetime + 1,
            "phone": f"+1555{business.chance(index, 12) % 10**7:07d}",
            "preferred_locales": ["en"],
            "tax_exempt": "none",
        }
