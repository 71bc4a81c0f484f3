"""Reports: what Stripe computes on request or on schedule, Sigma included."""

from source_stripe.streams.stream import WEEK, StripeStream


class ReportingReportRuns(StripeStream):
    resource = "reporting.report_run"
    endpoint = "/v1/reporting/report_runs"
    permission = "Report runs and report types"


class ReportingReportTypes(StripeStream):
    # The whole list is one page. Carries its own `updated`, Unix seconds.
    resource = "reporting.report_type"
    endpoint = "/v1/reporting/report_types"
    announced = True
    reread_seconds = WEEK
    permission = "Report runs and report types"


class SigmaScheduledQueryRuns(StripeStream):
    resource = "scheduled_query_run"
    endpoint = "/v1/sigma/scheduled_query_runs"
    permission = "Scheduled queries"
