"""Subscriptions and their items."""

from __future__ import annotations

from integration_tests.sandbox.blanks import blank, blank_part
from integration_tests.sandbox.strand import Json, Strand
from integration_tests.sandbox.world.business import Business
from integration_tests.sandbox.world.catalogue import Catalogue

# Room for the items of one subscription in the identifiers of items.
ITEM_PLACES = 64


class Subscriptions:
    """Three customers of four have one each. `catalogue` gives the prices that items carry in full."""

    def __init__(self, business: Business, catalogue: Catalogue) -> None:
        self.business = business
        self._catalogue = catalogue

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

    def subscription_of_item(self, identifier: str) -> int | None:
        """The index of an item's subscription."""
        value = self.business.item_id.index(identifier)
        return None if value is None else value // ITEM_PLACES

    def item(self, subscription: int, item: int) -> Json:
        business = self.business
        created = business.customer_created(business.subscriber(subscription))
        price = business.item_price(subscription, item)
        cycles = max(0, (business.end - created) // business.cycle_seconds)
        start = created + cycles * business.cycle_seconds
        return {
            **blank("SubscriptionItem"),
            "id": business.item_id(subscription * ITEM_PLACES + item),
            "created": created,
            "current_period_end": start + business.cycle_seconds,
            "current_period_start": start,
            "metadata": {},
            "plan": self._catalogue.plan(price),
            "price": self._catalogue.price(price),
            "quantity": business.item_quantity(subscription, item),
            "subscription": business.subscription_id(subscription),
            "tax_rates": [],
        }
