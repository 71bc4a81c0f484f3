"""API keys: whose they are, what they may read, and how Stripe refuses them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from integration_tests.sandbox.errors import StripeFault
from integration_tests.sandbox.identity import letters, seed_of


@dataclass(frozen=True)
class Key:
    """`permissions` are names such as `charge` for a restricted key, None for one that may read everything.
    An organization's key (`organization`) has no account of its own and must name one with every request."""

    text: str
    account: str
    livemode: bool = False
    permissions: frozenset[str] | None = None
    organization: bool = False
    expired: bool = False


def masked(text: str) -> str:
    """As Stripe repeats a bad key: its kind, asterisks, the last four characters."""
    head, _, tail = text.rpartition("_")
    return f"{head + '_' if head else ''}{'*' * max(4, len(tail) - 4)}{text[-4:]}"


def abridged(text: str) -> str:
    """As Stripe repeats a good key that may not do something: its kind and three asterisks."""
    return f"{text.rpartition('_')[0]}_***"


@dataclass
class KeyRing:
    """All keys of a sandbox. They can be issued, rolled and expired while it runs."""

    seed: int
    _keys: dict[str, Key] = field(default_factory=dict)

    def issue(
        self,
        account: str,
        *,
        livemode: bool = False,
        permissions: frozenset[str] | set[str] | None = None,
        organization: bool = False,
    ) -> str:
        kind = "sk_org" if organization else "sk" if permissions is None else "rk"
        mode = "live" if livemode else "test"
        serial = len(self._keys)
        text = f"{kind}_{mode}_sandbox{letters(seed_of(self.seed, 'key', serial, account), 17)}"
        rights = None if permissions is None else frozenset(permissions)
        self._keys[text] = Key(text, account, livemode, rights, organization)
        return text

    def allow(self, text: str, permissions: set[str] | None) -> None:
        """Change what an existing key may read."""
        rights = None if permissions is None else frozenset(permissions)
        self._keys[text] = replace(self._keys[text], permissions=rights)

    def expire(self, text: str) -> None:
        self._keys[text] = replace(self._keys[text], expired=True)

    def roll(self, text: str) -> str:
        """Expire a key and issue its successor with the same rights."""
        old = self._keys[text]
        self.expire(text)
        return self.issue(
            old.account,
            livemode=old.livemode,
            permissions=None if old.permissions is None else set(old.permissions),
            organization=old.organization,
        )

    def authenticate(self, headers: Mapping[str, str]) -> Key:
        """The key of a request (header names in lower case). Raises StripeFault 401."""
        scheme, _, credentials = headers.get("authorization", "").partition(" ")
        text = credentials.strip()
        if scheme.lower() == "basic":
            try:
                text = base64.b64decode(text, validate=True).decode().partition(":")[0]
            except (binascii.Error, UnicodeDecodeError):
                text = ""
        if not text:
            message = (
                "You did not provide an API key. You need to provide your API key in the Authorization header, "
                "using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
            )
            raise StripeFault(401, message, headers={"WWW-Authenticate": 'Bearer realm="Stripe"'})
        key = self._keys.get(text)
        if key is None:
            raise StripeFault(401, f"Invalid API Key provided: {masked(text)}")
        if key.expired:
            raise StripeFault(401, f"Expired API Key provided: {masked(text)}", code="api_key_expired")
        return key


def require(key: Key, permission: str, account: str) -> None:
    """Raises StripeFault 403 if a restricted key lacks the permission to read."""
    if key.permissions is None or permission in key.permissions:
        return
    message = (
        f"The provided key '{abridged(key.text)}' does not have the required permissions for this endpoint on "
        f"account '{account}'. Having the 'rak_{permission}_read' permission would allow this request to continue."
    )
    raise StripeFault(403, message, code="more_permissions_required")
