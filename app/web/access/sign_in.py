"""Signing in: with a key, with a link by e-mail, or through the identity provider. Signing out."""

from functools import partial
from typing import Annotated, Literal
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from app.deps import EngineDep, SessionDep, SettingsDep
from app.errors import AppError, NotSignedIn
from app.guard import cookie_name, lasting
from app.limits import Limits
from app.mail import Post, can_send
from app.reach import public_base
from app.security import Principal
from app.services.access import keys, people, provider, sessions
from app.settings import Settings
from app.web.access.cookies import JOURNEY, forget_journey, forget_session, keep_journey, keep_session
from app.web.access.letters import send_sign_in_letter
from app.web.catalogues import choose_language
from app.web.origin import same_origin
from app.web.render import page
from models.access import AccessPerson

router = APIRouter(prefix="/console", include_in_schema=False)

Told = Literal["", "needed", "over", "key", "letter", "link", "provider", "stranger", "out"]
Next = Annotated[str, Form(max_length=2000)]
Short = Annotated[str, Form(max_length=300)]


@router.get("/sign-in")
def sign_in_page(request: Request, settings: SettingsDep, next: str = "", told: Told = "") -> Response:
    """The ways to sign in."""
    return show_sign_in(request, settings, told=told, onward=next)


@router.post("/sign-in", dependencies=[Depends(same_origin)])
def sign_in_with_key(
    request: Request, session: SessionDep, settings: SettingsDep, key: Short = "", next: Next = ""
) -> Response:
    """Sign in with a key."""
    try:
        principal, row = keys.recognise_key(session, key=key.strip())
    except NotSignedIn:
        return show_sign_in(request, settings, told="key", onward=next, status=401)
    return _sign_in(request, session, settings, sessions.Source(key_id=row.id), _onward(next, principal))


@router.post("/sign-in/letter", dependencies=[Depends(same_origin)])
def ask_for_letter(request: Request, engine: EngineDep, settings: SettingsDep, email: Short = "") -> Response:
    """Send a link to an address that may sign in. The answer is the same for every address, and as quick."""
    limits: Limits = request.app.state.limits
    if can_send(settings) and limits.letters.take(email.strip().lower()) == 0:
        post: Post = request.app.state.post
        post.hand_over(partial(send_sign_in_letter, engine, settings, email, choose_language(request)))
    return show_sign_in(request, settings, told="letter")


@router.get("/sign-in/link/{token}")
def link_page(request: Request, token: str) -> Response:
    """A button: programs that look into letters follow links, and would use up this one."""
    return page(request, "access/link.html", {"token": token})


@router.post("/sign-in/link/{token}", dependencies=[Depends(same_origin)])
def sign_in_with_link(request: Request, session: SessionDep, settings: SettingsDep, token: str) -> Response:
    """Sign in with a link; it works once."""
    try:
        person = people.use_sign_in_link(session, token=token)
    except NotSignedIn:
        return show_sign_in(request, settings, told="link", status=401)
    onward = _onward("", people.principal_of_person(person))
    return _sign_in(request, session, settings, sessions.Source(person_id=person.id), onward)


@router.get("/sign-in/provider")
def ask_provider(request: Request, settings: SettingsDep, next: str = "") -> Response:
    """Go to the identity provider."""
    if not provider.has_provider(settings):
        return show_sign_in(request, settings, told="", onward=next)
    journey = provider.Journey.begin()
    try:
        address = provider.address_to_ask(settings, journey=journey, back=_back(request, settings))
    except AppError:
        return show_sign_in(request, settings, told="provider", onward=next, status=503)
    answer = RedirectResponse(address, status_code=303)
    keep_journey(request, answer, journey.written())
    return answer


