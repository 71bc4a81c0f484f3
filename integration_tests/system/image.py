"""Builds the connector's image for real, and runs it: with a Docker engine, else with buildah and podman.

``python -m integration_tests.system.image TAG`` builds it. Without Docker it needs root and Debian, installs
the packages it lacks, and makes its base image out of Debian's own packages, since a public one may be out of
reach; set ``BASE_IMAGE`` to use another.
"""

import argparse
import ast
import configparser
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlparse

ROOT = Path(__file__).parents[2]
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
DEBIAN_PACKAGES = ("buildah", "podman", "runc", "mmdebstrap")
DEBIAN_RELEASE = "bookworm"
DEBIAN_BASE = f"localhost/source-stripe-base:{DEBIAN_RELEASE}"
# Both: podman's own limits are above what a container that may not raise limits can ask for.
LIMITS = ("--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096")
# Where from and how pip downloads; whatever else a machine's configuration may say is not for the image.
PIP_OPTIONS = frozenset(
    "index-url extra-index-url find-links no-index trusted-host proxy timeout default-timeout retries".split()
)


def run(command: Sequence[str]) -> None:
    """Run a command, its output going to stderr; raises CalledProcessError if it fails."""
    print("+", *command, file=sys.stderr, flush=True)
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=sys.stderr)


@dataclass(frozen=True)
class PipConfiguration:
    """How pip on this machine reaches packages: for use while the image is built, never to be kept in it."""

    options: dict[str, str]
    directories: tuple[Path, ...]

    @classmethod
    def of_this_machine(cls) -> "PipConfiguration":
        # The virtual environment has no pip; the interpreter it was made from has.
        python = Path(sys.base_prefix, "bin", f"python3.{sys.version_info.minor}")
        options: dict[str, str] = {}
        for line in _output([str(python), "-m", "pip", "config", "list"]).splitlines():
            name, _, value = line.partition("=")
            option = name.rpartition(".")[2]
            if option in PIP_OPTIONS:
                options[option] = ast.literal_eval(value)
        directories: set[Path] = set()
        for place in options.get("find-links", "").split():
            directories.update(_directories(place))
        for place in f"{options.get('index-url', '')} {options.get('extra-index-url', '')}".split():
            # The pages of an index link to files that lie beside it.
            directories.update(directory.parent for directory in _directories(place))
        return cls(options, tuple(sorted(directories - {Path("/")})))

    def write(self, path: Path, certificates: str | None) -> None:
        """Write it as a pip.conf; ``certificates`` is where the image will see this machine's."""
        parser = configparser.RawConfigParser()
        parser["global"] = {name: value.replace("\n", "\n    ") for name, value in self.options.items()}
        if certificates:
            parser["global"]["cert"] = certificates
        with path.open("w") as file:
            parser.write(file)


def _directories(place: str) -> list[Path]:
    """The local directory that an index address or a find-links entry names, if it does and it is there."""
    address = urlparse(place)
    path = Path(unquote(address.path))
    return [path] if address.scheme in ("", "file") and path.is_absolute() and path.is_dir() else []


class Docker:
    """A Docker engine."""

    @staticmethod
    def answers() -> bool:
        return bool(shutil.which("docker")) and (
            subprocess.run(["docker", "info"], capture_output=True, timeout=60).returncode == 0
        )

    def build(self, tag: str, target: str | None = None) -> None:
        base = os.environ.get("BASE_IMAGE")
        with tempfile.TemporaryDirectory() as folder:
            lent = _secrets(Path(folder), PipConfiguration.of_this_machine())
            chosen = ["--build-arg", f"BASE_IMAGE={base}"] if base else []
            chosen += ["--target", target] if target else []
            # Engines before 23 have BuildKit, which knows secrets, but do not use it unasked.
            run(["env", "DOCKER_BUILDKIT=1", "docker", "build", *lent, *chosen, "--tag", tag, str(ROOT)])

    def command(self, *options: str) -> list[str]:
        """The start of a ``run`` command: what follows are the image and its arguments."""
        return ["docker", "run", "--rm", "--network", "host", *LIMITS, *options]

    def inspect(self, tag: str, template: str) -> str:
        return _output(["docker", "image", "inspect", "--format", template, tag])

    def save(self, tag: str, archive: Path) -> None:
        """Write the image, with all of its layers, to a tar file of tar files."""
        run(["docker", "save", "--output", str(archive), tag])


