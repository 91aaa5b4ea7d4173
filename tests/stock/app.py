"""A small desk made with Flask-AppBuilder as it comes: the negative control of the attacks.

It takes every care that the manual offers: `base_filters` on the views that show people. The models have a base of their own, so that
they are no part of the product's metadata.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask, g, redirect
from flask_appbuilder import AppBuilder, Model, ModelRestApi, ModelView
from flask_appbuilder.actions import action
from flask_appbuilder.models.sqla.filters import FilterEqualFunction
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_appbuilder.security.manager import BaseSecurityManager
from flask_appbuilder.security.sqla import models as fab_models
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import Mapped, declarative_base, mapped_column, relationship

PASSWORD = "a-password-of-the-control"
UTRECHT, ZEELAND = 1, 2
REGION_OF = {"anna": UTRECHT, "kees": UTRECHT, "ulla": ZEELAND}
SCREENS = ("CandidateView", "MatchView", "ActivityView", "CandidateApi", "MatchApi")
PEOPLE = 30  # in each region

Base: Any = declarative_base()


class StockRegion(Base):
    __tablename__ = "stock_region"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(60))

    def __str__(self) -> str:
        return self.name


class StockCandidate(Base):
    __tablename__ = "stock_candidate"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(60), unique=True)
    note: Mapped[str] = mapped_column(sa.String(200), default="")  # on no list, no detail, no form
    region_id: Mapped[int] = mapped_column(sa.ForeignKey("stock_region.id"))
    region: Mapped[StockRegion] = relationship()

    def __str__(self) -> str:
        return self.name


class StockMatch(Base):
    __tablename__ = "stock_match"
    __table_args__ = (sa.UniqueConstraint("candidate_id", "title"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(sa.String(60))
    region_id: Mapped[int] = mapped_column(sa.ForeignKey("stock_region.id"))
    candidate_id: Mapped[int] = mapped_column(sa.ForeignKey("stock_candidate.id"))
    region: Mapped[StockRegion] = relationship()
    candidate: Mapped[StockCandidate] = relationship()

    def __str__(self) -> str:
        return self.title


class StockActivity(Base):
    __tablename__ = "stock_activity"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(sa.String(60))
    candidate_id: Mapped[int] = mapped_column(sa.ForeignKey("stock_candidate.id"))
    candidate: Mapped[StockCandidate] = relationship()

    def __str__(self) -> str:
        return self.title


def _own_region() -> int:
    return REGION_OF[g.user.username]


OWN = [["region_id", FilterEqualFunction, _own_region]]


class ActivityView(ModelView):
    datamodel = SQLAInterface(StockActivity)
    list_columns = ["title"]


class CandidateView(ModelView):
    datamodel = SQLAInterface(StockCandidate)
    base_filters = OWN
    list_columns = ["name"]
    show_columns = ["name", "region"]
    add_columns = edit_columns = ["name", "region"]
    related_views = [ActivityView]

    @action("shout", "Shout", "Are you sure?")
    def shout(self, items: Any) -> Any:
        for candidate in items if isinstance(items, list) else [items]:
            candidate.note = "SHOUTED"
        self.datamodel.session.commit()
        return redirect("/")


class MatchView(ModelView):
    datamodel = SQLAInterface(StockMatch)
    base_filters = OWN
    list_columns = ["title"]
    show_columns = add_columns = edit_columns = ["title", "candidate", "region"]


class CandidateApi(ModelRestApi):
    datamodel = SQLAInterface(StockCandidate)
    resource_name = "candidate"
    allow_browser_login = True
    base_filters = OWN
    list_columns = show_columns = add_columns = edit_columns = ["name", "note"]


class MatchApi(ModelRestApi):
    datamodel = SQLAInterface(StockMatch)
    resource_name = "match"
    allow_browser_login = True
    base_filters = OWN
    add_columns = edit_columns = list_columns = show_columns = ["title", "candidate"]


def make_stock(folder: Path) -> Flask:
    """The app on a database in this folder, with two regions of thirty people and three users."""
    app = Flask("stock")
    uploads = folder / "uploads"
    uploads.mkdir()
    (uploads / "1_sep_cv.txt").write_text("a paper of somebody else")
    app.config.update(
        SECRET_KEY="only-a-control-and-long-enough-for-a-token",
        TESTING=True,
        PROPAGATE_EXCEPTIONS=False,
        SQLALCHEMY_DATABASE_URI=f"sqlite:///{folder / 'stock.db'}",
        FAB_CREATE_DB=False,
        FAB_UPDATE_PERMS=False,  # written below, once its roles exist
        FAB_PASSWORD_HASH_METHOD="pbkdf2:sha256:1",
        FAB_SECURITY_SIGNALS_ENABLED=False,
        WTF_CSRF_ENABLED=False,
        UPLOAD_FOLDER=str(uploads),
    )
    db = SQLAlchemy(app, disable_autonaming=True)
    with app.app_context():
        Model.metadata.create_all(db.engine, tables=_fab_tables())
        Base.metadata.create_all(db.engine)
        appbuilder = AppBuilder(app, db.session)
        for screen in (ActivityView, CandidateView, MatchView):
            appbuilder.add_view(screen, screen.__name__)
        for api in (CandidateApi, MatchApi):
            appbuilder.add_api(api)
        BaseSecurityManager.create_db(appbuilder.sm)
        appbuilder.add_permissions(update_perms=True)
        _add_users(appbuilder.sm, db.session)
        _fill(db.session)
        db.session.remove()
    return app


def _fab_tables() -> list[Any]:
    """FAB's own; the product's models share their metadata."""
    return [table for table in fab_models.User.metadata.sorted_tables if table.name.startswith("ab_")]


def _add_users(sm: Any, session: Any) -> None:
    desk, shy = sm.add_role("desk"), sm.add_role("shy")
    for permission in session.query(sm.permissionview_model).all():
        if permission.view_menu.name in SCREENS:
            sm.add_permission_role(desk, permission)
        if permission.view_menu.name == "CandidateView":
            sm.add_permission_role(shy, permission)
    for name in REGION_OF:
        sm.add_user(name, name, "X", f"{name}@control.test", shy if name == "kees" else desk, PASSWORD)


def _fill(session: Any) -> None:
    for region_id, name in ((UTRECHT, "Utrecht"), (ZEELAND, "Zeeland")):
        session.add(StockRegion(id=region_id, name=name))
        session.flush()
        for number in range(1, PEOPLE + 1):
            # The notes run against the names, so that ordering by one is not ordering by the other.
            note = f"note {PEOPLE - number:02d}"
            candidate = StockCandidate(name=f"Person{number:02d} {name}", note=note, region_id=region_id)
            session.add(candidate)
            session.flush()
            session.add(StockMatch(title=f"Match{number:02d} {name}", region_id=region_id, candidate_id=candidate.id))
            session.add(StockActivity(title=f"Talk{number:02d} {name}", candidate_id=candidate.id))
    session.commit()
