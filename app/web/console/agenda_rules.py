"""What participants may do in their agendas: until when, how contacts open, what they read where they say something."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from sqlmodel import Session

from app.services.editions import Subject, edition_of
from app.web.catalogues import LANGUAGES
from app.web.console.forms import EDITION, Fields
from models.actor import LocalText
from models.agenda import AgendaRulesFields

LONGEST = 4000
"""Characters of what participants read; it stands on a phone."""
_SWITCHES = ("wishes", "details", "contacts")


def rules_values(rules: AgendaRulesFields, zone: str) -> dict[str, object]:
    """The rules as the fields of their form, times as the clock of the event shows them."""
    until = rules.until.astimezone(ZoneInfo(zone)) if rules.until else None
    values: dict[str, object] = {name: getattr(rules, name) for name in _SWITCHES}
    values |= {
        "until_day": until.date().isoformat() if until else "",
        "until_time": until.strftime("%H:%M") if until else "",
    }
    for row, text in enumerate(rules.consent):
        values |= {f"consent_lang-{row}": text.lang, f"consent-{row}": text.text}
    return values


def rules_form(session: Session, event_id: int, rules: AgendaRulesFields, zone: str) -> Fields:
    """The form as it is shown first, with the edition it was filled from."""
    seen = edition_of(session, Subject("agenda", event_id)).n
    return Fields.of(rules_values(rules, zone) | {EDITION: seen})


def read_fields(form: Fields, zone: str) -> AgendaRulesFields | None:
    """The rules from their form; None when something does not fit. A day without a time counts to its end."""
    day, at = form.day("until_day"), form.clock("until_time")
    if at is not None and day is None and "until_day" not in form.errors:
        form.refuse("until_day", "required")
    texts: dict[str, str] = {}
    for row in form.sent("consent"):
        text = form.text(f"consent-{row}", longest=LONGEST)
        tag = form.choice(f"consent_lang-{row}", LANGUAGES)
        if text and tag in texts:
            form.refuse(f"consent_lang-{row}", "doubled", word=LANGUAGES[tag])
        elif text and tag is None:
            form.refuse(f"consent_lang-{row}", "required")
        elif text and tag:
            texts[tag] = text
    if form.errors:
        return None
    return AgendaRulesFields(
        **{name: form.has(name) for name in _SWITCHES},
        until=datetime.combine(day, at or time(23, 59), ZoneInfo(zone)) if day else None,
        consent=[LocalText(lang=tag, text=text) for tag, text in texts.items()],
    )
