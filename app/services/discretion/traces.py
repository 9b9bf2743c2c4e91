"""What gives anybody away, whoever it is: addresses, telephones, numbers of registers and patents, marked brands."""

import re
from collections.abc import Iterator

Span = tuple[int, int]

_ENDINGS = (
    "com|org|net|eu|be|fr|nl|de|dk|da|es|eus|lu|uk|ie|it|ch|at|pt|se|no|fi|pl|cz|info|biz|io|ai|app|dev|tech|shop|online|"
    "store|site|cloud|gent|brussels|vlaanderen|paris|alsace|bzh|cat|gal|coop|museum|edu|gov|int|pro|me|tv|cc|co|group|"
    "consulting|solutions|industries|energy|bio|design|studio|agency|systems|technology|international|company|works"
)
_WORD = r"[^\W_](?:[\w-]*[^\W_])?"
_ADDRESSES = (
    # Anything with a scheme; www.…; a host with an ending that hosts have, and the path behind it.
    re.compile(r"\b[a-z][a-z0-9+.-]{1,20}:/{1,2}[^\s<>\"')]+", re.I),
    re.compile(r"\bwww\d?\s?\.\s?[^\s<>\"')]+", re.I),
    re.compile(rf"\b{_WORD}(?:\.{_WORD})*\.(?:{_ENDINGS})\b(?:[/?#:][^\s<>\"')]*)?", re.I),
    # Mail, also as people hide it from robots: name (at) host [dot] be.
    re.compile(r"[\w.+'-]+(?:@| @ )[\w-]+(?:\.[\w-]+)*"),
    re.compile(r"[\w.+'-]+\s*[\[({]\s*(?:@|at|arobase|arroba|apenstaartje|snabel-?a|abildua)\s*[\])}]\s*[\w.-]+"
               r"(?:\s*[\[({]\s*(?:\.|dot|point|punt|punkt|punto|prik|puntu)\s*[\])}]\s*\w+)*", re.I),
    re.compile(r"(?<![\w@])@[^\W\d][\w.]+"),
)  # fmt: skip
_STREETS = (
    re.compile(r"\b\d{1,4}\s?(?:bis|ter)?,?\s+(?:rue|avenue|av\.|boulevard|bd|place|chemin|allée|quai|route|impasse|square)"
               r"\s+[^,.;:!?\n]{2,40}", re.I),
    re.compile(r"\b(?:calle|c/|avenida|avda\.?|plaza|paseo|polígono)\s+[^,.;:!?\n]{2,40}(?:,\s*\d+)?", re.I),
    re.compile(r"\b[^\W\d_][\w'-]+(?:\s?straat|\s?laan|\s?plein|\s?kaai|steenweg|straße|strasse|allee|gade|vej|kalea|"
               r"etorbidea)\s+\d{1,4}\b", re.I),
)  # fmt: skip
_BRANDS = re.compile(r"(?:[A-ZÀ-Þ][\w-]*[ \u00a0]){0,2}[^\W_][\w-]*[ \u00a0]?(?:[®™℠]|\((?:R|TM|SM)\))")
_PATENTS = (
    re.compile(r"\b(?:PCT[/ ]?)?(?:EP|WO|US|FR|DE|NL|BE|DK|ES|GB|JP|CN|KR|CA|AT|CH|IT|LU|SE|FI)[ ./-]?"
               r"(?:\d[ .,/-]?){5,14}\d?(?:[ -]?[A-CTUY]\d?)?\b"),
    re.compile(r"\b(?:patent|brevet|octrooi|patente|patentea)\w*\s*(?:no|nr|n°|nº|num|nummer|number|numéro|zk)\.?\s*:?\s*"
               r"[\w./-]*\d[\w./-]*", re.I),
)  # fmt: skip
_NUMBERS = re.compile(r"(?<![\w.,])[A-Z]{0,3}[ .]?(?:\+|00)?[(]?\d(?:[ \u00a0\u202f./()-]{0,3}\d){7,}(?!\w)")
_ENDLESS = re.compile(r"[\w.+'@-]{200,}")
"""Longer than any word, address or number: nothing that is looked at for traces in it comes to an end soon."""
_HARMLESS = re.compile(
    r"\s*(?:(?:19|20)\d\d\s?[-–/]\s?(?:19|20)\d\d"  # years
    r"|\d{1,2}[./-]\d{1,2}[./-](?:19|20)\d\d|(?:19|20)\d\d[./-]\d{1,2}[./-]\d{1,2}"  # days
    r"|\d{1,2}(?:[ .\u00a0\u202f]\d{3}){2,})\s*"  # millions
)


def traces(text: str) -> Iterator[Span]:
    """(start, end) of each trace; they may overlap.

    What has no gap for very long goes as a whole: to look for addresses in it takes the square of its length.
    """
    yield from (match.span() for match in _ENDLESS.finditer(text))
    text = _ENDLESS.sub(lambda match: " " * len(match[0]), text)
    for pattern in (*_ADDRESSES, *_STREETS, *_PATENTS):
        yield from (match.span() for match in pattern.finditer(text))
    yield from (match.span() for match in _BRANDS.finditer(text) if _is_marked(match[0]))
    yield from (match.span() for match in _NUMBERS.finditer(text) if not _HARMLESS.fullmatch(match[0]))


def _is_marked(words: str) -> bool:
    """Whether a sign of a trade mark stands behind words, not alone."""
    return any(c.isalnum() for c in words)
