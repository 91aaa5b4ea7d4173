"""What tests of messages to a group share: writing one, pressing its buttons, looking what became of it."""

from __future__ import annotations

import html
import re
from typing import Any

import sqlalchemy as sa
from flask.testing import FlaskClient

from app.enums import DeliveryState, MailingState
from app.models import Delivery, Mailing, Region
from tests.site import Site, hidden, post

UTRECHT = 2
NEW, LIST = "/berichten/groep/nieuw", "/berichten/groep/list/"
TEXT = {"category": "ACTIVITIES", "subject": "Open avond", "body": "{{aanhef}},\n\nKom je ook?"}
S, D = MailingState, DeliveryState


def text_of(page: str) -> str:
    """What stands on a page, on one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def begin(browser: FlaskClient, query: str = "", screen: str = "KandidatenView", **text: str) -> Any:
    """Fill the form in for a list and look who gets it."""
    page = browser.get(NEW, query_string={"screen": screen, "query": query})
    assert page.status_code == 200, page.text
    return post(browser, NEW, {**hidden(page.text), **TEXT, **text})


def written(site: Site, browser: FlaskClient, query: str = "", **text: str) -> int:
    """A message that was looked at; its key."""
    answer = begin(browser, query, **text)
    assert answer.status_code == 302, text_of(answer.text)
    return int(answer.headers["Location"].rsplit("/", 1)[1])


def step(browser: FlaskClient, verb: str, key: int, **data: Any) -> Any:
    """Press a button on the page of a message."""
    page = f"/berichten/groep/show/{key}"
    return post(browser, f"/berichten/groep/{verb}/{key}", {**hidden(browser.get(page).text), **data}, page=page)


def mailing(site: Site, key: int) -> Mailing:
    with site.rows() as session:
        row: Mailing = session.get(Mailing, key)
        session.expunge(row)
        return row


def put(site: Site, key: int, **values: Any) -> None:
    with site.rows() as session:
        session.execute(sa.update(Mailing).where(Mailing.id == key).values(**values))


def states(site: Site, key: int) -> dict[D, int]:
    with site.rows() as session:
        query = sa.select(Delivery.state, sa.func.count()).where(Delivery.mailing_id == key).group_by(Delivery.state)
        return dict(session.execute(query).all())


def everybody_agrees(site: Site) -> None:
    """Nobody is asked first: the numbers of the region are high enough."""
    with site.rows() as session:
        session.execute(sa.update(Region).values(approve_above=100_000, quiet_from=None, quiet_until=None))


def going(site: Site, browser: FlaskClient) -> int:
    everybody_agrees(site)
    key = written(site, browser)
    step(browser, "versturen", key)
    return key
