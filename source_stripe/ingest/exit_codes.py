"""How a command ends, for whoever runs it from cron: what to do next is in the number."""

DONE = 0
"""Everything that was asked for is in the destination."""

INCOMPLETE = 1
"""Something is missing, and said which; the rest is there. Run it again."""

REFUSED = 2
"""Nothing was done: the command, the key or the destination needs a change."""

BUSY = 3
"""Another run writes into this destination. Run it again later."""

INTERRUPTED = 130
"""Stopped by Ctrl-C or SIGTERM; what is there is usable, and the next run goes on from it."""
