"""The image as Airbyte's platform starts it: built for real, and reading from a sandbox on this machine."""

import json
import re
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from integration_tests.sandbox import Sandbox, Server, serve
from integration_tests.system.image import Engine, PipConfiguration, engine

TAG = "source-stripe:system-test"
# What README and docs promise to be enough.
READ_ONLY = ("--read-only", "--tmpfs", "/tmp:size=1m")
Message = dict[str, Any]

STRIPE_KEY = re.compile(rb"(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{10,}")
PRIVATE_KEY = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\n[A-Za-z0-9+/]")
SECRET_FILES = {"pip.conf", ".netrc", ".pypirc", ".npmrc", "credentials", ".env", "id_rsa"}
MOST_OF_A_FILE = 1024 * 1024
"""Larger ones are libraries."""


@dataclass(frozen=True)
class Container:
    """Runs commands in containers of the image; ``folder`` is what they see as ``/config``."""

    engine: Engine
    folder: Path

    def run(self, *arguments: str, options: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        mount = ("--volume", f"{self.folder}:/config:ro")
        command = [*self.engine.command(*mount, *options), TAG, *arguments]
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)

    def shell(self, script: str) -> str:
        ran = self.run("-c", script, options=("--entrypoint", "sh"))
        assert ran.returncode == 0, ran.stderr
        return ran.stdout.strip()

    def messages(self, *arguments: str, options: tuple[str, ...] = ()) -> list[Message]:
        """The protocol messages of a command that succeeds; anything else on stdout fails."""
        ran = self.run(*arguments, options=options)
        assert ran.returncode == 0, f"{ran.stdout[-3000:]}\n{ran.stderr[-3000:]}"
        return [json.loads(line) for line in ran.stdout.splitlines()]


def one(messages: list[Message], kind: str) -> Any:
    """The content of the only message of a type (``SPEC``: ``spec``, …)."""
    [message] = [message for message in messages if message["type"] == kind]
    return message["connectionStatus" if kind == "CONNECTION_STATUS" else kind.lower()]


@pytest.fixture(scope="module")
def built() -> Engine:
    chosen = engine()
    chosen.build(TAG)
    return chosen


@pytest.fixture(scope="module")
def stripe() -> Iterator[Server]:
    with serve(Sandbox(size=300, synthesized=10)) as server:
        yield server


@pytest.fixture
def container(built: Engine, stripe: Server, tmp_path: Path) -> Container:
    tmp_path.chmod(0o755)
    good = {"api_key": stripe.key, "api_base": stripe.base_url, "requests_per_second": 500}
    (tmp_path / "config.json").write_text(json.dumps(good))
    (tmp_path / "wrong_key.json").write_text(json.dumps(good | {"api_key": "sk_test_nobody_made_this_key"}))
    return Container(built, tmp_path)


def configured(catalog: dict[str, Any], *names: str) -> str:
    """A configured catalog, as JSON, that reads the named streams (without names: all) incrementally."""
    streams = [
        {
            "stream": stream,
            "sync_mode": "incremental" if "incremental" in stream["supported_sync_modes"] else "full_refresh",
            "destination_sync_mode": "append",
        }
        for stream in catalog["streams"]
        if not names or stream["name"] in names
    ]
    return json.dumps({"streams": streams})


def read(container: Container, *names: str, options: tuple[str, ...] = ()) -> list[Message]:
    catalog = one(container.messages("discover", "--config", "/config/config.json", options=options), "CATALOG")
    (container.folder / "catalog.json").write_text(configured(catalog, *names))
    arguments = ("read", "--config", "/config/config.json", "--catalog", "/config/catalog.json")
    return container.messages(*arguments, options=options)


def rows(messages: list[Message], stream: str) -> list[dict[str, Any]]:
    records = (message["record"] for message in messages if message["type"] == "RECORD")
    return [record["data"] for record in records if record["stream"] == stream]


def test_the_image_is_labelled_and_started_as_airbytes_platform_expects(built: Engine) -> None:
    settings = json.loads(built.inspect(TAG, "{{json .Config}}"))
    assert settings["Labels"]["io.airbyte.name"] == "source-stripe"
    assert settings["Labels"]["io.airbyte.version"]
    assert "AIRBYTE_ENTRYPOINT=python /airbyte/integration_code/main.py" in settings["Env"]
    assert settings["Entrypoint"] == ["python", "/airbyte/integration_code/main.py"]


def test_it_runs_as_a_user_who_is_not_root_and_owns_nothing(container: Container) -> None:
    assert container.shell("id -u") == "1000"
    assert container.shell("find /airbyte /opt/venv -writable ! -type l | head") == ""


def test_it_holds_no_compiler(container: Container) -> None:
    for tool in ("cc", "gcc", "g++", "clang", "make", "ld"):
        assert container.shell(f"command -v {tool} || echo none") == "none"


