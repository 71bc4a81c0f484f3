"""`python -m tools.sbom` writes what an image holds of other people's packages as CycloneDX; `--check` compares.

Made from the locks: name, version and who needs whom. Packages that only some systems or versions of Python need are
`optional`. The hashes of their files are in the locks themselves; what Debian's packages bring into the base image is
not here.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tomllib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("run", "ingest")

_PACKAGE = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)(?P<marker> ;)?")
_NEEDED_BY = re.compile(r"\s+#(?: via)?\s+(?P<name>[A-Za-z0-9._-]+)")


@dataclass(frozen=True)
class Locked:
    """A package of a lock.

    Attributes:
        everywhere: it is needed whatever the system and the version of Python.
        needed_by: names of packages.
    """

    name: str
    version: str
    everywhere: bool
    needed_by: tuple[str, ...]


def locked(lock: str) -> Iterator[Locked]:
    """The packages of a lock, in its order.

    Args:
        lock: its text, as `uv pip compile` writes it.
    """
    package: re.Match[str] | None = None
    needed_by: list[str] = []
    for line in [*lock.splitlines(), ""]:
        found = _PACKAGE.match(line)
        if package is not None and (found or not line):
            yield Locked(package["name"], package["version"], package["marker"] is None, tuple(needed_by))
            package, needed_by = None, []
        if found:
            package = found
        elif named := _NEEDED_BY.match(line):
            needed_by.append(named["name"])


def sbom(lock: str, project: str, version: str) -> str:
    """The bill of materials of a lock, as JSON. The same lock gives the same text.

    Args:
        project: the name of what is made of the packages.
    """
    packages = list(locked(lock))
    root = Component(name=project, version=version, type=ComponentType.APPLICATION, bom_ref=project)
    components = [
        Component(
            name=each.name,
            version=each.version,
            type=ComponentType.LIBRARY,
            bom_ref=f"{each.name}@{each.version}",  # a lock may have two versions, for two versions of Python
            scope=ComponentScope.REQUIRED if each.everywhere else ComponentScope.OPTIONAL,
            purl=PackageURL("pypi", name=each.name, version=each.version),
        )
        for each in packages
    ]
    serial = uuid.uuid5(uuid.NAMESPACE_URL, f"{project} {version}\n{lock}")
    bom = Bom(components=components, metadata=BomMetaData(component=root), serial_number=serial)
    for component in (root, *components):
        needs = [other for other, each in zip(components, packages, strict=True) if component.name in each.needed_by]
        bom.register_dependency(component, needs)
    content = json.loads(JsonV1Dot6(bom).output_as_string())
    del content["metadata"]["timestamp"]  # the lock has none, and the text would differ from run to run
    return json.dumps(content, indent=1, sort_keys=True) + "\n"


def files() -> dict[Path, str]:
    """Every bill of materials of the project, by its file."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    requirements = ROOT / "requirements"
    return {
        requirements / f"{name}.cdx.json": sbom(
            (requirements / f"{name}.txt").read_text(), project["name"], project["version"]
        )
        for name in LOCKS
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a file is not as it would be")
    check = parser.parse_args().check
    stale = {path: text for path, text in files().items() if not path.is_file() or path.read_text() != text}
    for path, text in stale.items():
        if check:
            print(f"{path.relative_to(ROOT)} is not what the lock says: make sbom", file=sys.stderr)
        else:
            path.write_text(text)
    sys.exit(bool(check and stale))


if __name__ == "__main__":
    main()
