"""The house keeps its rules: what every screen, model, list and file has to have, so that nobody needs to remember it."""

from __future__ import annotations

import ast
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from flask.testing import FlaskClient
from flask_babel.speaklater import LazyString

import run
from app import enums
from app.demo.accounts import DEMO_ACCOUNTS, DEMO_PASSWORD
from app.fab.view import LoketView
from app.models import Candidate, EnumSet
from app.security import capabilities, fields
from app.security.roles import SCREENS
from app.security.rules import RULES, SYSTEM_TABLES
from tests.security.test_csrf import OTHER_PROOF
from tests.site import Site, token

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted([*(ROOT / "app").rglob("*.py"), ROOT / "config.py", ROOT / "run.py"])
CATALOGUE = ROOT / "translations" / "nl" / "LC_MESSAGES"
MODELS = [mapper.class_ for mapper in Candidate.registry.mappers]
LISTS = [one for one in vars(enums).values() if isinstance(one, type) and issubclass(one, enums.Labelled) and one is not enums.Labelled]

# Addresses that answer a visitor, and why; everything else sends them to the sign-in page or says no.
OPEN = {
    ("GET", "/"): "the front page",
    ("GET", "/login/"): "the sign-in page",
    ("POST", "/login/"): "signing in",
    ("POST", "/logout/"): "a visitor is signed out already",
    ("POST", "/taal"): "the language of a visitor",
    ("GET", "/account/wachtwoord-vergeten"): "says how to get a link",
    ("GET", "/favicon.ico"): "leads to the icon",
    ("GET", "/aanmelden/"): "asking for a link to sign in with",
    ("POST", "/aanmelden/"): "asking for a link to sign in with",
    ("GET", "/aanmelden/mail"): "says to look in the mail",
    ("GET", "/nieuwsbrief/"): "asking for the newsletter",
    ("POST", "/nieuwsbrief/"): "asking for the newsletter",
    ("GET", "/nieuwsbrief/mail/"): "says to look in the mail",
    ("GET", "/health"): "for machines; says one word to strangers",
    ("GET", "/dev/mail/"): "the mails that a demo did not send; elsewhere it is not there",
}
DOORWAYS = {
    "app/fab/editing.py": "forms and buttons",
    "app/jobs/runner.py": "jobs",
    "app/jobs/mail.py": "one commit a mail",
    "app/jobs/bounces.py": "bounces, before the mailbox is told that they were read",
    "app/cli.py": "commands",
}
OWN_TRANSACTIONS = {
    "app/services/log.py": "the read log: written before the page leaves",
    "app/services/audit.py": "heads of the logs: printed once they are there",
    "app/fab/sessions.py": "session rows",
    "app/fab/attempts.py": "tries to sign in",
    "app/fab/exporting.py": "tickets of exports",
    "app/fab/sync.py": "permissions, by command",
}
BESIDE_THE_WALL = {
    "app/security/scope.py": "the wall itself",
    "app/queries/raw.py": "the one place for raw SQL",
    "app/fab/attempts.py": "tries to sign in: nobody is known yet",
    "app/fab/auth.py": "signing in: nobody is known yet",
    "app/fab/editing.py": "receipts of forms, of the person",
    "app/fab/exporting.py": "tickets of exports, of the session",
    "app/fab/manager.py": "FAB's permissions of the active role",
    "app/fab/people.py": "who asks: the memberships and capabilities of the session's person",
    "app/fab/sessions.py": "session rows: before anybody is known",
    "app/fab/sync.py": "FAB's permissions, by command",
    "app/jobs/housekeeping.py": "sweeping system tables",
    "app/services/accounts.py": "users and passwords",
    "app/services/activities.py": "seats: everybody in the queue counts, whoever asks",
    "app/services/consents.py": "whether the consent to a handover stands, for the desk that is about to accept it",
    "app/services/handover_mail.py": "who is mailed at the other side of a handover",
    "app/services/inbox.py": "files of a leaving adviser or region, unseen by the administrator",
    "app/services/delivering.py": "how many mails wait: a number",
    "app/services/notifications.py": "who hears of it, whom the teller need not see",
    "app/services/mailings.py": "rows of who does not get it and why, after the audience was limited to what the sender sees; who approves",
    "app/services/pace.py": "the rate of a region, kept over all workers",
    "app/services/outbox.py": "mails, which nobody but the worker reads back",
    "app/services/bounces.py": "the mail that came back, said by a mail server",
    "app/services/newsletter.py": "who asks for the newsletter: nobody we know",
    "app/services/mail_addresses.py": "what an address wants to get, asked by who has the link of a mail and is nobody",
    "app/services/threads.py": "who works where a candidate wrote to",
    "app/services/log.py": "the token of whom a change is about, also before a handover is accepted",
    "app/services/doors.py": "the accounts of candidates: before anybody is known, and unseen by the desk",
    "app/services/knocks.py": "who asked for a link lately: before anybody is known",
    "app/services/own.py": "what a candidate ticks off, and what follows from it",
    "app/services/links.py": "one-time links: before anybody is known",
    "app/services/members.py": "whether a person exists already",
    "app/services/regions.py": "what a leaving region still holds, unseen by the administrator",
    "app/services/roles.py": "the capabilities of the region for the matrix",
    "app/views/account.py": "the own sessions",
    "app/views/dev_mail.py": "whether this is a demo",
    "app/views/health.py": "the last tick",
    "app/views/home.py": "the own profile",
}
BARE_TABLES = {
    "app/models/candidate.py": "indexes",
    "app/queries/raw.py": "raw SQL",
    "app/security/rules_day.py": "who was referred to an organisation that need not see the handover",
    "app/security/rules_messages.py": "a match that an organisation has",
    "app/security/rules.py": "rights that follow from a row that the person need not see",
    "app/services/inbox.py": "files that move at once",
    "app/queries/audiences.py": "who gets a message to a group: asked of candidates that the statement around it is limited to",
    "app/fab/attempts.py": "a table of the system",
}
RAW_SQL = {
    "app/adapters/clamav.py": "connects to a scanner",
    "app/models/candidate.py": "conditions of partial indexes",
    "app/models/work.py": "conditions of partial indexes",
    "app/models/day.py": "conditions of partial indexes",
    "app/models/mail.py": "conditions of partial indexes",
    "app/extensions.py": "SQLite's BEGIN and settings",
    "app/fab/checks.py": "is the database there",
    "app/services/audit.py": "checks one state of the database",
    "app/services/seals.py": "the seal that ends a transaction",
    "app/demo/writer.py": "filling a demo",
    "app/cli.py": "filling a demo",
    "app/security/scope.py": "refuses bulk_*",
}
# Bit n of a stored set is the n-th member: new ones go at the end, none goes away.
SETS = {
    "Sector": "PO SO VO PRO MBO HO",
    "Function": "TEACHER INSTRUCTOR CLASSROOM_SUPPORT SUPPORT PUPIL_CARE MIDDLE_MANAGEMENT SCHOOL_LEADERSHIP OTHER",
    "Qualification": "PABO LIMITED_SECOND_DEGREE SECOND_DEGREE FIRST_DEGREE PDG BKO_BDB OOP INSTRUCTOR GUEST UNKNOWN NO_IDEA_YET"
    " NOT_APPLICABLE",
    "Route": "ZIJ_INSTROOM PART_TIME SHORT_PART_TIME FULL_TIME DUAL KOPOPLEIDING EDUCATIEVE_MODULE EDUCATIEVE_MASTER PDG"
    " ASSISTANT_TO_TEACHER RETURNING HYBRID GUEST UNKNOWN",
    "SessionKind": "PHONE EMAIL IN_PERSON VIDEO INTRODUCTION ADVICE REFERRAL ACTIVITY_SIGN_UP OTHER",
}
DUTCH = re.compile(
    r"\b(de|het|een|van|niet|voor|met|naar|wordt|worden|kandidaat|kandidaten|gesprek|regio|je|jouw|geen|deze|dit|zijn|ook|nog|bij|kan)\b"
)
STATES = (
    enums.Stage, enums.Status, enums.MatchState, enums.RegistrationState, enums.FeedbackState, enums.HandoverState, enums.MailingState,
)  # fmt: skip
IN_SEVERAL_LANGUAGES = {"Assistant to teacher"}


