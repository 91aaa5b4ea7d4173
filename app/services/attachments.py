"""Files with a report or a message: examined before anything is written, kept outside the web root. Of a report the candidate sees what is
ticked."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any

import sqlalchemy as sa
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.adapters import clamav, uploads
from app.adapters.storage import Folder
from app.adapters.uploads import Fault, Unfit
from app.errors import BadInput, NotAllowed
from app.extensions import db
from app.models import AdviceSession, Attachment, Message
from app.security.identity import Identity
from app.services import edits, log

MOST_BYTES = 10_000_000
MOST_FILES = 5
LONGEST_NAME = 120
KINDS = {
    uploads.PDF: _l("PDF"),
    uploads.DOCX: _l("Word document"),
    **dict.fromkeys((uploads.JPEG, uploads.PNG, uploads.GIF, uploads.WEBP), _l("picture")),
}
FAULTS = {
    Fault.EMPTY: _l("%(name)s is empty. Choose another file."),
    Fault.UNKNOWN: _l("%(name)s is not a PDF, Word document (docx) or picture (JPEG, PNG, GIF, WebP), whatever its name says."),
    Fault.BROKEN: _l("%(name)s is damaged or not complete. Save it again and choose it once more."),
    Fault.DOUBLE: _l("%(name)s holds something else besides what it shows. Save it anew in the program that made it."),
    Fault.MACROS: _l("%(name)s holds macros. Save it as a Word document without macros, or as PDF."),
    Fault.BOMB: _l("%(name)s becomes far too large when it is opened. Save it as PDF."),
}
_COLUMN: dict[type, Any] = {AdviceSession: Attachment.session_id, Message: Attachment.message_id}
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True)
class Sent:
    """A file as it was sent: what the sender calls it, and its bytes to read."""

    name: str
    stream: IO[bytes]


@dataclass(frozen=True)
class Examined:
    """A file that may be kept."""

    name: str
    kind: str
    stream: IO[bytes]


def examine(files: Sequence[Sent], *, scanner: Path | None) -> list[Examined]:
    """Look into files before anything is written: how many, how large, what kind, and (with a `scanner`) whether they are harmful.

    Raises BadInput with a sentence that names the file. Asks the database nothing: a scanner may take its time.
    """
    if len(files) > MOST_FILES:
        raise BadInput(gettext("You may add %(most)d files at most. Choose fewer.", most=MOST_FILES))
    return [_examine(file, scanner) for file in files]


def attach(
    to: AdviceSession | Message, files: Sequence[Examined], *, for_candidate: bool, folder: Folder, by: Identity, now: datetime
) -> None:
    """Keep examined files with a report or a message: their bytes are on the disk before their rows can be committed.

    Raises NotFound for a report out of sight, NotAllowed without the capability or for somebody else's message, and BadInput for more
    than MOST_FILES of one report.
    """
    candidate = edits.candidate_of(to)
    if isinstance(to, AdviceSession):
        edits.allow_desk(by, "write_reports", candidate.region_id)
    elif to.author_id != by.user_id:
        raise NotAllowed(gettext("Only who wrote a message adds files to it."))
    if len(of(to)) + len(files) > MOST_FILES:
        raise BadInput(gettext("A report has %(most)d files at most. Take one away first, or choose fewer.", most=MOST_FILES))
    kept: list[str] = []
    try:
        for file in files:
            content = file.stream.read()
            kept.append(folder.put(content))
            row = Attachment(candidate_id=candidate.id, region_id=candidate.region_id, name=file.name)
            setattr(row, _COLUMN[type(to)].key, to.id)
            row.kind, row.size, row.sha256 = file.kind, len(content), hashlib.sha256(content).hexdigest()
            row.key, row.for_candidate, row.created_at, row.created_by = kept[-1], for_candidate, now, by.user_id
            log.changed("attach", row, by=by, now=now)
    except BaseException:
        for key in kept:
            folder.remove(key)
        raise
    db.session.flush()


def show_to_candidate(attachment: Attachment, shown: bool, *, by: Identity, now: datetime) -> None:
    """Let the candidate see a file, or not any more. Raises NotFound and NotAllowed as `attach`."""
    _allow(attachment, by)
    if attachment.for_candidate != shown:
        attachment.for_candidate = shown
        log.changed("show_attachment", attachment, by=by, now=now, fields=["for_candidate"])
        db.session.flush()


def remove(attachment: Attachment, *, by: Identity, now: datetime) -> None:
    """Take a file from its report. Its bytes go with the next sweep. Raises NotFound and NotAllowed as `attach`."""
    _allow(attachment, by)
    log.changed("remove_attachment", attachment, by=by, now=now, fields=[])
    db.session.delete(attachment)
    db.session.flush()


def of(row: AdviceSession | Message) -> list[Attachment]:
    """The files of a report or a message that this person sees, oldest first."""
    return list(db.session.scalars(sa.select(Attachment).where(_COLUMN[type(row)] == row.id).order_by(Attachment.id)))


def names_of(sessions: Sequence[int]) -> dict[int | None, list[str]]:
    """By report, what the files are called that this person sees."""
    found: dict[int | None, list[str]] = {}
    if sessions:
        query = sa.select(Attachment.session_id, Attachment.name).where(Attachment.session_id.in_(sessions)).order_by(Attachment.id)
        for session_id, name in db.session.execute(query):
            found.setdefault(session_id, []).append(name)
    return found


def sweep(folder: Folder, before: datetime) -> int:
    """Take away the bytes that no row names: of removed files, of erased candidates, of a save that failed. What was written after
    `before` stays: its row may not be committed yet. Returns how many. For the job; sees every row."""
    removed = 0
    for path in folder.older_than(before.timestamp()):
        if db.session.scalar(sa.select(Attachment.id).where(Attachment.key == path.name)) is None:
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def _allow(attachment: Attachment, by: Identity) -> None:
    edits.allow_desk(by, "write_reports", edits.of_same_candidate(attachment).region_id)


def _examine(file: Sent, scanner: Path | None) -> Examined:
    content = file.stream.read(MOST_BYTES + 1)
    file.stream.seek(0)
    name = _tidy(file.name)
    if len(content) > MOST_BYTES:
        raise BadInput(gettext("%(name)s is larger than %(most)d MB. Choose a smaller file.", name=name, most=MOST_BYTES // 10**6))
    try:
        kind = uploads.judge(content)
    except Unfit as problem:
        raise BadInput(str(FAULTS[problem.fault]) % {"name": name}) from problem
    if scanner is not None:
        _scan(scanner, content, name)
    return Examined(_named(name, kind), kind, file.stream)


def _scan(scanner: Path, content: bytes, name: str) -> None:
    try:
        clean = clamav.is_clean(scanner, content)
    except clamav.Silent as problem:
        raise BadInput(
            gettext(
                "%(name)s cannot be checked for viruses now. Save without this file, and add it later.",
                name=name,
            )
        ) from problem
    if not clean:
        raise BadInput(gettext("The virus scanner refuses %(name)s. Do not open it, and tell your administrator.", name=name))


def _tidy(name: str) -> str:
    """The name without folders, and without signs that cannot be seen or that turn it around."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return _SPACE.sub(" ", "".join(sign if sign.isprintable() else " " for sign in last)).strip(" .") or gettext("file")


def _named(name: str, kind: str) -> str:
    """The name with an extension that fits what it is, no longer than fits."""
    stem, extension = PurePosixPath(name).stem, PurePosixPath(name).suffix.lower()
    fitting = uploads.EXTENSIONS[kind]
    if extension not in fitting:
        stem, extension = name, fitting[0]
    return stem[: LONGEST_NAME - len(extension)] + extension
