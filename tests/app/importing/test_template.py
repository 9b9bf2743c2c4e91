"""A template in each language comes back as an actor, every column understood."""

import pytest

from app.errors import BadInput
from app.services.importing.source import Rejected, open_source
from app.services.importing.template import make_template
from app.services.importing.words import LANGUAGES


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_template_is_understood(lang, kind):
    out = make_template(lang, kind)
    source = open_source(out.data, out.name)
    [item] = [item for batch in source.batches() for item in batch]
    assert not isinstance(item, Rejected)
    actor = item.actor
    assert (item.key, actor.name, actor.kind, actor.country, actor.nuts, actor.city) == (
        "1", "Centre Exemple", "lab", "FR", "FRE11", "Lille",
    )  # fmt: skip
    assert (len(actor.sectors), actor.languages) == (2, ["fr", "en"])
    assert [len(texts) for texts in (actor.description, actor.offers, actor.needs)] == [1, 2, 1]
    assert {t.lang for t in (*actor.description, *actor.offers, *actor.needs)} == {lang}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_kinds_a_template_names_are_known(lang):
    from app.services.importing.template import _words
    from app.services.importing.values import parse_kind

    listed = _words()[lang]["kind"].split("|")[1].split(", ")
    assert [word for word in listed if parse_kind(word) in {None, "other"}] == []
    assert len({parse_kind(word) for word in listed}) == len(listed)


def test_there_is_no_template_in_klingon():
    with pytest.raises(BadInput, match="expected one of en, fr, nl"):
        make_template("tlh", "csv")