# --- models and lists -----------------------------------------------------------------------------------------------


def test_every_table_has_a_line_in_the_wall_or_belongs_to_the_system() -> None:
    tables = {model.__tablename__ for model in MODELS}
    walled = {model.__tablename__ for model in RULES}

    assert (tables, walled & SYSTEM_TABLES) == (walled | SYSTEM_TABLES, frozenset())


def test_every_closed_list_has_a_label_for_each_member_and_no_doubles() -> None:
    faults = [one.__name__ for one in LISTS if len(one.__members__) != len(one) or not all(member.value.strip() for member in one)]

    assert faults == []


def test_every_state_stands_among_the_transitions_and_leads_to_states_only() -> None:
    found = {one: set(moves) for one, moves in enums.TRANSITIONS.items()}
    targets = {one: set().union(*moves.values()) for one, moves in enums.TRANSITIONS.items()}
    to_itself = [state for moves in enums.TRANSITIONS.values() for state, after in moves.items() if state in after]

    assert found == {one: set(one) for one in STATES}
    assert ([one for one, after in targets.items() if not after <= set(one)], to_itself) == ([], [])


def test_a_list_that_is_stored_as_a_set_is_only_added_to_at_its_end() -> None:
    stored = {column.type.of for mapper in Candidate.registry.mappers for column in mapper.columns if isinstance(column.type, EnumSet)}

    order = {one.__name__: " ".join(member.name for member in list(one)[: len(SETS.get(one.__name__, "").split())]) for one in stored}

    assert order == SETS


