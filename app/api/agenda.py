"""Agendas of participants: the links that open them, what may be done in them, and what was answered."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Body, Depends, Path, Query, Request, Response

from app.api import examples
from app.api.paging import IN_PARTS, in_parts
from app.api.problems import responses
from app.deps import AttemptDep, SessionDep, SettingsDep
from app.editing import ChangingDep, ReadingDep
from app.reach import public_base
from app.services import answers
from app.services import links as service
from app.services.agenda import read_rules, set_rules
from app.services.cursors import Part
from app.services.idempotency import Attempt, make_once
from models.agenda import (
    AgendaRulesFields,
    AnswerPublic,
    LinkChoice,
    LinkMade,
    LinkPublic,
    LinkRequest,
    LinksRevoked,
)

router = APIRouter(prefix="/events", tags=["agendas"], responses=responses(404))

LinkBody = Annotated[LinkRequest, Body(openapi_examples=examples.LINKS)]
ChoiceBody = Annotated[LinkChoice, Body(openapi_examples=examples.LINK_CHOICE)]
RulesBody = Annotated[AgendaRulesFields, Body(openapi_examples=examples.AGENDA_RULES)]
_SECRET = {"Cache-Control": "no-store"}


@router.get("/{event_id}/links", responses=IN_PARTS)
def list_links(
    session: SessionDep,
    event_id: int,
    part: Annotated[Part, Depends(in_parts())],
    actor_id: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
) -> list[LinkPublic]:
    """List the links of an event and what became of them; the links themselves are told only when they are made"""
    return service.list_links(session, event_id=event_id, actor_id=actor_id, part=part)


Make = Callable[..., dict[int, service.Handed]]


@dataclass(frozen=True)
class _Press:
    """What both ways of making links ask for."""

    base: str
    session: SessionDep
    attempt: Attempt

    def once(self, make: Make, event_id: int, wanted: LinkRequest) -> list[LinkMade]:
        """Make links as `make` does and tell them this once."""
        handing = service.Handing(wanted.purpose, wanted.language, wanted.expires_at)
        made = make_once(
            self.session,
            attempt=self.attempt,
            make=partial(make, self.session, event_id=event_id, actor_ids=wanted.actor_ids, handing=handing),
            name=partial(service.name_of, event_id=event_id),
            tell=service.made_before,
        )
        return [
            LinkMade(
                actor_id=actor_id,
                name=link.name,
                token=link.token,
                url=f"{self.base}/agenda/{link.token}",
                expires_at=link.expires_at,
            )
            for actor_id, link in made.items()
        ]


def _press(
    request: Request, response: Response, session: SessionDep, settings: SettingsDep, attempt: AttemptDep
) -> _Press:
    response.headers.update(_SECRET)
    return _Press(public_base(request, settings), session, attempt)


PressDep = Annotated[_Press, Depends(_press, scope="function")]


@router.post("/{event_id}/links", status_code=201, responses=responses(409))
def make_links(press: PressDep, event_id: int, wanted: LinkBody) -> list[LinkMade]:
    """Make a link for every participant, or for some; links made before stay open"""
    return press.once(service.make_links, event_id, wanted)


@router.post("/{event_id}/links/renew", status_code=201, responses=responses(409))
def renew_links(press: PressDep, event_id: int, wanted: LinkBody) -> list[LinkMade]:
    """Make new links and close the old ones of the same participants"""
    return press.once(service.renew_links, event_id, wanted)


@router.post("/{event_id}/links/revoke")
def revoke_links(session: SessionDep, event_id: int, wanted: ChoiceBody) -> LinksRevoked:
    """Close the links of every participant, or of some, for good"""
    return LinksRevoked(revoked=service.revoke_links(session, event_id=event_id, actor_ids=wanted.actor_ids))


@router.delete("/{event_id}/links/{link_id}", status_code=204)
def revoke_link(session: SessionDep, event_id: int, link_id: Annotated[int, Path(ge=1, lt=2**63)]) -> Response:
    """Close one link for good"""
    service.revoke_links(session, event_id=event_id, link_id=link_id)
    return Response(status_code=204)


@router.get("/{event_id}/agenda")
def read_agenda_rules(session: SessionDep, reading: ReadingDep, event_id: int) -> AgendaRulesFields:
    """Read what participants may do in their agendas"""
    reading.tell("agenda", event_id)
    return read_rules(session, event_id=event_id)


@router.put("/{event_id}/agenda", responses=responses(412))
def set_agenda_rules(session: SessionDep, changing: ChangingDep, event_id: int, rules: RulesBody) -> AgendaRulesFields:
    """Replace what participants may do in their agendas"""
    with changing.of("agenda", event_id):
        return set_rules(session, event_id=event_id, rules=rules)


@router.get("/{event_id}/answers", responses=IN_PARTS)
def list_answers(session: SessionDep, event_id: int, part: Annotated[Part, Depends(in_parts())]) -> list[AnswerPublic]:
    """List what participants said of their meetings"""
    return answers.list_answers(session, event_id=event_id, part=part)
