"""A plan edited by hand: judged before it is written, undone exactly, refused when somebody else was faster."""

from collections import Counter
from typing import Any

from sqlalchemy import cast, insert, literal, update
from sqlalchemy import select as sa_select
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Session, col

from app.errors import BadInput, Conflict, FieldError
from app.services.bounds import BOUNDS
from app.services.edit_log import Open, lock_form, new_entry, proof_of, read_diff, relocked, standing_edits
from app.services.events import get_event, locks_in_order
from app.services.plan_room import make_room, next_number
from app.services.plans import get_plan, lock_event, meeting_rows, stored_plan
from app.services.posed import Posed, keep_posed, posed_problem
from app.services.replans import diff_public
from app.services.solving import told_certificate
from matching.pairing.edit import Edit, Edited, apply_edit, certify, seated
from matching.pairing.model import Model
from matching.pairing.plan import describe
from matching.pairing.problem import Meeting, Problem, ProblemError, Result, Violation
from matching.pairing.replan import Diff, compare
from models.base import utc_now
from models.edit import EditAnswer, EditEffect, PlanEdit, RuleBroken, Served
from models.plan import Meeting as MeetingRow
from models.plan import Plan


class Refused(BadInput):
    """A hard rule would break."""


def edit_plan(session: Session, *, event_id: int, number: int, edit: PlanEdit) -> EditAnswer:
    """Make one edit, or say what it would do.

    A draft is changed in place; of any other plan a new draft is made. Nothing is written when a hard rule would break
    (the answer says which), and nothing when the plan has changed since the editor saw it (Conflict).
    """
    if not edit.dry_run:
        lock_event(session, event_id=event_id)
    opened = _open(session, event_id, number, edit.revision)
    try:
        found = apply_edit(opened.problem, opened.schedule, _asked(edit))
    except ProblemError as error:
        raise BadInput.of(error.path or "op", error.cause) from error
    answer = EditAnswer(
        allowed=not found.violations,
        made=False,
        a=edit.a,
        b=edit.b,
        number=number,
        revision=opened.row.revision,
        new_draft=opened.row.state != "draft",
        violations=[_told(v) for v in found.violations],
    )
    if found.violations:
        return answer
    diff = compare(opened.schedule, found.plan)
    entry = new_entry(session, opened, edit, found, diff)
    answer.effect = _effect(opened, found, diff, entry)
    if edit.dry_run:
        return answer
    entry["effect"] = answer.effect.model_dump(exclude={"diff", "certificate"})
    row = _made(session, opened, found.problem, entry)
    row.certificate = answer.effect.certificate
    session.flush()
    return answer.model_copy(update={"made": True, "number": row.number, "revision": row.revision})


def _asked(edit: PlanEdit) -> Edit:
    other = None if edit.other is None else (str(edit.other[0]), str(edit.other[1]))
    return Edit(edit.op, str(edit.a), str(edit.b), edit.round, edit.place, other)


def _made(session: Session, opened: Open, problem: Problem, entry: dict[str, Any]) -> Plan:
    """Write an edit down: into the draft, or into a new draft of a plan that itself must not change."""
    row = opened.row
    draft = row if row.state == "draft" else _copied(session, opened)
    draft.edits = [*standing_edits(draft), entry]
    draft.edits_done = len(draft.edits)
    _write(session, draft, problem, read_diff(entry), entry["locks"])
    draft.revision += 1
    return draft


def refuse(answer: EditAnswer) -> None:
    """Raise Refused when an edit was not allowed, with every rule it would break."""
    if not answer.allowed:
        told = [FieldError(v.rule, v.message) for v in answer.violations]
        raise Refused(f"this breaks a rule and was not done: {answer.violations[0].message}", told)


def undo_edit(session: Session, *, event_id: int, number: int, revision: int) -> EditAnswer:
    """Take the last edit back: the plan is exactly as it was before it."""
    return _step(session, event_id, number, revision, back=True)


def redo_edit(session: Session, *, event_id: int, number: int, revision: int) -> EditAnswer:
    """Make the edit again that was taken back last."""
    return _step(session, event_id, number, revision, back=False)


