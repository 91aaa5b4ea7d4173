"""Exports: POST prepares (with a reason, logged), GET downloads once, in the same session. Exactly what is filtered, streamed."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import Response, abort, redirect, request, send_file, session, stream_with_context, url_for
from flask_babel import gettext

from app.adapters import clock, spreadsheet
from app.errors import BadInput
from app.extensions import db, transaction, will_write
from app.fab.arguments import ListArguments
from app.fab.sessions import RowSession, hash_of
from app.models import Candidate, EnumSet, ExportTicket
from app.security.fields import GROUP_OF, Group, may_see
from app.security.identity import Identity, acting_as, person
from app.security.scope import SYSTEM_READ
from app.services import log

FORMATS = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
VALID = timedelta(minutes=10)
CHUNK = 2_000  # rows fetched at a time
WORDS = {"Candidate": "number", "Activity": "title", "Article": "title"}  # what a relation is called in a file
SHORTEST_REASON, LONGEST_REASON = 5, 200


def prepare(view: Any) -> Any:
    """Check what is asked, keep it as a ticket, lead to the download. Refuses (BadInput) an unknown format and a missing reason."""
    wanted, reason = request.form.get("format", "csv"), request.form.get("reason", "").strip()
    query = request.form.get("query", "")
    if wanted not in FORMATS:
        raise BadInput(gettext("Choose CSV or Excel."))
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise BadInput(gettext("Say in a few words why you need this file. The candidates can read it."))
    if not isinstance(session, RowSession):
        abort(403)
    arguments = view.arguments_of(query)
    view.filtered(arguments), view.order_of(arguments)  # refuse now what would be refused at the download
    token = secrets.token_urlsafe(24)
    ticket = ExportTicket(
        token_hash=hash_of(token),
        session_id=session.row.id,
        screen=type(view).__name__,
        format=wanted,
        query=query,
        reason=reason,
        created_at=clock.now(),
    )
    with transaction() as own:
        own.add(ticket)
    return redirect(url_for("ExportView.download", token=token), 303)


def download(token: str, find_view: Callable[[str], Any]) -> Response:
    """The file of a ticket; 404 for a used, strange or old one. Rights are asked again, the read log is written first."""
    ticket = _take(token)
    view = find_view(ticket["screen"])
    if view is None or not view.may("export"):
        abort(403)
    arguments = view.arguments_of(ticket["query"])
    columns = export_columns(view)
    query = _query(view, arguments, columns)
    _log(view, arguments, ticket["reason"])
    head = [str(view.label_columns.get(name, name)) for name in columns]
    rows = _rows(query, _readers(view, columns), person())
    stamp = clock.local(clock.now()).strftime("%Y-%m-%d")
    name = f"{view.list_name}-{stamp}.{ticket['format']}"
    if ticket["format"] == "xlsx":
        file = spreadsheet.xlsx_file(head, rows, str(view.list_title))
        return send_file(file, mimetype=FORMATS["xlsx"], as_attachment=True, download_name=name)
    answer = Response(stream_with_context(spreadsheet.csv_stream(head, rows)), mimetype=FORMATS["csv"])
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _take(token: str) -> dict[str, Any]:
    """Use a ticket up: one statement decides who was first. The filter is wiped, a search may hold a name."""
    now = clock.now()
    row = session.row if isinstance(session, RowSession) else None
    mine = sa.and_(
        ExportTicket.token_hash == hash_of(token),
        ExportTicket.session_id == (row.id if row else 0),
        ExportTicket.used_at.is_(None),
        ExportTicket.created_at > now - VALID,
    )
    with transaction() as own:
        found = own.scalar(sa.select(ExportTicket).where(mine), execution_options=SYSTEM_READ)
        kept = {"screen": found.screen, "format": found.format, "query": found.query, "reason": found.reason} if found else None
        used = own.execute(
            sa.update(ExportTicket).where(mine).values(used_at=now, query=""),
            execution_options={**SYSTEM_READ, "synchronize_session": False},
        )
    if kept is None or used.rowcount != 1:
        abort(404)
    return kept


def export_columns(view: Any) -> list[str]:
    """The columns of the file for this person: what is visible, contact data only with the capability for it."""
    columns = view.visible(view.export_columns or view.list_columns)
    if not (person().can("export_contact") and may_see(person(), Candidate, "name")):
        columns = [name for name in columns if name not in view.export_names]
    if person().can("export_contact"):
        return columns
    groups = GROUP_OF.get(view.datamodel.obj, {}) if view.datamodel.obj is Candidate else {}
    return [name for name in columns if groups.get(view.order_by.get(name, name)) is not Group.CONTACT]


def _query(view: Any, arguments: ListArguments, columns: list[str]) -> Any:
    query = view.datamodel.narrowed(db.session.query(view.datamodel.obj), view.filtered(arguments), view.where(arguments))
    column, descending = view.order_of(arguments)
    turn, key = (sa.desc if descending else sa.asc), view.datamodel.get_pk()
    return _select(view, query.order_by(turn(column), turn(key)), columns)


def _select(view: Any, query: Any, names: list[str]) -> Any:
    """Plain columns and the names of relations, no rows as objects."""
    columns = []
    for name in names:
        column, query = _column(view, name, query)
        columns.append(column)
    return query.with_entities(*columns).statement


def _column(view: Any, name: str, query: Any) -> tuple[Any, Any]:
    """One column, and the query with what it needs."""
    attribute = getattr(view.datamodel.obj, name)
    prop = sa.inspect(view.datamodel.obj).attrs.get(name)
    if prop is None or not hasattr(prop, "mapper"):
        return _as_stored(attribute), query
    target = sa.orm.aliased(prop.mapper.class_)
    word = getattr(target, view.export_names.get(name) or WORDS.get(prop.mapper.class_.__name__, "name"))
    if prop.secondary is not None:
        link = prop.secondary
        own, other = prop.synchronize_pairs[0][1], prop.secondary_synchronize_pairs[0][1]
        words = sa.select(sa.func.aggregate_strings(word, ", ")).join(link, link.c[other.key] == sa.inspect(target).selectable.c.id)
        return words.where(link.c[own.key] == view.datamodel.get_pk()).scalar_subquery(), query
    return word, query.outerjoin(target, attribute.of_type(target))


def _as_stored(attribute: Any) -> Any:
    """A closed list as the database has it: making members of it takes longer than fetching it."""
    kind = attribute.type
    if isinstance(kind, EnumSet):
        return sa.type_coerce(attribute, sa.Integer)
    return sa.type_coerce(attribute, sa.String) if isinstance(kind, sa.Enum) else attribute


def _readers(view: Any, columns: list[str]) -> list[Callable[[Any], Any]]:
    """How each fetched value becomes a cell; closed lists come as stored and get their labels from a table, once per file."""
    return [_reader(view.datamodel.list_columns.get(name)) for name in columns]


def _reader(column: Any) -> Callable[[Any], Any]:
    kind = getattr(column, "type", None)
    if isinstance(kind, sa.Enum):
        members: Any = kind.enum_class
        return {member.name: str(member.label) for member in members}.get
    if isinstance(kind, EnumSet):
        labels = [str(member.label) for member in kind.of]  # type: ignore[attr-defined]
        return _SetWords(labels).__getitem__
    return _as_it_is


class _SetWords(dict[Any, str | None]):
    """From the bits of a set to its words, worked out once per set."""

    def __init__(self, labels: list[str]) -> None:
        super().__init__()
        self.labels = labels

    def __missing__(self, bits: int | None) -> str | None:
        self[bits] = ", ".join(label for bit, label in enumerate(self.labels) if (bits or 0) & (1 << bit)) or None
        return self[bits]


def _as_it_is(value: Any) -> Any:
    return value


def _rows(query: Any, readers: list[Callable[[Any], Any]], by: Identity) -> Iterator[list[Any]]:
    """The rows as cells, read as `by` in a session of their own: a file is sent after the request has forgotten its person."""
    with db.session.session_factory() as session:
        token = will_write.set(False)
        try:
            with acting_as(by):
                lines = session.execute(query.execution_options(yield_per=CHUNK))
        finally:
            will_write.reset(token)
        for line in lines:
            yield [read(value) for read, value in zip(readers, line, strict=True)]


def _log(view: Any, arguments: ListArguments, reason: str) -> None:
    """Write that a file is made, why, and whose files it shows: the candidates whose file this person sees."""
    model = view.datamodel.obj
    file = model.id if model is Candidate else getattr(model, "candidate_id", None)  # whose file a row is part of
    files: Any = None
    if file is not None:
        files = view.datamodel.narrowed(db.session.query(file), view.filtered(arguments), view.where(arguments)).statement
        if model is not Candidate:
            files = sa.select(Candidate.id).where(Candidate.id.in_(files))
    log.read(view.list_name, "export", files, by=person(), now=clock.now(), purpose=reason)
