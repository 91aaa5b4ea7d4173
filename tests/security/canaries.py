"""A word of its own in every personal field of some candidates, and who may come across which of them (domain, "who sees what")."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from app import models as m
from app.adapters import clock
from app.enums import Certainty, ConsentEvent, Education, MatchParty, MatchState, RegistrationChannel, RegistrationState, Role
from tests.security import world
from tests.security.world import NATIONAL, NOW, OTHER_SCHOOL, PROVIDER, ROTTERDAM, SCHOOL, UTRECHT

# letter → region and what binds the candidate to others
HOME, ELSEWHERE, NATIONALLY, OF_SCHOOL, OF_PROVIDER, PROPOSED, CONSENTED = "a", "b", "n", "c", "d", "e", "f"
WITHDRAWN, LAPSED, FELL_THROUGH, REGISTERED, OF_OTHERS, OF_SCHOOL_ELSEWHERE, BOTH, HERSELF = "g", "l", "h", "r", "s", "o", "j", "m"
REGION = {ELSEWHERE: ROTTERDAM, OF_SCHOOL_ELSEWHERE: ROTTERDAM, NATIONALLY: NATIONAL}
LETTERS = (
    *(HOME, ELSEWHERE, NATIONALLY, OF_SCHOOL, OF_PROVIDER, PROPOSED, CONSENTED, WITHDRAWN),
    *(LAPSED, FELL_THROUGH, REGISTERED, OF_OTHERS, OF_SCHOOL_ELSEWHERE, BOTH, HERSELF),
)
MATCHES = {
    OF_SCHOOL: ((SCHOOL, MatchState.MUTUAL),),
    OF_SCHOOL_ELSEWHERE: ((SCHOOL, MatchState.MUTUAL),),
    OF_PROVIDER: ((PROVIDER, MatchState.MUTUAL),),
    BOTH: ((PROVIDER, MatchState.PLACED),),
    PROPOSED: ((SCHOOL, MatchState.PROPOSED), (PROVIDER, MatchState.INTEREST_CANDIDATE)),
    OF_OTHERS: ((OTHER_SCHOOL, MatchState.MUTUAL),),
}
ENDED = {OF_SCHOOL: (SCHOOL,), OF_PROVIDER: (PROVIDER,), FELL_THROUGH: (SCHOOL, PROVIDER)}  # fell through, with whom

# The lines of the table, as the screens show them.
NAME = frozenset({"name", "email", "email2", "phone", "linkedin"})
NAME_PARTS = frozenset({"given_name", "infix", "surname"})  # only in the form
PLACE = frozenset({"place", "pc4"})
STUDY = frozenset({"field_of_study", "diploma_country", "hours_min", "hours_max", "available_from"})
EMPLOYER, FUNCTION, MOTIVATION = frozenset({"employer", "current_sector"}), frozenset({"current_function"}), frozenset({"motivation"})
BIRTH, TASKS = frozenset({"birth_year"}), frozenset({"task"})
SHARED, SUMMARIES = frozenset({"summary_shared"}), frozenset({"summary_shared", "summary_own"})
NOTES = frozenset({"notes_shared", "notes_own"})
OUTCOMES = frozenset({"outcome_theirs", "outcome_ours", "event_theirs", "event_ours"})
REASONS = frozenset({"span"})  # why the desk took a step
WRITTEN, LETTERS_OF_OURS = frozenset({"message"}), frozenset({"letter"})  # to the desk, to an organisation
UNSEEN = frozenset({"sort_name", "email_norm", "phone_norm", "location"})  # on no screen

FILE = (
    NAME | NAME_PARTS | PLACE | STUDY | EMPLOYER | FUNCTION | MOTIVATION | BIRTH | TASKS | SUMMARIES | NOTES | REASONS | OUTCOMES | WRITTEN
)
OWN_FILE = FILE - NAME_PARTS - NOTES - REASONS | {"given_name"}  # by which the own place greets
PARTNER = NAME | PLACE | STUDY | FUNCTION | MOTIVATION
FIELDS = FILE | UNSEEN | LETTERS_OF_OURS

_UTRECHT = [letter for letter in LETTERS if letter not in REGION]
SEEN: dict[str, dict[str, frozenset[str]]] = {
    "noor": dict.fromkeys(_UTRECHT, FILE),
    "carla": dict.fromkeys(_UTRECHT, FILE),
    "zeki": dict.fromkeys((ELSEWHERE, OF_SCHOOL_ELSEWHERE), FILE),
    "nadia": {NATIONALLY: FILE},
    "hr": dict.fromkeys((OF_SCHOOL, OF_SCHOOL_ELSEWHERE), PARTNER | LETTERS_OF_OURS),
    "opleider": dict.fromkeys((OF_PROVIDER, BOTH), PARTNER | LETTERS_OF_OURS),
    "studie": {OF_PROVIDER: PARTNER, CONSENTED: PARTNER | SHARED, BOTH: PARTNER | SHARED},
    "fatima": {HERSELF: OWN_FILE},
    "beheer": {},
}

_ODD = {
    "pc4": lambda letter: f"ƶq{letter}4",
    "diploma_country": lambda letter: f"ƶ{letter}",
    "birth_year": lambda letter: 8_800_000 + ord(letter),
    "hours_min": lambda letter: 7_700_000 + ord(letter),
    "hours_max": lambda letter: 7_800_000 + ord(letter),
    "available_from": lambda letter: date(2800 + ord(letter), 3, 1),
}


def word(letter: str, name: str) -> Any:
    """What stands in this field of this candidate and nowhere else."""
    return _ODD[name](letter) if name in _ODD else f"zq{letter}{name.replace('_', '')}x"


def _signs(letter: str, name: str) -> tuple[str, ...]:
    """How a canary looks on a page, in a form and in a file."""
    sign = word(letter, name)
    if isinstance(sign, date):
        return f"mrt {sign.year}", f"mar {sign.year}", f"{sign:%Y-%m-%d}", f"{sign:%d-%m-%Y}"
    return (str(sign).lower(),)


_SIGNS = {sign: (letter, name) for letter in LETTERS for name in FIELDS for sign in _signs(letter, name)}
_LIKE_A_SIGN = re.compile(r"zq[a-z0-9]+x|ƶq\w4|ƶ\w|m[ar][rt] \d{4}|\d{4}-03-01|01-03-\d{4}|\d{7}")


def found_in(text: str) -> set[tuple[str, str]]:
    """(letter, field) of every canary in a text."""
    return {_SIGNS[sign] for sign in set(_LIKE_A_SIGN.findall(text.lower())) & _SIGNS.keys()}


def expected(username: str) -> set[tuple[str, str]]:
    """What a demo account may come across; outcomes only where there are such matches."""
    seen = {(letter, name) for letter, names in SEEN[username].items() for name in names}
    return {key for key in seen if key[1] not in ("outcome_ours", "event_ours") or key[0] in ENDED}


def _file(session: Any, letter: str) -> m.Candidate:
    own = ("name", "sort_name", "given_name", "infix", "surname", "email2", "phone", "email_norm", "phone_norm", "linkedin", "place")
    names = (*own, *(STUDY | EMPLOYER | FUNCTION | MOTIVATION | BIRTH), "pc4", "email")
    values = {name: word(letter, name) for name in names}
    facts = {"education": Education.PHD, "certainty": Certainty.READY}
    if letter != HERSELF:
        return world.new_file(session, REGION.get(letter, UTRECHT), f"K-77{ord(letter):04}", **values, **facts)
    row = session.scalar(sa.select(m.Candidate).join(m.Membership, m.Membership.candidate_id == m.Candidate.id))
    for name, value in values.items():
        setattr(row, name, value)
    session.execute(sa.delete(m.Match).where(m.Match.candidate_id == row.id))
    session.flush()
    return row  # type: ignore[no-any-return]


def plant(session: Any) -> None:
    """Put the candidates and what belongs to them into the database."""
    for letter in LETTERS:
        row = _file(session, letter)
        key = world.of(row)
        session.add(m.Task(**key, title=word(letter, "task"), holder=row.holder, due_on=clock.day(clock.now()), created_at=NOW))
        for kind, shared in (("shared", True), ("own", False)):
            texts = {"summary": word(letter, f"summary_{kind}"), "notes": word(letter, f"notes_{kind}")}
            session.add(m.AdviceSession(**key, in_region_id=row.region_id, held_at=NOW, created_at=NOW, shared=shared, **texts))
        span = session.scalar(sa.select(m.StageSpan).where(m.StageSpan.candidate_id == row.id, m.StageSpan.left_at.is_(None)))
        span.reason = word(letter, "span")
        place = {"pc4": "3511", "place": word(letter, "location"), "latitude": 52.0, "longitude": 5.0, "radius_km": 10}
        session.add(m.CandidateLocation(**key, **place))
        for organisation, state in MATCHES.get(letter, ()):
            world.new_match(session, row, organisation, state)
            world.new_thread(session, row, organisation, text=word(letter, "letter"))
        world.new_thread(session, row, text=word(letter, "message"))
        _end(session, row, letter, OTHER_SCHOOL + 1, "theirs")
        for organisation in ENDED.get(letter, ()):
            _end(session, row, letter, organisation, "ours")
    _bind(session)


def _end(session: Any, row: m.Candidate, letter: str, organisation: int, whose: str) -> None:
    facts = {"fell_through_by": MatchParty.CANDIDATE, "fell_through_reason": word(letter, f"outcome_{whose}")}
    match = world.new_match(session, row, organisation, MatchState.FELL_THROUGH, **facts)
    event = session.scalar(sa.select(m.MatchEvent).where(m.MatchEvent.match_id == match.id))
    event.reason = word(letter, f"event_{whose}")


def _bind(session: Any) -> None:
    files = {letter: session.scalar(sa.select(m.Candidate).where(m.Candidate.name == word(letter, "name"))) for letter in LETTERS}
    yesterday = clock.day(clock.now()) - timedelta(days=1)
    for letter in (CONSENTED, BOTH, WITHDRAWN):
        world.new_consent(session, files[letter], PROVIDER, ConsentEvent.GIVEN)
    world.new_consent(session, files[LAPSED], PROVIDER, ConsentEvent.GIVEN, expires_on=yesterday)
    world.new_consent(session, files[WITHDRAWN], PROVIDER, ConsentEvent.WITHDRAWN)
    for organisation in (SCHOOL, PROVIDER):
        hosted = world.new_activity(session, UTRECHT, organisation)
        seat = {"state": RegistrationState.CONFIRMED, "channel": RegistrationChannel.ADVISER, "created_at": NOW, "state_at": NOW}
        for seq, letter in enumerate((REGISTERED, OF_SCHOOL, OF_PROVIDER), 1):
            session.add(m.Registration(**world.of(files[letter]), activity_id=hosted.id, seq=seq, **seat))
    for role in (Role.SCHOOL, Role.PROVIDER, Role.STUDY_ADVISER):
        session.add(m.Capability(region_id=UTRECHT, role=role, name="export", enabled=True))


def looked_at(username: str) -> tuple[str, ...]:
    """Whose rows somebody opens one by one: everybody's; at a desk, where most look alike, one of each kind and all of elsewhere."""
    return LETTERS if username not in ("noor", "carla") else (HOME, OF_SCHOOL, FELL_THROUGH, HERSELF, *REGION)


def rows(session: Any, table: str, letters: Iterable[str] = LETTERS) -> Iterator[int]:
    """Keys of the canaries' rows in a table; for tables about nobody the newest."""
    ids = sa.select(m.Candidate.id).where(m.Candidate.name.in_([word(letter, "name") for letter in letters]))
    model = next(one for one in m.Candidate.registry.mappers if one.local_table.name == table).class_
    if model is m.Candidate:
        return iter(session.scalars(ids).all())
    if hasattr(model, "candidate_id") and model is not m.Membership:
        return iter(session.scalars(sa.select(model.id).where(model.candidate_id.in_(ids))).all())
    return iter(session.scalars(sa.select(model.id).order_by(model.id.desc()).limit(3)).all())


def said(keys: Iterable[tuple[str, str]], username: str = "") -> list[str]:
    """(letter, field) as words to compare, of those whom this person looks at."""
    return sorted(f"{letter}: {name}" for letter, name in keys if letter in looked_at(username))
