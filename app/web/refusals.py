"""What services refuse, in the language of the person at the browser.

Services say in English, to programs and persons alike, why something is refused. A page tells the refusals that people
commonly meet in sentences of its own, in its reader's language; every other one stays as it was said.
"""

import re
from functools import cache
from gettext import NullTranslations

from app.web.labels import mark

Telling = tuple[tuple[str, str], ...]
"""(what a service says, with {names} where something stands in it; what a page says), the first that fits first."""

DOOR: Telling = (
    (
        "this form was sent from another site",
        mark("refusal", "This form came from the page of another site. Open the page here, and send it again."),
    ),
    (
        "this is not open to you: an organiser may do this for its own events at most",
        mark("refusal", "This is open to organisers of the event at most, or to admins. Ask whoever gave you access."),
    ),
    (
        "this is not open to the role {role}",
        mark("refusal", "You are signed in, but not with the right to this. Ask whoever gave you access."),
    ),
    (
        "this belongs to event {number}, which is not yours to run",
        mark("refusal", "This belongs to an event that others run. Ask its organisers."),
    ),
    (
        "this belongs to no event, which is not yours to run",
        mark("refusal", "This belongs to no event: it is for admins."),
    ),
    (
        "contacts are open to admins and to organisers of an event that the actor comes to",
        mark("refusal", "Contacts are open to admins, and to organisers of an event that the organisation comes to."),
    ),
    (
        "this actor is anonymous: admins know it, and organisers of an event that it comes to",
        mark("refusal", "This organisation is anonymous: admins know it, and organisers of an event that it comes to."),
    ),
    (
        "too many requests with this link; try again in {seconds} s",
        mark("refusal", "This link was used very often in a short time. Try again in %(seconds)s s."),
    ),
    (
        "too many requests from this address; try again in {seconds} s",
        mark("refusal", "Very much was asked from your network in a short time. Try again in %(seconds)s s."),
    ),
    (
        "too many requests with this key or sign-in; try again in {seconds} s",
        mark("refusal", "Very much was asked with your sign-in in a short time. Try again in %(seconds)s s."),
    ),
    (
        "too many tries to sign in from this address; try again in {seconds} s",
        mark("refusal", "Somebody tried to sign in too often from your network. Try again in %(seconds)s s."),
    ),
    (
        "the request is larger than {size} MiB; send it in parts, or raise VIADUC_MAX_BODY_MB",
        mark(
            "refusal",
            "What you sent is larger than %(size)s MiB. Send it in smaller parts, or ask whoever runs this service to "
            "allow more.",
        ),
    ),
    (
        "the request is larger than {size} KiB, which this form never is",
        mark("refusal", "What you sent is larger than %(size)s KiB. Shorten what you wrote, and send it again."),
    ),
    (
        "what was sent did not arrive in time; nothing of it was stored, send it again",
        mark("refusal", "What you sent did not arrive in time, and nothing of it was stored. Send it again."),
    ),
)
"""Said before a page is asked."""

GONE: Telling = (
    ("there is no event {number}", mark("refusal", "There is no event %(number)s. It may have been removed.")),
    ("there is no actor {number}", mark("refusal", "There is no organisation %(number)s. It may have been removed.")),
    (
        "there is no competence map {number}",
        mark("refusal", "There is no competence map %(number)s. It may have been removed."),
    ),
    ("there is no import {number}", mark("refusal", "There is no import %(number)s. It may have been removed.")),
    ("there is no programme {number}", mark("refusal", "There is no programme %(number)s. It may have been removed.")),
    (
        "event {event} has no plan {number}",
        mark("refusal", "This event has no plan %(number)s. It may have been removed."),
    ),
    (
        "event {event} has no {what} {number}",
        mark("refusal", "This event has nothing under that number. It may have been removed."),
    ),
    (
        "actor {number} is not registered for event {event}",
        mark("refusal", "This organisation is not registered for the event."),
    ),
    (
        "that actor does not take part in this event",
        mark("refusal", "That organisation does not take part in this event."),
    ),
    (
        "this link does not open an agenda (any more): ask the organiser for a new one",
        mark("refusal", "This link opens no agenda, or none any more. Ask the organiser of your event for a new one."),
    ),
    ("these two do not meet at event {event}", mark("refusal", "These two do not meet at this event.")),
    ("actors {one} and {other} are no tandem", mark("refusal", "These two are no tandem.")),
    ("nothing is left to take back", mark("refusal", "Nothing is left to take back.")),
)
"""There is no such thing."""

