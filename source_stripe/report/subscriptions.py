"""Active subscriptions, and what they bring a month."""

from __future__ import annotations

from source_stripe.report.content import Bar, Fact, Figures, Panel, RankedChart
from source_stripe.report.currencies import major, money, plain
from source_stripe.report.database import Database, Needs, Question, Row
from source_stripe.report.months import Months
from source_stripe.report.topic import Topic

PRODUCTS = 8
"""So many products have a bar of their own."""

_SUBSCRIPTIONS = Needs("subscriptions", "id currency status", "pause_collection updated discounts cancel_at_period_end")
_STATUSES = Question(
    "Subscriptions by status",
    (_SUBSCRIPTIONS,),
    """
select currency, coalesce(status, 'unknown') as state, count(*) as subscriptions,
    count(*) filter ((pause_collection ->> '$.behavior') is not null) as collection_paused,
    count(*) filter (cancel_at_period_end) as ending,
    count(*) filter (json_array_length(discounts) > 0) as discounted
from subscriptions group by all order by currency, subscriptions desc, state
""",
)

# Stripe's own MRR counts active and past_due subscriptions, and neither trials nor taxes nor usage
# (https://docs.stripe.com/billing/subscriptions/analytics/glossary).
_PRICED = (
    """counted as (
    select id, currency, status, cancel_at_period_end, updated, json_array_length(discounts) as discounts
    from subscriptions
    where status in ('active', 'past_due') and (pause_collection ->> '$.behavior') is null
)""",
    # What is needed of the JSON is taken out before the join, which would have to carry it else.
    """lines as (
    select subscription_id, subscription_updated, coalesce(quantity, 1) as quantity,
        json_array_length(discounts) as discounts,
        price ->> '$.id' as price, price ->> '$.product' as product, price ->> '$.currency' as price_currency,
        price ->> '$.unit_amount' as price_amount, price ->> '$.unit_amount_decimal' as price_decimal,
        price ->> '$.billing_scheme' as billing_scheme, price ->> '$.recurring.usage_type' as usage_type,
        price ->> '$.recurring.interval' as every,
        coalesce(try_cast((price ->> '$.recurring.interval_count') as integer), 1) as every_count,
        try_cast((price ->> '$.transform_quantity.divide_by') as bigint) as divide_by,
        price ->> '$.transform_quantity.round' as rounding
    from subscription_items
)""",
    # A price in several currencies shows its main one; the others are in `currency_options` of the stream `prices`.
    """amounts as (
    select lines.*,
        counted.currency, counted.id as subscription, counted.status, counted.cancel_at_period_end as ending,
        counted.discounts > 0 or lines.discounts > 0 as discounted,
        case when price_currency = counted.currency then price_amount
            else prices.currency_options ->> ('$.' || counted.currency || '.unit_amount') end as whole,
        case when price_currency = counted.currency then price_decimal
            else prices.currency_options ->> ('$.' || counted.currency || '.unit_amount_decimal') end as fraction
    from counted
    join lines on lines.subscription_id = counted.id
        -- an item with an older cursor than its subscription's is on it no more
        and coalesce(lines.subscription_updated >= counted.updated, true)
    left join prices on prices.id = lines.price
)""",
    # DuckDB takes long to read decimals of so many digits, and few amounts have fractions of a cent.
    """items as (
    select *, coalesce(
        try_cast(whole as bigint)::decimal(38, 12), try_cast(fraction as decimal(38, 12))
    ) as unit_amount
    from amounts
)""",
    """priced as (
    select *,
        case
            when usage_type = 'metered' then 'items with a metered price'
            when billing_scheme = 'tiered' then 'items with a tiered price'
            when unit_amount is null then 'items without an amount in the currency of their subscription'
            when every is null or every not in ('day', 'week', 'month', 'year') then 'items that do not recur'
        end as left_out,
        unit_amount * case
            when divide_by is null then quantity
            when rounding = 'up' then (quantity + divide_by - 1) // divide_by
            else quantity // divide_by
        end as amount,
        case every when 'day' then 365 when 'week' then 52 when 'month' then 12 when 'year' then 1 end
            / (12.0 * every_count) as times_a_month
    from items
)""",
)
_PRICED_NEEDS = (
    _SUBSCRIPTIONS,
    Needs("subscription_items", "subscription_id quantity price", "discounts subscription_updated"),
    Needs("prices", "id currency_options", required=False),
)
_MRR = Question(
    "Monthly recurring revenue",
    _PRICED_NEEDS,
    """
select currency, every, every_count, left_out, count(*) as items, count(distinct subscription) as subscriptions,
    count(distinct subscription) filter (discounted) as discounted,
    sum(amount) as amount,
    sum(amount) * times_a_month as monthly,
    sum(amount) filter (ending) * times_a_month as ending,
    sum(amount) filter (status = 'past_due') * times_a_month as past_due
from priced group by currency, every, every_count, left_out, times_a_month
order by currency, left_out nulls first, monthly desc nulls last, every, every_count
""",
    _PRICED,
)
_BY_PRODUCT = Question(
    "Monthly recurring revenue by product",
    (*_PRICED_NEEDS, Needs("products", "id name", required=False)),
    f"""
select currency, product, any_value(name) as name, sum(monthly) as monthly
from (
    select currency, case when place <= {PRODUCTS} then product end as product, monthly
    from (select *, row_number() over (partition by currency order by monthly desc, product) as place from products_mrr)
) as ranked
left join products on products.id = ranked.product
group by currency, product order by currency, product is null, monthly desc, product
""",  # noqa: S608 -- a constant
    (
        *_PRICED,
        """products_mrr as (
    select currency, coalesce(product, 'unknown') as product, sum(amount * times_a_month) as monthly
    from priced where left_out is null and amount <> 0 group by all
)""",
    ),
)


