"""Who subscribes to what, and the bills: customers, catalogue, subscriptions, invoices and their lines."""

from __future__ import annotations

from typing import Any

from integration_tests.sandbox.blanks import blank, blank_part
from integration_tests.sandbox.strand import Json, Strand
from integration_tests.sandbox.world.business import (
    CITIES,
    EXTRA_LINES,
    INVOICE_PATTERN,
    MONTHLY,
    ONE_TIME,
    PRICES_PER_PRODUCT,
    YEARLY,
    Business,
)

# Room for the lines of one invoice in the identifiers of lines: a few hundred are made, the rest is for control.
_LINES = 4096
# Room for the items of one subscription.
_ITEMS = 64


class Billing:
    """Everything but money: the rest of the business is in `Payments` and `Ledger`."""

    def __init__(self, business: Business) -> None:
        self.business = business

    # --- customers

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

    # --- catalogue

    def product_strand(self) -> Strand:
        business = self.business
        return Strand(
            business.products,
            business.product_created,
            business.product_id,
            business.product_id.index,
            self.product,
        )

    def price_strand(self) -> Strand:
        business = self.business

        def of_product(value: str) -> list[int]:
            product = business.product_id.index(value)
            if product is None or product >= business.products:
                return []
            return [product * PRICES_PER_PRODUCT + kind for kind in range(PRICES_PER_PRODUCT)]

        return Strand(
            business.products * PRICES_PER_PRODUCT,
            lambda n: business.product_created(n // PRICES_PER_PRODUCT),
            business.price_id,
            business.price_id.index,
            self.price,
            {"product": of_product},
        )

    def plan_strand(self) -> Strand:
        """Plans are the recurring prices under their old name, with the same identifiers."""
        business = self.business

        def index(identifier: str) -> int | None:
            price = business.price_id.index(identifier)
            if price is None or price % PRICES_PER_PRODUCT == ONE_TIME:
                return None
            return price // PRICES_PER_PRODUCT * 2 + price % PRICES_PER_PRODUCT

        def price(plan: int) -> int:
            return plan // 2 * PRICES_PER_PRODUCT + plan % 2

        return Strand(
            business.products * 2,
            lambda n: business.product_created(n // 2),
            lambda n: business.price_id(price(n)),
            index,
            lambda n: self.plan(price(n)),
        )

    def coupon_strand(self) -> Strand:
        business = self.business
        ids = business.ids("")
        return Strand(
            max(4, business.products // 4) if business.products else 0,
            lambda n: business.product_created(n * 4),
            ids,
            ids.index,
            lambda n: self.coupon(n, ids(n)),
        )

    def product(self, index: int) -> Json:
        business = self.business
        created = business.product_created(index)
        return {
            **blank("Product"),
            "id": business.product_id(index),
            "active": business.product_active(index),
            "created": created,
            "default_price": business.price_id(index * PRICES_PER_PRODUCT),
            "description": None if index % 4 else f"Our plan number {index}",
            "livemode": business.livemode,
            "metadata": {},
            "name": f"Plan {index}",
            "type": "service",
            "updated": created,
        }

    def price(self, index: int) -> Json:
        business = self.business
        product, kind = divmod(index, PRICES_PER_PRODUCT)
        amount = business.unit_amount(index)
        recurring = None
        if kind != ONE_TIME:
            recurring = {
                **blank_part("Price", "recurring"),
                "interval": "year" if kind == YEARLY else "month",
                "interval_count": 1,
                "usage_type": "licensed",
            }
        return {
            **blank("Price"),
            "id": business.price_id(index),
            "active": business.price_active(index),
            "billing_scheme": "per_unit",
            "created": business.product_created(product),
            "currency": "usd",
            "livemode": business.livemode,
            "lookup_key": f"plan_{product}_{('monthly', 'yearly', 'once')[kind]}",
            "metadata": {},
            "nickname": None if kind == MONTHLY else ("monthly", "yearly", "once")[kind],
            "product": business.product_id(product),
            "recurring": recurring,
            "tax_behavior": "unspecified",
            "type": "one_time" if kind == ONE_TIME else "recurring",
            "unit_amount": amount,
            "unit_amount_decimal": str(amount),
        }

    def plan(self, price: int) -> Json:
        business = self.business
        product, kind = divmod(price, PRICES_PER_PRODUCT)
        amount = business.unit_amount(price)
        return {
            **blank("Plan"),
            "id": business.price_id(price),
            "active": business.price_active(price),
            "amount": amount,
            "amount_decimal": str(amount),
            "billing_scheme": "per_unit",
            "created": business.product_created(product),
            "currency": "usd",
            "interval": "year" if kind == YEARLY else "month",
            "interval_count": 1,
            "livemode": business.livemode,
            "metadata": {},
            "product": business.product_id(product),
            "usage_type": "licensed",
        }

    def coupon(self, index: int, identifier: str) -> Json:
        business = self.business
        return {
            **blank("Coupon"),
            "id": identifier,
            "created": business.product_created(index * 4),
            "duration": ("once", "forever", "repeating")[index % 3],
            "duration_in_months": 3 if index % 3 == 2 else None,
            "livemode": business.livemode,
            "metadata": {},
            "name": f"{5 + index % 30}% off",
            "percent_off": float(5 + index % 30),
            "times_redeemed": business.chance(index, 13) % 100,
            "valid": index % 5 != 4,
        }

    # --- subscriptions

    def subscription_strand(self) -> Strand:
        business = self.business

        def of_customer(value: str) -> list[int]:
            customer = business.customer_id.index(value)
            if customer is None or customer >= business.customers:
                return []
            subscription = business.subscription_of(customer)
            return [] if subscription is None else [subscription]

        return Strand(
            business.subscriptions,
            lambda n: business.customer_created(business.subscriber(n)),
            business.subscription_id,
            business.subscription_id.index,
            self.subscription,
            {"customer": of_customer},
        )

    def subscription(self, index: int) -> Json:
        business = self.business
        customer = business.subscriber(index)
        created = business.customer_created(customer)
        charges = business.charges_of(customer)
        place = business.first_charge_place(customer)
        ended = place + business.lifetime * business.per_cycle <= business.charges
        canceled = ended and index % 4 != 0
        ended_at = min(business.timeline.at(charges[-1] if charges else place) + business.cycle_seconds, business.end)
        invoice = business.invoice_of(charges[-1]) if charges else None
        return {
            **blank("Subscription"),
            "id": business.subscription_id(index),
            "billing_cycle_anchor": created,
            "cancel_at_period_end": False,
            "canceled_at": ended_at if canceled else None,
            "cancellation_details": {
                **blank_part("Subscription", "cancellation_details"),
                "reason": "cancellation_requested" if canceled else None,
            },
            "collection_method": "charge_automatically",
            "created": created,
            "currency": "usd",
            "customer": business.customer_id(customer),
            "default_payment_method": business.method_id(customer),
            "ended_at": ended_at if canceled else None,
            "latest_invoice": None if invoice is None else business.invoice_id(invoice),
            "livemode": business.livemode,
            "metadata": {},
            "start_date": created,
            "status": "canceled" if canceled else "paused" if ended else "active",
        }

    def items(self, subscription: int) -> list[Json]:
        """The items of a subscription, oldest first."""
        return [self.item(subscription, item) for item in range(self.business.item_count(subscription))]

    def locate_item(self, identifier: str) -> Json | None:
        value = self.business.item_id.index(identifier)
        if value is None:
            return None
        subscription, item = divmod(value, _ITEMS)
        exists = subscription < self.business.subscriptions and item < self.business.item_count(subscription)
        return self.item(subscription, item) if exists else None

    def item(self, subscription: int, item: int) -> Json:
        business = self.business
        created = business.customer_created(business.subscriber(subscription))
        price = business.item_price(subscription, item)
        cycles = max(0, (business.end - created) // business.cycle_seconds)
        start = created + cycles * business.cycle_seconds
        return {
            **blank("SubscriptionItem"),
            "id": business.item_id(subscription * _ITEMS + item),
            "created": created,
            "current_period_end": start + business.cycle_seconds,
            "current_period_start": start,
            "metadata": {},
            "plan": self.plan(price),
            "price": self.price(price),
            "quantity": business.item_quantity(subscription, item),
            "subscription": business.subscription_id(subscription),
            "tax_rates": [],
        }

    # --- invoices

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
                    "pause_collection": None,
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
                    "subscription_item": business.item_id(subscription * _ITEMS + item),
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

    def invoice_of_line(self, identifier: str) -> str | None:
        value = self.business.line_id.index(identifier)
        invoice = None if value is None else value // _LINES
        return self.business.invoice_id(invoice) if invoice is not None and invoice < self.business.invoices else None

    def _line(self, invoice: int, line: int, period: dict[str, int]) -> Json:
        business = self.business
        return {
            **blank("InvoiceLineItem"),
            "id": business.line_id(invoice * _LINES + line),
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
