"""The policy table: a line for every route, a route for every line, and what each rule lets through."""

import pytest
from fastapi.routing import iter_route_contexts

from app.main import create_app
from app.policy import POLICY, Who, allows, rule_for
from app.policy_matrix import PAGE, written
from app.security import ANYBODY, Principal
from app.settings import Settings

ADMIN = Principal("admin", "key:1")
ORGANISER = Principal("organiser", "key:2", frozenset({7}))
CREATOR = Principal("organiser", "key:5", creates=True)
READER = Principal("reader", "key:3")
PARTICIPANT = Principal("participant", "link:4", frozenset({7}), 12)
ROLES = [ADMIN, ORGANISER, CREATOR, READER, PARTICIPANT, ANYBODY]


def routes() -> set[str]:
    """Every route of the application, as the table writes it; static files are open and no route."""
    contexts = [c for c in iter_route_contexts(create_app(Settings()).routes) if c.methods]
    return {f"{method} {c.path_format}" for c in contexts for method in c.methods - {"HEAD"}}


def test_every_route_has_its_line_in_the_table() -> None:
    missing = sorted(routes() - set(POLICY))
    advice = "\n".join(f'    "{route}": {likely(route)},' for route in missing)
    assert missing == [], f"app/policy.py: until these lines are added, only admins may call these routes:\n{advice}"


def likely(route: str) -> str:
    """The rule that a route of this shape mostly has."""
    if "{event_id}" in route:
        return "RUNS_EVENT"
    return "LINK" if "{token}" in route else "ADMIN"


def test_no_line_is_left_of_a_route_that_has_gone() -> None:
    gone = sorted(set(POLICY) - routes())
    assert gone == [], f"app/policy.py: no route answers to these lines any more; remove them: {gone}"


def test_a_rule_for_organisers_of_an_event_stands_only_where_the_address_names_one() -> None:
    assert [line for line, who in POLICY.items() if who is Who.RUNS_EVENT and "{event_id}" not in line] == []


def test_a_route_without_a_line_is_the_admins_alone() -> None:
    assert rule_for("GET", "/not/in/the/table") is Who.ADMIN


def test_head_is_ruled_as_get() -> None:
    assert rule_for("HEAD", "/docs") is Who.PUBLIC


@pytest.mark.parametrize(
    ("who", "path", "let_through"),
    [
        (Who.PROBE, {}, ROLES),
        (Who.PUBLIC, {}, ROLES),
        (Who.LINK, {"token": "x"}, ROLES),
        (Who.READER, {}, [ADMIN, ORGANISER, CREATOR, READER]),
        (Who.ORGANISER, {}, [ADMIN, ORGANISER, CREATOR]),
        (Who.CREATES, {}, [ADMIN, CREATOR]),
        (Who.RUNS_EVENT, {"event_id": "7"}, [ADMIN, ORGANISER]),
        (Who.RUNS_EVENT, {"event_id": "8"}, [ADMIN]),
        (Who.RUNS_EVENT, {"event_id": "7.0"}, [ADMIN]),
        (Who.RUNS_EVENT, {"event_id": "７"}, [ADMIN]),
        (Who.RUNS_EVENT, {}, [ADMIN]),
        (Who.ADMIN, {}, [ADMIN]),
    ],
)
def test_what_a_rule_lets_through(who: Who, path: dict[str, str], let_through: list[Principal]) -> None:
    assert [p for p in ROLES if allows(who, p, path)] == let_through


def test_an_open_directory_is_open_to_everybody_and_nothing_else_is() -> None:
    rules = [who for who in Who if allows(who, ANYBODY, {"event_id": "7"}, open_directory=True)]
    assert rules == [Who.PROBE, Who.PUBLIC, Who.LINK, Who.READER]


def test_the_table_of_the_documents_is_the_one_the_service_follows() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == written(page), "docs/security.md is not current: run `python -m app.policy_matrix`"
