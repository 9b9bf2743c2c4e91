"""Actors with vectors, for property tests."""

import numpy as np
from hypothesis import strategies as st

from matching.ranking import Passage, Profile

DIM = 64
FACETS = ("need", "offer", "profile")
TEXTS = (
    "soie de verre tissée en grande largeur",
    "zilvervrije kiemdodende lagen",
    "Prüfstand für Verdichter 🚀",
    "بحث عن شريك في الطاقة",
    "eskulanen ikerketa",
    "",
)


def unit(seed: int, dim: int = DIM) -> np.ndarray:
    """A unit vector that depends on the seed alone."""
    vector = np.random.default_rng(seed).normal(size=dim)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


passages = st.builds(
    lambda facet, lang, text, seed: Passage(facet, lang, text, None if seed is None else unit(seed)),
    st.sampled_from(FACETS),
    st.sampled_from(("fr", "nl", "de", "eu")),
    st.sampled_from(TEXTS),
    st.none() | st.integers(0, 50),
)


@st.composite
def profiles(draw: st.DrawFn, ident: int, side: str) -> Profile:
    """An actor of one side; anything besides id and side may be missing."""
    place = draw(st.none() | st.tuples(st.floats(-80, 80), st.floats(-180, 180)))
    return Profile(
        id=ident,
        side=side,
        kind=draw(st.sampled_from((None, "company", "research_lab", "cluster"))),
        languages=tuple(draw(st.lists(st.sampled_from(("fr", "nl", "de")), unique=True, max_size=2))),
        sectors=tuple(draw(st.lists(st.sampled_from(("agri-food", "health", "water", "ICT", "tourism")), max_size=2))),
        lat=place[0] if place else None,
        lon=place[1] if place else None,
        size=draw(st.none() | st.floats(1, 1e5)),
        passages=tuple(draw(st.lists(passages, max_size=5))),
        hubness=draw(st.none() | st.floats(-0.2, 0.6)),
    )


@st.composite
def actor_lists(draw: st.DrawFn, least: int = 2, most: int = 7) -> list[Profile]:
    """Actors of three sides with ids 0, 1, 2 …"""
    count = draw(st.integers(least, most))
    return [draw(profiles(number, draw(st.sampled_from("ABC")))) for number in range(count)]
