"""Two people, two tabs, two clicks: nobody's work is lost and nothing is made twice."""

from __future__ import annotations

import html
import re
import threading
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.models import AdviceSession, Candidate, ChangeLog, FormReceipt, LoginSession, Region, Task
from tests.site import BOTH, Site, hidden, post, token

NASTY = "<script>alert(1)</script> & \"quotes\" 'n 'dingen'"


def _typed(page: str) -> dict[str, Any]:
    """What a form on a page holds, as a browser would send it back."""
    found: dict[str, Any] = {}
    form = page[page.index("<form", page.index("<main")) :]
    for tag in re.findall(r"<input[^>]*>", form):
        name, kind = re.search(r'name="([^"]*)"', tag), re.search(r'type="([^"]*)"', tag)
        if not name or (kind and kind[1] in ("checkbox", "radio", "submit") and "checked" not in tag):
            continue
        value = re.search(r'value="([^"]*)"', tag)
        found.setdefault(name[1], []).append(html.unescape(value[1]) if value else "")
    for name, text in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>(.*?)</textarea>', form, re.DOTALL):
        found[name] = [html.unescape(text).removeprefix("\r\n").removeprefix("\n")]
    for name, options in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option[^>]*selected[^>]*value="([^"]*)"|<option[^>]*value="([^"]*)"[^>]*selected', options)
        found[name] = [(chosen[1] or chosen[2] or "") if chosen else ""]
    return found


def _save(browser: FlaskClient, url: str, fields: dict[str, Any], **changes: Any) -> TestResponse:
    return post(browser, url, {**fields, **changes})


def _own(site: Site, model: Any) -> int:
    with site.rows() as session:
        region = session.scalar(sa.select(Region.id).where(Region.slug == "utrecht"))
        return int(session.scalar(sa.select(model.id).where(model.region_id == region).order_by(model.id).limit(1)))


def _read(site: Site, model: Any, key: int, *names: str) -> list[Any]:
    with site.rows() as session:
        row = session.get(model, key)
        return [getattr(row, name) for name in names]


EDITED = [("/kandidaten/edit", Candidate, "motivation"), ("/gesprekken/edit", AdviceSession, "summary")]


@BOTH
@pytest.mark.parametrize(("screen", "model", "field"), EDITED)
def test_of_two_who_edit_one_thing_the_second_is_shown_both_texts_and_the_one_they_began_with(
    site: Site, screen: str, model: Any, field: str
) -> None:
    url = f"{screen}/{_own(site, model)}"
    key = int(url.rpartition("/")[2])
    with site.rows() as session:
        setattr(session.get(model, key), field, "the text they began with")
    noor, carla = site.client("noor"), site.client("carla")
    pages = [_typed(browser.get(url).text) for browser in (noor, carla)]

    first = _save(noor, url, pages[0], **{field: "the text of Noor"})
    second = _save(carla, url, pages[1], **{field: NASTY})

    page = second.text
    assert (first.status_code, second.status_code, _read(site, model, key, field)) == (302, 409, ["the text of Noor"])
    assert [word in page for word in ("the text of Noor", "the text they began with", html.escape("<script>alert(1)</script>"))] == [
        True
    ] * 3
    assert "<script>alert(1)" not in page


@BOTH
def test_saving_again_from_the_conflict_page_goes_on_top_of_the_other_text(site: Site) -> None:
    key = _own(site, Candidate)
    url = f"/kandidaten/edit/{key}"
    noor, carla = site.client("noor"), site.client("carla")
    pages = [_typed(browser.get(url).text) for browser in (noor, carla)]
    _save(noor, url, pages[0], motivation="Noor's", employer="Noor's employer")
    page = _save(carla, url, pages[1], motivation=NASTY).text

    again = _save(carla, url, _typed(page))

    saved = _read(site, Candidate, key, "motivation", "version")
    assert (again.status_code, saved) == (302, [NASTY, int(pages[0]["version"][0]) + 2])


def test_a_third_who_comes_in_between_is_noticed_too(site: Site) -> None:
    key = _own(site, Candidate)
    url = f"/kandidaten/edit/{key}"
    noor, carla = site.client("noor"), site.client("carla")
    pages = [_typed(browser.get(url).text) for browser in (noor, carla)]
    _save(noor, url, pages[0], motivation="first")
    page = _typed(_save(carla, url, pages[1], motivation="Carla's").text)
    _save(noor, url, _typed(noor.get(url).text), motivation="second")

    again = _save(carla, url, page)

    assert (again.status_code, _read(site, Candidate, key, "motivation")) == (409, ["second"])


@BOTH
def test_of_two_who_save_at_the_same_moment_one_is_first(site: Site) -> None:
    key = _own(site, AdviceSession)
    url = f"/gesprekken/edit/{key}"
    browsers = [site.client("noor"), site.client("carla")]
    forms = [
        {**_typed(browser.get(url).text), "summary": f"text {number}", "csrf_token": token(browser)}
        for number, browser in enumerate(browsers)
    ]

    answers = _at_once(
        [lambda browser=browser, form=form: browser.post(url, data=form) for browser, form in zip(browsers, forms, strict=True)]
    )

    with site.rows() as session:
        logged = session.scalar(sa.select(sa.func.count()).select_from(ChangeLog).where(ChangeLog.table == "advice_session"))
    assert (sorted(answer.status_code for answer in answers), logged) == ([302, 409], 1)


@pytest.mark.parametrize("version", ["", "abc", "-1", "0", "99999999999999999999", None])
def test_a_form_that_says_no_version_saves_nothing(site: Site, version: str | None) -> None:
    key = _own(site, Candidate)
    url = f"/kandidaten/edit/{key}"
    noor = site.client("noor")
    before = _read(site, Candidate, key, "motivation", "version")
    form = _typed(noor.get(url).text)
    form.pop("version")

    answer = _save(noor, url, form, motivation="hack", **({} if version is None else {"version": version}))

    assert (answer.status_code, _read(site, Candidate, key, "motivation", "version")) == (409, before)


def test_a_base_that_was_tampered_with_breaks_nothing(site: Site) -> None:
    url = f"/kandidaten/edit/{_own(site, Candidate)}"
    noor = site.client("noor")
    form = {**_typed(noor.get(url).text), "version": "0"}

    answers = [_save(noor, url, form, base=base).status_code for base in ("", "[1]", "{", '{"motivation": {"a": 1}}', "null", "9" * 5000)]

    assert answers == [409] * 6


# --- two clicks -------------------------------------------------------------------------------------------------------


def _at_once(calls: list[Any]) -> list[Any]:
    answers: list[Any] = []
    start = threading.Barrier(len(calls))

    def run(call: Any) -> None:
        start.wait(10)
        answers.append(call())

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


def _named(site: Site, name: str) -> int:
    with site.rows() as session:
        return int(session.scalar(sa.select(sa.func.count()).select_from(Candidate).where(Candidate.surname == name)))


def _new_form(browser: FlaskClient, **fields: Any) -> dict[str, Any]:
    page = browser.get("/kandidaten/add").text
    return {**_typed(page), **fields, "csrf_token": token(browser)}


def test_a_second_click_on_add_leads_to_what_the_first_one_made(site: Site) -> None:
    noor = site.client("noor")
    form = _new_form(noor, given_name="Doutzen", surname="Dubbel")

    answers = [noor.post("/kandidaten/add", data=form) for _ in range(3)]

    targets = {(answer.status_code, answer.headers.get("Location")) for answer in answers}
    assert (len(targets), next(iter(targets))[0], _named(site, "Dubbel")) == (1, 302, 1)


@BOTH
def test_two_clicks_at_the_same_moment_make_one_row(site: Site) -> None:
    noor = site.client("noor")
    form, twin = _new_form(noor, given_name="Doutzen", surname="Dubbel"), site.client()
    cookie = noor.get_cookie("loket")
    assert cookie is not None
    twin.set_cookie("loket", cookie.value)

    answers = _at_once([lambda browser=browser: browser.post("/kandidaten/add", data=form) for browser in (noor, twin)])

    targets = {(answer.status_code, answer.headers.get("Location")) for answer in answers}
    with site.rows() as session:
        receipts = session.scalar(sa.select(sa.func.count()).select_from(FormReceipt))
    assert (len(targets), next(iter(targets))[0], _named(site, "Dubbel"), receipts) == (1, 302, 1, 1)


def test_two_forms_make_two_rows_and_somebody_elses_key_opens_nothing(site: Site) -> None:
    noor, zeki = site.client("noor"), site.client("zeki")
    forms = [_new_form(noor, given_name=name, surname="Tweeling") for name in ("Anna", "Bea")]
    made = noor.post("/kandidaten/add", data=forms[0])

    answers = [
        noor.post("/kandidaten/add", data=forms[1]),
        zeki.post("/kandidaten/add", data=_new_form(zeki, given_name="Cleo", surname="Tweeling", form_key=forms[0]["form_key"])),
    ]

    assert made.headers["Location"] not in [answer.headers.get("Location") for answer in answers]
    assert ([answer.status_code < 500 for answer in answers], _named(site, "Tweeling") >= 2) == ([True, True], True)


# --- a tab that stood open -------------------------------------------------------------------------------------------


def _end_sessions(site: Site) -> None:
    with site.rows() as session:
        session.execute(
            sa.update(LoginSession).values(ended_at=sa.func.now(), ended_why="test"), execution_options={"synchronize_session": False}
        )


def test_a_form_sent_after_the_session_ended_saves_nothing_and_says_so(site: Site) -> None:
    noor = site.client("noor")
    key = _own(site, Candidate)
    before = _read(site, Candidate, key, "motivation", "version")
    new = _new_form(noor, given_name="Te", surname="Laat")
    old = {**_typed(noor.get(f"/kandidaten/edit/{key}").text), "motivation": "too late", "csrf_token": new["csrf_token"]}
    _end_sessions(site)

    answers = [noor.post("/kandidaten/add", data=new), noor.post(f"/kandidaten/edit/{key}", data=old)]

    assert [(answer.status_code, "<h1>Dit lukte niet</h1>" in answer.text) for answer in answers] == [(400, True)] * 2
    assert (_named(site, "Laat"), _read(site, Candidate, key, "motivation", "version")) == (0, before)


def test_an_edit_of_something_that_is_gone_says_so(site: Site) -> None:
    noor = site.client("noor")
    key = _own(site, AdviceSession)
    form = _typed(noor.get(f"/gesprekken/edit/{key}").text)
    post(noor, f"/gesprekken/delete/{key}")

    answer = _save(noor, f"/gesprekken/edit/{key}", form, summary="too late")

    assert (answer.status_code, "<h1" in answer.text) == (404, True)


def test_a_task_is_ticked_off_once(site: Site) -> None:
    noor = site.client("noor")
    with site.rows() as session:
        region = session.scalar(sa.select(Region.id).where(Region.slug == "utrecht"))
        key = session.scalar(sa.select(Task.id).where(Task.region_id == region, Task.done_at.is_(None)).order_by(Task.id).limit(1))
    page = noor.get(f"/taken/klaar/{key}").text
    form = {**hidden(page), "next_title": "Bellen", "next_due": "2026-12-31"}

    answers = [post(noor, f"/taken/klaar/{key}", form).status_code for _ in range(2)]

    assert (answers[0], 400 <= answers[1] < 500) == (302, True)
