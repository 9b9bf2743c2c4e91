"""Who may ask what: one line a route, and nothing else decides it. A route without a line is the admin's alone.

The guard (app/guard.py) asks this table before a request reaches its route. tests/app/test_policy.py demands a line for
every route and a route for every line; docs/security.md shows the table as roles × routes.
"""

from collections.abc import Mapping
from enum import Enum

from app.security import Principal


class Who(Enum):
    """Who may call a route. Admins may call all of them."""

    PROBE = "everybody; never counted, and nothing is asked of the database to know who it is"
    PUBLIC = "everybody"
    LINK = "who holds the link in the address; the route itself opens it, or answers 404"
    READER = "readers, organisers; everybody where VIADUC_OPEN_DIRECTORY is on"
    ORGANISER = "organisers, of whatever event; the route shows them only what is theirs"
    CREATES = "organisers who were let create events"
    RUNS_EVENT = "organisers of the event whose number is in the address"
    ADMIN = "admins only"


PROBE, PUBLIC, LINK, READER = Who.PROBE, Who.PUBLIC, Who.LINK, Who.READER
ORGANISER, CREATES, RUNS_EVENT, ADMIN = Who.ORGANISER, Who.CREATES, Who.RUNS_EVENT, Who.ADMIN

POLICY: dict[str, Who] = {
    # Operation and reference
    "GET /health": PROBE,
    "GET /ready": PROBE,
    "GET /metrics": PROBE,
    "GET /openapi.json": PUBLIC,
    "GET /docs": PUBLIC,
    # Who is asking, and who may
    "GET /me": PUBLIC,
    "GET /keys": ADMIN,
    "POST /keys": ADMIN,
    "POST /keys/{key_id}/rotate": ADMIN,
    "DELETE /keys/{key_id}": ADMIN,
    "GET /people": ADMIN,
    "PUT /people": ADMIN,
    "DELETE /people/{person_id}": ADMIN,
    "GET /console/sign-in": PUBLIC,
    "POST /console/sign-in": PUBLIC,
    "POST /console/sign-in/letter": PUBLIC,
    "GET /console/sign-in/link/{token}": PUBLIC,
    "POST /console/sign-in/link/{token}": PUBLIC,
    "GET /console/sign-in/provider": PUBLIC,
    "GET /console/sign-in/back": PUBLIC,
    "POST /console/sign-out": PUBLIC,
    "GET /audit": ADMIN,
    "GET /audit/check": ADMIN,
    "POST /privacy/export": ADMIN,
    "POST /privacy/erase": ADMIN,
    "GET /console/access": ADMIN,
    "POST /console/access/keys": ADMIN,
    "POST /console/access/keys/{key_id}/rotate": ADMIN,
    "POST /console/access/keys/{key_id}/revoke": ADMIN,
    "POST /console/access/people": ADMIN,
    "POST /console/access/people/{person_id}/link": ADMIN,
    "POST /console/access/people/{person_id}/remove": ADMIN,
    "POST /console/access/sessions/{session_id}/end": ADMIN,
    # Finding partners: what a front end needs
    "POST /match": READER,
    "GET /actors": READER,
    "GET /actors/search": READER,
    "GET /actors/{actor_id}": READER,
    "GET /actors/{actor_id}/relations": READER,
    "GET /": READER,
    "GET /directory": READER,
    "GET /directory/{actor_id}": READER,
    # Actors: organisers register who comes to them
    "POST /actors": ORGANISER,
    "PATCH /actors/{actor_id}": ORGANISER,
    "DELETE /actors/{actor_id}": ADMIN,
    "PUT /actors/{actor_id}/relations": ORGANISER,
    "DELETE /actors/{actor_id}/relations/{target_id}/{kind}": ORGANISER,
    "GET /actors/{actor_id}/sources": ORGANISER,
    "PUT /actors/{actor_id}/sources/{field}/{map_id}": ADMIN,
    # Persons: never for readers; organisers for actors that come to their events
    "GET /actors/{actor_id}/contacts": ORGANISER,
    "POST /actors/{actor_id}/contacts": ORGANISER,
    "GET /actors/{actor_id}/contacts/{contact_id}": ORGANISER,
    "PUT /actors/{actor_id}/contacts/{contact_id}": ORGANISER,
    "DELETE /actors/{actor_id}/contacts/{contact_id}": ORGANISER,
    "GET /consent-texts": ORGANISER,
    "POST /consent-texts": ADMIN,
    "DELETE /consent-texts/{version}": ADMIN,
    # Competence maps
    "GET /maps": ORGANISER,
    "GET /maps/template": READER,
    "GET /maps/{map_id}": ORGANISER,
    "GET /maps/{map_id}/picture": ORGANISER,
    "GET /maps/{map_id}/imports": ADMIN,
    "GET /maps/{map_id}/export": ADMIN,
    "POST /maps/imports": ADMIN,
    "GET /maps/imports/{import_id}": ADMIN,
    "PUT /maps/imports/{import_id}/options": ADMIN,
    "POST /maps/imports/{import_id}/apply": ADMIN,
    "POST /maps/imports/{import_id}/undo": ADMIN,
    "GET /maps/imports/{import_id}/rejected": ADMIN,
    "POST /maps/imports/from-address": ADMIN,
    "POST /maps/imports/{import_id}/stop": ADMIN,
    "DELETE /maps/imports/{import_id}": ADMIN,
    "GET /maps/{map_id}/known": ORGANISER,
    "GET /actors/{actor_id}/known": ORGANISER,
    "GET /sector-lists": ORGANISER,
    "POST /sector-lists": ADMIN,
    "DELETE /sector-lists/{list_id}": ADMIN,
    # Programmes
    "GET /programmes": ORGANISER,
    "POST /programmes": ADMIN,
    "GET /programmes/{programme_id}": ORGANISER,
    "PUT /programmes/{programme_id}": ADMIN,
    "DELETE /programmes/{programme_id}": ADMIN,
    # Events
    "GET /events": ORGANISER,
    "POST /events": CREATES,
    "GET /events/{event_id}": RUNS_EVENT,
    "PUT /events/{event_id}": RUNS_EVENT,
    "DELETE /events/{event_id}": ADMIN,
    "GET /events/{event_id}/rounds": RUNS_EVENT,
    "PUT /events/{event_id}/rounds": RUNS_EVENT,
    "GET /events/{event_id}/places": RUNS_EVENT,
    "PUT /events/{event_id}/places": RUNS_EVENT,
    "GET /events/{event_id}/interpreters": RUNS_EVENT,
    "PUT /events/{event_id}/interpreters": RUNS_EVENT,
    "GET /events/{event_id}/locks": RUNS_EVENT,
    "PUT /events/{event_id}/locks": RUNS_EVENT,
    "GET /events/{event_id}/participants": RUNS_EVENT,
    "POST /events/{event_id}/participants": RUNS_EVENT,
    "GET /events/{event_id}/participants/{actor_id}": RUNS_EVENT,
    "PUT /events/{event_id}/participants": RUNS_EVENT,
    "DELETE /events/{event_id}/participants/{actor_id}": RUNS_EVENT,
    "GET /events/{event_id}/wishes": RUNS_EVENT,
    "PUT /events/{event_id}/wishes": RUNS_EVENT,
    "DELETE /events/{event_id}/wishes/{actor_id}/{target_id}": RUNS_EVENT,
    "GET /events/{event_id}/introductions": RUNS_EVENT,
    "PUT /events/{event_id}/introductions/{actor_id}/{other_id}": RUNS_EVENT,
    "DELETE /events/{event_id}/introductions/{actor_id}/{other_id}": RUNS_EVENT,
    "GET /events/{event_id}/weights": RUNS_EVENT,
    "PUT /events/{event_id}/weights": RUNS_EVENT,
    # Plans
    "GET /events/{event_id}/plans": RUNS_EVENT,
    "POST /events/{event_id}/plans": RUNS_EVENT,
    "GET /events/{event_id}/plans/{number}": RUNS_EVENT,
    "DELETE /events/{event_id}/plans/{number}": RUNS_EVENT,
    "POST /events/{event_id}/plans/{number}/stop": RUNS_EVENT,
    "POST /events/{event_id}/plans/{number}/publish": RUNS_EVENT,
    "PUT /events/{event_id}/plans/{number}/note": RUNS_EVENT,
    "POST /events/{event_id}/plans/{number}/edits": RUNS_EVENT,
    "POST /events/{event_id}/plans/{number}/undo": RUNS_EVENT,
    "POST /events/{event_id}/plans/{number}/redo": RUNS_EVENT,
    "GET /events/{event_id}/plans/{number}/diff": RUNS_EVENT,
    "POST /events/{event_id}/plans/{number}/replan": RUNS_EVENT,
    "POST /events/{event_id}/what-if": RUNS_EVENT,
    "POST /pairings": ORGANISER,
    "POST /pairings/replan": ORGANISER,
    "POST /pairings/what-if": ORGANISER,
    # Memory
    "GET /tandems": ORGANISER,
    "POST /tandems": ORGANISER,
    "GET /tandems/{actor_id}/{partner_id}": ORGANISER,
    "PATCH /tandems/{actor_id}/{partner_id}": ORGANISER,
    "DELETE /tandems/{actor_id}/{partner_id}": ADMIN,
    "GET /feedback": ORGANISER,
    "POST /feedback": ORGANISER,
    "GET /weights": ORGANISER,
    "GET /weights/bridges": ORGANISER,
    "PUT /weights/bridges": ADMIN,
    "GET /weights/proposals": ADMIN,
    "POST /weights/proposals": ADMIN,
    "POST /weights/proposals/{number}/accept": ADMIN,
    "POST /weights/proposals/{number}/reject": ADMIN,
    "GET /console/memory": ORGANISER,
    "GET /console/memory/tandems/new": ORGANISER,
    "POST /console/memory/tandems/new": ORGANISER,
    "GET /console/memory/tandems/{actor_id}/{partner_id}": ORGANISER,
    "POST /console/memory/tandems/{actor_id}/{partner_id}": ORGANISER,
    "POST /console/memory/tandems/{actor_id}/{partner_id}/steps": ORGANISER,
    "POST /console/memory/tandems/{actor_id}/{partner_id}/newest": ORGANISER,
    "POST /console/memory/tandems/{actor_id}/{partner_id}/remove": ADMIN,
    "GET /console/memory/feedback": ORGANISER,
    "GET /console/memory/weights": ORGANISER,
    "GET /console/memory/bridges": ORGANISER,
    "POST /console/memory/bridges": ADMIN,
    "POST /console/memory/bridges/reset": ADMIN,
    "POST /console/memory/weights/proposals": ADMIN,
    "POST /console/memory/weights/proposals/{number}/accept": ADMIN,
    "POST /console/memory/weights/proposals/{number}/reject": ADMIN,
    # The day
    "GET /events/{event_id}/day": RUNS_EVENT,
    "GET /events/{event_id}/attendance": RUNS_EVENT,
    "PUT /events/{event_id}/attendance": RUNS_EVENT,
    "PUT /events/{event_id}/day/losses": RUNS_EVENT,
    "PUT /events/{event_id}/day/timetable": RUNS_EVENT,
    "GET /events/{event_id}/day/steps": RUNS_EVENT,
    "POST /events/{event_id}/day/undo": RUNS_EVENT,
    "POST /events/{event_id}/day/replan": RUNS_EVENT,
    "POST /events/{event_id}/day/apply": RUNS_EVENT,
    "GET /clock/{event_id}": PUBLIC,
    "GET /console/events/{event_id}/day": RUNS_EVENT,
    "POST /console/events/{event_id}/day/mark": RUNS_EVENT,
    "POST /console/events/{event_id}/day/missing": RUNS_EVENT,
    "GET /console/events/{event_id}/day/steps": RUNS_EVENT,
    "POST /console/events/{event_id}/day/undo": RUNS_EVENT,
    "GET /console/events/{event_id}/day/people/{actor_id}": RUNS_EVENT,
    "POST /console/events/{event_id}/day/people/{actor_id}": RUNS_EVENT,
    "GET /console/events/{event_id}/day/walk-in": RUNS_EVENT,
    "POST /console/events/{event_id}/day/walk-in": RUNS_EVENT,
    "POST /console/events/{event_id}/day/walk-in/new": RUNS_EVENT,
    "GET /console/events/{event_id}/day/rounds": RUNS_EVENT,
    "POST /console/events/{event_id}/day/timetable": RUNS_EVENT,
    "POST /console/events/{event_id}/day/losses": RUNS_EVENT,
    "POST /console/events/{event_id}/day/replan": RUNS_EVENT,
    "GET /console/events/{event_id}/day/plans/{number}": RUNS_EVENT,
    "POST /console/events/{event_id}/day/plans/{number}/apply": RUNS_EVENT,
    "GET /console/events/{event_id}/rounds/{index}": RUNS_EVENT,
    "GET /console/events/{event_id}/places/{index}": RUNS_EVENT,
    "GET /console/events/{event_id}/interpreters/{index}": RUNS_EVENT,
    "GET /live/events/{event_id}": RUNS_EVENT,
    "GET /live/clock/{event_id}": PUBLIC,
    "GET /live/agenda/{token}": LINK,
    # Agendas of participants: links are made by who runs the event and opened by who holds them
    "GET /events/{event_id}/links": RUNS_EVENT,
    "POST /events/{event_id}/links": RUNS_EVENT,
    "POST /events/{event_id}/links/renew": RUNS_EVENT,
    "POST /events/{event_id}/links/revoke": RUNS_EVENT,
    "DELETE /events/{event_id}/links/{link_id}": RUNS_EVENT,
    "GET /events/{event_id}/agenda": RUNS_EVENT,
    "PUT /events/{event_id}/agenda": RUNS_EVENT,
    "GET /events/{event_id}/answers": RUNS_EVENT,
    "GET /agenda/sw.js": PUBLIC,
    "GET /agenda/{token}": LINK,
    "GET /agenda/{token}/manifest.webmanifest": LINK,
    "POST /agenda/{token}/answers/{target_id}": LINK,
    "POST /agenda/{token}/wishes": LINK,
    "POST /agenda/{token}/details": LINK,
    "POST /agenda/{token}/seen": LINK,
    "POST /agenda/{token}/leave": LINK,
    "POST /agenda/{token}/return": LINK,
    # Privacy in the browser
    "GET /console/actors/{actor_id}/contacts": ORGANISER,
    "POST /console/actors/{actor_id}/contacts": ORGANISER,
    "GET /console/actors/{actor_id}/contacts/{contact_id}": ORGANISER,
    "POST /console/actors/{actor_id}/contacts/{contact_id}": ORGANISER,
    "POST /console/actors/{actor_id}/contacts/{contact_id}/remove": ORGANISER,
    "GET /console/privacy": ADMIN,
    "GET /console/privacy/find": ADMIN,
    "POST /console/privacy/find": ADMIN,
    "GET /console/privacy/person": ADMIN,
    "POST /console/privacy/person": ADMIN,
    "GET /console/privacy/person/count": ADMIN,
    "POST /console/privacy/person/count": ADMIN,
    "GET /console/privacy/person/erase": ADMIN,
    "POST /console/privacy/person/erase": ADMIN,
    "GET /console/privacy/organisations/{actor_id}/count": ADMIN,
    "POST /console/privacy/organisations/{actor_id}/count": ADMIN,
    "GET /console/privacy/organisations/{actor_id}/erase": ADMIN,
    "POST /console/privacy/organisations/{actor_id}/erase": ADMIN,
    "POST /console/privacy/person/file": ADMIN,
    "GET /console/privacy/organisations/{actor_id}": ADMIN,
    "POST /console/privacy/organisations/{actor_id}/file": ADMIN,
    "GET /console/privacy/periods": ADMIN,
    "GET /console/privacy/periods/count": ADMIN,
    "POST /console/privacy/periods/count": ADMIN,
    "POST /console/privacy/periods/sweep": ADMIN,
    "GET /console/privacy/texts": ADMIN,
    "POST /console/privacy/texts": ADMIN,
    "POST /console/privacy/texts/remove": ADMIN,
    "GET /console/privacy/trail": ADMIN,
    "GET /console/privacy/trail/check": ADMIN,
    # Competence maps in the browser
    "GET /console/maps": ORGANISER,
    "POST /console/maps": ADMIN,
    "GET /console/maps/template": READER,
    "GET /console/maps/{map_id}": ORGANISER,
    "GET /console/maps/{map_id}/export": ADMIN,
    "GET /console/maps/actors/{actor_id}": ORGANISER,
    "POST /console/maps/actors/{actor_id}/take": ADMIN,
    "GET /console/maps/sectors": ORGANISER,
    "POST /console/maps/sectors": ADMIN,
    "POST /console/maps/sectors/{list_id}/delete": ADMIN,
    "GET /console/maps/imports/{import_id}": ADMIN,
    "POST /console/maps/imports/{import_id}/options": ADMIN,
    "POST /console/maps/imports/{import_id}/apply": ADMIN,
    "POST /console/maps/imports/{import_id}/stop": ADMIN,
    "POST /console/maps/imports/{import_id}/undo": ADMIN,
    "POST /console/maps/imports/{import_id}/discard": ADMIN,
    "GET /console/maps/imports/{import_id}/rejected": ADMIN,
    # Papers and files
    "POST /events/{event_id}/papers": RUNS_EVENT,
    "POST /events/{event_id}/papers/{kind}": RUNS_EVENT,
    "GET /events/{event_id}/report": RUNS_EVENT,
    "GET /console/events/{event_id}/report": RUNS_EVENT,
    "GET /events/{event_id}/calendar.ics": RUNS_EVENT,
    "GET /events/{event_id}/export": RUNS_EVENT,
    "GET /events/{event_id}/offline.html": RUNS_EVENT,
    "POST /events/{event_id}/day/offline": RUNS_EVENT,
    "GET /agenda/{token}/calendar.ics": LINK,
    "GET /console/events/{event_id}/papers": RUNS_EVENT,
    "GET /console/events/{event_id}/papers/look/{kind}": RUNS_EVENT,
    "POST /console/events/{event_id}/papers/{kind}": RUNS_EVENT,
    "POST /console/events/{event_id}/papers/noted": RUNS_EVENT,
    # Console
    "GET /console/programmes": ORGANISER,
    "GET /console/programmes/new": ADMIN,
    "POST /console/programmes/new": ADMIN,
    "GET /console/programmes/{programme_id}": ORGANISER,
    "POST /console/programmes/{programme_id}": ADMIN,
    "POST /console/programmes/{programme_id}/remove": ADMIN,
    "GET /console/explore": ORGANISER,
    "GET /console/actors": ORGANISER,
    "GET /console/actors/new": ORGANISER,
    "POST /console/actors/new": ORGANISER,
    "GET /console/actors/{actor_id}": ORGANISER,
    "POST /console/actors/{actor_id}": ORGANISER,
    "POST /console/actors/{actor_id}/remove": ADMIN,
    "GET /console/events": ORGANISER,
    "GET /console/events/new": CREATES,
    "POST /console/events/new": CREATES,
    "POST /console/events/new/preview": CREATES,
    "GET /console/events/{event_id}": RUNS_EVENT,
    "GET /console/events/{event_id}/setup": RUNS_EVENT,
    "POST /console/events/{event_id}/setup/{section}": RUNS_EVENT,
    "GET /console/events/{event_id}/outlook": RUNS_EVENT,
    "GET /console/events/{event_id}/participants": RUNS_EVENT,
    "POST /console/events/{event_id}/participants": RUNS_EVENT,
    "GET /console/events/{event_id}/participants/list": RUNS_EVENT,
    "POST /console/events/{event_id}/participants/list": RUNS_EVENT,
    "POST /console/events/{event_id}/participants/take-back": RUNS_EVENT,
    "GET /console/events/{event_id}/participants/{actor_id}": RUNS_EVENT,
    "POST /console/events/{event_id}/participants/{actor_id}": RUNS_EVENT,
    "POST /console/events/{event_id}/participants/{actor_id}/remove": RUNS_EVENT,
    "POST /console/events/{event_id}/introductions/{actor_id}/{other_id}": RUNS_EVENT,
    "GET /console/events/{event_id}/invite": RUNS_EVENT,
    "GET /console/events/{event_id}/wishes": RUNS_EVENT,
    "POST /console/events/{event_id}/wishes": RUNS_EVENT,
    "POST /console/events/{event_id}/wishes/remove": RUNS_EVENT,
    "GET /console/events/{event_id}/agendas": RUNS_EVENT,
    "POST /console/events/{event_id}/agendas": RUNS_EVENT,
    "POST /console/events/{event_id}/agendas/file": RUNS_EVENT,
    "POST /console/events/{event_id}/agendas/rules": RUNS_EVENT,
    "GET /console/events/{event_id}/schedule": RUNS_EVENT,
    "GET /console/events/{event_id}/compare": RUNS_EVENT,
    "POST /console/events/{event_id}/plans": RUNS_EVENT,
    "POST /console/events/{event_id}/plans/{number}/stop": RUNS_EVENT,
    "POST /console/events/{event_id}/plans/{number}/publish": RUNS_EVENT,
    "POST /console/events/{event_id}/plans/{number}/edits": RUNS_EVENT,
    "POST /console/events/{event_id}/plans/{number}/undo": RUNS_EVENT,
    "POST /console/events/{event_id}/plans/{number}/redo": RUNS_EVENT,
    "POST /console/events/{event_id}/plans/{number}/note": RUNS_EVENT,
    "GET /console/events/{event_id}/plans/{number}/remove": RUNS_EVENT,
    "POST /console/events/{event_id}/plans/{number}/remove": RUNS_EVENT,
}
"""Method and path template of a route → who may call it."""


