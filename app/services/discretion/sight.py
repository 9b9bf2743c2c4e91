"""What one asker sees of actors: the only place where a row becomes what may be told of it.

Whoever does not say who asks gets what everybody may see.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Any, Protocol

from sqlalchemy import ARRAY, BigInteger, ColumnElement, and_, case, cast, false, func, or_, true
from sqlmodel import Session, col, select

from app.errors import Forbidden, NotFound
from app.security import ANYBODY, Principal
from app.services.discretion.fields import EVENT, MUTUAL, ORGANISER, PUBLIC, is_shown, is_veiled
from app.services.discretion.openings import introduced_to, yes_on_both_sides
from app.services.discretion.pseudonyms import (
    DIRECTORY,
    is_pseudonym,
    name_in,
    number_column,
    number_in,
    place_of_event,
)
from app.services.discretion.wording import identity_of, people_of, without_identity
from models.actor import Actor, ActorBrief, ActorFields, ActorPublic, EmbeddingState
from models.event import Participant
from models.visibility import Disclosure


class Told(Protocol):
    """What is needed of an actor to say who it is, or who it is not: its row, or that of the pool."""

    id: Any
    name: Any
    kind: Any
    country: Any
    region: Any
    city: Any
    sectors: Any
    anonymous: Any
    visibility: Any
    veil: Any
    known_to: Any


Known = Mapping[int, Told]
"""Actors at hand, by their own numbers."""
NOBODY: Known = MappingProxyType({})


class Sight:
    """What an asker may see. Asks the database only once it meets an actor that hides something."""

    def __init__(self, session: Session | None = None, principal: Principal = ANYBODY) -> None:
        self._session, self._principal = session, principal
        self._contacts: dict[int, Sequence[str]] = {}

    # How much.

    def rank(self, actor: Told) -> int:
        """Where the asker stands to an actor: sees what goes that far or further (fields.py)."""
        asker = self._principal
        if asker.role == "admin" or not is_veiled(actor):
            return ORGANISER
        if asker.role == "organiser":
            knows = not asker.events.isdisjoint(actor.known_to) or actor.id in self._at_my_events
            return ORGANISER if knows else PUBLIC
        if asker.role != "participant":
            return PUBLIC
        if actor.id == asker.actor_id:
            return ORGANISER
        return MUTUAL if actor.id in self._opened else EVENT if actor.id in self._at_my_events else PUBLIC

    def shows(self, actor: Told, field: str) -> bool:
        """Whether the asker sees a field."""
        return not is_veiled(actor) or is_shown(actor, field, self.rank(actor))

    def knows(self, actor: Told) -> bool:
        """Whether the asker may know who it is."""
        return not actor.anonymous or self.shows(actor, "name")

    def disclosure(self, actor: Told) -> Disclosure:
        """The same for who reads the answer."""
        return "open" if not actor.anonymous else "confidential" if self.knows(actor) else "withheld"

    @property
    def knows_all(self) -> bool:
        """Whether nobody is anonymous to the asker."""
        return self._principal.role == "admin"

    # Who.

    @property
    def place(self) -> str:
        """Where the asker's pseudonyms hold: the event of a participant, the directory for everybody else."""
        events = self._principal.events if self._principal.role == "participant" else ()
        return place_of_event(min(events)) if events else DIRECTORY

    def number(self, actor: Told) -> int:
        """Its number, or the one that stands for it."""
        return int(actor.id) if self.knows(actor) else number_in(self.place, actor.veil)

    def name(self, actor: Told) -> str:
        """Its name, or the one that stands for it."""
        return str(actor.name) if self.knows(actor) else name_in(self.place, actor.veil)

    def names(self, actor: Actor) -> list[str]:
        """Every name by which the asker may find it."""
        if not self.knows(actor):
            return []
        return [actor.name, *(actor.aliases if self.shows(actor, "aliases") else ())]

    def actor(self, number: int) -> Actor:
        """The actor that a number means to the asker; NotFound also where it is one that must not be known."""
        session = self._asked()
        if is_pseudonym(number):
            row = session.exec(select(Actor).where(self._stood_for, number_column(self.place) == number)).first()
        else:
            row = session.get(Actor, number) if 0 < number < 2**63 else None
            row = row if row is not None and self.knows(row) else None
        if row is None:
            raise NotFound.by_code("no_actor", number=number)
        return row

    def known_actor(self, number: int) -> Actor:
        """The same where it is to be worked with: Forbidden when the asker may not know who it is."""
        row = self.actor(number)
        if not self.knows(row):
            raise Forbidden.by_code("actor_anonymous")
        return row

    def own_number(self, number: int, known: Known = NOBODY) -> int:
        """The number of the actor itself that a number means to the asker; NotFound where it must not be known."""
        if is_pseudonym(number):
            return self.actor(number).id
        if self.hiding("name", [number], known):
            raise NotFound.by_code("no_actor", number=number)
        return number

    def own_numbers(self, numbers: Collection[int], known: Known = NOBODY) -> list[int]:
        """The same of many; what means nothing to the asker is left out."""
        plain = {number for number in numbers if not is_pseudonym(number)}
        stand_ins = [number for number in numbers if number not in plain]
        found: Iterable[int] = ()
        if stand_ins:
            mine = select(Actor.id).where(self._stood_for, number_column(self.place).in_(stand_ins))
            found = self._asked().exec(mine)
        return [*sorted(plain - self.hiding("name", plain, known)), *found]

    def must_know(self, *numbers: int) -> None:
        """NotFound where one of these actors, by their own numbers, must not be known to the asker."""
        for number in self.hiding("name", numbers):
            raise NotFound.by_code("no_actor", number=number)

    def must_relate(self, *numbers: int) -> None:
        """NotFound as before; Forbidden where one of these actors keeps its relations from the asker."""
        self.must_know(*numbers)
        for number in self.hiding("relations", numbers):
            raise Forbidden(f"the relations of actor {number} are told to organisers of its events alone")

    def hiding(self, field: str, numbers: Collection[int], known: Known = NOBODY) -> set[int]:
        """Which actors, by their own numbers, hide a field from the asker; those at hand are not read again."""
        at_hand = [known[number] for number in numbers if number in known]
        others = [number for number in numbers if number not in known]
        return {int(row.id) for row in (*at_hand, *self._hiding(others)) if not self.shows(row, field)}

    def pseudonyms(self, numbers: Collection[int]) -> dict[int, str]:
        """Of actors, by their own numbers: the names of those whom the asker must not know."""
        return {row.id: self.name(row) for row in self._hiding(numbers) if not self.knows(row)}

    def _hiding(self, numbers: Collection[int]) -> Sequence[Actor]:
        if not numbers or self._principal.role == "admin":
            return ()
        asked = [number for number in numbers if 0 < number < 2**63]
        return self._asked().exec(select(Actor).where(_HIDES, col(Actor.id).in_(asked))).all()

    @property
    def _stood_for(self) -> Any:
        """Of rows: those that pseudonyms mean. What a participant read at an event holds when an actor opens itself."""
        return col(Actor.anonymous) if self.place == DIRECTORY else col(Actor.veil).is_not(None)

    # What.

    def brief(self, actor: Told) -> ActorBrief:
        """An actor in a list or a suggestion."""
        told = {name: getattr(actor, name) for name in ("kind", "country", "sectors")}
        told |= {name: getattr(actor, name) if self.shows(actor, name) else None for name in ("region", "city")}
        return ActorBrief(id=self.number(actor), name=self.name(actor), disclosure=self.disclosure(actor), **told)

    def profile(self, actor: Actor, embedding: EmbeddingState) -> ActorPublic:
        """The whole profile, as far as the asker sees it."""
        told = {name: getattr(actor, name) for name in _PLAIN} | dict(self.texts(actor)) | {"embedding": embedding}
        if is_veiled(actor):
            rank = self.rank(actor)
            hidden = [name for name in _PLAIN if not is_shown(actor, name, rank)]
            told |= {name: type(told[name])() if isinstance(told[name], list | dict) else None for name in hidden}
        told |= {"id": self.number(actor), "name": self.name(actor), "disclosure": self.disclosure(actor)}
        return ActorPublic.model_validate(told)

    def texts(self, actor: Actor) -> Mapping[str, Sequence[Mapping[str, str]]]:
        """Its texts, without what gives it away where that is withheld, and without those that do not go so far."""
        if not is_veiled(actor):
            return actor.texts
        shown = {facet: items if self.shows(actor, facet) else [] for facet, items in actor.texts.items()}
        if self.knows(actor):
            return shown
        return without_identity(shown, identity_of(actor, self._people(actor.id)))

    # Searching.

    def may_know(self) -> ColumnElement[bool]:
        """Of rows: those whose identity the asker may know."""
        return or_(~col(Actor.anonymous), self._knows_hidden())

    def may_relate(self, actor: Any = Actor) -> ColumnElement[bool]:
        """Of rows: those whose relations an organiser may know. `actor`: the table, or an alias of it."""
        told = func.coalesce(col(actor.visibility).op("->>")("relations"), "public") == "public"
        return or_(and_(~col(actor.anonymous), told), self._knows_hidden(actor))

    def words(self) -> ColumnElement[str]:
        """Of rows: the folded words by which the asker may find them."""
        whole = func.coalesce(Actor.hidden_text, Actor.search_text)
        return case((self._knows_hidden(), whole), else_=col(Actor.search_text))

    def order(self) -> ColumnElement[int]:
        """Of rows: an order for those that are otherwise alike; own numbers would tell who stands beside whom."""
        return case((self.may_know(), col(Actor.id)), else_=number_column(self.place))

    def has_words(self, question: ColumnElement[Any]) -> ColumnElement[bool]:
        """Of rows: those that answer a tsquery; both conditions have an index."""
        open_words = func.to_tsvector("simple", Actor.search_text).op("@@")(question)
        if self._principal.role not in {"admin", "organiser"}:
            return open_words
        hidden = func.to_tsvector("simple", Actor.hidden_text).op("@@")(question)
        return or_(open_words, and_(col(Actor.hidden_text).is_not(None), hidden, self._knows_hidden()))

    def _knows_hidden(self, actor: Any = Actor) -> ColumnElement[bool]:
        asker = self._principal
        if asker.role == "admin":
            return true()
        if asker.role == "organiser" and asker.events:
            theirs = select(Participant.actor_id).where(col(Participant.event_id).in_(asker.events))
            known_to = cast([*asker.events], ARRAY(BigInteger))
            return or_(col(actor.known_to).op("&&")(known_to), col(actor.id).in_(theirs))
        return false()

    # What the database says of the asker, once.

    @cached_property
    def _at_my_events(self) -> frozenset[int]:
        """Actors that hide something and come to an event that the asker runs, or takes part in."""
        query = select(Participant.actor_id).join(Actor, col(Actor.id) == Participant.actor_id)
        return frozenset(self._asked().exec(query.where(_HIDES, col(Participant.event_id).in_(self._principal.events))))

    def _people(self, actor_id: int) -> Sequence[str]:
        """The names of an actor's contacts; with the first asked for, of everybody else at a participant's event."""
        if actor_id not in self._contacts:
            beside = self._at_my_events if self._principal.role == "participant" else ()
            found = people_of(self._asked(), [*{actor_id, *beside}])
            self._contacts |= {number: found.get(number, []) for number in (actor_id, *beside)}
        return self._contacts[actor_id]

    @cached_property
    def _opened(self) -> frozenset[int]:
        """With whom it knows each other."""
        session, me = self._asked(), self._principal.actor_id
        if me is None:
            return frozenset()
        return frozenset(yes_on_both_sides(session, actor_id=me) | introduced_to(session, actor_id=me))

    def _asked(self) -> Session:
        assert self._session is not None, "who asks is said together with where to ask"
        return self._session


_HIDES = or_(col(Actor.anonymous), col(Actor.visibility) != {})
"""Of rows: is_veiled (fields.py), or nearly: a choice may be the usual."""
_PLAIN = (*ActorFields.model_fields, "country", "created_at", "updated_at")
EVERYBODY = Sight()
"""What everybody sees."""
