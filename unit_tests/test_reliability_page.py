"""Every promise of docs/reliability.md stands beside tests that exist, and every command that it names is a target."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs/reliability.md").read_text()
NAMED = re.findall(r"`([\w./]+\.py)::(\w+)`", PAGE)


def names_in(path: Path) -> set[str]:
    return {node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)}


def test_every_test_that_is_named_exists() -> None:
    missing = []
    for file, name in NAMED:
        path = ROOT / "integration_tests" / file
        if not path.is_file() or name not in names_in(path):
            missing.append(f"{file}::{name}")
    assert missing == []
    assert len(NAMED) > 40


def test_every_promise_names_a_test() -> None:
    for section in PAGE.split("\n## ")[1:]:
        rows = [line for line in section.splitlines() if line.startswith("| ")][2:]
        assert rows, section
        for row in rows:
            assert re.search(r"\.py::test_\w+` \|$", row), row


def test_every_command_that_is_named_is_a_target() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for page in (PAGE, (ROOT / "SECURITY.md").read_text()):
        named = set(re.findall(r"`make ([a-z-]+)`", page))
        assert named
        assert named <= targets
