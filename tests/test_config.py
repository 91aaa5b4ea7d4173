"""The settings: what is read, what is refused, and with which sentence."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys

import pytest

from config import PROJECT_ROOT, ConfigError, Settings

LONG_SECRET = "kJ3vQ0-mZ8rT2yW6xN4bL9pS7dF5gH1aC"
PRODUCTION = {
    "LOKET_DATABASE_URL": "postgresql://loket:hush@db/loket",
    "LOKET_BASE_URL": "https://loket.example.nl",
    "LOKET_SECRET_KEY": LONG_SECRET,
}


def read(**environ: str) -> Settings:
    return Settings.from_environment(environ, env_file=None)


def refusal(**environ: str) -> str:
    with pytest.raises(ConfigError) as refused:
        read(**environ)
    return str(refused.value)


def test_without_any_setting_everything_is_local():
    settings = read()

    assert settings.database_url == f"sqlite:///{PROJECT_ROOT}/var/loket.db"
    assert settings.database_path == PROJECT_ROOT / "var" / "loket.db"
    assert settings.data_dir == PROJECT_ROOT / "var"
    assert (settings.host, settings.port, settings.base_url) == ("127.0.0.1", 8080, "http://localhost:8080")
    assert (settings.web_workers, settings.web_threads) == (2, 4)
    assert (settings.timezone, settings.locale) == ("Europe/Amsterdam", "nl")
    assert (settings.demo, settings.secret_key, settings.smtp_url, settings.mail_from) == (None, None, None, None)
    assert settings.is_local


def test_another_port_moves_the_links_along():
    assert read(LOKET_PORT="9000").base_url == "http://localhost:9000"


def test_an_empty_value_counts_as_not_set():
    assert read(LOKET_PORT="", LOKET_DEMO=" ", LOKET_SECRET_KEY="") == read()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("postgres://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("postgresql://u:p@h:5433/d?sslmode=require", "postgresql+psycopg://u:p@h:5433/d?sslmode=require"),
        ("postgresql+psycopg://u:p%40w@h/d", "postgresql+psycopg://u:p%40w@h/d"),
        ("sqlite:///data/x.db", f"sqlite:///{PROJECT_ROOT}/data/x.db"),
        ("sqlite:////srv/loket/x.db", "sqlite:////srv/loket/x.db"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
    ],
)
def test_a_database_address_is_completed(written, meant):
    assert read(LOKET_DATABASE_URL=written).database_url == meant


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("LOKET_PORT", "eighty", "LOKET_PORT is 'eighty'; it must be a whole number from 1 to 65535."),
        ("LOKET_PORT", "70000", "LOKET_PORT is '70000'; it must be a whole number from 1 to 65535."),
        ("LOKET_PORT", "８０８０", "LOKET_PORT is '８０８０'; it must be a whole number from 1 to 65535."),
        ("LOKET_WEB_WORKERS", "0", "LOKET_WEB_WORKERS is '0'; it must be a whole number from 1 to 64."),
        ("LOKET_WEB_THREADS", "-4", "LOKET_WEB_THREADS is '-4'; it must be a whole number from 1 to 64."),
        ("LOKET_DEMO", "maybe", "LOKET_DEMO is 'maybe'; it must be 1 (on) or 0 (off), or be left out."),
        ("LOKET_LOCALE", "fy", "LOKET_LOCALE is 'fy'; it must be one of: nl, en."),
        ("LOKET_TIMEZONE", "Utrecht", "LOKET_TIMEZONE is 'Utrecht'; it must be the name of a time zone, such as Europe/Amsterdam."),
        ("LOKET_TIMEZONE", "../etc", "LOKET_TIMEZONE is '../etc'; it must be the name of a time zone, such as Europe/Amsterdam."),
        ("LOKET_SECRET_KEY", "secret", "LOKET_SECRET_KEY is a well-known sample; set it to a random text of your own."),
        ("LOKET_SECRET_KEY", LONG_SECRET[:20], "LOKET_SECRET_KEY has 20 characters; it must be a random text of at least 32."),
        ("LOKET_MAIL_FROM", "loket", "LOKET_MAIL_FROM is 'loket'; it must be an e-mail address, such as loket@example.nl."),
        ("LOKET_REQUIRE_TOTP", "adviser", "LOKET_REQUIRE_TOTP is 'adviser'; this version has no second factor yet, so leave it out."),
    ],
)
def test_an_odd_value_is_refused_in_one_sentence(name, value, sentence):
    assert refusal(**{name: value}) == sentence


@pytest.mark.parametrize("value", ["loket.nl", "ftp://loket.nl", "https://", "https://a.nl/loket", "https://u:p@a.nl", "https://a.nl:x", "http://[a"])
def test_a_base_address_must_be_the_plain_address_people_type(value):
    assert refusal(LOKET_BASE_URL=value) == (
        f"LOKET_BASE_URL is {value!r}; it must be the address people type, such as https://loket.example.nl, without a path."
    )


@pytest.mark.parametrize("value", ["mysql://u:hush@h/d", "postgresql+psycopg2://u:hush@h/d", "hush", "postgresql://u:hush@h", "sqlite:///file:hush"])
def test_a_refused_database_address_is_not_repeated_for_it_may_hold_a_password(value):
    sentence = refusal(LOKET_DATABASE_URL=value)

    assert "hush" not in sentence
    assert sentence.startswith("LOKET_DATABASE_URL ")
    assert sentence.endswith("it must look like sqlite:///var/loket.db or postgresql+psycopg://user:password@host/database.")


@pytest.mark.parametrize("value", ["mail.example.nl", "http://mail", "smtp://", "smtp://m:x", "smtp://m?tls=maybe"])
def test_an_odd_mail_server_is_refused(value):
    assert refusal(LOKET_SMTP_URL=value, LOKET_MAIL_FROM="a@b.nl").startswith("LOKET_SMTP_URL ")


def test_a_mail_server_needs_a_sender_and_is_no_part_of_a_demo():
    server = "smtp://u:p@mail.example.nl:587?tls=starttls"
    complete = {"LOKET_SMTP_URL": server, "LOKET_MAIL_FROM": "loket@example.nl"}

    assert read(**complete).smtp_url == server
    assert refusal(LOKET_SMTP_URL=server).startswith("LOKET_MAIL_FROM is not set;")
    assert refusal(**complete, LOKET_DEMO="1").startswith("LOKET_SMTP_URL and LOKET_DEMO=1 are both set;")


@pytest.mark.parametrize(("value", "meaning"), [("1", True), ("0", False), ("true", True), ("FALSE", False)])
def test_the_demo_switch_knows_on_and_off(value, meaning):
    assert read(LOKET_DEMO=value).demo is meaning


@pytest.mark.parametrize(
    ("environ", "local"),
    [
        ({"LOKET_HOST": "0.0.0.0"}, False),
        ({"LOKET_BASE_URL": "https://loket.example.nl"}, False),
        ({"LOKET_HOST": "::1", "LOKET_BASE_URL": "http://127.0.0.1:8080"}, True),
    ],
)
def test_known_passwords_belong_only_where_nobody_else_can_come(environ, local):
    assert read(**environ).is_local is local


def test_production_refuses_to_invent_its_own_secret():
    without = {name: value for name, value in PRODUCTION.items() if name != "LOKET_SECRET_KEY"}

    assert refusal(**without) == "LOKET_SECRET_KEY is not set; with PostgreSQL behind https set it to a random text of your own."
    assert read(**PRODUCTION).signing_key() == LONG_SECRET


def test_the_environment_wins_over_the_settings_file(tmp_path):
    file = tmp_path / "settings.env"
    file.write_text("LOKET_PORT=9001\nLOKET_LOCALE=en\n")

    settings = Settings.from_environment({"LOKET_PORT": "9002"}, env_file=file)

    assert (settings.port, settings.locale) == (9002, "en")


def test_a_settings_file_that_cannot_be_read_is_refused(tmp_path):
    file = tmp_path / "settings.env"
    file.write_bytes(b"LOKET_PORT=\xff\xfe\n")

    with pytest.raises(ConfigError, match=r"^The settings file .+ cannot be read"):
        Settings.from_environment({}, env_file=file)


def test_the_repr_tells_no_secret():
    text = repr(read(**PRODUCTION, LOKET_SMTP_URL="smtp://u:hush@m", LOKET_MAIL_FROM="a@b.nl"))

    assert "hush" not in text
    assert LONG_SECRET not in text


def test_flask_gets_safe_cookies_and_no_table_making(tmp_path):
    flask = read(**PRODUCTION, LOKET_DATA_DIR=str(tmp_path)).flask_settings()

    assert flask["SESSION_COOKIE_SECURE"] is True
    assert (flask["SESSION_COOKIE_HTTPONLY"], flask["SESSION_COOKIE_SAMESITE"], flask["SESSION_COOKIE_NAME"]) == (True, "Lax", "loket")
    assert (flask["FAB_CREATE_DB"], flask["FAB_UPDATE_PERMS"], flask["FAB_API_SWAGGER_UI"]) == (False, False, False)


def test_postgresql_gets_time_limits_and_sqlite_does_not(tmp_path):
    here = {"LOKET_DATA_DIR": str(tmp_path)}
    postgresql = read(**PRODUCTION, **here).flask_settings()["SQLALCHEMY_ENGINE_OPTIONS"]
    sqlite = read(**here, LOKET_DATABASE_URL=f"sqlite:///{tmp_path}/x.db").flask_settings()["SQLALCHEMY_ENGINE_OPTIONS"]

    assert postgresql["pool_pre_ping"] is True
    assert "statement_timeout=30000" in postgresql["connect_args"]["options"]
    assert "idle_in_transaction_session_timeout=" in postgresql["connect_args"]["options"]
    assert sqlite == {"hide_parameters": True}


def test_a_fresh_install_makes_its_key_once_and_for_its_own_user_only(tmp_path):
    settings = read(LOKET_DATA_DIR=str(tmp_path / "data"))

    first, second = settings.signing_key(), settings.signing_key()

    assert first == second
    assert len(first) >= 32
    assert stat.S_IMODE((tmp_path / "data" / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["secret_key"]


def test_the_logs_are_sealed_with_a_key_of_their_own(tmp_path):
    settings = read(LOKET_DATA_DIR=str(tmp_path))

    kept, given = settings.sealing_key(), read(LOKET_DATA_DIR=str(tmp_path), LOKET_AUDIT_KEY=LONG_SECRET).sealing_key()

    assert (settings.sealing_key(), given, kept == settings.signing_key()) == (kept, LONG_SECRET, False)
    assert stat.S_IMODE((tmp_path / "audit_key").stat().st_mode) == 0o600
    assert LONG_SECRET not in repr(read(LOKET_AUDIT_KEY=LONG_SECRET))


def test_processes_that_start_at_once_agree_on_one_key(tmp_path):
    line = "from config import Settings; print(Settings.from_environment(env_file=None).signing_key())"
    environ = {"PATH": os.environ["PATH"], "LOKET_DATA_DIR": str(tmp_path / "data")}

    started = [
        subprocess.Popen([sys.executable, "-c", line], cwd=PROJECT_ROOT, env=environ, stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    keys = [process.communicate(timeout=60)[0].strip() for process in started]

    assert len(set(keys)) == 1
    assert len(keys[0]) >= 32


def test_a_damaged_key_is_refused_rather_than_used(tmp_path):
    (tmp_path / "secret_key").write_text("short")

    with pytest.raises(ConfigError, match="is damaged"):
        read(LOKET_DATA_DIR=str(tmp_path)).signing_key()


def test_a_data_dir_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")

    assert refusal(LOKET_DATA_DIR=str(tmp_path / "file")).endswith("that is a file, and it must be a folder.")
    with pytest.raises(ConfigError, match=r"^LOKET_DATA_DIR needs the folder .+, which cannot be made"):
        read(LOKET_DATA_DIR=str(tmp_path / "file" / "below")).signing_key()


def test_the_manual_and_the_sample_file_name_every_setting():
    sample = set(re.findall(r"^#(LOKET_\w+)=", (PROJECT_ROOT / ".env.example").read_text(), re.MULTILINE))
    read_by_us = set(re.findall(r'"(LOKET_\w+)"', (PROJECT_ROOT / "config.py").read_text()))
    manual = set(re.findall(r"`(LOKET_\w+)`", (PROJECT_ROOT / "docs" / "operate.md").read_text()))

    assert manual == read_by_us
    assert sample == read_by_us - {"LOKET_REQUIRE_TOTP"}
