"""The words of a mail: one template for each kind, written once, shown as plain text and as simple HTML."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from flask_babel import force_locale, gettext, ngettext

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"


def render(kind: str, values: dict[str, Any], *, locale: str, base_url: str) -> tuple[str, str, str]:
    """Subject, text and HTML of a mail of this kind in this language. Links are `base_url` and a path, and lead nowhere else.

    Raises jinja2.TemplateError for a template that is missing or asks for more than there is.
    """

    def link(path: str) -> str:
        if not path.startswith("/") or path.startswith("//"):
            raise jinja2.TemplateRuntimeError(f"a link of a mail is a path, not {path[:20]!r}")
        return base_url + path

    with force_locale(locale):
        subject, text = _rendered(kind, "text", {**values, "link": link, "locale": locale})
        _, html = _rendered(kind, "html", {**values, "link": link, "locale": locale})
    return " ".join(subject.split()), re.sub(r"\n{3,}", "\n\n", text.strip()) + "\n", html


def _rendered(kind: str, form: str, values: dict[str, Any]) -> tuple[str, str]:
    given = {**values, "frame": f"messages/{form}_frame.html", "kit": f"messages/{form}_kit.html"}
    template = environment(form == "html").get_template(f"messages/{kind}.html")
    return "".join(template.blocks["subject"](template.new_context(given))), template.render(given)


@cache
def environment(html: bool) -> jinja2.Environment:
    """What templates of mails are drawn in. Its own, for a mail has no request, no session and none of the pages' helpers."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=html,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    return made
