"""The status board: everybody in one column, the first cards in their order, the same now as the history says of any day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from app.enums import Role, Sector, Signal, Source, Stage, Status
from app.extensions import db
from app.models import Candidate, ChangeLog, Region, StageSpan
from app.queries import board, signals
from app.queries.board import COLUMNS, Card, Chosen, Column, Mark, Pile, Wanted, column_of
from app.queries.signals import Moment
from app.security.identity import acting_as
from tests.services.cast import identity
from tests.site import BOTH, Site

pytestmark = BOTH
NOW = datetime.now(UTC)
TODAY = NOW.date()
AT = Moment(NOW, TODAY)
EVERYBODY = Chosen()
ALL = Wanted(most=dict.fromkeys(COLUMNS, board.MOST))


class Desk:
    """The desk of Utrecht in the demo, and what stands in its files, read without the board."""

    def __init__(self, site: Site) -> None:
        self.site = site
        with site.rows() as session:
            self.region = session.scalar(sa.select(Region.id).where(Region.slug == "utrecht"))
            self.other = session.scalar(sa.select(Region.id).where(Region.slug == "rotterdam"))
            self.rows = list(session.scalars(sa.select(Candidate).where(Candidate.region_id == self.region)))
            self.spans = list(session.scalars(sa.select(StageSpan).where(StageSpan.in_region_id == self.region)))
            session.expunge_all()
        self.adviser = Counter(row.lead_adviser_id for row in self.rows if row.lead_adviser_id).most_common(1)[0][0]

    @contextmanager
    def asking(self, region: int | None = None) -> Iterator[None]:
        with self.site.app.test_request_context(), acting_as(identity(1, Role.ADVISER, region or self.region)):
            yield

    def present(self, chosen: Chosen = EVERYBODY, wanted: Wanted = ALL, region: int | None = None) -> dict[Column, Pile]:
        with self.asking(region):
            return board.present(db.session, AT, chosen, wanted)[0]

    def past(self, end: datetime, chosen: Chosen = EVERYBODY, region: int | None = None) -> dict[Column, Pile]:
        with self.asking(region):
            return board.past(db.session, end, {region or self.region}, chosen, ALL)

    def expected(self, holds: Callable[[Candidate], bool] = lambda row: True) -> dict[Column, set[int]]:
        found: dict[Column, set[int]] = {}
        for row in self.rows:
            if row.status is not Status.HANDED_OVER and holds(row):
                found.setdefault(column_of(row.stage, row.status), set()).add(row.id)
        return found


@pytest.fixture
def desk(site: Site) -> Desk:
    return Desk(site)


def ids(piles: dict[Column, Pile]) -> dict[Column, set[int]]:
    assert {column: pile.total for column, pile in piles.items()} == {column: len(pile.cards) for column, pile in piles.items()}
    return {column: {card.id for card in pile.cards} for column, pile in piles.items()}


def place(card: Card) -> tuple[bool, date, int]:
    return card.next_on is not None, card.next_on or date.min, card.id


def test_everybody_stands_in_one_column_and_the_order_ends_in_the_key(desk: Desk) -> None:
    piles = desk.present()

    assert ids(piles) == desk.expected()
    assert all(list(pile.cards) == sorted(pile.cards, key=place) for pile in piles.values())


def test_the_first_cards_are_those_of_the_whole_column_and_the_number_is_that_of_all(desk: Desk) -> None:
    whole, some = desk.present(), desk.present(wanted=Wanted(most=dict.fromkeys(COLUMNS, 3)))

    assert {column: (pile.cards[:3], pile.total) for column, pile in whole.items()} == {
        column: (pile.cards, pile.total) for column, pile in some.items()
    }


def test_a_part_of_the_board_is_that_part_and_one_more_card_is_shown_when_it_stands_there(desk: Desk) -> None:
    whole = desk.present()
    last = whole[Stage.ORIENTING].cards[-1]

    part = desk.present(wanted=Wanted((Stage.ORIENTING,), {Stage.ORIENTING: 2}, also=last.id))
    elsewhere = desk.present(wanted=Wanted((Stage.DECIDING,), also=last.id))

    assert {column: pile.cards for column, pile in part.items()} == {Stage.ORIENTING: (*whole[Stage.ORIENTING].cards[:2], last)}
    assert last.id not in ids(elsewhere)[Stage.DECIDING]


def test_every_filter_leaves_exactly_those_who_meet_it(desk: Desk) -> None:
    cases: list[tuple[Chosen, Callable[[Candidate], bool]]] = [
        (Chosen(advisers=(desk.adviser,)), lambda row: row.lead_adviser_id == desk.adviser),
        (Chosen(sectors=(Sector.PO, Sector.MBO)), lambda row: bool({Sector.PO, Sector.MBO} & row.wanted_sectors)),
        (Chosen(sources=(Source.EMBED,)), lambda row: row.source is Source.EMBED),
        (Chosen(regions=(desk.region,)), lambda row: True),
        (Chosen(regions=(desk.other,)), lambda row: False),
    ]

    assert [ids(desk.present(chosen)) for chosen, _ in cases] == [desk.expected(holds) for _, holds in cases]


def test_the_signals_of_a_card_are_those_of_the_signals_and_filter_the_board(desk: Desk) -> None:
    with desk.asking():
        known = signals.of(db.session, [row.id for row in desk.rows], AT)

    shown = {card.id: list(card.signals) for pile in desk.present().values() for card in pile.cards if card.signals}
    filtered = {signal: set().union(*ids(desk.present(Chosen(signals=(signal,)))).values(), set()) for signal in Signal}

    assert shown == known
    assert filtered == {signal: {key for key, found in known.items() if signal in found} for signal in Signal}


def test_another_desk_sees_none_of_it_whatever_it_asks_for(desk: Desk) -> None:
    own = {row.id for row in desk.rows}
    someone = desk.expected()[Stage.ORIENTING].pop()

    asked = [
        desk.present(region=desk.other),
        desk.present(Chosen(regions=(desk.region,)), region=desk.other),
        desk.present(wanted=Wanted(also=someone), region=desk.other),
        desk.past(NOW, region=desk.other),
        desk.past(NOW, Chosen(regions=(desk.region,)), region=desk.other),
    ]

    assert [own & {card.id for pile in piles.values() for card in pile.cards} for piles in asked] == [set()] * len(asked)


@pytest.mark.parametrize("days", [1, 40, 150, 400])
def test_a_day_in_the_past_is_what_the_spans_say_of_it(desk: Desk, days: int) -> None:
    end = NOW - timedelta(days=days)
    open_then = [span for span in desk.spans if span.entered_at < end and (span.left_at is None or span.left_at >= end)]
    expected: dict[Column, set[int]] = {}
    for span in open_then:
        if span.status is not Status.HANDED_OVER and span.region_id == desk.region:
            expected.setdefault(column_of(span.stage, span.status), set()).add(span.candidate_id)

    assert ids(desk.past(end)) == expected


def test_the_past_of_this_moment_is_the_present(desk: Desk) -> None:
    def since(piles: dict[Column, Pile]) -> dict[int, Any]:
        return {card.id: (card.column, card.seq, card.adviser_id, card.since) for pile in piles.values() for card in pile.cards}

    assert since(desk.past(NOW)) == since(desk.present())
    assert ids(desk.past(NOW, Chosen(advisers=(desk.adviser,)))) == ids(desk.present(Chosen(advisers=(desk.adviser,))))
    assert ids(desk.past(NOW, Chosen(sources=(Source.DESK,)))) == ids(desk.present(Chosen(sources=(Source.DESK,))))


def test_the_mark_moves_with_a_change_in_the_region_and_not_with_one_elsewhere(desk: Desk) -> None:
    def write(region: int, key: int | None = None) -> Mark:
        with desk.site.rows() as session:
            session.add(ChangeLog(id=key, verb="edit", subject="candidate:1", region_id=region, table="candidate", at=NOW))
        with desk.asking():
            return board.mark(db.session, first.newest)

    write_first = 500_000
    with desk.site.rows() as session:
        session.add(
            ChangeLog(id=write_first, verb="edit", subject="candidate:1", region_id=desk.region, table="candidate", fields=[], at=NOW)
        )
    with desk.asking():
        first = board.present(db.session, AT, Chosen(), ALL)[1]

    same = write(desk.other, write_first + 1)
    here = write(desk.region, write_first + 2)
    late = write(desk.region, write_first - 1)  # numbered before, committed after

    assert first.newest == write_first
    assert (same, here.count, late.count) == (first, first.count + 1, first.count + 2)


def test_an_empty_board_has_a_mark_too(desk: Desk) -> None:
    with desk.asking():
        full, empty = (board.present(db.session, AT, chosen, ALL) for chosen in (Chosen(), Chosen(regions=(desk.other,))))

    assert (empty[0], empty[1]) == ({}, full[1])
