"""Refunds."""

from __future__ import annotations

from source_stripe.report.content import Fact, Figures, MonthlyChart, Panel
from source_stripe.report.currencies import money, plain
from source_stripe.report.database import Database, Needs, Question
from source_stripe.report.monthly import bars, count, sum_of, table, told
from source_stripe.report.months import Months
from source_stripe.report.topic import Topic

# A refund of what was never captured, such as an authorisation that was let go, has no balance transaction
# (https://docs.stripe.com/api/refunds/object, `balance_transaction`).
_REFUNDS = Question(
    "Refunds by month",
    (Needs("refunds", "created currency amount", "status balance_transaction"),),
    """
select currency, date_trunc('month', created)::date as month,
    count(*) filter (moved) as refunds, coalesce(sum(amount) filter (moved), 0) as amount,
    count(*) filter (undone) as undone, coalesce(sum(amount) filter (undone), 0) as undone_amount,
    count(*) filter (not moved and not undone) as unmoved,
    coalesce(sum(amount) filter (not moved and not undone), 0) as unmoved_amount
from marked group by all order by all
""",
    (
        """marked as (
    select *, undone is false and balance_transaction is not null as moved
    from (select *, coalesce(status in ('failed', 'canceled'), false) as undone from refunds)
)""",
    ),
)
_FIELDS = ("refunds", "amount", "undone", "undone_amount", "unmoved", "unmoved_amount")


class Refunds(Topic):
    key = "refunds"
    title = "Refunds"
    meaning = (
        "Refunds that took money off the balance, in the month the refund was made, which may be later than the "
        "charge’s. Failed and canceled ones are not counted."
    )
    nothing = "refunds"
    questions = (_REFUNDS,)

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._refunds = self.monthly(0)

    def headlines(self, currency: str, months: Months) -> list[Fact]:
        rows = self._refunds.get(currency)
        if not rows:
            return []
        refunds = count(sum_of(rows, "refunds", months.year), "refund")
        note = f"{refunds}\nall time {plain(sum_of(rows, 'amount'), currency)}"
        return [Fact("Refunds", plain(sum_of(rows, "amount", months.year), currency), currency.upper(), note)]

    def panel(self, currency: str, months: Months) -> Panel | None:
        rows = self._refunds.get(currency)
        if not rows:
            return None
        code = currency.upper()
        lines, total = table(rows, months, lambda n: (f"{n['refunds']:,}", plain(n["amount"], currency)), _FIELDS)
        says = told(rows, months, _FIELDS, lambda n: f"{money(n['amount'], currency)}\n{count(n['refunds'], 'refund')}")
        remarks = []
        if undone := sum_of(rows, "undone"):
            amount = money(sum_of(rows, "undone_amount"), currency)
            remarks.append(f"{undone:,} failed or canceled, of {amount}, are not counted.")
        if unmoved := sum_of(rows, "unmoved"):
            amount = money(sum_of(rows, "unmoved_amount"), currency)
            remarks.append(
                f"{unmoved:,} without a balance transaction, of {amount}, are not counted: authorisations that were "
                "let go, or refunds that have not begun."
            )
        return Panel(
            chart=MonthlyChart(
                f"Refunds by month, {code}", months, (bars("Refunds", "--refund", rows, "amount", currency),), says
            ),
            figures=(Figures("Month by month", ("Month", "Refunds", f"Amount, {code}"), lines, total),),
            remarks=tuple(remarks),
        )
