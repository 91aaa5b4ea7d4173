"""The query string of a list: several values of one filter, chosen rows, and an address that says the same again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import BadInput
from app.fab.arguments import LONGEST_QUERY, MOST_ROWS, ListArguments
from tests.site import Site


@pytest.fixture(autouse=True)
def asked(shared_site: Site) -> Iterator[None]:
    with shared_site.app.test_request_context():
        yield


def read(query: str) -> ListArguments:
    return ListArguments.of_query("V", query, 25)


@pytest.mark.parametrize(
    ("query", "rows"),
    [("_rows=12,15", (12, 15)), ("_rows=12&_rows=15", (12, 15)), ("_rows=15,12,15,", (15, 12)), ("_rows=", ()), ("q=x", ())],
)
def test_chosen_rows_are_keys_each_once_in_their_order(query: str, rows: tuple[int, ...]) -> None:
    assert read(query).rows == rows


@pytest.mark.parametrize("text", ["x", "1;2", "-1", "1.5", "²", "9" * 16, "1, 2", "%27"])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        read(f"_rows={text}")


def test_a_thousand_rows_can_be_chosen_and_one_more_cannot() -> None:
    thousand = ",".join(map(str, range(MOST_ROWS)))

    assert len(read(f"_rows={thousand}").rows) == MOST_ROWS
    with pytest.raises(BadInput):
        read(f"_rows={thousand},{MOST_ROWS}")


@pytest.mark.parametrize("query", ["q=" + "x" * LONGEST_QUERY, "&".join(f"a{number}=1" for number in range(101))])
def test_a_query_that_is_too_long_is_refused_with_a_sentence(query: str) -> None:
    with pytest.raises(BadInput):
        read(query)


def test_one_value_of_a_filter_goes_and_the_others_stay() -> None:
    arguments = read("_flt_0_stage=EXPLORING&_flt_0_stage=DECIDING&_flt_2_place=Zeist")

    assert arguments.without(0, "EXPLORING") == [(0, "stage", ["DECIDING"]), (2, "place", ["Zeist"])]
    assert arguments.without(1, "Zeist") == [(0, "stage", ["EXPLORING", "DECIDING"])]


@pytest.mark.parametrize(("size", "ending"), [(25, ""), (50, "psize_V=50"), (100, "psize_V=100")])
def test_an_address_with_another_page_size_says_that_size(size: int, ending: str) -> None:
    assert read("psize_V=50").url("/list/", size=size) == f"/list/?{ending}".removesuffix("?")


@given(st.lists(st.integers(min_value=0, max_value=10**9), max_size=40), st.sampled_from(["", "an", "é &"]), st.booleans())
def test_an_address_read_back_asks_the_same(keys: list[int], search: str, descending: bool) -> None:
    made = ListArguments(
        "V", search=search, rows=tuple(dict.fromkeys(keys)), order=("name", descending), filters=[(2, "place", ["a,b", "c"])]
    )

    assert read(made.query()) == made
