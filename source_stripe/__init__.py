"""source-stripe: an Airbyte-protocol source that reads everything a Stripe account holds."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("source-stripe")
except PackageNotFoundError:  # run from a checkout that was never installed
    __version__ = "0+unknown"
