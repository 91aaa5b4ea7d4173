"""Every page of every role, wide and narrow, light and dark: one heading, words, nothing sticks out, and axe finds nothing."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import Open
from tests.browser.driving import window
from tests.browser.serving import Served
from tests.browser.walking import OPEN_PAGES, PEOPLE, VISITOR, WAYS, panels, problems, sample
from tests.pages import every_page
from tests.security import world
from tests.security.plan import ACCOUNTS, ROLES


@pytest.fixture(scope="module", autouse=True)
def something_happened(browser: Browser, served: Served) -> None:
    """History to show: a file that was looked at, changed and moved; and a row of their own for everybody on every screen."""
    with window(browser, served.address) as noor:
        noor.sign_in("noor")
        page = noor.go("/kandidaten/list/?q=K-200001")
        key = page.locator("tbody tr").get_attribute("data-id")
        noor.go(f"/kandidaten/edit/{key}").fill("input[name=phone]", "06 61 00 00 02")
        noor.save()
        page.wait_for_url("**/kandidaten/show/*")
        noor.go(f"/kandidaten/verplaatsen/{key}").locator("select[name=stage]").select_option("DECIDING")
        noor.save()
        page.wait_for_url("**/kandidaten/show/*")
        noor.check()
    with served.rows() as session:
        world.seed(session)


@pytest.mark.parametrize("name", PEOPLE)
def test_a_sample_of_the_pages_is_in_order(open_window: Open, name: str) -> None:
    opened = open_window("" if name == VISITOR else name)
    found: list[str] = []

    # Each next page in the next of the four ways, and each next person one further: together they see most pages in all.
    for turn, path in enumerate(sample(opened, name), start=PEOPLE.index(name)):
        opened.expected = {404} if path == "/geen-pagina" else set()
        opened.go(path)
        found += problems(opened, (WAYS[turn % len(WAYS)],))

    assert not found, "\n".join(found)


@pytest.mark.full
@pytest.mark.parametrize("role", ["anonymous", *ROLES])
def test_every_page_is_in_order(open_window: Open, served: Served, role: str) -> None:
    opened = open_window(ACCOUNTS.get(role, ""))
    found: list[str] = []
    paths = every_page(served, role)

    for path in paths:
        opened.go(path)
        found += [*problems(opened, WAYS), *panels(opened)]

    assert not found, "\n".join(found)
    assert len(paths) >= (len(OPEN_PAGES) - 1 if role == "anonymous" else 12)
