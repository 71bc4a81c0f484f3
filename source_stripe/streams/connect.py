"""Connect: the accounts of a platform, and money that moves between them."""

from source_stripe.streams.stream import DAY, READ_AT, WEEK, StripeStream


class Account(StripeStream):
    # The account that the key belongs to, which no list shows.
    resource = "account"
    endpoint = "/v1/account"
    single = True
    cursor_field = READ_AT
    permission = "Accounts"


class Accounts(StripeStream):
    # The platform's own account is not on the list; an account that is no platform has an empty one.
    resource = "account"
    # There is no account.created, and not every change has been seen to write account.updated.
    endpoint = "/v1/accounts"
    reread_seconds = DAY
    permission = "Accounts"


class Capabilities(StripeStream):
    # Ids are names such as `card_payments`, the same in every account.
    resource = "capability"
    endpoint = "/v1/accounts/{account}/capabilities"
    primary_key = ["account_id", "id"]
    parent = Accounts
    reread_seconds = WEEK
    parent_key = "account_id"
    permission = "Accounts"


class ExternalAccountBankAccounts(StripeStream):
    # `external_accounts` is there for accounts that the platform controls.
    resource = "bank_account"
    endpoint = "/v1/accounts/{account}/external_accounts"
    parameter_sets = ({"object": "bank_account"},)
    parent = Accounts
    reread_seconds = WEEK
    parent_key = "account_id"
    embedded = "external_accounts"
    permission = "Accounts"


class ExternalAccountCards(StripeStream):
    resource = "card"
    endpoint = "/v1/accounts/{account}/external_accounts"
    parameter_sets = ({"object": "card"},)
    parent = Accounts
    reread_seconds = WEEK
    parent_key = "account_id"
    embedded = "external_accounts"
    permission = "Accounts"


class Persons(StripeStream):
    resource = "person"
    endpoint = "/v1/accounts/{account}/persons"
    parent = Accounts
    reread_seconds = WEEK
    parent_key = "account_id"
    permission = "Accounts"


class ApplicationFees(StripeStream):
    resource = "application_fee"
    endpoint = "/v1/application_fees"
    permission = "Application Fees"


class ApplicationFeesRefunds(StripeStream):
    resource = "fee_refund"
    endpoint = "/v1/application_fees/{id}/refunds"
    parent = ApplicationFees
    parent_key = "application_fee_id"
    embedded = "refunds"
    permission = "Application Fees"


class TopUps(StripeStream):
    resource = "topup"
    endpoint = "/v1/topups"
    permission = "Top-ups"


class Transfers(StripeStream):
    resource = "transfer"
    endpoint = "/v1/transfers"
    permission = "Transfers"


class TransferReversals(StripeStream):
    resource = "transfer_reversal"
    endpoint = "/v1/transfers/{id}/reversals"
    cursor_field = "created"
    parent = Transfers
    parent_key = "transfer_id"
    embedded = "reversals"
    permission = "Transfers"
