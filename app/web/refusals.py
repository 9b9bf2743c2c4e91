"""What services refuse, in the language of the person at the browser.

Services say in English, to programs and persons alike, why something is refused. A page tells the refusals that people
commonly meet (app/refusals.py) in sentences of its own, in its reader's language; every other one stays as it was said.
"""

from gettext import NullTranslations

from app.services.importing.remarks import remark_of
from app.web.labels import mark

DOOR = {
    "form_from_elsewhere": mark(
        "refusal", "This form came from the page of another site. Open the page here, and send it again."
    ),
    "organisers_of_it_at_most": mark(
        "refusal", "This is open to organisers of the event at most, or to admins. Ask whoever gave you access."
    ),
    "not_open_to_role": mark(
        "refusal", "You are signed in, but not with the right to this. Ask whoever gave you access."
    ),
    "event_of_others": mark("refusal", "This belongs to an event that others run. Ask its organisers."),
    "of_no_event": mark("refusal", "This belongs to no event: it is for admins."),
    "contacts_closed": mark(
        "refusal", "Contacts are open to admins, and to organisers of an event that the organisation comes to."
    ),
    "actor_anonymous": mark(
        "refusal", "This organisation is anonymous: admins know it, and organisers of an event that it comes to."
    ),
    "link_used_too_often": mark(
        "refusal", "This link was used very often in a short time. Try again in %(seconds)s s."
    ),
    "address_asks_too_often": mark(
        "refusal", "Very much was asked from your network in a short time. Try again in %(seconds)s s."
    ),
    "caller_asks_too_often": mark(
        "refusal", "Very much was asked with your sign-in in a short time. Try again in %(seconds)s s."
    ),
    "sign_in_too_often": mark(
        "refusal", "Somebody tried to sign in too often from your network. Try again in %(seconds)s s."
    ),
    "wrong_keys_too_often": mark(
        "refusal", "Somebody tried to sign in too often from your network. Try again in %(seconds)s s."
    ),
    "body_too_large": mark(
        "refusal",
        "What you sent is larger than %(size)s MiB. Send it in smaller parts, or ask whoever runs this service to "
        "allow more.",
    ),
    "form_too_large": mark(
        "refusal", "What you sent is larger than %(size)s KiB. Shorten what you wrote, and send it again."
    ),
    "body_too_slow": mark(
        "refusal", "What you sent did not arrive in time, and nothing of it was stored. Send it again."
    ),
}
"""Said before a page is asked."""

GONE = {
    "no_event": mark("refusal", "There is no event %(number)s. It may have been removed."),
    "no_actor": mark("refusal", "There is no organisation %(number)s. It may have been removed."),
    "no_map": mark("refusal", "There is no competence map %(number)s. It may have been removed."),
    "no_import": mark("refusal", "There is no import %(number)s. It may have been removed."),
    "no_programme": mark("refusal", "There is no programme %(number)s. It may have been removed."),
    "no_plan": mark("refusal", "This event has no plan %(number)s. It may have been removed."),
    "nothing_of_number": mark("refusal", "This event has nothing under that number. It may have been removed."),
    "not_registered": mark("refusal", "This organisation is not registered for the event."),
    "not_taking_part": mark("refusal", "That organisation does not take part in this event."),
    "link_closed": mark(
        "refusal", "This link opens no agenda, or none any more. Ask the organiser of your event for a new one."
    ),
    "not_meeting": mark("refusal", "These two do not meet at this event."),
    "no_tandem": mark("refusal", "These two are no tandem."),
    "nothing_to_take_back": mark("refusal", "Nothing is left to take back."),
}
"""There is no such thing."""

