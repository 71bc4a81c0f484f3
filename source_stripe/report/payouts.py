"""Payouts, against what the balance says of them."""

from __future__ import annotations

from source_stripe.report.content import Fact, Figures, MonthlyChart, Panel
from source_stripe.report.currencies import money, plain
from source_stripe.report.database import Database, Needs, Question
from source_stripe.report.monthly import bars, count, sum_of, table, told
from source_stripe.report.months import Months
from source_stripe.report.topic import Topic

NAMED = 20
"""So many payouts that differ are named."""

_PAYOUTS = Question(
    "Payouts by month",
    (Needs("payouts", "created currency amount status"),),
    """
select currency, date_trunc('month', created)::date as month,
    count(*) filter (status = 'paid') as paid,
    coalesce(sum(amount) filter (status = 'paid'), 0) as paid_amount,
    coalesce(sum(amount) filter (status in ('pending', 'in_transit')), 0) as under_way,
    count(*) filter (status in ('failed', 'canceled')) as undone,
    coalesce(sum(amount) filter (status in ('failed', 'canceled')), 0) as undone_amount
from payouts group by all order by all
""",
)

# A payout that failed or was canceled has a second transaction, which brings the money back
# (https://docs.stripe.com/api/payouts/object, `failure_balance_transaction`). Both count for the payout's month.
_SIDES = (
    """leaving as (
    select payouts.id, payouts.currency, payouts.created, payouts.status,
        case when payouts.status in ('failed', 'canceled') then 0 else payouts.amount end as payout,
        -coalesce(forth.amount, 0) - coalesce(back.amount, 0) as booked
    from payouts
    left join balance_transactions as forth on forth.id = payouts.balance_transaction
    left join balance_transactions as back on back.id = payouts.failure_balance_transaction
)""",
    """sides as (
    select * from leaving
    union all
    select ledger.id, ledger.currency, ledger.created, 'no such payout' as status, 0 as payout, -ledger.amount as booked
    from balance_transactions as ledger
    where ledger.type in ('payout', 'payout_cancel', 'payout_failure')
        and ledger.id not in (select balance_transaction from payouts where balance_transaction is not null)
        and ledger.id not in
            (select failure_balance_transaction from payouts where failure_balance_transaction is not null)
)""",
)
_CHECK_NEEDS = (
    Needs("payouts", "id created currency amount status balance_transaction", "failure_balance_transaction"),
    Needs("balance_transactions", "id created currency type amount"),
)
_CHECK = Question(
    "Payouts against balance transactions, by month",
    _CHECK_NEEDS,
    """
select currency, date_trunc('month', created)::date as month, sum(payout) as payouts, sum(booked) as booked,
    sum(payout - booked) as difference, count(*) filter (payout <> booked) as differing
from sides group by all order by all
""",
    _SIDES,
)
_DIFFERENCES = Question(
    "Payouts that differ from their balance transactions",
    _CHECK_NEEDS,
    f"""
select currency, id, strftime(created, '%Y-%m-%d') as day, status as state, payout, booked
from sides where payout <> booked
qualify row_number() over (partition by currency order by created desc, id) <= {NAMED}
order by currency, created desc, id
""",  # noqa: S608 -- a constant
    _SIDES,
)
_FIELDS = ("paid", "paid_amount", "under_way", "undone", "undone_amount")
_CHECK_FIELDS = ("payouts", "booked", "difference", "differing")


class Payouts(Topic):
    key = "payouts"
    full = True
    title = "Payouts"
    meaning = (
        "What was paid out to your bank, in the month the payout was made. Each payout that has not failed is compared "
        "with the balance transactions it names, less what came back of it; the two sides must be equal. "
        "A difference means that a payout or a transaction is not in this database, as with a start date in between."
    )
    nothing = "payouts"
    questions = (_PAYOUTS, _CHECK, _DIFFERENCES)

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._payouts, self._check = self.monthly(0), self.monthly(1)

    def headlines(self, currency: str, months: Months) -> list[Fact]:
        rows = self._payouts.get(currency)
        if not rows:
            return []
        payouts = count(sum_of(rows, "paid", months.year), "payout")
        note = f"{payouts}\nall time {plain(sum_of(rows, 'paid_amount'), currency)}"
        return [Fact("Paid out", plain(sum_of(rows, "paid_amount", months.year), currency), currency.upper(), note)]

    def panel(self, currency: str, months: Months) -> Panel | None:
        rows, check = self._payouts.get(currency, {}), self._check.get(currency, {})
        if not rows and not check:
            return None
        code = currency.upper()
        lines, total = table(
            rows,
            months,
            lambda n: (f"{n['paid']:,}", *(plain(n[name], currency) for name in _FIELDS if name not in _COUNTS)),
            _FIELDS,
        )
        says = told(
            rows, months, _FIELDS, lambda n: f"{money(n['paid_amount'], currency)}\n{count(n['paid'], 'payout')}"
        )
        columns = ("Month", "Paid", f"Paid, {code}", f"Under way, {code}", f"Failed or canceled, {code}")
        figures = [Figures("Month by month", columns, lines, total)]
        facts: list[Fact] = []
        shown: list[Figures] = []
        if check:
            facts, compared = self._compared(currency, check, months)
            figures.append(compared)
            if different := [row for row in self.rows(2) if row["currency"] == currency]:
                shown.append(
                    Figures(
                        f"Payouts that differ, the newest, {NAMED} at most",
                        ("Payout or transaction", "Day", "Status", f"Payout, {code}", f"Booked, {code}"),
                        tuple(
                            (
                                row["id"],
                                row["day"],
                                row["state"],
                                plain(int(row["payout"]), currency),
                                plain(int(row["booked"]), currency),
                            )
                            for row in different
                        ),
                        texts=frozenset({1, 2}),
                    )
                )
        return Panel(
            chart=MonthlyChart(
                f"Paid out by month, {code}",
                months,
                (bars("Paid out", "--payout", rows, "paid_amount", currency),),
                says,
            ),
            facts=tuple(facts),
            open=tuple(shown),
            figures=tuple(figures),
        )

    def _compared(self, currency: str, check: dict[str, dict[str, int]], months: Months) -> tuple[list[Fact], Figures]:
        code = currency.upper()
        lines, total = table(
            check,
            months,
            lambda n: (*(plain(n[name], currency) for name in ("payouts", "booked", "difference")),),
            _CHECK_FIELDS,
        )
        differing = sum_of(check, "differing")
        facts = [
            Fact("Payouts, not failed", plain(sum_of(check, "payouts"), currency), code, "all time"),
            Fact("Booked for them", plain(sum_of(check, "booked"), currency), code, "all time"),
            Fact(
                "Difference",
                plain(sum_of(check, "difference"), currency),
                code,
                f"{differing:,} differ" if differing else "each one agrees",
            ),
        ]
        columns = ("Month", f"Payouts, {code}", f"Booked, {code}", f"Difference, {code}")
        return facts, Figures("Against balance transactions", columns, lines, total)


_COUNTS = frozenset({"paid", "undone"})
