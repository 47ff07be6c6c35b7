"""The page's walk through a step: unit by unit, case by case, and on into the next sweep."""

import pytest

from in_javascript import ready

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def at(opened, page_site):
    """Return a page at sweep 100 of a run of XOR, and a function that returns its case, unit and sweep."""
    page = ready(opened(f"{page_site}#xor/as_printed/17/100/11"))

    def shown():
        case, unit = (page.locator(f"#step-{name} option:checked").inner_text() for name in ("case", "unit"))
        return case, unit, page.locator("#sweep").input_value()

    return page, shown


def seen(page, shown, right):
    """Wait until the page shows a case, unit and sweep."""
    page.wait_for_function(
        """([name, unit, sweep]) => {
          const words = (id) => document.querySelector(`#${id} option:checked`)?.textContent;
          const isThere = words("step-case") === name && words("step-unit") === unit;
          return isThere && document.querySelector("#sweep").value === sweep;
        }""",
        arg=list(right),
        timeout=5_000,
    )
    assert shown() == right


def test_units_then_cases_then_sweeps(at):
    page, shown = at
    assert shown() == ("11", "o1", "100")
    page.get_by_role("button", name="+ 1 unit", exact=True).click()
    seen(page, shown, ("00", "h1", "101"))
    page.get_by_role("button", name="+ 1 unit", exact=True).click()
    seen(page, shown, ("00", "o1", "101"))
    page.get_by_role("button", name="+ 1 unit", exact=True).click()
    seen(page, shown, ("01", "h1", "101"))
    for _ in range(3):
        page.get_by_role("button", name="− 1 unit", exact=True).click()
    seen(page, shown, ("11", "o1", "100"))
    page.get_by_role("button", name="− 1 case", exact=True).click()
    seen(page, shown, ("10", "o1", "100"))


def test_it_ends_where_the_run_begins(at):
    page, shown = at
    page.get_by_role("button", name="Start of the run").click()
    for _ in range(3):
        page.get_by_role("button", name="− 1 case", exact=True).click()
    seen(page, shown, ("00", "o1", "0"))
    page.get_by_role("button", name="− 1 case", exact=True).click()
    page.wait_for_timeout(300)
    assert shown() == ("00", "o1", "0")


def test_it_walks_by_itself_until_the_run_plays_or_another_is_chosen(at):
    page, shown = at
    page.get_by_role("button", name="Walk through the step").click()
    seen(page, shown, ("00", "h1", "101"))
    seen(page, shown, ("00", "o1", "101"))
    page.get_by_role("button", name="Rest").click()
    page.get_by_role("button", name="Walk through the step").click()
    page.get_by_role("button", name="Play", exact=True).click()
    page.get_by_role("button", name="Walk through the step").wait_for(timeout=5_000)
    page.get_by_role("button", name="Pause", exact=True).click()
    page.get_by_role("button", name="Walk through the step").click()
    page.locator("#seed").fill("3")
    page.locator("#seed").press("Enter")
    page.get_by_role("button", name="Walk through the step").wait_for(timeout=5_000)
