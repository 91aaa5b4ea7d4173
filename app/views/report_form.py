"""The fields of a report's form that are no columns of the report: how it begins, what follows from it, what goes along."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import current_app, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from wtforms import BooleanField, Field, SelectMultipleField, StringField, TextAreaField, validators
from wtforms.fields.choices import Choice
from wtforms.widgets import CheckboxInput, FileInput, ListWidget, Select

from app.adapters import uploads
from app.adapters.storage import Folder
from app.enums import Holder
from app.errors import BadInput
from app.extensions import db
from app.fab.badges import icon
from app.fab.forms import DutchDateField, EnumField, RelationField, form_of
from app.fab.shown import moment
from app.models import AdviceSession, ReportTemplate, Task
from app.security.identity import Identity
from app.services import advice, attachments
from app.services.advice import Following

ACCEPTED = ",".join(extension for kind in uploads.EXTENSIONS.values() for extension in kind)
FILES_HELP = _l("PDF, Word (docx) or a picture. At most 5 files of 10 MB each. Only advisers see them, unless you tick the box below.")


def attachment_folder() -> Folder:
    """Where the bytes of attachments stand: outside the web root."""
    return Folder(current_app.config["LOKET"].data_dir / "attachments")


class _Aside:
    """A field beside the columns: a screen reads it, and the row does not get it."""

    def populate_obj(self, obj: Any, name: str) -> None:
        """Nothing of it belongs to the row."""


class AsideText(_Aside, StringField):
    """A line of text."""


class AsideDate(_Aside, DutchDateField):
    """A day."""


class AsideChoice(_Aside, EnumField):
    """One of a closed list."""


class AsideBox(_Aside, BooleanField):
    """A box to tick; pages draw it as the field that it is."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.type = BooleanField.__name__


class TemplateSelect(Select):
    """Templates with the button that uses the chosen one."""

    def __call__(self, field: Any, **given: Any) -> Markup:
        button = Markup('<button class="btn" type="submit" name="step" value="fill:%s" data-fill="%s">%s<span>%s</span></button>')
        words = gettext("Use this template"), gettext("The template is added. What you had typed is still there.")
        line = Markup('<span class="with-button">%s%s</span><span class="fill-said" role="status" data-filled></span>')
        return line % (super().__call__(field, **given), button % (field.name, words[1], icon("forms"), words[0]))


class TemplateField(_Aside, RelationField):
    """How this report begins."""

    widget = TemplateSelect()


