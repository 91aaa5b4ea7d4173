"""Checking the logs against their seals, tying the chains of seals together, and letting go of what is old.

What is found says which row: changed, gone, put in by hand, or under a seal that was changed or is gone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from heapq import merge
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext

from app.adapters import clock, sealing
from app.adapters.sealing import FIRST, Sealer
from app.errors import BadInput, DomainError
from app.extensions import db, reading, transaction
from app.models import ChangeLog, LogHead, LogSeal, ReadEvent, ReadSubject
from app.queries import audit as asked
from app.queries import raw

OVERLAP = timedelta(hours=1)  # a transaction that began before a head may have ended after it
KEEP_AT_LEAST = timedelta(days=30)
MOST_TOLD = 100
NAMES = {"c": "change_log", "r": "read_event"}


class CannotVerify(DomainError):
    """The logs cannot be checked at all, as opposed to: they are broken."""


@dataclass
class Report:
    """What a check saw: how much, and what is wrong. Only the first hundred faults are kept."""

    heads: int = 0
    seals: int = 0
    rows: int = 0
    unsealed: int = 0  # rows from before there were seals
    faults: int = 0
    told: list[str] = field(default_factory=list)
    last_head: str = ""

    def fault(self, words: str) -> None:
        """Note a fault."""
        self.faults += 1
        if len(self.told) < MOST_TOLD:
            self.told.append(words)


@dataclass
class _Signed:
    """What the heads say: how far each chain must reach, and how far each was let go of."""

    reached: dict[str, tuple[int, str]] = field(default_factory=dict)
    dropped: dict[str, tuple[int, str]] = field(default_factory=dict)


# --- heads ----------------------------------------------------------------------------------------------------------


def close(key: str, *, now: datetime) -> str:
    """Write how far all chains have come; gives the line for the log stream. In a transaction of its own, so that no line is printed
    for a head that is not there."""
    with transaction() as own:
        connection = own.connection()
        last = connection.scalar(sa.select(sa.func.max(LogHead.at)))
        since = _number(last - OVERLAP) if last else 0
        chains = {name: [seq, mac] for name, seq, mac in connection.execute(asked.ends(LogSeal.id >= since))}
        seq, mac = _sign(connection, Sealer(key), {"chains": chains}, now)
    return f"audit head {seq} of {now:%Y-%m-%dT%H:%M:%SZ}: {len(chains)} chains, {mac}"


def drop_before(day: date, key: str, *, now: datetime) -> int:
    """Let go of everything in the logs from before a day, and sign how far; says how many seals. Raises BadInput for a day that is
    less than 30 days ago. For retention: part of a job, which no person can ask for."""
    begin = clock.at_midnight(day)
    if begin > now - KEEP_AT_LEAST:
        raise BadInput(gettext("Only what is older than 30 days can be dropped from the logs."))
    with transaction() as own:
        connection = own.connection()
        is_old = LogSeal.id < _number(begin)
        ends = {name: [seq, mac] for name, seq, mac in connection.execute(asked.ends(is_old))}
        with raw.unlocked(connection, [log.__tablename__ for log in (ReadSubject, ReadEvent, ChangeLog, LogSeal)]):
            dropped = _drop(connection, asked.up_to_ends(is_old), begin)
        _sign(connection, Sealer(key), {"dropped": ends, "before": day.isoformat()}, now)
    return dropped


def _drop(connection: sa.Connection, numbers: Any, begin: datetime) -> int:
    looks, changes = (sa.or_(log.seal_id.in_(numbers), sa.and_(log.seal_id.is_(None), log.at < begin)) for log in (ReadEvent, ChangeLog))
    connection.execute(sa.delete(ReadSubject).where(ReadSubject.event_id.in_(sa.select(ReadEvent.id).where(looks))))
    connection.execute(sa.delete(ReadEvent).where(looks))
    connection.execute(sa.delete(ChangeLog).where(changes))
    return connection.execute(sa.delete(LogSeal).where(LogSeal.id.in_(numbers))).rowcount


def _sign(connection: sa.Connection, sealer: Sealer, content: dict[str, Any], now: datetime) -> tuple[int, str]:
    """A new head with this content, tied to the last one; gives its number and code."""
    query = sa.select(LogHead.seq, LogHead.mac).order_by(LogHead.seq.desc()).limit(1)
    last, previous = connection.execute(query).one_or_none() or (0, FIRST)
    text = sealing.canonical(content).decode()
    mac = sealer.mac("head", last + 1, now, text, previous)
    connection.execute(sa.insert(LogHead).values(seq=last + 1, at=now, content=text, mac=mac))
    return last + 1, mac


def _number(at: datetime) -> int:
    return sealing.number_at(at.timestamp() * 1000)


# --- checking -------------------------------------------------------------------------------------------------------


def verify(key: str, *, since: datetime | None = None, head: str = "") -> Report:
    """Check the logs against their seals: all, or those since a moment. Reads one state of the database, in little memory.

    `head` is the code of a head that was printed earlier and must still be there. Raises CannotVerify when not even the first head fits
    the key.
    """
    report, sealer = Report(), Sealer(key)
    start = _number(since) if since else 0
    with _one_state() as connection:
        with closing(asked.stream(connection, asked.heads())) as heads:
            signed = _heads(heads, sealer, report, since, head)
        _chains(connection, sealer, report, signed, start)
        _contents(connection, sealer, report, start)
        if not start:
            for letter in NAMES:
                _unsealed(connection, report, letter, bool(signed.dropped))
    return report


@contextmanager
def _one_state() -> Iterator[sa.Connection]:
    """A connection that sees the database as it is now until the end, whatever is written meanwhile."""
    with reading() as session:
        level = {"isolation_level": "REPEATABLE READ"} if db.engine.dialect.name == "postgresql" else {}
        yield session.connection(execution_options=level)


def _heads(lines: Iterator[Any], sealer: Sealer, report: Report, since: datetime | None, wanted: str) -> _Signed:
    signed, seq, mac = _Signed(), 0, FIRST
    for number, at, content, code in lines:
        fits = sealer.mac("head", number, at, content, mac) == code
        if number == 1 and not fits:
            raise CannotVerify("The first head does not fit this key: it is the key of another installation, or the head was changed.")
        if number != seq + 1:
            report.fault(f"log_head {seq + 1}{_to(seq + 1, number - 1)}: gone")
        elif not fits:
            report.fault(f"log_head {number}: changed")
        if fits:
            said = json.loads(content)
            signed.dropped.update({name: tuple(end) for name, end in said.get("dropped", {}).items()})
            if since is None or at >= since:
                signed.reached.update({name: tuple(end) for name, end in said.get("chains", {}).items()})
        seq, mac, report.heads = number, code, report.heads + 1
        wanted = "" if wanted and code.startswith(wanted) else wanted
        report.last_head = f"{number} of {at:%Y-%m-%dT%H:%M:%SZ}, {code}"
    if wanted:
        report.fault(f"log_head with code {wanted}: gone")
    return signed


def _to(first: int, last: int) -> str:
    return f" to {last}" if last > first else ""


def _chains(connection: sa.Connection, sealer: Sealer, report: Report, signed: _Signed, start: int) -> None:
    """Every chain is whole, from its first seal (or the last one that was let go of) at least to where a head says it came."""
    reached = dict(signed.reached)
    for name, line in groupby(asked.stream(connection, asked.in_chains(start)), key=lambda seal: seal.chain):
        _chain(name, line, sealer, report, signed.dropped.get(name), reached.pop(name, None), start)
    for name, (seq, mac) in reached.items():
        is_there = sa.select(LogSeal.mac).where(LogSeal.chain == name, LogSeal.seq == seq)
        if signed.dropped.get(name, (0, ""))[0] < seq and connection.scalar(is_there) != mac:
            report.fault(f"chain {name}: its seals to {seq} are gone, a head knows them")


def _chain(
    name: str, line: Iterator[Any], sealer: Sealer, report: Report, dropped: Any, reached: tuple[int, str] | None, start: int
) -> None:
    seq, mac = dropped or (0, FIRST)
    is_first, is_known = True, True  # of the seal before the next one
    for seal in line:
        if is_first and seal.id < start:  # only here to check the next one
            seq, mac, is_first = seal.seq, seal.mac, False
            continue
        if seal.seq != seq + 1:
            report.fault(f"chain {name}: seals {seq + 1}{_to(seq + 1, seal.seq - 1)} are gone, before log_seal {seal.id}")
            is_known = False
        if is_known and sealer.mac(seal.id, name, seal.seq, seal.at, seal.items, mac) != seal.mac:
            report.fault(f"log_seal {seal.id} (chain {name}, {seal.seq}): changed")
        if reached and reached[0] == seal.seq and reached[1] != seal.mac:
            report.fault(f"log_seal {seal.id} (chain {name}, {seal.seq}): not the one that a head knows")
        seq, mac, is_first, is_known = seal.seq, seal.mac, False, True
        report.seals += 1
    if reached and seq < reached[0]:
        report.fault(f"chain {name}: seals {seq + 1}{_to(seq + 1, reached[0])} are gone from its end, a head knows them")


def _contents(connection: sa.Connection, sealer: Sealer, report: Report, start: int) -> None:
    """Each seal's rows are there, unchanged, and no others: two streams side by side, both in the order of the seals."""
    groups = groupby(merge(*(_tagged(connection, sealer, letter, start) for letter in NAMES)), key=lambda row: row[0])
    number, rows = next(groups, (None, iter(())))
    for seal in asked.stream(connection, asked.by_number(start)):
        while number is not None and number < seal.id:
            _astray(rows, report)
            number, rows = next(groups, (None, iter(())))
        found = {}
        if number == seal.id:
            found = {(letter, row): tag for _, letter, row, tag in rows}
            number, rows = next(groups, (None, iter(())))
        _compare(seal, found, report)
    while number is not None:
        _astray(rows, report)
        number, rows = next(groups, (None, iter(())))


