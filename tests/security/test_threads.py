"""Several people at once on one process with threads: stock Flask-AppBuilder shows them each other's search terms, we do not."""

from __future__ import annotations

import http.client
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from flask import Flask
from werkzeug.serving import make_server

from app.demo.accounts import DEMO_PASSWORD
from tests.site import Site
from tests.stock.app import PASSWORD, make_stock

TERMS = ("Geheimenaama", "Geheimenaamb", "Geheimenaamc", "Geheimenaamd")
ROUNDS = 20  # of four threads: stock mixes people up in more than half of them
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


@contextmanager
def threaded(app: Flask) -> Iterator[int]:
    """The app on a port of this machine, a thread for each request."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    server.log = lambda *args, **options: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join(30)
        server.server_close()


class Browser:
    """One browser with its cookie."""

    def __init__(self, port: int, username: str, password: str) -> None:
        self.port, self.cookie = port, ""
        form = {"username": username, "password": password}
        if found := TOKEN.search(self.ask("GET", "/login/")):
            form["csrf_token"] = found[1]
        self.ask("POST", "/login/", urlencode(form))

    def ask(self, method: str, url: str, body: str = "") -> str:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            headers = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"}
            connection.request(method, url, body, headers)
            answer = connection.getresponse()
            for value in answer.headers.get_all("Set-Cookie") or ():
                self.cookie = value.partition(";")[0]
            return answer.read().decode()
        finally:
            connection.close()


def searches(app: Flask, people: list[tuple[str, str]], address: str) -> Counter[str]:
    """Four people search at once, each for a term of their own: how often a page held the own term, and another one's."""
    seen: list[str] = []
    with threaded(app) as port:
        browsers = [Browser(port, *people[number % len(people)]) for number in range(len(TERMS))]

        def work(browser: Browser, mine: str) -> None:
            for _ in range(ROUNDS):
                page = browser.ask("GET", address + mine)
                seen.extend(["own"] * (mine in page))
                seen.extend(["others'"] * any(term in page for term in TERMS if term != mine))

        threads = [threading.Thread(target=work, args=pair) for pair in zip(browsers, TERMS, strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
    return Counter(seen)


def test_stock_shows_people_the_search_terms_of_others(tmp_path: Path) -> None:
    app = make_stock(tmp_path)

    seen = searches(app, [("anna", PASSWORD), ("ulla", PASSWORD)], "/candidateview/list/?_flt_0_name=")

    assert seen["others'"] > 0


def test_we_show_everybody_their_own_search_term_and_nobody_elses(site: Site) -> None:
    people = [("noor@demo.test", DEMO_PASSWORD), ("zeki@demo.test", DEMO_PASSWORD)]

    by_name = searches(site.app, people, "/kandidaten/list/?_flt_0_name=")
    by_word = searches(site.app, people, "/kandidaten/list/?q=")

    assert (by_name, by_word) == ({"own": ROUNDS * len(TERMS)},) * 2


def test_we_show_each_desk_its_own_rows_while_others_ask(site: Site) -> None:
    with threaded(site.app) as port:
        browsers = {name: Browser(port, f"{name}@demo.test", DEMO_PASSWORD) for name in ("noor", "zeki", "carla", "hr")}
        address = "/kandidaten/list/?psize_KandidatenView=100"
        alone = {name: set(re.findall(r"K-\d+", browser.ask("GET", address))) for name, browser in browsers.items()}
        differing: list[str] = []

        def work(name: str) -> None:
            for _ in range(10):
                together = set(re.findall(r"K-\d+", browsers[name].ask("GET", address)))
                if together != alone[name]:
                    differing.append(name)

        threads = [threading.Thread(target=work, args=(name,)) for name in browsers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)

    assert (differing, alone["noor"] & alone["zeki"], alone["noor"] == alone["carla"]) == ([], set(), True)
