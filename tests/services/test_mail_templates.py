"""Message templates: of a region or of the whole country, with all that they ever said; shared, adopted, brought along."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from app.enums import MailCategory, Role
from app.errors import BadInput, NotAllowed
from app.extensions import db
from app.models import MailTemplate, MailTemplateVersion
from app.security.identity import Identity, acting_as
from app.services import mail_templates
from tests.services.cast import ADA, CARLA, DAY, NADIA, NOON, NOOR, ROTTERDAM, SAM, UTRECHT, ZEKI, identity, logged, without

ROTTERDAMS = identity(2, Role.COORDINATOR, ROTTERDAM)


def written(by: Identity = CARLA, region_id: int | None = UTRECHT, **fields: Any) -> MailTemplate:
    given = {"name": "Open dag", "category": MailCategory.ACTIVITIES, "subject": "Kom je?", "body": "Dag {{voornaam}}"} | fields
    with acting_as(by):
        template = mail_templates.save(MailTemplate(**given, region_id=region_id), by=by, now=NOON)
        db.session.commit()
    return template


def changed(template: MailTemplate, by: Identity = CARLA, **fields: Any) -> None:
    with acting_as(by):
        for name, value in fields.items():
            setattr(template, name, value)
        mail_templates.save(template, by=by, now=NOON + DAY)
        db.session.commit()


def said(template: MailTemplate) -> list[tuple[int, str, str, int | None]]:
    return [(row.version, row.content["name"], row.content["body"], row.by_id) for row in mail_templates.versions(template)]


def test_a_new_template_is_its_own_first_version() -> None:
    template = written(name=" Open dag ", body="Dag\r\nAnna ")

    with acting_as(CARLA):
        assert said(template) == [(1, "Open dag", "Dag\nAnna", CARLA.user_id)]
        assert (template.shared, template.active, template.changed_at) == (False, True, NOON)
    assert logged()[-1][:2] == ("write_mail_template", "mail_template")


def test_each_change_of_the_words_is_a_version_and_another_change_is_none() -> None:
    template = written()
    changed(template, body="Hoi {{voornaam}}")
    changed(template, active=False)
    changed(template)

    with acting_as(CARLA):
        assert said(template) == [(2, "Open dag", "Hoi {{voornaam}}", 3), (1, "Open dag", "Dag {{voornaam}}", 3)]
    assert [fields for verb, _, fields in logged() if verb == "change_mail_template"] == [["body"], ["active"]]


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
        (without(NADIA, "write_articles"), None),
    ],
)
def test_nobody_else_writes(by: Identity, region_id: int | None) -> None:
    with pytest.raises(NotAllowed):
        written(by, region_id)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": " "}, "Give this template a name."),
        ({"category": MailCategory.SERVICE}, "Choose what the message is about."),
        ({"subject": "Dag {{voornaam}}"}, "A subject holds no placeholders: it can be read on a locked phone. Put them in the text."),
        ({"body": "Dag {{vornaam}}"}, "“{{vornaam}}” is no placeholder. Do you mean “{{voornaam}}”?"),
        ({"subject_en": "Will you come?"}, "The English text: Write the text of the message."),
    ],
)
def test_what_cannot_be_sent_is_not_kept(fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadInput) as refused:
        written(**fields)

    assert str(refused.value) == sentence


def test_a_shared_template_is_seen_and_adopted_elsewhere_and_another_one_is_not() -> None:
    template = written()
    with acting_as(ROTTERDAMS):
        assert db.session.scalars(sa.select(MailTemplate)).all() == []
    with acting_as(CARLA):
        mail_templates.share(template, True, by=CARLA, now=NOON)
        mail_templates.share(template, True, by=CARLA, now=NOON)
        db.session.commit()
    with acting_as(ROTTERDAMS):
        copies = [mail_templates.adopt(template, ROTTERDAM, by=ROTTERDAMS, now=NOON) for _ in range(2)]
        db.session.commit()

        assert copies[0] is copies[1]
        copy = copies[0]
        assert (copy.region_id, copy.adopted_from_id, copy.adopted_version, copy.shared, copy.body) == (
            ROTTERDAM,
            template.id,
            1,
            False,
            "Dag {{voornaam}}",
        )
        assert said(copy) == [(1, "Open dag", "Dag {{voornaam}}", 2)]
        assert mail_templates.newer(copy) is None
    assert [verb for verb, _, _ in logged()][-2:] == ["share_mail_template", "adopt_mail_template"]


def test_an_adopted_template_hears_of_a_newer_original_and_follows_it() -> None:
    template = written(NADIA, None)
    with acting_as(CARLA):
        copy = mail_templates.adopt(template, UTRECHT, by=CARLA, now=NOON)
        db.session.commit()
    changed(copy, body="Ons eigen verhaal")
    changed(template, NADIA, body="Hoi {{voornaam}}")
    with acting_as(CARLA):
        assert mail_templates.newer(copy) == 2
        for _ in range(2):
            mail_templates.follow(copy, by=CARLA, now=NOON + DAY)
        db.session.commit()

        assert [body for _, _, body, _ in said(copy)] == ["Hoi {{voornaam}}", "Ons eigen verhaal", "Dag {{voornaam}}"]
        assert (copy.adopted_version, mail_templates.newer(copy)) == (2, None)
    assert logged()[-1] == ("follow_mail_template", "mail_template", ["adopted_version", "body"])


def test_an_older_version_comes_back_as_a_new_one() -> None:
    template = written()
    changed(template, body="Hoi", category=MailCategory.NEWSLETTER)
    with acting_as(CARLA):
        for _ in range(2):
            mail_templates.restore(template, 1, by=CARLA, now=NOON + DAY)
        db.session.commit()

        assert [row.version for row in mail_templates.versions(template)] == [3, 2, 1]
        assert (template.body, template.category) == ("Dag {{voornaam}}", MailCategory.ACTIVITIES)
        with pytest.raises(BadInput, match="not there"):
            mail_templates.restore(template, 9, by=CARLA, now=NOON)
    assert logged()[-1] == ("restore_mail_template", "mail_template", ["body", "category"])


@pytest.mark.parametrize("by", [NOOR, ROTTERDAMS, SAM])
def test_the_verbs_are_for_who_writes_there(by: Identity) -> None:
    template = written()
    verbs = (
        lambda: mail_templates.share(template, True, by=by, now=NOON),
        lambda: mail_templates.restore(template, 1, by=by, now=NOON),
        lambda: mail_templates.follow(template, by=by, now=NOON),
        lambda: mail_templates.remove(template, by=by, now=NOON),
        lambda: mail_templates.adopt(template, UTRECHT, by=by, now=NOON),
    )

    with acting_as(by):
        for verb in verbs:
            with pytest.raises(NotAllowed):
                verb()


@pytest.mark.parametrize(("by", "regions"), [(CARLA, [UTRECHT]), (ROTTERDAMS, [ROTTERDAM]), (NADIA, []), (NOOR, []), (SAM, [])])
def test_a_national_template_is_adopted_by_who_writes_for_a_region(by: Identity, regions: list[int]) -> None:
    template = written(NADIA, None)

    with acting_as(by):
        assert mail_templates.targets(template, by) == regions


def test_one_s_own_is_not_adopted_and_the_country_shares_by_itself() -> None:
    template, national = written(), written(NADIA, None)

    with acting_as(CARLA), pytest.raises(BadInput, match="yours already"):
        mail_templates.adopt(template, UTRECHT, by=CARLA, now=NOON)
    with acting_as(NADIA), pytest.raises(BadInput, match="every region"):
        mail_templates.share(national, True, by=NADIA, now=NOON)


def test_a_template_goes_with_its_versions_and_its_copies_stay() -> None:
    template = written(NADIA, None)
    with acting_as(CARLA):
        copy = mail_templates.adopt(template, UTRECHT, by=CARLA, now=NOON)
        db.session.commit()
    with acting_as(NADIA):
        mail_templates.remove(template, by=NADIA, now=NOON)
        db.session.commit()
    with acting_as(CARLA):
        db.session.expire_all()
        assert [row.template_id for row in db.session.scalars(sa.select(MailTemplateVersion))] == [copy.id]
        assert (copy.adopted_from_id, mail_templates.newer(copy)) == (None, None)
