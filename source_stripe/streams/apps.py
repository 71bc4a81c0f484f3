"""Apps, and where Stripe sends events to."""

from source_stripe.streams.stream import DAY, READ_AT, StripeStream


class AppsInstalls(StripeStream):
    resource = "apps.install"
    endpoint = "/v1/apps/installs"
    hidden = "Installs in any status are listed."
    permission = "Apps"


class AppsSecrets(StripeStream):
    # `payload`, the secret itself, is there only where it is expanded: never here.
    resource = "apps.secret"
    endpoint = "/v1/apps/secrets"
    cursor_field = READ_AT
    reread_seconds = DAY
    parameter_sets = ({"scope[type]": "account"},)
    # https://docs.stripe.com/api/apps/secret_store/list: `scope[user]` is required for the other scope
    hidden = "Those of the account's scope; those of a user's scope can be listed for a user's id only: not read."
    permission = "Secrets"


class WebhookEndpoints(StripeStream):
    resource = "webhook_endpoint"
    endpoint = "/v1/webhook_endpoints"
    cursor_field = READ_AT
    reread_seconds = DAY
    hidden = "Disabled ones are listed with the others."
    permission = "Webhook Endpoints, Event Destinations"
