"""The choices of a relation: options for who types, and a page to choose from for who has no scripts.

Both are asked at one address, `/<screen>/opties/<name>`: of a filter of the list, or (`voor=formulier`) of a field of the screen's
forms, with the form's permission and the field's own query. What is offered is what a posted form would accept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import sqlalchemy as sa
from flask import Response, abort, request
from flask_babel import gettext
from markupsafe import Markup

from app.errors import BadInput
from app.extensions import db
from app.fab import forms
from app.fab.arguments import ListArguments
from app.fab.interface import DEEPEST
from app.models import Candidate
from app.queries import raw
from app.security.fields import may_see
from app.security.identity import person

FOR_FORM, CHOSEN = "formulier", "gekozen"
_NAMED = ("name", "title")


@dataclass(frozen=True)
class Choices:
    """Rows to choose from: `query` in their order, and how a row is named and posted. `of_search` offers nothing without a search."""

    label: str
    query: Any
    called: Callable[[Any], str]
    value: Callable[[Any], str]
    matching: Callable[[str], Any]
    of_search: bool = False

    def rows(self, search: str, most: int, offset: int = 0) -> list[Any]:
        """The rows that match, from `offset`."""
        if self.of_search and not search:
            return []
        query = self.query.where(self.matching(search)) if search else self.query
        return list(db.session.scalars(query.limit(most).offset(offset)))


def answer(view: Any, name: str) -> Any:
    """Options as HTML, or with `kies=1` the page to choose from. 404 for what has no choices here, or none for this person."""
    for_form = request.args.get("voor") == FOR_FORM
    choices = of_field(view, name) if for_form else of_filter(view, name)
    if choices is None:
        abort(404)
    arguments = ListArguments.read("keuze", request.args, forms.PICK_MOST, request.query_string)
    if request.args.get("kies"):
        return _page(view, name, choices, arguments)
    # A filter without a search gets what fits in a select box.
    rows = choices.rows(arguments.search, forms.PICK_MOST if for_form or arguments.search else forms.OPTIONS_CAP)
    view.log_read("list", [row for row in rows if isinstance(row, Candidate)])
    options = (Markup('<option value="%s">%s</option>') % (choices.value(row), choices.called(row)) for row in rows)
    return Response(Markup("").join(options), mimetype="text/html")


def of_filter(view: Any, name: str) -> Choices | None:
    """The choices of a filter that this person has on this list."""
    operators = view.filters_of(name) if name in view.visible(view.search_columns) else []
    if not operators or operators[0].kind != "relation":
        return None
    query = view.option_query(name)
    model = query.column_descriptions[0]["entity"]
    return Choices(str(view.label_columns.get(name, name)), query, str, _key, _matching(model))


def of_field(view: Any, name: str) -> Choices | None:
    """The choices of a field in a form of this screen that this person may open."""
    name = view.same_choices.get(name, name)
    for verb, form, columns in (("add", view.add_form, view.add_columns), ("edit", view.edit_form, view.edit_columns)):
        field = form()._fields.get(name) if view.may(verb) and name in view.form_columns(columns) else None
        if isinstance(field, forms.CandidateField):
            return _candidates(str(field.label.text))
        if isinstance(field, forms.RelationField):
            return Choices(str(field.label.text), field.ordered(), field.called, field.identity, _matching(field.model))
    return None


def _key(row: Any) -> str:
    return str(sa.inspect(row).identity[0])


def _matching(model: Any) -> Callable[[str], Any]:
    columns = [getattr(model, name) for name in _NAMED if hasattr(model, name)]

    def condition(search: str) -> Any:
        words = [word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for word in search.split()]
        return sa.and_(*(sa.or_(*(column.ilike(f"%{word}%", escape="\\") for column in columns)) for word in words))

    return condition


def _candidates(label: str) -> Choices:
    seen = [name for name in ("name", "number") if may_see(person(), Candidate, name)]

    def condition(search: str) -> Any:
        common = raw.is_common(db.session(), search)
        return raw.search(search, seen, db.session.get_bind().dialect.name, common=common)

    query = sa.select(Candidate).order_by(Candidate.sort_name, Candidate.id)
    return Choices(label, query, candidate_text, lambda row: str(row.number), condition, of_search=True)


def candidate_text(row: Candidate) -> str:
    """How a candidate is called in a form: "Eva van Loon · K-202850", or the number where the name may not be seen."""
    return f"{row.name} · {row.number}" if may_see(person(), Candidate, "name") else row.number


# --- the page ---------------------------------------------------------------------------------------------------------


def _page(view: Any, name: str, choices: Choices, arguments: ListArguments) -> Any:
    back = request.args.get("terug", "")
    leads_to = _leads_to(view, name, back)
    first = arguments.page * forms.PICK_MOST
    if first > DEEPEST:
        raise BadInput(gettext("This page lies too deep in the list. Use a filter or a search to come closer."))
    rows = choices.rows(arguments.search, forms.PICK_MOST + 1, first)
    shown = rows[: forms.PICK_MOST]
    view.log_read("list", [row for row in shown if isinstance(row, Candidate)])
    keep = [(key, request.args[key]) for key in ("voor", "kies", "terug") if key in request.args]

    def page(number: int) -> str:
        return f"{request.path}?{urlencode([*keep, ('q', arguments.search), ('page_keuze', number)])}"

    return view.render_template(
        "loket/choose.html",
        title=gettext("Choose: %(label)s", label=choices.label),
        rows=[(leads_to(choices.value(row)), choices.called(row)) for row in shown],
        keep=keep,
        search=arguments.search,
        searched_only=choices.of_search,
        back_url=back,
        previous_url=page(arguments.page - 1) if arguments.page else "",
        next_url=page(arguments.page + 1) if len(rows) > len(shown) else "",
    )


def _leads_to(view: Any, name: str, back: str) -> Callable[[str], str]:
    """From a value to the page that one came from with that value chosen. BadInput for any page but a form or the list of this screen."""
    path, mark, query = back.partition("?")
    if request.args.get("voor") == FOR_FORM:
        form = rf"{re.escape(view.route_base)}/[a-z]+(/\d{{1,18}})?(\?candidate={forms.CandidateField.NUMBER.pattern})?"
        if not re.fullmatch(form, back, re.ASCII):
            raise BadInput(_elsewhere())
        return lambda value: f"{back}{'&' if mark else '?'}{CHOSEN}={quote(f'{name}:{value}')}"
    if path != view.address("list"):
        raise BadInput(_elsewhere())
    flag = f"_flt_0_{name}"
    others = [pair for pair in parse_qsl(query) if pair[0] != flag and not pair[0].startswith("page_")]
    return lambda value: f"{path}?{urlencode([*others, (flag, value)])}"


def _elsewhere() -> str:
    return gettext("This page does not know where to go back to. Start from the list.")


def chosen() -> Sequence[str]:
    """The field and the value that somebody comes back with from the page; empty without."""
    name, _, value = request.args.get(CHOSEN, "").partition(":")
    return (name, value) if value else ()
