"""Passwords of accounts: choosing one, and the check at sign-in."""

from __future__ import annotations

import re
import string
import unicodedata
from datetime import datetime

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext

from app.adapters import passwords
from app.errors import BadInput
from app.extensions import db
from app.models import UserProfile
from app.security.scope import SYSTEM_READ
from app.services import links

SHORTEST, LONGEST = 12, 128
OWN_PART = 6  # characters that must remain when everything well known is taken out
DIFFERENT = 5
DEMO_DOMAIN = "@demo.test"
# Words with which the most tried Dutch and English passwords are built; months and seasons because of yearly renewal.
_WELL_KNOWN = (
    "mijnonderwijsloket onderwijsloket onderwijs loket welkom wachtwoord geheim password passwort secret letmein welcome login"
    " gebruiker administrator admin beheerder beheer docent leraar school demo test voorjaar zomer winter lente herfst spring summer autumn"
    " januari februari maart april juni juli augustus september oktober november december nederland utrecht amsterdam rotterdam"
    " qwertyuiop qwerty azerty asdfghjkl asdf zxcvbnm zxcv abcdefgh abcdef abcd abc mijn"
)
_AROUND = string.digits + string.punctuation + string.whitespace
_LEET = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i"})


def find(name: str) -> User | None:
    """The account with this e-mail address or user name, in any case of letters; None when there is none."""
    wanted = name.strip().lower()
    query = sa.select(User).where(sa.or_(sa.func.lower(User.username) == wanted, sa.func.lower(User.email) == wanted)).order_by(User.id)
    return db.session.scalars(query, execution_options=SYSTEM_READ).first()


def has_password(user: User) -> bool:
    """The person can sign in; without one a one-time link has to come first."""
    return passwords.is_usable(user.password)


def check_sign_in(username: str, password: str, *, demo_allowed: bool) -> User | None:
    """The person whose name and password these are, or None: unknown, inactive, without a password or wrong, all after the same work.

    Accounts of the demo (…@demo.test) are nobody's unless `demo_allowed`: everybody knows their password.
    """
    user = find(username)
    known = user is not None and bool(user.active) and (demo_allowed or not is_demo(user))
    right = passwords.matches(user.password if user is not None and known else None, password)
    return user if right else None


def is_demo(user: User) -> bool:
    """An account that `flask demo` made for everybody to try."""
    return any(name.lower().endswith(DEMO_DOMAIN) for name in (user.username, user.email))


def check_own_password(user: User, password: str) -> bool:
    """This is the password of the person who is signed in; asked again before it changes."""
    return passwords.matches(user.password, password)


def set_password(user: User, password: str, *, now: datetime) -> None:
    """Give an account a new password; its open links die. Raises BadInput for one that is too short, too long or too well known.

    Ending the person's sessions is for the doorway (fab.sessions.end), which also knows which one stays.
    """
    check_password(user, password)
    user.password = passwords.hash(password)
    user.changed_on = now.replace(tzinfo=None)
    db.session.flush()
    links.kill(user.id, now=now)
    links.note("set_password", user.id, ["password"], now=now)


def use_link(token: str, password: str, *, now: datetime) -> User:
    """Consume a one-time link and choose the password it is for. Raises NotFound for a dead link, BadInput for a weak password.

    Roll back on BadInput: the link then lives on for a better try.
    """
    user = links.consume(token, now=now)
    set_password(user, password, now=now)
    return user


def check_password(user: User, password: str) -> None:
    """Refuse (BadInput) what is too short, too long or too easy to guess for this person; there are no other rules (NIST SP 800-63B)."""
    if len(password) < SHORTEST:
        raise BadInput(gettext("This password is too short. Use at least %(number)s characters.", number=SHORTEST))
    if len(password) > LONGEST:
        raise BadInput(gettext("This password is too long. Use at most %(number)s characters.", number=LONGEST))
    if _is_well_known(password) or _is_made_of(password, _words_of(user)):
        raise BadInput(gettext("This password is easy to guess. Use a few words that nobody would expect together."))


def _is_well_known(password: str) -> bool:
    lower = password.strip().lower()
    return lower in passwords.common() or len(set(lower)) < DIFFERENT or _is_run(lower)


def _is_run(text: str) -> bool:
    """Characters that follow each other, or one short piece again and again: 123456789012, welkomwelkom."""
    steps = [abs(ord(after) - ord(before)) for before, after in zip(text, text[1:], strict=False)]
    return sum(step <= 1 for step in steps) >= len(steps) - 2 or re.fullmatch(r"(.{1,8}?)\1+", text) is not None


def _is_made_of(password: str, words: list[str]) -> bool:
    """Well-known words and the person's own names, with little else than digits and signs around them."""
    plain = _plain(password)
    return any(_own_part(form, words) < OWN_PART for form in (plain, plain.translate(_LEET)))


def _own_part(text: str, words: list[str]) -> int:
    """How many characters are the password's own; all of them when nothing in it is well known."""
    rest = text
    for word in sorted([*words, *_WELL_KNOWN.split()], key=len, reverse=True):
        rest = rest.replace(word, "\0")
    return len(text) if rest == text else sum(len(piece.strip(_AROUND)) for piece in rest.split("\0"))


def _words_of(user: User) -> list[str]:
    query = sa.select(UserProfile.name).where(UserProfile.user_id == user.id)
    name = db.session.scalar(query, execution_options=SYSTEM_READ)
    said = _plain(f"{user.first_name} {user.last_name} {name or ''} {user.email} {user.username}")
    pieces = {*re.split(r"[\s@.\-_+]+", said), *re.split(r"[\s@]+", said)}
    return [piece for piece in pieces if len(piece) >= 3]


def _plain(text: str) -> str:
    """Small letters without accents."""
    return "".join(letter for letter in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(letter))
