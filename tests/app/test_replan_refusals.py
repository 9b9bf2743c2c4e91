"""Re-planning on the day: what cannot be kept any more is refused with its name, never thrown away as a fault."""

import pytest

from app.errors import BadInput
from app.services.replans import replan_form
from models.plan import ReplanRequest

PEOPLE = [{"id": name, "side": "S"} for name in "abc"]
EVENT = {"rounds": 3, "places": 2, "cross_side_only": False, "participants": PEOPLE}
MEETING = {"a": "a", "b": "b", "round": 1, "place": 0}


@pytest.mark.parametrize(
    ("rules", "meeting", "words"),
    [
        ({"requested": [{"a": "a", "b": "b"}]}, MEETING, "a and b: 1 meetings requested, 0 in the plan"),
        ({}, MEETING | {"b": "nobody"}, "no participant nobody"),
        ({"never": [["a", "b"]]}, MEETING | {"round": 0}, "breaks a rule already: a and b must not meet"),
    ],
)
def test_what_cannot_be_planned_again_says_why(rules, meeting, words):
    changes = {"now": 1, "absent": ["b"], "time_limit_s": 0.05}
    request = ReplanRequest(problem=EVENT | rules, plan={"meetings": [meeting]}, changes=changes)
    with pytest.raises(BadInput, match=words):
        replan_form(request, longest_s=1)
