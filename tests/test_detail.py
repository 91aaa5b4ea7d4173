"""The page of one thing: the head, the tabs and what each asks for, contact on request, and what it leaves out."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from app import models as m
from app.adapters import clock
from app.enums import Holder, LeaveReason, Role, Stage, Status
from app.queries.timeline import Kind
from app.views.candidate_show import CLOSED, OWN_GROUPS, OWN_LABELS, SHOW_GROUPS, steps_of
from app.views.candidates import KandidatenView
from app.views.timeline import FILTERS, PAGE, SAID, SCREEN_OF
from tests.security.world import NOW, ROTTERDAM, SCHOOL, UTRECHT, new_file, new_match
from tests.site import BOTH, Site

MOST = 13  # statements of any tab
TABS = ("", "taken", "gesprekken", "klaargezet", "stappenplan", "matches", "aanmeldingen", "geschiedenis")
CONTACT = {"email": "anna@elders.test", "email2": "tweede@elders.test", "phone": "06 98 76 54 32", "linkedin": "https://linkedin.test/anna"}


def anna_of(site: Site, number: str = "K-880002", region: int = UTRECHT, **values: Any) -> int:
    with site.rows() as session:
        return int(new_file(session, region, number, given_name="Anna", **values).id)


def page(browser: FlaskClient, url: str, **headers: str) -> str:
    answer = browser.get(url, headers=headers)
    assert answer.status_code == 200, url
    return answer.text.partition("<main")[2].partition("</main>")[0]


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def channels(site: Site, candidate: int) -> list[str]:
    """In which ways somebody looked at a file, oldest first."""
    with site.rows() as session:
        mine = sa.select(m.ReadSubject.event_id).where(m.ReadSubject.token == f"token-{candidate}")
        return list(session.scalars(sa.select(m.ReadEvent.channel).where(m.ReadEvent.id.in_(mine)).order_by(m.ReadEvent.id)))


# -- tabs --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tab", TABS)
def test_a_tab_takes_ten_statements_at_most_with_few_rows_and_with_many(site: Site, tab: str) -> None:
    few, noor = anna_of(site), site.client("noor")
    many = anna_of(site, "K-880003")
    with site.rows() as session:
        row = session.get(m.Candidate, many)
        for number in range(30):
            new_match(session, row, SCHOOL + number, "PROPOSED")
            of = {"candidate_id": many, "region_id": UTRECHT, "created_at": NOW}
            session.add(m.Task(**of, title="Bellen", holder=Holder.DESK, due_on=clock.day(clock.now())))
            session.add(m.AdviceSession(**of, in_region_id=UTRECHT, held_at=NOW, summary="Gesproken"))
            session.add(m.ChangeLog(at=NOW, verb="edit", table="candidate", fields=["place"], region_id=UTRECHT, subject=f"token-{many}"))
            session.flush()

    counts = []
    for candidate in (few, many):
        page(noor, f"/kandidaten/show/{candidate}?tab={tab}")
        seen = site.statements()
        page(noor, f"/kandidaten/show/{candidate}?tab={tab}")
        counts.append(len(seen))

    assert (counts[1] - counts[0] in (0, 1), max(counts) <= MOST) == (True, True), counts


def test_every_tab_is_an_address_of_which_one_is_current(site: Site) -> None:
    anna, noor = anna_of(site), site.client("noor")

    for tab in TABS:
        html = page(noor, f"/kandidaten/show/{anna}?tab={tab}")
        bar = html.partition('<nav class="jump"')[2].partition("</nav>")[0]
        assert re.findall(r'href="([^"]+)"', bar) == [f"/kandidaten/show/{anna}" + (f"?tab={one}" if one else "") for one in TABS]
        assert re.findall(r'id="part-(\w+)"[^>]*aria-current="?page', bar) == [tab or "first"]
        assert re.findall(r'data-list="(\w+)"', html) == ([tab] if tab not in ("", "stappenplan", "geschiedenis") else [])


def test_a_tab_that_does_not_exist_or_is_not_for_this_person_is_the_first(site: Site) -> None:
    anna, noor = anna_of(site), site.client("noor")

    first = words(page(noor, f"/kandidaten/show/{anna}"))

    assert [words(page(noor, f"/kandidaten/show/{anna}?tab={tab}")) for tab in ("inzage", "niets", "taken%27")] == [first] * 3


def test_a_file_is_logged_once_a_page_whatever_tab_is_open(site: Site) -> None:
    anna, noor = anna_of(site), site.client("noor")

    for tab in TABS:
        page(noor, f"/kandidaten/show/{anna}?tab={tab}")

    assert channels(site, anna) == ["show"] * len(TABS)


def test_a_list_of_others_on_a_page_about_nobody_is_logged(site: Site) -> None:
    anna, noor = anna_of(site), site.client("noor")
    with site.rows() as session:
        activity = session.scalar(sa.select(m.Activity.id).where(m.Activity.region_id == UTRECHT).limit(1))
        seat = {"activity_id": activity, "seq": 990, "state": "CONFIRMED", "channel": "ADVISER", "created_at": NOW, "state_at": NOW}
        session.add(m.Registration(candidate_id=anna, region_id=UTRECHT, **seat))

    page(noor, f"/activiteiten/show/{activity}")
    page(noor, f"/activiteiten/show/{activity}?tab=aanmeldingen")

    assert channels(site, anna) == ["list"]


# -- contact -----------------------------------------------------------------------------------------------------------------


def test_how_to_reach_somebody_is_on_no_page_until_it_is_asked_for_and_that_is_logged(site: Site) -> None:
    anna, noor = anna_of(site, **CONTACT), site.client("noor")

    pages = [page(noor, f"/kandidaten/show/{anna}?tab={tab}") for tab in TABS]
    asked = page(noor, f"/kandidaten/contact/{anna}")

    assert [value for html in pages for value in CONTACT.values() if value in html] == []
    assert [value for value in CONTACT.values() if value in asked] == list(CONTACT.values())
    assert re.findall(r'href="((?:mailto|tel|https):[^"]+)"', asked) == [
        *("mailto:anna@elders.test", "mailto:tweede@elders.test", "tel:0698765432", "https://linkedin.test/anna")
    ]
    assert channels(site, anna) == ["show"] * len(TABS) + ["contact"]


def test_a_way_that_is_no_address_is_text_only(site: Site) -> None:
    anna, noor = anna_of(site, linkedin="javascript:alert(1)"), site.client("noor")

    assert 'href="javascript' not in page(noor, f"/kandidaten/contact/{anna}")


def test_contact_of_another_region_answers_as_one_that_is_not_there(site: Site) -> None:
    there, noor = anna_of(site, region=ROTTERDAM), site.client("noor")

    answers = [noor.get(f"/kandidaten/contact/{key}") for key in (there, 987_654_321)]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert channels(site, there) == []


def test_who_may_not_see_contact_finds_no_trace_of_it(site: Site) -> None:
    anna = anna_of(site, **CONTACT)
    with site.rows() as session:
        session.add(m.Capability(region_id=UTRECHT, role=Role.ADVISER, name="see_contact", enabled=False))
    noor = site.client("noor")

    html = page(noor, f"/kandidaten/show/{anna}")
    refused = noor.get(f"/kandidaten/contact/{anna}")

    assert ("/contact/" in html, "Anna" in html, refused.status_code, channels(site, anna)) == (False, False, 403, ["show"])
    assert [value for value in CONTACT.values() if value in refused.text] == []


def test_the_candidate_reads_that_somebody_looked_at_the_contact_details(site: Site) -> None:
    noor, fatima = site.client("noor"), site.client("fatima")
    with site.rows() as session:
        candidate = session.scalar(sa.select(m.Membership.candidate_id).where(m.Membership.role == Role.CANDIDATE))

    page(noor, f"/kandidaten/contact/{candidate}")

    assert "contactgegevens" in words(page(fatima, "/inzage/list/"))
    assert "Iemand bekeek je contactgegevens" in words(page(fatima, "/mijn/dossier?soort=gekeken"))


# -- the head ----------------------------------------------------------------------------------------------------------------


def _standing(stage: Stage, status: Status = Status.ACTIVE) -> list[tuple[str, str]]:
    return [(step.label, step.state) for step in steps_of(m.Candidate(stage=stage, status=status))]


def test_the_track_has_four_steps_and_a_fifth_for_what_followed(shared_site: Site) -> None:
    with shared_site.app.test_request_context():
        assert [state for _, state in _standing(Stage.DECIDING)] == ["done", "done", "now", "next"]
        assert [state for _, state in _standing(Stage.DECIDING, Status.LEFT)] == ["done", "done", "stopped", "next"]
        assert [state for _, state in _standing(Stage.MATCHING, Status.PAUSED)] == ["done", "done", "done", "now"]
        assert _standing(Stage.TRAINING)[-1] == ("in opleiding", "now")
        assert len(_standing(Stage.TEACHING, Status.COMPLETED)) == 5


def test_who_is_next_is_said_with_what_is_late(site: Site) -> None:
    anna, noor = anna_of(site), site.client("noor")
    task = {"candidate_id": anna, "region_id": UTRECHT, "title": "Intake plannen", "holder": Holder.CANDIDATE, "created_at": NOW}

    nothing = words(page(noor, f"/kandidaten/show/{anna}"))
    with site.rows() as session:
        session.add(m.Task(**task, due_on=clock.day(clock.now()) - timedelta(days=3)))
    late = words(page(noor, f"/kandidaten/show/{anna}"))
    with site.rows() as session:
        session.execute(sa.update(m.Candidate).where(m.Candidate.id == anna).values(status=Status.LEFT, leave_reason=LeaveReason.PRIVATE))
    left = words(page(noor, f"/kandidaten/show/{anna}"))

    assert "Nog geen volgende actie. Plan een taak" in nothing
    assert "Aan zet: Anna · Intake plannen 3 dagen te laat" in late
    assert ("uitgestroomd" in left, "privé" in left, "Intake plannen 3 dagen te laat" in left) == (True, True, False)


def test_one_button_stands_out_and_the_most_used_are_in_sight(site: Site) -> None:
    anna, noor = anna_of(site), site.client("noor")

    actions = page(noor, f"/kandidaten/show/{anna}").partition('<div class="head-actions">')[2].partition('<ol class="track"')[0]

    near = re.findall(r'<a class="btn( btn-primary)?" href="/(\w+/\w+)', actions)
    assert near == [("", "taken/add"), ("", "kandidaten/verplaatsen"), (" btn-primary", "gesprekken/add")]
    assert f'class="pop-item" href="/kandidaten/edit/{anna}"' in actions


# -- facts -------------------------------------------------------------------------------------------------------------------


def test_what_nobody_filled_in_is_one_line_and_no_column_of_dashes(site: Site) -> None:
    anna, noor = anna_of(site, place="Zeist", diploma_country="SY"), site.client("noor")

    facts = page(noor, f"/kandidaten/show/{anna}").partition('<div class="facts')[2].partition("</details>")[0]

    assert 'class="nothing"' not in facts
    assert "Nog niet ingevuld: Postcode (vier cijfers), Geboortejaar" in words(facts)
    assert ("Syrië" in words(facts), "Tot en met" in words(facts)) == (True, False)
    assert re.findall(r"#groep-(\d)", facts) == ["4", "2", "3", "1"]


def test_who_cannot_edit_is_told_of_nothing_to_fill_in(site: Site) -> None:
    with site.rows() as session:
        anna = new_file(session, UTRECHT, "K-880002", place="Zeist")
        new_match(session, anna, SCHOOL, "MUTUAL")
        key = anna.id
    html = page(site.client("hr"), f"/kandidaten/show/{key}")

    assert ("Zeist" in html, "Nog niet ingevuld" in html, "groep-" in html, 'class="track"' in html) == (True, False, False, False)


def test_every_group_and_word_of_the_candidates_own_page_is_about_a_column_that_exists() -> None:
    shown = {name for _, names in SHOW_GROUPS for name in names}
    own = {name for _, names in OWN_GROUPS for name in names}

    assert own - shown == {"email", "email2", "phone", "linkedin"}
    assert set(OWN_LABELS) <= own <= set(KandidatenView.label_columns)
    assert set(CLOSED) == {Status.LEFT, Status.COMPLETED, Status.HANDED_OVER}


# -- the timeline on the page --------------------------------------------------------------------------------------------------


def test_every_kind_has_a_screen_a_filter_and_words() -> None:
    in_filters = [kind for name, _, kinds in FILTERS if name for kind in kinds]

    assert (set(SCREEN_OF), sorted(in_filters, key=lambda kind: kind.value)) == (set(Kind), list(Kind))
    assert all(len(said) == 3 for said in SAID.values())


@BOTH
def test_show_more_goes_on_where_the_page_stopped_to_the_last_line(site: Site) -> None:
    anna, noor = anna_of(site), site.client("noor")
    with site.rows() as session:
        for number in range(PAGE * 2):
            at = NOW - timedelta(days=number)
            text = {"summary": f"verslag {number:02}!", "held_at": at, "created_at": at}
            session.add(m.AdviceSession(candidate_id=anna, region_id=UTRECHT, in_region_id=UTRECHT, **text))

    url, lines = f"/kandidaten/show/{anna}?soort=gesprekken", []
    while url:
        html = page(noor, url)
        lines += re.findall(r"verslag \d\d!", html)
        found = re.search(r'id="moments-more"><a class="btn" href="([^"]+)"', html)
        url = found[1].replace("&amp;", "&") if found else ""

    assert lines == [f"verslag {number:02}!" for number in range(PAGE * 2)]


def test_an_appended_page_repeats_no_month_and_takes_the_focus(site: Site) -> None:
    anna, noor = anna_of(site), site.client("noor")
    with site.rows() as session:
        for _ in range(PAGE + 5):
            session.add(m.AdviceSession(candidate_id=anna, region_id=UTRECHT, in_region_id=UTRECHT, held_at=NOW, created_at=NOW))
    first = page(noor, f"/kandidaten/show/{anna}")
    more = re.search(r'hx-get="([^"]+voor=[^"]+)"', first)
    assert more is not None

    plain = page(noor, more[1].replace("&amp;", "&"))
    appended = page(noor, more[1].replace("&amp;", "&"), **{"HX-Request": "true"})

    assert [html.count("<h2>" + re.findall(r"<h2>(\w+ \d{4})", first)[0]) for html in (plain, appended)] == [1, 0]
    assert ["autofocus" in html for html in (plain, appended)] == [False, True]


def test_a_place_that_does_not_exist_is_refused_with_a_sentence_and_an_unknown_kind_is_everything(site: Site) -> None:
    anna, noor = anna_of(site), site.client("noor")

    refused = noor.get(f"/kandidaten/show/{anna}?voor=gisteren")

    assert (refused.status_code, "Ga terug naar het begin" in refused.text) == (400, True)
    assert words(page(noor, f"/kandidaten/show/{anna}?soort=zomaar")) == words(page(noor, f"/kandidaten/show/{anna}"))


def test_a_reason_and_a_report_are_text_and_never_markup(site: Site) -> None:
    anna, noor = anna_of(site), site.client("noor")
    with site.rows() as session:
        evil = "<img src=x onerror=alert(1)>\n" + "<b>%(now)s</b> {{ 7*7 }}"
        session.add(m.AdviceSession(candidate_id=anna, region_id=UTRECHT, in_region_id=UTRECHT, held_at=NOW, created_at=NOW, summary=evil))
        session.add(
            m.Task(candidate_id=anna, region_id=UTRECHT, title="100% %(was)s <b>", holder=Holder.DESK, due_on=NOW.date(), created_at=NOW)
        )

    html = page(noor, f"/kandidaten/show/{anna}")

    assert ("<img src=x" in html, "<b>%(now)s" in html, "&lt;b&gt;%(now)s&lt;/b&gt; {{ 7*7 }}" in html) == (False, False, True)
    assert "Taak gepland: 100% %(was)s &lt;b&gt;" in html


def test_the_candidates_own_page_speaks_to_the_candidate(site: Site) -> None:
    own = words(page(site.client("fatima"), "/mijn/dossier"))

    assert [
        said for said in ("Waar je staat", "Wat je wilt", "Wat je meebrengt", "Je gegevens", "fatima@demo.test") if said not in own
    ] == []
    assert [said for said in ("de kandidaat", "Kandidaat", "Bewerken", "Contactgegevens tonen") if said in own] == []


def test_the_parts_of_the_own_page_stay_at_the_own_address(site: Site) -> None:
    html = page(site.client("fatima"), "/mijn/dossier")

    assert set(re.findall(r'href="(/\w+/\w+)(?:\?[^"]*)?" hx-get', html)) == {"/mijn/dossier"}
