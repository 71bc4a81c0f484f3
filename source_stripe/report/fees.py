"""Fees."""

from __future__ import annotations

from source_stripe.report.content import Fact, Figures, MonthlyChart, Panel
from source_stripe.report.currencies import money, plain
from source_stripe.report.database import Database, Needs, Question
from source_stripe.report.monthly import bars, share, sum_of, table, told
from source_stripe.report.months import Months
from source_stripe.report.topic import Topic

_FEES = Question(
    "Fees by month",
    (Needs("balance_transactions", "created currency type amount fee net"),),
    """
select currency, date_trunc('month', created)::date as month,
    sum(fee) as with_transactions,
    coalesce(-sum(net) filter (type in ('stripe_fee', 'stripe_fx_fee', 'tax_fee')), 0) as separate,
    coalesce(sum(fee) filter (type in ('charge', 'payment')), 0) as on_payments,
    coalesce(sum(amount) filter (type in ('charge', 'payment')), 0) as payments
from balance_transactions group by all order by all
""",
)
_FIELDS = ("with_transactions", "separate", "on_payments", "payments", "fees")


class Fees(Topic):
    key = "fees"
    title = "Fees"
    meaning = (
        "The fee of every balance transaction, plus the fees that are transactions of their own (types stripe_fee, "
        "stripe_fx_fee, tax_fee). The share is what charges and payments cost of their amount, both as settled."
    )
    nothing = "fees"
    questions = (_FEES,)

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._fees = {
            currency: {month: n | {"fees": n["with_transactions"] + n["separate"]} for month, n in rows.items()}
            for currency, rows in self.monthly(0).items()
        }

    def headlines(self, currency: str, months: Months) -> list[Fact]:
        rows = self._fees.get(currency)
        if not rows:
            return []
        rate = share(sum_of(rows, "on_payments", months.year), sum_of(rows, "payments", months.year))
        note = f"{rate} of payments\nall time {plain(sum_of(rows, 'fees'), currency)}"
        return [Fact("Fees", plain(sum_of(rows, "fees", months.year), currency), currency.upper(), note)]

    def panel(self, currency: str, months: Months) -> Panel | None:
        rows = self._fees.get(currency)
        if not rows:
            return None
        code = currency.upper()
        lines, total = table(
            rows,
            months,
            lambda n: (
                plain(n["with_transactions"], currency),
                plain(n["separate"], currency),
                plain(n["fees"], currency),
                share(n["on_payments"], n["payments"]),
            ),
            _FIELDS,
        )
        says = told(
            rows,
            months,
            _FIELDS,
            lambda n: f"{money(n['fees'], currency)}\n{share(n['on_payments'], n['payments'])} of payments",
        )
        return Panel(
            chart=MonthlyChart(
                f"Fees by month, {code}", months, (bars("Fees", "--fee", rows, "fees", currency),), says
            ),
            figures=(
                Figures(
                    "Month by month",
                    ("Month", f"With transactions, {code}", f"Separate, {code}", f"Fees, {code}", "Share of payments"),
                    lines,
                    total,
                ),
            ),
        )
