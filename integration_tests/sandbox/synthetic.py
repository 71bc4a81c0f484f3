"""The resources without a part in the business: their objects are synthesized from the SDK's types.

A declaration says where they are and how their identifiers begin; which events Stripe writes about them is read from
the SDK's list of event types.
"""

from __future__ import annotations

from typing import Any

from integration_tests.sandbox import sdk
from integration_tests.sandbox.resource import Child, Resource


def _kind(family: str, *verbs: str) -> str | None:
    """The first of the family's event types that there is."""
    return next((f"{family}.{verb}" for verb in verbs if f"{family}.{verb}" in sdk.event_types()), None)


def _resource(path: str, prefix: str, type_name: str = "", **options: Any) -> Resource:
    """A resource with the events that Stripe has for it. `family` names them where it is not the object's name."""
    type_name = type_name or sdk.list_endpoints()[path].item
    family = options.pop("family", None)
    if family is None:
        family = sdk.object_name(type_name, sdk.module_of(type_name, path))
        family = family.replace(".", "_") if family.startswith("issuing") else family
    if not path.startswith("/v2/"):
        born = _kind(family, "created", "succeeded", "opened")
        options.setdefault("born", (born,) if born else ())
        options.setdefault("changed", _kind(family, "updated"))
        options.setdefault("gone", _kind(family, "deleted"))
    return Resource(path, type_name, (prefix,) if prefix else (), **options)


def _child(path: str, prefix: str, parent: str, parameter: str, **options: Any) -> Child:
    items = sdk.list_endpoints()[path].items
    family = options.pop("family", None)
    if family is not None:
        options |= {verb: _kind(family, name) for verb, name in _VERBS.items()}
    options.setdefault("variants", items if len(items) > 1 else ())
    return Child(path, items[0], tuple(prefix.split()), parent=parent, parameter=parameter, **options)


_VERBS = {"born": "created", "changed": "updated", "gone": "deleted"}

_COUNTRIES = (
    "AE AR AT AU BE BG BR CA CH CI CR CY CZ DE DK DO EE ES FI FR GB GI GR GT HK HR HU ID IE IN IT JP LI LT LU LV MT MX "
    "MY NL NO NZ PE PH PL PT RO SE SG SI SK SN TH TT US UY"
).split()
_CURRENCIES = (
    "aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bif bmd bnd bob brl bsd bwp bzd cad cdf chf clp cny cop "
    "crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl htg huf idr ils inr isk jmd "
    "jpy kes kgs khr kmf krw kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn "
    "nio nok npr nzd pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp sle sos srd std szl thb "
    "tjs top try ttd twd tzs uah ugx usd uyu uzs vnd vuv wst xaf xcd xof xpf yer zar zmw"
).split()
_REPORTS = tuple(
    f"{family}.{part}.{number}"
    for family in ("balance", "activity", "payouts", "connected_account_balance", "payout_reconciliation", "tax")
    for part in ("summary", "itemized", "change_from_activity.itemized", "by_id.itemized")
    for number in (1, 2, 3)
)
_CAPABILITIES = (
    "acss_debit_payments affirm_payments bancontact_payments blik_payments boleto_payments card_issuing card_payments "
    "eps_payments giropay_payments ideal_payments klarna_payments link_payments p24_payments sepa_debit_payments "
    "transfers us_bank_account_ach_payments"
).split()

