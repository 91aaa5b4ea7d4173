"""Passwords: what is refused, what is kept, and that a sign-in tells nobody which accounts exist."""

from __future__ import annotations

from typing import Any

import pytest

from app.adapters import passwords
from app.enums import LinkPurpose
from app.errors import BadInput
from app.extensions import db
from app.security.identity import ANONYMOUS, acting_as
from app.services import accounts, links
from tests.accounts.cast import NOON, NOOR, PASSWORD, add_user, beyond_the_wall, logged, the

pytestmark = pytest.mark.usefixtures("app")


def noor() -> Any:
    return the(accounts.User, accounts.User.id == NOOR.user_id)


def choose(password: str, user: Any = None) -> None:
    with acting_as(NOOR):
        accounts.set_password(user or noor(), password, now=NOON)


def sign_in(name: str, password: str, demo_allowed: bool = True) -> Any:
    with acting_as(ANONYMOUS):
        return accounts.check_sign_in(name, password, demo_allowed=demo_allowed)


@pytest.mark.parametrize(
    "password",
    [
        "kort",
        "elf tekens!",
        "x" * 129,
        "password1234",
        "PASSWORD1234",
        "welkom123456",
        "Welkom2026!!",
        "W3lk0m2026!!",
        "Wachtwoord-01",
        "loket-demo-2026",
        "mijnonderwijsloket",
        "MijnOnderwijsloket2026",
        "1q2w3e4r5t6y7u8i",
        "aaaaaaaaaaaa",
        "abababababab",
        "123456789012",
        "abcdefghijklmn",
        "noornoornoor",
        "noor.jansen2026",
        "Noor@example.test",
        "JansenJansen1!",
        "zomer2026zomer",
        "utrecht-2026!",
    ],
)
def test_a_password_that_is_short_long_or_guessed_first_is_refused(password):
    with pytest.raises(BadInput):
        choose(password)

    assert noor().password == passwords.UNUSABLE


@pytest.mark.parametrize(
    "password",
    [
        PASSWORD,
        "x7#9Kq2!vB4$",
        "alleenkleineletters",
        "ZONDERCIJFERSPAARD",
        "de kat van noor slaapt buiten",
        "82 47 29 10 55 63",
        "пароль из слов",
        "ééntjeÜberñandú",
        "🙂 wolken boven zee",
        "k" + "olibrie vliegt " * 8,
    ],
)
def test_anything_else_of_twelve_characters_is_fine_whatever_it_is_made_of(password):
    choose(password)

    assert sign_in("noor@example.test", password) is noor()


def test_the_list_of_known_passwords_holds_what_the_length_lets_through():
    known = passwords.common()

    assert len(known) > 300
    assert [line for line in known if len(line) < accounts.SHORTEST or line != line.lower()] == []


def test_what_is_kept_is_no_password_and_differs_each_time():
    choose(PASSWORD)
    first = noor().password
    choose(PASSWORD)

    assert PASSWORD not in first
    assert noor().password != first


def test_real_passwords_are_kept_with_scrypt(monkeypatch):
    monkeypatch.undo()

    kept = passwords.hash(PASSWORD)

    assert kept.startswith("scrypt:32768:8:1$")
    assert (passwords.matches(kept, PASSWORD), passwords.matches(kept, PASSWORD + " ")) == (True, False)


def test_a_new_password_kills_open_links_and_stands_in_the_log():
    with beyond_the_wall():
        token = links.make(noor(), LinkPurpose.RESET, by=None, now=NOON)

    choose(PASSWORD)

    assert links.peek(token, now=NOON) is None
    assert logged() == [("make_link", NOOR.user_id, f"ab_user:{NOOR.user_id}"), ("set_password", NOOR.user_id, f"ab_user:{NOOR.user_id}")]


@pytest.mark.parametrize("name", ["noor@example.test", "NOOR@Example.test", "  noor@example.test "])
def test_the_name_is_found_in_any_case(name):
    choose(PASSWORD)

    assert sign_in(name, PASSWORD) is noor()


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("noor@example.test", "iets anders helemaal"),
        ("noor@example.test", ""),
        ("noor@example.test", PASSWORD + "x" * 2000),
        ("zeki@example.test", PASSWORD),  # has none yet
        ("zeki@example.test", passwords.UNUSABLE),
        ("nobody@example.test", PASSWORD),
        ("", ""),
        ("%", PASSWORD),
    ],
)
def test_anything_else_signs_nobody_in(name, password):
    choose(PASSWORD)

    assert sign_in(name, password) is None


def test_an_account_that_was_switched_off_signs_nobody_in():
    choose(PASSWORD)
    with beyond_the_wall():
        noor().active = False
        db.session.flush()

    assert sign_in("noor@example.test", PASSWORD) is None


def test_demo_accounts_work_only_where_the_demo_may():
    with beyond_the_wall():
        add_user("piet@demo.test", "Piet", password=passwords.hash("loket-demo-2026"))

    found = [sign_in("Piet@DEMO.test", "loket-demo-2026", demo_allowed=allowed) is not None for allowed in (True, False)]

    assert found == [True, False]


@pytest.mark.parametrize("name", ["noor@example.test", "zeki@example.test", "nobody@example.test", "piet@demo.test"])
def test_every_try_costs_one_hash(name, monkeypatch):
    choose(PASSWORD)
    with beyond_the_wall():
        add_user("piet@demo.test", "Piet", password=passwords.hash("loket-demo-2026"))
    checked: list[str] = []
    monkeypatch.setattr(passwords, "check_password_hash", lambda kept, password: checked.append(kept.split(":")[0]) or False)

    sign_in(name, "iets anders helemaal", demo_allowed=False)

    assert len(checked) == 1


def test_the_hash_behind_an_unknown_account_is_as_slow_as_a_real_one(monkeypatch):
    monkeypatch.undo()

    assert passwords._NOBODY.split("$")[0] == passwords.hash("x").split("$")[0]
    assert passwords.matches(None, "") is False