class TasksField(_Aside, SelectMultipleField):
    """The open tasks of the candidate whom the form is about, to tick off; posts ids."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, label: Any = None, checks: Any = None, *, _form: Any = None, **options: Any) -> None:
        self.form = _form
        self._asked: tuple[int, list[Task]] = 0, []
        super().__init__(label, checks, coerce=str, choices=[], _form=_form, **options)

    @property
    def tasks(self) -> list[Task]:
        candidate = self.form._fields["candidate"].data if "candidate" in self.form._fields else None
        if candidate is None:
            return []
        if self._asked[0] != candidate.id:
            self._asked = candidate.id, advice.open_tasks(candidate)
        return list(self._asked[1])

    def iter_choices(self) -> Any:
        ticked = set(self.data or ())
        for task in self.tasks:
            label = gettext("%(task)s (before %(day)s)", task=task.title, day=moment(task.due_on))
            yield Choice(str(task.id), label, str(task.id) in ticked, {})

    @property
    def chosen(self) -> list[Task]:
        """Those that were ticked and are still open: what a colleague finished meanwhile is done anyway."""
        ticked = set(self.data or ())
        return [task for task in self.tasks if str(task.id) in ticked]

    def pre_validate(self, form: Any) -> None:
        """Only open tasks of this candidate are looked at."""


class FilesInput(FileInput):
    """Several files; after a refusal it says which ones have to be chosen again, for a browser does not keep them."""

    def __init__(self) -> None:
        super().__init__(multiple=True)

    def __call__(self, field: Any, **given: Any) -> Markup:
        words = {
            "data-too-large": gettext(
                "%(name)s is larger than %(most)d MB. Choose a smaller file.", name="#", most=attachments.MOST_BYTES // 10**6
            ),
            "data-too-many": gettext("You may add %(most)d files at most. Choose fewer.", most=attachments.MOST_FILES),
        }
        drawn = super().__call__(field, accept=ACCEPTED, **words, **given)
        if not field.data:
            return drawn
        names = ", ".join(str(file.filename) for file in field.data)
        return drawn + Markup('<p class="field-help files-again">%s</p>') % gettext(
            "Choose again, a browser does not keep files: %(names)s.", names=names
        )


class FilesField(_Aside, Field):
    """Files, examined while the form is checked: what is refused is said beside the field, before anything is written."""

    widget = FilesInput()

    def __init__(self, *args: Any, **options: Any) -> None:
        self.examined: list[attachments.Examined] = []
        super().__init__(*args, **options)

    def process(self, formdata: Any, *args: Any, **more: Any) -> None:
        super().process(None, *args, **more)
        sent = request.files.getlist(self.name) if formdata is not None and request.method == "POST" else []
        self.data = [file for file in sent if file.filename]

    def pre_validate(self, form: Any) -> None:
        if not self.data:
            return
        db.session.rollback()  # nothing is written yet; nobody else has to wait while a scanner looks
        files = [attachments.Sent(str(file.filename), file.stream) for file in self.data]
        try:
            self.examined = attachments.examine(files, scanner=current_app.config["LOKET"].clamav_socket)
        except BadInput as refusal:
            raise validators.ValidationError(str(refusal)) from refusal


def shorter(form: Any, field: Any) -> None:
    """A text that fits. It says so after the fact: a browser that is told a maximum cuts a pasted text off without a word."""
    length = len(field.data or "")
    if length > advice.LONGEST_TEXT:
        sentence = gettext("A text has at most %(most)d characters; this one has %(count)d.", most=advice.LONGEST_TEXT, count=length)
        raise validators.StopValidation(sentence)


def text_field(label: Any, help_text: Any) -> Any:
    """The summary, or the notes."""
    return TextAreaField(label, [shorter], filters=[_tidy], description=help_text)


def _tidy(text: str | None) -> str | None:
    return (text or "").replace("\x00", "").strip() or None


def templates_to_choose() -> list[Any]:
    """Conditions on ReportTemplate: those in use; the wall does the rest."""
    return [ReportTemplate.active.is_(True)]


MAY: list[Any] = [validators.Optional()]
TEMPLATES: dict[str, Any] = {"model": ReportTemplate, "where": templates_to_choose, "order": ReportTemplate.name}
LABELS = {
    "template": _l("Begin with a template"),
    "done": _l("Done with this conversation"),
    "next_title": _l("Next action"),
    "next_holder": _l("Who has the ball"),
    "next_due": _l("Before"),
    "files": _l("Files"),
    "for_candidate": _l("The candidate may see these files"),
}
FIELDS: dict[str, Any] = {
    "template": lambda label: TemplateField(label, MAY, **TEMPLATES),
    "done": lambda label: TasksField(label, MAY),
    "next_title": lambda label: AsideText(label, [*MAY, validators.Length(max=200)], description=_l("The candidate can read this.")),
    "next_holder": lambda label: AsideChoice(label, MAY, of=Holder),
    "next_due": lambda label: AsideDate(label, MAY),
    "files": lambda label: FilesField(label, description=FILES_HELP),
    "for_candidate": lambda label: AsideBox(label),
}


def field_of(name: str) -> Any:
    """A field by its name."""
    return FIELDS[name](LABELS[name])


def files_form() -> Any:
    """The form with which files are added to a report that stands already."""
    form = form_of({name: field_of(name) for name in ("files", "for_candidate")})()
    form.files.flags.required = True
    return form


def following(form: Any) -> Following:
    """What the form says about what comes next."""
    return Following(form.done.chosen, form.next_title.data, form.next_due.data, form.next_holder.data)


def keep_files(row: AdviceSession, form: Any, *, by: Identity, now: datetime) -> None:
    """Keep the files of a form that was found right with this report."""
    if form.files.examined:
        ticked, folder = bool(form.for_candidate.data), attachment_folder()
        attachments.attach(row, form.files.examined, for_candidate=ticked, folder=folder, by=by, now=now)
