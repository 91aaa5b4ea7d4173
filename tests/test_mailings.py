"""Messages to a group on screen: from a list to a text, who gets it and who does not."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from app.adapters import clock
from app.enums import DeliveryState, MailCategory, NotSent, Role
from app.models import Candidate, Capability, Delivery, MailAddress, MailTemplate
from tests.mailing import NEW, TEXT, UTRECHT, D, S, begin, everybody_agrees, mailing, step, text_of, written
from tests.site import BOTH, Site, hidden, post

# --- from a list ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("screen", "chosen"), [("kandidaten", "KandidatenView"), ("adviesvragers", "AdviesvragersView")])
def test_the_button_under_a_list_leads_to_the_form_with_its_filters(shared_site: Site, screen: str, chosen: str) -> None:
    carla = shared_site.client("carla")

    answer = post(carla, f"/{screen}/keuze", {"action": "message", "all": "1", "query": "_flt_0_stage=ORIENTING"})

    form = carla.get(answer.headers["Location"]).text
    assert (hidden(form)["screen"], hidden(form)["query"]) == (chosen, "_flt_0_stage=ORIENTING")
    assert "oriënteren" in form


def test_ticked_rows_are_the_audience(site: Site) -> None:
    carla = site.client("carla")
    with site.rows() as session:
        keys = list(session.scalars(sa.select(Candidate.id).where(Candidate.region_id == UTRECHT).order_by(Candidate.id).limit(3)))

    answer = post(carla, "/kandidaten/keuze", {"action": "message", "_rows": keys})
    form = hidden(carla.get(answer.headers["Location"]).text)
    made = post(carla, NEW, {**form, **TEXT})

    with site.rows() as session:
        found = set(
            session.scalars(sa.select(Delivery.candidate_id).where(Delivery.mailing_id == int(made.headers["Location"].split("/")[-1])))
        )
    assert found == set(keys)


def test_a_search_is_not_kept_but_who_it_found(site: Site) -> None:
    carla = site.client("carla")
    with site.rows() as session:
        someone = session.scalars(sa.select(Candidate).where(Candidate.region_id == UTRECHT).order_by(Candidate.id)).first()
        name, key = someone.name, someone.id

    made = mailing(site, written(site, carla, f"q={name.replace(' ', '+')}"))

    assert (name in made.query + made.audience, str(key) in made.query) == (False, True)


def test_the_message_to_participants_goes_to_who_takes_part(site: Site) -> None:
    carla = site.client("carla")
    with site.rows() as session:
        found = session.execute(
            sa.text(
                "SELECT activity_id, count(*) FROM registration WHERE region_id = 2 AND state IN ('CONFIRMED', 'ATTENDED')"
                " GROUP BY activity_id ORDER BY 2 DESC"
            ),
            execution_options={"system_read": True},
        ).first()
        activity = found[0]
        state = "CONFIRMED ATTENDED OFFERED WAITLISTED"
        words = ", ".join(f"'{one}'" for one in state.split())
        expected = session.execute(
            sa.text(f"SELECT candidate_id FROM registration WHERE activity_id = {activity} AND region_id = 2 AND state IN ({words})"),
            execution_options={"system_read": True},
        ).scalars()
        wanted = set(expected)

    answer = begin(carla, f"_flt_0_activity={activity}", "AanmeldingenView")

    key = int(answer.headers["Location"].rsplit("/", 1)[1])
    with site.rows() as session:
        found = set(session.scalars(sa.select(Delivery.candidate_id).where(Delivery.mailing_id == key)))
    assert found == wanted
    assert "Bericht aan deelnemers" in carla.get(f"/activiteiten/show/{activity}").text


@pytest.mark.parametrize("address", ["?screen=LedenView&query=", "?screen=KandidatenView&query=_flt_9_stage%3DX", "?screen=&query="])
def test_a_list_that_is_none_is_refused_in_a_sentence(shared_site: Site, address: str) -> None:
    answer = shared_site.client("carla").get(NEW + address)

    assert answer.status_code == 400
    assert "Traceback" not in answer.text


def test_without_a_list_one_is_asked_where_to_begin(shared_site: Site) -> None:
    page = shared_site.client("carla").get(NEW).text

    assert [url in page for url in ("/kandidaten/list/", "/aanmeldingen/list/", "screen=Nieuwsbrief")] == [True, True, True]


def test_who_may_not_send_gets_no_button_and_no_form(shared_site: Site) -> None:
    noor = shared_site.client("noor")

    form = noor.get(NEW, query_string={"screen": "KandidatenView", "query": ""})
    chosen = post(noor, "/kandidaten/keuze", {"action": "message", "all": "1"})

    assert (form.status_code, chosen.status_code, 'value="message"' in noor.get("/kandidaten/list/").text) == (403, 403, False)


# --- who gets it ----------------------------------------------------------------------------------------------------------


@BOTH
def test_everybody_of_the_list_stands_in_the_numbers_and_nobody_of_elsewhere(site: Site) -> None:
    carla = site.client("carla")

    key = written(site, carla)

    page = text_of(carla.get(f"/berichten/groep/show/{key}").text)
    with site.rows() as session:
        here = session.scalar(sa.select(sa.func.count()).select_from(Candidate).where(Candidate.region_id == UTRECHT))
        rows = session.execute(sa.select(Delivery.region_id, Delivery.not_sent).where(Delivery.mailing_id == key)).all()
    left_out = [why for _, why in rows if why is not None]
    assert (len(rows), {region for region, _ in rows}) == (here, {UTRECHT})
    assert f"{here - len(left_out)} krijgen het" in page
    assert f"{len(left_out)} krijgen het niet" in page
    assert NotSent.NO_CONSENT in left_out


def test_the_names_behind_a_reason_are_one_click_away_and_that_is_logged(site: Site) -> None:
    carla = site.client("carla")
    key = written(site, carla)
    page = carla.get(f"/berichten/groep/show/{key}").text
    url = next(url.replace("&amp;", "&") for url in re.findall(r'href="([^"]+)"', page) if "not_sent=NO_CONSENT" in url)

    names = carla.get(url).text

    with site.rows() as session:
        wanted = sa.select(Candidate.name).join(Delivery, Delivery.candidate_id == Candidate.id)
        wanted = wanted.where(Delivery.mailing_id == key, Delivery.not_sent == NotSent.NO_CONSENT).order_by(Delivery.id).limit(25)
        missing = [name for name in session.scalars(wanted) if name not in names]
        logged = session.execute(
            sa.text("SELECT count(*) FROM read_event WHERE screen = 'ontvangers'"), execution_options={"system_read": True}
        ).scalar()
    assert (missing, logged) == ([], 1)


def test_a_placeholder_that_is_empty_for_somebody_is_named_and_stops_the_sending(site: Site) -> None:
    everybody_agrees(site)
    carla = site.client("carla")
    with site.rows() as session:
        session.execute(sa.update(Candidate).where(Candidate.region_id == UTRECHT).values(place=None))
    key = written(site, carla, body="Je woont in {{woonplaats}}.")

    answer = step(carla, "versturen", key)

    assert (answer.status_code, mailing(site, key).state) == (400, S.DRAFT)
    assert "lacks=woonplaats" in carla.get(f"/berichten/groep/show/{key}").text


def test_the_preview_is_the_mail_of_one_receiver_in_a_closed_frame(site: Site) -> None:
    carla = site.client("carla")
    key = written(site, carla)
    with site.rows() as session:
        mailed = sa.select(Candidate).join(Delivery, Delivery.candidate_id == Candidate.id)
        mailed = mailed.where(Delivery.mailing_id == key, Delivery.state == D.QUEUED).order_by(Delivery.id)
        names = [one.given_name or one.name for one in session.scalars(mailed.limit(2))]

    frames = [carla.get(f"/berichten/groep/voorbeeld/{key}?nr={place}") for place in (1, 2)]

    assert [name in frame.text for name, frame in zip(names, frames, strict=True)] == [True, True]
    assert {"default-src 'none'" in frame.headers["Content-Security-Policy"] for frame in frames} == {True}
    assert carla.get(f"/berichten/groep/voorbeeld/{key}?nr=99999").status_code == 404


def test_who_sees_no_names_here_reads_none_in_the_preview_and_the_list(site: Site) -> None:
    with site.rows() as session:
        rights = {"send_mailing": True, "see_contact": False}
        session.add_all(Capability(region_id=UTRECHT, role=Role.ADVISER, name=name, enabled=on) for name, on in rights.items())
    noor = site.client("noor")
    key = written(site, noor, body="{{naam}} in {{woonplaats}}")
    with site.rows() as session:
        first = sa.select(Delivery.candidate_id).where(Delivery.mailing_id == key, Delivery.state == DeliveryState.QUEUED)
        somebody = session.get(Candidate, session.scalar(first.order_by(Delivery.id).limit(1)))
        name, number = somebody.name, somebody.number

    mail = noor.get(f"/berichten/groep/voorbeeld/{key}?nr=1").text
    people = noor.get(f"/berichten/groep/ontvangers/list/?_flt_0_mailing={key}").text

    assert (name in mail, number in mail, "Anna de Vries" in mail, name in people, number in people) == (False, True, True, False, True)


def test_a_test_mail_goes_to_oneself_once(site: Site) -> None:
    carla = site.client("carla")
    key = written(site, carla)

    step(carla, "proef", key, nr="1")
    step(carla, "proef", key, nr="1")

    with site.rows() as session:
        sent = session.scalars(sa.select(Delivery).where(Delivery.kind == "mailing_test")).all()
        assert 1 <= len(sent) <= 2
        assert {row.address for row in sent} == {"carla@demo.test"}


def test_the_newsletter_goes_to_who_signed_up_on_the_site(site: Site) -> None:
    carla = site.client("carla")
    with site.rows() as session:
        now = clock.now()
        facts = {"locale": "nl", "region_id": UTRECHT, "newsletter_at": now, "created_at": now}
        session.add(MailAddress(address="lezer@elders.test", address_norm="lezer@elders.test", **facts))

    wrong = begin(carla, "", "Nieuwsbrief")
    right = begin(carla, "", "Nieuwsbrief", category="NEWSLETTER")

    key = int(right.headers["Location"].rsplit("/", 1)[1])
    assert (wrong.status_code, right.status_code) == (400, 302)
    assert "lezer@elders.test" in carla.get(f"/berichten/groep/ontvangers/list/?_flt_0_mailing={key}").text
    assert "lezer@elders.test" in carla.get(f"/berichten/groep/voorbeeld/{key}").text


def test_a_template_is_put_behind_what_was_typed(site: Site) -> None:
    carla = site.client("carla")
    with site.rows() as session:
        words = {"category": MailCategory.NEWSLETTER, "subject": "Nieuws", "body": "Dit is er nieuw."}
        template = MailTemplate(region_id=UTRECHT, name="Nieuwsbrief", changed_at=clock.now(), **words)
        session.add(template)
        session.flush()
        key = template.id
    form = hidden(carla.get(NEW, query_string={"screen": "KandidatenView", "query": ""}).text)

    filled = post(carla, NEW, {**form, "template": str(key), "body": "Dag,", "subject": "", "step": "fill:template"}).text

    assert ("Dag,\n\nDit is er nieuw." in filled.replace("\r", ""), 'value="Nieuws"' in filled) == (True, True)
