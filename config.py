"""The settings: read from the environment or `.env`, checked once, refused with one clear sentence."""

from __future__ import annotations

import ipaddress
import os
import tempfile
import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_urlsafe
from typing import Any, TypeVar
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from dotenv import dotenv_values
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

PROJECT_ROOT = Path(__file__).resolve().parent
APP_NAME = "Mijn Onderwijsloket"
LANGUAGES = {"nl": {"flag": "nl", "name": "Nederlands"}, "en": {"flag": "gb", "name": "English"}}
SWITCH = {"1": True, "true": True, "0": False, "false": False}
MIB = 1024 * 1024
SECRET_MINIMUM = 32
# Values from manuals and samples: long enough to pass the length check, and known to everybody.
KNOWN_SECRETS = frozenset(
    {
        "a-long-random-text-of-your-own-at-least-32",
        "\\2\\1thisismyscretkey\\1\\2\\e\\y\\y\\h",
        "change-me-change-me-change-me-change-me",
        "192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf",
    }
)
POSTGRESQL_SESSION = "-c statement_timeout=30000 -c idle_in_transaction_session_timeout=60000 -c timezone=UTC"

Value = TypeVar("Value")


class ConfigError(Exception):
    """A setting that cannot be used; its text is one sentence for the person who set it."""


