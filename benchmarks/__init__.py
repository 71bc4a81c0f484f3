"""What limits a sync, measured against the sandbox: `make bench`. See docs/performance.md.

Nothing here judges the connector's answers (the tests do that), except that a read which loses or repeats a row is no
measurement.
"""
