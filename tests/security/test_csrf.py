"""Nothing is changed by a request that another site could have made: every unsafe address wants the token of this browser."""

from __future__ import annotations

import pytest

from tests.security import world
from tests.security.plan import METHODS, methods_of, routes, rules
from tests.site import Site, token

OTHER_PROOF = {  # address → the proof it wants instead of a token
    "/afmelden/<token>/<category>": "a signed token in the address; pressed by mail programs, which have no session (RFC 8058)",
    "/api/bounces": "an HMAC over the whole message and its moment, with a secret of the mail server",
}
SAFE = {"GET"}


def unsafe(site: Site) -> list[tuple[str, str]]:
    """(method, rule) of everything that may change something."""
    asked = [(method, rule) for rule in rules(site.app) for method in METHODS if method in methods_of(rule) - SAFE]
    return [(method, rule.rule) for method, rule in asked if rule.rule not in OTHER_PROOF]


@pytest.mark.parametrize("username", ["beheer", "noor", ""])
def test_every_unsafe_address_refuses_a_request_without_the_token(username: str, shared_site: Site) -> None:
    browser = shared_site.client(username)
    wanted = unsafe(shared_site)
    before = world.dump(shared_site)

    answers = {(method, rule): browser.open(routes()[rule].url(1), method=method).status_code for method, rule in wanted}

    assert answers == dict.fromkeys(wanted, 400)
    assert world.dump(shared_site) == before


def test_the_token_of_another_browser_is_refused(shared_site: Site) -> None:
    noor, stolen = shared_site.client("noor"), token(shared_site.client("zeki"))
    wanted = unsafe(shared_site)

    answers = {(method, rule): noor.open(routes()[rule].url(1), method=method, data={"csrf_token": stolen}) for method, rule in wanted}

    assert {key: answer.status_code for key, answer in answers.items()} == dict.fromkeys(wanted, 400)
