"""What the tests of reports share: a report as a form sends it, and what is left of it."""

from __future__ import annotations

import html
import io
import re
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from app.adapters import clock
from app.enums import Status
from app.models import AdviceSession, Attachment, Candidate, ChangeLog, Region, Task
from tests.site import Site, token

ADD = "/gesprekken/add"
SUMMARY = "We bezoeken samen een school in de buurt."


def candidate(site: Site, region: str = "utrecht") -> tuple[int, str]:
    """An active candidate with a next action."""
    with site.rows() as session:
        query = sa.select(Candidate.id, Candidate.number).join(Region, Region.id == Candidate.region_id)
        mine = query.where(Region.slug == region, Candidate.status == Status.ACTIVE, Candidate.next_action_on.is_not(None))
        key, number = session.execute(mine.order_by(Candidate.id).limit(1)).one()
        return int(key), str(number)


def day(ahead: int) -> str:
    return f"{clock.day(clock.now()) + timedelta(days=ahead):%d-%m-%Y}"


def counts(site: Site) -> tuple[int, ...]:
    """How many reports, tasks, attachments and changes there are, and files on the disk."""
    with site.rows() as session:
        rows = [session.scalar(sa.select(sa.func.count()).select_from(model)) for model in (AdviceSession, Task, Attachment, ChangeLog)]
    return (*rows, len(stored(site)))


def stored(site: Site) -> list[Any]:
    folder = site.app.config["LOKET"].data_dir / "attachments"
    return sorted(path for path in folder.rglob("*") if path.is_file())


def fields(number: str, **more: Any) -> dict[str, Any]:
    return {"candidate": number, "held_at": f"{clock.local(clock.now()):%d-%m-%Y %H:%M}", "kinds": ["PHONE"], "summary": SUMMARY, **more}


def file(content: bytes, name: str) -> FileStorage:
    return FileStorage(io.BytesIO(content), name)


def send(browser: FlaskClient, url: str, given: dict[str, Any]) -> TestResponse:
    """The form as a browser sends one that has files. (A body in memory: the test client would leave a temporary file open.)"""
    boundary, body = encode_multipart({**given, "csrf_token": token(browser)})
    return browser.post(url, data=body, content_type=f"multipart/form-data; boundary={boundary}")


def newest(site: Site, model: Any) -> Any:
    with site.rows() as session:
        row = session.scalars(sa.select(model).order_by(model.id.desc()).limit(1)).one()
        session.expunge(row)
        return row


def kept_text(page: str, name: str = "summary") -> str:
    found = re.search(rf'<textarea[^>]*name="{name}"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    return html.unescape(found[1]).replace("\r\n", "\n").removeprefix("\n").strip() if found else ""
