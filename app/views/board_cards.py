"""The status board as its template draws it: columns of cards with plain values, worked out once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from flask_babel import gettext, lazy_gettext

from app.adapters import clock
from app.enums import Holder, Signal, Status
from app.fab import shown
from app.fab.badges import BADGES, badge
from app.queries.board import FIRST, MOST, STATUSES, Card, Column, Pile

DATED = (Status.WAITING, Status.PAUSED)
EMPTY: Mapping[Column, Any] = {  # what a column says while nobody stands in it
    Status.WAITING: lazy_gettext("Drop somebody here who has to do something first."),
    Status.PAUSED: lazy_gettext("Drop somebody here who stops for a while."),
    Status.COMPLETED: lazy_gettext("Drop somebody here who needs no help any more."),
    Status.LEFT: lazy_gettext("Drop somebody here who stops."),
}


@dataclass(frozen=True)
class Slip:
    """One card: who, where it leads, what is next and before when, how long, and what asks for attention."""

    id: int
    number: str
    name: str
    beside: str
    seq: int
    url: str
    move_url: str
    next: str
    when: Any
    days: str
    adviser: str
    marks: tuple[Any, ...]


@dataclass(frozen=True)
class Lane:
    """One column. `more_url` leads to the board with more of it; `full` is said where no more are shown; `message_url` leads to a
    message to everybody in it."""

    name: str
    label: str
    icon: str
    is_status: bool
    total: str
    slips: tuple[Slip, ...]
    more_url: str
    full: str
    empty: str
    message_url: str = ""


@dataclass(frozen=True)
class Drawing:
    """What a card needs from the screen: whether names are seen, and the addresses of the file and of the move (none: it stays); and a
    column the address of a message to it."""

    now: datetime
    names: bool
    show: Callable[[int], str]
    move: Callable[[int], str]
    more: Callable[[Column, int], str]
    most: Mapping[Column, int]
    is_past: bool = False
    message: Callable[[Column], str] = lambda column: ""

    def lanes(self, columns: Sequence[Column], piles: Mapping[Column, Pile]) -> list[Lane]:
        """The columns in their order, also those without anybody."""
        due = cache(shown.due)
        return [self._lane(column, piles.get(column, Pile()), due) for column in columns]

    def _lane(self, column: Column, pile: Pile, due: Callable[[date | None], Any]) -> Lane:
        here = len(pile.cards)
        shows = self.most.get(column, FIRST)
        left = pile.total > here
        return Lane(
            name=column.name,
            label=str(column.label),
            icon=BADGES[column][0],
            is_status=isinstance(column, Status),
            total=shown.number(pile.total),
            slips=tuple(self._slip(card, due) for card in pile.cards),
            more_url=self.more(column, min(shows + FIRST, MOST)) if left and shows < MOST else "",
            full=gettext("These are the first %(number)s. Use a filter to see others.", number=MOST) if left and shows >= MOST else "",
            empty=gettext("Nobody.") if self.is_past else str(EMPTY.get(column, gettext("Nobody is here now."))),
            message_url=self.message(column) if pile.total else "",
        )

    def _slip(self, card: Card, due: Callable[[date | None], Any]) -> Slip:
        return Slip(
            id=card.id,
            number=card.number,
            name=card.name if self.names else card.number,
            beside=card.number if self.names else "",
            seq=card.seq,
            url=self.show(card.id),
            move_url=self.move(card.id),
            next=card.next_title or "",
            when=self._when(card, due),
            days=self._days(card),
            adviser=_adviser(card),
            marks=tuple(self._marks(card)),
        )

    def _when(self, card: Card, due: Callable[[date | None], Any]) -> Any:
        """The day of what is next; of who waits or paused, until when."""
        if card.column in DATED and card.until is not None and card.until != card.next_on:
            return gettext("until %(day)s", day=shown.relative(card.until))
        return due(card.next_on)

    def _days(self, card: Card) -> str:
        days = max((clock.day(self.now) - clock.day(card.since)).days, 0)
        long = gettext("%(days)s days", days=shown.number(days)) if days > 1 else gettext("1 day") if days else gettext("since today")
        return f"{card.stage.label} · {long}" if card.column in STATUSES else long

    def _marks(self, card: Card) -> Any:
        """The badges; that the date has passed stands with the date already."""
        return (badge(signal) for signal in card.signals if signal is not Signal.OVERDUE or card.next_on is None)


def _adviser(card: Card) -> str:
    """Who has the ball, in few words: the adviser by name, the inbox as such."""
    if card.adviser is None and card.adviser_id is None:
        return str(Holder.DESK.label)
    return card.adviser or gettext("another adviser")
