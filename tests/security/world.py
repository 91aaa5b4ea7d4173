"""Rows that the demo may lack, so that there is an own, a foreign and a seen-only row for everybody; and ways in and around."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import User
from werkzeug.test import TestResponse

from app import models as m
from app.adapters import clock
from app.enums import (
    ActivityKind,
    ConsentChannel,
    ConsentEvent,
    ConsentPurpose,
    DeliveryState,
    HandoverKind,
    HandoverState,
    Holder,
    MailCategory,
    MailingState,
    MatchState,
    NotificationKind,
    NotSent,
    OfferKind,
    PackageItem,
    RegistrationChannel,
    RegistrationState,
    Role,
    Route,
    Stage,
    Status,
)
from app.extensions import db
from tests.security.plan import ACCOUNTS
from tests.site import Site

NOW = datetime.now(UTC)
NATIONAL, UTRECHT, ROTTERDAM, GOOI = 1, 2, 3, 4
SCHOOL, OTHER_SCHOOL, PROVIDER, OTHER_PROVIDER = 1, 5, 221, 222
FREE = "Nog niemand"  # an activity without registrations
LOGS = frozenset({"read_event", "read_subject", "log_seal", "login_session", "login_attempt", "export_ticket"})
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="[^"]*"')
_NONCE = re.compile(r"nonce(-|=\")[\w+/=-]+")


@dataclass(frozen=True)
class Person:
    """Who asks, as the matrix needs it for its scopes and forms."""

    role: str
    user: int
    membership: int
    regions: tuple[int, ...]
    organisations: tuple[int, ...]
    candidate: int
    number: str  # of a candidate at the own desk, free for a new match or task
    activity: int

    @property
    def words(self) -> dict[str, Any]:
        """What stands for {these} in matrix.yaml."""
        return {
            **self.__dict__,
            "regions": ", ".join(map(str, self.regions)),
            "organisations": ", ".join(map(str, self.organisations)) or "0",
            "region": self.regions[0],
            "organisation": self.organisations[0] if self.organisations else "",
            "soon": (clock.day(clock.now()) + timedelta(days=7)).isoformat(),
        }


def new_file(session: Any, region_id: int, number: str, **values: Any) -> m.Candidate:
    """A candidate's file with its token and first span."""
    name = values.pop("name", number)
    facts = {"name": name, "sort_name": name.casefold(), "surname": name, "stage_entered_at": NOW, "created_at": NOW, **values}
    row = m.Candidate(number=number, region_id=region_id, **facts)
    session.add(row)
    session.flush()
    session.add(m.PersonToken(candidate_id=row.id, token=f"token-{row.id}"))
    span = {"seq": 0, "stage": Stage.EXPLORING, "status": Status.ACTIVE, "in_region_id": region_id, "entered_at": NOW}
    session.add(m.StageSpan(candidate_id=row.id, region_id=region_id, **span))
    session.flush()
    return row


def of(row: m.Candidate) -> dict[str, int]:
    """The key of a row that belongs to a candidate."""
    return {"candidate_id": row.id, "region_id": row.region_id}


def new_match(session: Any, row: m.Candidate, organisation: int, state: MatchState, **values: Any) -> m.Match:
    """A match with one event."""
    match = m.Match(**of(row), organisation_id=organisation, state=state, state_at=NOW, created_at=NOW, **values)
    session.add(match)
    session.flush()
    session.add(
        m.MatchEvent(
            **of(row), match_id=match.id, organisation_id=organisation, state=state, at=NOW, reason=values.get("fell_through_reason")
        )
    )
    session.flush()
    return match


def new_consent(session: Any, row: m.Candidate, organisation: int, event: ConsentEvent, expires_on: date | None = None) -> None:
    """One event of the consent to share reports with an organisation."""
    facts = {"channel": ConsentChannel.PHONE, "text_version": "1.nl", "text_sha256": "0" * 64, "at": NOW, "expires_on": expires_on}
    session.add(m.Consent(**of(row), purpose=ConsentPurpose.SHARE_REPORTS, organisation_id=organisation, event=event, **facts))
    session.flush()


def new_member(session: Any, username: str, role: Role, region_id: int, organisation_id: int | None = None) -> m.Membership:
    """Somebody with a role and no password."""
    user = User(first_name=username, last_name="", username=f"{username}@elders.test", email=f"{username}@elders.test", active=True)
    user.password = "!"
    session.add(user)
    session.flush()
    session.add(m.UserProfile(user_id=user.id, name=username.title(), created_at=NOW))
    session.flush()
    member = m.Membership(user_id=user.id, role=role, region_id=region_id, organisation_id=organisation_id, starts_on=date(2025, 1, 1))
    session.add(member)
    session.flush()
    return member


