"""Which accounts there are, and who may act as which."""

from __future__ import annotations

from integration_tests.sandbox import departures, sdk
from integration_tests.sandbox.account import AccountData
from integration_tests.sandbox.blanks import blank
from integration_tests.sandbox.clock import Clock
from integration_tests.sandbox.errors import StripeFault
from integration_tests.sandbox.identity import Ids, letters, seed_of
from integration_tests.sandbox.keys import Key, abridged
from integration_tests.sandbox.strand import Json, Strand
from integration_tests.sandbox.timeline import DAY, Density
from integration_tests.sandbox.world import Business, World


class Directory:
    """The platform's account and its connected ones; each has data of its own, in test and in live mode."""

    def __init__(
        self,
        *,
        seed: int,
        size: int,
        connected: int,
        connected_size: int,
        density: Density,
        clock: Clock,
        platform: bool = True,
        synthesized: int = 250,
    ) -> None:
        self.version = sdk.api_version()
        self.connected = connected if platform else 0
        self._seed = seed
        self._size = size
        self._synthesized = synthesized
        self._connected_size = connected_size
        self._density = density
        self._clock = clock
        self._end = clock.now()
        # The first account's identifier does not encode an index: it has no place in the list of connected ones.
        self.platform = f"acct_1{letters(seed_of(seed, 'platform'), 15)}"
        self._ids = Ids("acct_1", seed_of(seed, "connected"), letters(seed_of(seed, "tail"), 5))
        self._open: dict[tuple[str, bool], AccountData] = {}
        self._extra: dict[str, Json] = {}

    def identifiers(self) -> list[str]:
        """All accounts, the platform's first."""
        return [self.platform, *(self._ids(n) for n in range(self.connected))]

    def open(self, key: Key, wanted: str | None) -> AccountData:
        """The data that a request acts on. Raises StripeFault 400 for an organization's key without an account,
        403 for an account that the key has no access to."""
        if wanted is None:
            if key.organization:
                message = "A Stripe-Account or Stripe-Context header must be given with an organization's API key."
                raise StripeFault(400, message)
            return self.data(key.account, key.livemode)
        allowed = wanted == key.account or key.account == self.platform
        if not allowed or not self.exists(wanted):
            message = (
                f"The provided key '{abridged(key.text)}' does not have access to account '{wanted}' (or that account "
                "does not exist). Application access may have been revoked."
            )
            raise StripeFault(403, message, code="account_invalid")
        return self.data(wanted, key.livemode)

    def exists(self, identifier: str) -> bool:
        index = self._ids.index(identifier)
        return identifier == self.platform or (index is not None and index < self.connected)

    def data(self, identifier: str, livemode: bool) -> AccountData:
        """Raises KeyError for an account that does not exist."""
        found = self._open.get((identifier, livemode))
        if found is None:
            if not self.exists(identifier):
                raise KeyError(identifier)
            found = self._make(identifier, livemode)
            self._open[identifier, livemode] = found
        return found

    def _make(self, identifier: str, livemode: bool) -> AccountData:
        is_platform = identifier == self.platform
        business = Business(
            seed=self._seed,
            account=identifier,
            size=self._size if is_platform else self._connected_size,
            synthesized=self._synthesized,
            end=self._end,
            now=self._clock.now,
            density=self._density,
            livemode=livemode,
        )
        strand = Strand(self.connected, self._created, self._ids, self._ids.index, self._connected)
        me = self._account(identifier, business.start, 0) if is_platform else self._connected(self._index(identifier))
        connected = {row.path: [strand] for row in departures.PLATFORM_ONLY} if is_platform else {}
        return AccountData(World(business), me, connected, lambda: self.version)

    def _index(self, identifier: str) -> int:
        index = self._ids.index(identifier)
        return 0 if index is None else index

    def _created(self, index: int) -> int:
        return self._end - (self.connected - index) * DAY

    def _connected(self, index: int) -> Json:
        return self._account(self._ids(index), self._created(index), index + 1)

    def _account(self, identifier: str, created: int, number: int) -> Json:
        return {
            **blank("Account"),
            "id": identifier,
            "business_type": "company",
            "capabilities": {"card_payments": "active", "transfers": "active"},
            "charges_enabled": True,
            "country": "US",
            "created": created,
            "default_currency": "usd",
            "details_submitted": True,
            "email": f"account{number}@example.com",
            "metadata": {},
            "payouts_enabled": True,
            "type": "standard",
        }
