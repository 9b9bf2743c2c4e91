"""What a participant does in its agenda: answers, wishes, details, leaving. Every form works without a script."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from pydantic import BaseModel, Field, ValidationError
from starlette.responses import JSONResponse, RedirectResponse, Response

from app.deps import NowDep, SessionDep
from app.errors import BadInput, Stale
from app.services import partaking
from app.services.actors import get_actor
from app.services.agenda import Agenda, read_agenda
from app.services.answers import Meant, save_answer
from app.services.discretion.sight import Sight
from app.services.editions import Subject, must_be
from app.web.agenda.frame import SECRET, LinkDep
from models.agenda import AnswerFields
from models.codes import check_language

router = APIRouter(prefix="/agenda/{token}", include_in_schema=False)


def whose(session: SessionDep, link: LinkDep) -> Agenda:
    """The agenda that the link opens."""
    return read_agenda(session, event_id=link.event_id, actor_id=link.actor_id)


AgendaDep = Annotated[Agenda, Depends(whose, scope="function")]


class Said(BaseModel):
    """The form after a meeting; what is left open comes as an empty text. `age`: seconds since it was filled in."""

    again: str = ""
    useful: str = ""
    next_step: str = ""
    follow_up: str = ""
    note: str = ""
    quote: bool = False
    age: float = Field(default=0, ge=0, le=366 * 86400)

    def fields(self) -> AnswerFields:
        """The answer, or BadInput."""
        told = {name: value for name, value in self.model_dump(exclude={"age", "quote"}).items() if value.strip()}
        try:
            return AnswerFields(**told, quote=self.quote)
        except ValidationError as error:
            raise BadInput.of_shape(error) from error


@router.post("/answers/{target_id}")
def answer(
    request: Request, session: SessionDep, link: LinkDep, now: NowDep, target_id: int, said: Annotated[Said, Form()]
) -> Response:
    """How the meeting was; sent late, it counts as of when it was said."""
    target = Sight(session, link.principal).own_number(target_id)
    meant = Meant(link.event_id, link.actor_id, target)
    save_answer(session, meant=meant, fields=said.fields(), said_at=now - timedelta(seconds=said.age), now=now)
    # By this answer the two may know each other, and the agenda names the other by its own number.
    shown = Sight(session, link.principal).number(get_actor(session, actor_id=target))
    return _back(request, f"with-{shown}")


@router.post("/wishes")
def wish(
    request: Request,
    session: SessionDep,
    agenda: AgendaDep,
    now: NowDep,
    target_id: Annotated[int, Form(ge=1, lt=2**63)],
    word: Annotated[partaking.Word, Form()],
) -> Response:
    """Would like to meet, rather not, or neither."""
    target = agenda.sight.own_number(target_id)
    partaking.say_word(session, agenda=agenda, target_id=target, word=word, now=now)
    return _back(request, "wishes")


@router.post("/details")
def details(
    request: Request,
    session: SessionDep,
    agenda: AgendaDep,
    now: NowDep,
    languages: Annotated[list[str], Form(max_length=40)] = [],  # noqa: B006 - never changed
    rounds: Annotated[list[int], Form(max_length=200)] = [],  # noqa: B006
    edition: Annotated[int | None, Form(ge=0, lt=2**63)] = None,
) -> Response:
    """One's own languages and rounds, unless the organiser changed them since the form was shown."""
    try:
        spoken = [check_language(tag) for tag in languages]
    except ValueError as error:
        raise BadInput.of("languages", str(error)) from error
    own = Subject("participant", agenda.event.id, agenda.actor.id)
    try:
        must_be(session, own, None if edition is None else frozenset({edition}))
    except Stale:
        if request.headers.get("accept") == "application/json":
            raise
        session.rollback()
        token = request.path_params["token"]
        return RedirectResponse(f"/agenda/{token}?changed=details#details-box", status_code=303, headers=SECRET)
    partaking.change_details(session, agenda=agenda, languages=spoken, available=rounds, now=now)
    return _back(request, "details")


@router.post("/seen")
def seen(request: Request, session: SessionDep, agenda: AgendaDep, now: NowDep) -> Response:
    """The changes have been read."""
    partaking.mark_seen(session, agenda=agenda, now=now)
    return _back(request, "day")


@router.post("/leave")
def leave(
    request: Request, session: SessionDep, agenda: AgendaDep, link: LinkDep, now: NowDep,
    note: Annotated[str, Form(max_length=500)] = "",
) -> Response:  # fmt: skip
    """I cannot come, or I have to go."""
    partaking.leave(session, agenda=agenda, note=note.strip() or None, now=now, by=link.name)
    return _back(request, "leave")


@router.post("/return")
def come_back(request: Request, session: SessionDep, agenda: AgendaDep, link: LinkDep, now: NowDep) -> Response:
    """I come after all."""
    partaking.come_back(session, agenda=agenda, now=now, by=link.name)
    return _back(request, "leave")


def _back(request: Request, anchor: str) -> Response:
    """To the agenda, where it was left; a script that sent the form is only told that it arrived."""
    if request.headers.get("accept") == "application/json":
        return JSONResponse({"kept": True}, headers=SECRET)
    token = request.path_params["token"]
    return RedirectResponse(f"/agenda/{token}#{anchor}", status_code=303, headers=SECRET)
