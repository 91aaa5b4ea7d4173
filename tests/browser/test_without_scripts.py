"""A browser that runs no scripts can do the work too."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.browser.conftest import Open
from tests.browser.driving import Window

LIST = "/kandidaten/list/"
TABLE = "table.list"


def without(open_window: Open, name: str = "noor") -> Window:
    """A window of somebody who has switched scripts off."""
    return open_window(name, java_script_enabled=False)


def total(page: Page) -> int:
    return int(page.locator(TABLE).get_attribute("data-total") or 0)


def test_signing_in_going_through_a_list_and_signing_out(open_window: Open) -> None:
    noor = without(open_window)
    page = noor.page
    assert page.url == noor.address + "/"

    page.locator(f".side a[href='{LIST}']").click()
    first = page.locator("tbody tr").first.get_attribute("data-number")
    page.locator("nav.pager a[rel=next]").click()
    page.wait_for_url("**page_KandidatenView=1*")
    assert page.locator("tbody tr").first.get_attribute("data-number") != first
    page.locator("thead th a").first.click()
    page.wait_for_url("**_oc_KandidatenView=*")
    page.locator("tbody th a").first.click()
    page.wait_for_url("**/kandidaten/show/*")

    page.locator(".side-foot > summary").click()
    page.locator(".side form[action='/logout/'] button").click()
    page.wait_for_url(noor.address + "/")
    noor.expected = {401, 403}
    noor.go(LIST)
    assert page.locator(TABLE).count() == 0


def test_filtering_on_a_choice_and_on_something_of_another_list(open_window: Open) -> None:
    noor = without(open_window)
    page = noor.go(LIST)
    everybody = total(page)

    page.locator("details[data-filters] > summary").click()
    page.locator("input[name=_flt_0_stage][value=DECIDING]").check()
    page.locator("details[data-filters] button[type=submit]").click()
    page.wait_for_url("**_flt_0_stage=DECIDING*")
    deciding = total(page)
    page.locator("details[data-filters] > summary").click()
    page.locator("details[data-filters] a[href*='kies=1']").first.click()
    page.wait_for_url("**kies=1**")
    page.fill("input[name=q]", "a")
    page.locator("main form[role=search] button[type=submit]").click()
    page.locator("ul.choose a").first.click()
    page.wait_for_url(f"**{LIST}*")

    assert 0 <= total(page) < deciding < everybody
    assert page.locator("li.chip").count() == 2
    page.locator("li.chip a").first.click()
    assert page.locator("li.chip").count() == 1


def test_changing_a_file_and_reading_its_parts(open_window: Open) -> None:
    noor = without(open_window)
    page = noor.go(LIST + "?q=K-200001")
    page.locator("tbody th a").first.click()
    page.wait_for_url("**/kandidaten/show/*")
    file = page.url

    for address in page.locator("nav.jump a").evaluate_all("links => links.map(link => link.getAttribute('href'))"):
        page.locator(f"nav.jump a[href='{address}']").first.click()
        assert page.locator("nav.jump a[aria-current=page]").get_attribute("href") == address
    page.goto(file)
    page.locator("main a[href*='/kandidaten/edit/']").locator("visible=true").first.click()
    page.wait_for_url("**/kandidaten/edit/*")
    page.fill("input[name=employer]", "Bakkerij zonder scripts")
    noor.save()
    page.wait_for_url("**/kandidaten/show/*")

    assert "Bakkerij zonder scripts" in (page.locator("main").text_content() or "")


def test_a_talk_with_somebody_who_is_chosen_on_a_page_of_its_own(open_window: Open) -> None:
    noor = without(open_window)
    page = noor.go("/gesprekken/add")
    page.fill("textarea[name=summary]", "We spraken over de stage.")

    page.locator("button[name=step][value='choose:candidate']").click()
    page.fill("input[name=q]", "K-200001")
    page.locator("main form[role=search] button[type=submit]").click()
    page.locator("ul.choose a").first.click()
    page.wait_for_url("**/gesprekken/add*")
    assert page.input_value("textarea[name=summary]") == "We spraken over de stage."
    assert page.input_value("input[name=candidate]") == "K-200001"
    noor.save()

    page.wait_for_url(lambda url: "/add" not in url)
    assert page.locator(".notice-good").count() == 1


def test_a_draft_is_kept_with_a_button(open_window: Open) -> None:
    noor = without(open_window)
    page = noor.go("/gesprekken/add")

    page.fill("textarea[name=summary]", "Nog niet af.")
    page.locator("button[name=step][value=draft]").click()
    noor.go("/gesprekken/add")

    assert page.input_value("textarea[name=summary]") == "Nog niet af."
    page.locator("button[name=step][value=forget]").click()
    assert page.input_value("textarea[name=summary]") == ""


def test_a_form_that_is_refused_says_why_and_keeps_what_was_filled_in(open_window: Open) -> None:
    noor = without(open_window)
    noor.expected = {400, 422}
    page = noor.go("/kandidaten/add")

    page.fill("input[name=employer]", "Bakkerij De Korenbloem")
    noor.save()

    assert page.locator(".error-summary a").count() >= 1
    assert page.input_value("input[name=employer]") == "Bakkerij De Korenbloem"


def test_columns_and_views_are_kept(open_window: Open) -> None:
    noor = without(open_window)
    page = noor.go(LIST)
    shown = page.locator("thead th").count()

    columns = page.locator("details:has(input[name=column])")
    columns.locator("> summary").click()
    columns.locator("input[name=column]:not(:checked)").first.check()
    columns.locator("button.btn-dark").click()
    assert page.locator("thead th").count() == shown + 1
    columns.locator("> summary").click()
    columns.locator("button[name=reset]").click()
    assert page.locator("thead th").count() == shown

    noor.go(LIST + "?_flt_0_stage=DECIDING")
    page.locator("nav.views details > summary").click()
    page.fill("nav.views input[name=name]", "Beslissers zonder scripts")
    page.locator("nav.views form button.btn-dark").click()
    noor.go(LIST)
    page.locator("nav.views a", has_text="Beslissers zonder scripts").click()
    assert page.locator("li.chip").count() == 1


def test_files_of_a_list_and_of_chosen_rows(open_window: Open) -> None:
    noor = without(open_window)
    page = noor.go(LIST + "?_flt_0_stage=DECIDING")

    with page.expect_download() as whole:
        page.locator("details:has(form[action$='/export']) > summary").click()
        page.locator("form[action$='/export'] input[name=reason]").fill("Voor het overleg met de besturen")
        page.locator("form[action$='/export'] button[type=submit]").click()
    assert whole.value.suggested_filename.startswith("kandidaten-")

    noor.go(LIST + "?_flt_0_stage=DECIDING")
    page.locator("input[name=_rows]").nth(0).check()
    page.locator("input[name=_rows]").nth(1).check()
    page.locator("form.bulk button[name=action][value=export]").click()
    assert "2" in page.locator("h1").inner_text()
    page.fill("main input[name=reason]", "Voor het overleg met de besturen")
    with page.expect_download() as chosen:
        noor.save()
    assert len(chosen.value.path().read_bytes().splitlines()) == 3


def test_the_numbers_of_a_chart(open_window: Open) -> None:
    noor = without(open_window)
    page = noor.go("/cijfers/")

    if page.locator("details.chart-numbers").get_attribute("open") is None:
        page.locator("details.chart-numbers > summary").click()

    assert page.locator("table.numbers tbody tr").count() >= 2
    assert page.locator(".bars .bar-row").count() >= 2


def test_finding_something_and_saying_what_is_wrong(open_window: Open) -> None:
    noor = without(open_window)
    page = noor.page

    page.locator(".side a.find-open").click()
    page.wait_for_url("**/zoeken*")
    page.fill("main input[name=q]", "K-200001")
    page.locator("main form[role=search] button[type=submit]").click()
    page.locator("main a[href*='/kandidaten/show/']").first.click()
    page.wait_for_url("**/kandidaten/show/*")

    noor.go("/ideeen/nieuw")
    page.fill("main textarea", "De knop om te bewaren is op mijn telefoon te klein.")
    page.locator("main form button[type=submit].btn-primary").click()
    page.wait_for_url(lambda url: "/nieuw" not in url)
    assert page.locator(".notice-good").count() == 1