SYNTHETIC = (
    _resource("/v1/apple_pay/domains", "apwc_", count=40),
    _resource("/v1/application_fees", "fee_", sublists={"refunds": "/v1/application_fees/{id}/refunds"}),
    _resource("/v1/apps/installs", "appinst_", family=""),
    _resource("/v1/apps/secrets", "appsecret_"),
    _resource("/v1/billing/alerts", "alrt_", family=""),
    _resource("/v1/billing/credit_grants", "credgr_"),
    _resource("/v1/billing/feedback_options", "fbo_"),
    _resource("/v1/billing/meters", "mtr_"),
    _resource("/v1/billing_portal/configurations", "bpc_"),
    _resource(
        "/v1/checkout/sessions",
        "cs_test_",
        # Stripe has no checkout.session.created.
        changed="checkout.session.completed",
        includable={"line_items": "/v1/checkout/sessions/{session}/line_items"},
    ),
    _resource("/v1/climate/orders", "climorder_", changed="climate.order.delayed"),
    _resource("/v1/climate/products", "climsku_", changed="climate.product.pricing_updated", count=12),
    _resource("/v1/climate/suppliers", "climsup_", count=20),
    _resource("/v1/country_specs", "", names=tuple(_COUNTRIES)),
    _resource("/v1/credit_notes", "cn_", sublists={"lines": "/v1/credit_notes/{credit_note}/lines"}),
    _resource("/v1/entitlements/features", "feat_"),
    _resource("/v1/exchange_rates", "", names=tuple(_CURRENCIES)),
    _resource("/v1/file_links", "link_"),
    _resource("/v1/files", "file_", includable={"links": "/v1/files/{file}/links"}),
    _resource(
        "/v1/financial_connections/accounts",
        "fca_",
        changed="financial_connections.account.refreshed_balance",
        gone="financial_connections.account.deactivated",
    ),
    _resource("/v1/forwarding/requests", "fwdreq_"),
    _resource("/v1/identity/verification_reports", "vr_"),
    _resource("/v1/identity/verification_sessions", "vs_", changed="identity.verification_session.processing"),
    _resource("/v1/invoice_rendering_templates", "inrtem_"),
    _resource("/v1/issuing/authorizations", "iauth_"),
    _resource("/v1/issuing/cardholders", "ich_"),
    _resource("/v1/issuing/cards", "ic_"),
    _resource("/v1/issuing/disputes", "idp_"),
    _resource("/v1/issuing/personalization_designs", "pd_"),
    _resource("/v1/issuing/physical_bundles", "ics_", count=12),
    _resource("/v1/issuing/transactions", "ipi_"),
    _resource("/v1/payment_links", "plink_", includable={"line_items": "/v1/payment_links/{payment_link}/line_items"}),
    _resource("/v1/payment_method_configurations", "pmc_"),
    _resource("/v1/payment_method_domains", "pmd_"),
    _resource("/v1/payment_records", "pr_"),
    _resource("/v1/product_catalog/trial_offers", "toff_"),
    _resource("/v1/promotion_codes", "promo_"),
    _resource(
        "/v1/quotes",
        "qt_",
        changed="quote.finalized",
        includable={
            "computed.upfront.line_items": "/v1/quotes/{quote}/computed_upfront_line_items",
            "line_items": "/v1/quotes/{quote}/line_items",
        },
    ),
    _resource("/v1/radar/early_fraud_warnings", "issfr_"),
    _resource("/v1/radar/value_lists", "rsl_", sublists={"list_items": "/v1/radar/value_list_items"}),
    _resource("/v1/reporting/report_runs", "frr_", changed="reporting.report_run.succeeded"),
    # Stripe's own, told about with reporting.report_type.updated.
    _resource("/v1/reporting/report_types", "", names=_REPORTS),
    _resource("/v1/reviews", "prv_", changed="review.closed"),
    _resource("/v1/setup_intents", "seti_", changed="setup_intent.succeeded"),
    _resource("/v1/shipping_rates", "shr_"),
    _resource("/v1/sigma/scheduled_query_runs", "sqr_"),
    _resource("/v1/sources", "src_", "Source", listed=False, family="source", changed="source.chargeable"),
    _resource("/v1/subscription_schedules", "sub_sched_"),
    _resource("/v1/tax/calculations", "taxcalc_", "Calculation", listed=False),
    _resource("/v1/tax/locations", "taxloc_"),
    _resource("/v1/tax/registrations", "taxreg_"),
    _resource("/v1/tax/transactions", "tax_", "Transaction", listed=False),
    _resource("/v1/tax_codes", "", names=tuple(f"txcd_{10_000_000 + number * 1_000}" for number in range(560))),
    # The account's own: customers' are their children.
    _resource("/v1/tax_ids", "txi_", family="", fixed={"customer": None, "customer_account": None}),
    _resource("/v1/tax_rates", "txr_"),
    _resource("/v1/terminal/configurations", "tmc_"),
    _resource("/v1/terminal/locations", "tml_"),
    _resource("/v1/terminal/readers", "tmr_", changed="terminal.reader.action_updated"),
    _resource("/v1/test_helpers/test_clocks", "clock_", changed="test_helpers.test_clock.ready"),
    _resource("/v1/three_d_secure/authentications", "tdsa_"),
    _resource("/v1/topups", "tu_"),
    _resource("/v1/transfers", "tr_", sublists={"reversals": "/v1/transfers/{id}/reversals"}),
    _resource("/v1/treasury/financial_accounts", "fa_", changed="treasury.financial_account.features_status_updated"),
    # Stripe allows 16 of them.
    _resource("/v1/webhook_endpoints", "we_", count=16),
    _resource("/v2/commerce/product_catalog/imports", "pcimprt_"),
    _resource("/v2/core/accounts", "acct_"),
    _resource("/v2/core/event_destinations", "ed_"),
    _resource("/v2/core/events", "evt_"),
    _resource("/v2/core/vault/gb_bank_accounts", "gbba_"),
    _resource("/v2/core/vault/us_bank_accounts", "usba_"),
    _resource("/v2/money_management/adjustments", "adj_"),
    _resource("/v2/money_management/financial_accounts", "fa_"),
    _resource("/v2/money_management/financial_addresses", "finaddr_"),
    _resource("/v2/money_management/inbound_transfers", "ibt_"),
    _resource("/v2/money_management/outbound_payments", "obp_"),
    _resource("/v2/money_management/outbound_setup_intents", "osi_"),
    _resource("/v2/money_management/payout_intents", "poi_"),
    _resource("/v2/money_management/payout_methods", "pom_"),
    _resource("/v2/money_management/received_credits", "rc_"),
    _resource("/v2/money_management/transaction_entries", "trxne_"),
    _resource("/v2/money_management/transactions", "trxn_"),
)