PLANS = {
    "no_rounds": mark(
        "refusal", "The event has no rounds yet. Say first when the meetings begin, on the page of the set-up."
    ),
    "no_places": mark(
        "refusal", "The event has no places yet. Say first where people meet, on the page of the set-up."
    ),
    "too_few_participants": mark("refusal", "A plan needs two participants or more. Add them first."),
    "one_side_only": mark(
        "refusal",
        "All participants stand on one side of the border. Add some of another, or allow meetings within one.",
    ),
    "meaning_awaited": mark("refusal", "Texts of participants are still being understood. Try again in a few seconds."),
    "plan_computing": mark("refusal", "Plan %(number)s is being computed. Stop it first, then remove it."),
    "plan_was_published": mark("refusal", "Plan %(number)s was published: what participants were told stays readable."),
    "plan_has_heir": mark("refusal", "Plan %(heir)s, which was published, was made from plan %(number)s: both stay."),
    "plan_revised": mark("refusal", "Plan %(number)s was changed meanwhile. Look at it again."),
    "plan_changed": mark("refusal", "Plan %(number)s was changed meanwhile. Look at it again."),
    "plan_no_draft": mark("refusal", "Plan %(number)s is no draft, and is not changed any more."),
    "no_edit_to_undo": mark("refusal", "There is no change of plan %(number)s that could be taken back or done again."),
    "no_edit_to_redo": mark("refusal", "There is no change of plan %(number)s that could be taken back or done again."),
    "plan_not_computing": mark("refusal", "Plan %(number)s is not being computed any more."),
    "plan_not_publishable": mark("refusal", "Plan %(number)s cannot be published: only a finished draft can."),
    "plan_not_editable": mark("refusal", "Plan %(number)s cannot be changed: only a finished plan can."),
    "plan_not_printable": mark("refusal", "Plan %(number)s is not finished: there is nothing to print yet."),
    "plan_infeasible": mark(
        "refusal", "This plan breaks a hard rule and cannot be published. Its certificate says which."
    ),
    "set_up_changed": mark(
        "refusal", "Rounds, places or interpreters changed while the plan was computed. Compute it again."
    ),
    "plans_queue": mark(
        "refusal", "Several plans are being computed, and more wait. Ask again when one of them is done."
    ),
    "computation_too_long": mark(
        "refusal", "The computation did not come to an end in its time. Ask for less at once."
    ),
}
"""Plans and their changes."""

EVENTS = {
    "nothing_published": mark("refusal", "No plan is published: there is nothing to plan anew yet."),
    "another_in_force": mark(
        "refusal", "Plan %(now)s is in force meanwhile, and plan %(number)s was made for another. Compute it again."
    ),
    "round_begun": mark("refusal", "Round %(number)s has begun meanwhile, and it would change. Plan the rest anew."),
    "round_begun_no_return": mark(
        "refusal", "Round %(number)s has begun meanwhile, and it would change. Plan the rest anew."
    ),
    "step_taken_back": mark("refusal", "This was taken back already."),
    "step_overtaken": mark("refusal", "Something else was said about the same since. Take that back first."),
    "wishes_closed": mark("refusal", "Wishes are closed. Speak to the organiser."),
    "details_closed": mark("refusal", "Your details are closed. Speak to the organiser."),
    "meeting_arranged": mark("refusal", "The organiser has arranged this meeting already. Speak to the organiser."),
    "event_not_begun": mark("refusal", "The event has not begun: answers are taken from its first round on."),
    "registered_already": mark("refusal", "%(name)s is registered already."),
    "event_full": mark("refusal", "%(most)s participants are registered, which is the most that a plan is made for."),
    "bound_reached": mark(
        "refusal", "There are %(most)s of them, which is the most. Remove one that is needed no more."
    ),
}
"""The day, agendas and registrations."""

IMPORTS = {
    "import_under_way": mark("refusal", "This import is being worked on. Wait for its end, or stop it."),
    "import_not_applied": mark("refusal", "Only an import that was applied can be taken back."),
    "import_was_applied": mark("refusal", "Only an import that was never applied can be set aside."),
    "import_settled": mark("refusal", "This import cannot be looked at again as a preview. Load the file again."),
    "import_not_previewed": mark("refusal", "This import has no preview yet: what it would do is not known."),
    "import_undone": mark("refusal", "This import was taken back. Load the file again to apply it."),
}
"""Files that are loaded."""

SERVICE = {
    "model_loading": mark("refusal", "The language model is still being loaded. Try again in a moment."),
    "press_crowded": mark("refusal", "Many papers are being printed. Try again in a minute."),
    "press_too_slow": mark("refusal", "Printing took too long. Print fewer kinds at once."),
    "memory_short": mark(
        "refusal", "The service is short of memory, and nothing of this was stored. Ask for less at once."
    ),
    "stored_or_not": mark(
        "refusal", "The database went away in the last moment: whether this was stored is not known. Look first."
    ),
    "database_only_reads": mark(
        "refusal", "Nothing can be stored at the moment, and nothing of this was. Try again soon."
    ),
    "changed_at_once": mark(
        "refusal", "Somebody was changing the same at this moment, and nothing was stored. Send it again."
    ),
    "disk_nearly_full": mark(
        "refusal", "The disk is full, and nothing of this was stored. Tell whoever runs this service."
    ),
    "disk_full": mark("refusal", "The disk is full, and nothing of this was stored. Tell whoever runs this service."),
    "exists_already": mark("refusal", "This exists already."),
}
"""The service itself."""

TOLD = DOOR | GONE | PLANS | EVENTS | IMPORTS | SERVICE


def tell_refusal(error: Exception, words: NullTranslations) -> str | None:
    """What a service refused with, in the language of `words`; None where no page has a sentence for it."""
    said = remark_of(error)
    sentence = TOLD.get(said.code) if said else None
    return words.pgettext("refusal", sentence) % said.values if said and sentence else None
