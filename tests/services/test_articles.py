"""Articles: of a region, or of the whole country."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from app.enums import ArticleKind
from app.errors import BadInput, NotAllowed
from app.extensions import db
from app.models import Article
from app.security.identity import Identity, acting_as
from app.services import articles
from tests.services.cast import ADA, CARLA, DAY, NADIA, NOON, NOOR, ROTTERDAM, SAM, TODAY, UTRECHT, ZEKI, logged, without


def written(by: Identity = CARLA, region_id: int | None = UTRECHT, **fields: Any) -> Article:
    given = {"title": "Zij-instroom", "body": "Zo werkt het.", "region_id": region_id} | fields
    with acting_as(by):
        article = articles.save(Article(**given), by=by, now=NOON)
        db.session.commit()
    return article


def test_a_coordinator_writes_for_the_own_region() -> None:
    article = written(title=" Zij-instroom ")

    assert (article.title, article.author_id, article.kind) == ("Zij-instroom", CARLA.user_id, ArticleKind.ARTICLE)
    assert logged()[-1][:2] == ("write_article", "article")


def test_a_change_is_logged_by_its_fields_and_no_change_is_not() -> None:
    article = written()
    with acting_as(CARLA):
        article.title = "Zij-instromen"
        articles.save(article, by=CARLA, now=NOON)
        articles.save(article, by=CARLA, now=NOON)
        db.session.commit()

    assert [row for row in logged() if row[0] == "change_article"] == [("change_article", "article", ["title"])]


@pytest.mark.parametrize("by", [NADIA, ADA])
def test_the_national_desk_writes_for_the_whole_country(by: Identity) -> None:
    assert written(by, None).region_id is None


@pytest.mark.parametrize(
    ("by", "region_id"),
    [
        (NOOR, UTRECHT),  # off by default
        (ZEKI, UTRECHT),
        (SAM, UTRECHT),
        (CARLA, ROTTERDAM),
        (CARLA, None),
        (NADIA, UTRECHT),
        (without(CARLA, "write_articles"), UTRECHT),
        (without(ADA, "write_articles"), UTRECHT),
        (without(NADIA, "write_articles"), None),
    ],
)
def test_nobody_else_writes(by: Identity, region_id: int | None) -> None:
    with pytest.raises(NotAllowed):
        written(by, region_id)


def test_an_article_is_not_taken_from_the_country_into_a_region() -> None:
    article = written(NADIA, None)
    with acting_as(CARLA), db.session.no_autoflush:
        assert article.title == "Zij-instroom"  # it is read from the database: a form has it in hand
        article.region_id = UTRECHT

        with pytest.raises(NotAllowed):
            articles.save(article, by=CARLA, now=NOON)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"title": " "}, "An article needs a title and a text."),
        ({"body": ""}, "An article needs a title and a text."),
        ({"checked_on": TODAY + DAY}, "This article cannot have been checked on a day that is still to come."),
    ],
)
def test_what_cannot_be_is_refused(fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadInput) as refused:
        written(**fields)

    assert str(refused.value) == sentence


def test_an_article_goes_by_the_hand_that_may_write_it() -> None:
    article = written()

    with pytest.raises(NotAllowed):
        articles.remove(article, by=NOOR, now=NOON)
    with acting_as(CARLA):
        articles.remove(article, by=CARLA, now=NOON)
        db.session.commit()

    assert db.session.scalars(sa.select(Article)).all() == []
    assert logged()[-1] == ("remove_article", "article", [])