def new_files(session: Any, report: m.AdviceSession) -> None:
    """Two files with a report: one for advisers, one that is ticked for the candidate."""
    for ticked in (False, True):
        facts = {"name": "brief.pdf", "kind": "application/pdf", "size": 1, "sha256": "0" * 64, "created_at": NOW}
        key = f"{2 * report.id + ticked:032x}"
        row = m.Attachment(session_id=report.id, candidate_id=report.candidate_id, region_id=report.region_id, key=key, **facts)
        row.for_candidate = ticked
        session.add(row)
    session.flush()


def new_mail_template(session: Any, region_id: int, *, shared: bool) -> None:
    words = {"name": "Open dag", "subject": "Kom je ook?", "body": "{{aanhef}}", "subject_en": None, "body_en": None}
    category = MailCategory.ACTIVITIES
    template = m.MailTemplate(region_id=region_id, shared=shared, changed_at=NOW, category=category, **words)
    session.add(template)
    session.flush()
    session.add(m.MailTemplateVersion(template_id=template.id, version=1, content={**words, "category": category.name}, at=NOW))


def new_mailings(session: Any, row: m.Candidate, authors: Iterable[int]) -> None:
    """A message to a group in each state of every author, with somebody who gets it and somebody who does not."""
    to = {"kind": "mailing", "locale": "nl", "not_before": NOW, "created_at": NOW}
    other = new_file(session, row.region_id, f"K-94{row.id}")
    for author in authors:
        for state in (MailingState.SENDING, MailingState.DONE, MailingState.ASKED, MailingState.DRAFT):
            text = {"category": MailCategory.ACTIVITIES, "subject": "Open dag", "body": "{{aanhef}}", "screen": "KandidatenView"}
            facts = {"created_at": NOW, "created_by": author, "idem_key": f"seed:{row.id}:{author}:{state.name}", "send_after": NOW}
            made = m.Mailing(
                region_id=row.region_id, state=state, query="", audience="Kandidaten", prepared_at=NOW, people=2, **text, **facts
            )
            session.add(made)
            session.flush()
            for file, why in ((row, None), (other, NotSent.NO_CONSENT)):
                key = f"seed:{made.id}:{file.id}"
                told = {"not_sent": why, "state": DeliveryState.SUPPRESSED if why else DeliveryState.FAILED}
                keys = {"address": f"{key}@elders.test", "address_norm": f"{key}@elders.test", "dedupe_key": key, "message_id": key}
                session.add(m.Delivery(**of(file), mailing_id=made.id, **keys, **told, **to))
    session.flush()


def new_thread(session: Any, row: m.Candidate, organisation_id: int | None = None, *, text: str = "Dag", **more: Any) -> m.Thread:
    """A conversation with a message of the candidate that has a file."""
    facts = {"in_region_id": row.region_id, "subject": "Een vraag", "created_at": NOW, "last_at": NOW, **more}
    thread = m.Thread(**of(row), organisation_id=organisation_id, **facts)
    session.add(thread)
    session.flush()
    message = m.Message(**of(row), thread_id=thread.id, from_candidate=True, text=text, at=NOW, idem_key=f"seed:{thread.id}")
    session.add(message)
    session.flush()
    facts = {"name": "foto.png", "kind": "image/png", "size": 1, "sha256": "0" * 64, "created_at": NOW, "key": f"{message.id:031x}f"}
    session.add(m.Attachment(**of(row), message_id=message.id, for_candidate=True, **facts))
    session.flush()
    return thread


def new_activity(session: Any, region_id: int, organisation_id: int | None = None, title: str = "Open dag") -> m.Activity:
    """A coming one with room."""
    facts = {"kind": ActivityKind.OPEN_DAY, "title": title, "starts_at": NOW + timedelta(days=9), "created_at": NOW}
    row = m.Activity(region_id=region_id, organisation_id=organisation_id, **facts)
    session.add(row)
    session.flush()
    return row


def new_handover(session: Any, sender: int, *, sent: bool = True, **to: int) -> m.Handover:
    """A file on its way to another region, or referred to an institute, with its first event and one item."""
    row = new_file(session, sender, f"K-93{session.scalar(sa.select(sa.func.max(m.Candidate.id)))}")
    kind = HandoverKind.REGION if "to_region_id" in to else HandoverKind.REFERRAL
    facts = {"state": HandoverState.SENT, "sent_at": NOW, "answer_by": clock.day(NOW)} if sent else {"state": HandoverState.DRAFT}
    made = m.Handover(**of(row), kind=kind, from_region_id=sender, created_at=NOW, question="Kun je helpen?", **facts, **to)
    session.add(made)
    session.flush()
    item = {"kind": PackageItem.MOTIVATION, "title": "motivatie", "text": "Graag" if sent else None}
    session.add(m.HandoverItem(**of(row), handover_id=made.id, **item))
    session.add(m.HandoverEvent(**of(row), handover_id=made.id, state=made.state, at=NOW))
    session.flush()
    return made