SIGN_IN = {
    "POST /console/sign-in",
    "POST /console/sign-in/letter",
    "POST /console/sign-in/link/{token}",
    "GET /console/sign-in/provider",
    "GET /console/sign-in/back",
}
"""Where somebody tries to sign in: counted more strictly."""


def is_sign_in(method: str, template: str) -> bool:
    """Whether calling this route is a try to sign in."""
    return f"{method} {template}" in SIGN_IN


def rule_for(method: str, template: str) -> Who:
    """Who may call a route; a route that the table does not know is the admin's."""
    asked = "GET" if method == "HEAD" else method
    return POLICY.get(f"{asked} {template}", Who.ADMIN)


def allows(who: Who, principal: Principal, path: Mapping[str, str], *, open_directory: bool = False) -> bool:
    """Whether this principal may call a route with this rule; `path` holds the parameters of the address."""
    if principal.role == "admin" or who in {Who.PROBE, Who.PUBLIC, Who.LINK}:
        return True
    if who is Who.READER:
        return open_directory or principal.role in {"reader", "organiser"}
    if who is Who.ORGANISER:
        return principal.role == "organiser"
    if who is Who.CREATES:
        return principal.role == "organiser" and principal.creates
    number = event_number(path)
    return who is Who.RUNS_EVENT and number is not None and principal.runs(number)


def event_number(path: Mapping[str, str]) -> int | None:
    """The event that an address names, if it is a plain number: what reads otherwise is not let through."""
    text = str(path.get("event_id", ""))
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None
