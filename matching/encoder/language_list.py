"""The languages of our borders, and how often each is met."""

_PRIOR = {"en": 0.0, "fr": 0.0, "nl": 0.0, "de": 0.0, "es": 0.0, "da": 0.0}
_PRIOR |= {"eu": -1.5, "pt": -1.5, "it": -1.5, "pl": -1.5, "sv": -1.5}
_PRIOR |= {"ca": -3.5, "gl": -3.5, "lb": -3.5}
LANGUAGES = tuple(sorted(_PRIOR))
PRIOR = tuple(_PRIOR[language] for language in LANGUAGES)
"""Logarithms of how often a language is met, relative to the large ones."""