@dataclass(frozen=True)
class Settings:
    """Everything that can be set from outside, checked. Secrets stay out of its repr."""

    database_url: str = field(repr=False)
    data_dir: Path
    base_url: str
    host: str
    port: int
    web_workers: int
    web_threads: int
    trusted_proxies: int
    timezone: str
    locale: str
    demo: bool | None = None  # None: what the database says
    secret_key: str | None = field(default=None, repr=False)  # None: the one in the data dir
    audit_key: str | None = field(default=None, repr=False)  # None: the one in the data dir
    clamav_socket: Path | None = None  # None: files are not scanned
    smtp_url: str | None = field(default=None, repr=False)
    mail_from: str | None = None
    mail_timeout: int = 30  # seconds that one mail may take
    bounce_secret: str | None = field(default=None, repr=False)  # None: nobody may say that mail came back
    bounce_imap_url: str | None = field(default=None, repr=False)  # None: no mailbox is read
    project_root: Path = PROJECT_ROOT

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ, env_file: str | Path | None = ".env") -> Settings:
        """Read the `LOKET_*` settings; the environment wins over `env_file`, and an empty value counts as not set.

        Raises ConfigError for the first value that cannot be used.
        """
        read = _Reader(_merged(environ, env_file))
        port = read("LOKET_PORT", "8080", _between(1, 65535))
        settings = cls(
            database_url=read("LOKET_DATABASE_URL", "sqlite:///var/loket.db", _database_url),
            data_dir=read("LOKET_DATA_DIR", "var", _folder),
            base_url=read("LOKET_BASE_URL", f"http://localhost:{port}", _base_url),
            host=read("LOKET_HOST", "127.0.0.1", _host),
            port=port,
            web_workers=read("LOKET_WEB_WORKERS", "2", _between(1, 64)),
            web_threads=read("LOKET_WEB_THREADS", "4", _between(1, 64)),
            trusted_proxies=read("LOKET_TRUSTED_PROXIES", "0", _between(0, 8)),
            timezone=read("LOKET_TIMEZONE", "Europe/Amsterdam", _timezone),
            locale=read("LOKET_LOCALE", "nl", _locale),
            demo=read.optional("LOKET_DEMO", _switch),
            secret_key=read.optional("LOKET_SECRET_KEY", _secret),
            audit_key=read.optional("LOKET_AUDIT_KEY", _secret),
            clamav_socket=read.optional("LOKET_CLAMAV_SOCKET", _socket),
            smtp_url=read.optional("LOKET_SMTP_URL", _smtp_url),
            mail_from=read.optional("LOKET_MAIL_FROM", _address),
            mail_timeout=read("LOKET_MAIL_TIMEOUT", "30", _between(1, 120)),
            bounce_secret=read.optional("LOKET_BOUNCE_SECRET", _secret),
            bounce_imap_url=read.optional("LOKET_BOUNCE_IMAP_URL", _imap_url),
        )
        read.optional("LOKET_REQUIRE_TOTP", _no_second_factor_yet)
        settings._refuse_odd_combinations()
        return settings

    @property
    def database_path(self) -> Path | None:
        """The file of an SQLite database; None for PostgreSQL and for a database in memory."""
        url = make_url(self.database_url)
        return Path(url.database) if url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:") else None

    @property
    def is_postgresql(self) -> bool:
        """Whether the database is PostgreSQL (else it is SQLite)."""
        return self.database_url.startswith("postgresql")

    @property
    def mail_folder(self) -> Path:
        """Where a demo keeps the mails that it does not send."""
        return self.data_dir / "mail"

    @property
    def is_https(self) -> bool:
        """Whether people reach the system over https."""
        return self.base_url.startswith("https:")

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach the system: the place where known passwords do no harm."""
        return _is_loopback(self.host) and _is_loopback(urlsplit(self.base_url).hostname or "")

    def flask_settings(self) -> dict[str, Any]:
        """The configuration for Flask and its extensions. Makes the folders and, once, the secret key.

        Raises ConfigError when they cannot be made or read.
        """
        self.make_folders()
        return {
            "APP_NAME": APP_NAME,
            "SECRET_KEY": self.signing_key(),
            "SQLALCHEMY_DATABASE_URI": self.database_url,
            "SQLALCHEMY_ENGINE_OPTIONS": self._engine_options(),
            "AUTH_TYPE": 1,
            "FAB_CREATE_DB": False,
            "FAB_UPDATE_PERMS": False,
            "FAB_API_SWAGGER_UI": False,
            "RATELIMIT_ENABLED": False,  # attempts are counted in the database, over all workers
            "BABEL_DEFAULT_LOCALE": self.locale,
            "BABEL_DEFAULT_TIMEZONE": self.timezone,
            "BABEL_TRANSLATION_DIRECTORIES": str(self.project_root / "translations"),
            "LANGUAGES": LANGUAGES,
            "SESSION_COOKIE_NAME": "loket",
            "SESSION_COOKIE_HTTPONLY": True,
            "SESSION_COOKIE_SAMESITE": "Lax",
            "SESSION_COOKIE_SECURE": self.is_https,
            "WTF_CSRF_TIME_LIMIT": None,
            "WTF_CSRF_SSL_STRICT": self.is_https,
            "MAX_CONTENT_LENGTH": 12 * MIB,
            "LARGEST_WITH_FILES": 52 * MIB,  # of a form with five files of 10 MB, for who is signed in
            "MAX_FORM_MEMORY_SIZE": 2 * MIB,
            "LOKET": self,
        }

    def signing_key(self) -> str:
        """The key that signs cookies and tokens: the given one, else the one in the data dir, made there on first use.

        Raises ConfigError when the file cannot be made or holds no usable key.
        """
        return self.secret_key or self._kept_key("secret", "remove the file (everybody signs in again)")

    def sealing_key(self) -> str:
        """The key that seals the logs, got in the same way. Whoever changes the logs must not be able to read it.

        Raises ConfigError like signing_key.
        """
        return self.audit_key or self._kept_key("audit", "set back the file of your last back-up, or `audit verify` cannot check the logs")

    def _kept_key(self, name: str, remedy: str) -> str:
        self.make_folders()
        target = self.data_dir / f"{name}_key"
        try:
            if not target.exists():
                _write_once(target, token_urlsafe(48))
            key = target.read_text("ascii").strip()
        except (OSError, UnicodeError) as problem:
            raise ConfigError(
                f"The {name} key {target} cannot be read or made ({problem}); set LOKET_{name.upper()}_KEY or LOKET_DATA_DIR."
            ) from problem
        if len(key) < SECRET_MINIMUM:
            raise ConfigError(f"The {name} key in {target} is damaged; {remedy}.")
        return key

    def make_folders(self) -> None:
        """Make the data dir and the folder of an SQLite file, where they are missing, closed to other users.

        Raises ConfigError when that is not possible.
        """
        folders = {"LOKET_DATA_DIR": self.data_dir, "LOKET_DATABASE_URL": self.database_path and self.database_path.parent}
        for name, folder in folders.items():
            try:
                if folder:
                    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as problem:
                raise ConfigError(f"{name} needs the folder {folder}, which cannot be made ({problem.strerror}).") from problem

    def _engine_options(self) -> dict[str, Any]:
        options: dict[str, Any] = {"hide_parameters": True}  # names of people stay out of error texts
        if self.is_postgresql:
            options |= {"pool_pre_ping": True, "connect_args": {"options": POSTGRESQL_SESSION}}
        return options

    def _refuse_odd_combinations(self) -> None:
        if self.is_postgresql and self.is_https and not self.secret_key:
            raise ConfigError("LOKET_SECRET_KEY is not set; with PostgreSQL behind https set it to a random text of your own.")
        if self.smtp_url and not self.mail_from:
            raise ConfigError("LOKET_MAIL_FROM is not set; with LOKET_SMTP_URL it must be the address that mail comes from.")
        if self.smtp_url and self.demo:
            raise ConfigError("LOKET_SMTP_URL and LOKET_DEMO=1 are both set; a demo sends no real mail, so leave one of them out.")


class _Reader:
    """Reads one setting at a time and turns a refusal into a sentence that names it."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def __call__(self, name: str, default: str, parse: Callable[[str], Value]) -> Value:
        text = self._values.get(name, "").strip() or default
        try:
            return parse(text)
        except ValueError as refusal:
            raise ConfigError(f"{name} {refusal}") from refusal

    def optional(self, name: str, parse: Callable[[str], Value]) -> Value | None:
        return self(name, "", parse) if self._values.get(name, "").strip() else None


def _merged(environ: Mapping[str, str], env_file: str | Path | None) -> dict[str, str]:
    values: dict[str, str] = {}
    path = PROJECT_ROOT / env_file if env_file else None
    if path and path.is_file():
        try:
            values = {name: value or "" for name, value in dotenv_values(path).items()}
        except (OSError, UnicodeError) as problem:
            raise ConfigError(f"The settings file {path} cannot be read ({problem}).") from problem
    return values | {name: value for name, value in environ.items() if name.startswith("LOKET_")}


