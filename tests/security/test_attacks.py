"""Each attack works on stock Flask-AppBuilder, `base_filters` and all, and does nothing here: the holes that were found, as tests."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import Permission, PermissionView, Role, ViewMenu, assoc_permissionview_role
from sqlalchemy.engine import URL

from app.demo.accounts import DEMO_PASSWORD
from app.models import Region, Task
from tests.pg import database
from tests.site import Site, post, running
from tests.stock.app import PASSWORD
from tests.stock.targets import Target, our_target, stock_target

READING = ["select boxes", "search form", "rest"]
WRITING = [
    "action", "actions", "foreign key, new row", "foreign key, own row", "foreign key, prefilled", "new row elsewhere",
    "move to another region",
]  # fmt: skip
FIXTURES = {"stock": "stock_one", "ours": "our_one", "ours on postgresql": "our_postgres"}


@pytest.fixture(scope="module")
def stock_one(tmp_path_factory: pytest.TempPathFactory) -> Target:
    return stock_target(tmp_path_factory.mktemp("stock"))


@pytest.fixture(scope="module")
def our_one(shared_site: Site) -> Target:
    return our_target(shared_site)


@pytest.fixture(scope="module")
def our_postgres(postgres_server: URL, demo_postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with database(postgres_server, demo_postgres) as url, running(url, tmp_path_factory.mktemp("pg")) as site:
        yield our_target(site)


@pytest.fixture(params=FIXTURES)
def target(request: pytest.FixtureRequest) -> Target:
    """Stock, then ours on each database; made when it is first asked for."""
    found: Target = request.getfixturevalue(FIXTURES[request.param])
    return found


@pytest.mark.parametrize("attack", READING)
def test_a_page_names_people_of_elsewhere_only_in_stock(target: Target, attack: str) -> None:
    pages = [target.browser.get(address) for address in target.pages[attack]]

    named = set().union(*(target.foreign(page.text) for page in pages))

    assert (bool(named), [page.status_code for page in pages if page.status_code >= 500]) == (target.is_stock, [])


def test_a_form_filled_in_by_an_address_answers_for_a_foreign_candidate_as_for_nobody(our_one: Target) -> None:
    def page(number: str) -> list[str]:
        found = [our_one.browser.get(f"{screen}/add?candidate={number}").text for screen in ("/matches", "/gesprekken", "/taken")]
        return [re.sub(r'(nonce|value)="[^"]*"', "", text).replace(number, "") for text in found]

    foreign = our_one.posts["foreign key, new row"][0][1]["candidate"]

    assert page(foreign) == page("K-000001")


@pytest.mark.parametrize("attack", WRITING)
def test_a_foreign_row_is_changed_made_or_linked_only_in_stock(target: Target, attack: str) -> None:
    before = target.state()

    answers = [target.send(address, data) for address, data in target.posts[attack]]

    assert (target.state() != before, [answer.status_code for answer in answers if answer.status_code >= 500]) == (target.is_stock, [])


@pytest.mark.parametrize("attack", ["get delete", "get action"])
def test_a_link_deletes_or_changes_a_row_only_in_stock(target: Target, attack: str) -> None:
    before = target.state()

    answers = [target.browser.get(address) for address in target.pages[attack]]

    assert (target.state() != before, [answer.status_code for answer in answers if answer.status_code >= 500]) == (target.is_stock, [])


def test_a_filter_on_a_column_that_is_not_shown_tells_hit_from_miss_only_in_stock(target: Target) -> None:
    def answers(browser_name: str, attack: str) -> list[tuple[int, list[str]]]:
        found = [
            target.browsers[browser_name].get(address) for address in target.pages.get(f"{attack}, {browser_name}", target.pages[attack])
        ]
        return [(answer.status_code, target.listed(answer.text)) for answer in found]

    differs = [answers(name, "hidden hit") != answers(name, "hidden miss") for name in target.browsers]

    assert any(differs) is target.is_stock


def test_an_order_on_a_column_that_is_not_shown_tells_something_only_in_stock(target: Target) -> None:
    def order(browser_name: str, attack: str) -> list[list[str]]:
        addresses = target.pages.get(f"{attack}, {browser_name}", target.pages[attack])
        return [target.listed(target.browsers[browser_name].get(address).text) for address in addresses]

    differs = [order(name, "hidden up") != order(name, "hidden down") for name in target.browsers]

    several = [len(target.listed(target.browsers[name].get(target.pages["list"][0]).text)) > 1 for name in target.browsers]
    assert (any(differs), all(several)) == (target.is_stock, True)


def test_a_page_of_any_size_can_be_asked_for_only_in_stock(target: Target) -> None:
    answers = [target.browser.get(address) for address in target.pages["page size"]]

    assert {answer.status_code for answer in answers} == ({200} if target.is_stock else {400})


def test_a_file_on_the_server_can_be_fetched_only_in_stock(target: Target) -> None:
    answers = [target.browser.get(address) for address in target.pages["download"]]
    for answer in answers:
        answer.close()

    assert {answer.status_code for answer in answers} == ({200} if target.is_stock else {404})


def test_a_token_for_the_json_api_can_be_had_with_a_password_only_in_stock(target: Target) -> None:
    name, password = ("anna", PASSWORD) if target.is_stock else ("noor@demo.test", DEMO_PASSWORD)

    answer = target.app.test_client().post("/api/v1/security/login", json={"username": name, "password": password, "provider": "db"})

    assert (answer.status_code, "access_token" in answer.text) == ((200, True) if target.is_stock else (answer.status_code, False))
    addresses = [str(rule) for rule in target.app.url_map.iter_rules() if "/api/" in str(rule)]
    assert target.is_stock or addresses == ["/api/bounces"]  # for a mail server, which signs what it says


def test_stock_shows_what_the_database_said_of_a_clash(stock_one: Target) -> None:
    stock_one.send("/matchview/add", {"title": "Match07 Utrecht", "candidate": 7, "region": 1})

    page = stock_one.browser.get("/candidateview/list/").text

    assert ("INSERT INTO stock_match" in page, "[parameters:" in page) == (True, True)


def test_we_say_a_clash_in_a_sentence_and_keep_what_was_typed(site: Site) -> None:
    with site.rows() as session:
        region = session.scalar(sa.select(Region).where(Region.slug == "utrecht")).id
    admin = site.client("beheer")
    sending = {"mails_a_minute": "30", "mailings_a_week": "2", "approve_above": "200"}
    fields = {"name": "Regio Rotterdam", "version": "1", "promised_days": "3", "colour": "#15508a", "sectors": "PO", **sending}

    answer = post(admin, f"/beheer/regios/edit/{region}", fields)

    said = [word for word in ("UNIQUE", "IntegrityError", "UPDATE", "sqlite") if word in answer.text]
    assert (answer.status_code, said, 'value="Regio Rotterdam"' in answer.text) == (400, [], True)


def test_stock_shows_a_tab_of_a_screen_that_is_closed_to_the_person(stock_one: Target) -> None:
    kees = stock_one.browsers["kees"]

    answers = kees.get("/activityview/list/").status_code, "Talk01 Utrecht" in kees.get("/candidateview/show/1").text

    assert answers == (403, True)


def test_we_show_a_tab_only_with_the_permission_of_its_screen(site: Site) -> None:
    with site.rows() as session:
        task = session.scalar(sa.select(Task).join(Region, Region.id == Task.region_id).where(Region.slug == "utrecht").limit(1))
        file, title = f"/kandidaten/show/{task.candidate_id}", f"task {task.id} of a closed screen"
        task.title = title
    noor = site.client("noor")
    before = noor.get("/taken/list/").status_code, title in noor.get(file).text
    with site.rows() as session:
        link = assoc_permissionview_role.c
        pair = sa.select(PermissionView.id).join(Permission).join(ViewMenu).where(Permission.name == "can_list", ViewMenu.name == "Taken")
        role = sa.select(Role.id).where(Role.name == "adviser")
        session.execute(sa.delete(assoc_permissionview_role).where(link.permission_view_id.in_(pair), link.role_id.in_(role)))

    after = noor.get("/taken/list/").status_code, title in noor.get(file).text

    assert (before, after) == ((200, True), (403, False))
