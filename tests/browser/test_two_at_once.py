"""Two people with the same form open: the second one sees both texts, and loses none."""

from __future__ import annotations

from tests.browser.conftest import Open
from tests.browser.driving import Window


def opened(window: Window, candidate: str) -> Window:
    window.go(f"/kandidaten/edit/{candidate}")
    return window


def test_the_second_to_save_sees_both_texts_and_decides(open_window: Open) -> None:
    noor, carla = open_window("noor"), open_window("carla")
    noor.go("/kandidaten/list/?q=K-200001")
    candidate = noor.page.locator("tbody tr").first.get_attribute("data-id") or ""
    opened(noor, candidate), opened(carla, candidate)
    noor.page.fill("input[name=employer]", "Bakkerij Noor")
    carla.page.fill("input[name=employer]", "Bakkerij Carla")
    carla.page.fill("input[name=current_function]", "leidinggevende")

    noor.save()
    noor.page.wait_for_url("**/kandidaten/show/*")
    carla.expected = {409}
    carla.save()

    table = carla.page.locator("table[data-conflict]")
    employer = table.locator("tr", has_text="Bakkerij Carla").locator("td")
    assert [employer.nth(place).inner_text().strip() for place in (0, 1)] == ["Bakkerij Carla", "Bakkerij Noor"]
    assert table.locator("tr", has_text="leidinggevende").count() == 1
    assert table.locator("tbody tr").count() == 2
    carla.fits()

    carla.save()
    carla.page.wait_for_url("**/kandidaten/show/*")
    assert "Bakkerij Carla" in carla.page.locator(".facts").inner_text()


def test_who_keeps_theirs_changes_nothing(open_window: Open) -> None:
    noor, carla = open_window("noor"), open_window("carla")
    noor.go("/kandidaten/list/?q=K-200001")
    candidate = noor.page.locator("tbody tr").first.get_attribute("data-id") or ""
    opened(noor, candidate), opened(carla, candidate)
    noor.page.fill("input[name=field_of_study]", "bakkerij")
    carla.page.fill("input[name=field_of_study]", "horeca")
    noor.save()
    noor.page.wait_for_url("**/kandidaten/show/*")
    carla.expected = {409}
    carla.save()

    carla.page.locator("button[value=leave]").click()
    carla.page.wait_for_url("**/kandidaten/show/*")

    facts = carla.page.locator(".facts").inner_text()
    assert ("bakkerij" in facts, "horeca" in facts) == (True, False)
