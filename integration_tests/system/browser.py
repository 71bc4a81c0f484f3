"""Debian's Chromium, headless: installed where it is missing, and never let out to anything but files."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from integration_tests.system.image import run

CHROMIUM = "/usr/bin/chromium"
# A font of its own, so that pages look the same wherever they are drawn.
DEBIAN_PACKAGES = ("chromium", "fonts-inter")
ARGUMENTS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-sync",
    "--no-first-run",
)


def install() -> None:
    """Installs what is missing; SystemExit says so where that cannot be."""
    if Path(CHROMIUM).exists() and Path("/usr/share/doc/fonts-inter").exists():
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise SystemExit(f"It takes root on Debian to install {' and '.join(DEBIAN_PACKAGES)}.")
    apt_get = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    run([*apt_get, "update"])
    run([*apt_get, "install", "-y", "--no-install-recommends", *DEBIAN_PACKAGES])


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser with an empty profile of its own, gone at the end."""
    install()
    with sync_playwright() as playwright:
        # Root, as system tests are, has no sandbox in Chromium.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS], chromium_sandbox=False)
        try:
            yield browser
        finally:
            browser.close()


def opened(
    browser: Browser, file: Path, width: int = 1280, height: int = 900, scheme: str = "light"
) -> tuple[Page, list[str]]:
    """A page with a file in it, and all that it asks for or complains of, as it does: the file itself comes first."""
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme="dark" if scheme == "dark" else "light"
    )
    page = context.new_page()
    heard: list[str] = []
    page.on("request", lambda request: heard.append(request.url))
    page.on("console", lambda message: heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.goto(file.as_uri())
    return page, heard
