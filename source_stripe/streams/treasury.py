"""Treasury: accounts that hold money, and what moves on them.

All but the accounts themselves are listed for one account at a time.
"""

from source_stripe.streams.stream import StripeStream


class TreasuryFinancialAccounts(StripeStream):
    resource = "treasury.financial_account"
    endpoint = "/v1/treasury/financial_accounts"
    # https://docs.stripe.com/api/treasury/financial_accounts/list, `status`; account numbers are shown only
    # where they are expanded.
    hidden = "Closed ones are listed with the others. Account numbers are not asked for."
    permission = "Treasury"


class TreasuryCreditReversals(StripeStream):
    resource = "treasury.credit_reversal"
    endpoint = "/v1/treasury/credit_reversals"
    parent = TreasuryFinancialAccounts
    parent_key = "financial_account_id"
    parent_parameter = "financial_account"
    permission = "Treasury"


class TreasuryDebitReversals(StripeStream):
    resource = "treasury.debit_reversal"
    endpoint = "/v1/treasury/debit_reversals"
    parent = TreasuryFinancialAccounts
    parent_key = "financial_account_id"
    parent_parameter = "financial_account"
    permission = "Treasury"


class TreasuryInboundTransfers(StripeStream):
    resource = "treasury.inbound_transfer"
    endpoint = "/v1/treasury/inbound_transfers"
    parent = TreasuryFinancialAccounts
    parent_key = "financial_account_id"
    parent_parameter = "financial_account"
    permission = "Treasury"


class TreasuryOutboundPayments(StripeStream):
    resource = "treasury.outbound_payment"
    endpoint = "/v1/treasury/outbound_payments"
    parent = TreasuryFinancialAccounts
    parent_key = "financial_account_id"
    parent_parameter = "financial_account"
    permission = "Treasury"


class TreasuryOutboundTransfers(StripeStream):
    resource = "treasury.outbound_transfer"
    endpoint = "/v1/treasury/outbound_transfers"
    parent = TreasuryFinancialAccounts
    parent_key = "financial_account_id"
    parent_parameter = "financial_account"
    permission = "Treasury"


class TreasuryReceivedCredits(StripeStream):
    resource = "treasury.received_credit"
    endpoint = "/v1/treasury/received_credits"
    parent = TreasuryFinancialAccounts
    parent_key = "financial_account_id"
    parent_parameter = "financial_account"
    permission = "Treasury"


class TreasuryReceivedDebits(StripeStream):
    resource = "treasury.received_debit"
    endpoint = "/v1/treasury/received_debits"
    parent = TreasuryFinancialAccounts
    parent_key = "financial_account_id"
    parent_parameter = "financial_account"
    permission = "Treasury"


class TreasuryTransactions(StripeStream):
    resource = "treasury.transaction"
    endpoint = "/v1/treasury/transactions"
    cursor_field = "created"
    parent = TreasuryFinancialAccounts
    parent_key = "financial_account_id"
    parent_parameter = "financial_account"
    hidden = "Void ones are listed with the others."
    permission = "Treasury Transactions"


class TreasuryTransactionEntries(StripeStream):
    resource = "treasury.transaction_entry"
    endpoint = "/v1/treasury/transaction_entries"
    cursor_field = "created"
    parent = TreasuryFinancialAccounts
    parent_key = "financial_account_id"
    parent_parameter = "financial_account"
    permission = "Treasury Transactions"
