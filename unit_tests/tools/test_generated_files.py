"""What is committed is what the pinned stripe package and the declarations of the streams say."""

from tools.generate import COMMAND, ROOT, differences, everything


def test_committed_files_are_those_that_the_generator_writes() -> None:
    found = differences(everything(ROOT), ROOT)
    assert not found, "\n".join([*found, f"Run `{COMMAND}` and commit what it changes."])
