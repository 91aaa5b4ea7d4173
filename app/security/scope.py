"""The wall: which rows of which table a person sees and writes. The one place; it fails closed.

Every statement of the session passes here. A select, update or delete through the ORM gets the criteria of all tables; what a flush
wrote is checked against the same criteria before and after. A table without a line in RULES or SYSTEM raises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction, object_session
from sqlalchemy.orm.util import LoaderCriteriaOption

from app.errors import ScopeError
from app.security.identity import Identity, System, who
from app.security.rules import ALL, RULES, SYSTEM_TABLES

# Statement options. SYSTEM_READ: the few named readers that work before or beside a person (tests/test_house.py lists them).
SYSTEM_READ = {"system_read": True}
_MOVING = "transfer"  # session.info: the one transition that may change whose a row is


@dataclass
class Moves:
    """Columns that say whose a row is: never changed in bulk."""

    names: frozenset[str] = frozenset({"region_id", "candidate_id", "organisation_id", "user_id", "role", "parent_id"})


def install(session_class: type[Session]) -> None:
    """Put the wall into a session class. Idempotent."""
    for name, listener in (("do_orm_execute", _statement), ("before_flush", _before_flush), ("after_flush", _after_flush)):
        if not sa.event.contains(session_class, name, listener):
            sa.event.listen(session_class, name, listener)
    for name in ("bulk_save_objects", "bulk_insert_mappings", "bulk_update_mappings"):
        setattr(session_class, name, _refuse_bulk)
    session_class.get = _walled_get  # type: ignore[method-assign, assignment]


class _Criterion(LoaderCriteriaOption):
    """with_loader_criteria that follows its table under another name wherever the alias stands.

    SQLAlchemy 2.1.9 leaves a ready-made criterion on the table itself when an alias is joined with an ON of its own: with both in one
    statement the alias would show every row (tests/security/test_wall.py tells when this is needed no more).
    """

    _traverse_internals = LoaderCriteriaOption._traverse_internals  # what the cache of compiled statements looks at

    def _resolve_where_criteria(self, ext_info: Any) -> Any:
        found = super()._resolve_where_criteria(ext_info)
        return ext_info._adapter.traverse(found) if ext_info.is_aliased_class else found


def criteria(identity: Identity) -> tuple[Any, ...]:
    """The loader criteria of every walled table for this person, built once."""
    built: tuple[Any, ...] | None = identity.cache.get("criteria")
    if built is None:
        built = tuple(_Criterion(model, rule.read(identity), include_aliases=True) for model, rule in RULES.items())
        identity.cache["criteria"] = built
    return built


def _known(model: type) -> None:
    if model not in RULES and model.__tablename__ not in SYSTEM_TABLES:  # type: ignore[attr-defined]
        raise ScopeError(f"{model.__name__} has no line in the wall")


def _statement(state: ORMExecuteState) -> None:
    if state.is_column_load or state.execution_options.get("system_read"):
        return
    identity = who()
    if isinstance(identity, System):
        return
    if not state.is_orm_statement or state.is_from_statement:
        raise ScopeError("only ORM statements pass the wall; raw SQL lives in queries/raw.py")
    for mapper in state.all_mappers:
        _known(mapper.class_)
    if state.is_insert or ((state.is_update or state.is_delete) and isinstance(state.parameters, list)):
        raise ScopeError("bulk writes bypass the wall: use objects")
    state.statement = state.statement.options(*criteria(identity))
    if state.is_update or state.is_delete:
        _limit_write(state, identity)


def _limit_write(state: ORMExecuteState, identity: Identity) -> None:
    statement: Any = state.statement
    for mapper in state.all_mappers:
        rule = RULES.get(mapper.class_)
        if rule is None:
            continue
        if state.is_update and Moves.names & ({column.key for column in statement._values or {}} | set(state.parameters or {})):
            raise ScopeError("whose a row is does not change in bulk")
        statement = statement.where(rule.write(identity))
    state.statement = statement


def _refuse_bulk(*args: Any, **options: Any) -> None:
    raise ScopeError("bulk_* methods bypass the wall: use objects")


_plain_get = Session.get


def _walled_get(session: Session, entity: Any, ident: Any, **options: Any) -> Any:
    """session.get that also asks the wall about a row it finds in the identity map, where no statement would pass."""
    row = _plain_get(session, entity, ident, **options)
    rule = RULES.get(type(row))
    identity = who()
    if row is None or rule is None or isinstance(identity, System):
        return row
    keys = sa.inspect(type(row)).primary_key
    mine = sa.and_(*(key == value for key, value in zip(keys, sa.inspect(row).identity or (), strict=False)))
    return row if session.scalar(sa.select(sa.literal(1)).select_from(type(row)).where(mine)) else None


def _changed(session: Session) -> Iterable[Any]:
    return (row for row in session.dirty if session.is_modified(row, include_collections=False))


def _before_flush(session: Session, context: UOWTransaction, instances: Any) -> None:
    touched = [*_changed(session), *session.deleted]
    for row in (*session.new, *touched):
        _known(type(row))
    _check(session, touched, "stored")


def _after_flush(session: Session, context: UOWTransaction) -> None:
    _check(session, list(session.new), "new")
    _check(session, list(_changed(session)), "changed")


def _check(session: Session, rows: list[Any], what: str) -> None:
    """Every row satisfies its table's write rule as it stands in the database now. One statement a table."""
    identity = who()
    if isinstance(identity, System):
        return
    for model in {type(row) for row in rows}:
        rule = RULES.get(model)
        if rule is None:
            continue
        mine = [row for row in rows if type(row) is model]
        allowed = rule.add if what == "new" and rule.add is not None else rule.write
        criterion = allowed(identity)
        if criterion is ALL or (what == "changed" and session.info.get(_MOVING) is not None):
            continue
        keys = sa.inspect(model).primary_key
        wanted = {tuple(sa.inspect(row).mapper.primary_key_from_instance(row)) for row in mine}
        these = sa.tuple_(*keys).in_(wanted) if len(keys) > 1 else keys[0].in_([key[0] for key in wanted])
        query = sa.select(*keys).select_from(model).where(these, criterion)
        found = session.execute(query, execution_options={**SYSTEM_READ, "autoflush": False}).all()
        if len(found) != len(wanted):
            raise ScopeError(f"{model.__name__}: a {what} row lies outside what this person may write")


def transfer(row: Any, move: Callable[[], None]) -> None:
    """The one transition that moves a row out of the person's own scope: checked where it was, not where it goes."""
    session = object_session(row)
    assert session is not None
    session.info[_MOVING] = row
    try:
        move()
        session.flush()
    finally:
        session.info.pop(_MOVING, None)
