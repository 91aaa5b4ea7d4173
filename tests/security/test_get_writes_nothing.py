"""Looking changes nothing: after every GET of every address the database is what it was, the logs of looking apart."""

from __future__ import annotations

from tests.security import world
from tests.security.plan import routes
from tests.security.test_matrix import Asker
from tests.site import BOTH, Site


# On SQLite the matrix asks every GET and compares as well; here are those who see most, and nobody.
@BOTH
def test_every_get_of_every_address_leaves_the_database_as_it_was(site: Site) -> None:
    with site.rows() as session:
        world.seed(session)
    askers = [Asker(site, role) for role in ("adviser", "admin", "provider", "candidate", "anonymous")]
    before = world.dump(site)

    for asker in askers:
        for route in routes().values():
            if "GET" in route.answers and (not route.is_of_row or route.is_open("GET", asker.role)):
                asker.ask("GET", route.url(asker.own_key(route, "GET")))
    after = world.dump(site)

    assert [name for name in before if before[name] != after[name]] == []
