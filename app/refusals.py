"""Refusals that people commonly meet, by code: what services say in English. Codes stay, English words may change.

A page says each in its reader's language (app/web/refusals.py), and a front end of somebody else can, too. Numbers are
`%(name)d`; `%(name)s` are words of ours, or the name of an organisation: never what a person wrote.
"""

DOOR = {
    "form_from_elsewhere": "this form was sent from another site",
    "organisers_of_it_at_most": "this is not open to you: an organiser may do this for its own events at most",
    "not_open_to_role": "this is not open to the role %(role)s",
    "event_of_others": "this belongs to event %(number)d, which is not yours to run",
    "of_no_event": "this belongs to no event, which is not yours to run",
    "contacts_closed": "contacts are open to admins and to organisers of an event that the actor comes to",
    "actor_anonymous": "this actor is anonymous: admins know it, and organisers of an event that it comes to",
    "link_used_too_often": "too many requests with this link; try again in %(seconds)d s",
    "address_asks_too_often": "too many requests from this address; try again in %(seconds)d s",
    "caller_asks_too_often": "too many requests with this key or sign-in; try again in %(seconds)d s",
    "sign_in_too_often": "too many tries to sign in from this address; try again in %(seconds)d s",
    "wrong_keys_too_often": "too many keys that are not valid; try again in %(seconds)d s",
    "body_too_large": "the request is larger than %(size)d MiB; send it in parts, or raise VIADUC_MAX_BODY_MB",
    "form_too_large": "the request is larger than %(size)d KiB, which this form never is",
    "body_too_slow": "what was sent did not arrive in time; nothing of it was stored, send it again",
}
"""Said before a route is asked."""

GONE = {
    "no_event": "there is no event %(number)d",
    "no_actor": "there is no actor %(number)d",
    "no_map": "there is no competence map %(number)d",
    "no_import": "there is no import %(number)d",
    "no_programme": "there is no programme %(number)d",
    "no_plan": "event %(event)d has no plan %(number)d",
    "nothing_of_number": "event %(event)d has no %(what)s %(number)d",
    "not_registered": "actor %(number)d is not registered for event %(event)d",
    "not_taking_part": "that actor does not take part in this event",
    "link_closed": "this link does not open an agenda (any more): ask the organiser for a new one",
    "not_meeting": "these two do not meet at event %(event)d",
    "no_tandem": "actors %(one)d and %(other)d are no tandem",
    "nothing_to_take_back": "nothing is left to take back",
}
"""There is no such thing."""

PLANS = {
    "no_rounds": "the event has no rounds yet",
    "no_places": "the event has no places yet",
    "too_few_participants": "a plan needs two participants or more; %(count)d registered so far",
    "one_side_only": "all %(count)d participants stand on side %(side)r and meetings go across sides only: register "
    "actors of another side, or switch cross_side_only off",
    "meaning_awaited": "%(count)d %(what)s of the participants still wait for their meaning; try again in a few "
    "seconds",
    "plan_computing": "plan %(number)d is being computed: stop it first, then remove it",
    "plan_was_published": "plan %(number)d was published: what participants were told stays readable",
    "plan_has_heir": "plan %(heir)d, which was published, was made from plan %(number)d: both stay",
    "plan_revised": "plan %(number)d was changed meanwhile (revision %(now)d, you saw %(seen)d): look at it again",
    "plan_changed": "plan %(number)d was changed meanwhile: look at it again",
    "plan_no_draft": "plan %(number)d is %(state)s and is not changed any more; edit it to make a draft",
    "no_edit_to_undo": "there is no edit to undo in plan %(number)d",
    "no_edit_to_redo": "there is no edit to do again in plan %(number)d",
    "plan_not_computing": "plan %(number)d is not being computed; it is %(state)s",
    "plan_not_publishable": "plan %(number)d is %(state)s: only a finished plan can be published",
    "plan_not_editable": "plan %(number)d is %(state)s: only a finished plan can be edited",
    "plan_not_printable": "plan %(number)d is %(state)s: there is nothing to print yet",
    "plan_infeasible": "this plan breaks a hard rule and cannot be published; its certificate says which",
    "set_up_changed": "rounds, places or interpreters changed while it was computed; compute it again",
    "plans_queue": "several plans are being computed and more wait for their turn; ask again when one of them is done",
    "computation_too_long": "the computation did not come to an end in its time; ask for less at once",
}
"""Plans and their changes."""

EVENTS = {
    "nothing_published": "no plan is published: there is nothing to re-plan yet",
    "another_in_force": "plan %(number)d was made for plan %(before)d, but plan %(now)d is in force: compute it again",
    "round_begun": "round %(number)d has begun meanwhile, and it would change: compute it again",
    "round_begun_no_return": "round %(number)d has begun meanwhile, and it would change: re-plan instead of going back",
    "step_taken_back": "step %(number)d was taken back already",
    "step_overtaken": "something else was said since step %(number)d about the same: take that back first",
    "wishes_closed": "wishes are closed: speak to the organiser",
    "details_closed": "your details are closed: speak to the organiser",
    "meeting_arranged": "the organiser has arranged this meeting already: speak to the organiser",
    "event_not_begun": "the event has not begun: answers are taken from its first round on",
    "registered_already": "%(name)s is registered already; change it with PUT",
    "event_full": "%(most)d participants are registered, which is the most that a plan is made for",
    "bound_reached": "%(most)d %(what)s, which is the most: %(way)s",
}
"""The day, agendas and registrations."""

IMPORTS = {
    "import_under_way": "import %(number)d is being worked on; wait for its end or stop it",
    "import_not_applied": "import %(number)d is %(state)s: only an applied import can be undone",
    "import_was_applied": "import %(number)d is %(state)s: only what was never applied can be set aside",
    "import_settled": "import %(number)d is %(state)s: load the file again to preview it",
    "import_not_previewed": "import %(number)d has no preview yet: what it would do is not known",
    "import_undone": "import %(number)d was undone: load the file again to preview and apply it",
}
"""Files that are loaded."""

SERVICE = {
    "model_loading": "the language model is still loading; try again in a moment",
    "press_crowded": "many papers are being printed; try again in a minute",
    "press_too_slow": "printing took longer than %(seconds)d s; print fewer kinds or people at once",
    "memory_short": "there is not enough memory for this at the moment; nothing of it was stored. Ask for less at "
    "once, or send it in parts.",
    "stored_or_not": "the database went away in the last moment: whether this request was stored is not known. Look, "
    "or send it again with the same Idempotency-Key.",
    "database_only_reads": "the database only reads at the moment; nothing of this request was stored. Try again soon.",
    "changed_at_once": "another request was changing the same at this moment; nothing was stored. Send it again.",
    "disk_nearly_full": "the disk of the database is nearly full; nothing of this request was stored. Free space and "
    "send it again.",
    "disk_full": "the disk of the database is full; nothing of this request was stored. Free space and send it again.",
    "exists_already": "this exists already",
}
"""The service itself."""

SENTENCES = DOOR | GONE | PLANS | EVENTS | IMPORTS | SERVICE