def _hand_over(session: Any) -> None:
    """On their way in all directions, and being prepared."""
    for sender, to in ((UTRECHT, ROTTERDAM), (ROTTERDAM, GOOI), (ROTTERDAM, UTRECHT), (NATIONAL, UTRECHT)):
        for sent in (True, False):
            new_handover(session, sender, sent=sent, to_region_id=to)
    for sender in (ROTTERDAM, UTRECHT, NATIONAL):
        for organisation in (OTHER_PROVIDER, PROVIDER):
            for sent in (True, False):
                new_handover(session, sender, sent=sent, organisation_id=organisation)


def seed(session: Any) -> None:
    """For each role something of its own, something it sees and may not change, and something elsewhere."""
    files = [new_file(session, region, f"K-90000{region}") for region in (NATIONAL, UTRECHT, ROTTERDAM)]
    for row in files:
        new_activity(session, row.region_id, title=FREE)
        activity = new_activity(session, row.region_id)
        seat = {"state": RegistrationState.CONFIRMED, "channel": RegistrationChannel.ADVISER, "created_at": NOW, "state_at": NOW}
        session.add(m.Registration(**of(row), activity_id=activity.id, seq=1, **seat))
        talk = {"in_region_id": row.region_id, "held_at": NOW, "created_at": NOW}
        report = m.AdviceSession(**of(row), **talk, summary="Gesproken", shared=True)
        session.add(report)
        session.flush()
        new_files(session, report)
        for shared in (row.region_id == ROTTERDAM, False):
            new_mail_template(session, row.region_id, shared=shared)
        session.add(m.ReportTemplate(region_id=row.region_id, name="Eerste gesprek", summary="Wat we bespraken"))
        task = {"title": "Bellen", "holder": row.holder, "due_on": clock.day(clock.now()), "created_at": NOW}
        session.add(m.Task(**of(row), **task))
        session.add(m.Task(**of(row), **task, done_at=NOW))
        session.add(m.Offer(**of(row), kind=OfferKind.ROUTE, route=Route.PDG, offered_at=NOW))
        plan = m.Plan(**of(row), route=Route.RETURNING, name="Herintreden", started_at=NOW)
        template = m.PlanTemplate(region_id=row.region_id, route=Route.RETURNING, name="Herintreden hier")
        template.steps = [m.PlanStep(position=0, title="Diploma opzoeken", days=0, holder=Holder.CANDIDATE)]
        session.add_all((plan, template))
        session.flush()
        session.add(m.Task(**of(row), **task, plan_id=plan.id))
        new_match(session, row, OTHER_SCHOOL, MatchState.PROPOSED)
        new_thread(session, row, in_region_id=GOOI)  # with the desk that had the file before
        new_thread(session, row)
        for at, organisation in enumerate((SCHOOL, PROVIDER)):
            match = new_file(session, row.region_id, f"K-91{row.region_id}{organisation:03}")
            new_match(session, match, organisation, MatchState.MUTUAL if row.region_id == UTRECHT else MatchState.PROPOSED)
            new_thread(session, match, organisation)
            hosted = new_activity(session, row.region_id, organisation)
            session.add(m.Registration(**of(row), activity_id=hosted.id, seq=1, **seat))
            if at:
                new_consent(session, match, PROVIDER, ConsentEvent.GIVEN)
                talk = {"in_region_id": match.region_id, "held_at": NOW, "created_at": NOW}
                session.add(m.AdviceSession(**of(match), **talk, summary="Gedeeld", shared=True))
        log = {"at": NOW, "verb": "edit", "table": "candidate", "fields": ["name"], "region_id": row.region_id}
        session.add(m.ChangeLog(subject=f"token-{row.id}", **log))
        session.add(m.Article(region_id=row.region_id, title="Nog niet af", body="Tekst"))
    for name, role, region, organisation in (
        ("sanne", Role.SCHOOL, UTRECHT, SCHOOL),
        ("sem", Role.SCHOOL, UTRECHT, SCHOOL),
        ("pien", Role.PROVIDER, UTRECHT, PROVIDER),
        ("stijn", Role.STUDY_ADVISER, UTRECHT, PROVIDER),
        ("ada", Role.ADVISER, UTRECHT, None),
        ("rik", Role.COORDINATOR, ROTTERDAM, None),
        ("lena", Role.NATIONAL, NATIONAL, None),
    ):
        new_member(session, name, role, region, organisation)
    session.add_all(m.RegionLogo(region_id=key, kind="image/png", content=b"-") for key in session.scalars(sa.select(m.Region.id)))
    _hand_over(session)
    _watch_fatima(session)
    _ring(session)
    _write_to_groups(session, files)


