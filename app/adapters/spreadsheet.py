"""Spreadsheets out: CSV as Dutch Excel opens it, streamed, and XLSX with real dates and numbers.

A text that a spreadsheet would take for a formula stays a text: an apostrophe before it in CSV, its type in XLSX. Source of the list of
signs: OWASP, "CSV Injection", with the full-width forms that Excel treats alike.
"""

from __future__ import annotations

import csv
import io
import math
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, BinaryIO

from flask_babel import lazy_gettext as _l
from xlsxwriter import Workbook

from app.adapters import clock
from app.errors import BadInput

BOM = "\ufeff"
CHUNK = 64 * 1024  # characters; rows are gathered until there are so many
ROWS_AT_A_TIME = 200
RISKY = frozenset("=+-@\t\r\n＝＋－＠")
YES_NO = ("ja", "nee")

MOST_ROWS = 1_048_576  # of an Excel sheet, the head included
LONGEST_CELL = 32_767
EXACT = 10**15  # beyond this Excel rounds a whole number
OLDEST = date(1900, 3, 1)  # before this Excel's calendar is off by a day or not there
DATE, MOMENT = "dd-mm-yyyy", "dd-mm-yyyy hh:mm"


def csv_stream(head: Sequence[str], rows: Iterable[Sequence[Any]], *, yes_no: tuple[str, str] = YES_NO) -> Iterator[bytes]:
    """The table as CSV in UTF-8 with a byte order mark, semicolons and CRLF, in chunks of some 64 kB.

    Dates become 24-11-2026, moments 24-11-2026 14:05 on a Dutch clock (a naive one raises ValueError), decimals get a comma, True and
    False the words of `yes_no`, None nothing. Takes rows one by one, so a query may stream into it.
    """
    text = io.StringIO()
    text.write(BOM)
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow([_safe(str(name)) for name in head])
    kinds = _csv_kinds(yes_no)
    kind_of = kinds.get
    for number, row in enumerate(rows, 1):
        writer.writerow([cell if (kind := kind_of(type(cell), _other)) is None else kind(cell) for cell in row])
        if number % ROWS_AT_A_TIME == 0 and text.tell() >= CHUNK:
            yield text.getvalue().encode("utf-8", "replace")
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode("utf-8", "replace")


def _csv_kinds(yes_no: tuple[str, str]) -> dict[type, Callable[[Any], str] | None]:
    """How a cell of each type is written; None: csv does it right by itself."""
    yes, no = yes_no
    return {
        str: _safe,
        int: None,
        type(None): None,
        bool: lambda value: yes if value else no,
        float: _decimal,
        Decimal: _decimal,
        date: _day,
        datetime: _moment,
    }


def _safe(text: str) -> str:
    return f"'{text}" if text[:1] in RISKY else text


def _other(value: Any) -> str:
    return _safe(str(value))


def _decimal(value: Decimal | float) -> str:
    return f"{value:f}".replace(".", ",") if isinstance(value, Decimal) else repr(value).replace(".", ",")


@lru_cache(4096)
def _day(value: date) -> str:
    return f"{value.day:02d}-{value.month:02d}-{value.year:04d}"


def _moment(value: datetime) -> str:
    at = _local(value)
    return f"{at.day:02d}-{at.month:02d}-{at.year:04d} {at.hour:02d}:{at.minute:02d}"


def _local(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    return clock.local(value)


def xlsx_file(head: Sequence[str], rows: Iterable[Sequence[Any]], title: str, *, yes_no: tuple[str, str] = YES_NO) -> BinaryIO:
    """The table as an Excel file that is open for reading and disappears when it is closed. Rows go to disk, not to memory.

    Raises BadInput for more rows than a sheet holds. A text longer than a cell holds is cut.
    """
    file = tempfile.TemporaryFile()  # noqa: SIM115  the caller reads and closes it
    with tempfile.TemporaryDirectory() as folder:
        options = {
            "constant_memory": True,
            "tmpdir": folder,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        book = Workbook(file, options)
        try:
            _Sheet(book, title, yes_no).write(head, rows)
        except BaseException:
            book.close()
            file.close()
            raise
        book.close()
    file.seek(0)
    return file


class _Sheet:
    def __init__(self, book: Any, title: str, yes_no: tuple[str, str]) -> None:
        self.sheet = book.add_worksheet(_sheet_name(title))
        self.yes_no = yes_no
        self.bold, self.date, self.moment = (
            book.add_format(wanted) for wanted in ({"bold": True}, {"num_format": DATE}, {"num_format": MOMENT})
        )
        self.kinds: dict[type, Callable[[int, int, Any], Any]] = {
            str: self._text,
            bool: self._bool,
            int: self._number,
            float: self._number,
            Decimal: self._number,
            date: self._date,
            datetime: self._datetime,
            type(None): lambda row, column, value: None,
        }

    def write(self, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        self.sheet.freeze_panes(1, 0)
        for column, name in enumerate(map(str, head)):
            self.sheet.set_column(column, column, max(12, len(name) + 2))
            self.sheet.write_string(0, column, name, self.bold)
        for number, row in enumerate(rows, 1):
            if number >= MOST_ROWS:
                raise BadInput(_l("An Excel file holds at most %(most)s rows. Choose CSV, or narrow the list.", most=MOST_ROWS - 1))
            for column, value in enumerate(row):
                self.kinds.get(type(value), self._text)(number, column, value)

    def _text(self, row: int, column: int, value: Any) -> None:
        if text := str(value)[:LONGEST_CELL]:
            self.sheet.write_string(row, column, text)

    def _bool(self, row: int, column: int, value: bool) -> None:
        self._text(row, column, self.yes_no[0] if value else self.yes_no[1])

    def _number(self, row: int, column: int, value: Any) -> None:
        if math.isfinite(value) and abs(value) < EXACT:
            self.sheet.write_number(row, column, value)
        else:
            self._text(row, column, value)

    def _date(self, row: int, column: int, value: date) -> None:
        if value < OLDEST:
            self._text(row, column, _day(value))
        else:
            self.sheet.write_datetime(row, column, value, self.date)

    def _datetime(self, row: int, column: int, value: datetime) -> None:
        at = _local(value).replace(tzinfo=None, microsecond=0)
        if at.date() < OLDEST:
            self._text(row, column, _moment(value))
        else:
            self.sheet.write_datetime(row, column, at, self.moment)


def _sheet_name(title: str) -> str:
    """Excel refuses some signs, more than 31 of them, and apostrophes at the ends."""
    return re.sub(r"[\[\]:*?/\\]", " ", title)[:31].strip(" '") or "1"
