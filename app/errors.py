"""What can be refused. Every message is for a person and says why and what now; none says that something hidden exists."""

from __future__ import annotations

from typing import Any


class DomainError(Exception):
    """A rule said no. `str()` is a sentence for the screen; the status is the HTTP answer that fits."""

    status = 400

    def __init__(self, message: Any) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return str(self.message)


class NotAllowed(DomainError):
    """The person may see this but not do it."""

    status = 403


class NotFound(DomainError):
    """The row is not there, or not there for this person: the same answer."""

    status = 404


class BadInput(DomainError):
    """What was sent cannot be used; the message says what is wrong with it."""

    status = 400


class Doubtful(DomainError):
    """What was sent can be saved, by who has seen this sentence: `seen` is what the second try brings along."""

    status = 422

    def __init__(self, message: Any, seen: str) -> None:
        super().__init__(message)
        self.seen = seen


class IllegalTransition(DomainError):
    """A state does not follow from the present one."""

    status = 409


class Stale(DomainError):
    """Somebody changed the row first. `now_at` is what it is now."""

    status = 409

    def __init__(self, message: Any, now_at: Any = None) -> None:
        super().__init__(message)
        self.now_at = now_at


class ScopeError(RuntimeError):
    """The wall stopped a statement: a programming error or an attack, never a user's everyday mistake."""
