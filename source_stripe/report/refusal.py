"""Why there is no report."""


class ReportRefused(Exception):
    """There can be no report, for a reason that the user can do something about: the message says what."""