def test_every_capability_has_a_label_and_a_level_for_each_role() -> None:
    assert set(capabilities.LEVELS) == set(capabilities.LABELS)
    assert {len(levels) for levels in capabilities.LEVELS.values()} == {len(enums.Role)}
    assert set(capabilities.COLUMNS) == set(enums.Role)


def test_every_field_of_a_candidate_stands_in_a_group() -> None:
    attributes = {attribute.key for attribute in sa.inspect(Candidate).attrs}

    assert attributes - set(fields.GROUP_OF[Candidate]) == set()


# --- screens and addresses ------------------------------------------------------------------------------------------


def _screens(site: Site) -> list[Any]:
    return [view for view in site.app.appbuilder.baseviews if not type(view).__module__.startswith("flask_appbuilder.")]  # type: ignore[attr-defined]


def test_every_verb_of_every_screen_stands_in_roles_and_the_reverse(shared_site: Site) -> None:
    screens = {(name, view.class_permission_name) for view in _screens(shared_site) for name in view.base_permissions or ()}
    roles = {(f"can_{verb}", screen) for screen, holders in SCREENS.items() for verbs in holders.values() for verb in verbs}

    assert screens == roles


def test_every_column_on_a_screen_has_a_label_of_ours(shared_site: Site) -> None:
    """Labels that FAB makes from a column's name are plain text, ours wait for the language of who looks."""
    faults = []
    for view in _screens(shared_site):
        if isinstance(view, LoketView) and "list" in view.include_route_methods:
            groups = (*view.show_groups, *view.add_groups, *view.edit_groups)
            named = {*view.list_columns, *view.search_columns, *view.order_columns, *view.export_columns}
            named |= {name for _, names in groups for name in names}
            faults += [f"{type(view).__name__}.{name}" for name in named if not isinstance(view.label_columns.get(name), LazyString)]

    assert [fault for fault in faults if not fault.endswith(".id")] == []


def test_every_title_on_a_screen_is_ours(shared_site: Site) -> None:
    wanted = {"list": "list_title", "show": "show_title", "add": "add_title", "edit": "edit_title"}
    faults = [
        f"{type(view).__name__}.{attribute}"
        for view in _screens(shared_site)
        for method, attribute in wanted.items()
        if isinstance(view, LoketView) and method in view.include_route_methods and not isinstance(getattr(view, attribute), LazyString)
    ]

    assert faults == []


def _rules(site: Site) -> Iterator[tuple[str, Any]]:
    for rule in site.app.url_map.iter_rules():
        if not rule.rule.startswith("/static/"):
            yield from ((method, rule) for method in sorted(rule.methods - {"HEAD", "OPTIONS"}))


