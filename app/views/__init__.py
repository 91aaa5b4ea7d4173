"""The menu in reading order, and the screens behind it."""

from __future__ import annotations

from typing import Any

from flask import current_app, request, session, url_for
from flask_babel import get_locale, gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import OperationalError

from app.enums import Role
from app.fab import people
from app.fab.auth import demo_on
from app.fab.page import Me, MenuItem
from app.fab.sessions import RowSession
from app.security.identity import person
from app.views import (
    account,
    activities,
    advisees,
    articles,
    board,
    bounces,
    candidates,
    dev_mail,
    feedback,
    figures,
    handovers,
    health,
    history,
    home,
    limits,
    link,
    mail_templates,
    mailing_people,
    mailings,
    matches,
    members,
    messages,
    mijn,
    mijn_messages,
    mijn_preferences,
    newsletter,
    notifications,
    offers,
    organisations,
    plan_templates,
    plans,
    preferences,
    regions,
    report_templates,
    roles,
    search,
    sessions,
    style,
    tasks,
)

# (label, icon, entries); an entry is (label, endpoint, permission). A section without entries a person may open is not shown.
MENU: tuple[tuple[Any, str, tuple[tuple[Any, str, tuple[str, str] | None], ...]], ...] = (
    (_l("Today"), "home", ((_l("Today"), "HomeView.index", None),)),
    (_l("Advisees"), "address-book", ((_l("Advisees"), "AdviesvragersView.list", ("can_list", "Adviesvragers")),)),
    (_l("Status board"), "layout-kanban", ((_l("Status board"), "StatusbordView.list", ("can_list", "Statusbord")),)),
    (_l("Candidates"), "users", ((_l("Candidates"), "KandidatenView.list", ("can_list", "Kandidaten")),)),
    (_l("Tasks"), "checklist", ((_l("Tasks"), "TakenView.list", ("can_list", "Taken")),)),
    (_l("Conversations"), "message", ((_l("Conversations"), "GesprekkenView.list", ("can_list", "Gesprekken")),)),
    (_l("Matches"), "heart-handshake", ((_l("Matches"), "MatchesView.list", ("can_list", "Matches")),)),
    (
        _l("Handovers"),
        "switch-horizontal",
        (
            (_l("Handovers"), "OverdrachtenView.list", ("can_list", "Overdrachten")),
            (_l("Referrals"), "DoorverwijzingenView.list", ("can_list", "Doorverwijzingen")),
        ),
    ),
    (
        _l("Activities"),
        "calendar",
        (
            (_l("Activities"), "ActiviteitenView.list", ("can_list", "Activiteiten")),
            (_l("Registrations"), "AanmeldingenView.list", ("can_list", "Aanmeldingen")),
        ),
    ),
    (
        _l("Messages"),
        "mail",
        (
            (_l("Messages"), "BerichtenView.index", ("can_list", "Berichten")),
            (_l("Group messages"), "GroepsberichtenView.list", ("can_list", "Groepsberichten")),
            (_l("Message templates"), "BerichtsjablonenView.list", ("can_list", "Berichtsjablonen")),
        ),
    ),
    (
        _l("Knowledge"),
        "book",
        (
            (_l("Articles"), "KennisbankView.list", ("can_list", "Kennisbank")),
            (_l("Programmes"), "OpleidingenView.list", ("can_list", "Opleidingen")),
            (_l("Set out"), "KlaargezetView.list", ("can_list", "Klaargezet")),
            (_l("Running plans"), "PlannenView.list", ("can_list", "Plannen")),
        ),
    ),
    (_l("Figures"), "chart-bar", ((_l("Figures"), "CijfersView.chart", ("can_chart", "Cijfers")),)),
    (
        _l("Manage"),
        "settings",
        (
            (_l("Organisations"), "OrganisatiesView.list", ("can_list", "Organisaties")),
            (_l("Report templates"), "SjablonenView.list", ("can_list", "Sjablonen")),
            (_l("Step plans"), "StappenplannenView.list", ("can_list", "Stappenplannen")),
            (_l("Members"), "LedenView.list", ("can_list", "Leden")),
            (_l("Roles per region"), "RollenView.matrix", ("can_matrix", "Rollen")),
            (_l("Limits per stage"), "TermijnenView.per_stage", ("can_per_stage", "Termijnen")),
            (_l("Regions"), "RegiosView.list", ("can_list", "Regios")),
            (_l("Ideas"), "FeedbackView.list", ("can_list", "Feedback")),
            (_l("Log"), "LogboekView.list", ("can_list", "Logboek")),
        ),
    ),
)

# The candidate's: what comes first stands in the bar of a phone, the rest in the panel.
OWN_MENU: tuple[tuple[Any, str, tuple[tuple[Any, str, tuple[str, str] | None], ...]], ...] = (
    (_l("Home"), "home", ((_l("Home"), "MijnView.index", ("can_show", "Mijn")),)),
    (_l("Messages"), "mail", ((_l("Messages"), "MijnBerichtenView.index", ("can_own", "Berichten")),)),
    (_l("Conversations"), "message", ((_l("Conversations"), "MijnView.talks", ("can_show", "Mijn")),)),
    (_l("Activities"), "calendar", ((_l("Activities"), "ActiviteitenView.list", ("can_list", "Activiteiten")),)),
    (_l("Me"), "user-circle", ((_l("Me"), "MijnView.me", ("can_show", "Mijn")),)),
    (_l("Matches"), "heart-handshake", ((_l("Matches"), "MatchesView.list", ("can_list", "Matches")),)),
    (_l("Registrations"), "calendar-event", ((_l("Registrations"), "AanmeldingenView.list", ("can_list", "Aanmeldingen")),)),
    (_l("Knowledge"), "book", ((_l("Knowledge"), "KennisbankView.list", ("can_list", "Kennisbank")),)),
)