@router.get("/sign-in/back")
def back_from_provider(request: Request, session: SessionDep, settings: SettingsDep) -> Response:
    """Take what the identity provider says."""
    if not provider.has_provider(settings):
        return show_sign_in(request, settings, status=404)
    try:
        journey = provider.Journey.read(request.cookies.get(JOURNEY, ""))
        vouched = provider.take_answer(
            settings, journey=journey, back=_back(request, settings), query=dict(request.query_params)
        )
    except AppError as error:
        return show_sign_in(request, settings, told="provider", status=error.status)
    person = people.find_person(session, email=vouched.email) if vouched.email else None
    source = _vouched_source(vouched, person)
    if source is None:
        return show_sign_in(request, settings, told="stranger", status=403)
    principal = people.principal_of_person(person) if person else Principal(vouched.role or "reader")
    answer = _sign_in(request, session, settings, source, _onward("", principal))
    forget_journey(answer)
    return answer


@router.post("/sign-out", dependencies=[Depends(same_origin)])
def sign_out(request: Request, session: SessionDep) -> Response:
    """End this browser's session."""
    token = request.cookies.get(cookie_name(request))
    if token:
        sessions.end_session(session, token=token)
    answer = RedirectResponse("/console/sign-in?told=out", status_code=303)
    forget_session(request, answer)
    return answer


def show_sign_in(
    request: Request, settings: Settings, *, told: Told = "", onward: str = "", status: int = 200
) -> Response:
    """The sign-in page, with a word on why it is shown."""
    context = {
        "told": told,
        "onward": local_path(onward),
        "letters": can_send(settings),
        "provider": settings.oidc_name if provider.has_provider(settings) else "",
        "link_minutes": int(people.LINK_LASTS.total_seconds() // 60),
    }
    answer = page(request, "access/sign_in.html", context, status=status)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def sign_in_first(request: Request, headers: dict[str, str]) -> Response:
    """For a page that needs a sign-in: the form in its place; htmx is sent there, since it shows no refusals."""
    settings: Settings = request.app.state.settings
    over = cookie_name(request) in request.cookies
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    onward = here if request.method == "GET" else urlsplit(request.headers.get("referer", "")).path
    if request.headers.get("hx-request") == "true":
        shown = urlsplit(request.headers.get("hx-current-url", ""))
        onward = shown.path + (f"?{shown.query}" if shown.query else "")
        query = urlencode({"next": onward, "told": "over" if over else "needed"})
        return Response(status_code=401, headers=headers | {"HX-Redirect": f"/console/sign-in?{query}"})
    answer = show_sign_in(request, settings, told="over" if over else "needed", onward=onward, status=401)
    answer.headers.update(headers)
    return answer


def local_path(text: str) -> str:
    """An address of this service to go on to, else nothing: nobody is sent elsewhere after signing in."""
    parts = urlsplit(text)
    outside = parts.scheme or parts.netloc or not text.startswith("/") or text.startswith(("//", "/\\"))
    if outside or "\\" in text or not text.isprintable():
        return ""
    return text


def _onward(wanted: str, principal: Principal) -> str:
    return local_path(wanted) or ("/" if principal.role == "reader" else "/console/events")


def _back(request: Request, settings: Settings) -> str:
    return f"{public_base(request, settings)}/console/sign-in/back"


def _vouched_source(vouched: provider.Vouched, person: AccessPerson | None) -> sessions.Source | None:
    """A person we know comes in as such; others by the role that the provider names, or not at all."""
    if person is not None:
        return sessions.Source(person_id=person.id, vouched_for=vouched.subject)
    if vouched.role is None:
        return None
    return sessions.Source(vouched_role=vouched.role, vouched_for=vouched.email or vouched.subject)


def _sign_in(
    request: Request, session: SessionDep, settings: Settings, source: sessions.Source, onward: str
) -> Response:
    """Open a session, and end the one this browser had."""
    before = request.cookies.get(cookie_name(request))
    if before:
        sessions.end_session(session, token=before)
    token = sessions.open_session(session, source=source, lasting=lasting(settings))
    answer = RedirectResponse(onward, status_code=303)
    keep_session(request, answer, settings, token)
    return answer
