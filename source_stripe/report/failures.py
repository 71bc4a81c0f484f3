"""Failed payments."""

from __future__ import annotations

from source_stripe.report.content import Fact, Figures, MonthlyChart, Panel
from source_stripe.report.currencies import plain
from source_stripe.report.database import Database, Needs, Question
from source_stripe.report.monthly import bars, share, sum_of, table, told
from source_stripe.report.months import Months
from source_stripe.report.topic import Topic

CODES = 10
"""So many reasons are shown."""

_MONTHS = Question(
    "Failed payments by month",
    (Needs("charges", "created currency status amount"),),
    """
select currency, date_trunc('month', created)::date as month,
    count(*) filter (status = 'failed') as failed,
    coalesce(sum(amount) filter (status = 'failed'), 0) as amount,
    count(*) as attempts
from charges where status in ('failed', 'succeeded')
group by all order by all
""",
)
_CODES = Question(
    "Failed payments by reason",
    (Needs("charges", "currency status amount", "failure_code"),),
    f"""
select currency, coalesce(failure_code, 'without a code') as code, count(*) as failed, sum(amount) as amount
from charges where status = 'failed'
group by currency, failure_code
qualify row_number() over (partition by currency order by failed desc, code) <= {CODES}
order by currency, failed desc, code
""",  # noqa: S608 -- a constant
)
_FIELDS = ("failed", "amount", "attempts")


class Failures(Topic):
    key = "failures"
    title = "Failed payments"
    meaning = (
        "Charges that failed, in the month of the attempt, and their share of all attempts that failed or succeeded. "
        "A payment that was tried three times is three attempts."
    )
    nothing = "failed payments"
    questions = (_MONTHS, _CODES)

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._attempts = self.monthly(0)

    def headlines(self, currency: str, months: Months) -> list[Fact]:
        rows = self._attempts.get(currency)
        if not rows:
            return []
        failed, attempts = sum_of(rows, "failed", months.year), sum_of(rows, "attempts", months.year)
        note = (
            f"{failed:,} of {attempts:,} attempts\nall time {share(sum_of(rows, 'failed'), sum_of(rows, 'attempts'))}"
        )
        return [Fact("Failed payments", share(failed, attempts), "", note)]

    def panel(self, currency: str, months: Months) -> Panel | None:
        rows = self._attempts.get(currency, {})
        if not sum_of(rows, "failed"):
            return None
        code = currency.upper()
        lines, total = table(
            rows,
            months,
            lambda n: (f"{n['failed']:,}", share(n["failed"], n["attempts"]), plain(n["amount"], currency)),
            _FIELDS,
        )
        says = told(
            rows,
            months,
            _FIELDS,
            lambda n: f"{n['failed']:,} of {n['attempts']:,} attempts failed\n{share(n['failed'], n['attempts'])}",
        )
        return Panel(
            chart=MonthlyChart(
                f"Failed payments by month, {code}",
                months,
                (bars("Failed", "--failure", rows, "failed", None),),
                says,
                whole=True,
            ),
            figures=(
                Figures("Month by month", ("Month", "Failed", "Of attempts", f"Amount, {code}"), lines, total),
                Figures(
                    f"By reason (failure_code), {CODES} at most",
                    ("Reason", "Failed", f"Amount, {code}"),
                    tuple(
                        (row["code"], f"{row['failed']:,}", plain(int(row["amount"] or 0), currency))
                        for row in self.rows(1)
                        if row["currency"] == currency
                    ),
                ),
            ),
        )