def _tagged(connection: sa.Connection, sealer: Sealer, letter: str, start: int) -> Iterator[tuple[int, str, int, str]]:
    since = asked.LOGS[letter].seal_id >= start
    found = asked.rows(connection, letter, since)
    return ((seal, letter, key, sealer.tag(sealing.content_of(row, tokens))) for seal, key, row, tokens in found)


def _astray(rows: Iterator[tuple[int, str, int, str]], report: Report) -> None:
    for seal, letter, key, _ in rows:
        report.rows += 1
        report.fault(f"{NAMES[letter]} {key}: put in by hand, or its seal {seal} is gone")


def _compare(seal: Any, found: dict[tuple[str, int], str], report: Report) -> None:
    report.rows += len(found)
    try:
        wanted = {(letter, key): tag for letter, key, tag in json.loads(seal.items)}
    except ValueError:
        return  # the seal itself was changed, which its chain says
    if wanted == found:
        return
    for letter, key in sorted(wanted.keys() | found.keys()):
        what, row = "", (letter, key)
        if row not in found:
            what = "gone"
        elif row not in wanted:
            what = "put in by hand"
        elif found[row] != wanted[row]:
            what = "changed" if letter == "c" else "changed, or whose files it was about"
        if what:
            report.fault(f"{NAMES.get(letter, letter)} {key}: {what} (log_seal {seal.id})")


def _unsealed(connection: sa.Connection, report: Report, letter: str, is_dropped: bool) -> None:
    """Rows without a seal are from before there were seals: older than the first row with one. Others were put in by hand."""
    log = asked.LOGS[letter]
    first = connection.scalar(sa.select(sa.func.min(log.id)).where(log.seal_id.is_not(None)))
    count = connection.scalar(sa.select(sa.func.count()).where(log.seal_id.is_(None))) or 0
    late = sa.true() if is_dropped else sa.or_(log.id < 1, log.id > first) if first is not None else log.id < 1
    for key in connection.scalars(sa.select(log.id).where(log.seal_id.is_(None), late).order_by(log.id).limit(MOST_TOLD)):
        report.fault(f"{NAMES[letter]} {key}: put in by hand, without a seal")
    report.unsealed += count
