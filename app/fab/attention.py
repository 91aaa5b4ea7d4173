"""Who asks for attention, on a screen: the signals as a filter, beside the rows of a list and as badges."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from flask import g
from flask_babel import lazy_gettext
from markupsafe import Markup

from app.adapters import clock
from app.enums import Signal
from app.extensions import db
from app.fab.badges import badge
from app.fab.filters import EnumIs, bad_value
from app.fab.interface import beside_of
from app.models import Candidate
from app.queries import signals
from app.security.identity import person

KEPT = timedelta(seconds=30)  # how long a process remembers the limits of the regions; elsewhere a change is seen as much later
_kept: dict[Any, tuple[datetime, signals.Moment]] = {}


def at() -> signals.Moment:
    """Now, with the limits of the regions in sight."""
    if "moment" not in g:
        now, key = clock.now(), (str(db.engine.url), person().region_ids)
        known = _kept.get(key)
        if known is None or not timedelta(0) <= now - known[0] < KEPT:
            known = _kept[key] = (now, signals.moment(db.session, now, clock.day(now)))
        g.moment = replace(known[1], now=now, today=clock.day(now))
    moment: signals.Moment = g.moment
    return moment


def forget() -> None:
    """A region changed its limits."""
    _kept.clear()


def bits() -> Any:
    """The signals as one number, to ask beside each row of a list."""
    return signals.bits(at())


def of_row(row: Candidate) -> list[Signal]:
    """The signals that were asked beside a row of a list."""
    return signals.of_bits(beside_of(row, "signal") or 0)


def of_file(row: Candidate) -> list[Signal]:
    """The signals of one candidate."""
    return signals.of(db.session, [row.id], at()).get(row.id, []) if signals.seen_by(person()) else []


def badges(found: Iterable[Signal]) -> Markup | None:
    """Why somebody asks for attention, as far as this person may see the reason."""
    seen = signals.seen_by(person())
    drawn = [badge(signal) for signal in found if signal in seen]
    return Markup('<span class="marks">%s</span>') % Markup(" ").join(drawn) if drawn else None


class SignalIs(EnumIs):
    """Asks for attention for this reason. A reason that this person may not see does not exist."""

    name = lazy_gettext("is")

    def members(self) -> Any:
        return signals.seen_by(person())

    def member(self, value: str) -> Signal:
        found = next((signal for signal in self.members() if signal.name == value), None)
        if found is None:
            raise bad_value()
        return found

    def column(self) -> Any:
        return None

    def condition(self, column: Any, value: str) -> Any:
        return signals.having(self.member(value), at())
