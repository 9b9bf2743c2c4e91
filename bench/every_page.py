"""Every page of the service as addresses that can be asked for, found in the application itself; it measures nothing.

A page is what the routes that the API's description leaves out answer as HTML. A route with a parameter that nobody
here knows how to fill stops the run, so that a new page is measured and pictured from its first day.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

Samples = Mapping[str, object]
"""Parameter → what to put there; "TEMPLATE name" → the same for one route."""

QUESTION = "un laboratoire pour tester la résistance au feu de textiles enduits"
STATES: dict[str, Sequence[str]] = {
    "/": ["", "?q={question}"],
    "/directory": ["", "?q=textile", "?kind=company"],
    "/console/actors": ["", "?q=textile"],
    "/console/explore": ["", "?q={question}", "?actor={actor_id}&event={event_id}"],
    "/console/events/{event_id}/participants": ["", "?add=textile"],
    "/console/events/{event_id}/schedule": ["", "?m={pair}", "?q=lab"],
    "/console/events/{event_id}/compare": ["?base={number}&plan={other}"],
    "/console/events/{event_id}/day": ["", "?state=absent"],
    "/console/events/{event_id}/day/walk-in": ["", "?q=textile"],
    "/console/privacy": ["", "?q=anna"],
}
"""States of a page that cost or look otherwise than the page without a query."""


def page_templates(app: FastAPI) -> list[str]:
    """Path templates of the GET routes that are no part of the API, each once."""
    contexts = iter_route_contexts(app.routes)
    found = [c.path_format for c in contexts if c.methods and "GET" in c.methods and not c.include_in_schema]
    return [*dict.fromkeys(str(template) for template in found)]


def addresses(template: str, samples: Samples) -> list[str]:
    """The addresses of one route, one for each of its states."""
    return [_filled(template + state, template, samples) for state in STATES.get(template, [""])]


def _filled(address: str, template: str, samples: Samples) -> str:
    def value(match: re.Match[str]) -> str:
        name = match[1]
        told: Any = samples.get(f"{template} {name}", samples.get(name))
        if told is None:
            raise SystemExit(f"{template}: nobody told bench/every_page.py what {name} is; add it to the samples")
        return str(told)

    return re.sub(r"\{(\w+)\}", value, address)