def test_nothing_of_the_machine_that_built_it_stays_in_it(container: Container) -> None:
    assert container.shell("ls -A /run/secrets /build /code /root/.cache 2>/dev/null | head") == ""
    pip = PipConfiguration.of_this_machine()
    for directory in pip.directories:
        assert container.shell(f"ls -d {directory} 2>/dev/null || echo none") == "none"
    described = container.engine.inspect(TAG, "{{json .}}")
    for name in ("index-url", "extra-index-url", "find-links", "trusted-host", "proxy"):
        for place in pip.options.get(name, "").split():
            assert place not in described
            assert container.shell(f"grep -rlF '{place}' /etc /airbyte /opt/venv/pyvenv.cfg 2>/dev/null | head") == ""


def test_no_layer_holds_a_secret(container: Container, tmp_path: Path) -> None:
    """In the files of every layer, those that a later one hides among them, and in how the image was made."""
    archive = tmp_path / "image.tar"
    container.engine.save(TAG, archive)
    looked_at = 0
    for name, content in _files_of(archive):
        looked_at += 1
        assert not STRIPE_KEY.search(content), name
        assert PurePosixPath(name).name not in SECRET_FILES, name
        assert not PurePosixPath(name).match("secrets/*.json"), name
        if PurePosixPath(name).suffix in (".pem", ".key", ".conf", ".json", ""):
            assert not PRIVATE_KEY.search(content), name
    assert looked_at > 5_000


def _files_of(archive: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(archive) as outer:
        for member in outer:
            file = outer.extractfile(member) if member.isfile() else None
            if file is None:
                continue
            if not member.name.endswith((".tar", "layer")) and member.size < MOST_OF_A_FILE:
                yield member.name, file.read()
                continue
            with tarfile.open(fileobj=file) as layer:
                for each in layer:
                    text = each.isfile() and each.size < MOST_OF_A_FILE and not each.name.endswith((".so", ".pyc"))
                    inner = layer.extractfile(each) if text else None
                    if inner is not None:
                        yield each.name, inner.read()


def test_it_holds_a_bill_of_materials_that_names_all_that_is_installed(container: Container) -> None:
    bill = json.loads(container.shell("cat /airbyte/sbom.cdx.json"))
    named = {(each["name"], each["version"]) for each in bill["components"]}
    listed = "import importlib.metadata as m; [print(d.name, d.version) for d in m.distributions()]"
    installed = container.shell(f"cd / && python -c '{listed}'").splitlines()
    found = {(re.sub(r"[-_.]+", "-", name).lower(), version) for name, version in map(str.split, installed)}
    assert len(found) > 50
    assert found - named == set()


def test_every_module_is_compiled_already(container: Container) -> None:
    missing = (
        "for f in $(find /airbyte/integration_code -name '*.py'); do "
        'ls "$(dirname $f)/__pycache__/$(basename $f .py)".*.pyc >/dev/null 2>&1 || echo $f; done'
    )
    assert container.shell(missing) == ""


def test_spec_needs_no_configuration(container: Container) -> None:
    specification = one(container.messages("spec"), "SPEC")
    assert "api_key" in specification["connectionSpecification"]["properties"]


def test_the_command_in_airbytes_environment_variable_starts_it(container: Container) -> None:
    messages = [json.loads(line) for line in container.shell("$AIRBYTE_ENTRYPOINT spec").splitlines()]
    assert one(messages, "SPEC")


def test_check_accepts_a_good_key_and_refuses_a_wrong_one(container: Container) -> None:
    accepted = one(container.messages("check", "--config", "/config/config.json"), "CONNECTION_STATUS")
    assert accepted["status"] == "SUCCEEDED", accepted
    refused = one(container.messages("check", "--config", "/config/wrong_key.json"), "CONNECTION_STATUS")
    assert refused["status"] == "FAILED"


def test_read_brings_every_charge_the_sandbox_holds_and_a_state(container: Container) -> None:
    messages = read(container, "charges", "customers")
    charges = [row["id"] for row in rows(messages, "charges")]
    assert len(set(charges)) == 300
    assert rows(messages, "customers")
    states = [message["state"] for message in messages if message["type"] == "STATE"]
    assert {state["stream"]["stream_descriptor"]["name"] for state in states} == {"charges", "customers"}


def test_every_stream_is_read_with_a_read_only_root_and_one_megabyte_for_temporary_files(
    container: Container,
) -> None:
    messages = read(container, options=READ_ONLY)
    assert len({row["id"] for row in rows(messages, "charges")}) == 300


def test_it_holds_no_loader(container: Container) -> None:
    for name in ("dlt", "duckdb", "pyarrow", "psycopg2"):
        assert container.shell(f"ls -d /opt/venv/lib/python3*/site-packages/{name} 2>/dev/null || echo none") == "none"
    ran = container.run("ingest", "--help")
    assert ran.returncode == 2
    assert "pip install 'source-stripe[ingest]'" in ran.stderr