def _step(session: Session, event_id: int, number: int, revision: int, *, back: bool) -> EditAnswer:
    lock_event(session, event_id=event_id)
    opened = _open(session, event_id, number, revision)
    row = opened.row
    if row.state != "draft":
        raise Conflict.by_code("plan_no_draft", number=number, state=row.state)
    if (back and not row.edits_done) or (not back and row.edits_done == len(row.edits)):
        raise Conflict.by_code("no_edit_to_undo" if back else "no_edit_to_redo", number=number)
    row.edits_done += -1 if back else 1
    entry = row.edits[row.edits_done if back else row.edits_done - 1]
    diff, locks = read_diff(entry), entry["locks"]
    if back:
        diff, locks = diff.inverse(), None if locks is None else {"before": locks["after"], "after": locks["before"]}
    problem = relocked(opened.problem, locks)
    found = Edited(problem, diff.apply(opened.schedule), ())
    effect = _effect(opened, found, compare(opened.schedule, found.plan), None)
    _write(session, row, problem, diff, locks)
    row.certificate = effect.certificate
    row.revision += 1
    session.flush()
    return EditAnswer(
        allowed=True,
        made=True,
        a=entry["a"],
        b=entry["b"],
        number=number,
        revision=row.revision,
        new_draft=False,
        effect=effect,
    )


_WITHOUT_PROBLEM = [name for name in Plan.model_fields if name not in {"problem", "event_id", "number"}]


def _open(session: Session, event_id: int, number: int, revision: int) -> Open:
    row = get_plan(session, event_id, number)
    session.refresh(row, _WITHOUT_PROBLEM)
    if row.state in {"computing", "failed"}:
        raise Conflict.by_code("plan_not_editable", number=number, state=row.state)
    if row.revision != revision:
        raise Conflict.by_code("plan_revised", number=number, now=row.revision, seen=revision)
    posed = posed_problem(session, event_id=event_id, number=number)
    return Open(row, posed, seated(posed.problem, stored_plan(session, event_id=event_id, number=number)))


def _told(violation: Violation) -> RuleBroken:
    about = dict(violation.about)
    ends = [about.get(name) for name in ("who", "a", "b")]
    people = [int(x) for x in dict.fromkeys(ends) if x is not None and about["what"] not in {"place", "interpreter"}]
    if about["what"] in {"place", "interpreter"}:
        people = [int(about[name]) for name in ("a", "b") if name in about]
    place = about.get("place") if about["what"] != "place" or "place" in about else about.get("who")
    return RuleBroken(
        rule=violation.rule,
        what=about["what"],
        message=violation.message,
        people=people,
        round=about.get("round"),
        place=None if place is None else int(place),
        limit=about.get("limit"),
        side=about.get("side"),
        interpreter=str(about["who"]) if about["what"] == "interpreter" and "who" in about else None,
        delegate=about.get("delegate"),
    )


def _effect(opened: Open, found: Edited, diff: Diff, entry: dict[str, Any] | None) -> EditEffect:
    posed = opened.posed if found.problem is opened.problem else Posed(found.problem)
    before, after = describe(opened.posed.model, opened.schedule), describe(posed.model, found.plan)
    asked = {p.id: p.min for p in found.problem.participants}
    held = [Counter(who for m in s.meetings for who in (m.a, m.b)) for s in (opened.schedule, found.plan)]
    changed = [
        Served(id=int(who), asked=asked[who], before=held[0][who], after=held[1][who])
        for who in asked
        if held[0][who] != held[1][who]
    ]
    return EditEffect(
        utility_before=before.utility,
        utility_after=after.utility,
        floor_before=before.floor.reached,
        floor_after=after.floor.reached,
        short=[s for s in changed if s.after < s.before and s.after < s.asked],
        relieved=[s for s in changed if s.after > s.before and s.before < s.asked],
        idle_rounds_before=before.idle_rounds,
        idle_rounds_after=after.idle_rounds,
        place_changes_before=before.place_changes,
        place_changes_after=after.place_changes,
        diff=diff_public(diff),
        certificate=_certificate(opened.row, posed.model, Result(found.plan, after), entry),
    )


