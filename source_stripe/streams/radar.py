"""Fraud, and who somebody is: Radar and Identity."""

from source_stripe.streams.stream import DAY, READ_AT, StripeStream


class EarlyFraudWarnings(StripeStream):
    resource = "radar.early_fraud_warning"
    endpoint = "/v1/radar/early_fraud_warnings"
    permission = "Radar"


class Reviews(StripeStream):
    resource = "review"
    endpoint = "/v1/reviews"
    # https://docs.stripe.com/api/radar/reviews/list
    hidden = "Open ones only, and no parameter changes that: closed ones are known from `review.closed` events."
    permission = "Reviews"


class RadarValueLists(StripeStream):
    resource = "radar.value_list"
    endpoint = "/v1/radar/value_lists"
    cursor_field = "created"
    permission = "Radar"


class RadarValueListItems(StripeStream):
    # Items come and go without an event of their own or of their list.
    resource = "radar.value_list_item"
    endpoint = "/v1/radar/value_list_items"
    cursor_field = READ_AT
    reread_seconds = DAY
    parent = RadarValueLists
    parent_key = "value_list_id"
    parent_parameter = "value_list"
    embedded = "list_items"
    permission = "Radar"


class IdentityVerificationReports(StripeStream):
    resource = "identity.verification_report"
    endpoint = "/v1/identity/verification_reports"
    cursor_field = "created"
    # https://docs.stripe.com/identity/access-verification-results
    hidden = "Dates of birth and document numbers are on the row for keys with that permission only: not asked for."
    permission = "Identity"


class IdentityVerificationSessions(StripeStream):
    resource = "identity.verification_session"
    endpoint = "/v1/identity/verification_sessions"
    hidden = "Sessions in any status are listed. What was verified (`verified_outputs`) is not asked for."
    permission = "Identity"
