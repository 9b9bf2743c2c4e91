"""Who an actor is, as far as its texts could tell: its names, towns, hosts and people, and the forms these take."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from app.services.discretion.common_words import common_words
from app.services.discretion.towns import names_of_town
from app.services.importing.words import fold_word
from app.services.texts import acronyms, without_legal_form

_SHORTEST = 3
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue",
                          "Å": "Aa", "Ø": "Oe"})  # fmt: skip
_HUMP = re.compile(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Þ])")
"""Where a new word begins in one written "WeaverLab"."""
_INSIDE = re.compile(r"[(\[]([^)\]]{2,80})[)\]]")


@dataclass(frozen=True)
class Identity:
    """What is said of an actor that says who it is. Folded forms are made once, when first asked for."""

    names: tuple[str, ...]
    """Its name and every other one: aliases, acronyms, brands."""
    towns: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    """Its addresses on the web, as entered."""
    people: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()

    @cached_property
    def phrases(self) -> frozenset[tuple[str, ...]]:
        """Every name as folded words, without legal forms; of two words or more."""
        told = (tuple(_words(name)) for name in (*self._spellings, *_spelt(self.regions)))
        return frozenset(words for words in told if len(words) > 1)

    @cached_property
    def wholes(self) -> frozenset[str]:
        """Names, acronyms, hosts and towns, folded and without gaps: whatever is one of these gives the actor away."""
        names = {"".join(_words(name)) for name in self._spellings}
        short = {a for name in self.names for a in acronyms(" ".join(_words(name))) if len(a) > _SHORTEST}
        towns = {folded.replace(" ", "") for town in self.town_names if " " in (folded := fold_word(town))}
        towns |= {
            words for region in _spelt(self.regions) if not is_common(words := fold_word(region).replace(" ", ""))
        }
        found = names | short | towns | {label for host in self.hosts for label in _labels(host)}
        return frozenset(word for word in found if len(word) >= _SHORTEST and word not in self.plain)

    @cached_property
    def capitals(self) -> frozenset[str]:
        """Acronyms of three letters, folded: common words look the same, so they count in capitals only."""
        found = {a for name in self.names for a in acronyms(" ".join(_words(name))) if len(a) == _SHORTEST}
        return frozenset(found - self.wholes)

    @cached_property
    def words(self) -> frozenset[str]:
        """The single words of names and people that are no common ones, folded: each alone gives the actor away."""
        told = {word for name in (*self._spellings, *_spelt(self.people)) for word in _words(name)}
        return frozenset(w for w in told if len(w) >= _SHORTEST and not w.isdigit() and not is_common(w))

    @cached_property
    def plain(self) -> frozenset[str]:
        """Whole names of one common word ("Design SA"): the actor when written as a name is, else the word."""
        told = (_words(name) for name in self._spellings)
        return frozenset(words[0] for words in told if len(words) == 1 and is_common(words[0]))

    @cached_property
    def town_names(self) -> frozenset[str]:
        """Its towns in every language we know them in."""
        return frozenset(name for town in _spelt(self.towns) for name in names_of_town(town))

    @cached_property
    def town_words(self) -> frozenset[str]:
        """The words of its towns that are no common ones, folded."""
        told = {word for town in self.town_names for word in fold_word(town).split()}
        return frozenset(w for w in told if len(w) > _SHORTEST and not is_common(w)) | frozenset(
            folded for town in self.town_names if len(folded := fold_word(town)) >= _SHORTEST and " " not in folded
        )

    @cached_property
    def _spellings(self) -> tuple[str, ...]:
        """The names, what stands in brackets within them, and the same with umlauts written out."""
        told = [*self.names, *(part for name in self.names for part in _INSIDE.findall(name))]
        told += [outside for name in self.names if (outside := _INSIDE.sub(" ", name)) != name and outside.strip()]
        told += [apart for name in told if (apart := _HUMP.sub(" ", name)) != name]
        return _spelt(told)


def is_common(folded: str) -> bool:
    """Whether a folded word is one that many organisations have in their names, in some form."""
    known = common_words()
    return folded in known or any(
        folded.endswith(end) and folded[: -len(end)] in known for end in ("s", "e", "n", "en")
    )


def _spelt(names: Iterable[str]) -> tuple[str, ...]:
    """Each also as it is written where there are no umlauts."""
    told = list(names)
    return tuple(dict.fromkeys([*told, *(name.translate(_UMLAUTS) for name in told)]))


def _words(name: str) -> list[str]:
    return without_legal_form(fold_word(name).split())


def _labels(host: str) -> Iterable[str]:
    """The parts of a web address that are the actor's own: "https://www.weaver-lab.be/en" → weaverlab, weaver, lab …"""
    netloc = re.split(r"[/?#:]", re.sub(r"^\s*[a-z+]+:/*", "", host.casefold()))[0].strip()
    labels = [label for label in netloc.removeprefix("www.").split(".")[:-1] if label]
    for label in labels:
        squashed = fold_word(label).replace(" ", "")
        if len(squashed) >= _SHORTEST and not is_common(squashed):
            yield squashed
