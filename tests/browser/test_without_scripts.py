"""A browser that runs no scripts can do the work too."""

from __future__ import annotations

from tests.browser.conftest import Open


def test_the_daily_work_needs_no_scripts(open_window: Open) -> None:
    noor = open_window("noor", java_script_enabled=False)
    page = noor.page
    assert page.url == noor.address + "/"

    page.locator(".side a[href='/kandidaten/list/']").click()
    everybody = int(page.locator("table.list").get_attribute("data-total") or 0)
    first = page.locator("tbody tr").first.get_attribute("data-number")
    page.locator("nav.pager a[rel=next]").click()
    page.wait_for_url("**page_KandidatenView=1*")
    assert page.locator("tbody tr").first.get_attribute("data-number") != first

    page.locator("details[data-filters] > summary").click()
    page.locator("select[name=_flt_0_stage]").select_option("DECIDING")
    page.locator("details[data-filters] button[type=submit]").click()
    page.wait_for_url("**_flt_0_stage=DECIDING*")
    deciding = int(page.locator("table.list").get_attribute("data-total") or 0)
    assert 0 < deciding < everybody
    assert page.locator(".chip").count() == 1

    page.locator("tbody th a").first.click()
    page.wait_for_url("**/kandidaten/show/*")
    page.locator(".head-actions a.btn-primary").click()
    page.wait_for_url("**/kandidaten/edit/*")
    page.fill("input[name=phone]", "06 98 76 54 32")
    noor.save()
    page.wait_for_url("**/kandidaten/show/*")
    assert "06 98 76 54 32" in page.locator(".facts").inner_text()

    noor.go("/kandidaten/list/?_flt_0_stage=DECIDING")
    with page.expect_download() as waiting:
        page.locator("details:has(form[action$='/export']) > summary").click()
        page.fill("input[name=reason]", "Voor het overleg met de besturen")
        page.locator("form[action$='/export'] button[type=submit]").click()
    assert waiting.value.suggested_filename.startswith("kandidaten-")

    page.locator(".side-foot > summary").click()
    page.locator(".side form[action='/logout/'] button").click()
    page.wait_for_url(noor.address + "/")
    noor.expected = {401, 403}
    noor.go("/kandidaten/list/")
    assert page.locator("table.list").count() == 0
