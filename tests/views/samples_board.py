"""The status board with values as its view gives them: full, looking back, and with nobody on it."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from app.fab.page import Chip, ListPage
from app.views.board_cards import Lane, Slip

EVIL = '<script>alert("x")</script>'
LONG = "Maria-Magdalena van Oldenbarnevelt-Schimmelpenninck"
LATE = Markup('<span class="mark mark-stop"><time datetime="2026-11-21">3 dagen te laat</time></span>')
STILL = Markup('<span class="mark mark-attention">staat stil</span>')
COLUMNS = (
    ("EXPLORING", "interesseren", "compass", False),
    ("ORIENTING", "oriënteren", "map-2", False),
    ("WAITING", "wacht op kandidaat", "hourglass", True),
    ("LEFT", "uitgestroomd", "door-exit", True),
)


def slip(key: int, name: str, **more: Any) -> Slip:
    given: dict[str, Any] = {
        "number": f"K-20417{key}", "beside": f"K-20417{key}", "seq": 2, "url": f"/kandidaten/show/{key}",
        "move_url": f"/statusbord/verplaatsen/{key}", "next": "Intake plannen", "when": LATE, "days": "12 dagen hier",
        "adviser": "Noor Bakker", "marks": (STILL,),
    }  # fmt: skip
    return Slip(id=key, name=name, **(given | more))


SLIPS = (slip(1, "Anna Vermeulen"), slip(2, LONG, next="", when="", marks=()), slip(3, EVIL, next=EVIL, adviser=EVIL, beside=""))


def lanes(slips: tuple[Slip, ...], more_url: str = "", full: str = "") -> list[Lane]:
    made = [Lane(*column, total="1.240", slips=(), more_url="", full="", empty="Hier staat nu niemand.") for column in COLUMNS]
    return [Lane(*COLUMNS[0], total="1.240", slips=slips, more_url=more_url, full=full, empty=""), *made[1:]]


def page(found: list[Lane], **more: Any) -> Any:
    table = ListPage(
        "statusbord", "Statusbord", (), (), "1.240", "1.240", url="/statusbord/", clear_url="/statusbord/",
        chips=(Chip("Signaal", "staat stil", "?"), Chip("Sector", EVIL, "?")), keep=(("op", "2026-09-01"),) if "past" in more else (),
    )  # fmt: skip
    given = {
        "title": "Statusbord", "table": table, "lanes": found, "visit": "visit", "csrf": "token", "past": "", "today": "2026-11-24",
        "today_url": "/statusbord/", "mine_url": "/statusbord/?mine", "is_mine": False, "column": "EXPLORING",
        "news_url": "/statusbord/nieuws", "may_move": True, "poll": 12, "targets": COLUMNS, "reasons": [("OTHER", "anders")],
        "ahead": [("01-12-2026", "over een week")],
    }  # fmt: skip
    return "loket/board.html", lambda: given | more


PAGES: dict[str, tuple[str, Any]] = {
    "board": page(lanes(SLIPS, more_url="/statusbord/?meer=EXPLORING.40#EXPLORING")),
    "board-mine": page(lanes(SLIPS[:1], full="Dit zijn de eerste 200."), is_mine=True),
    "board-past": page(lanes((slip(1, "Anna Vermeulen", move_url="", when="", next="", marks=()),)), past="di 1 sep", may_move=False),
    "board-empty": page(lanes(())),
}
