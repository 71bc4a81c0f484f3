"""Terminal: card readers, where they stand and how they are set up."""

from source_stripe.streams.stream import DAY, READ_AT, StripeStream


class TerminalConfigurations(StripeStream):
    resource = "terminal.configuration"
    endpoint = "/v1/terminal/configurations"
    cursor_field = READ_AT
    reread_seconds = DAY
    hidden = "The account's default is listed with the others."
    permission = "Terminal Configurations"


class TerminalLocations(StripeStream):
    resource = "terminal.location"
    endpoint = "/v1/terminal/locations"
    cursor_field = READ_AT
    reread_seconds = DAY
    permission = "Terminal Locations"


class TerminalReaders(StripeStream):
    # Events tell of actions on a reader, not of new readers or of their status.
    resource = "terminal.reader"
    endpoint = "/v1/terminal/readers"
    announced = True
    reread_seconds = DAY
    hidden = "Offline ones are listed with the others."
    permission = "Terminal Readers"
