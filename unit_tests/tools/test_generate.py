"""The generator writes what follows from the package, changes nothing else, and sees every difference."""

import json
from pathlib import Path
from typing import Any, ClassVar

import pytest

from tools import generate as generator
from tools.generate import differences, generate, main, schema_of, write

UPDATED = {"updated": {"type": ["null", "integer"]}}


class Charges:
    name: ClassVar[str] = "charges"
    resource: ClassVar[Any] = "charge"
    cursor_field: ClassVar[Any] = "updated"
    extra_properties: ClassVar[dict[str, dict[str, Any]]] = UPDATED


class ExternalAccounts(Charges):
    name = "external_accounts"
    resource = ("bank_account", "card")


STREAMS = (Charges, ExternalAccounts)
CHARGES = generator.SCHEMAS / "charges.json"


def test_each_stream_gets_the_schema_of_its_name() -> None:
    files = generate(STREAMS)
    assert "amount" in json.loads(files[CHARGES])["properties"]
    mixed = json.loads(files[generator.SCHEMAS / "external_accounts.json"])["properties"]
    assert {"routing_number", "exp_year", "updated"} <= mixed.keys()


def test_two_runs_are_equal_to_the_byte() -> None:
    assert generate(STREAMS) == generate(tuple(reversed(STREAMS)))


def test_the_version_is_the_one_that_the_package_describes() -> None:
    names: dict[str, str] = {}
    exec(generate(())[generator.API_VERSION], names)
    assert names["API_VERSION"] == json.loads(generate(())[generator.INVENTORY])["api_version"]


def test_a_stream_of_an_unknown_resource_is_refused_by_name() -> None:
    class Unicorns(Charges):
        name = "unicorns"
        resource = "unicorn"

    with pytest.raises(ValueError, match=r"stream unicorns: .*'unicorn'"):
        schema_of(Unicorns)


def test_a_stream_whose_rows_lack_its_cursor_is_refused_by_name() -> None:
    class Cursorless(Charges):
        name = "cursorless"
        extra_properties: ClassVar[dict[str, dict[str, Any]]] = {}

    with pytest.raises(ValueError, match=r"stream cursorless: .*'updated'"):
        schema_of(Cursorless)


def test_a_stream_without_a_cursor_gets_its_schema() -> None:
    class FullRefresh(Charges):
        name = "full_refresh"
        cursor_field = None

    assert schema_of(FullRefresh)["properties"]


def test_a_second_write_changes_nothing(tmp_path: Path) -> None:
    files = generate(STREAMS)
    assert write(files, tmp_path) == sorted(files)
    assert differences(files, tmp_path) == []
    assert write(files, tmp_path) == []


def test_a_file_changed_by_hand_is_named(tmp_path: Path) -> None:
    files = generate(STREAMS)
    write(files, tmp_path)
    (tmp_path / CHARGES).write_text("{}")
    assert differences(files, tmp_path) == [f"{CHARGES}: differs from the installed stripe package"]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    files = generate(STREAMS)
    write(files, tmp_path)
    (tmp_path / CHARGES).unlink()
    assert differences(files, tmp_path) == [f"{CHARGES}: is missing"]


def test_the_schema_of_a_stream_that_is_gone_is_named_and_removed(tmp_path: Path) -> None:
    write(generate(STREAMS), tmp_path)
    fewer = generate((ExternalAccounts,))
    assert differences(fewer, tmp_path) == [f"{CHARGES}: no stream has this schema"]
    assert write(fewer, tmp_path) == [CHARGES]
    assert not (tmp_path / CHARGES).exists()


def test_check_is_red_until_the_command_has_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "source_stripe").mkdir()
    assert main(["--check"], root=tmp_path) == 1
    assert "is missing" in capsys.readouterr().out
    assert main([], root=tmp_path) == 0
    assert main(["--check"], root=tmp_path) == 0


def test_check_is_red_for_a_committed_file_that_differs_and_leaves_it_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "source_stripe").mkdir()
    main([], root=tmp_path)
    (tmp_path / generator.INVENTORY).write_text("{}")
    capsys.readouterr()
    assert main(["--check"], root=tmp_path) == 1
    said = capsys.readouterr().out
    assert str(generator.INVENTORY) in said
    assert generator.COMMAND in said
    assert (tmp_path / generator.INVENTORY).read_text() == "{}"


def test_the_count_in_the_readme_is_generated_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "source_stripe").mkdir()
    (tmp_path / "README.md").write_text("<!-- counts -->\nmany\n<!-- /counts -->\n")
    assert main([], root=tmp_path) == 0
    assert "list endpoints" in (tmp_path / "README.md").read_text()
    (tmp_path / "README.md").write_text("<!-- counts -->\nmany\n<!-- /counts -->\n")
    capsys.readouterr()
    assert main(["--check"], root=tmp_path) == 1
    assert "README.md" in capsys.readouterr().out
