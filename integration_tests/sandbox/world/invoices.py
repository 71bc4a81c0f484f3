"""Invoices, their lines, and the invoice items that some of the lines come from."""

from __future__ import annotations

from typing import Any

from integration_tests.sandbox.blanks import blank, blank_part
from integration_tests.sandbox.strand import Json, Strand
from integration_tests.sandbox.world.business import (
    EXTRA_LINES,
    INVOICE_PATTERN,
    ONE_TIME,
    PRICES_PER_PRODUCT,
    Business,
)
from integration_tests.sandbox.world.subscriptions import ITEM_PLACES

# Room for the lines of one invoice in the identifiers of lines.
LINE_PLACES = 4096


class Invoices:
    """One invoice for each charge of a subscriber."""

    def __init__(self, business: Business) -> None:
        self.business = business

    def invoice_strand(self) -> Strand:
        business = self.business

        def of_customer(value: str) -> list[int]:
            customer = business.customer_id.index(value)
            if customer is None or customer >= business.customers:
                return []
            found = [business.invoice_of(charge) for charge in business.charges_of(customer)]
            return [invoice for invoice in found if invoice is not None]

        def of_subscription(value: str) -> list[int]:
            subscription = business.subscription_id.index(value)
            if subscription is None or subscription >= business.subscriptions:
                return []
            return of_customer(business.customer_id(business.subscriber(subscription)))

        return Strand(
            business.invoices,
            lambda n: business.timeline.at(business.invoice_charge(n)),
            business.invoice_id,
            business.invoice_id.index,
            self.invoice,
            {"customer": of_customer, "subscription": of_subscription},
        )

    def invoice(self, index: int) -> Json:
        business = self.business
        charge = business.invoice_charge(index)
        customer = business.customer_of(charge)
        subscription = business.subscription_of(customer)
        created = business.timeline.at(charge)
        total = business.invoice_total(index)
        paid = not business.failed(charge)
        identifier = business.invoice_id(index)
        age = charge % business.lifetime
        return {
            **blank("Invoice"),
            "id": identifier,
            "account_country": "US",
            "account_name": "Sandbox Incorporated",
            "amount_due": total,
            "amount_paid": total if paid else 0,
            "amount_remaining": 0 if paid else total,
            "attempt_count": 1,
            "attempted": True,
            "auto_advance": not paid,
            "billing_reason": "subscription_cycle" if age else "subscription_create",
            "created": created,
            "currency": "usd",
            "customer": business.customer_id(customer),
            "customer_email": business.customer_email(customer),
            "customer_name": business.customer_name(customer),
            "customer_tax_exempt": "none",
            "customer_tax_ids": [],
            "effective_at": created,
            "ending_balance": 0,
            "hosted_invoice_url": f"https://invoice.example.com/i/{business.account}/{identifier}",
            "invoice_pdf": f"https://invoice.example.com/i/{business.account}/{identifier}/pdf",
            "issuer": {"account": None, "type": "self"},
            "livemode": business.livemode,
            "metadata": {},
            "number": f"{business.chance(customer, 10) & 0xFFFFFFFF:08X}-{age + 1:04d}",
            "parent": None
            if subscription is None
            else {
                "quote_details": None,
                "subscription_details": {
                    "metadata": {},
                    "subscription": business.subscription_id(subscription),
                    "subscription_proration_date": None,
                },
                "type": "subscription_details",
            },
            "period_end": created,
            "period_start": created - business.cycle_seconds if age else created,
            "status": "paid" if paid else "open",
            "status_transitions": {
                "finalized_at": created,
                "marked_uncollectible_at": None,
                "paid_at": created if paid else None,
                "voided_at": None,
            },
            "subtotal": total,
            "subtotal_excluding_tax": total,
            "total": total,
            "total_discount_amounts": [],
            "total_excluding_tax": total,
            "total_pretax_credit_amounts": [],
            "total_taxes": [],
        }

    def lines(self, invoice: int) -> list[Json]:
        """All lines of an invoice: one an item of the subscription, then one an invoice item."""
        business = self.business
        charge = business.invoice_charge(invoice)
        subscription = business.subscription_of(business.customer_of(charge))
        created = business.timeline.at(charge)
        period = {"start": created, "end": created + business.cycle_seconds}
        found: list[Json] = []
        if subscription is not None:
            for item in range(business.item_count(subscription)):
                price = business.item_price(subscription, item)
                quantity = business.item_quantity(subscription, item)
                parent = {
                    "invoice_item": None,
                    "proration": False,
                    "proration_details": {"credited_items": None},
                    "subscription": business.subscription_id(subscription),
                    "subscription_item": business.item_id(subscription * ITEM_PLACES + item),
                }
                found.append(
                    {
                        **self._line(invoice, len(found), period),
                        "amount": business.unit_amount(price) * quantity,
                        "description": f"{quantity} × Plan {price // PRICES_PER_PRODUCT}",
                        "parent": {
                            "invoice_item_details": None,
                            "subscription_item_details": parent,
                            "type": "subscription_item_details",
                        },
                        "pricing": self._pricing(price, business.unit_amount(price)),
                        "quantity": quantity,
                        "quantity_decimal": str(quantity),
                        "subscription": business.subscription_id(subscription),
                        "subtotal": business.unit_amount(price) * quantity,
                    }
                )
        first = business.first_invoice_item(invoice)
        amount = business.extra_amount(invoice)
        for extra in range(EXTRA_LINES[invoice % INVOICE_PATTERN]):
            parent = {
                "invoice_item": business.invoice_item_id(first + extra),
                "proration": False,
                "proration_details": {"credited_items": None},
                "subscription": None if subscription is None else business.subscription_id(subscription),
            }
            found.append(
                {
                    **self._line(invoice, len(found), period),
                    "amount": amount,
                    "description": f"Extra service {extra + 1}",
                    "parent": {
                        "invoice_item_details": parent,
                        "subscription_item_details": None,
                        "type": "invoice_item_details",
                    },
                    "pricing": self._pricing(ONE_TIME, amount),
                    "quantity": 1,
                    "quantity_decimal": "1",
                    "subtotal": amount,
                }
            )
        return found

    def invoice_of_line(self, identifier: str) -> int | None:
        """The index of a line's invoice."""
        value = self.business.line_id.index(identifier)
        return None if value is None else value // LINE_PLACES

    def _line(self, invoice: int, line: int, period: dict[str, int]) -> Json:
        business = self.business
        return {
            **blank("InvoiceLineItem"),
            "id": business.line_id(invoice * LINE_PLACES + line),
            "currency": "usd",
            "discount_amounts": [],
            "discountable": True,
            "invoice": business.invoice_id(invoice),
            "livemode": business.livemode,
            "metadata": {},
            "period": period,
            "pretax_credit_amounts": [],
            "taxes": [],
        }

    def _pricing(self, price: int, unit_amount: int) -> dict[str, Any]:
        business = self.business
        return {
            "price_details": {
                "price": business.price_id(price),
                "product": business.product_id(price // PRICES_PER_PRODUCT),
            },
            "type": "price_details",
            "unit_amount_decimal": str(unit_amount),
        }

    def payment_strand(self) -> Strand:
        """One payment an invoice: how its payment intent pays it."""
        business = self.business
        ids = business.ids("inpay_1")

        def of_invoice(value: str) -> list[int]:
            invoice = business.invoice_id.index(value)
            return [] if invoice is None else [invoice]

        def payment(index: int) -> Json:
            charge = business.invoice_charge(index)
            created = business.timeline.at(charge)
            total, paid = business.invoice_total(index), not business.failed(charge)
            return {
                **blank("InvoicePayment"),
                "id": ids(index),
                "amount_paid": total if paid else None,
                "amount_requested": total,
                "created": created,
                "currency": "usd",
                "invoice": business.invoice_id(index),
                "is_default": True,
                "livemode": business.livemode,
                "payment": {
                    **blank_part("InvoicePayment", "payment"),
                    "payment_intent": business.intent_id(charge),
                    "type": "payment_intent",
                },
                "status": "paid" if paid else "open",
                "status_transitions": {"canceled_at": None, "paid_at": created if paid else None},
            }

        return Strand(
            business.invoices,
            lambda n: business.timeline.at(business.invoice_charge(n)),
            ids,
            ids.index,
            payment,
            {"invoice": of_invoice},
        )

    def invoice_item_strand(self) -> Strand:
        business = self.business

        def of_invoice(value: str) -> list[int]:
            invoice = business.invoice_id.index(value)
            if invoice is None or invoice >= business.invoices:
                return []
            first = business.first_invoice_item(invoice)
            return list(range(first, first + EXTRA_LINES[invoice % INVOICE_PATTERN]))

        def of_customer(value: str) -> list[int]:
            customer = business.customer_id.index(value)
            if customer is None or customer >= business.customers:
                return []
            found = [business.invoice_of(charge) for charge in business.charges_of(customer)]
            return [
                item for invoice in found if invoice is not None for item in of_invoice(business.invoice_id(invoice))
            ]

        return Strand(
            business.invoice_items,
            lambda n: business.timeline.at(business.invoice_charge(business.invoice_of_item(n)[0])),
            business.invoice_item_id,
            business.invoice_item_id.index,
            self.invoice_item,
            {"invoice": of_invoice, "customer": of_customer},
        )

    def invoice_item(self, index: int) -> Json:
        business = self.business
        invoice, extra = business.invoice_of_item(index)
        charge = business.invoice_charge(invoice)
        created = business.timeline.at(charge)
        amount = business.extra_amount(invoice)
        return {
            **blank("InvoiceItem"),
            "id": business.invoice_item_id(index),
            "amount": amount,
            "currency": "usd",
            "customer": business.customer_id(business.customer_of(charge)),
            "date": created,
            "description": f"Extra service {extra + 1}",
            "discountable": True,
            "discounts": [],
            "invoice": business.invoice_id(invoice),
            "livemode": business.livemode,
            "metadata": {},
            "net_amount": amount,
            "period": {"end": created, "start": created},
            "pricing": self._pricing(ONE_TIME, amount),
            "proration": False,
            "quantity": 1,
            "quantity_decimal": "1",
            "tax_rates": [],
        }
