"""Payment methods: how customers pay, where that is offered, and payments taken elsewhere."""

from source_stripe.streams.stream import DAY, READ_AT, StripeStream


class PaymentMethods(StripeStream):
    # Those of all customers since the list no longer wants a customer. There is no event for a deletion: a method
    # that is not attached any more is `payment_method.detached`.
    resource = "payment_method"
    endpoint = "/v1/payment_methods"
    deletion_events = ("payment_method.detached",)
    unseen = "A method that is detached counts as deleted: it is on the list no more."
    hidden = "Methods that are attached to no customer are not on the list, only in the objects that used them."
    permission = "PaymentMethods"


class PaymentMethodConfigurations(StripeStream):
    resource = "payment_method_configuration"
    endpoint = "/v1/payment_method_configurations"
    cursor_field = READ_AT
    reread_seconds = DAY
    # https://docs.stripe.com/api/payment_method_configurations/list, `application`
    hidden = "Inactive ones are listed too; those that a Connect application keeps are asked for by that application."
    permission = "Payment Method Configurations"


class PaymentMethodDomains(StripeStream):
    resource = "payment_method_domain"
    endpoint = "/v1/payment_method_domains"
    cursor_field = READ_AT
    reread_seconds = DAY
    hidden = "Disabled domains are listed with the others."
    permission = "Payment Method Domains"


class ApplePayDomains(StripeStream):
    resource = "apple_pay_domain"
    endpoint = "/v1/apple_pay/domains"
    cursor_field = READ_AT
    reread_seconds = DAY
    permission = "Apple Pay Domains"


class PaymentRecords(StripeStream):
    # Filtered by `created_after` and `created_before`, unlike all other lists, and told of by no event.
    resource = "payment_record"
    endpoint = "/v1/payment_records"
    cursor_field = READ_AT
    reread_seconds = DAY
    permission = "Payment Records"


class PaymentAttemptRecords(StripeStream):
    resource = "payment_attempt_record"
    endpoint = "/v1/payment_attempt_records"
    cursor_field = READ_AT
    reread_seconds = DAY
    parent = PaymentRecords
    parent_key = "payment_record_id"
    parent_parameter = "payment_record"
    permission = "Payment Records"


class ThreeDSecureAuthentications(StripeStream):
    resource = "three_d_secure.authentication"
    endpoint = "/v1/three_d_secure/authentications"
    permission = "3D Secure"


class ForwardingRequests(StripeStream):
    resource = "forwarding.request"
    endpoint = "/v1/forwarding/requests"
    cursor_field = "created"
    permission = "Forwarding Requests"