SCREENS = (
    home.HomeView,
    home.ExportView,
    search.ZoekenView,
    health.HealthView,
    dev_mail.DevMailView,
    account.AccountView,
    notifications.MeldingenView,
    style.StyleView,
    board.StatusbordView,
    candidates.KandidatenView,
    advisees.AdviesvragersView,
    mijn.MijnView,
    mijn_messages.MijnBerichtenView,
    mijn_preferences.MijnVoorkeurenView,
    link.AanmeldenView,
    newsletter.NieuwsbriefView,
    preferences.VoorkeurenView,
    preferences.AfmeldenView,
    bounces.BouncesView,
    tasks.TakenView,
    sessions.GesprekkenView,
    report_templates.SjablonenView,
    offers.KlaargezetView,
    offers.KlaarzettenView,
    offers.MijnKlaargezetView,
    plans.PlannenView,
    plans.PlanStartView,
    plans.PlanStepView,
    plan_templates.StappenplannenView,
    messages.BerichtenView,
    mailings.GroepsberichtenView,
    mailing_people.OntvangersView,
    mail_templates.BerichtsjablonenView,
    matches.MatchesView,
    handovers.OverdrachtenView,
    handovers.DoorverwijzingenView,
    history.GebeurtenissenView,
    activities.ActiviteitenView,
    activities.AanmeldingenView,
    organisations.OpleidingenView,
    organisations.OrganisatiesView,
    articles.KennisbankView,
    figures.CijfersView,
    feedback.IdeeenView,
    feedback.FeedbackView,
    members.LedenView,
    roles.RollenView,
    limits.TermijnenView,
    regions.RegiosView,
    history.GeschiedenisView,
    history.InzageView,
    history.LogboekView,
)


def register(appbuilder: Any) -> None:
    """Hang every screen on the application, and what each page says about who is signed in."""
    for screen in SCREENS:
        appbuilder.add_view_no_menu(screen)

    @current_app.context_processor
    def around() -> dict[str, Any]:
        chosen = str(get_locale() or "nl")
        languages = [(code, facts["name"], code == chosen) for code, facts in current_app.config["LANGUAGES"].items()]
        try:
            asked = {"me": me(appbuilder), "demo": request.endpoint == "LoketAuthView.login" and demo_on()}
        except OperationalError:  # the page that says that the database is away has the frame of a visitor's
            asked = {"me": None, "demo": False}
        return {**asked, "languages": languages, "lang": chosen}


def me(appbuilder: Any) -> Me | None:
    """The frame of the page for this person; None for a visitor."""
    current = session._get_current_object() if session else None  # type: ignore[attr-defined]
    if not isinstance(current, RowSession) or current.ended:
        return None
    standings = people.active(current)
    role = standings[0].membership.role if standings else None
    return Me(
        name=current.profile.name if current.profile else "",
        role=str(role.label) if role else gettext("no role now"),
        place=_place(standings),
        memberships=tuple(_memberships(current, standings)),
        menu=tuple(_menu(appbuilder)),
        desk=role is not Role.CANDIDATE,
        theme=people.preference(current, "theme", "auto"),
        bell=_bell(current) if role is not None else ("", "", ""),
        **_dress(standings),
    )


def _bell(current: RowSession) -> tuple[str, str, str]:
    number, words = notifications.capped(current.unread), notifications.in_words(current.unread)
    return number, words, url_for("MeldingenView.number")


def _dress(standings: tuple[people.Standing, ...]) -> dict[str, str]:
    """The colours and the logo of the region that somebody works for; ours for who works for several."""
    if len(standings) != 1:
        return {}
    region = standings[0].region
    return {"region": region.name, "style": style.sheet_address(region), "logo": style.logo_address(region)}


def _place(standings: tuple[people.Standing, ...]) -> str:
    if len(standings) > 1:
        return gettext("all my regions")
    return str(standings[0].organisation or standings[0].region) if standings else ""


def _memberships(current: RowSession, standings: tuple[people.Standing, ...]) -> Any:
    together = len(standings) > 1
    for standing in current.standings:
        words = f"{standing.membership.role.label} · {standing.organisation or standing.region}"
        yield (str(standing.membership.id), words, not together and standing in standings)
    several: dict[Role, list[people.Standing]] = {}
    for standing in current.standings:
        if standing.membership.organisation_id is None:
            several.setdefault(standing.membership.role, []).append(standing)
    for role, found in several.items():
        if len(found) > 1:
            yield (
                f"{found[0].membership.id}+",
                f"{role.label} · {gettext('all my regions')}",
                together and standings[0].membership.role is role,
            )


def _menu(appbuilder: Any) -> Any:
    granted = appbuilder.sm.granted()
    desk = person().role is not Role.CANDIDATE
    for label, icon, entries in MENU if desk else OWN_MENU:
        children = tuple(
            MenuItem(str(name), url_for(endpoint), icon, _is_open(endpoint))
            for name, endpoint, permission in entries
            if (permission is None and desk) or permission in granted
        )
        if children:
            active = any(child.active for child in children)
            yield MenuItem(str(label), children[0].url, icon, active, children if len(children) > 1 else ())


def _is_open(endpoint: str) -> bool:
    """This page belongs to the screen of a menu entry; of the candidate's own place each page is one, or stands under one."""
    here = mijn.UNDER.get(request.endpoint or "", request.endpoint or "")
    if here.startswith("MijnView."):
        return here == endpoint
    return here.partition(".")[0] == endpoint.partition(".")[0]
