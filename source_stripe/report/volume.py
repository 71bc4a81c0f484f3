"""Gross and net volume."""

from __future__ import annotations

from source_stripe.report.content import Fact, Figures, MonthlyChart, Panel
from source_stripe.report.currencies import money, plain
from source_stripe.report.database import Database, Needs, Question
from source_stripe.report.monthly import Numbers, bars, count, sum_of, table, told
from source_stripe.report.months import Months
from source_stripe.report.topic import Topic

# Types of balance transactions (the stripe package, `BalanceTransaction.type`) that move money to and fro, between
# Stripe and a bank or into a reserve: nothing is earned or spent by them.
MOVES = (
    "payout payout_cancel payout_failure topup topup_reversal inbound_transfer inbound_transfer_reversal "
    "payment_network_reserve_hold payment_network_reserve_release payout_minimum_balance_hold "
    "payout_minimum_balance_release reserve_hold reserve_release reserve_transaction reserved_funds"
).split()

_GROSS = Question(
    "Gross volume by month",
    (Needs("charges", "created currency status amount", "captured amount_captured"),),
    """
select currency, date_trunc('month', created)::date as month,
    count(*) as payments, sum(coalesce(amount_captured, amount)) as gross
from charges
where status = 'succeeded' and captured is not false
group by all order by all
""",
)

_NET = Question(
    "Net volume by month",
    (Needs("balance_transactions", "created currency type net", "balance_type"),),
    f"""
select currency, date_trunc('month', created)::date as month, count(*) as transactions, sum(net) as net
from balance_transactions
where type not in ({", ".join(f"'{kind}'" for kind in MOVES)})
    and coalesce(balance_type, 'payments') = 'payments'
group by all order by all
""",  # noqa: S608 -- a constant
)

_KINDS = Question(
    "Balance transactions by type",
    (Needs("balance_transactions", "currency type amount fee net", "balance_type"),),
    f"""
select currency, coalesce(type, 'unknown') as type, count(*) as transactions,
    sum(amount) as amount, sum(fee) as fee, sum(net) as net,
    type not in ({", ".join(f"'{kind}'" for kind in MOVES)})
        and coalesce(balance_type, 'payments') = 'payments' as counted
from balance_transactions
group by currency, type, counted order by currency, abs(sum(amount)) desc, type
""",  # noqa: S608 -- a constant
)


_FIELDS = ("payments", "gross", "net")


class Volume(Topic):
    key = "volume"
    full = True
    title = "Gross and net volume"
    meaning = (
        "Gross is what was captured of succeeded charges, in the currency that was charged, in the month the charge "
        "was made. Net is what was left of everything that touched the payments balance, refunds, disputes and fees "
        "taken off, in the currency it was settled in; payouts, top-ups and reserves only move money and are not in "
        "it. Charges that settle in another currency are in one currency’s gross and in the other’s net."
    )
    nothing = "payments and no balance transactions"
    questions = (_GROSS, _NET, _KINDS)

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._gross, self._net = self.monthly(0), self.monthly(1)

    def weight(self, currency: str) -> int:
        return sum_of(self._gross.get(currency, {}), "payments") + sum_of(self._net.get(currency, {}), "transactions")

    def headlines(self, currency: str, months: Months) -> list[Fact]:
        facts = []
        if gross := self._gross.get(currency):
            payments = sum_of(gross, "payments", months.year)
            note = f"{count(payments, 'payment')}\nall time {plain(sum_of(gross, 'gross'), currency)}"
            facts.append(
                Fact("Gross volume", plain(sum_of(gross, "gross", months.year), currency), currency.upper(), note)
            )
        if net := self._net.get(currency):
            note = f"all time {plain(sum_of(net, 'net'), currency)}"
            facts.append(Fact("Net volume", plain(sum_of(net, "net", months.year), currency), currency.upper(), note))
        return facts

    def panel(self, currency: str, months: Months) -> Panel | None:
        gross, net = self._gross.get(currency, {}), self._net.get(currency, {})
        if not gross and not net:
            return None
        merged = {
            month: {
                "payments": gross.get(month, {}).get("payments", 0),
                "gross": gross.get(month, {}).get("gross", 0),
                "net": net.get(month, {}).get("net", 0),
            }
            for month in {*gross, *net}
        }
        series = []
        if gross:
            series.append(bars("Gross", "--gross", gross, "gross", currency))
        if net:
            series.append(bars("Net", "--net", net, "net", currency))

        def say(numbers: Numbers) -> str:
            of_charges = (
                f"Gross {money(numbers['gross'], currency)}\n{count(numbers['payments'], 'payment')}" if gross else ""
            )
            return "\n".join(filter(None, [of_charges, f"Net {money(numbers['net'], currency)}" if net else ""]))

        rows, total = table(
            merged,
            months,
            lambda n: (
                f"{n['payments']:,}" if gross else "–",
                plain(n["gross"], currency) if gross else "–",
                plain(n["net"], currency) if net else "–",
            ),
            _FIELDS,
        )
        code = currency.upper()
        figures = [Figures("Month by month", ("Month", "Payments", f"Gross, {code}", f"Net, {code}"), rows, total)]
        kinds = self._kinds(currency)
        if kinds.rows:
            figures.append(kinds)
        remarks = []
        if gross and not kinds.rows and not self.lacks:
            remarks.append(f"Charges in {code} settle in another currency: no balance transaction is in {code}.")
        if net and not gross and not self.lacks:
            remarks.append(f"No charge was made in {code}: this is what settled in it.")
        return Panel(
            chart=MonthlyChart(
                f"Gross and net volume by month, {code}", months, tuple(series), told(merged, months, _FIELDS, say)
            ),
            figures=tuple(figures),
            remarks=tuple(remarks),
        )

    def _kinds(self, currency: str) -> Figures:
        code = currency.upper()
        rows = [row for row in self.rows(2) if row["currency"] == currency]
        return Figures(
            "Balance transactions by type",
            ("Type", "In net", "Number", f"Amount, {code}", f"Fees, {code}", f"Net, {code}"),
            tuple(
                (
                    row["type"],
                    "yes" if row["counted"] else "no",
                    f"{row['transactions']:,}",
                    *(plain(int(row[name] or 0), currency) for name in ("amount", "fee", "net")),
                )
                for row in rows
            ),
            texts=frozenset({1}),
        )
