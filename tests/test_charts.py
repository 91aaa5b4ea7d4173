"""Charts: the right numbers, over the own rows, with a message that is true; as a page, a table and a file."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from flask_babel import force_locale

from app import models as m
from app.enums import MatchState, RegistrationState, Source, Stage, Status
from app.fab.chart import MOST_SERIES, PERIODS, Figures, Series
from app.queries.figures import Period
from app.views.figures import CONVERSATIONS, INTAKE, CijfersView, how_matches_went, largest_stage, month, who_came
from tests.site import BOTH, Site

CHARTS = [chart.name for chart in CijfersView.charts]
NOON = datetime(2026, 11, 24, 11, tzinfo=UTC)


def _csv(browser: FlaskClient, url: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(browser.get(url).data.decode("utf-8-sig")), delimiter=";"))


def _drawing(browser: FlaskClient, url: str) -> dict[str, Any]:
    found = re.search(r"data-chart='([^']*)'", browser.get(url).text)
    assert found is not None, f"{url} has no chart"
    return dict(json.loads(unescape(found[1])))


def _tabs(browser: FlaskClient) -> list[str]:
    return re.findall(r'<li><a href="/cijfers/(\w+)/"', browser.get("/cijfers/").text)


def _utrecht(session: Any) -> int:
    return int(session.scalar(sa.select(m.Region.id).where(m.Region.slug == "utrecht")))


def _figures(*values: int, keys: Any = None, names: tuple[Any, ...] = ("a",)) -> Figures:
    """One row of values for each name."""
    keys = keys or tuple(range(len(values) // len(names)))
    size = len(keys)
    series = tuple(Series((name,), str(name), values[place * size : (place + 1) * size]) for place, name in enumerate(names))
    return Figures(keys, tuple(str(getattr(key, "label", key)) for key in keys), series)


@pytest.fixture
def dutch(shared_site: Site) -> Any:
    with shared_site.app.test_request_context("/"), force_locale("nl"):
        yield


# -- periods and tables -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "months", "names"),
    [
        (datetime(2026, 1, 31, 23, 59, tzinfo=UTC), 3, ("2025-11", "2025-12", "2026-01")),
        (datetime(2026, 12, 1, tzinfo=UTC), 3, ("2026-10", "2026-11", "2026-12")),
        (datetime(2028, 2, 29, tzinfo=UTC), 1, ("2028-02",)),
    ],
)
def test_a_period_is_whole_months_and_the_running_one(now: datetime, months: int, names: tuple[str, ...]) -> None:
    period = Period(now, months)

    assert (period.names, period.since) == (names, datetime.fromisoformat(f"{names[0]}-01T00:00+00:00"))
    assert period.until - timedelta(microseconds=1) >= now
    assert f"{period.until - timedelta(microseconds=1):%Y-%m}" == names[-1]


@pytest.mark.parametrize("months", PERIODS)
def test_a_period_has_as_many_months_as_it_says_one_after_the_other(months: int) -> None:
    names = Period(NOON, months).names

    assert (len(set(names)), list(names), names[-1]) == (months, sorted(names), "2026-11")


@pytest.mark.usefixtures("dutch")
def test_months_and_stages_without_anything_are_zero_and_not_away() -> None:
    chart = next(chart for chart in CijfersView.charts if chart.name == "instroom")
    period = Period(NOON, 3)

    found = chart.figures([("2026-11", Source.DESK, 4), ("2026-09", Source.NATIONAL, 2)], period)

    assert found.keys == ("2026-09", "2026-10", "2026-11")
    assert {series.key: series.values for series in found.series} == {(Source.DESK,): (0, 0, 4), (Source.NATIONAL,): (2, 0, 0)}
    assert (found.totals, found.total, found.of("2026-11"), found.of("2020-01")) == ((2, 0, 4), 6, 4, 0)


def test_advisers_beyond_the_colours_are_drawn_together_and_nothing_is_lost() -> None:
    names = tuple(range(9))
    found = _figures(*(number for place in names for number in (place, 10 * place)), names=names)

    folded = found.folded()

    assert [series.name for series in folded.series] == ["4", "5", "6", "7", "8", "others"]
    assert (len(folded.series), folded.totals, folded.series[-1].values) == (MOST_SERIES, found.totals, (6, 60))
    assert _figures(1, 2, 3, 4, names=("a", "b")).folded().series == _figures(1, 2, 3, 4, names=("a", "b")).series


# -- messages -----------------------------------------------------------------------------------------------------------------


MONTHS = ("2026-09", "2026-10", "2026-11")
_IN = "In oktober kwam"


@pytest.mark.usefixtures("dutch")
@pytest.mark.parametrize(
    ("values", "message"),
    [
        ((29, 41, 12), f"{_IN}en 41 kandidaten binnen, 12 meer dan in september"),
        ((42, 41, 90), f"{_IN}en 41 kandidaten binnen, 1 minder dan in september"),
        ((1234, 2468, 0), f"{_IN}en 2.468 kandidaten binnen, 1.234 meer dan in september"),
        ((7, 7, 0), f"{_IN}en 7 kandidaten binnen, evenveel als in september"),
        ((0, 1, 0), f"{_IN} één kandidaat binnen, 1 meer dan in september"),
        ((3, 0, 5), f"{_IN} niemand binnen, 3 minder dan in september"),
        ((0, 0, 5), "Nieuwe kandidaten in november tot nu toe: 5"),
        ((0, 0, 1), "Nieuwe kandidaten in november tot nu toe: 1"),
    ],
)
def test_the_message_of_the_intake_is_about_the_last_whole_month(values: tuple[int, ...], message: str) -> None:
    assert INTAKE(_figures(*values, keys=MONTHS)) == message


@pytest.mark.usefixtures("dutch")
def test_the_message_of_a_quiet_time_before_a_quiet_month_compares_nothing() -> None:
    months = ("2026-08", *MONTHS)

    assert CONVERSATIONS(_figures(5, 0, 0, 2, keys=months)) == "In oktober zijn geen gesprekken gevoerd"
    assert CONVERSATIONS(_figures(5, 0, 1, 2, keys=months)) == "In oktober is één gesprek gevoerd, 1 meer dan in september"


@pytest.mark.usefixtures("dutch")
def test_the_message_of_the_stages_names_the_largest_or_says_that_there_are_several() -> None:
    stages = (Stage.EXPLORING, Stage.ORIENTING, Stage.DECIDING)

    assert largest_stage(_figures(60, 72, 108, keys=stages)) == "De grootste groep is ‘beslissen’: 108 van de 240, 45%"
    assert largest_stage(_figures(5, 5, 1, keys=stages)) == "De grootste groepen zijn even groot: interesseren en oriënteren, met elk 5"
    assert largest_stage(_figures(1, 0, 0, keys=stages)) == "De grootste groep is ‘interesseren’: 1 van de 1, 100%"


@pytest.mark.usefixtures("dutch")
def test_the_messages_of_matches_and_of_attendance_add_up() -> None:
    matches = _figures(50, 30, 40, keys=(MatchState.PROPOSED, MatchState.PLACED, MatchState.FELL_THROUGH))
    came = _figures(30, 50, 5, 15, names=(RegistrationState.ATTENDED, RegistrationState.NO_SHOW))

    assert how_matches_went(matches) == "Van de 120 matches leidden 30 tot een plaatsing; 50 lopen nog, 40 gingen niet door"
    assert who_came(came) == "Van de 100 mensen met een plek kwamen er 80: 80%"


IN_WORDS = {
    "nl": (
        "In oktober kwamen 41 kandidaten binnen, 12 meer dan in september",
        "In oktober is één gesprek gevoerd, evenveel als in september",
        "mrt 2026",
    ),
    "en": (
        "41 new candidates in October, 12 more than in September",
        "One conversation was held in October, as many as in September",
        "Mar 2026",
    ),
}


@pytest.mark.parametrize("locale", IN_WORDS)
def test_every_message_has_words_in_both_languages(locale: str, shared_site: Site) -> None:
    with shared_site.app.test_request_context("/"), force_locale(locale):
        said = INTAKE(_figures(29, 41, 12, keys=MONTHS)), CONVERSATIONS(_figures(1, 1, 1, keys=MONTHS)), month("2026-03")

    assert said == IN_WORDS[locale]


# -- whose rows ---------------------------------------------------------------------------------------------------------------

SHOWN = {
    "noor": CHARTS,
    "carla": CHARTS,
    "nadia": CHARTS,
    "hr": ["matches", "activiteiten"],
    "opleider": ["matches", "activiteiten"],
    "studie": ["fasen", "gesprekken", "matches", "activiteiten"],
}


@pytest.mark.parametrize("username", SHOWN)
def test_a_chart_is_for_who_sees_the_list_and_the_fields_that_it_counts_by(username: str, shared_site: Site) -> None:
    browser = shared_site.client(username)

    answers = {name: browser.get(f"/cijfers/{name}/").status_code for name in [*CHARTS, "nothing"]}
    files = {name: browser.get(f"/cijfers/{name}/cijfers.csv").status_code for name in [*CHARTS, "nothing"]}

    assert _tabs(browser) == SHOWN[username]
    assert answers == files == {name: 200 if name in SHOWN[username] else 404 for name in [*CHARTS, "nothing"]}


@pytest.mark.parametrize("username", ["beheer", "fatima"])
def test_who_has_no_files_of_others_has_no_figures(username: str, shared_site: Site) -> None:
    assert shared_site.client(username).get("/cijfers/").status_code == 403


def test_without_the_capability_there_are_no_figures(site: Site) -> None:
    noor = site.client("noor")
    with site.rows() as session:
        session.add(m.Capability(region_id=_utrecht(session), role="ADVISER", name="see_figures", enabled=False))

    assert [noor.get(url).status_code for url in ("/cijfers/", "/cijfers/fasen/cijfers.csv")] == [403, 403]


@BOTH
def test_the_stages_are_those_of_the_own_region(site: Site) -> None:
    with site.rows() as session:
        own = sa.select(m.Candidate.stage, m.Candidate.status).where(
            m.Candidate.region_id == _utrecht(session), m.Candidate.status != Status.LEFT
        )
        wanted = Counter(stage for stage, _ in session.execute(own))
        everywhere = session.scalar(sa.select(sa.func.count(m.Candidate.id)).where(m.Candidate.status != Status.LEFT))

    found = _drawing(site.client("noor"), "/cijfers/fasen/")

    assert found["totals"] == [wanted[stage] for stage in Stage]
    assert 0 < sum(found["totals"]) < everywhere


@BOTH
def test_months_and_advisers_are_counted_as_they_stand_in_the_database(site: Site) -> None:
    with site.rows() as session:
        since = Period(datetime.now(UTC), 18).since
        files = session.scalars(
            sa.select(m.Candidate.created_at).where(m.Candidate.region_id == _utrecht(session), m.Candidate.created_at >= since)
        )
        intake = Counter(f"{moment.astimezone(UTC):%Y-%m}" for moment in files)
        talks = sa.select(m.AdviceSession.held_at, m.UserProfile.name).join(
            m.UserProfile, m.UserProfile.user_id == m.AdviceSession.adviser_id
        )
        own = session.execute(talks.where(m.AdviceSession.region_id == _utrecht(session), m.AdviceSession.held_at >= since)).all()
        per_adviser = Counter(name for _, name in own)
    carla = site.client("carla")

    new = _csv(carla, "/cijfers/instroom/cijfers.csv?maanden=18")
    head, *lines = _csv(carla, "/cijfers/gesprekken/cijfers.csv?maanden=18")
    columns = {name: sum(int(line[place]) for line in lines) for place, name in enumerate(head) if place}
    known = {name: number for name, number in per_adviser.items() if name in columns}

    assert [sum(map(int, line[1:])) for line in new[1:]] == [intake[name] for name in Period(datetime.now(UTC), 18).names]
    assert {name: number for name, number in columns.items() if name != "andere adviseur"} == known
    assert sum(columns.values()) == len(own)


def test_a_school_counts_its_own_matches(shared_site: Site) -> None:
    with shared_site.rows() as session:
        user = session.scalar(
            sa.select(m.Membership).join(m.UserProfile).where(m.Membership.role == "SCHOOL").order_by(m.Membership.id).limit(1)
        )
        board = sa.or_(m.Organisation.id == user.organisation_id, m.Organisation.parent_id == user.organisation_id)
        own = Counter(
            session.scalars(sa.select(m.Match.state).where(m.Match.organisation_id.in_(sa.select(m.Organisation.id).where(board))))
        )

    lines = _csv(shared_site.client("hr"), "/cijfers/matches/cijfers.csv")

    assert [int(line[1]) for line in lines[1:]] == [own[state] for state in MatchState]


# -- the page and the file ----------------------------------------------------------------------------------------------------


def test_the_file_has_the_words_of_the_page_and_the_day_in_its_name(shared_site: Site) -> None:
    answer = shared_site.client("noor").get("/cijfers/fasen/cijfers.csv")
    head, *lines = _csv(shared_site.client("noor"), "/cijfers/fasen/cijfers.csv")

    assert re.fullmatch(r'attachment; filename="fasen-\d{4}-\d\d-\d\d\.csv"', answer.headers["Content-Disposition"])
    assert (head[:2], [line[0] for line in lines][:2], len(lines)) == (["Fase", "actief"], ["interesseren", "oriënteren"], len(Stage))


def test_the_period_is_chosen_by_the_address_and_goes_along_to_the_file(shared_site: Site) -> None:
    noor = shared_site.client("noor")
    page = noor.get("/cijfers/instroom/?maanden=3").text

    sizes = {months: len(_drawing(noor, f"/cijfers/instroom/?maanden={months}")["labels"]) for months in PERIODS}

    assert sizes == {months: months for months in PERIODS}
    assert ('<option value="3" selected>' in page, "/cijfers/instroom/cijfers.csv?maanden=3" in page) == (True, True)
    assert [noor.get(f"/cijfers/instroom/?maanden={text}").status_code for text in ("4", "", "-1", "3 ", "٣", "x" * 999)] == [400] * 6


def test_the_table_is_in_view_up_to_twelve_rows_and_has_totals(shared_site: Site) -> None:
    noor = shared_site.client("noor")

    short, long = noor.get("/cijfers/instroom/?maanden=12").text, noor.get("/cijfers/instroom/?maanden=18").text
    drawing = _drawing(noor, "/cijfers/fasen/")
    foot = re.search(r"<tfoot>.*?</tfoot>", noor.get("/cijfers/fasen/").text)

    assert ['<details class="fold chart-numbers" open>' in page for page in (short, long)] == [True, False]
    assert foot is not None
    assert [int(text.replace(".", "")) for text in re.findall(r"<td>([\d.]+)</td>", foot[0])][-1] == sum(drawing["totals"])


def test_the_chart_says_its_message_to_who_does_not_see_it(shared_site: Site) -> None:
    page = unescape(shared_site.client("noor").get("/cijfers/matches/").text)
    message = _drawing(shared_site.client("noor"), "/cijfers/matches/")["message"]

    labels = re.findall(r'role="img" aria-label="([^"]*)"', page)

    assert labels == [f"{message}. De cijfers staan in de tabel."] * 2
    assert f"<figcaption><h2>{message}</h2></figcaption>" in page


def test_where_nothing_is_a_sentence_stands_and_no_chart(site: Site) -> None:
    with site.rows() as session:
        for model in (m.Registration, m.AdviceSession):
            session.execute(sa.delete(model))
    noor = site.client("noor")

    pages = [noor.get(f"/cijfers/{name}/").text for name in ("gesprekken", "activiteiten")]

    assert ["Er zijn nog geen cijfers." in page for page in pages] == [True, True]
    assert ["data-chart" in page or "echarts" in page or "<table" in page for page in pages] == [False, False]
    assert len(_csv(noor, "/cijfers/gesprekken/cijfers.csv")) == 13


def test_the_drawing_library_is_loaded_on_pages_of_charts_only(shared_site: Site) -> None:
    noor = shared_site.client("noor")

    assert ["echarts" in noor.get(url).text for url in ("/cijfers/", "/", "/kandidaten/list/", "/ideeen/")] == [True, False, False, False]
