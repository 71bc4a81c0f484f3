"""The arithmetic of the business: which customer pays which charge, what an invoice adds up to, and when.

All of it follows from the index of a charge. Customers come in cohorts of `cohort` people; each pays once a cycle
for `lifetime` cycles, at about the same time of the cycle. Charge `i` belongs to cycle `i // (cohort * lifetime)`;
within it, to member `k = i % (cohort * lifetime) // lifetime` of the cohort that is `i % lifetime` cycles old.
Of four members three subscribe: their charges pay invoices. Everything here is O(1) in the size of the world.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from functools import cached_property, lru_cache
from itertools import accumulate

from integration_tests.sandbox.identity import Ids, letters, mix, seed_of
from integration_tests.sandbox.timeline import DAY, Density, Timeline

# How a thousand invoices in a row differ: the number of invoice items on the n-th of them.
# They are there so that the tenth, eleventh, hundred-and-first and two-hundred-and-fiftieth line is somewhere.
INVOICE_PATTERN = 1000


def _extra_lines(position: int) -> int:
    if position in (13, 213, 313, 613):
        return 100
    if position == 113:
        return 249
    if position % 100 in (55, 58, 59):
        return {55: 9, 58: 10, 59: 11}[position % 100]
    return 1 if position % 5 == 0 else 0


EXTRA_LINES = [_extra_lines(position) for position in range(INVOICE_PATTERN)]
EXTRA_BEFORE = [0, *accumulate(EXTRA_LINES)]
EXTRA_TOTAL = EXTRA_BEFORE[-1]

PRICES_PER_PRODUCT = 3
MONTHLY, YEARLY, ONE_TIME = range(PRICES_PER_PRODUCT)

# A failed charge, a refunded one, a disputed one: residues that exclude each other (5 is odd; 4 and 8 differ mod 12).
FAILED_STEP, FAILED_AT = 24, 5
REFUND_STEP, REFUND_AT = 12, 4
DISPUTE_STEP, DISPUTE_AT = 60, 8
# One payout takes the transactions of this many charges, with their refunds and disputes.
PAYOUT_STEP = 120

FIRST_NAMES = "Ada Ben Cleo Dag Esi Finn Gaia Hugo Ines Jun Kofi Lea Mara Nils Oona Pia Quim Rosa Sami Tove".split()
LAST_NAMES = (
    "Abel Brandt Costa Dahl Eder Falk Groot Holm Ibsen Jansen Klee Lund Moss Novak Ozturk Prado Quist Rossi".split()
)
CITIES = (
    ("Springfield", "IL", "62701"),
    ("Riverside", "CA", "92501"),
    ("Fairview", "TN", "37062"),
    ("Madison", "WI", "53703"),
    ("Georgetown", "TX", "78626"),
    ("Salem", "OR", "97301"),
)


class Business:
    """One account's data. `size` is its number of charges, `synthesized` about that of each list that is no part of the
    business, 5 or more; `now` answers Unix seconds by the sandbox's clock."""

    def __init__(
        self,
        *,
        seed: int,
        account: str,
        size: int,
        synthesized: int,
        end: int,
        now: Callable[[], int],
        density: Density,
        livemode: bool,
    ) -> None:
        self.seed = seed_of(seed, account, "live" if livemode else "test")
        self.account = account
        self.livemode = livemode
        self.now = now
        self.end = end
        self.charges = size
        self.synthesized = synthesized
        self.lifetime = max(1, min(12, size // 200))
        cycles_wanted = density.years * 12
        self.cohort = max(4, 4 * round(size / (cycles_wanted * self.lifetime * 4)))
        self.per_cycle = self.cohort * self.lifetime
        self.cycles = -(-size // self.per_cycle)
        years = density.years * 365 * DAY + density.years // 4 * DAY
        start = end - years
        first = -(self.lifetime - 1) * self.per_cycle
        if density.within is not None:
            middle = start + years // 2
            start, end = middle, middle + density.within
        self.timeline = Timeline(first, size, start, end, density.per_second)
        if density.per_second is not None:
            start = self.timeline.at(first)
        self.start = start
        span = max(end - start, 1)
        # Delays of what follows a charge: short beside the history, and a refund is always before its dispute.
        self.refund_lag = min(3 * DAY, span // 500)
        self.dispute_lag = min(7 * DAY, span // 200)
        self.payout_lag = min(8 * DAY, span // 150)
        self.cycle_seconds = max(1, span * self.per_cycle // (size - first or 1))

    def ids(self, prefix: str) -> Ids:
        """The identifiers with this prefix (`ch_`, `cus_` …) in this account."""
        tail = letters(self.seed, 10) if prefix in ("ch_3", "pi_3", "py_3", "re_3", "txn_3") else letters(self.seed, 4)
        return Ids(prefix, self.seed, tail)

    @cached_property
    def charge_id(self) -> Ids:
        return self.ids("ch_3")

    @cached_property
    def customer_id(self) -> Ids:
        return self.ids("cus_")

    @cached_property
    def intent_id(self) -> Ids:
        return self.ids("pi_3")

    @cached_property
    def method_id(self) -> Ids:
        return self.ids("pm_1")

    @cached_property
    def invoice_id(self) -> Ids:
        return self.ids("in_1")

    @cached_property
    def invoice_item_id(self) -> Ids:
        return self.ids("ii_1")

    @cached_property
    def line_id(self) -> Ids:
        return self.ids("il_1")

    @cached_property
    def subscription_id(self) -> Ids:
        return self.ids("sub_1")

    @cached_property
    def item_id(self) -> Ids:
        return self.ids("si_")

    @cached_property
    def product_id(self) -> Ids:
        return self.ids("prod_")

    @cached_property
    def price_id(self) -> Ids:
        return self.ids("price_1")

    @cached_property
    def refund_id(self) -> Ids:
        return self.ids("re_3")

    @cached_property
    def dispute_id(self) -> Ids:
        return self.ids("dp_1")

    @cached_property
    def transaction_id(self) -> Ids:
        return self.ids("txn_3")

    @cached_property
    def payout_id(self) -> Ids:
        return self.ids("po_1")

    def chance(self, index: int, topic: int = 0) -> int:
        """A 64-bit number by chance for one index and topic, the same for the same seed."""
        return mix(self.seed ^ (index * 64 + topic))

    # --- customers and subscriptions

    @cached_property
    def customers(self) -> int:
        most = (self.cycles + self.lifetime - 1) * self.cohort if self.charges else 0
        return bisect_left(range(most), self.end, key=self.customer_created)

    def customer_of(self, charge: int) -> int:
        cycle, place = divmod(charge, self.per_cycle)
        member, age = divmod(place, self.lifetime)
        return (cycle - age + self.lifetime - 1) * self.cohort + member

    def charges_of(self, customer: int) -> list[int]:
        """Ascending indexes of the charges of a customer."""
        cohort, member = divmod(customer, self.cohort)
        found = []
        for age in range(self.lifetime):
            cycle = cohort - self.lifetime + 1 + age
            charge = cycle * self.per_cycle + member * self.lifetime + age
            if 0 <= charge < self.charges:
                found.append(charge)
        return found

    def first_charge_place(self, customer: int) -> int:
        """Where on the time line the customer's first charge lies (negative: before the first charge of all)."""
        cohort, member = divmod(customer, self.cohort)
        return (cohort - self.lifetime + 1) * self.per_cycle + member * self.lifetime

    def customer_created(self, customer: int) -> int:
        return self.timeline.at(self.first_charge_place(customer))

    def customer_name(self, customer: int) -> str:
        chance = self.chance(customer, 1)
        return f"{FIRST_NAMES[chance % len(FIRST_NAMES)]} {LAST_NAMES[(chance >> 8) % len(LAST_NAMES)]}"

    def customer_email(self, customer: int) -> str:
        return f"customer{customer}.{self.seed % 10_000}@example.com"

    def subscription_of(self, customer: int) -> int | None:
        group, place = divmod(customer, 4)
        return group * 3 + place if place < 3 else None

    def subscriber(self, subscription: int) -> int:
        group, place = divmod(subscription, 3)
        return group * 4 + place

    @cached_property
    def subscriptions(self) -> int:
        groups, rest = divmod(self.customers, 4)
        return groups * 3 + min(rest, 3)

    def item_count(self, subscription: int) -> int:
        """How many items a subscription has: most one or two, one in fifty twelve (beyond a sub-list's ten)."""
        if subscription % 50 == 7:
            return 12
        return 2 if subscription % 3 == 0 else 1

    def item_price(self, subscription: int, item: int) -> int:
        """Index of the (monthly) price of an item; neighbours differ, as Stripe wants within a subscription."""
        product = (self.chance(subscription, 2) + item) % self.products
        return product * PRICES_PER_PRODUCT + MONTHLY

    def item_quantity(self, subscription: int, item: int) -> int:
        return 1 + (subscription + item) % 3

    @lru_cache(maxsize=4096)  # noqa: B019 -- a Business lives as long as its sandbox
    def recurring_amount(self, subscription: int) -> int:
        """Cents that a subscription costs a cycle."""
        return sum(
            self.unit_amount(self.item_price(subscription, item)) * self.item_quantity(subscription, item)
            for item in range(self.item_count(subscription))
        )

    # --- catalogue

    @cached_property
    def products(self) -> int:
        return max(16, min(2000, self.charges // 100)) if self.charges else 0

    def unit_amount(self, price: int) -> int:
        """Cents of one unit."""
        product, kind = divmod(price, PRICES_PER_PRODUCT)
        monthly = 500 + self.chance(product, 3) % 45 * 100
        return monthly * 10 if kind == YEARLY else monthly

    def product_active(self, product: int) -> bool:
        return product % 10 != 9

    def price_active(self, price: int) -> bool:
        product, kind = divmod(price, PRICES_PER_PRODUCT)
        return self.product_active(product) and not (kind == ONE_TIME and product % 2 == 0)

    def product_created(self, product: int) -> int:
        before = min(90 * DAY, max(self.end - self.start, 1))
        return self.start - before + product * before // max(self.products, 1)

    # --- invoices

    def invoice_of(self, charge: int) -> int | None:
        block, place = divmod(charge, 4 * self.lifetime)
        return block * 3 * self.lifetime + place if place < 3 * self.lifetime else None

    def invoice_charge(self, invoice: int) -> int:
        block, place = divmod(invoice, 3 * self.lifetime)
        return block * 4 * self.lifetime + place

    @cached_property
    def invoices(self) -> int:
        blocks, rest = divmod(self.charges, 4 * self.lifetime)
        return blocks * 3 * self.lifetime + min(rest, 3 * self.lifetime)

    def extra_amount(self, invoice: int) -> int:
        """Cents of each of an invoice's invoice items."""
        return 100 + self.chance(invoice, 4) % 900

    def invoice_total(self, invoice: int) -> int:
        subscription = self.subscription_of(self.customer_of(self.invoice_charge(invoice)))
        total = self.recurring_amount(subscription) if subscription is not None else 0
        extra = EXTRA_LINES[invoice % INVOICE_PATTERN]
        return total + extra * self.extra_amount(invoice) if extra else total

    @cached_property
    def invoice_items(self) -> int:
        return self.first_invoice_item(self.invoices)

    def first_invoice_item(self, invoice: int) -> int:
        """Index of the first invoice item of an invoice (of the next one, if it has none)."""
        block, place = divmod(invoice, INVOICE_PATTERN)
        return block * EXTRA_TOTAL + EXTRA_BEFORE[place]

    def invoice_of_item(self, item: int) -> tuple[int, int]:
        """The invoice of an invoice item, and which of its items it is."""
        block, rest = divmod(item, EXTRA_TOTAL)
        place = bisect_right(EXTRA_BEFORE, rest) - 1
        return block * INVOICE_PATTERN + place, rest - EXTRA_BEFORE[place]

    # --- money

    def amount(self, charge: int) -> int:
        """Cents of a charge: its invoice's total, or by chance where there is none."""
        invoice = self.invoice_of(charge)
        return self.invoice_total(invoice) if invoice is not None else 500 + self.chance(charge, 5) % 20_000

    def failed(self, charge: int) -> bool:
        return charge % FAILED_STEP == FAILED_AT

    def fee(self, amount: int) -> int:
        """Cents of Stripe's fee on a charge of so many cents."""
        return amount * 29 // 1000 + 30

    @cached_property
    def refunds(self) -> int:
        most = -(-max(self.charges - REFUND_AT, 0) // REFUND_STEP)
        return self.timeline.count_before(self.end, most, self.refund_lag, REFUND_STEP, REFUND_AT)

    def refund_of(self, charge: int) -> int | None:
        refund, place = divmod(charge, REFUND_STEP)
        return refund if place == REFUND_AT and refund < self.refunds else None

    def refund_charge(self, refund: int) -> int:
        return refund * REFUND_STEP + REFUND_AT

    def refund_amount(self, refund: int) -> int:
        amount = self.amount(self.refund_charge(refund))
        return amount // 2 if refund % 3 == 1 else amount

    def refund_created(self, refund: int) -> int:
        return self.timeline.at(self.refund_charge(refund)) + self.refund_lag

    @cached_property
    def disputes(self) -> int:
        most = -(-max(self.charges - DISPUTE_AT, 0) // DISPUTE_STEP)
        return self.timeline.count_before(self.end, most, self.dispute_lag, DISPUTE_STEP, DISPUTE_AT)

    def dispute_of(self, charge: int) -> int | None:
        dispute, place = divmod(charge, DISPUTE_STEP)
        return dispute if place == DISPUTE_AT and dispute < self.disputes else None

    def dispute_charge(self, dispute: int) -> int:
        return dispute * DISPUTE_STEP + DISPUTE_AT

    def dispute_created(self, dispute: int) -> int:
        return self.timeline.at(self.dispute_charge(dispute)) + self.dispute_lag

    @cached_property
    def payouts(self) -> int:
        most = self.charges // PAYOUT_STEP
        return self.timeline.count_before(self.end, most, self.payout_lag, PAYOUT_STEP, PAYOUT_STEP - 1)

    def payout_created(self, payout: int) -> int:
        return self.timeline.at(payout * PAYOUT_STEP + PAYOUT_STEP - 1) + self.payout_lag
