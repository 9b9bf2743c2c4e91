"""The table of roles × routes in docs/security.md, written from the policy: `python -m app.policy_matrix`."""

from pathlib import Path

from app.policy import POLICY, Who, allows
from app.security import ANYBODY, Principal

PAGE = Path(__file__).resolve().parent.parent / "docs" / "security.md"
BEGIN, END = "<!-- roles × routes: begin -->", "<!-- roles × routes: end -->"

_ASKERS = {
    "public": ANYBODY,
    "reader": Principal("reader", "key:1"),
    "organiser of another event": Principal("organiser", "key:2", frozenset({2})),
    "organiser of the event": Principal("organiser", "key:3", frozenset({1})),
    "organiser who creates events": Principal("organiser", "key:5", creates=True),
    "admin": Principal("admin", "key:4"),
}


def matrix() -> str:
    """The table, a line a route, in the order of app/policy.py."""
    head = ["route", *_ASKERS]
    rows = [[f"`{line}`", *(_mark(who, asker) for asker in _ASKERS.values())] for line, who in POLICY.items()]
    lines = [head, ["---", *(":-:" for _ in _ASKERS)], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _mark(who: Who, asker: Principal) -> str:
    if who is Who.LINK:
        return "link"
    return "✓" if allows(who, asker, {"event_id": "1"}) else "–"


def written(page: str) -> str:
    """A page with the table between its marks as it is now."""
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n\n{matrix()}\n\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