def _address(rule: Any, key: str = "1") -> str:
    return re.sub(r"<(?:\w+:)?\w+>", key, rule.rule)


def test_addresses_know_get_and_post_only(shared_site: Site) -> None:
    assert {method for method, _ in _rules(shared_site)} == {"GET", "POST"}


def test_every_address_refuses_a_visitor_unless_it_is_listed(shared_site: Site) -> None:
    visitor = shared_site.client()
    proof = {"csrf_token": token(visitor, "/login/"), "locale": "en"}
    answering = set()

    for method, rule in _rules(shared_site):
        answer = visitor.open(_address(rule), method=method, data=proof if method == "POST" else None)
        to_sign_in = answer.status_code == 302 and answer.headers["Location"].startswith("/login/")
        if not to_sign_in and answer.status_code not in (401, 403, 404):
            answering.add((method, rule.rule))

    assert answering == set(OPEN)


def test_every_post_without_the_token_of_a_page_is_refused(shared_site: Site) -> None:
    noor = shared_site.client("noor")

    asked = [rule for method, rule in _rules(shared_site) if method == "POST" and rule.rule not in OTHER_PROOF]
    answers = {noor.post(_address(rule)).status_code for rule in asked}

    assert answers == {400}


LOOKED_AT = {"read_event", "read_subject", "log_seal", "login_session", "sqlite_sequence"}


def _dump(path: Path) -> dict[str, list[Any]]:
    with closing(sqlite3.connect(path)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in names if name not in LOOKED_AT}


def _look_everywhere(site: Site, browser: FlaskClient) -> list[str]:
    addresses = [_address(rule, key) for method, rule in _rules(site) if method == "GET" for key in ("1", "2", "stage")]
    return [address for address in dict.fromkeys(addresses) if browser.get(address).status_code >= 500]


def test_looking_changes_nothing_but_who_looked(site: Site, tmp_path: Path) -> None:
    browsers = [site.client(name) for name in ("noor", "carla", "beheer", "hr", "fatima", "")]
    before = _dump(tmp_path / "loket.db")

    broken = [_look_everywhere(site, browser) for browser in browsers]

    after = _dump(tmp_path / "loket.db")
    changed = [name for name in before if before[name] != after[name]]
    assert (changed, broken) == ([], [[]] * len(browsers))


# --- code -----------------------------------------------------------------------------------------------------------


