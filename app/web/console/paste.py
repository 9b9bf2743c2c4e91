"""Many registrations at once: paste a list or choose a file, look at what it would do, then do it."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from fastapi import APIRouter, Depends, Request
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from app.deps import SessionDep, SightDep
from app.services.discretion.sight import Sight
from app.services.events import list_participants
from app.services.importing.encodings import find_decoder
from app.services.registration import MOST_CHARACTERS, Row, left_over, read_list, register_list, take_candidate
from app.web.catalogues import choose_language
from app.web.console.added import Added, added_query
from app.web.console.forms import Fields, FormDep
from app.web.console.frame import event_frame
from app.web.origin import same_origin
from app.web.render import page

router = APIRouter(prefix="/events/{event_id}/participants/list")


@router.get("")
def empty(request: Request, session: SessionDep, sight: SightDep, event_id: int) -> Response:
    """An empty list."""
    return _Pasting(request, session, sight, event_id, Fields()).shown([])


@router.post("", dependencies=[Depends(same_origin)])
def read(request: Request, session: SessionDep, sight: SightDep, event_id: int, form: FormDep) -> Response:
    """Preview the list, put somebody proposed in the place of a line's words, or register those that are new."""
    text = _text(form)
    form.values["list"] = [text]
    pasting = _Pasting(request, session, sight, event_id, form)
    if not text.strip():
        form.refuse("list", "required")
    elif len(text) > MOST_CHARACTERS:
        form.refuse("list", "long", high=MOST_CHARACTERS)
    if form.errors:
        return pasting.shown([], status=422)
    if form.has("do", "register"):
        return pasting.registered(text)
    rows = pasting.rows(text)
    taken = _taken(text, rows, form.shown("take"))
    return pasting.shown(rows) if taken == text else pasting.looked_at(taken)


@dataclass(frozen=True)
class _Pasting:
    """A list that is pasted into an event, and its page."""

    request: Request
    session: Session
    sight: Sight
    event_id: int
    form: Fields

    def rows(self, text: str) -> list[Row]:
        lang = choose_language(self.request)
        return read_list(self.session, event_id=self.event_id, text=text, lang=lang, sight=self.sight)

    def registered(self, text: str) -> Response:
        """Done: on to the participants; or back to the lines that still want something."""
        lang = choose_language(self.request)
        rows = register_list(self.session, event_id=self.event_id, text=text, lang=lang, sight=self.sight)
        new, before = (_actors(rows, state) for state in ("new", "registered"))
        before = [i for i in before if i not in new]
        if all(row.is_done for row in rows):
            here = f"/console/events/{self.event_id}/participants"
            return RedirectResponse(f"{here}?{added_query(new, before)}", status_code=303)
        people = {p.actor_id: p for p in list_participants(self.session, event_id=self.event_id)}
        added = Added([people[i] for i in new], [people[i] for i in before])
        return self.looked_at(left_over(text, rows), added)

    def looked_at(self, text: str, added: Added | None = None) -> Response:
        """The page with this list in it."""
        self.form.values["list"] = [text]
        return self.shown(self.rows(text), added)

    def shown(self, rows: list[Row], added: Added | None = None, status: int = 200) -> Response:
        told = Counter(row.state for row in rows)
        context = {"form": self.form, "rows": rows, "told": told, "added": added}
        frame = event_frame(self.session, self.event_id, "participants")
        return page(self.request, "console/list.html", frame | context, status=status)


def _taken(text: str, rows: Iterable[Row], words: str) -> str:
    """The list with somebody proposed in it, as `4:17` says: in line 4 actor 17."""
    asked = re.fullmatch(r"([0-9]{1,6}):([0-9]{1,18})", words)
    if asked is None:
        return text
    line, actor_id = int(asked[1]), int(asked[2])
    found = [(row, actor) for row in rows if row.line == line for actor in row.candidates if actor.id == actor_id]
    return take_candidate(text, *found[0]) if found else text


def _actors(rows: Iterable[Row], state: str) -> list[int]:
    return [*dict.fromkeys(row.actor.id for row in rows if row.state == state and row.actor)]


def _text(form: Fields) -> str:
    """What was pasted, else the file that was chosen."""
    data = form.files.get("file", b"")
    return form.shown("list") if form.shown("list").strip() or not data else find_decoder(data).text(data)
