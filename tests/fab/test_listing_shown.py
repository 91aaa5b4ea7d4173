"""What stands in a cell: badges of icon and word, days as people say them, and a moment that a machine can read as well."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from flask_babel import force_locale
from markupsafe import Markup

from app.adapters import clock
from app.enums import TRANSITIONS, Sector, Stage
from app.fab import badges, shown
from tests.site import Site

NOW = datetime(2026, 11, 24, 22, 30, tzinfo=UTC)  # half past eleven in the evening, on a Dutch clock
TODAY = date(2026, 11, 24)
SPRITE = Path(__file__).resolve().parents[2] / "app" / "static" / "vendor" / "icons.svg"


@pytest.fixture(autouse=True)
def evening(shared_site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with shared_site.app.test_request_context(), force_locale("nl"):
        yield


@pytest.mark.parametrize("states", list(TRANSITIONS))
def test_every_state_has_a_badge_with_an_icon_of_the_sprite_a_tone_and_its_word(states: type[Enum]) -> None:
    sprite, tones = SPRITE.read_text("utf-8"), {"plain", "info", "good", "attention", "stop"}

    faults = [state for state in states if f'id="{badges.BADGES[state][0]}"' not in sprite or badges.BADGES[state][1] not in tones]

    assert faults == []
    for state in states:
        assert str(badges.badge(state)).endswith(f"</svg>{state.label}</span>")  # type: ignore[attr-defined]


def test_two_states_of_one_list_never_look_the_same_without_colour() -> None:
    looks = {states: [badges.BADGES[state][0] for state in states] for states in TRANSITIONS}

    assert [states for states, icons in looks.items() if len(set(icons)) != len(icons)] == []


def test_a_member_without_a_badge_is_its_word() -> None:
    assert (badges.badge(Sector.PO), shown.cell(Sector.PO)) == (str(Sector.PO.label), str(Sector.PO.label))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (datetime(2026, 11, 24, 13, 5, tzinfo=UTC), "di 24 nov, 14:05"),
        (datetime(2026, 7, 1, 22, 30, tzinfo=UTC), "do 2 jul, 00:30"),
        (datetime(2025, 12, 31, 23, 30, tzinfo=UTC), "do 1 jan, 00:30"),
        (datetime(2025, 12, 31, 22, 30, tzinfo=UTC), "wo 31 dec 2025, 23:30"),
        (date(2026, 11, 24), "di 24 nov"),
        (date(2027, 1, 4), "ma 4 jan 2027"),
    ],
)
def test_a_moment_is_written_on_the_dutch_clock_with_the_year_when_it_is_another(value: date, words: str) -> None:
    assert shown.moment(value) == words


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (0, "vandaag"),
        (1, "morgen"),
        (-1, "gisteren"),
        (2, "over 2 dagen"),
        (-3, "3 dagen geleden"),
        (14, "over 14 dagen"),
        (-15, "ma 9 nov"),
        (400, "wo 29 dec 2027"),
    ],
)
def test_a_day_is_said_as_seen_from_today(days: int, words: str) -> None:
    assert shown.relative(TODAY + timedelta(days=days)) == words


def test_the_day_of_a_moment_is_the_dutch_calendar_day() -> None:
    after_midnight = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)

    assert (shown.relative(after_midnight), shown.relative(NOW)) == ("morgen", "vandaag")


def test_what_is_said_from_today_tells_a_machine_and_who_points_at_it_when_it_was() -> None:
    value = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)

    made = shown.ago(value)

    assert made == '<time datetime="2026-11-21T09:00:00+00:00" title="za 21 nov, 10:00">3 dagen geleden</time>'
    assert shown.ago(TODAY - timedelta(days=30)) == '<time datetime="2026-10-25">zo 25 okt</time>'


@pytest.mark.parametrize(("days", "late"), [(-1, "1 dag te laat"), (-2, "2 dagen te laat"), (-40, "40 dagen te laat"), (0, ""), (5, "")])
def test_what_is_late_says_so_with_an_icon(days: int, late: str) -> None:
    made = str(shown.due(TODAY + timedelta(days=days)))

    assert ("mark-stop" in made, "#clock-exclamation" in made, late in made) == (bool(late), bool(late), True)


@pytest.mark.parametrize("function", [shown.ago, shown.due])
def test_no_day_is_nothing(function: Any) -> None:
    assert function(None) is None


def test_a_cell_keeps_html_of_ours_and_nothing_of_what_people_typed() -> None:
    typed = shown.cell("<b>x</b>")

    assert (shown.cell(Markup("<b>x</b>")), Markup.escape(typed)) == (Markup("<b>x</b>"), "&lt;b&gt;x&lt;/b&gt;")
    assert 'class="mark mark-info"' in shown.cell(Stage.EXPLORING)


@pytest.mark.parametrize(("total", "words"), [(0, "0"), (1240, "1.240"), (10_000, "10.000"), (10_001, "10.000+")])
def test_a_number_of_rows_stops_where_counting_stops(total: int, words: str) -> None:
    assert shown.count(total) == words
