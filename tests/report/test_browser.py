"""The page in a real browser: `make test-browser` runs this, with Debian's chromium and chromium-driver.

It never waits by the clock: the browser calls back when what is waited for has happened.
Screenshots are left in build/screenshots.
"""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from pathlib import Path

import pytest

from assist2resp.report.formats.html import render
from assist2resp.report.view import Sources, View, view
from assist2resp.schema.comparison import Answer, Run, ToolCall
from tests.report.hostile import TEXTS, hostile_findings, hostile_view
from tests.report.runs import run, written

pytestmark = pytest.mark.browser
webdriver = pytest.importorskip("selenium.webdriver", reason="`make test-browser` installs it")
axe_playwright_python = pytest.importorskip("axe_playwright_python", reason="`make test-browser` installs it")

ROOT = Path(__file__).parents[2]
SHOTS = ROOT / "build" / "screenshots"
AXE = Path(axe_playwright_python.__path__[0]) / "axe.min.js"
DESKTOP, PHONE = (1360, 900), (390, 844)


class Page:
    """A page in a browser."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def open(self, path: Path, fragment: str = "") -> None:
        self.driver.get("about:blank")
        self.driver.get(path.as_uri() + fragment)
        self.until("document.documentElement.dataset.ready === 'yes' || !document.getElementById('browser')")

    def look(self, size: tuple[int, int], scheme: str) -> None:
        width, height = size
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def until(self, condition: str) -> None:
        script = "const done = arguments[0]; const look = () => (%s) ? done() : requestAnimationFrame(look); look();"
        self.driver.execute_async_script(script % condition)

    def ask(self, expression: str, *arguments: object):
        return self.driver.execute_script(f"return {expression}", *arguments)

    def press(self, *keys: str) -> None:
        webdriver.ActionChains(self.driver).send_keys(*keys).perform()

    def complaints(self) -> list[str]:
        return [entry["message"] for entry in self.driver.get_log("browser")]


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for option in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    driver.set_script_timeout(30)
    yield driver
    driver.quit()


@pytest.fixture
def page(browser: webdriver.Chrome) -> Iterator[Page]:
    made = Page(browser)
    made.look(DESKTOP, "light")
    yield made
    assert made.complaints() == []


def file_of(folder: Path, made: View) -> Path:
    path = folder / "report.html"
    path.write_text("".join(render(made)), encoding="utf-8")
    return path


def report(folder: Path, made: Run) -> Path:
    found = folder / "findings.json"
    found.write_text(json.dumps(asdict(hostile_findings("bot.py"))), encoding="utf-8")
    base = written(run(len(made.cases) or 1), folder, "base.json")
    return file_of(folder, view(Sources((written(made, folder),), found, base=base), today=date(2026, 11, 25)))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_it_is_accessible_and_fits(page: Page, tmp_path: Path, size: tuple[int, int], scheme: str) -> None:
    page.look(size, scheme)
    page.open(report(tmp_path, run(200, tools=0.2, tokens=1.3)))
    assert page.ask("document.documentElement.scrollWidth <= innerWidth")
    shot(page, f"report-{size[0]}-{scheme}")
    assert serious(page) == []
    page.ask("document.querySelector('.row').click()")
    page.until("document.body.classList.contains('reading')")
    assert serious(page) == []
    shot(page, f"case-{size[0]}-{scheme}")


def serious(page: Page) -> list[str]:
    """The serious and critical faults that axe-core finds."""
    page.driver.execute_cdp_cmd("Page.setBypassCSP", {"enabled": True})
    page.driver.execute_script(AXE.read_text(encoding="utf-8"))
    found = page.driver.execute_async_script("axe.run().then(arguments[0])")
    page.driver.execute_cdp_cmd("Page.setBypassCSP", {"enabled": False})
    bad = [each for each in found["violations"] if each["impact"] in ("serious", "critical")]
    return [f"{each['id']}: {[node['html'][:200] for node in each['nodes'][:3]]}" for each in bad]


def shot(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.driver.save_screenshot(str(SHOTS / f"{name}.png"))


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_hostile_text_is_only_text(page: Page, tmp_path: Path, text: str) -> None:
    """An alert would fail every later call; the elements are those of a page of harmless text."""
    page.open(file_of(tmp_path, hostile_view("x", tmp_path)))
    page.press("j")
    tame = page.ask("document.querySelectorAll('#detail *, script, style, img, svg, iframe, link').length")
    page.open(file_of(tmp_path, hostile_view(text, tmp_path)))
    page.press("j")
    kinds = "[...new Set([...document.querySelectorAll('#detail *')].map((each) => each.localName))].sort()"
    assert set(page.ask(kinds)) <= {
        *("b", "button", "del", "div", "h3", "ins", "p", "span", "table", "tbody", "td", "th", "thead", "tr")
    }
    assert page.ask("document.querySelectorAll('script').length") == 2
    assert page.ask("document.querySelectorAll('img, iframe, object, embed, base, form[action]').length") == 0
    assert tame > 20


def test_the_policy_stops_what_would_get_in(page: Page, tmp_path: Path) -> None:
    page.open(report(tmp_path, run(3)))
    page.ask("document.body.insertAdjacentHTML('beforeend', '<img id=in src=x onerror=window.pwned=1>')")
    page.until("document.getElementById('in').complete")
    assert page.ask("window.pwned") is None
    complaints = page.complaints()
    assert complaints
    assert all("Content Security Policy" in each for each in complaints)


def test_keys(page: Page, tmp_path: Path) -> None:
    page.open(report(tmp_path, run(60, tools=0.5)))
    shown = "document.querySelector('#detail h3').textContent"
    first = page.ask(shown)
    page.press("j")
    second = page.ask(shown)
    page.press("k")
    assert page.ask(shown) == first != second
    page.press("2")
    assert page.ask("document.querySelector('.switch [aria-pressed=true]').textContent") == "2"
    page.press("/")
    assert page.ask("document.activeElement.id") == "search"
    page.press(*"order 30")
    page.until("document.getElementById('shown').textContent === '1 case'")
    page.press("\ue00c")
    assert page.ask("document.activeElement.id") == "list"
    page.press("\ue015", "\ue007")
    assert page.ask("document.activeElement.id") == "detail"
    assert page.ask("document.querySelector('#detail .said').textContent") == "Where is my order 30?"


def test_a_link_leads_to_the_same_case_and_list(page: Page, tmp_path: Path) -> None:
    path = report(tmp_path, run(60, tools=0.5))
    page.open(path)
    page.ask(
        "(() => { const each = document.getElementById('metric'); each.value = 'tool_calls'; each.dispatchEvent(new Event('change')); })()"
    )
    page.ask("document.querySelectorAll('.row')[2].click()")
    before = page.ask(
        "[location.hash, document.querySelector('#detail h3').textContent, document.getElementById('shown').textContent]"
    )
    assert "metric=tool_calls" in before[0]
    page.open(path, before[0])
    after = page.ask(
        "[location.hash, document.querySelector('#detail h3').textContent, document.getElementById('shown').textContent]"
    )
    assert after == before
    assert page.ask("document.querySelector('.row[aria-selected=true] .id').textContent") == after[1]


def test_filters_and_sorting(page: Page, tmp_path: Path) -> None:
    made = run(60, tools=0.5)
    page.open(report(tmp_path, made))
    choose = "(() => { const each = document.getElementById(arguments[0]); each.value = arguments[1]; each.dispatchEvent(new Event('change')); })()"
    page.ask(choose, "group", "assistant=Billing")
    assert page.ask("document.getElementById('shown').textContent") == "20 cases"
    page.ask(choose, "sort", "file")
    billing = [case.id for case in made.cases if case.groups["assistant"] == "Billing"]
    assert page.ask("[...document.querySelectorAll('.row .id')].map((each) => each.textContent)") == billing[:20]
    page.ask(choose, "state", "worse")
    assert page.ask("[...document.querySelectorAll('.row .chip')].every((each) => each.textContent === 'worse')")


def test_ten_thousand_cases_are_only_drawn_where_they_are_seen(page: Page, tmp_path: Path) -> None:
    page.open(file_of(tmp_path, view(Sources((written(run(10_000, answer=4), tmp_path),)), today=date(2026, 11, 25))))
    assert page.ask("document.getElementById('shown').textContent") == "10,000 cases"
    page.ask("document.getElementById('list').scrollTop = 1e9")
    page.until("document.querySelector('.row:last-child').getAttribute('aria-posinset') === '10000'")
    assert page.ask("document.querySelectorAll('.row').length") < 60


def test_differences_show_both_texts_whole(page: Page, tmp_path: Path) -> None:
    """What is not marked is the same on both sides, and both sides are what was answered."""
    chance = random.Random(5)
    pieces = ["a", "b", "the", "order", " ", "  ", "\n", ".", "é", "日", '"', "0", "x_1", "-"]
    cases = [
        case.model_copy(
            update={
                "old": Answer(text="".join(chance.choices(pieces, k=chance.randrange(60)))),
                "new": (Answer(text="".join(chance.choices(pieces, k=chance.randrange(60)))),),
            }
        )
        for case in run(80).cases
    ]
    long = "word " * 3_000
    far = cases[0].model_copy(update={"id": "far", "old": Answer(text=long), "new": (Answer(text=long.upper()),)})
    made = run(1).model_copy(update={"cases": (*cases, far)})
    path = report(tmp_path, made)
    for case in made.cases:
        page.open(path, f"#case={case.id.replace('/', '%2F')}")
        left, right, kept, same = page.ask(SIDES)
        assert (left, right) == (case.old.text, case.new[0].text)
        assert kept == same


def test_differences_of_json_are_shown_line_by_line(page: Page, tmp_path: Path) -> None:
    [case] = run(1).cases
    old, new = ('{"number": 0, "b": [1, 2]}', '{"number": 0, "b": [1, 3], "c": 4}')
    answers = [Answer(text=text, tool_calls=(ToolCall(name="f", arguments=text),)) for text in (old, new)]
    made = run(1).model_copy(update={"cases": (case.model_copy(update={"old": answers[0], "new": (answers[1],)}),)})
    page.open(report(tmp_path, made))
    marks = "[...document.querySelectorAll('#detail .%s')].map((each) => each.textContent.trim())"
    assert page.ask(marks % "gone") == ["2", "]"] * 2
    assert page.ask(marks % "come") == ["3", "],", '"c": 4'] * 2


SIDES = """(() => {
    const sides = [...document.querySelectorAll('#detail .sides .said')].slice(-2);
    const bare = (side) => {
        const copy = side.cloneNode(true);
        copy.querySelectorAll('del, ins').forEach((each) => each.remove());
        return copy.textContent;
    };
    return [sides[0].textContent, sides[1].textContent, bare(sides[0]), bare(sides[1])];
})()"""
