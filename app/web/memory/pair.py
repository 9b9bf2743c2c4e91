"""Two actors named in a form: by name, and where several are called so, by choosing one of them."""

from dataclasses import dataclass, field

from sqlmodel import Session

from app.errors import Forbidden, NotFound
from app.services.discretion.sight import Sight
from app.services.search import Words, actors_by_name
from app.services.texts import fold
from app.web.console.forms import Fields
from models.actor import ActorBrief

OFFERED = 8


@dataclass(frozen=True)
class End:
    """Who was named at one end: one actor, or those it might be."""

    chosen: int | None = None
    offered: list[ActorBrief] = field(default_factory=list)


def read_pair(session: Session, form: Fields, sight: Sight) -> dict[str, End]:
    """Both ends of a pair (`a`, `b`); what is not certain is noted beside its field."""
    ends = {name: _end(session, form, name, sight) for name in ("a", "b")}
    if ends["a"].chosen is not None and ends["a"].chosen == ends["b"].chosen:
        form.refuse("b", "itself")
    return ends


def _end(session: Session, form: Fields, name: str, sight: Sight) -> End:
    words = form.text(name, required=True)
    if not words or name in form.errors:
        return End()
    picked = form.shown(f"{name}_id")
    # A choice counts for the words under which it was offered; other words ask anew.
    if picked.isascii() and picked.isdigit() and len(picked) < 19 and form.shown(f"{name}_was") == words:
        try:
            actor = sight.known_actor(int(picked))
            return End(actor.id, [sight.brief(actor)])
        except (NotFound, Forbidden):
            pass
    found = [hit.actor for hit in actors_by_name(session, words=Words.of(words), limit=OFFERED, sight=sight)]
    called_so = [actor for actor in found if fold(actor.name) == fold(words)]
    if len(called_so) == 1 or len(found) == 1:
        return End((called_so or found)[0].id, found)
    form.values[f"{name}_id"] = []
    form.refuse(name, "choice") if found else form.refuse(name, "unknown", word=words)
    return End(None, found)
