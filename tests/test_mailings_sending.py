"""Messages to a group on screen: sent once, approved by another, watched while they go; nothing of other regions."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.adapters import clock
from app.enums import Role
from app.models import Candidate, Capability, Delivery, Region
from tests.mailing import LIST, NEW, TEXT, UTRECHT, D, S, everybody_agrees, going, mailing, states, step, text_of, written
from tests.site import BOTH, Site, hidden, post

BUTTONS = ["opnieuw-kijken", "proef", "versturen", "goedkeuren", "pauzeren", "hervatten", "stoppen", "mislukte", "onzekere"]

# --- sending --------------------------------------------------------------------------------------------------------------


@BOTH
def test_a_double_click_sends_once(site: Site) -> None:
    everybody_agrees(site)
    carla = site.client("carla")
    key = written(site, carla)
    seen = hidden(carla.get(f"/berichten/groep/show/{key}").text)

    answers = [post(carla, f"/berichten/groep/versturen/{key}", {**seen, "at": ""}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert (mailing(site, key).state, mailing(site, key).version) == (S.SENDING, int(seen["version"]) + 1)


def test_a_double_click_on_the_form_makes_one_message(site: Site) -> None:
    carla = site.client("carla")
    form = hidden(carla.get(NEW, query_string={"screen": "KandidatenView", "query": ""}).text)

    targets = [post(carla, NEW, {**form, **TEXT}).headers["Location"] for _ in range(2)]

    assert targets[0] == targets[1]


def test_an_audience_that_changed_is_shown_and_asked_again(site: Site) -> None:
    everybody_agrees(site)
    carla = site.client("carla")
    key = written(site, carla)
    with site.rows() as session:
        first = sa.select(Delivery.candidate_id).where(Delivery.mailing_id == key, Delivery.state == D.QUEUED).limit(1)
        session.execute(sa.update(Candidate).where(Candidate.id == session.scalar(first)).values(email=None, email_norm=None))

    asked = step(carla, "versturen", key)
    sent = step(carla, "versturen", key)

    assert (asked.status_code, "+0 / −1" in asked.text, sent.status_code) == (409, True, 302)
    assert mailing(site, key).state is S.SENDING


def test_it_can_be_sent_later(site: Site) -> None:
    everybody_agrees(site)
    carla = site.client("carla")
    key = written(site, carla)
    at = clock.local(clock.now() + timedelta(days=2))

    wrong = step(carla, "versturen", key, at="straks")
    right = step(carla, "versturen", key, at=at.strftime("%d-%m-%Y %H:%M"))

    row = mailing(site, key)
    assert (wrong.status_code, right.status_code, row.state) == (422, 302, S.SENDING)
    assert row.send_after is not None
    assert abs(row.send_after - at) < timedelta(minutes=1)
    assert "Vertrekt op" in carla.get(f"/berichten/groep/show/{key}").text


def test_a_colleague_approves_what_is_for_many_and_the_author_does_not(site: Site) -> None:
    with site.rows() as session:
        session.execute(sa.update(Region).values(approve_above=1))
        session.add(Capability(region_id=UTRECHT, role=Role.ADVISER, name="send_mailing", enabled=True))
    carla, noor = site.client("carla"), site.client("noor")
    key = written(site, carla)
    asked = step(carla, "versturen", key)

    own = step(carla, "goedkeuren", key)
    back = step(noor, "afkeuren", key, why="")
    refused = step(noor, "afkeuren", key, why="Noem de datum")

    assert (asked.status_code, own.status_code, back.status_code, refused.status_code) == (302, 403, 302, 302)
    assert "Noem de datum" in carla.get(f"/berichten/groep/show/{key}").text
    step(carla, "versturen", key)
    step(noor, "goedkeuren", key)
    assert mailing(site, key).state is S.SENDING


def test_only_the_author_goes_on_with_a_draft_and_a_colleague_may_copy_it(site: Site) -> None:
    with site.rows() as session:
        session.add(Capability(region_id=UTRECHT, role=Role.ADVISER, name="send_mailing", enabled=True))
    key = written(site, site.client("carla"))
    noor = site.client("noor")

    answers = [noor.get(f"/berichten/groep/edit/{key}"), step(noor, "versturen", key), step(noor, "opnieuw-kijken", key)]
    copy = noor.get(f"/berichten/groep/kopie/{key}")

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert 'value="Open avond"' in copy.text


# --- on its way -----------------------------------------------------------------------------------------------------------


def test_it_is_put_on_hold_goes_on_and_is_stopped(site: Site) -> None:
    carla = site.client("carla")
    key = going(site, carla)

    seen = []
    for verb in ("pauzeren", "hervatten", "stoppen", "hervatten"):
        step(carla, verb, key)
        seen.append(mailing(site, key).state)

    assert seen == [S.PAUSED, S.SENDING, S.CANCELLED, S.CANCELLED]
    assert set(states(site, key)) == {D.CANCELLED, D.SUPPRESSED}


def test_a_stale_button_says_how_it_is_now(site: Site) -> None:
    carla = site.client("carla")
    key = going(site, carla)
    seen = hidden(carla.get(f"/berichten/groep/show/{key}").text)
    step(carla, "pauzeren", key)

    answer = post(carla, f"/berichten/groep/pauzeren/{key}", seen, follow_redirects=True)

    assert (answer.status_code, "stilgezet" in answer.text.lower(), mailing(site, key).state) == (200, True, S.PAUSED)


def test_the_bar_asks_again_while_it_goes_and_stops_when_it_stands_still(site: Site) -> None:
    carla = site.client("carla")
    key = going(site, carla)

    moving = carla.get(f"/berichten/groep/voortgang/{key}")
    step(carla, "pauzeren", key)
    still = carla.get(f"/berichten/groep/voortgang/{key}")

    assert ["every 2s" in moving.text, moving.headers.get("HX-Refresh")] == [True, None]
    assert ["every 2s" in still.text, still.headers.get("HX-Refresh")] == [False, "true"]


def test_failed_and_unsure_ones_are_decided_about(site: Site) -> None:
    carla = site.client("carla")
    key = going(site, carla)
    with site.rows() as session:
        keys = list(session.scalars(sa.select(Delivery.id).where(Delivery.mailing_id == key, Delivery.state == D.QUEUED).limit(4)))
        for state, these in ((D.UNKNOWN, keys[:3]), (D.FAILED, keys[3:])):
            session.execute(sa.update(Delivery).where(Delivery.id.in_(these)).values(state=state))
        session.execute(sa.update(Delivery).where(Delivery.mailing_id == key, Delivery.state == D.QUEUED).values(state=D.SENT))

    step(carla, "onzekere", key, resend="1", delivery=str(keys[0]))
    one = states(site, key)
    step(carla, "onzekere", key, resend="0", delivery="")
    step(carla, "mislukte", key)

    page = text_of(carla.get(f"/berichten/groep/show/{key}").text)
    assert (one[D.UNKNOWN], one[D.QUEUED], states(site, key)[D.QUEUED]) == (2, 1, 2)
    assert "weten we niet" not in page


def test_the_result_is_a_file_with_names_for_who_may_have_them(site: Site) -> None:
    carla = site.client("carla")
    key = going(site, carla)

    query = {"query": f"_flt_0_mailing={key}", "reason": "verslag van de avond"}
    ready = post(carla, "/berichten/groep/ontvangers/export", query)
    lines = carla.get(ready.headers["Location"]).get_data(as_text=True).splitlines()

    assert len(lines) == 1 + sum(states(site, key).values())
    with site.rows() as session:
        one = session.scalars(
            sa.select(Candidate).join(Delivery, Delivery.candidate_id == Candidate.id).where(Delivery.mailing_id == key)
        ).first()
        assert [line for line in lines if one.number in line and one.name in line]


# --- the wall -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["{}", "show/{}", "edit/{}", "voorbeeld/{}", "voortgang/{}", "kopie/{}"])
def test_a_message_of_another_region_is_not_there(site: Site, address: str) -> None:
    key, zeki = written(site, site.client("carla")), site.client("zeki")

    there, nowhere = (zeki.get(f"/berichten/groep/{address.format(one)}") for one in (key, 987654321))

    assert there.status_code == nowhere.status_code
    assert there.status_code in (403, 404)
    assert "Open avond" not in there.text
    assert f"/berichten/groep/show/{key}" not in zeki.get(LIST).text


@pytest.mark.parametrize("verb", BUTTONS)
def test_without_the_right_every_button_is_refused(site: Site, verb: str) -> None:
    key = written(site, site.client("carla"))

    answer = post(site.client("noor"), f"/berichten/groep/{verb}/{key}", {"version": "1"})

    assert (answer.status_code, mailing(site, key).state) == (403, S.DRAFT)


def test_a_draft_is_thrown_away_with_its_rows(site: Site) -> None:
    carla = site.client("carla")
    key = written(site, carla)

    answer = step(carla, "delete", key)

    assert (answer.status_code, states(site, key), carla.get(f"/berichten/groep/show/{key}").status_code) == (302, {}, 404)
