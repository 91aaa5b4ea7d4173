"""The only place for raw SQL: searching, logging who was looked at, counting up to a limit.

What stands here goes around the ORM, so each function says how it stays behind the wall; tests/queries/test_raw.py attacks them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.errors import BadInput
from app.models import Candidate, Delivery, PersonToken, ReadSubject, UtcDateTime
from app.security.identity import Identity, who
from app.security.scope import SYSTEM_READ, criteria

SEARCHED = ("number", "name", "email", "email2", "place")  # the columns of the index, in its order: migration 0002
LONGEST_TERM = 100
GRAM = 3
COMMON = 20_000  # hits in the index; measured with a million candidates
NUMBER_START = "K-"
IDS_A_STATEMENT = 1000
COUNT_CAP = 10_000

Statement = TypeVar("Statement", sa.Select[Any], sa.Insert)

_CANDIDATE: sa.Table = Candidate.__table__
# FTS5 keeps the texts in a table of its own (its documentation, §9); reading that is twice as quick as asking the index for them.
_INDEX = sa.table("candidate_search", sa.column("rowid", sa.Integer))
_TEXT = sa.table("candidate_search_content", sa.column("id", sa.Integer), *(sa.column(f"c{at}", sa.Text) for at in range(len(SEARCHED))))
_WIDER = {"ß": "ss", "ẞ": "ss", "æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe", "ĳ": "ij", "Ĳ": "ij", "þ": "th", "Þ": "th"}
_BARE = {"ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "đ": "d", "Đ": "d", "ð": "d", "Ð": "d", "ı": "i", "ħ": "h", "Ħ": "h"}


def _letters() -> Iterator[tuple[str, str]]:
    for point in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00)):
        first = unicodedata.normalize("NFD", chr(point))[0]
        if first.isascii():
            yield chr(point), first.lower()
    yield from _BARE.items()
    yield from _WIDER.items()
    yield from ((chr(mark), "") for mark in range(0x300, 0x370))
    yield from ((chr(capital), chr(capital).lower()) for capital in range(ord("A"), ord("Z") + 1))


_PLAIN = str.maketrans(dict(_letters()))


def plain(text: str) -> str:
    """The text as the search index holds it: Latin letters in lower case without accents; the database does the same."""
    return text.translate(_PLAIN)


def search(term: str, columns: Collection[str], dialect: str, *, common: bool = False) -> sa.ColumnElement[bool]:
    """The criterion on Candidate that every word of the term stands somewhere in the given columns (of SEARCHED).

    Capitals and accents make no difference. A column that is left out is not looked at: somebody who may not see it learns nothing
    from a hit. A term of one or two letters looks at the beginning of the surname only, one or two digits at that of the number. It adds
    no rows to what the wall lets through. Raises BadInput for a term that is too long or no text. `common` is the answer of
    `is_common`: it changes how rows are found, never which.
    """
    words = plain(_cleaned(term)).split()
    looked_at = [name for name in SEARCHED if name in columns]
    if not words or not looked_at:
        return sa.false() if words else sa.true()
    if max(map(len, words)) < GRAM:
        return _begins(_cleaned(term).split(), looked_at, dialect)
    if dialect == "sqlite":
        return _sqlite_rows(words, looked_at) if common else Candidate.id.in_(_sqlite_hits(words, looked_at))
    return _holds(Candidate.__table__.c, words, looked_at) if common else Candidate.id.in_(_postgresql_hits(words, looked_at))


def is_common(session: Session, term: str) -> bool:
    """Whether so many candidates may hold the term ("gmail.com") that going through the list until the page is full is quicker.

    It looks past the wall, at the index only, and costs some ten milliseconds at most.
    """
    grams = _grams(plain(_cleaned(term)).split())
    if not grams:
        return False
    if session.get_bind().dialect.name == "sqlite":
        told = sa.select(_INDEX.c.rowid).where(_matches(grams))
    else:
        told = sa.select(_CANDIDATE.c.id).where(_has_grams(_CANDIDATE, grams))
    return session.execute(capped_count(told, COMMON), execution_options=SYSTEM_READ).scalar_one() > COMMON


def _cleaned(term: str) -> str:
    if len(term) > LONGEST_TERM:
        raise BadInput(_l("A search has at most %(most)s characters.", most=LONGEST_TERM))
    if any(unicodedata.category(sign) == "Cs" for sign in term):
        raise BadInput(_l("This search holds characters that are no text."))
    return "".join(" " if unicodedata.category(sign) == "Cc" else sign for sign in term).strip()


def _grams(words: Sequence[str]) -> list[str]:
    return sorted({word[at : at + GRAM] for word in words for at in range(len(word) - GRAM + 1)})


def _matches(grams: Sequence[str]) -> sa.ColumnElement[bool]:
    query = " ".join('"' + gram.replace('"', '""') + '"' for gram in grams)
    return sa.literal_column(_INDEX.name).op("MATCH", return_type=sa.Boolean)(query)


def _sqlite_hits(words: Sequence[str], columns: Sequence[str]) -> sa.Select[Any]:
    """The index names rows that hold all trigrams, in whatever column; then the words themselves are looked for."""
    both = _INDEX.join(_TEXT, _TEXT.c.id == _INDEX.c.rowid)
    return sa.select(_INDEX.c.rowid).select_from(both).where(_matches(_grams(words)), _in_text(words, columns))


def _sqlite_rows(words: Sequence[str], columns: Sequence[str]) -> sa.ColumnElement[bool]:
    return sa.exists().where(_TEXT.c.id == Candidate.id, _in_text(words, columns)).correlate(_CANDIDATE)


def _in_text(words: Sequence[str], columns: Sequence[str]) -> sa.ColumnElement[bool]:
    shown = [_TEXT.c[f"c{SEARCHED.index(name)}"] for name in columns]
    return sa.and_(*(sa.or_(*(sa.func.instr(column, word) > 0 for column in shown)) for word in words))


def _has_grams(row: Any, grams: Sequence[str]) -> sa.ColumnElement[bool]:
    text = sa.func.search_text(*(row.c[name] for name in SEARCHED))
    return sa.func.trigrams(text).op("@>", return_type=sa.Boolean)(sa.literal(grams, ARRAY(sa.Text)))


def _postgresql_hits(words: Sequence[str], columns: Sequence[str]) -> sa.Select[Any]:
    """The same; materialised, so that the planner asks this index first whatever else the statement asks."""
    row = _CANDIDATE.alias()
    shown = sa.select(row.c.id, *(row.c[name] for name in columns)).where(_has_grams(row, _grams(words)))
    hit = shown.cte().prefix_with("MATERIALIZED")
    return sa.select(hit.c.id).where(_holds(hit.c, words, columns))


def _holds(row: Any, words: Sequence[str], columns: Sequence[str]) -> sa.ColumnElement[bool]:
    return sa.and_(*(sa.or_(*(sa.func.strpos(sa.func.plain(row[name]), word) > 0 for name in columns)) for word in words))


def _begins(words: Sequence[str], columns: Sequence[str], dialect: str) -> sa.ColumnElement[bool]:
    """Too short for the index: the first word begins the surname or the number, the others stand in the sort name."""
    first, *others = words
    if first.isdecimal() and not others:
        numbered = sa.select(_CANDIDATE.c.id).where(_prefix(_CANDIDATE.c.number, f"{NUMBER_START}{first}", dialect))
        return Candidate.id.in_(numbered) if "number" in columns else sa.false()
    if "name" not in columns:
        return sa.false()
    rest = sa.func.instr if dialect == "sqlite" else sa.func.strpos
    named = (rest(Candidate.sort_name, word.casefold()) > 0 for word in others)
    return sa.and_(_prefix(Candidate.sort_name, first.casefold(), dialect), *named)


def _prefix(column: sa.ColumnElement[str] | InstrumentedAttribute[str], text: str, dialect: str) -> sa.ColumnElement[bool]:
    if dialect == "sqlite":
        return sa.and_(column >= text, column < text + chr(0x10FFFF))
    return column.startswith(text, autoescape=True)


def log_subjects(session: Session, event_id: int, candidates: sa.Select[Any]) -> int:
    """Note under a read event whose files they were, of a select of Candidate.id; returns how many. One INSERT … SELECT.

    The select may be handed over as it is: it is limited to what whoever asks may see.
    """
    done = session.execute(_noting(event_id, candidates), execution_options={**SYSTEM_READ, "preserve_rowcount": True})
    return int(done.rowcount)  # type: ignore[attr-defined]


def log_each(session: Session, event_id: int, candidate_ids: Sequence[int]) -> list[str]:
    """The same for these candidates; returns their tokens. One statement per thousand."""
    tokens: list[str] = []
    for start in range(0, len(candidate_ids), IDS_A_STATEMENT):
        noting = _noting(event_id, candidate_ids[start : start + IDS_A_STATEMENT])
        tokens += session.scalars(noting.returning(ReadSubject.__table__.c.token), execution_options=SYSTEM_READ)
    return tokens


def _noting(event_id: int, candidates: Any) -> sa.Insert:
    token = PersonToken.__table__.c
    # in the order of the index that they go into, which is kinder to it than a hundred thousand at random
    subjects = sa.select(token.token, sa.literal(event_id)).where(token.candidate_id.in_(candidates)).order_by(token.token)
    return walled(sa.insert(ReadSubject.__table__).from_select(["token", "event_id"], subjects))


def freeze(mailing_id: int, people: sa.Select[Any], now: datetime, not_before: datetime, dialect: str) -> sa.Insert:
    """One INSERT … SELECT that writes a row for everybody in an audience, also who gets no mail; `people` as audiences.recipients makes it.

    Limited to what whoever asks may see. Each mail gets a Message-ID of its own, at random.
    """
    who_gets = people.subquery("people").c
    random = sa.func.lower(sa.func.hex(sa.func.randomblob(18))) if dialect == "sqlite" else sa.cast(sa.func.gen_random_uuid(), sa.String)
    state = sa.case((who_gets.not_sent.is_(None), sa.literal("QUEUED")), else_=sa.literal("SUPPRESSED"))
    columns = {
        **{name: who_gets[name] for name in ("candidate_id", "region_id", "address", "address_norm", "locale", "not_sent")},
        "kind": sa.literal("mailing"),
        "mailing_id": sa.literal(mailing_id),
        "state": state,
        "attempts": sa.literal(0),
        "not_before": sa.literal(not_before, UtcDateTime()),
        "created_at": sa.literal(now, UtcDateTime()),
        "message_id": random,
        "dedupe_key": sa.literal(f"mailing:{mailing_id}:").concat(who_gets.key),
    }
    return walled(sa.insert(Delivery.__table__).from_select(list(columns), sa.select(*columns.values()), include_defaults=False))


def walled(statement: Statement) -> Statement:
    """A statement on bare tables whose mapped subqueries see only what whoever asks may see. A job sees everything.

    SQLAlchemy reads the criteria from the outermost statement only: on the subquery itself they would be ignored without a word.
    """
    asking = who()
    return statement.options(*criteria(asking)) if isinstance(asking, Identity) else statement


def capped_count(select_ids: sa.Select[Any], cap: int = COUNT_CAP) -> sa.Select[int]:
    """How many rows a select finds, up to cap + 1, which means "more than cap": the cost stays the same when the table grows."""
    return sa.select(sa.func.count()).select_from(select_ids.order_by(None).limit(cap + 1).subquery())


@contextmanager
def unlocked(connection: sa.Connection, tables: Collection[str]) -> Iterator[None]:
    """Let rows of append-only tables be removed inside the block: for retention only, in the transaction that signs what it drops."""
    if connection.dialect.name == "postgresql":
        for table in tables:
            connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield
        for table in tables:
            connection.exec_driver_sql(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        return
    marks = ", ".join("?" * len(tables))
    triggers = f"SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN ({marks}) ORDER BY name"
    made = connection.exec_driver_sql(triggers, tuple(tables)).all()
    for name, _ in made:
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    yield
    for _, again in made:
        connection.exec_driver_sql(again)
