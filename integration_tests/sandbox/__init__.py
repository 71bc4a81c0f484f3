"""A Stripe look-alike on loopback. See README.md.

It knows Stripe from the `stripe` package and from documents, never from the connector that it judges.
"""

from integration_tests.sandbox.answer import Answer, Request
from integration_tests.sandbox.clock import DEFAULT_NOW, Clock
from integration_tests.sandbox.faults import Fault
from integration_tests.sandbox.limits import Limits
from integration_tests.sandbox.sandbox import Sandbox
from integration_tests.sandbox.server import Server, serve
from integration_tests.sandbox.timeline import Density

__all__ = ["DEFAULT_NOW", "Answer", "Clock", "Density", "Fault", "Limits", "Request", "Sandbox", "Server", "serve"]
