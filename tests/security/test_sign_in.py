"""Signing in and out, sessions, and what ends them."""

from __future__ import annotations

from tests.site import BOTH, Site, post


@BOTH
def test_noor_signs_in_sees_her_list_and_signs_out(site: Site) -> None:
    noor = site.client("noor")

    listed = noor.get("/kandidaten/list/")
    post(noor, "/logout/")
    after = noor.get("/kandidaten/list/")

    assert (listed.status_code, after.status_code) == (200, 302)


def test_a_cookie_kept_from_before_signing_out_opens_nothing(site: Site) -> None:
    noor, thief = site.client("noor"), site.client()
    kept = noor.get_cookie("loket")
    assert kept is not None
    thief.set_cookie("loket", kept.value)

    before = thief.get("/kandidaten/list/").status_code
    post(noor, "/logout/")

    assert (before, thief.get("/kandidaten/list/").status_code) == (200, 302)
