"""Core resources of /v2, and what is for sale there.

A stream of /v2 is named by Stripe's whole name for the object, in the plural (`v2.core.account`: `v2_core_accounts`):
by their last words most would be called as a stream of /v1 is. Times are RFC 3339 strings. The events of /v1 do not
tell of these objects.
"""

from source_stripe.streams.stream import DAY, READ_AT, WEEK, StripeStream


class V2CoreAccounts(StripeStream):
    resource = "v2.core.account"
    endpoint = "/v2/core/accounts"
    cursor_field = READ_AT
    reread_seconds = DAY
    parameter_sets = ({"closed": "false"}, {"closed": "true"})
    # https://docs.stripe.com/api/v2/core/accounts/list, `closed`
    hidden = "Closed ones are left out unless asked for: asked for open and for closed ones."
    permission = "Accounts v2"


class V2CoreAccountPersons(StripeStream):
    resource = "v2.core.account_person"
    endpoint = "/v2/core/accounts/{account_id}/persons"
    cursor_field = READ_AT
    reread_seconds = WEEK
    parent = V2CoreAccounts
    parent_key = "account_id"
    permission = "Accounts v2"


class V2CoreEventDestinations(StripeStream):
    resource = "v2.core.event_destination"
    endpoint = "/v2/core/event_destinations"
    cursor_field = READ_AT
    reread_seconds = DAY
    # `include` of the stripe package
    hidden = "Disabled ones are listed with the others. The address of a webhook is redacted: not asked for."
    permission = "Webhook Endpoints, Event Destinations"


class V2CoreEvents(StripeStream):
    # Stripe keeps them for 30 days.
    resource = "v2.core.event"
    endpoint = "/v2/core/events"
    cursor_field = "created"
    permission = "Events"


class V2CoreVaultGbBankAccounts(StripeStream):
    resource = "v2.core.vault.gb_bank_account"
    endpoint = "/v2/core/vault/gb_bank_accounts"
    cursor_field = READ_AT
    reread_seconds = DAY
    hidden = "Archived ones are listed with the others."
    permission = "Vault"


class V2CoreVaultUsBankAccounts(StripeStream):
    resource = "v2.core.vault.us_bank_account"
    endpoint = "/v2/core/vault/us_bank_accounts"
    cursor_field = READ_AT
    reread_seconds = DAY
    hidden = "Accounts in any state of verification, and archived ones, are listed."
    permission = "Vault"


class V2CommerceProductCatalogImports(StripeStream):
    # Filtered by `created_gte` and the like, in which `created` is one moment, unlike on all other lists.
    resource = "v2.commerce.product_catalog_import"
    endpoint = "/v2/commerce/product_catalog/imports"
    cursor_field = READ_AT
    reread_seconds = DAY
    permission = "Product catalog imports"
