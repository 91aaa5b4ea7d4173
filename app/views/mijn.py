"""Mijn plek: the candidate's own place. One clear next step on top; what was agreed, what is asked, who helps, who looked."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import format_date, gettext
from flask_wtf.csrf import generate_csrf

from app.adapters import clock
from app.enums import OPEN_STATUSES, ConsentChannel
from app.errors import BadInput, DomainError, Stale
from app.extensions import db
from app.fab.editing import doorway
from app.fab.plain import LoketPage
from app.models import Candidate, Consent, Handover, Task
from app.queries import mine, threads
from app.queries.threads import Which
from app.queries.timeline import Mark
from app.security.identity import person
from app.services import consents, handovers, offers, own
from app.views import mijn_words as words
from app.views.candidate_show import CLOSED, steps_of

TALKS = 10  # a page
LOOKS = 50
UNDER = {  # in the menu
    **dict.fromkeys(("MijnView.looks", "MijnView.file", "MijnVoorkeurenView.index"), "MijnView.me"),
    **dict.fromkeys(("MijnView.question", "MijnKlaargezetView.read"), "MijnView.index"),
}


class MijnView(LoketPage):
    route_base = "/mijn"
    class_permission_name = "Mijn"
    method_permission_name = {
        **dict.fromkeys(("index", "talks", "me", "file", "looks", "question"), "show"),
        **dict.fromkeys(("tick", "answer", "withdraw"), "edit"),
    }

    # -- to read ----------------------------------------------------------------------------------------------------------

    @expose("/")
    @has_access
    def index(self) -> Any:
        """What is next, what waits, and who helps."""
        row, now = self._file(), clock.now()
        is_open = row.status in OPEN_STATUSES
        found = mine.tasks(row.id) if is_open else []
        first = mine.next_of(found)
        plans = mine.plans_of(found)
        in_plans = {step.id for plan in plans for step in plan.steps}
        left = (task for task, _ in found if task.done_at is None and task is not first and task.id not in in_plans)
        talk = next(iter(mine.talks(row.id, size=1)), None)
        return self._page(
            "mijn",
            gettext("Hello %(name)s", name=row.given_name or row.name),
            here=words.where_you_are(row),
            steps=steps_of(row),
            closed="" if is_open else str(CLOSED[row.status][1]),
            next=words.step(first, row) if first else None,
            after=[words.step(task, row) for task in left if words.is_told(task)],
            unread=threads.count(Which.UNREAD, by=person()),
            questions=[(words.question(one), url_for("MijnView.question", number=one.id)) for one in mine.questions(row.id)],
            offers=[words.offer(one) for one in offers.for_candidate(row.id, now=now) if one.title],
            plans=[(plan, [words.step(step, row) for step in plan.steps]) for plan in plans],
            talk=words.talk(talk) if talk else None,
            desk=words.desk(row),
        )

    @expose("/gesprekken")
    @has_access
    def talks(self) -> Any:
        """What was agreed, conversation by conversation."""
        row, page = self._file(), _page_asked()
        found = mine.talks(row.id, size=TALKS, page=page)
        files = mine.files_of([talk.id for talk in found[:TALKS]])
        shown = [words.talk(talk, files.get(talk.id, ())) for talk in found[:TALKS]]
        newer = url_for("MijnView.talks", pagina=page - 1) if page else ""
        older = url_for("MijnView.talks", pagina=page + 1) if len(found) > TALKS else ""
        return self._page("mijn_talks", gettext("What we agreed"), talks=shown, newer_url=newer, older_url=older)

    @expose("/ik")
    @has_access
    def me(self) -> Any:
        """The own details, consents with a way back, and who looked."""
        row, today = self._file(), clock.day(clock.now())
        said = [words.consent(event, mine.is_live(event, today)) for event in mine.consents(row.id)]
        looked = next(iter(mine.looks(row.id, size=1)), None)
        return self._page("mijn_me", gettext("About me"), row=row, consents=said, looked=words.looked_last(looked))

    @expose("/dossier")
    @has_access
    def file(self) -> Any:
        """All that stands in the own file, with what happened."""
        screen = self.screen("KandidatenView")
        return screen.shown(screen.found(str(person().candidate_id)))

    @expose("/gekeken")
    @has_access
    def looks(self) -> Any:
        """Who looked at the own file, day by day."""
        row, asked = self._file(), request.args.get("na", "")
        found = mine.looks(row.id, before=Mark.read(asked) if asked else None, size=LOOKS)
        by_day = groupby(found[:LOOKS], key=lambda look: clock.day(look.at))
        days = [(format_date(day, "EEEE d MMMM yyyy"), words.looks_of_day(list(looks))) for day, looks in by_day]
        older = url_for("MijnView.looks", na=str(found[LOOKS - 1].mark)) if len(found) > LOOKS else ""
        newest = url_for("MijnView.looks") if asked else ""
        return self._page("mijn_looks", gettext("Who looked at your file"), days=days, older_url=older, newest_url=newest)

    @expose("/vraag/<int:number>")
    @has_access
    def question(self, number: int) -> Any:
        """What a handover would do: from whom, to whom, what goes along, and the words to agree to."""
        return self._question(self._found(Handover, number))

    def _question(self, handover: Handover, warning: str = "", status: int = 200) -> Any:
        row = self._file()
        agrees = consents.live(row, words.purpose_of(handover), handover.organisation, now=clock.now())
        page = self._page(
            "mijn_question",
            words.question(handover),
            handover=handover,
            told=words.told(handover),
            adviser=row.lead_adviser.name if row.lead_adviser else row.region.name,
            items=handovers.preview(handover),
            text=words.consent_text(handover, row.locale),
            answered=words.answered(handover, agrees),
            warning=warning,
        )
        return page, status

    # -- to do ------------------------------------------------------------------------------------------------------------

    @expose("/stap/<int:number>/klaar", methods=["POST"])
    @has_access
    def tick(self, number: int) -> Any:
        """Tick off an own step; the second click says the same as the first."""
        task = self._found(Task, number)
        with doorway():
            own.tick(task, by=person(), now=clock.now())
        flash(gettext("Well done. This step is finished."), "success")
        return redirect(url_for("MijnView.index"))

    @expose("/vraag/<int:number>/antwoord", methods=["POST"])
    @has_access
    def answer(self, number: int) -> Any:
        """Agree to a handover, or not. Nobody has to say why."""
        handover, said = self._found(Handover, number), request.form.get("answer", "")
        if said not in ("ja", "nee"):
            return self._question(handover, gettext("Choose one of the two answers."), 422)
        if not words.is_asked(handover):  # a second click, or the desk took the question back: the page says how it stands
            return redirect(url_for("MijnView.question", number=number))
        try:
            with doorway():
                handovers.answer(handover, said == "ja", by=person(), now=clock.now())
        except Stale:
            return redirect(url_for("MijnView.question", number=number))
        except DomainError as refusal:
            return self._question(self._found(Handover, number), str(refusal), refusal.status)
        return redirect(url_for("MijnView.question", number=number))

    @expose("/toestemming/<int:number>/intrekken", methods=["POST"])
    @has_access
    def withdraw(self, number: int) -> Any:
        """Take a consent back; it counts from the next request. The second time changes nothing."""
        event = self._found(Consent, number)
        try:
            with doorway():
                asked = {"organisation": event.organisation, "channel": ConsentChannel.ONLINE}
                consents.withdraw(self._file(), event.purpose, **asked, by=person(), now=clock.now())
            flash(gettext("You took your consent back. It counts from now."), "success")
        except BadInput:
            flash(gettext("You had taken this consent back already."), "info")
        return redirect(url_for("MijnView.me"))

    # -- what they share --------------------------------------------------------------------------------------------------

    def _file(self) -> Candidate:
        row = mine.file(person().candidate_id or 0)
        if row is None:
            abort(404)
        return row

    def _found(self, model: Any, number: int) -> Any:
        """An own row, or 404: the same for what is not there and what is somebody else's."""
        row = db.session.get(model, number)
        if row is None or row.candidate_id != person().candidate_id:
            abort(404)
        return row

    def _page(self, template: str, title: str, **values: Any) -> Any:
        return self.render_template(f"loket/{template}.html", title=title, csrf=generate_csrf(), **values)


def _page_asked() -> int:
    text = request.args.get("pagina", "0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0