def _write_to_groups(session: Any, files: Iterable[m.Candidate]) -> None:
    """By the demo accounts of a region and by a colleague there."""
    desk = (Role.ADVISER, Role.COORDINATOR, Role.NATIONAL)
    for row in files:
        staff = sa.select(m.Membership.user_id).where(m.Membership.region_id == row.region_id, m.Membership.role.in_(desk))
        names = sa.select(User.id).where(User.id.in_(staff), sa.or_(User.username.like("%@demo.test"), User.username.like("%@elders.test")))
        new_mailings(session, row, session.scalars(names.order_by(User.id)).all())


def _ring(session: Any) -> None:
    """Something to hear for everybody who signs in."""
    for user in session.scalars(sa.select(User.id).where(User.username.in_([f"{name}@demo.test" for name in ACCOUNTS.values()]))):
        said = {"kind": NotificationKind.MESSAGE, "words": "message_new", "path": "/account/", "at": NOW}
        session.add(m.Notification(user_id=user, dedupe_key=f"seed:{user}", **said))


def _watch_fatima(session: Any) -> None:
    """A change and a view of the demo candidate's file."""
    file = session.scalar(sa.select(m.Membership.candidate_id).where(m.Membership.role == Role.CANDIDATE))
    token = session.scalar(sa.select(m.PersonToken.token).where(m.PersonToken.candidate_id == file))
    session.add(m.ChangeLog(at=NOW, verb="edit", table="candidate", fields=["place"], region_id=UTRECHT, subject=token))
    new_thread(session, session.get_one(m.Candidate, file))
    new_files(session, session.scalar(sa.select(m.AdviceSession).where(m.AdviceSession.candidate_id == file).limit(1)))
    event = m.ReadEvent(at=NOW, screen="kandidaten", channel="show", actor_role=Role.ADVISER, actor_region_id=UTRECHT)
    session.add(event)
    session.flush()
    session.add(m.ReadSubject(token=token, event_id=event.id))


def person(site: Site, role: str) -> Person:
    """The demo account with this role."""
    with site.rows() as session:
        query = sa.select(m.Membership).join(User, User.id == m.Membership.user_id)
        member = session.scalars(query.where(User.username == f"{ACCOUNTS[role]}@demo.test").order_by(m.Membership.id)).first()
        own = member.organisation_id
        below = session.scalars(sa.select(m.Organisation.id).where(m.Organisation.parent_id == own)) if own else ()
        activity = sa.select(m.Activity.id).where(m.Activity.region_id == member.region_id, m.Activity.title == FREE)
        return Person(
            role=role,
            user=member.user_id,
            membership=member.id,
            regions=(member.region_id,),
            organisations=(own, *below) if own else (),
            candidate=member.candidate_id or 0,
            number=f"K-90000{member.region_id}",
            activity=session.scalar(activity) or 0,
        )


def copy_of(file: Path, folder: Path) -> str:
    """The address of a copy of an SQLite database."""
    shutil.copy(file, folder / "loket.db")
    with closing(sqlite3.connect(folder / "loket.db")) as connection:
        for (key,) in connection.execute("SELECT key FROM attachment"):
            place = folder / "attachments" / key[:2] / key
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(b"-")
    return f"sqlite:///{folder / 'loket.db'}"


def settle(file: Path) -> None:
    """Move everything out of the write-ahead log, so that the file can be copied."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def dump(site: Site, but: Iterable[str] = LOGS) -> dict[str, list[str]]:
    """Every row of every table but some, in an order of its own."""
    left_out = set(but)
    with site.app.app_context(), db.engine.connect() as connection:
        names = [name for name in sa.inspect(connection).get_table_names() if name not in left_out]
        return {name: sorted(map(repr, connection.execute(sa.text(f'SELECT * FROM "{name}"')).all())) for name in names}


def plain(answer: TestResponse, pk: int | None = None) -> tuple[int, tuple[tuple[str, str], ...], str]:
    """An answer without what differs from one request to the next: token, nonce, cookie values, and the number asked for."""
    kept = ((name, value) for name, value in answer.headers if name not in ("Date", "Content-Length"))
    heads = sorted((name, value.partition("=")[0] if name == "Set-Cookie" else _NONCE.sub("nonce", value)) for name, value in kept)
    text = _NONCE.sub("nonce", _TOKEN.sub("token", answer.get_data(as_text=True)))
    if pk is not None:
        heads = [(name, re.sub(rf"\b{pk}\b", "#", value) if name == "Location" else value) for name, value in heads]
        text = text if answer.status_code != 302 else ""
    return answer.status_code, tuple(heads), text