def _between(lowest: int, highest: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not (text.isascii() and text.isdigit() and lowest <= int(text[:9]) <= highest):
            raise ValueError(f"is {text!r}; it must be a whole number from {lowest} to {highest}.")
        return int(text)

    return parse


def _switch(text: str) -> bool:
    if text.lower() not in SWITCH:
        raise ValueError(f"is {text!r}; it must be 1 (on) or 0 (off), or be left out.")
    return SWITCH[text.lower()]


def _folder(text: str) -> Path:
    path = PROJECT_ROOT / Path(text).expanduser()
    if path.exists() and not path.is_dir():
        raise ValueError(f"is {text!r}; that is a file, and it must be a folder.")
    return path


def _socket(text: str) -> Path:
    if not text.startswith("/"):
        raise ValueError(f"is {text!r}; it must be the whole path of the scanner's socket, such as /run/clamav/clamd.ctl.")
    return Path(text)


def _host(text: str) -> str:
    if text != "localhost":
        try:
            ipaddress.ip_address(text)
        except ValueError:
            raise ValueError(f"is {text!r}; it must be localhost or an IP address of this machine, such as 127.0.0.1 or 0.0.0.0.") from None
    return text


def _base_url(text: str) -> str:
    problem = f"is {text!r}; it must be the address people type, such as https://loket.example.nl, without a path."
    parts = _split(text, problem)
    more = parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc
    if parts.scheme not in ("http", "https") or not parts.hostname or more:
        raise ValueError(problem)
    return f"{parts.scheme}://{parts.netloc}"


def _database_url(text: str) -> str:
    # The text itself is not repeated: it may hold a password.
    allowed = "it must look like sqlite:///var/loket.db or postgresql+psycopg://user:password@host/database."
    try:
        url = make_url(text.replace("postgres://", "postgresql://", 1) if text.startswith("postgres://") else text)
    except (ArgumentError, ValueError):
        raise ValueError(f"cannot be understood; {allowed}") from None
    if url.drivername in ("postgresql", "postgresql+psycopg"):
        if not url.database:
            raise ValueError(f"names no database; {allowed}")
        return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    if url.drivername != "sqlite" or (url.database or "").startswith("file:"):
        raise ValueError(f"starts with {url.drivername!r}; {allowed}")
    if url.database in (None, "", ":memory:"):
        return text
    return url.set(database=str(PROJECT_ROOT / Path(url.database).expanduser())).render_as_string(hide_password=False)


def _timezone(text: str) -> str:
    try:
        zoneinfo.ZoneInfo(text)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"is {text!r}; it must be the name of a time zone, such as Europe/Amsterdam.") from None
    return text


def _locale(text: str) -> str:
    if text not in LANGUAGES:
        raise ValueError(f"is {text!r}; it must be one of: {', '.join(LANGUAGES)}.")
    return text


def _secret(text: str) -> str:
    if text in KNOWN_SECRETS or len(set(text)) < 8:
        raise ValueError("is a well-known sample; set it to a random text of your own.")
    if len(text) < SECRET_MINIMUM:
        raise ValueError(f"has {len(text)} characters; it must be a random text of at least {SECRET_MINIMUM}.")
    return text


def _smtp_url(text: str) -> str:
    problem = "cannot be understood; it must look like smtp://user:password@host:587?tls=starttls."
    parts = _split(text, problem)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path.strip("/"):
        raise ValueError(problem)
    if parse_qs(parts.query).get("tls", ["starttls"]) not in (["starttls"], ["tls"], ["none"]):
        raise ValueError("asks for an unknown kind of tls; it must be tls=starttls, tls=tls (from the start, as smtps://) or tls=none.")
    return text


def _imap_url(text: str) -> str:
    problem = "cannot be understood; it must look like imaps://user:password@host/INBOX."
    parts = _split(text, problem)
    if parts.scheme != "imaps" or not parts.hostname or not parts.username or parts.query or '"' in unquote(parts.path):
        raise ValueError(problem)
    return text


def _split(text: str, problem: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        _ = parts.port  # urlsplit looks at the port only when it is asked for
    except ValueError:
        raise ValueError(problem) from None
    return parts


def _address(text: str) -> str:
    name, at, domain = text.rpartition("@")
    if not (name and at and domain) or any(sign in text for sign in "\r\n"):
        raise ValueError(f"is {text!r}; it must be an e-mail address, such as loket@example.nl.")
    return text


def _no_second_factor_yet(text: str) -> None:
    # A security setting that silently does nothing would be believed.
    raise ValueError(f"is {text!r}; this version has no second factor yet, so leave it out.")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _write_once(target: Path, text: str) -> None:
    """Write a whole file that only this user can read, unless another process was first: a link, like O_EXCL, has one winner."""
    handle, draft = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, target)
    except FileExistsError:
        pass
    finally:
        os.unlink(draft)
