"""The seals under the two logs: every transaction that wrote into them ends with one, however it wrote.

A seal names exactly the rows of its transaction and is tied to the seal before it in its chain (docs/decisions/0022-seals.md);
audit.py checks them.
"""

from __future__ import annotations

import os
from typing import Any

import sqlalchemy as sa

from app.adapters import clock, sealing
from app.adapters.sealing import Chain, Opened, Sealer
from app.models import LogSeal, ReadEvent
from app.models.log import SEALING
from app.queries import audit as asked

CHAIN = "sealing_chain"  # in the connection's notes: from the seal until the connection is given back


def install(engine: sa.Engine, key: str) -> None:
    """Seal what every transaction of this engine writes into the logs, within that transaction."""
    sealer = Sealer(key)
    os.register_at_fork(after_in_child=sealer.forget)

    @sa.event.listens_for(engine, "begin")
    def _begun(connection: sa.Connection) -> None:
        connection.info[SEALING] = Opened(sealing.new_number())

    @sa.event.listens_for(engine, "commit")
    def _ending(connection: sa.Connection) -> None:
        opened = connection.info.pop(SEALING, None)
        if opened is not None and (items := _items(connection, sealer, opened)):
            chain = connection.info.pop(CHAIN, None) or sealer.take()
            connection.info[CHAIN] = _seal(connection, sealer, chain, opened.number, items)

    @sa.event.listens_for(engine, "handle_error")
    def _in_doubt(problem: Any) -> None:
        if problem.connection is not None and not problem.connection.invalidated:
            problem.connection.info.pop(CHAIN, None)  # the last seal may be there or not: this chain ends, the next seal begins one

    @sa.event.listens_for(engine, "checkin")
    def _given_back(_: Any, record: Any) -> None:
        if chain := record.info.pop(CHAIN, None):
            sealer.give_back(chain)


def know(session: Any, event: ReadEvent, tokens: list[str]) -> None:
    """Say what a look holds that this transaction just wrote, so that its seal need not ask the database. One look a transaction."""
    opened: Opened | None = session.connection().info.get(SEALING)
    if opened is not None:
        opened.unknown.discard("read_event")
        opened.known.append(("r", event.id, sealing.content_of(asked.columns_of(event), sorted(tokens))))


def _items(connection: sa.Connection, sealer: Sealer, opened: Opened) -> str:
    """What the transaction wrote, as the database holds it now; empty when nothing is left of it."""
    found = list(opened.known)
    for table in opened.unknown:
        letter = asked.LETTERS[table]
        mine = asked.LOGS[letter].seal_id == opened.number
        found += [(letter, key, sealing.content_of(row, tokens)) for _, key, row, tokens in asked.rows(connection, letter, mine)]
    if not found:
        return ""
    return sealing.canonical(
        [(letter, key, sealer.tag(content)) for letter, key, content in sorted(found, key=lambda one: one[:2])]
    ).decode()


def _seal(connection: sa.Connection, sealer: Sealer, chain: Chain, number: int, items: str) -> Chain:
    seal = {"id": number, "chain": chain.name, "seq": chain.seq + 1, "at": clock.now(), "items": items}
    mac = sealer.mac(*seal.values(), chain.mac)
    connection.execute(sa.insert(LogSeal).values(**seal, mac=mac))
    return Chain(chain.name, chain.seq + 1, mac)
