"""Disputes."""

from __future__ import annotations

from source_stripe.report.content import Fact, Figures, MonthlyChart, Panel
from source_stripe.report.currencies import money, plain
from source_stripe.report.database import Database, Needs, Question
from source_stripe.report.monthly import bars, count, share, sum_of, table, told
from source_stripe.report.months import Months
from source_stripe.report.topic import Topic

# `warning_…` are inquiries and `prevented` never became a dispute: no money was taken
# (https://docs.stripe.com/api/disputes/object, `status`).
_MONTHS = Question(
    "Disputes by month",
    (Needs("disputes", "created currency amount status"),),
    """
select currency, date_trunc('month', created)::date as month, count(*) as disputes, sum(amount) as amount,
    count(*) filter (status = 'won') as won, count(*) filter (status = 'lost') as lost
from disputes
where not starts_with(status, 'warning_') and status <> 'prevented'
group by all order by all
""",
)
_STATUSES = Question(
    "Disputes by status",
    (Needs("disputes", "currency amount status"),),
    """
select currency, coalesce(status, 'unknown') as state, count(*) as disputes, sum(amount) as amount
from disputes group by all order by currency, disputes desc, state
""",
)
_FIELDS = ("disputes", "amount", "won", "lost")


class Disputes(Topic):
    key = "disputes"
    title = "Disputes"
    meaning = (
        "Charges that a bank took back, in the month the dispute was opened, by their status now. Inquiries "
        "(warning_…) and prevented disputes have taken no money and are in the second table alone."
    )
    nothing = "disputes"
    questions = (_MONTHS, _STATUSES)

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._disputes = self.monthly(0)

    def headlines(self, currency: str, months: Months) -> list[Fact]:
        rows = self._disputes.get(currency)
        if not rows:
            return []
        won, lost = sum_of(rows, "won"), sum_of(rows, "lost")
        decided = f", {share(won, won + lost)} won" if won + lost else ""
        note = f"{sum_of(rows, 'disputes', months.year):,} opened\nall time {sum_of(rows, 'disputes'):,}{decided}"
        return [Fact("Disputed", plain(sum_of(rows, "amount", months.year), currency), currency.upper(), note)]

    def panel(self, currency: str, months: Months) -> Panel | None:
        states = [row for row in self.rows(1) if row["currency"] == currency]
        if not states:
            return None
        rows = self._disputes.get(currency, {})
        code = currency.upper()
        lines, total = table(
            rows,
            months,
            lambda n: (f"{n['disputes']:,}", plain(n["amount"], currency), f"{n['won']:,}", f"{n['lost']:,}"),
            _FIELDS,
        )
        says = told(
            rows, months, _FIELDS, lambda n: f"{money(n['amount'], currency)}\n{count(n['disputes'], 'dispute')}"
        )
        return Panel(
            chart=MonthlyChart(
                f"Disputed by month, {code}", months, (bars("Disputed", "--dispute", rows, "amount", currency),), says
            ),
            figures=(
                Figures("Month by month", ("Month", "Disputes", f"Amount, {code}", "Won", "Lost"), lines, total),
                Figures(
                    "By status",
                    ("Status", "Disputes", f"Amount, {code}"),
                    tuple(
                        (row["state"], f"{row['disputes']:,}", plain(int(row["amount"] or 0), currency))
                        for row in states
                    ),
                ),
            ),
        )
