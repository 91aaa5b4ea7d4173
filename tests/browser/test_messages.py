"""Noor writes from the page of a candidate; Fatima reads it on her telephone and answers with a file; Noor sees that it was read."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests import files
from tests.browser.axe import axe
from tests.browser.conftest import Open
from tests.browser.driving import PHONE

FATIMA = 1


@pytest.mark.parametrize("scripts", [True, False])
def test_a_message_goes_there_and_an_answer_comes_back(open_window: Open, tmp_path: Path, scripts: bool) -> None:
    about = f"Je diploma {scripts}"
    noor = open_window("noor", java_script_enabled=scripts)
    page = noor.go(f"/berichten/aan/{FATIMA}")
    page.get_by_label("Waar het over gaat").fill(about)
    page.get_by_label("Je bericht").fill("Hoi Fatima,\n\nKun je een foto van je diploma sturen?")
    if scripts:
        expect(page.locator("[data-status]")).to_contain_text("Concept bewaard")
        assert axe(page) == []
    noor.save()
    expect(page.locator(".said-own").last).to_contain_text("nog niet gelezen")
    thread = page.url.partition("#")[0]

    picture = tmp_path / "diploma.png"
    picture.write_bytes(files.png())
    fatima = open_window("fatima", viewport=PHONE, java_script_enabled=scripts)
    page = fatima.go("/mijn/")
    page.locator(".own-mail a").click()
    page.get_by_role("link", name=about).click()
    expect(page.locator(".said-other").last).to_contain_text("Kun je een foto van je diploma sturen?")
    page.get_by_label("Je bericht").fill("Hier is hij.")
    page.locator("input[type=file]").set_input_files(picture)
    fatima.save()
    expect(page.locator(".said-own").last).to_contain_text("diploma.png")
    fatima.fits()

    page = noor.go(thread.removeprefix(noor.address))
    expect(page.locator(".said-own").last).to_contain_text("gelezen")
    expect(page.locator(".said-own").last).not_to_contain_text("nog niet")
    expect(page.locator(".said-other").last).to_contain_text("diploma.png")
    page = fatima.go(f"/mijn{thread.removeprefix(noor.address)}")
    expect(page.locator(".said-own").last).to_contain_text("gelezen")
    expect(page.locator(".said-own").last).not_to_contain_text("nog niet")


@pytest.mark.parametrize("path", ["/berichten/?welke=alle", "/berichten/1", "/berichten/aan/1"])
def test_the_pages_of_the_desk_can_be_read_by_everybody(open_window: Open, path: str) -> None:
    window = open_window("noor")

    found = axe(window.go(path))

    assert found == []
    window.fits()


@pytest.mark.parametrize("path", ["/mijn/berichten/", "/mijn/berichten/1", "/mijn/berichten/nieuw"])
def test_the_own_pages_can_be_read_by_everybody(open_window: Open, path: str) -> None:
    window = open_window("fatima", viewport=PHONE)

    found = axe(window.go(path))

    assert found == []
    window.fits()
