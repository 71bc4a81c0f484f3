"""What was billed for subscriptions."""

from __future__ import annotations

from source_stripe.report.content import Fact, Figures, MonthlyChart, Panel
from source_stripe.report.currencies import money, plain
from source_stripe.report.database import Database, Needs, Question
from source_stripe.report.monthly import bars, count, sum_of, table, told
from source_stripe.report.months import Months
from source_stripe.report.topic import Topic

# Since API version 2025-03-31.basil a line says in `parent` what it came of. A proration may be an invoice item.
_BILLINGS = Question(
    "Recurring billings by month",
    (
        Needs("invoices", "id status created", "status_transitions updated"),
        Needs("invoice_line_items", "invoice_id currency amount parent", "discount_amounts invoice_updated"),
    ),
    """
select currency, date_trunc('month', billed)::date as month, count(distinct invoice_id) as invoices, count(*) as lines,
    sum(amount) as amount, sum(discount) as discount, sum(amount) - sum(discount) as billed
from lines group by all order by all
""",
    # What is needed of the JSON is taken out before the join, which would have to carry it else.
    (
        """bills as (
    select id, updated, coalesce(
        make_timestamp(try_cast((status_transitions ->> '$.finalized_at') as bigint) * 1000000), created
    ) as billed
    from invoices where status in ('open', 'paid', 'uncollectible')
)""",
        """recurring as (
    select invoice_id, invoice_updated, currency, amount,
        coalesce(list_sum(cast((discount_amounts -> '$[*].amount') as bigint[])), 0) as discount
    from invoice_line_items
    where (parent ->> '$.type') = 'subscription_item_details'
        or (parent ->> '$.invoice_item_details.proration') = 'true'
)""",
        """lines as (
    select recurring.*, bills.billed
    from recurring join bills on bills.id = recurring.invoice_id
        -- a line with an older cursor than its invoice's is on it no more
        and coalesce(recurring.invoice_updated >= bills.updated, true)
)""",
    ),
)
_FIELDS = ("invoices", "lines", "amount", "discount", "billed")


class Billings(Topic):
    key = "billings"
    title = "Recurring billings"
    meaning = (
        "Lines of open, paid and uncollectible invoices that came of a subscription, prorations and usage among them, "
        "less the discounts on these lines, before tax, in the month the invoice was finalised. Drafts and void "
        "invoices are not counted, one-off items are not, and credit notes are not taken off."
    )
    nothing = "recurring billings"
    questions = (_BILLINGS,)

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._billings = self.monthly(0)

    def headlines(self, currency: str, months: Months) -> list[Fact]:
        rows = self._billings.get(currency)
        if not rows:
            return []
        note = f"all time {plain(sum_of(rows, 'billed'), currency)}"
        return [
            Fact("Recurring billings", plain(sum_of(rows, "billed", months.year), currency), currency.upper(), note)
        ]

    def panel(self, currency: str, months: Months) -> Panel | None:
        rows = self._billings.get(currency)
        if not rows:
            return None
        code = currency.upper()
        lines, total = table(
            rows,
            months,
            lambda n: (
                f"{n['invoices']:,}",
                f"{n['lines']:,}",
                *(plain(n[name], currency) for name in ("amount", "discount", "billed")),
            ),
            _FIELDS,
        )
        says = told(
            rows, months, _FIELDS, lambda n: f"{money(n['billed'], currency)}\n{count(n['invoices'], 'invoice')}"
        )
        return Panel(
            chart=MonthlyChart(
                f"Recurring billings by month, {code}",
                months,
                (bars("Recurring billings", "--recurring", rows, "billed", currency),),
                says,
            ),
            figures=(
                Figures(
                    "Month by month",
                    ("Month", "Invoices", "Lines", f"Amount, {code}", f"Discounts, {code}", f"Billed, {code}"),
                    lines,
                    total,
                ),
            ),
        )
