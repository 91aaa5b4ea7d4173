"""Every template renders with what its page promises, and holds nothing that a strict content policy would block."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest

from app.views import MENU, OWN_MENU
from tests.views.sample_pages import FILTERS, ROOT, TEMPLATES, pages, render


class Page(HTMLParser):
    """What a page holds: tags with their attributes, ids, labels, and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.nested: set[int] = set()  # controls inside a label
        self._labels = 0
        self.text = ""
        self.open: list[str] = []
        self.unbalanced: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), f"<{tag}> has an attribute twice: {attrs}"
        if self._labels and tag in ("input", "select", "textarea"):
            self.nested.add(len(self.tags))
        self.tags.append((tag, dict(attrs)))
        self._labels += tag == "label"
        if tag not in ("meta", "link", "input", "br", "img", "use", "rect", "circle", "path"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        self._labels -= tag == "label"
        if tag in ("use", "rect", "circle", "path"):
            return
        if not self.open or self.open.pop() != tag:
            self.unbalanced.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        return [attrs for tag, attrs in self.tags if tag in tags]

    @property
    def ids(self) -> list[str]:
        return [attrs["id"] or "" for _, attrs in self.tags if "id" in attrs]


@pytest.fixture(params=sorted(pages()))
def page(request: pytest.FixtureRequest) -> Page:
    return Page(render(request.param))


def test_nothing_is_inline(page: Page) -> None:
    for tag, attrs in page.tags:
        assert tag != "style"
        assert tag != "script" or (attrs.get("src") and attrs.get("nonce")), "a script without src or nonce"
        assert not [name for name in attrs if name == "style" or name.startswith("on")], (tag, attrs)
        assert (
            not [value for value in attrs.values() if (value or "").startswith(("http:", "https:", "//", "javascript:"))] or tag == "input"
        )


def test_what_people_typed_stays_text(page: Page) -> None:
    assert 'alert("x")' not in "".join(json.dumps(attrs) for attrs in page.all("script"))
    assert [attrs["src"] for attrs in page.all("script") if not (attrs.get("src") or "").startswith("/static/")] == []


def test_tags_close_in_order(page: Page) -> None:
    assert page.unbalanced == []
    assert page.open == []


def test_one_title_one_h1_one_main(page: Page) -> None:
    assert [len(page.all(tag)) for tag in ("title", "h1", "main")] == [1, 1, 1]
    assert page.all("html") in ([{"lang": "nl"}], [{"lang": "nl", "data-bs-theme": "dark"}])
    assert page.all("main")[0]["id"] == "inhoud"


def test_ids_are_there_once(page: Page) -> None:
    assert sorted(page.ids) == sorted(set(page.ids))


def test_every_label_has_its_field_and_every_field_a_name(page: Page) -> None:
    labelled = {attrs["for"] for attrs in page.all("label") if "for" in attrs}
    assert labelled <= set(page.ids)
    for place, (tag, attrs) in enumerate(page.tags):
        if tag in ("input", "select", "textarea") and attrs.get("type") != "hidden" and attrs.get("aria-hidden") != "true":
            assert attrs.get("id") in labelled or place in page.nested or attrs.get("aria-label"), (tag, attrs)


def test_what_describes_a_field_exists(page: Page) -> None:
    for _tag, attrs in page.tags:
        for name in ("aria-describedby", "aria-labelledby"):
            assert set((attrs.get(name) or "").split()) <= set(page.ids)
        if (attrs.get("href") or "").startswith("#"):
            assert (attrs["href"] or "")[1:] in page.ids


def test_every_post_form_carries_the_token(page: Page) -> None:
    posts = sum((attrs.get("method") or "").lower() == "post" for attrs in page.all("form"))
    tokens = [attrs for attrs in page.all("input") if attrs.get("name") == "csrf_token"]
    assert len(tokens) == posts
    assert all(attrs["value"] for attrs in tokens)


def test_at_most_one_primary_action(page: Page) -> None:
    assert sum("btn-primary" in (attrs.get("class") or "") for _, attrs in page.tags) <= 1


def test_the_list_carries_the_hooks_that_others_rely_on() -> None:
    page = Page(render("list"))
    table = page.all("table")[0]
    assert (table["data-list"], table["data-total"]) == ("kandidaten", "1240")
    assert [(row["data-id"], row["data-number"]) for row in page.all("tr") if "data-id" in row][:2] == [
        ("0", "K-204170"),
        ("1", "K-204171"),
    ]
    assert [head.get("aria-sort") for head in page.all("th")][0] == "ascending"
    assert {attrs.get("name") for attrs in page.all("input", "select")} >= {
        "q",
        "_oc_K",
        "query",
        "format",
        "reason",
        *(f.name for f in FILTERS),
    }


def test_a_refused_form_says_what_is_wrong_on_top_and_beside_the_field() -> None:
    page = Page(render("form-wrong"))
    assert page.text.count("Vul dit in.") == 2
    assert {attrs["id"] for attrs in page.all("input") if attrs.get("aria-invalid") == "true"} == {"name", "born"}
    assert {"#name", "#sectors", "#born"} <= {attrs.get("href") for attrs in page.all("a")}


def test_the_bars_of_a_chart_are_as_long_as_the_numbers() -> None:
    widths = [attrs["width"] for attrs in Page(render("chart-one")).all("rect") if "%" in (attrs.get("width") or "")]
    assert widths == ["100.0%", "50.0%", "25.0%"]  # nothing is drawn for nothing
    assert "1.240" in Page(render("chart-one")).text


def test_every_icon_is_in_the_sprite() -> None:
    sprite = set(re.findall(r'id="([^"]+)"', (ROOT / "app/static/vendor/icons.svg").read_text()))
    assert sprite == set(json.loads((ROOT / "package.json").read_text())["icons"])
    used = {name for path in TEMPLATES.rglob("*.html") for name in re.findall(r"icon\('([^']+)'\)", path.read_text())}
    used |= {(attrs.get("href") or "").partition("#")[2] for name in pages() for attrs in Page(render(name)).all("use")}
    used |= {icon for _label, icon, _entries in (*MENU, *OWN_MENU)}
    assert used <= sprite, used - sprite


def test_every_template_is_rendered_by_some_page() -> None:
    known = {template for template, _ in pages().values()}
    parts = {"loket/ui.html", "loket/trail.html", "loket/widgets/form.html", "loket/widgets/list.html", "loket/widgets/show.html"}
    parts |= {"loket/list_tools.html", "loket/pick.html", "loket/find.html", "loket/found.html", "loket/fields.html", "loket/timeline.html"}
    parts |= {"loket/board_parts.html", "loket/handover_parts.html", "loket/mijn_parts.html", "loket/mailing_progress.html"}
    parts |= {"loket/feedback_link.html", "loket/widgets/told.html", "loket/plan_steps.html", "loket/widgets/plans.html"}
    parts |= {"loket/thread_parts.html", "loket/thread_page.html", "loket/mijn_thread_page.html"}
    parts |= {"loket/message_field.html", "loket/preferences_parts.html"}
    here = {str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html") if path.parent.name != "appbuilder"}
    assert {name for name in here if name.startswith("loket/")} - parts - known == set()


def test_nothing_of_another_host_or_another_time_is_served() -> None:
    own = "".join(path.read_text() for path in [*TEMPLATES.rglob("*.html"), *(ROOT / "app/static").rglob("[!v]*/*.[cj]s*")])
    assert not re.search(r"https?://(?!www\.w3\.org)", own)
    assert not re.search(r"jquery|font-?awesome|select2|gstatic", re.sub(r"\{#.*?#\}", "", own, flags=re.S), re.I)
    lock = (ROOT / "package-lock.json").read_text()
    assert '"resolved"' not in lock
