"""What the attacks are aimed at: stock Flask-AppBuilder, where they work, and this program, where they must not."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.enums import Source
from app.models import AdviceSession, Candidate, Match, Region, Registration, Task, UserProfile
from tests.site import Site, post
from tests.stock import app as stock

Posts = Sequence[tuple[str, dict[str, Any]]]
State = dict[tuple[str, int], tuple[Any, ...]]
WORKERS = ("noor", "studie")
SECRET = ("birth_year", "email_norm", "current_sector", "stage_seq", "region.id", "password")  # ordered by nobody
DESK_ONLY = ("next_action_on", "created_at")


@dataclass(frozen=True)
class Target:
    """Somebody of the region Utrecht at work, and how to see what they got hold of.

    `pages` and `posts` hold, for each attack, the addresses that it takes here; `foreign` finds people of elsewhere in a page and
    `listed` everybody; `state` is what the database holds: of own rows whose they are, of foreign ones everything.
    """

    is_stock: bool
    app: Flask
    browsers: Mapping[str, FlaskClient]
    pages: Mapping[str, Sequence[str]]
    posts: Mapping[str, Posts]
    foreign: Callable[[str], set[str]]
    listed: Callable[[str], list[str]]
    state: Callable[[], State]

    @property
    def browser(self) -> FlaskClient:
        return next(iter(self.browsers.values()))

    def send(self, url: str, data: dict[str, Any]) -> TestResponse:
        """A POST as a page of this app would send it."""
        return self.browser.post(url, data=data) if self.is_stock else post(self.browser, url, data)


# --- stock ----------------------------------------------------------------------------------------------------------

OWN, FOREIGN = 1, stock.PEOPLE + 1  # the first person of Utrecht, and the first of Zeeland
STOCK_PAGES = {
    "list": ["/candidateview/list/"],
    "select boxes": ["/matchview/add", "/matchview/edit/1"],
    "search form": ["/matchview/list/"],
    "rest": ["/api/v1/match/_info?q=(add_columns:(candidate:(page_size:100)))"],
    "page size": ["/candidateview/list/?psize_CandidateView=10000"],
    "hidden hit": ["/candidateview/list/?_flt_3_note=note+29"],
    "hidden miss": ["/candidateview/list/?_flt_3_note=nothing"],
    "hidden up": ["/candidateview/list/?_oc_CandidateView=note&_od_CandidateView=asc"],
    "hidden down": ["/candidateview/list/?_oc_CandidateView=note&_od_CandidateView=desc"],
    "get delete": [f"/candidateview/delete/{OWN + 4}"],
    "get action": [f"/candidateview/action/shout/{FOREIGN + 2}"],
    "download": ["/candidateview/download/1_sep_cv.txt"],
}
STOCK_POSTS: dict[str, Posts] = {
    "action": [(f"/candidateview/action/shout/{FOREIGN}", {})],
    "actions": [("/candidateview/action_post", {"action": "shout", "rowid": [str(FOREIGN + 1)]})],
    "foreign key, new row": [("/matchview/add", {"title": "hack", "candidate": FOREIGN, "region": stock.UTRECHT})],
    "foreign key, own row": [("/matchview/edit/2", {"title": "hack 3", "candidate": FOREIGN, "region": stock.UTRECHT})],
    "foreign key, prefilled": [(f"/matchview/add?_flt_0_candidate={FOREIGN}", {"title": "hack 2", "region": stock.UTRECHT})],
    "new row elsewhere": [("/candidateview/add", {"name": "Somebody New", "region": stock.ZEELAND})],
    "move to another region": [("/candidateview/edit/3", {"name": "Person03 Utrecht", "region": stock.ZEELAND})],
}


def stock_target(folder: Path) -> Target:
    """Anna of Utrecht in an app with `base_filters`; Kees may not see the activities."""
    app = stock.make_stock(folder)
    browsers = {name: app.test_client() for name in ("anna", "kees")}
    for name, browser in browsers.items():
        browser.post("/login/", data={"username": name, "password": stock.PASSWORD})

    def state() -> State:
        session = app.extensions["sqlalchemy"].session
        with app.app_context():
            people = {
                ("candidate", row.id): (row.region_id, row.note if row.id >= FOREIGN else "")
                for row in session.scalars(sa.select(stock.StockCandidate))
            }
            matches = {("match", row.id): (row.region_id, row.candidate_id) for row in session.scalars(sa.select(stock.StockMatch))}
            session.remove()
        return people | matches

    return Target(
        is_stock=True,
        app=app,
        browsers=browsers,
        pages=STOCK_PAGES,
        posts=STOCK_POSTS,
        foreign=lambda text: set(re.findall(r"\w+\d\d Zeeland", text)),
        listed=lambda text: re.findall(r"<td>\s*(Person\d\d \w+)\s*</td>", text),
        state=state,
    )


# --- ours -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Prey:
    """Rows to attack: one's own and somebody else's."""

    own: dict[str, int]
    foreign: dict[str, int]
    own_number: str
    number: str
    region: int
    numbers: set[str]  # of everybody elsewhere
    names: set[str]
    born: int
    sector: str


def prey_of(site: Site) -> Prey:
    """What lies in Utrecht and what lies elsewhere."""
    with site.rows() as session:
        utrecht = session.scalar(sa.select(Region.id).where(Region.slug == "utrecht"))
        firsts: dict[bool, dict[str, int]] = {True: {}, False: {}}
        for name, model in (
            ("candidate", Candidate),
            ("session", AdviceSession),
            ("task", Task),
            ("match", Match),
            ("registration", Registration),
        ):
            for own in (True, False):
                here = model.region_id == utrecht if own else model.region_id != utrecht
                query = sa.select(model.id).where(here).order_by(model.id)
                if model is Task:
                    query = query.where(Task.done_at.is_(None))
                firsts[own][name] = session.scalar(query.limit(1))
        everybody = session.execute(sa.select(Candidate.number, Candidate.name, Candidate.region_id)).all()
        here = {row.name for row in everybody if row.region_id == utrecht} | set(session.scalars(sa.select(UserProfile.name)))
        number = session.get(Candidate, firsts[False]["candidate"]).number
        some = session.scalar(sa.select(Candidate).where(Candidate.region_id == utrecht, Candidate.birth_year.is_not(None)).limit(1))
        return Prey(
            own=firsts[True],
            foreign=firsts[False],
            own_number=session.get(Candidate, firsts[True]["candidate"]).number,
            number=number,
            region=session.scalar(sa.select(Region.id).where(Region.slug == "rotterdam")),
            numbers={row.number for row in everybody if row.region_id != utrecht} - {number},  # a form shows what was typed into it
            names={row.name for row in everybody if row.region_id != utrecht} - here,
            born=some.birth_year,
            sector=some.current_sector or "",
        )


def our_pages(prey: Prey) -> dict[str, list[str]]:
    """Where the same attacks go here: the same screens, and the addresses that stock FAB would have."""
    forms = ("/matches", "/gesprekken", "/taken", "/aanmeldingen")
    listed = "/kandidaten/list/?psize_KandidatenView=100"
    return {
        "select boxes": [f"{screen}/add" for screen in (*forms, "/kandidaten", "/activiteiten")]
        + [f"/matches/edit/{prey.own['match']}", f"/kandidaten/edit/{prey.own['candidate']}", "/kandidaten/opties/region"],
        "search form": [f"{screen}/list/" for screen in (*forms, "/kandidaten", "/activiteiten", "/organisaties")]
        + ["/matches/opties/candidate", "/taken/opties/candidate"],
        "rest": [
            "/api/v1/candidate/",
            "/api/v1/match/_info?q=(add_columns:(candidate:(page_size:100)))",
            "/kandidaten/api/read",
            "/api/v1/menu/",
        ],
        "page size": ["/kandidaten/list/?psize_KandidatenView=10000", "/kandidaten/list/?psize_KandidatenView=101"],
        "list": [listed],
        "hidden hit": [f"{listed}&_flt_0_birth_year={prey.born}", f"{listed}&_flt_3_current_sector={prey.sector}"],
        "hidden miss": [f"{listed}&_flt_0_birth_year=1901", f"{listed}&_flt_3_current_sector=nothing"],
        "hidden hit, studie": [f"{listed}&_flt_0_source={source.name}" for source in Source],
        "hidden miss, studie": [f"{listed}&_flt_0_source={source.name}" for source in reversed(Source)],
        "hidden up": [f"{listed}&_oc_KandidatenView={name}&_od_KandidatenView=asc" for name in SECRET],
        "hidden down": [f"{listed}&_oc_KandidatenView={name}&_od_KandidatenView=desc" for name in SECRET],
        "hidden up, studie": [f"{listed}&_oc_KandidatenView={name}&_od_KandidatenView=asc" for name in (*SECRET, *DESK_ONLY)],
        "hidden down, studie": [f"{listed}&_oc_KandidatenView={name}&_od_KandidatenView=desc" for name in (*SECRET, *DESK_ONLY)],
        "get delete": [f"/kandidaten/delete/{prey.own['candidate']}", f"/gesprekken/delete/{prey.own['session']}"],
        "get action": [
            f"/kandidaten/action/shout/{prey.own['candidate']}",
            f"/kandidaten/verplaatsen/{prey.own['candidate']}?stage=TEACHING",
        ],
        "download": ["/kandidaten/download/1_sep_cv.txt", "/kandidaten/download/demo.db", "/uitvoer/1_sep_cv.txt"],
    }


def our_posts(prey: Prey) -> dict[str, Posts]:
    """The writing attacks: with the number that a form takes, and with ids smuggled in beside it."""
    ids = {"candidate_id": prey.foreign["candidate"], "region_id": prey.region, "region": prey.region}
    due = {"title": "hack", "holder": "DESK", "due_on": "2026-12-31"}
    held = {"held_at": "2026-11-20T10:00", "summary": "hack", "version": 1}
    rows = {
        "/matches/add": {"organisation": 1},
        "/gesprekken/add": held,
        "/taken/add": due,
        "/aanmeldingen/add": {"activity": 1, "channel": "ADVISER"},
    }
    foreign, own = prey.foreign, prey.own
    return {
        "action": [
            (f"/kandidaten/action/shout/{foreign['candidate']}", {}),
            (f"/kandidaten/verplaatsen/{foreign['candidate']}", {"stage": "TEACHING", "status": "ACTIVE", "reason": "hack", "version": 0}),
            (f"/taken/klaar/{foreign['task']}", {"next_title": "hack", "next_due": "2026-12-31"}),
            (f"/gesprekken/delete/{foreign['session']}", {}),
            (f"/gesprekken/edit/{foreign['session']}", held),
            (f"/matches/edit/{foreign['match']}", {"state": "MUTUAL", "version": 1}),
            (f"/kandidaten/edit/{foreign['candidate']}", {"given_name": "Hack", "version": 1}),
            (f"/aanmeldingen/edit/{foreign['registration']}", {"state": "CANCELLED", "version": 1}),
        ],
        "actions": [
            ("/kandidaten/action_post", {"action": "shout", "rowid": [str(foreign["candidate"])]}),
            ("/kandidaten/export", {"format": "csv", "reason": "hack hack", "rowid": [str(foreign["candidate"])]}),
        ],
        "foreign key, new row": [
            (url, data | ids | {"candidate": candidate}) for url, data in rows.items() for candidate in (prey.number, foreign["candidate"])
        ],
        "foreign key, own row": [
            (f"/gesprekken/edit/{own['session']}", held | ids | {"candidate": prey.number}),
            (f"/taken/edit/{own['task']}", due | ids | {"candidate": prey.number, "version": 1}),
        ],
        "foreign key, prefilled": [
            (f"{url}?_flt_0_candidate={foreign['candidate']}&candidate={prey.number}", data) for url, data in rows.items()
        ],
        "new row elsewhere": [
            ("/kandidaten/add", {"given_name": "Hack", "region": prey.region}),
            (
                "/activiteiten/add",
                {"title": "hack", "kind": "WEBINAR", "form": "ONLINE", "starts_at": "2026-12-31T10:00", "region": prey.region},
            ),
        ],
        "move to another region": [(f"/kandidaten/edit/{own['candidate']}", {"given_name": "Hack", "version": 1, **ids})],
    }


def our_target(site: Site) -> Target:
    """Noor of Utrecht, and a study adviser there, who sees several candidates and less of them."""
    prey = prey_of(site)
    with site.rows() as session:
        utrecht = session.scalar(sa.select(Region.id).where(Region.slug == "utrecht"))

    def state() -> State:
        found: State = {}
        with site.rows() as session:
            for model in (Candidate, AdviceSession, Task, Match, Registration):
                for row in session.execute(sa.select(model.__table__)).mappings():
                    owner = row.get("candidate_id"), row["region_id"]
                    found[model.__name__, row["id"]] = owner if row["region_id"] == utrecht else tuple(row.values())
        return found

    def foreign(text: str) -> set[str]:
        return (set(re.findall(r"K-\d+", text)) & prey.numbers) | {name for name in prey.names if name in text}

    return Target(
        is_stock=False,
        app=site.app,
        browsers={name: site.client(name) for name in WORKERS},
        pages=our_pages(prey),
        posts=our_posts(prey),
        foreign=foreign,
        listed=lambda text: list(dict.fromkeys(re.findall(r"K-\d+", text))),
        state=state,
    )
