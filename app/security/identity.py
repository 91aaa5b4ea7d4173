"""Who is asking: one person in one active membership. Everything that is allowed follows from this value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from app.enums import DESK_ROLES, ORGANISATION_ROLES, Role
from app.errors import ScopeError


@dataclass(frozen=True)
class Identity:
    """A person, the active role, and the regions, organisations or file that the role is about.

    `capabilities` maps a region to the names that are on there for this role (security/capabilities.py).
    """

    user_id: int | None = None
    role: Role | None = None
    region_ids: frozenset[int] = frozenset()
    organisation_ids: frozenset[int] = frozenset()
    candidate_id: int | None = None
    national_region_id: int | None = None
    capabilities: Mapping[int, frozenset[str]] = field(default_factory=dict)

    @property
    def is_desk(self) -> bool:
        """Adviser or coordinator of a region."""
        return self.role in DESK_ROLES

    @property
    def has_files(self) -> bool:
        """Works with whole candidate files of the own region: a desk or the national desk."""
        return self.is_desk or self.role is Role.NATIONAL

    @property
    def is_organisation(self) -> bool:
        """Works for a school or a training institute."""
        return self.role in ORGANISATION_ROLES

    def can(self, capability: str, region_id: int | None = None) -> bool:
        """The capability is on: in this region, or (without one) in every region of the active membership."""
        regions = self.region_ids if region_id is None else {region_id} & self.region_ids
        return bool(regions) and all(capability in self.capabilities.get(region, ()) for region in regions)

    @cached_property
    def cache(self) -> dict[str, Any]:
        """What is worked out once for this person and request, such as the wall's criteria."""
        return {}


class System:
    """Jobs and commands: sees everything. Never opened inside a request."""


ANONYMOUS = Identity()
_who: ContextVar[Identity | System | None] = ContextVar("who", default=None)


def who() -> Identity | System:
    """Who is asking now. Raises ScopeError outside a request when no scope was opened."""
    current = _who.get()
    if current is None:
        raise ScopeError("nobody is asking: open acting_as(identity), or system_scope() in a job or command")
    return current


def person() -> Identity:
    """Who is asking now, as a person; a job or command counts as nobody."""
    current = _who.get()
    return current if isinstance(current, Identity) else ANONYMOUS


def is_system() -> bool:
    """A job or command is at work."""
    return isinstance(_who.get(), System)


def set_person(identity: Identity | None) -> Any:
    """From here on this person asks; returns the token for `reset`. For the doorways (request start and end) only."""
    return _who.set(identity)


def reset(token: Any) -> None:
    """Undo set_person."""
    _who.reset(token)


@contextmanager
def acting_as(identity: Identity) -> Iterator[Identity]:
    """Let this person ask inside the block."""
    token = _who.set(identity)
    try:
        yield identity
    finally:
        _who.reset(token)


@contextmanager
def system_scope() -> Iterator[None]:
    """See and write everything: jobs, commands, migrations of data. Refused (ScopeError) inside a person's request."""
    if isinstance(_who.get(), Identity):
        raise ScopeError("a request may not open the system scope")
    token = _who.set(System())
    try:
        yield
    finally:
        _who.reset(token)
