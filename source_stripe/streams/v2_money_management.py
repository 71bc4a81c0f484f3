"""Money management, the part of /v2 that holds money and moves it. For names and times see `v2_core`."""

from source_stripe.streams.stream import DAY, READ_AT, StripeStream


class V2MoneyManagementAdjustments(StripeStream):
    resource = "v2.money_management.adjustment"
    endpoint = "/v2/money_management/adjustments"
    cursor_field = "created"
    permission = "Adjustments"


class V2MoneyManagementFinancialAccounts(StripeStream):
    resource = "v2.money_management.financial_account"
    endpoint = "/v2/money_management/financial_accounts"
    cursor_field = READ_AT
    reread_seconds = DAY
    parameter_sets = ({"statuses[0]": "closed", "statuses[1]": "open", "statuses[2]": "pending"},)
    # https://docs.stripe.com/api/v2/money-management/financial-accounts/list, `statuses`
    hidden = "Closed ones are left out unless asked for: asked for every status."
    permission = "Financial Accounts"


class V2MoneyManagementFinancialAddresses(StripeStream):
    resource = "v2.money_management.financial_address"
    endpoint = "/v2/money_management/financial_addresses"
    cursor_field = READ_AT
    reread_seconds = DAY
    permission = "Money management"


class V2MoneyManagementInboundTransfers(StripeStream):
    resource = "v2.money_management.inbound_transfer"
    endpoint = "/v2/money_management/inbound_transfers"
    cursor_field = "created"
    permission = "Inbound Transfers"


class V2MoneyManagementOutboundPayments(StripeStream):
    resource = "v2.money_management.outbound_payment"
    endpoint = "/v2/money_management/outbound_payments"
    cursor_field = "created"
    permission = "Outbound Payments"


class V2MoneyManagementOutboundSetupIntents(StripeStream):
    resource = "v2.money_management.outbound_setup_intent"
    endpoint = "/v2/money_management/outbound_setup_intents"
    cursor_field = READ_AT
    reread_seconds = DAY
    permission = "Money management"


class V2MoneyManagementPayoutIntents(StripeStream):
    resource = "v2.money_management.payout_intent"
    endpoint = "/v2/money_management/payout_intents"
    cursor_field = READ_AT
    reread_seconds = DAY
    permission = "Payout Intents"


class V2MoneyManagementPayoutMethods(StripeStream):
    resource = "v2.money_management.payout_method"
    endpoint = "/v2/money_management/payout_methods"
    cursor_field = READ_AT
    reread_seconds = DAY
    hidden = "Methods are listed whatever they may be used for."
    permission = "Money management"


class V2MoneyManagementReceivedCredits(StripeStream):
    resource = "v2.money_management.received_credit"
    endpoint = "/v2/money_management/received_credits"
    cursor_field = "created"
    permission = "Received Credits"


class V2MoneyManagementTransactions(StripeStream):
    resource = "v2.money_management.transaction"
    endpoint = "/v2/money_management/transactions"
    cursor_field = "created"
    permission = "Transactions"


class V2MoneyManagementTransactionEntries(StripeStream):
    resource = "v2.money_management.transaction_entry"
    endpoint = "/v2/money_management/transaction_entries"
    cursor_field = "created"
    permission = "Transactions"