_TREASURY = ("/v1/treasury/financial_accounts", "financial_account")

SYNTHETIC_CHILDREN = (
    # Accounts as a customer's sources are history: bank accounts, cards and sources are what there is.
    _child(
        "/v1/customers/{customer}/sources",
        "ba_ card_ src_",
        "/v1/customers",
        "customer",
        family="customer.source",
        variants=("BankAccount", "Card", "Source"),
    ),
    _child(
        "/v1/accounts/{account}/capabilities",
        "",
        "/v1/accounts",
        "account",
        names=tuple(_CAPABILITIES),
        family="capability",
    ),
    _child(
        "/v1/accounts/{account}/external_accounts",
        "ba_ card_",
        "/v1/accounts",
        "account",
        family="account.external_account",
    ),
    _child("/v1/accounts/{account}/persons", "person_", "/v1/accounts", "account", family="person"),
    _child("/v1/application_fees/{id}/refunds", "fr_", "/v1/application_fees", "id", field="fee"),
    _child(
        "/v1/billing/credit_balance_transactions",
        "cbtxn_",
        "/v1/customers",
        "customer",
        family="billing.credit_balance_transaction",
    ),
    _child("/v1/billing/meters/{id}/event_summaries", "mtrusg_", "/v1/billing/meters", "id", field="meter"),
    _child("/v1/checkout/sessions/{session}/line_items", "li_", "/v1/checkout/sessions", "session"),
    _child("/v1/credit_notes/preview/lines", "cnli_", "/v1/invoices", "invoice"),
    _child("/v1/credit_notes/{credit_note}/lines", "cnli_", "/v1/credit_notes", "credit_note"),
    _child("/v1/customers/{customer}/balance_transactions", "cbtxn_", "/v1/customers", "customer"),
    _child(
        "/v1/customers/{customer}/cash_balance_transactions",
        "ccsbtxn_",
        "/v1/customers",
        "customer",
        family="customer_cash_balance_transaction",
    ),
    _child("/v1/customers/{customer}/tax_ids", "txi_", "/v1/customers", "customer", family="customer.tax_id"),
    _child("/v1/entitlements/active_entitlements", "ent_", "/v1/customers", "customer"),
    _child(
        "/v1/financial_connections/accounts/{account}/owners",
        "fcaown_",
        "/v1/financial_connections/accounts",
        "account",
    ),
    _child("/v1/financial_connections/transactions", "fctxn_", "/v1/financial_connections/accounts", "account"),
    _child("/v1/issuing/tokens", "intok_", "/v1/issuing/cards", "card", family="issuing_token"),
    _child("/v1/payment_attempt_records", "par_", "/v1/payment_records", "payment_record"),
    _child("/v1/payment_intents/{intent}/amount_details_line_items", "uli_", "/v1/payment_intents", "intent"),
    _child("/v1/payment_links/{payment_link}/line_items", "li_", "/v1/payment_links", "payment_link"),
    _child("/v1/products/{product}/features", "prodft_", "/v1/products", "product"),
    _child("/v1/quotes/{quote}/computed_upfront_line_items", "li_", "/v1/quotes", "quote"),
    _child("/v1/quotes/{quote}/line_items", "li_", "/v1/quotes", "quote"),
    _child("/v1/radar/value_list_items", "rsli_", "/v1/radar/value_lists", "value_list"),
    _child("/v1/setup_attempts", "setatt_", "/v1/setup_intents", "setup_intent"),
    _child("/v1/sources/{source}/source_transactions", "srctxn_", "/v1/sources", "source"),
    _child("/v1/tax/calculations/{calculation}/line_items", "tax_li_", "/v1/tax/calculations", "calculation"),
    _child("/v1/tax/transactions/{transaction}/line_items", "tax_li_", "/v1/tax/transactions", "transaction"),
    _child("/v1/transfers/{id}/reversals", "trr_", "/v1/transfers", "id", field="transfer"),
    _child("/v1/treasury/credit_reversals", "credrev_", *_TREASURY, family="treasury.credit_reversal"),
    _child("/v1/treasury/debit_reversals", "debrev_", *_TREASURY, family="treasury.debit_reversal"),
    _child("/v1/treasury/inbound_transfers", "ibt_", *_TREASURY, family="treasury.inbound_transfer"),
    _child("/v1/treasury/outbound_payments", "obp_", *_TREASURY, family="treasury.outbound_payment"),
    _child("/v1/treasury/outbound_transfers", "obt_", *_TREASURY, family="treasury.outbound_transfer"),
    _child("/v1/treasury/received_credits", "rc_", *_TREASURY, family="treasury.received_credit"),
    _child("/v1/treasury/received_debits", "rd_", *_TREASURY, family="treasury.received_debit"),
    _child("/v1/treasury/transaction_entries", "trxne_", *_TREASURY),
    _child("/v1/treasury/transactions", "trxn_", *_TREASURY),
    _child("/v2/core/accounts/{account_id}/persons", "person_", "/v2/core/accounts", "account_id", field="account"),
)