def _calls(path: Path) -> set[str]:
    """The last names of everything that is called in a file."""
    calls = [node.func for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
    return {call.attr if isinstance(call, ast.Attribute) else getattr(call, "id", "") for call in calls}


def _names(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    constants = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return imported | attributes | {word for word in constants if word.startswith(("bulk_", "system_"))}


def _files(holds: Any) -> set[str]:
    return {str(path.relative_to(ROOT)) for path in SOURCES if holds(path)}


def test_only_the_doorways_commit() -> None:
    assert _files(lambda path: "commit" in _calls(path)) == set(DOORWAYS)


def test_only_the_named_places_write_beside_the_request() -> None:
    assert _files(lambda path: "transaction" in _calls(path)) == set(OWN_TRANSACTIONS)


def test_only_the_named_readers_look_past_the_wall() -> None:
    assert _files(lambda path: _names(path) & {"SYSTEM_READ", "system_read"}) == set(BESIDE_THE_WALL)


def test_only_the_named_places_use_tables_without_their_models() -> None:
    assert _files(lambda path: "__table__" in _names(path)) == set(BARE_TABLES)


def test_raw_sql_stays_where_it_belongs() -> None:
    around = {"text", "exec_driver_sql", "connection", "raw_connection", "connect", "begin"}

    def holds(path: Path) -> bool:
        session_only = path.name == "run.py" or path.is_relative_to(ROOT / "app" / "jobs")
        return not session_only and bool(_calls(path) & around or any(name.startswith("bulk_") for name in _names(path)))

    assert _files(holds) - {"app/queries/raw.py"} == set(RAW_SQL)


def test_only_doorways_say_who_asks() -> None:
    doors = {"app/__init__.py", "app/cli.py", "app/jobs/runner.py", "app/fab/exporting.py"}

    assert _files(lambda path: _calls(path) & {"set_person", "system_scope", "acting_as"}) == doors


def test_files_and_functions_stay_small() -> None:
    long_files = {str(path.relative_to(ROOT)) for path in SOURCES if len(path.read_text("utf-8").splitlines()) > 400}
    long_functions = [
        f"{path.relative_to(ROOT)}:{node.name}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno + 1 > 50
    ]

    assert (long_files - {"run.py"}, long_functions) == (set(), [])


def test_migrations_import_nothing_of_the_app() -> None:
    versions = sorted((ROOT / "migrations" / "versions").glob("*.py"))
    importing = [path.name for path in versions if re.search(r"^\s*(from|import) app\b", path.read_text("utf-8"), re.MULTILINE)]
    long = [path.name for path in versions[1:] if len(path.read_text("utf-8").splitlines()) > 100]

    assert (importing, long, [path.name[:4] for path in versions]) == ([], [], [f"{number:04d}" for number in range(1, len(versions) + 1)])


def test_what_the_start_prints_are_the_accounts_of_the_demo() -> None:
    assert (tuple((name, english) for name, _, english in DEMO_ACCOUNTS), DEMO_PASSWORD) == (run.DEMO_ACCOUNTS, run.DEMO_PASSWORD)


# --- the catalogue --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    with open(CATALOGUE / "messages.po", "rb") as file:
        return read_po(file)


@pytest.fixture(scope="module")
def extracted() -> set[str]:
    with open(ROOT / "babel.cfg", encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    keywords = {"_": None, "gettext": None, "lazy_gettext": None, "_l": None, "N_": None, "ngettext": (1, 2)}

    def ours(folder: str) -> bool:
        return not Path(folder).name.startswith((".", "_", "node_modules", "var", "tests"))

    found = extract_from_dir(ROOT, methods, options, keywords, directory_filter=ours)  # type: ignore[arg-type]
    return {message[0] if isinstance(message, tuple) else message for _, _, message, _, _ in found}


def _ids(catalogue: Catalog) -> dict[str, Any]:
    return {message.id[0] if isinstance(message.id, (tuple, list)) else message.id: message for message in catalogue if message.id}


def test_every_text_in_the_code_stands_in_the_dutch_catalogue(catalogue: Catalog, extracted: set[str]) -> None:
    assert (extracted - set(_ids(catalogue)), set(_ids(catalogue)) - extracted) == (set(), set())


def test_every_text_has_dutch_and_none_is_a_guess(catalogue: Catalog) -> None:
    empty = [
        key for key, message in _ids(catalogue).items() if not all([message.string] if isinstance(message.string, str) else message.string)
    ]
    fuzzy = [key for key, message in _ids(catalogue).items() if message.fuzzy]

    assert (empty, fuzzy, list(catalogue.obsolete)) == ([], [], [])


def test_a_translation_keeps_the_blanks_of_its_text(catalogue: Catalog) -> None:
    blank = re.compile(r"%\(\w+\)[sd]|%%")
    faults = []
    for key, message in _ids(catalogue).items():
        strings = [message.string] if isinstance(message.string, str) else list(message.string)
        faults += [key for string in strings if set(blank.findall(string)) - set(blank.findall(str(message.id)))]
        faults += [key for string in strings[-1:] if sorted(blank.findall(string)) != sorted(blank.findall(key))]

    assert faults == []


def test_texts_in_the_code_are_english(extracted: set[str]) -> None:
    dutch = [text for text in extracted if len(DUTCH.findall(re.sub(r"%\(\w+\)[sd]|“[^”]*”", "", text))) >= 1]

    assert [text for text in dutch if text not in IN_SEVERAL_LANGUAGES] == []


def test_the_compiled_catalogue_is_the_one_that_can_be_read(catalogue: Catalog) -> None:
    with open(CATALOGUE / "messages.mo", "rb") as file:
        compiled = read_mo(file)

    def strings(of: Catalog) -> dict[str, list[str]]:
        return {key: [message.string] if isinstance(message.string, str) else list(message.string) for key, message in _ids(of).items()}

    assert strings(compiled) == strings(catalogue)
