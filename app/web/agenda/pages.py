"""The agenda itself: one page, so that one load is enough for the whole day."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Any

from fastapi import APIRouter, Request
from sqlmodel import Session
from starlette.responses import Response

from app import __version__
from app.deps import HolderDep, NowDep, PoolDep, SessionDep
from app.errors import NotFound
from app.services import answers, partaking
from app.services.agenda import Agenda, read_agenda
from app.services.agenda_version import agenda_version
from app.services.contacts import contacts_opened
from app.services.discretion.openings import yes_on_both_sides
from app.services.discretion.sight import EVERYBODY, Sight
from app.services.editions import Subject, edition_of
from app.services.encounters import Asked, Encounter, encounters
from app.services.links import Link, open_link
from app.services.meaning import MeaningHolder
from app.services.pool import PoolCache
from app.web.agenda.frame import SECRET, agenda_page, language
from app.web.agenda.offline import FILES
from app.web.agenda.room import draw_room
from app.web.catalogues import FOLDER as WORDS
from app.web.catalogues import LANGUAGES
from app.web.render import FOLDER as TEMPLATES
from app.web.static_files import static_url

router = APIRouter(prefix="/agenda", include_in_schema=False)

SUGGESTED = 8
"""How many participants are proposed to say a wish about; everybody else stands in a list."""


@router.get("/{token}")
def agenda(
    request: Request, session: SessionDep, holder: HolderDep, cache: PoolDep, now: NowDep, token: str
) -> Response:
    """Next meeting, the day, where, why; wishes before, answers after."""
    try:
        link = open_link(session, token=token, now=now)
    except NotFound:
        return agenda_page(request, "agenda/closed.html", {}, language(request, None), status=404)
    lang = language(request, link)
    version = f'W/"{agenda_version(session, link=link, now=now)}-{wording(lang, holder.name)}"'
    if version in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=SECRET | {"ETag": version})
    seen = edition_of(session, Subject("participant", link.event_id, link.actor_id)).n
    told = read_agenda(session, event_id=link.event_id, actor_id=link.actor_id)
    partaking.note_visit(session, agenda=told, now=now)
    meet = Meeting(session, holder, cache, lang, told.sight)
    said = partaking.words_said(session, event_id=link.event_id, actor_id=link.actor_id)
    context = page_context(told, link, now) | meet.reasons(told) | wishes(meet, told, said, now)
    # One's own words alone: of what the others said of it a participant learns nothing.
    context["said"] = {v.other.id: said.get(v.number) for v in told.visits}
    context |= {"token": token, "seen_edition": seen, "version": version} | after_meetings(session, told)
    answer = agenda_page(request, "agenda/agenda.html", context, lang)
    answer.headers["ETag"] = version
    return answer


@cache
def wording(lang: str, encoder: str | None) -> str:
    """What an agenda is made of beside its data: templates, styles, words, and which model gives the reasons."""
    files = [*sorted(TEMPLATES.rglob("*.html")), *sorted((WORDS / lang).glob("*.po"))]
    told = [*(path.read_bytes() for path in files), *(static_url(name).encode() for name in FILES)]
    return sha256(b"".join((*told, __version__.encode(), (encoder or "").encode()))).hexdigest()[:12]


def after_meetings(session: Session, told: Agenda) -> dict[str, Any]:
    """What was said of each meeting, and what opens by it; by the number under which the other is shown."""
    me = {"event_id": told.event.id, "actor_id": told.actor.id}
    shown = {v.number: v.other.id for v in told.visits}
    said, mutual = answers.answers_of(session, **me), yes_on_both_sides(session, **me)
    both = mutual & shown.keys()
    opened = contacts_opened(session, event_id=told.event.id, viewer=told.actor.id, mutual=both)
    contacts = {shown[other]: [shown_contact(c) for c in opened.get(other, [])] for other in both}
    return {
        "answers": {shown[other]: answer for other, answer in said.items() if other in shown},
        "mutual": set(contacts),
        "contacts": contacts,
    }


class Meeting:
    """Why people meet, as far as it can be told at the moment."""

    def __init__(
        self, session: Session, holder: MeaningHolder, cache: PoolCache, lang: str, sight: Sight = EVERYBODY
    ) -> None:
        self.session, self.lang, self._sight = session, lang, sight
        self._encoder, self._cache = holder.name, cache

    def with_each(self, actor_id: int, others: set[int], most: int | None = None) -> dict[int, Encounter]:
        """By the number under which each is shown, best first; nobody while the language model is not there."""
        if self._encoder is None or not others:
            return {}
        asked = Asked(actor_id, frozenset(others), self.lang, most)
        found = encounters(self.session, cache=self._cache, encoder=self._encoder, asked=asked, sight=self._sight)
        return {e.actor.id: e for e in found}

    def reasons(self, told: Agenda) -> dict[str, Any]:
        """For each meeting, why."""
        return {"why": self.with_each(told.actor.id, {v.number for v in told.visits})}


def page_context(told: Agenda, link: Link, now: datetime) -> dict[str, Any]:
    """What the page says of the agenda at this moment."""
    ahead = [v for v in told.visits if v.ends_at > now]
    return {
        "agenda": told,
        "event": told.event,
        "link": link,
        "now": now,
        "made": int(now.timestamp() * 1000),
        "next": ahead[0] if ahead else None,
        "room": draw_room(told.places),
        "tongues": tongues(told),
    }


def wishes(meet: Meeting, told: Agenda, words: Mapping[int, str], now: datetime) -> dict[str, Any]:
    """Whom to wish for: suggestions, everybody else, and what was said; nothing once the event has begun."""
    if not told.takes_words(now) or not told.rules.wishes:
        return {"wishes": {"open": False}}
    me = told.actor.id
    others = partaking.others_to_meet(meet.session, agenda=told)
    said = {o.number: o for o in others if o.number in words}
    unsaid = {o.number for o in others} - said.keys()
    proposed = [*meet.with_each(me, {*said}).values(), *meet.with_each(me, unsaid, SUGGESTED).values()]
    shown = {e.actor.id for e in proposed}
    return {
        "wishes": {
            "open": True,
            "proposed": proposed,
            "others": [o for o in others if o.actor_id not in shown and o.number not in words],
            "words": {o.actor_id: words[o.number] for o in said.values()},
            "names": {o.actor_id: o.name for o in said.values() if o.actor_id not in shown},
        }
    }


def shown_contact(contact: object) -> dict[str, list[str]]:
    """Who somebody is, and the addresses to reach them by, as far as they are shared."""
    who, reach = (
        [str(value) for name in names if (value := getattr(contact, name, None))]
        for names in (("name", "function", "role"), ("email", "phone"))
    )
    return {"who": who, "reach": reach}


def tongues(told: Agenda) -> list[str]:
    """The languages to choose from: one's own, those of the interface, and those spoken at the event; each once."""
    spoken = sorted({tag for v in told.visits for tag in v.their_languages})
    return [*dict.fromkeys([*told.languages, *LANGUAGES, *spoken])]