class Subscriptions(Topic):
    key = "subscriptions"
    title = "Subscriptions and MRR"
    meaning = (
        "Now, as of the last sync. MRR is what the items of active and past_due subscriptions cost a month: unit "
        "amount times quantity, a year as a twelfth, a week as 52/12, a day as 365/12. Past due ones count, for they "
        "are still served and still collected; trialing ones do not, for they pay nothing yet; nor do unpaid, paused, "
        "incomplete and canceled ones, nor those whose collection is paused. Metered and tiered prices have no fixed "
        "amount and are left out. Before discounts and taxes."
    )
    nothing = "subscriptions"
    questions = (_STATUSES, _MRR, _BY_PRODUCT)

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._statuses = self.rows(0)
        self._mrr = self.rows(1)

    def headlines(self, currency: str, months: Months) -> list[Fact]:
        facts = []
        counted = [row for row in self._mrr if row["currency"] == currency and row["left_out"] is None]
        if counted:
            past_due = _total(counted, "past_due")
            note = f"{plain(past_due, currency)} of it past due" if past_due else "before discounts and taxes"
            facts.append(Fact("MRR now", plain(_total(counted, "monthly"), currency), currency.upper(), note))
        if states := self._states(currency):
            note = ", ".join(f"{row['subscriptions']:,} {row['state']}" for row in states if row["state"] != "active")
            facts.append(Fact("Active subscriptions now", f"{_count(states, 'active'):,}", "", note[:80]))
        return facts

    def panel(self, currency: str, months: Months) -> Panel | None:
        states = self._states(currency)
        if not states:
            return None
        code = currency.upper()
        figures = [
            Figures(
                "Subscriptions by status",
                ("Status", "Subscriptions", "End with their period", "Collection paused", "With a discount"),
                tuple(
                    (
                        row["state"],
                        *(f"{row[name]:,}" for name in ("subscriptions", "ending", "collection_paused", "discounted")),
                    )
                    for row in states
                ),
            )
        ]
        items = [row for row in self._mrr if row["currency"] == currency]
        counted = [row for row in items if row["left_out"] is None]
        facts: tuple[Fact, ...] = ()
        if counted:
            figures.insert(0, self._by_interval(counted, currency))
            facts = (
                Fact("MRR now", plain(_total(counted, "monthly"), currency), code),
                Fact("of it past due", plain(_total(counted, "past_due"), currency), code),
                Fact("of it ending with its period", plain(_total(counted, "ending"), currency), code),
            )
        return Panel(
            chart=self._products(currency),
            facts=facts,
            figures=tuple(figures),
            remarks=tuple(self._remarks(items, states)),
        )

    def _states(self, currency: str) -> list[Row]:
        return [row for row in self._statuses if row["currency"] == currency]

    def _by_interval(self, counted: list[Row], currency: str) -> Figures:
        code = currency.upper()
        return Figures(
            "MRR by billing interval",
            ("Billed every", "Subscriptions", "Items", f"Each time, {code}", f"MRR, {code}"),
            tuple(
                (
                    row["every"] if row["every_count"] == 1 else f"{row['every_count']} {row['every']}s",
                    f"{row['subscriptions']:,}",
                    f"{row['items']:,}",
                    plain(round(row["amount"]), currency),
                    plain(round(row["monthly"]), currency),
                )
                for row in counted
            ),
            ("Total", "", f"{sum(row['items'] for row in counted):,}", "", plain(_total(counted, "monthly"), currency)),
        )

    def _products(self, currency: str) -> RankedChart | None:
        bars = [
            Bar(
                # The last line, if it has no product, is all others together.
                (row["name"] or row["product"] or "All others")[:60],
                major(round(row["monthly"]), currency),
                money(round(row["monthly"]), currency),
                "--recurring" if row["product"] else "--axis",
            )
            for row in self.rows(2)
            if row["currency"] == currency
        ]
        return RankedChart(f"MRR by product, {currency.upper()}", tuple(bars)) if bars else None

    def _remarks(self, items: list[Row], states: list[Row]) -> list[str]:
        remarks = []
        if left_out := _left_out(items):
            remarks.append(f"Left out: {', '.join(f'{number:,} {what}' for what, number in left_out.items())}.")
        if discounted := sum(row["discounted"] for row in items if row["left_out"] is None):
            remarks.append(f"{discounted:,} of the subscriptions counted have a discount, which is not taken off.")
        if paused := sum(row["collection_paused"] for row in states if row["state"] in ("active", "past_due")):
            remarks.append(f"{paused:,} whose collection is paused are active by their status, but not in MRR.")
        return remarks


def _left_out(items: list[Row]) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in items:
        if row["left_out"] is not None:
            found[row["left_out"]] = found.get(row["left_out"], 0) + row["items"]
    return found


def _total(rows: list[Row], name: str) -> int:
    return round(sum(row[name] or 0 for row in rows))


def _count(states: list[Row], state: str) -> int:
    return sum(int(row["subscriptions"]) for row in states if row["state"] == state)