def _certificate(row: Plan, model: Model, found: Result, entry: dict[str, Any] | None) -> dict[str, Any]:
    standing = row.edits[: row.edits_done] if entry is None else [*standing_edits(row), entry]
    if not standing:
        base: dict[str, Any] = row.edits[0]["base"]
        return base
    base = standing[0]["base"]
    certificate, proven = certify(model.problem, found.plan, proof_of(base, standing), found.certificate)
    told = told_certificate(model, Result(found.plan, certificate)) | {"seconds": base.get("seconds", 0.0)}
    return told if proven else told | {"bound": None, "gap": None}


def _copied(session: Session, opened: Open) -> Plan:
    """A draft of a plan that itself must not change, with the same problem and the same meetings."""
    row = opened.row
    make_room(session, event_id=row.event_id)
    number = next_number(session, event_id=row.event_id)
    told = {"number": number, "state": "draft", "seed": row.seed, "parent": row.number, "revision": 0, "note": "",
            "certificate": row.certificate, "weights": dict(row.weights), "edits": [], "edits_done": 0,
            "stop_requested": False, "heard_at": utc_now(), "created_at": utc_now()}  # fmt: skip
    # The problem, a megabyte, is copied where it lies.
    values = [literal(value, getattr(Plan, name).type).label(name) for name, value in told.items()]
    here = (col(Plan.event_id) == row.event_id, col(Plan.number) == row.number)
    same = sa_select(col(Plan.event_id), col(Plan.problem), *values).where(*here)
    session.execute(insert(Plan).from_select(["event_id", "problem", *told], same))
    kept = [name for name in MeetingRow.model_fields if name not in ("event_id", "number")]
    same = sa_select(literal(row.event_id), literal(number), *(getattr(MeetingRow, name) for name in kept))
    same = same.where(col(MeetingRow.event_id) == row.event_id, col(MeetingRow.number) == row.number)
    session.execute(insert(MeetingRow).from_select(["event_id", "number", *kept], same))
    keep_posed(session, event_id=row.event_id, number=number, posed=opened.posed)
    return get_plan(session, row.event_id, number)


def _write(session: Session, row: Plan, problem: Problem, diff: Diff, locks: dict[str, Any] | None) -> None:
    for meeting in diff.removed:
        session.delete(_row(session, row, meeting))
    for before, after in diff.moved:
        stored = _row(session, row, before)
        fresh = meeting_rows(row, problem, [after])[0]
        for name in ("round", "place", "interpreter"):
            setattr(stored, name, getattr(fresh, name))
        same = stored.a == fresh.a
        stored.delegate_a, stored.delegate_b = (
            (fresh.delegate_a, fresh.delegate_b) if same else (fresh.delegate_b, fresh.delegate_a)
        )
    session.flush()
    session.add_all(meeting_rows(row, problem, diff.added))
    if locks is not None:
        _write_locks(session, row, problem, locks)


def _row(session: Session, plan: Plan, meeting: Meeting) -> MeetingRow:
    ends = int(meeting.a), int(meeting.b)
    for a, b in (ends, ends[::-1]):
        found = session.get(MeetingRow, (plan.event_id, plan.number, a, b))
        if found is not None:
            return found
    raise Conflict.by_code("plan_changed", number=plan.number)


def _write_locks(session: Session, row: Plan, problem: Problem, change: dict[str, Any]) -> None:
    """Locks bind this plan at once and, in the event, every plan computed from now on."""
    locked = [lock_form(lock) for lock in problem.locked]
    # Within the database: of the problem, a megabyte, nothing else changes.
    rest = cast(col(Plan.problem), JSONB).op("-")("locked")
    after = rest.op("||")(cast({"locked": locked}, JSONB)) if locked else rest
    here = (col(Plan.event_id) == row.event_id, col(Plan.number) == row.number)
    session.execute(update(Plan).where(*here).values(problem=after), execution_options={"synchronize_session": False})
    session.expire(row, ["problem"])
    keep_posed(session, event_id=row.event_id, number=row.number, posed=Posed(problem))
    event = get_event(session, event_id=row.event_id)
    ends = {frozenset((lock["a"], lock["b"])) for when in ("before", "after") for lock in change[when]["event"]}
    kept = [lock for lock in event.locks if frozenset((lock["a"], lock["b"])) not in ends]
    event.locks = locks_in_order([*kept, *change["after"]["event"]])
    if len(event.locks) > BOUNDS["locks"].most:
        raise BOUNDS["locks"].refusal