class Podman:
    """buildah and podman as Debian packages them, for a root user who may himself be in a container."""

    buildah = ("buildah", "--storage-driver", "overlay")
    podman = ("podman", "--storage-driver", "overlay", "--runtime", "runc", "--cgroup-manager", "cgroupfs")

    def __init__(self) -> None:
        if missing := [name for name in DEBIAN_PACKAGES if not shutil.which(name)]:
            if os.geteuid() != 0 or not shutil.which("apt-get"):
                raise SystemExit(f"No Docker engine answers; it takes root on Debian to install {', '.join(missing)}.")
            apt_get = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
            run([*apt_get, "update"])
            run([*apt_get, "install", "-y", "--no-install-recommends", *missing])

    def build(self, tag: str, target: str | None = None) -> None:
        base = os.environ.get("BASE_IMAGE") or self._debian_base()
        pip = PipConfiguration.of_this_machine()
        with tempfile.TemporaryDirectory() as folder:
            lent = _secrets(Path(folder), pip) + [f"--volume={path}:{path}:ro" for path in pip.directories]
            chosen = ["--build-arg", f"BASE_IMAGE={base}", *(["--target", target] if target else [])]
            buildah = [*self.buildah, "bud", "--isolation", "chroot", "--layers"]
            run([*buildah, *lent, *chosen, "--tag", tag, str(ROOT)])

    def command(self, *options: str) -> list[str]:
        """The start of a ``run`` command: what follows are the image and its arguments."""
        return [*self.podman, "run", "--rm", "--network", "host", *LIMITS, *options]

    def inspect(self, tag: str, template: str) -> str:
        return _output([*self.podman, "image", "inspect", "--format", template, tag])

    def save(self, tag: str, archive: Path) -> None:
        """Write the image, with all of its layers, to a tar file of tar files."""
        run([*self.podman, "save", "--quiet", "--output", str(archive), tag])

    def _debian_base(self) -> str:
        """An image like the public Python ones: Debian with ``python``, and a pip that may install."""
        if subprocess.run([*self.podman, "image", "exists", DEBIAN_BASE]).returncode == 0:
            return DEBIAN_BASE
        with tempfile.TemporaryDirectory() as folder:
            archive = f"{folder}/base.tar"
            run(
                [
                    "mmdebstrap",
                    "--variant=minbase",
                    "--include=python3,python3-venv,python3-pip,ca-certificates",
                    '--customize-hook=ln -s python3 "$1/usr/bin/python"',
                    '--customize-hook=rm "$1"/usr/lib/python3*/EXTERNALLY-MANAGED',
                    DEBIAN_RELEASE,
                    archive,
                ]
            )
            container = _output([*self.buildah, "from", "scratch"])
            run([*self.buildah, "add", "--quiet", container, archive, "/"])
            run([*self.buildah, "commit", "--quiet", "--rm", container, DEBIAN_BASE])
        return DEBIAN_BASE


Engine = Docker | Podman


def engine() -> Engine:
    """What builds and runs images here, installed where it can be; else SystemExit says what is missing."""
    return Docker() if Docker.answers() else Podman()


def _secrets(folder: Path, pip: PipConfiguration) -> list[str]:
    """Build options that lend this machine's pip configuration and certificates to the build."""
    has_certificates = CERTIFICATES.is_file()
    pip.write(folder / "pip.conf", "/run/secrets/ca.crt" if has_certificates else None)
    options = [f"--secret=id=pip.conf,src={folder / 'pip.conf'}"]
    return options + ([f"--secret=id=ca.crt,src={CERTIFICATES}"] if has_certificates else [])


def _output(command: Sequence[str]) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the connector's image.")
    parser.add_argument("tag")
    parser.add_argument("--target", help="the stage to build; the connector's by default")
    options = parser.parse_args()
    engine().build(options.tag, options.target)


if __name__ == "__main__":
    main()
