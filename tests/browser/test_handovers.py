"""A candidate goes from the national desk to Utrecht, and from there to a study adviser: three people, each in their own window."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from tests.browser.conftest import Open

OPEN = "tbody tr a[href*='/kandidaten/show/']"


def path_of(page: Page) -> str:
    return urlsplit(page.url).path


def begin(page: Page, verb: str) -> None:
    """From the page of a candidate: More, and then the verb."""
    page.locator(".head-actions summary").first.click()
    page.get_by_role("link", name=verb).click()


def agree_and_send(page: Page) -> None:
    page.get_by_role("button", name="Verder: bekijk wat de ander leest").click()
    page.get_by_label("Per telefoon").check()
    page.get_by_role("button", name="Toestemming vastleggen").click()
    page.get_by_role("button", name="Versturen", exact=True).click()
    expect(page.locator(".head .mark")).to_have_text("verstuurd")


def test_a_candidate_goes_from_the_national_desk_to_utrecht_and_on_to_a_study_adviser(open_window: Open) -> None:
    nadia = open_window("nadia")
    page = nadia.go("/kandidaten/list/?_flt_0_status=ACTIVE")
    hrefs = page.locator(OPEN).evaluate_all("links => links.map(link => link.getAttribute('href'))")
    page = nadia.go(hrefs[0])
    begin(page, "Overdragen")
    page.get_by_label("Aan", exact=True).select_option(label="Regio Utrecht")
    page.get_by_role("button", name="Verder: kies wat er meegaat").click()
    agree_and_send(page)
    there = path_of(page)

    noor = open_window("noor")
    page = noor.go(there)
    expect(page.get_by_text("Landelijk vraagt je deze kandidaat")).to_be_visible()
    page.get_by_role("button", name="Aannemen").click()
    page.get_by_role("link", name="Naar het dossier").click()
    begin(page, "Doorverwijzen naar studieadviseur")
    page.locator("#organisation-ts-control").click()
    page.keyboard.type("Hogeschool Waterlinie")
    page.locator(".ts-dropdown .option", has_text="Hogeschool Waterlinie").click()
    page.get_by_role("button", name="Verder: kies wat er meegaat").click()
    agree_and_send(page)

    page = open_window("studie").go(path_of(page))
    page.get_by_role("button", name="Aannemen").click()
    page.get_by_role("link", name="Naar het dossier").click()
    expect(page.locator("h1")).to_contain_text("K-")

    page = nadia.go(there)
    expect(page.locator(".head .mark")).to_have_text("aangenomen")
    expect(page.get_by_text("het dossier is nu van hen")).to_be_visible()
