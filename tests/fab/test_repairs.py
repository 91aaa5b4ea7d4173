"""What app/fab does because Flask-AppBuilder (or SQLAlchemy) does it otherwise: each test is red as soon as they mend it.

Then the repair that it names can go. The holes in the security stand in tests/security/test_attacks.py, in the same way.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_appbuilder import ModelView
from sqlalchemy.orm import Session, aliased, with_loader_criteria

from tests.stock import app as stock


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return stock.make_stock(tmp_path_factory.mktemp("stock"))


@pytest.fixture
def anna(app: Flask) -> FlaskClient:
    browser = app.test_client()
    browser.post("/login/", data={"username": "anna", "password": stock.PASSWORD})
    return browser


def _view(app: Flask, name: str) -> Any:
    return next(view for view in app.appbuilder.baseviews if type(view).__name__ == name)  # type: ignore[attr-defined]


def _statements(app: Flask, browser: FlaskClient, url: str) -> list[str]:
    seen: list[str] = []
    with app.app_context():
        engine = app.extensions["sqlalchemy"].engine
    sa.event.listen(engine, "before_cursor_execute", lambda *call: seen.append(call[2]))
    browser.get(url)
    return seen


def test_fab_keeps_the_filters_of_a_request_on_the_view(app: Flask, anna: FlaskClient) -> None:
    """app/fab/arguments.py: ours are read into an object of the request."""
    anna.get("/candidateview/list/?_flt_0_name=Geheim")

    assert _view(app, "CandidateView")._filters.values == [["Geheim"]]


@pytest.mark.parametrize("query", ["page_CandidateView=a", "psize_CandidateView=a", "_oc_CandidateView=nothing&_od_CandidateView=asc"])
def test_fab_breaks_on_arguments_that_are_no_numbers_and_columns_that_are_not_there(anna: FlaskClient, query: str) -> None:
    """app/fab/arguments.py: ours are refused with a sentence."""
    assert anna.get(f"/candidateview/list/?{query}").status_code == 500


def test_fab_asks_for_the_permission_of_every_button(app: Flask, anna: FlaskClient) -> None:
    """app/fab/manager.py: ours are read once a request."""
    seen = _statements(app, anna, "/candidateview/list/")

    assert len([statement for statement in seen if "ab_permission" in statement]) > 5


def test_fab_wants_all_values_of_one_filter_at_once(anna: FlaskClient) -> None:
    """app/fab/arguments.py, _Together: several values of one filter mean one of them."""
    page = anna.get("/candidateview/list/?_flt_3_name=Person01+Utrecht&_flt_3_name=Person02+Utrecht").text

    assert ("Person01 Utrecht</td>" in page and "Person02 Utrecht</td>" in page) is False


def test_fab_saves_an_edit_over_somebody_elses(app: Flask, anna: FlaskClient) -> None:
    """app/fab/editing.py: ours is refused with both texts."""
    others = app.test_client()
    others.post("/login/", data={"username": "anna", "password": stock.PASSWORD})
    for browser in (anna, others):
        browser.get("/matchview/edit/20")

    for browser, title in ((anna, "first"), (others, "second")):
        browser.post("/matchview/edit/20", data={"title": title, "candidate": 20, "region": stock.UTRECHT})

    page = anna.get("/matchview/show/20").text
    assert ("first" in page, "second" in page) == (False, True)


def test_fab_makes_a_row_for_every_click(app: Flask, anna: FlaskClient) -> None:
    """app/fab/editing.py, FormReceipt: ours makes one."""
    for _ in range(2):
        anna.post("/activityview/add", data={"title": "Twice", "candidate": 1})
    with app.app_context():
        session = app.extensions["sqlalchemy"].session
        made = session.scalar(sa.select(sa.func.count()).select_from(stock.StockActivity).where(stock.StockActivity.title == "Twice"))
        session.remove()

    assert made == 2


def test_fab_puts_every_row_of_a_relation_in_the_page_of_a_list(anna: FlaskClient) -> None:
    """app/fab/view.py, _init_forms: ours fetches the choices of a filter when its panel opens."""
    page = anna.get("/matchview/list/?_flt_3_title=nothing").text

    assert len(set(re.findall(r"Person\d\d \w+", page))) == 2 * stock.PEOPLE


def test_fab_offers_every_column_as_a_filter_when_none_are_named() -> None:
    """app/fab/view.py, _init_properties: ours offers none."""

    class Bare(ModelView):
        datamodel = stock.SQLAInterface(stock.StockCandidate)

    assert "note" in Bare().search_columns


def test_fab_swallows_what_goes_wrong_while_it_writes_permissions(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """app/fab/sync.py: ours looks afterwards and refuses."""
    app = stock.make_stock(tmp_path)
    with app.app_context(), caplog.at_level(logging.CRITICAL):
        sm = app.appbuilder.sm  # type: ignore[attr-defined]
        session = app.extensions["sqlalchemy"].session
        session.execute(sa.delete(stock.fab_models.assoc_permissionview_role))
        session.execute(sa.delete(stock.fab_models.PermissionView))
        session.execute(sa.delete(stock.fab_models.assoc_user_role))
        session.execute(sa.delete(stock.fab_models.Role))
        session.commit()
        app.appbuilder.add_permissions(update_perms=True)  # type: ignore[attr-defined]
        missing = sm.find_role("Admin") is None
        session.remove()

    assert missing is True


def test_fab_gives_a_sign_in_endpoint_for_tokens_to_everybody(app: Flask) -> None:
    """app/fab/builder.py: ours registers our own screens only."""
    assert "/api/v1/security/login" in {rule.rule for rule in app.url_map.iter_rules()}


def test_fab_changes_the_language_by_a_link(app: Flask) -> None:
    """app/views/home.py: ours is a button."""
    assert {rule.rule for rule in app.url_map.iter_rules() if "lang" in rule.rule and "GET" in rule.methods} == {"/lang/<string:locale>"}


def test_sqlalchemy_leaves_the_criterion_of_a_joined_alias_on_the_table_itself() -> None:
    """app/security/scope.py, _Criterion: ours follows the alias. Without it a wall has a hole."""
    other = aliased(stock.StockCandidate)
    query = sa.select(stock.StockRegion.id).join(other, other.id == stock.StockRegion.id)
    mine = with_loader_criteria(stock.StockCandidate, stock.StockCandidate.region_id == 1, include_aliases=True)
    engine = sa.create_engine("sqlite://")
    stock.Base.metadata.create_all(engine)

    with Session(engine) as session, pytest.raises(sa.exc.OperationalError, match="no such column: stock_candidate.region_id"):
        session.execute(query.options(mine))

    engine.dispose()