PLANS: Telling = (
    (
        "rounds: the event has no rounds yet",
        mark("refusal", "The event has no rounds yet. Say first when the meetings begin, on the page of the set-up."),
    ),
    (
        "places: the event has no places yet",
        mark("refusal", "The event has no places yet. Say first where people meet, on the page of the set-up."),
    ),
    (
        "participants: a plan needs two participants or more; {count} registered so far",
        mark("refusal", "A plan needs two participants or more. Add them first."),
    ),
    (
        "participants: all {count} participants stand on side {side} and meetings go across sides only: register "
        "actors of another side, or switch cross_side_only off",
        mark(
            "refusal",
            "All participants stand on one side of the border. Add some of another, or allow meetings within one.",
        ),
    ),
    (
        "{count} {what} of the participants still wait for their meaning; try again in a few seconds",
        mark("refusal", "Texts of participants are still being understood. Try again in a few seconds."),
    ),
    (
        "plan {number} is being computed: stop it first, then remove it",
        mark("refusal", "Plan %(number)s is being computed. Stop it first, then remove it."),
    ),
    (
        "plan {number} was published: what participants were told stays readable",
        mark("refusal", "Plan %(number)s was published: what participants were told stays readable."),
    ),
    (
        "plan {heir}, which was published, was made from plan {number}: both stay",
        mark("refusal", "Plan %(heir)s, which was published, was made from plan %(number)s: both stay."),
    ),
    (
        "plan {number} was changed meanwhile (revision {now}, you saw {seen}): look at it again",
        mark("refusal", "Plan %(number)s was changed meanwhile. Look at it again."),
    ),
    (
        "plan {number} was changed meanwhile: look at it again",
        mark("refusal", "Plan %(number)s was changed meanwhile. Look at it again."),
    ),
    (
        "plan {number} is {state} and is not changed any more; edit it to make a draft",
        mark("refusal", "Plan %(number)s is no draft, and is not changed any more."),
    ),
    (
        "there is no edit to {way} in plan {number}",
        mark("refusal", "There is no change of plan %(number)s that could be taken back or done again."),
    ),
    (
        "plan {number} is not being computed; it is {state}",
        mark("refusal", "Plan %(number)s is not being computed any more."),
    ),
    (
        "plan {number} is {state}: only a finished plan can be published",
        mark("refusal", "Plan %(number)s cannot be published: only a finished draft can."),
    ),
    (
        "plan {number} is {state}: only a finished plan can be edited",
        mark("refusal", "Plan %(number)s cannot be changed: only a finished plan can."),
    ),
    (
        "plan {number} is {state}: there is nothing to print yet",
        mark("refusal", "Plan %(number)s is not finished: there is nothing to print yet."),
    ),
    (
        "this plan breaks a hard rule and cannot be published; its certificate says which",
        mark("refusal", "This plan breaks a hard rule and cannot be published. Its certificate says which."),
    ),
    (
        "rounds, places or interpreters changed while it was computed; compute it again",
        mark("refusal", "Rounds, places or interpreters changed while the plan was computed. Compute it again."),
    ),
    (
        "several plans are being computed and more wait for their turn; ask again when one of them is done",
        mark("refusal", "Several plans are being computed, and more wait. Ask again when one of them is done."),
    ),
    (
        "the computation did not come to an end in its time; ask for less at once",
        mark("refusal", "The computation did not come to an end in its time. Ask for less at once."),
    ),
)
"""Plans and their changes."""

EVENTS: Telling = (
    (
        "no plan is published: there is nothing to re-plan yet",
        mark("refusal", "No plan is published: there is nothing to plan anew yet."),
    ),
    (
        "plan {number} was made for plan {before}, but plan {now} is in force: compute it again",
        mark(
            "refusal", "Plan %(now)s is in force meanwhile, and plan %(number)s was made for another. Compute it again."
        ),
    ),
    (
        "round {number} has begun meanwhile, and it would change: {way}",
        mark("refusal", "Round %(number)s has begun meanwhile, and it would change. Plan the rest anew."),
    ),
    ("step {number} was taken back already", mark("refusal", "This was taken back already.")),
    (
        "something else was said since step {number} about the same: take that back first",
        mark("refusal", "Something else was said about the same since. Take that back first."),
    ),
    ("wishes are closed: speak to the organiser", mark("refusal", "Wishes are closed. Speak to the organiser.")),
    (
        "your details are closed: speak to the organiser",
        mark("refusal", "Your details are closed. Speak to the organiser."),
    ),
    (
        "the organiser has arranged this meeting already: speak to the organiser",
        mark("refusal", "The organiser has arranged this meeting already. Speak to the organiser."),
    ),
    (
        "the event has not begun: answers are taken from its first round on",
        mark("refusal", "The event has not begun: answers are taken from its first round on."),
    ),
    ("{name} is registered already; change it with PUT", mark("refusal", "%(name)s is registered already.")),
    (
        "{most} participants are registered, which is the most that a plan is made for",
        mark("refusal", "%(most)s participants are registered, which is the most that a plan is made for."),
    ),
    (
        "{most} {what}, which is the most: {way}",
        mark("refusal", "There are %(most)s of them, which is the most. Remove one that is needed no more."),
    ),
)
"""The day, agendas and registrations."""

