"""The report in a real browser: that it is seen, that it can be used, and that it asks for nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from integration_tests.system.browser import chromium, opened
from integration_tests.system.screenshot import sample

LAPTOP, PHONE = (1280, 900), (390, 844)
SIZES = (LAPTOP, PHONE, (320, 568), (768, 1024), (2560, 1440))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sample(tmp_path_factory.mktemp("report"))


def shown(page: Page, selector: str) -> list[str]:
    """The texts of the elements that can be seen."""
    return [each.inner_text() for each in page.locator(selector).all() if each.is_visible()]


def test_nothing_is_asked_for_and_nothing_is_complained_of(browser: Browser, report: Path) -> None:
    page, heard = opened(browser, report)
    page.locator("label", has_text="All").click()
    for details in page.locator("details").all():
        details.locator("summary").first.click()
    page.locator("label", has_text="EUR").click()
    page.mouse.wheel(0, 20_000)
    page.wait_for_timeout(300)
    assert heard == [report.as_uri()]


def test_what_a_page_would_load_its_own_policy_refuses(browser: Browser, report: Path, tmp_path: Path) -> None:
    """So that the test above can fail: a page that does try is heard, and gets nothing."""
    tampered = tmp_path / "tampered.html"
    page_text = report.read_text("utf-8")
    tampered.write_text(
        page_text.replace(
            "<main>", "<main><img src='http://127.0.0.1:9/x.png'><script>document.title = 'ran'</script>"
        ),
        "utf-8",
    )
    page, heard = opened(browser, tampered)
    assert page.title() != "ran"
    assert any("Content Security Policy" in each for each in heard)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_on_no_screen_is_the_page_wider_than_it(browser: Browser, report: Path, width: int, height: int) -> None:
    page, _ = opened(browser, report, width, height)
    page.locator("label", has_text="All").click()
    for details in page.locator("details").all():
        details.locator("summary").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    charts = [each.bounding_box() for each in page.locator("figure svg").all() if each.is_visible()]
    assert len(charts) == 3 * 8
    for box in charts:
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["height"] > 100


@pytest.mark.parametrize(("width", "height"), [LAPTOP, PHONE])
def test_letters_in_charts_can_be_read(browser: Browser, report: Path, width: int, height: int) -> None:
    page, _ = opened(browser, report, width, height)
    visible = [each for each in page.locator("figure svg").all() if each.is_visible()]
    assert visible
    for svg in visible:
        scale = svg.evaluate("svg => svg.getBoundingClientRect().width / svg.viewBox.baseVal.width")
        assert 11 * scale >= 9


def test_the_switch_shows_one_currency_or_all_of_them(browser: Browser, report: Path) -> None:
    page, _ = opened(browser, report)
    headline = "main > section:first-child .unit"
    assert set(shown(page, headline)) == {"USD"}
    page.locator("label", has_text="JPY").click()
    assert set(shown(page, headline)) == {"JPY"}
    assert not [text for text in shown(page, ".large dd b") if "." in text.rstrip("%") and not text.endswith("%")]
    page.locator("label", has_text="All").click()
    assert set(shown(page, headline)) == {"USD", "EUR", "JPY"}


def test_the_switch_works_with_the_keyboard(browser: Browser, report: Path) -> None:
    page, _ = opened(browser, report)
    page.locator("input[name=currency]").first.focus()
    page.keyboard.press("ArrowRight")
    assert set(shown(page, "main > section:first-child .unit")) == {"EUR"}


def test_a_month_that_is_pointed_at_tells_its_numbers(browser: Browser, report: Path) -> None:
    page, _ = opened(browser, report)
    tip = page.locator("#tip")
    assert not tip.is_visible()
    month = page.locator("#volume .wide [aria-roledescription=bar]").nth(5)
    month.hover()
    assert tip.is_visible()
    assert tip.inner_text() == month.get_attribute("aria-label")
    assert "Gross" in tip.inner_text()
    page.locator("h1").hover()
    assert not tip.is_visible()


def test_in_the_dark_the_page_is_dark_and_on_paper_it_is_white(browser: Browser, report: Path) -> None:
    light, _ = opened(browser, report)
    dark, _ = opened(browser, report, scheme="dark")

    def colours(page: Page) -> tuple[str, str, str]:
        card = "getComputedStyle(document.querySelector('.card')).backgroundColor"
        bar = "getComputedStyle(document.querySelector('#refunds svg path[fill]')).fill"
        return page.evaluate(card), page.evaluate(bar), page.evaluate("getComputedStyle(document.body).color")

    assert all(one != other for one, other in zip(colours(light), colours(dark), strict=True))
    dark.emulate_media(media="print")
    assert colours(dark)[0] == "rgb(255, 255, 255)"
    assert colours(dark)[2] == "rgb(0, 0, 0)"


def test_without_scripts_everything_is_there(browser: Browser, report: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(report.as_uri())
    page.locator("label", has_text="EUR").click()
    assert page.locator("#volume svg").nth(2).is_visible()
    page.locator("#volume summary", has_text="The SQL behind this").click()
    assert page.locator("#volume pre").first.is_visible()


def test_everything_that_is_said_has_enough_contrast(browser: Browser, report: Path) -> None:
    """4.5:1 for small text (https://www.w3.org/TR/WCAG22/#contrast-minimum), by day and by night."""
    for scheme in ("light", "dark"):
        page, _ = opened(browser, report, scheme=scheme)
        for foreground, background in (
            ("ink", "surface"),
            ("muted", "surface"),
            ("muted", "page"),
            ("accent", "surface"),
            ("warn", "warn-soft"),
            ("accent", "accent-soft"),
        ):
            assert ratio(page, foreground, background) >= 4.5, (scheme, foreground, background)


def luminance(page: Page, name: str) -> float:
    """The relative luminance of one of the style sheet's colours, and a little (the W3C's definition)."""
    value = (
        page.evaluate(f"getComputedStyle(document.documentElement).getPropertyValue('--{name}')").strip().lstrip("#")
    )
    value = "".join(2 * digit for digit in value) if len(value) == 3 else value
    parts = [int(value[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05


def ratio(page: Page, one: str, other: str) -> float:
    lighter, darker = sorted((luminance(page, one), luminance(page, other)), reverse=True)
    return lighter / darker
