"""What follows from a conversation, doubts about a text, and templates."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from app.enums import Holder, SessionKind, Status
from app.errors import BadInput, Doubtful, NotAllowed
from app.extensions import db
from app.models import AdviceSession, Candidate, ReportTemplate, Task
from app.security.identity import acting_as
from app.services import advice, report_templates, tasks
from app.services.advice import LONGEST_TEXT, Following
from tests.services.cast import ADA, CARLA, HOUR, NADIA, NOON, NOOR, ROTTERDAM, TODAY, UTRECHT, logged


def report(candidate: Candidate, **fields: Any) -> AdviceSession:
    return AdviceSession(candidate_id=candidate.id, held_at=NOON - HOUR, kinds=frozenset({SessionKind.PHONE}), **fields)


def still_open(candidate: Candidate) -> list[tuple[str, Any]]:
    return [(task.title, task.due_on) for task in advice.open_tasks(candidate)]


def test_what_is_done_goes_and_what_is_next_comes(anna: Candidate) -> None:
    first = advice.open_tasks(anna)
    soon = TODAY + timedelta(days=4)

    advice.record(report(anna), following=Following(first, "Pabo bellen", soon, Holder.CANDIDATE), by=NOOR, now=NOON)

    assert (still_open(anna), anna.holder, anna.next_action_on) == ([("Pabo bellen", soon)], Holder.CANDIDATE, soon)
    assert [task.done_at for task in first] == [NOON] * len(first)


@pytest.mark.parametrize("following", [Following(title="Bellen"), Following(due_on=TODAY), Following(title="  ", due_on=TODAY)])
def test_half_a_next_action_is_none(anna: Candidate, following: Following) -> None:
    with pytest.raises(BadInput, match="needs both"):
        advice.record(report(anna), following=following, by=NOOR, now=NOON)


def test_an_open_file_never_ends_a_conversation_without_a_next_step(anna: Candidate) -> None:
    with pytest.raises(BadInput, match="last open task"):
        advice.record(report(anna), following=Following(advice.open_tasks(anna)), by=NOOR, now=NOON)
    db.session.rollback()
    for task in advice.open_tasks(anna):
        task.done_at = NOON
    tasks.refresh_next_action(anna)

    with pytest.raises(BadInput, match="no next action yet"):
        advice.record(report(anna), following=Following(), by=NOOR, now=NOON)


def test_a_closed_file_needs_no_next_step(anna: Candidate) -> None:
    for task in advice.open_tasks(anna):
        task.done_at = NOON
    anna.status = Status.COMPLETED
    tasks.refresh_next_action(anna)

    advice.record(report(anna), following=Following(), by=NOOR, now=NOON)

    assert (still_open(anna), db.session.scalar(sa.select(sa.func.count()).select_from(AdviceSession))) == ([], 1)


@pytest.mark.parametrize("name", ["summary", "notes"])
def test_a_text_has_a_length(anna: Candidate, name: str) -> None:
    advice.record(report(anna, **{name: "x" * LONGEST_TEXT}), by=NOOR, now=NOON)

    with pytest.raises(BadInput, match="20000 characters; this one has 20001"):
        advice.record(report(anna, **{name: "x" * (LONGEST_TEXT + 1)}), by=NOOR, now=NOON)


# --- doubts ---------------------------------------------------------------------------------------------------------

ABOUT_HEALTH = ["Ze heeft ADHD.", "burn-outklachten", "Hij is ziek gemeld", "DIAGNOSE volgt", "depressief", "in verwachting en zwanger"]
NOT_ABOUT_HEALTH = ["Werkt in het ziekenhuis.", "Alfabetisch gesorteerd", "fysiotherapeut", "Wil in de zorg blijven", "", None, "muziekles"]


@pytest.mark.parametrize("text", ABOUT_HEALTH)
def test_words_about_health_are_noticed_in_either_text(anna: Candidate, text: str) -> None:
    found = [advice.health_warning(report(anna, **{name: text})) is not None for name in ("summary", "notes")]

    assert found == [True, True]


@pytest.mark.parametrize("text", NOT_ABOUT_HEALTH)
def test_other_words_are_left_alone(anna: Candidate, text: str | None) -> None:
    advice.settle_doubts(report(anna, summary=text, notes=text), "")

    assert advice.health_warning(report(anna, summary=text)) is None


def test_both_doubts_are_said_at_once_and_only_about_these_texts(anna: Candidate) -> None:
    doubtful = report(anna, summary="111222333", notes="Medicijnen, en een therapie.")

    with pytest.raises(Doubtful, match=r"\(BSN\).*about health: medicijnen, therapie\.") as refused:
        advice.settle_doubts(doubtful, "")

    advice.settle_doubts(doubtful, refused.value.seen)
    with pytest.raises(Doubtful):
        advice.settle_doubts(report(anna, summary="Medicijnen, en een therapie.", notes="111222333"), refused.value.seen)


# --- templates ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "text", "after"),
    [
        (None, "Nieuw", "Nieuw"),
        ("", "Nieuw", "Nieuw"),
        ("Getypt", "Nieuw", "Getypt\n\nNieuw"),
        ("Getypt \n", "Nieuw\n", "Getypt\n\nNieuw"),
        ("Getypt", None, "Getypt"),
        ("Een\r\nTwee en meer", "Een\nTwee", "Een\r\nTwee en meer"),
    ],
)
def test_a_template_wipes_nothing_and_stands_there_once(typed: str | None, text: str | None, after: str) -> None:
    assert report_templates.joined(typed, text) == after


@pytest.mark.parametrize(("by", "region"), [(CARLA, UTRECHT), (NADIA, None), (ADA, None), (ADA, ROTTERDAM)])
def test_templates_are_written_by_who_writes_for_the_region_or_the_country(by: Any, region: int | None, anna: Candidate) -> None:
    with acting_as(by):
        template = report_templates.save(ReportTemplate(name=" Intake ", region_id=region, summary="Besproken"), by=by, now=NOON)

    assert (template.name, logged()[-1][:2]) == ("Intake", ("write_template", "report_template"))


@pytest.mark.parametrize(("by", "region"), [(NOOR, UTRECHT), (CARLA, None), (CARLA, ROTTERDAM)])
def test_who_may_not_write_templates_does_not(by: Any, region: int | None, anna: Candidate) -> None:
    with acting_as(by), pytest.raises(NotAllowed):
        report_templates.save(ReportTemplate(name="Intake", region_id=region, summary="Besproken"), by=by, now=NOON)


@pytest.mark.parametrize("fields", [{"name": " "}, {"summary": None}, {"notes": "x" * (LONGEST_TEXT + 1)}])
def test_a_template_says_something_and_fits(fields: dict[str, Any], anna: Candidate) -> None:
    given = {"name": "Intake", "region_id": UTRECHT, "summary": "Besproken", **fields}

    with acting_as(CARLA), pytest.raises(BadInput):
        report_templates.save(ReportTemplate(**given), by=CARLA, now=NOON)


def test_removing_a_template_leaves_the_reports(anna: Candidate) -> None:
    with acting_as(CARLA):
        template = report_templates.save(ReportTemplate(name="Intake", region_id=UTRECHT, summary="Besproken"), by=CARLA, now=NOON)
        session = advice.record(report(anna, summary=template.summary), by=CARLA, now=NOON)

        report_templates.remove(template, by=CARLA, now=NOON)

    assert (session.summary, logged()[-1][:2]) == ("Besproken", ("remove_template", "report_template"))
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Task).where(Task.candidate_id == anna.id)) > 0
