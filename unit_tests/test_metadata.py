"""What Airbyte's registry is told about the connector agrees with the connector."""

import json
import tomllib
import uuid
from pathlib import Path
from typing import Any

import pytest
import yaml
from airbyte_cdk.models.connector_metadata import ConnectorLanguage, MetadataFile

from source_stripe.streams import STREAMS

ROOT = Path(__file__).parents[1]
# Of Airbyte's published definition (ConnectorMetadataDefinitionV0), whose objects allow no other properties.
REQUIRED = {
    "name", "definitionId", "connectorType", "dockerRepository", "dockerImageTag", "license",
    "documentationUrl", "githubIssueLabel", "connectorSubtype", "releaseStage",
}  # fmt: skip
ALLOWED = REQUIRED | {
    "ab_internal", "allowedHosts", "connectorBuildOptions", "connectorTestSuitesOptions", "erdUrl", "icon",
    "maxSecondsBetweenMessages", "protocolVersion", "registryOverrides", "releaseDate", "releases",
    "remoteRegistries", "resourceRequirements", "suggestedStreams", "supportLevel", "supportsFileTransfer",
    "supportsRefreshes", "tags",
}  # fmt: skip
CHOICES = {
    "connectorType": {"source"},
    "connectorSubtype": {"api"},
    "releaseStage": {"alpha", "beta", "generally_available", "custom"},
    "supportLevel": {"community", "certified", "archived"},
}
SUITES = {"unitTests", "integrationTests", "acceptanceTests", "liveTests", "smokeTests"}
SUPPORT_GRADES = {0, 100, 200, 300}
QUALITY_GRADES = {0, 100, 200, 300, 400, 500, 600}


@pytest.fixture(scope="module")
def metadata() -> dict[str, Any]:
    document = yaml.safe_load((ROOT / "metadata.yaml").read_text())
    assert document.keys() == {"metadataSpecVersion", "data"}
    assert document["metadataSpecVersion"] == "1.0"
    return document["data"]


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_metadata_has_what_airbytes_registry_requires_and_nothing_it_refuses(
    metadata: dict[str, Any],
) -> None:
    assert metadata.keys() >= REQUIRED
    assert metadata.keys() <= ALLOWED
    for field, choices in CHOICES.items():
        assert metadata[field] in choices
    assert uuid.UUID(metadata["definitionId"]).version == 4
    assert metadata["documentationUrl"].startswith("https://")
    assert {entry["suite"] for entry in metadata["connectorTestSuitesOptions"]} <= SUITES
    assert metadata["ab_internal"]["sl"] in SUPPORT_GRADES
    assert metadata["ab_internal"]["ql"] in QUALITY_GRADES


def test_the_cdk_reads_the_metadata_as_that_of_a_python_connector() -> None:
    data = MetadataFile.from_file(ROOT / "metadata.yaml").data
    assert data.language is ConnectorLanguage.PYTHON
    assert "cdk:python" in data.tags


def test_it_is_not_mistaken_for_airbytes_own_stripe_source(metadata: dict[str, Any]) -> None:
    assert metadata["definitionId"] != "e094cb9a-26de-4645-8761-65c0c425d1de"
    assert not metadata["dockerRepository"].startswith("airbyte/")


def test_package_image_and_metadata_name_one_version(metadata: dict[str, Any], project: dict[str, Any]) -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert metadata["dockerImageTag"] == project["version"]
    assert f"ARG VERSION={project['version']}\n" in dockerfile
    assert f'io.airbyte.name="{metadata["dockerRepository"]}"' in dockerfile
    assert f"ARG BASE_IMAGE={metadata['connectorBuildOptions']['baseImage']}\n" in dockerfile


def test_package_and_metadata_name_one_licence(metadata: dict[str, Any], project: dict[str, Any]) -> None:
    assert metadata["license"] == project["license"] == "MIT"
    assert (ROOT / "LICENSE").read_text().startswith("MIT License")


def test_the_icon_is_there(metadata: dict[str, Any]) -> None:
    assert (ROOT / metadata["icon"]).read_text().startswith("<svg ")


def test_every_suggested_stream_exists_once(metadata: dict[str, Any]) -> None:
    suggested = metadata["suggestedStreams"]["streams"]
    assert suggested == sorted(set(suggested))
    assert set(suggested) <= {stream.name for stream in STREAMS}


def test_the_connector_may_reach_stripe_and_nothing_else(metadata: dict[str, Any]) -> None:
    assert metadata["allowedHosts"]["hosts"] == ["api.stripe.com", "files.stripe.com"]


def test_platform_and_specification_point_to_one_guide(metadata: dict[str, Any]) -> None:
    specification = json.loads((ROOT / "source_stripe" / "spec.json").read_text())
    assert metadata["documentationUrl"] == specification["documentationUrl"]