IMPORTS: Telling = (
    (
        "import {number} is being worked on; wait for its end or stop it",
        mark("refusal", "This import is being worked on. Wait for its end, or stop it."),
    ),
    (
        "import {number} is {state}: only an applied import can be undone",
        mark("refusal", "Only an import that was applied can be taken back."),
    ),
    (
        "import {number} is {state}: only what was never applied can be set aside",
        mark("refusal", "Only an import that was never applied can be set aside."),
    ),
    (
        "import {number} is {state}: load the file again to preview it",
        mark("refusal", "This import cannot be looked at again as a preview. Load the file again."),
    ),
    (
        "import {number} has no preview yet: what it would do is not known",
        mark("refusal", "This import has no preview yet: what it would do is not known."),
    ),
    (
        "import {number} was undone: load the file again to preview and apply it",
        mark("refusal", "This import was taken back. Load the file again to apply it."),
    ),
)
"""Files that are loaded."""

SERVICE: Telling = (
    (
        "the language model is still loading; try again in a moment",
        mark("refusal", "The language model is still being loaded. Try again in a moment."),
    ),
    (
        "many papers are being printed; try again in a minute",
        mark("refusal", "Many papers are being printed. Try again in a minute."),
    ),
    (
        "printing took longer than {seconds} s; print fewer kinds or people at once",
        mark("refusal", "Printing took too long. Print fewer kinds at once."),
    ),
    (
        "there is not enough memory for this at the moment; nothing of it was stored. Ask for less at once, or send it "
        "in parts.",
        mark("refusal", "The service is short of memory, and nothing of this was stored. Ask for less at once."),
    ),
    (
        "the database went away in the last moment: whether this request was stored is not known. Look, or send it "
        "again with the same Idempotency-Key.",
        mark("refusal", "The database went away in the last moment: whether this was stored is not known. Look first."),
    ),
    (
        "the database only reads at the moment; nothing of this request was stored. Try again soon.",
        mark("refusal", "Nothing can be stored at the moment, and nothing of this was. Try again soon."),
    ),
    (
        "another request was changing the same at this moment; nothing was stored. Send it again.",
        mark("refusal", "Somebody was changing the same at this moment, and nothing was stored. Send it again."),
    ),
    (
        "the disk of the database is nearly full; nothing of this request was stored. Free space and send it again.",
        mark("refusal", "The disk is full, and nothing of this was stored. Tell whoever runs this service."),
    ),
    (
        "the disk of the database is full; nothing of this request was stored. Free space and send it again.",
        mark("refusal", "The disk is full, and nothing of this was stored. Tell whoever runs this service."),
    ),
    ("this exists already", mark("refusal", "This exists already.")),
)
"""The service itself."""

_LONGEST = 500
"""Characters of a refusal that is looked at: ours are shorter."""
REFUSALS = (*DOOR, *GONE, *PLANS, *EVENTS, *IMPORTS, *SERVICE)


def tell_refusal(detail: str, words: NullTranslations) -> str | None:
    """What a service refused with, in the language of `words`; None where no page has a sentence for it."""
    for pattern, sentence in _patterns() if len(detail) <= _LONGEST else ():
        found = pattern.fullmatch(detail)
        if found:
            return words.pgettext("refusal", sentence) % found.groupdict()
    return None


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    def group(part: str) -> str:
        return f"(?P<{part[1:-1]}>.*)" if part.startswith("{") else re.escape(part)

    whole = (("".join(map(group, re.split(r"(\{\w+\})", said))), told) for said, told in REFUSALS)
    return [(re.compile(pattern), told) for pattern, told in whole]
