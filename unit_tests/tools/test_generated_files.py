"""What is committed is what the pinned stripe package says."""

from source_stripe.streams import STREAMS
from tools.generate import COMMAND, ROOT, differences, generate


def test_committed_files_are_those_that_the_generator_writes() -> None:
    found = differences(generate(STREAMS), ROOT)
    assert not found, "\n".join([*found, f"Run `{COMMAND}` and commit what it changes."])
