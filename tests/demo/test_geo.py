"""Postcodes know where they are."""

from __future__ import annotations

import pytest

from app.adapters import geo


def test_the_file_holds_all_areas_in_order() -> None:
    areas = geo.areas()

    assert len(areas) == 4_086
    assert list(areas) == sorted(areas)


@pytest.mark.parametrize("written", ["3511", " 3511", "3511AB", "3511 AB"])
def test_a_postcode_is_found_with_or_without_its_letters(written: str) -> None:
    found = geo.find(written)

    assert found is not None
    assert (found.pc4, found.place, found.province) == ("3511", "Utrecht", "Utrecht")


@pytest.mark.parametrize("written", ["", None, "0000", "Utrecht", "35"])
def test_what_is_no_postcode_is_not_found(written: str | None) -> None:
    assert geo.find(written) is None


def test_a_range_has_both_its_ends() -> None:
    assert [area.pc4 for area in geo.between(3511, 3514)] == ["3511", "3512", "3513", "3514"]


def test_utrecht_to_rotterdam_is_about_fifty_kilometres_both_ways() -> None:
    one, other = geo.areas()["3511"], geo.areas()["3011"]

    there = geo.distance_km(one.latitude, one.longitude, other.latitude, other.longitude)
    back = geo.distance_km(other.latitude, other.longitude, one.latitude, one.longitude)

    assert there == pytest.approx(47, abs=3)
    assert back == pytest.approx(there)
    assert geo.distance_km(one.latitude, one.longitude, one.latitude, one.longitude) == 0
