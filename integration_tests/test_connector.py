"""The CDK's standard tests of a source, with the sandbox behind it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from airbyte_cdk.test.models import ConnectorTestScenario
from airbyte_cdk.test.standard_tests.source_base import SourceTestSuiteBase

from integration_tests.command import ROOT
from integration_tests.sandbox import Sandbox, serve
from source_stripe.source import SourceStripe

CONFIGS = ROOT / "integration_tests" / "configs"


@pytest.fixture(scope="module", autouse=True)
def _sandbox_behind_the_configurations() -> Iterator[None]:
    """Serves a sandbox, and gives the scenarios' configurations its address, its key and its account.

    The files name where `make sandbox` listens; two runs of the tests may not share a port.
    """
    sandbox = Sandbox(size=150, synthesized=15, connected=2, connected_size=10)
    with serve(sandbox) as server, pytest.MonkeyPatch.context() as patch:
        in_the_file = json.loads((CONFIGS / "sandbox.json").read_text())["api_key"]
        as_written = ConnectorTestScenario.get_config_dict

        def served(self: ConnectorTestScenario, **options: Any) -> dict[str, Any]:
            config = {**as_written(self, **options), "api_base": server.base_url}
            config["requests_per_second"] = 1_000
            config.pop("call_rate_limit", None)
            for name in ("api_key", "client_secret"):
                if config.get(name) == in_the_file:
                    config[name] = server.key
            if "account_id" in config:
                config["account_id"] = server.sandbox.directory.platform
            return config

        patch.setattr(ConnectorTestScenario, "get_config_dict", served)
        yield


class TestSourceStripe(SourceTestSuiteBase):
    connector = SourceStripe
