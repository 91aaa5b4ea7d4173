"""create_app: the only wiring."""

from __future__ import annotations

from typing import Any

from flask import Flask, g, request, session
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

import app.cli as cli
import app.views as views
from app.demo.accounts import DEMO_ACCOUNTS, DEMO_PASSWORD
from app.extensions import WalledSession, db, migrate, prepare_engine, will_write
from app.fab import assets, headers
from app.fab.builder import LoketAppBuilder
from app.fab.packing import pack_page
from app.fab.people import identity_of
from app.fab.sessions import LoketSessions, RowSession
from app.security import scope
from app.security.identity import ANONYMOUS, reset, set_person
from app.services import seals
from app.views import errorpages
from config import Settings

OTHER_PROOF = (  # what a POST wants instead of the token of a form
    "app.views.preferences.leave",  # the signed link of a mail: pressed by mail programs, which have no session (RFC 8058)
    "app.views.bounces.take",  # a signature over the whole message
)
TAKES_FILES = frozenset({
    "GesprekkenView.add", "GesprekkenView.attachments", "BerichtenView.show", "BerichtenView.write", "BerichtenView.write_to_match",
    "MijnBerichtenView.show", "MijnBerichtenView.write",
})  # fmt: skip
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def create_app(settings: Settings | None = None, **overrides: Any) -> Flask:
    """The application for these settings (default: from the environment); `overrides` go over Flask's configuration.

    Opens no connection and writes nothing. Raises config.ConfigError for a setting that cannot be used.
    """
    settings = settings or Settings.from_environment()
    app = Flask(__name__)
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}  # the lines of the templates are not part of the page
    app.config.update(settings.flask_settings(), DEMO_ACCOUNTS=DEMO_ACCOUNTS, DEMO_PASSWORD=DEMO_PASSWORD)
    app.config.update(overrides)
    app.session_interface = LoketSessions()
    if settings.trusted_proxies:  # how many proxies of our own add X-Forwarded-For: attempts count per real address
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.trusted_proxies, x_proto=settings.trusted_proxies)  # type: ignore[method-assign]
    _databases(app, settings)
    _doorway(app)
    _protect(app, settings)
    assets.register(app)
    with app.app_context():
        appbuilder = LoketAppBuilder()
        appbuilder.init_app(app, db.session)
        views.register(appbuilder)
    errorpages.register(app)
    cli.register(app)
    return app


def _databases(app: Flask, settings: Settings) -> None:
    db.init_app(app)
    migrate.init_app(app, db)
    scope.install(WalledSession)
    with app.app_context():
        prepare_engine(db.engine)
        seals.install(db.engine, settings.sealing_key())


def _doorway(app: Flask) -> None:
    """Who asks, and whether the request writes, are known before anything else and forgotten after everything else."""

    @app.before_request
    def begin() -> None:
        g.writes = will_write.set(request.method not in SAFE_METHODS)
        if "unopened" in g:
            raise g.unopened
        g.who = set_person(identity_of(session) if isinstance(session, RowSession) else ANONYMOUS)
        if request.endpoint in TAKES_FILES and isinstance(session, RowSession):
            request.max_content_length = app.config["LARGEST_WITH_FILES"]

    @app.teardown_request
    def finish(problem: BaseException | None) -> None:
        db.session.remove()
        if "who" in g:
            reset(g.pop("who"))
        if "writes" in g:
            will_write.reset(g.pop("writes"))


def _protect(app: Flask, settings: Settings) -> None:
    csrf = CSRFProtect(app)
    for view in OTHER_PROOF:
        csrf.exempt(view)
    app.after_request(pack_page)
    headers.register(app, https=settings.is_https)
