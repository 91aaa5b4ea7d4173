"""Statusbord: everybody of the desk in columns, to see at a glance and to move along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import current_app, g, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import generate_csrf
from wtforms import StringField, validators

from app.adapters import clock
from app.enums import LeaveReason, Stage, Status
from app.errors import BadInput, DomainError, Stale
from app.extensions import db
from app.fab import attention, editing, keeping
from app.fab.arguments import PAGE_SIZES, ListArguments
from app.fab.badges import BADGES
from app.fab.filters import parse_date, parse_int
from app.fab.forms import DutchDateField, EnumField, form_of
from app.fab.interface import LoketInterface
from app.fab.listing import chips, filter_fields
from app.fab.page import Chip, ListPage
from app.fab.shown import moment, number
from app.fab.view import LoketView
from app.models import Candidate, Region
from app.queries import board
from app.queries.board import BY_NAME, COLUMNS, FIRST, MOST, Chosen, Column, Mark, Pile, Wanted
from app.security.identity import person
from app.services import board as moves
from app.services import log
from app.views.base import LABELS, advisers_of_regions
from app.views.board_cards import Drawing, Lane
from app.views.board_visit import Visit
from app.views.mailing_audience import begin_url, may_send

POLL_SECONDS = 12
BY_SCRIPT = "X-Board"  # a header that a form cannot send: the answer goes to board.js
VISIT = "X-Board-Visit"
AHEAD = ((7, _l("in a week")), (14, _l("in two weeks")), (30, _l("in a month")))


class _Columns:
    """The columns as a closed list of a form."""

    def __getitem__(self, name: str) -> Column:
        return BY_NAME[name]

    def __iter__(self) -> Any:
        return iter(COLUMNS)


def move_form() -> Any:
    """What a move can be asked; which of it is needed, the service says."""
    may = [validators.Optional()]
    until = _l("For waiting and paused: until when.")
    return form_of(
        {
            "to": EnumField(_l("Move to"), [validators.InputRequired(_l("Fill this in."))], of=_Columns()),  # type: ignore[arg-type]
            "until": DutchDateField(_l("Until"), may, description=until),
            "leave_reason": EnumField(_l("Reason for leaving"), may, of=LeaveReason),
            "reason": StringField(
                _l("Why"), [*may, validators.Length(max=200)], description=_l("Needed for preparing and further, and back.")
            ),
        }
    )


@dataclass(frozen=True)
class Asked:
    """What the address asks besides filters: a day in the past, more cards of a column, the column that a phone shows."""

    on: date | None = None
    most: Mapping[Column, int] = field(default_factory=dict)
    column: Column = COLUMNS[0]

    @classmethod
    def read(cls, args: Any) -> Asked:
        """Raises BadInput for a day that is none or has not been, and for columns and numbers that do not exist."""
        on = parse_date(args["op"]) if args.get("op") else None
        today = clock.day(clock.now())
        if on is not None and on > today:
            raise BadInput(gettext("%(day)s has yet to come. Choose today or an earlier day.", day=f"{on:%d-%m-%Y}"))
        most = {}
        for text in args.getlist("meer")[: len(COLUMNS)]:
            name, _, count = text.partition(".")
            most[column_named(name)] = min(max(parse_int(count), FIRST), MOST)
        return cls(on if on != today else None, most, column_named(args.get("kolom") or COLUMNS[0].name))

    def pairs(self) -> list[tuple[str, str]]:
        """As it stands in an address."""
        on = [("op", self.on.isoformat())] if self.on else []
        return on + [("meer", f"{column.name}.{count}") for column, count in self.most.items()]


def column_named(name: str) -> Column:
    """The column of this name. Raises BadInput."""
    if name not in BY_NAME:
        raise BadInput(gettext("This column does not exist. Load the board again."))
    return BY_NAME[name]


MOVE_GROUPS = ((_l("Where they stand"), ("to", "until", "leave_reason", "reason")),)


class StatusbordView(LoketView):
    datamodel = LoketInterface(Candidate, eager=("lead_adviser", "region"), worked_out={"signal": (attention.SignalIs,)})
    class_permission_name = "Statusbord"
    route_base = "/statusbord"
    list_name = "statusbord"
    list_title = _l("Status board")
    list_columns = ["name"]
    order_columns = ["name"]
    search_columns = ["signal", "lead_adviser", "wanted_sectors", "source", "region"]
    in_several_regions = frozenset({"region"})
    show_groups = ()
    label_columns = {
        **LABELS,
        "signal": _l("Signal"),
        "lead_adviser": _l("Adviser"),
        "wanted_sectors": _l("Sector"),
        "source": _l("Came in through"),
    }
    include_route_methods = {"list", "news", "move", "options"}
    method_permission_name = {"options": "list", "news": "list"}
    capabilities = {"move": "move_stage"}

    def __init__(self) -> None:
        super().__init__()
        self.include_route_methods = self.include_route_methods - {"keep_columns"}

    # -- what is asked --

    def filters_of(self, name: str) -> list[Any]:
        """Only "is": the board has no other questions."""
        return super().filters_of(name)[:1]

    def chosen(self, arguments: ListArguments) -> Chosen:
        """What the board is filtered by. Raises BadInput for a filter or a value that does not exist."""
        self.filtered(arguments)
        values = {name: (self.filters_of(name)[0], texts) for _, name, texts in arguments.filters}

        def members(name: str) -> tuple[Any, ...]:
            one, texts = values.get(name, (None, ()))
            return tuple(one.member(text) for text in texts)  # type: ignore[union-attr]

        def keys(name: str) -> tuple[int, ...]:
            return tuple(parse_int(text) for text in values.get(name, (None, ()))[1])

        return Chosen(keys("lead_adviser"), keys("region"), members("wanted_sectors"), members("source"), members("signal"))

    def option_query(self, name: str) -> Any:
        query = super().option_query(name)
        if name == "lead_adviser":
            return query.where(*advisers_of_regions())
        return query.where(Region.id.in_(sorted(person().region_ids)))

    def related_row(self, name: str, value: str) -> Any:
        """An adviser whose cards are on the board need not be asked for."""
        known = g.get("board_advisers", {}).get(value) if name == "lead_adviser" else None
        return known or super().related_row(name, value)

    # -- the page --

    @expose("/")
    @has_access
    def list(self) -> Any:
        arguments = ListArguments.read(type(self).__name__, request.args, self.page_size, request.query_string)
        self.order_of(arguments)  # refuses one: a column has its own
        asked, chosen = Asked.read(request.args), self.chosen(arguments)
        wanted, visit = Wanted(most=asked.most), Visit(Mark())
        if asked.on is None:
            piles, visit.mark = board.present(db.session, attention.at(), chosen, wanted)
        elif chosen.signals:
            raise BadInput(gettext("Signals are known of today only. Remove that filter to look back."))
        else:
            piles = board.past(db.session, _end_of(asked.on), person().region_ids, chosen, wanted)
        self._log(visit, piles)
        lanes = self._drawing(arguments, asked).lanes(COLUMNS, piles)
        return self.render_template("loket/board.html", **self._page(arguments, asked, piles), lanes=lanes, visit=visit.sealed())

    def _page(self, arguments: ListArguments, asked: Asked, piles: Mapping[Column, Pile]) -> dict[str, Any]:
        """All of the page but its columns."""
        g.board_advisers = {str(card.adviser_id): card.adviser for pile in piles.values() for card in pile.cards if card.adviser}
        base = self.address("list")
        past = Asked(asked.on).pairs()
        on = tuple(Chip(chip.label, chip.value, _with(chip.remove_url, past)) for chip in chips(self, arguments, base))
        fields = filter_fields(self, arguments, on)
        total = number(sum(pile.total for pile in piles.values()))
        table = ListPage(
            name=self.list_name,
            title=str(self.list_title),
            columns=(),
            rows=(),
            total=total,
            total_text=total,
            url=base,
            query=arguments.query(),
            chips=on,
            clear_url=_with(base, past),
            filters=tuple(field for field in fields if not (asked.on and field.name.endswith("_signal"))),
            keep=tuple(past),
            kept=keeping.page(self, arguments),
        )
        mine = (0, "lead_adviser", [str(person().user_id)])
        is_mine = mine in arguments.filters
        others = [one for one in arguments.filters if one[1] != "lead_adviser"]
        return {
            "title": table.title,
            "table": table,
            "csrf": generate_csrf(),
            "past": moment(asked.on) if asked.on else "",
            "today": clock.day(clock.now()).isoformat(),
            "today_url": arguments.url(base),
            "mine_url": _with(arguments.url(base, filters=others if is_mine else [*others, mine]), past),
            "is_mine": is_mine,
            "column": asked.column.name,
            "news_url": _with(arguments.url(self.address("news")), asked.pairs()),
            "may_move": asked.on is None and self.may("move"),
            "poll": POLL_SECONDS,
            "targets": [(column.name, str(column.label), BADGES[column][0], column in board.STATUSES) for column in COLUMNS],
            "reasons": [(reason.name, str(reason.label)) for reason in LeaveReason],
            "ahead": [(f"{clock.day(clock.now()) + timedelta(days=days):%d-%m-%Y}", str(words)) for days, words in AHEAD],
        }

    def _drawing(self, arguments: ListArguments, asked: Asked) -> Drawing:
        base, show = self.address("list"), url_for("KandidatenView.show", pk=0)[:-1]
        moves = self.address("move", pk=0)[:-1] if asked.on is None and self.may("move") else ""

        def more(column: Column, count: int) -> str:
            rest = Asked(asked.on, {**asked.most, column: count}).pairs()
            return f"{_with(arguments.url(base), [*rest, ('kolom', column.name)])}#{column.name}"

        def message(column: Column) -> str:
            stands = "stage" if column in Stage else "status"
            here = [(f"_flt_0_{stands}", column.name), *([("_flt_0_status", Status.ACTIVE.name)] if column in Stage else [])]
            return begin_url("KandidatenView", urlencode([*arguments.pairs(order=None, size=PAGE_SIZES[0]), *here]))

        return Drawing(
            now=_end_of(asked.on) - timedelta(seconds=1) if asked.on else clock.now(),
            names="name" in self.visible(["name"]),
            show=lambda key: f"{show}{key}",
            move=lambda key: f"{moves}{key}" if moves else "",
            more=more,
            most=asked.most,
            is_past=asked.on is not None,
            **({"message": message} if asked.on is None and may_send() else {}),
        )

    def _log(self, visit: Visit, piles: Mapping[Column, Pile]) -> None:
        """Whose cards are shown goes into the read log, each once a visit; without the log no board."""
        files = {card.id for pile in piles.values() for card in pile.cards}
        log.read(self.list_name, "list", visit.unlogged(files), by=person(), now=clock.now())

    # -- what board.js asks --

    @expose("/nieuws")
    @has_access
    def news(self) -> Any:
        """The columns again when something has changed since the visit began (204 when nothing has), or those that are asked for.

        A question that a page asks by itself keeps no session alive.
        """
        columns = [column_named(name) for name in request.args.getlist("toon")]
        g.is_poll = not columns
        visit = Visit.read(request.headers.get(VISIT, ""))
        if visit is not None and not columns and board.mark(db.session, visit.mark.newest) == visit.mark:
            return "", 204
        pinned = request.args.get("vast", "")
        return self._columns(visit, columns or COLUMNS, parse_int(pinned) if pinned else None)

    def _columns(self, visit: Visit | None, columns: Sequence[Column], also: int | None, **more: Any) -> dict[str, Any]:
        """Columns as HTML, with the visit to send along next time."""
        arguments = ListArguments.read(type(self).__name__, request.args, self.page_size, request.query_string)
        asked = Asked.read(request.args)
        piles, mark = board.present(db.session, attention.at(), self.chosen(arguments), Wanted(columns, asked.most, also))
        visit = visit or Visit(mark)
        if len(columns) == len(COLUMNS):
            visit.mark = mark
        self._log(visit, piles)
        lanes = self._drawing(arguments, asked).lanes(columns, piles)
        return {"columns": {lane.name: _html(lane) for lane in lanes}, "visit": visit.sealed(), **more}

    # -- a move --

    @expose("/verplaatsen/<pk>", methods=["GET", "POST"])
    @has_access
    def move(self, pk: str) -> Any:
        """Put a card into another column: from the board by script, or through a form that asks everything."""
        row = self.found(pk)
        if request.method == "POST" and BY_SCRIPT in request.headers:
            return self._moved(row)
        self.require("move", row)
        to = BY_NAME.get(request.args.get("naar", "")) or board.column_of(row.stage, row.status)
        form = move_form()(data={"to": to, "until": row.status_until, "leave_reason": row.leave_reason})
        title = gettext("Move %(name)s", name=self.name_of(row))
        return editing.verb(self, row, form, MOVE_GROUPS, title, gettext("Save move"), lambda posted: _move(row, posted))

    def name_of(self, row: Candidate) -> str:
        return row.name if "name" in self.visible(["name"]) else row.number

    def _moved(self, row: Candidate) -> Any:
        """The answer to board.js: the columns that changed, what else is asked, or why not."""
        form, name = move_form()(), self.name_of(row)
        if not form.validate():
            wrong = {name: errors[0] for name, errors in form.errors.items() if name}
            return {"ask": [*wrong], "wrong": wrong, "said": gettext("Nothing is moved yet. Check this first:")}, editing.REFUSED
        to = form.to.data
        asked = moves.ASKED.get(to, ())
        if asked and "asked" not in request.form:
            return {"ask": asked, "said": ""}
        try:
            with editing.doorway():
                _move(row, form)
        except Stale as first:
            return self._went(row.id, first.now_at, 200 if first.now_at is to else 409, str(first))
        except BadInput as refusal:
            return {"ask": asked or moves.REASON, "said": str(refusal)}, editing.REFUSED if "asked" in request.form else 200
        except DomainError as refusal:
            return {"said": str(refusal)}, refusal.status
        said = gettext("%(name)s stands in “%(column)s” now.", name=name, column=to.label)
        return self._went(row.id, to, 200, said)

    def _went(self, key: int, now_at: Column | None, status: int, said: str) -> Any:
        """Where the card stands now, with the column in which it was seen."""
        seen = BY_NAME.get(request.form.get("from", ""))
        columns = [column for column in COLUMNS if column in (seen, now_at)]
        return self._columns(Visit.read(request.headers.get(VISIT, "")), columns, key, said=said, card=key), status


def _move(row: Candidate, form: Any) -> None:
    details = {"until": form.until.data, "leave_reason": form.leave_reason.data, "reason": form.reason.data}
    moves.move(row, form.to.data, expected=editing.seen_version(), **details, by=person(), now=clock.now())


def _end_of(day: date) -> datetime:
    return clock.at_midnight(day + timedelta(days=1))


def _with(url: str, pairs: Sequence[tuple[str, str]]) -> str:
    """The address with more arguments."""
    return f"{url}{'&' if '?' in url else '?'}{urlencode(pairs)}" if pairs else url


def _html(lane: Lane) -> str:
    parts: Any = current_app.jinja_env.get_template("loket/board_parts.html").module
    return str(parts.lane(lane))
