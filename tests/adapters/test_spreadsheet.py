"""Spreadsheets: what goes in comes out, and nothing that goes in becomes a formula."""

from __future__ import annotations

import csv
import io
import os
import tempfile
import time
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters import spreadsheet
from app.adapters.spreadsheet import csv_stream, xlsx_file
from app.enums import Stage
from app.errors import BadInput

HEAD = ("Nummer", "Naam")
WINTER, SUMMER = datetime(2026, 11, 24, 13, 5, tzinfo=UTC), datetime(2026, 6, 30, 22, 30, tzinfo=UTC)
FORMULAS = ["=1+1", "+31612345678", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠A1"]


def csv_table(rows: Any, **options: Any) -> list[list[str]]:
    text = b"".join(csv_stream(HEAD, rows, **options)).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))[1:]


def sheet(rows: Any, title: str = "Kandidaten", head: Any = HEAD) -> Any:
    with xlsx_file(head, rows, title) as file:
        return openpyxl.load_workbook(io.BytesIO(file.read())).active


def test_a_csv_file_is_what_dutch_excel_opens() -> None:
    assert b"".join(csv_stream(HEAD, [("K-1", 'Zoë; de "Vries"')])) == (
        b"\xef\xbb\xbfNummer;Naam\r\n" + 'K-1;"Zoë; de ""Vries"""\r\n'.encode()
    )


def test_a_csv_file_without_rows_has_its_head() -> None:
    assert b"".join(csv_stream(HEAD, [])) == b"\xef\xbb\xbfNummer;Naam\r\n"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (1240, "1240"),
        (-5, "-5"),
        (Decimal("-12.50"), "-12,50"),
        (Decimal("1E+3"), "1000"),
        (0.25, "0,25"),
        (date(2026, 11, 24), "24-11-2026"),
        (date(987, 1, 2), "02-01-0987"),
        (WINTER, "24-11-2026 14:05"),
        (SUMMER, "01-07-2026 00:30"),
        (True, "ja"),
        (False, "nee"),
        (None, ""),
        ("", ""),
        ("O'Brien", "O'Brien"),
        ("twee\nregels", "twee\nregels"),
        ("a=b", "a=b"),
        (Path("=x"), "'=x"),
    ],
)
def test_every_type_has_its_dutch_form_in_csv(value: object, written: str) -> None:
    assert csv_table([(value, "x")]) == [[written, "x"]]


def test_yes_and_no_are_the_words_of_the_caller() -> None:
    assert csv_table([(True, False)], yes_no=("yes", "no")) == [["yes", "no"]]


def test_a_closed_list_shows_its_label(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stage, "label", property(lambda stage: stage.value))

    assert csv_table([(Stage.DECIDING, "")]) == [["deciding", ""]]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_becomes_a_formula_in_csv(text: str) -> None:
    assert csv_table([(text, text)]) == [["'" + text, "'" + text]]


def test_no_head_becomes_a_formula() -> None:
    assert b"".join(csv_stream(["=1", "x"], [])) == b"\xef\xbb\xbf'=1;x\r\n"


def test_a_moment_without_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        csv_table([(WINTER.replace(tzinfo=None), "")])


@given(st.lists(st.tuples(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), st.integers()), max_size=5))
def test_any_text_comes_back_from_csv(rows: list[tuple[str, int]]) -> None:
    expected = [["'" + text if text[:1] in spreadsheet.RISKY else text, str(number)] for text, number in rows]

    assert csv_table(rows) == expected


def test_a_long_csv_comes_in_chunks_without_being_held() -> None:
    asked = 0

    def rows() -> Iterator[tuple[int, str]]:
        nonlocal asked
        for asked in range(1, 20_001):
            yield asked, "naam" * 10

    stream = csv_stream(HEAD, rows())
    first = next(stream)

    assert (len(first) >= spreadsheet.CHUNK, asked < 2_000) == (True, True)
    assert (first + b"".join(stream)).count(b"\r\n") == 20_001


@pytest.mark.load
def test_a_hundred_thousand_rows_take_less_than_a_second_of_csv() -> None:
    row = (
        204173,
        "Anna de Vries",
        "anna@example.test",
        "06-12345678",
        "3511",
        "Utrecht",
        "po",
        None,
        WINTER,
        date(2026, 11, 24),
        3,
        True,
        "x",
        "y",
    )
    began = time.process_time()

    size = sum(len(chunk) for chunk in csv_stream([f"kolom {number}" for number in range(14)], (row for _ in range(100_000))))

    assert (size > 10_000_000, time.process_time() - began < 2) == (True, True)  # twice the promise: a test machine may be busy


def test_an_excel_file_holds_types_and_a_bold_frozen_head() -> None:
    values = ("tekst", 1240, Decimal("12.50"), 0.25, date(2026, 11, 24), WINTER, True, None)
    made = sheet([values], head=[f"kolom {number}" for number in range(8)])

    read = [cell.value for cell in made[2]]
    assert read == ["tekst", 1240, 12.5, 0.25, datetime(2026, 11, 24), datetime(2026, 11, 24, 14, 5), "ja", None]
    assert [made.cell(2, column).number_format for column in (5, 6)] == ["dd-mm-yyyy", "dd-mm-yyyy hh:mm"]
    assert (made.freeze_panes, made.title, all(cell.font.bold for cell in made[1])) == ("A2", "Kandidaten", True)


@pytest.mark.parametrize("text", [*FORMULAS[:4], "{=1+1}", "http://example.test", "mailto:a@example.test", "internal:A1", "0612345678"])
def test_no_text_becomes_a_formula_a_link_or_a_number_in_excel(text: str) -> None:
    made = sheet([(text, "x")])

    cell = made.cell(2, 1)
    assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (10**20, "1" + "0" * 20),
        (float("inf"), "inf"),
        (float("nan"), "nan"),
        (date(1850, 1, 2), "02-01-1850"),
        (datetime(1850, 1, 2, 12, tzinfo=UTC), "02-01-1850 12:19"),
        ("x" * 40_000, "x" * 32_767),
    ],
)
def test_what_excel_cannot_hold_stays_readable(value: object, read: str) -> None:
    assert sheet([(value, "x")]).cell(2, 1).value == read


@pytest.mark.parametrize(("title", "name"), [("Kandidaten: a/b [x]", "Kandidaten  a b  x"), ("x" * 40, "x" * 31), ("", "1"), ("'", "1")])
def test_a_sheet_has_a_name_that_excel_takes(title: str, name: str) -> None:
    assert sheet([], title).title == name


def test_more_rows_than_a_sheet_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "MOST_ROWS", 3)

    assert sheet([("1", "a"), ("2", "b")]).max_row == 3
    with pytest.raises(BadInput):
        xlsx_file(HEAD, [("1", "a")] * 3, "x")


def test_an_excel_file_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def rows() -> Iterator[tuple[str, str]]:
        yield "K-1", "Anna"
        raise RuntimeError("the database went away")

    with pytest.raises(RuntimeError, match="went away"):
        xlsx_file(HEAD, rows(), "x")
    xlsx_file(HEAD, [("K-1", "Anna")], "x").close()

    assert os.listdir(tmp_path) == []


@pytest.mark.load
def test_an_excel_file_does_not_grow_in_memory() -> None:
    tracemalloc.start()
    try:
        xlsx_file(HEAD, ((str(number), "naam") for number in range(20_000)), "x").close()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 5_000_000
