"""What is for sale: products, their prices, the same prices as plans, coupons."""

from __future__ import annotations

from integration_tests.sandbox.blanks import blank, blank_part
from integration_tests.sandbox.strand import Json, Strand
from integration_tests.sandbox.world.business import MONTHLY, ONE_TIME, PRICES_PER_PRODUCT, YEARLY, Business


class Catalogue:
    """Each product has three prices: monthly, yearly and once."""

    def __init__(self, business: Business) -> None:
        self.business = business

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
            "lookup_key": f"tier-{product}-{('monthly', 'yearly', 'once')[kind]}",
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
