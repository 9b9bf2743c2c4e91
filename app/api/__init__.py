"""Door 1: JSON over HTTP."""

from fastapi import APIRouter
from fastapi.routing import APIRoute

from app.api.access import router as access
from app.api.actors import router as actors
from app.api.agenda import router as agendas
from app.api.audit import router as audit
from app.api.consents import router as consents
from app.api.contacts import router as contacts
from app.api.day import router as day
from app.api.events import router as events
from app.api.feedback import router as feedback
from app.api.introductions import router as introductions
from app.api.maps import actors_router as known
from app.api.maps import router as maps
from app.api.maps import sectors_router as sector_lists
from app.api.match import router as match
from app.api.operations import router as operations
from app.api.pairings import router as pairings
from app.api.papers import feeds as calendar_feeds
from app.api.papers import router as papers
from app.api.plans import router as plans
from app.api.plans import what_if_router as what_if
from app.api.privacy import router as privacy
from app.api.programmes import router as programmes
from app.api.report import router as report
from app.api.tandems import router as tandems
from app.api.weights import event_router as event_weights
from app.api.weights import router as weights


def _summarised(router: APIRouter) -> APIRouter:
    """The router, its routes summarised by their docstrings instead of their functions' names."""
    for route in router.routes:
        if isinstance(route, APIRoute):
            route.summary, route.description = route.description, ""
    return router


routers = tuple(
    _summarised(r)
    for r in (
        match, actors, contacts, consents, known, maps, sector_lists, programmes, events, introductions, agendas, day,
        event_weights, plans, what_if, pairings, papers, report, calendar_feeds, tandems, feedback,
        weights, access, audit, privacy, operations,
    )
)  # fmt: skip
