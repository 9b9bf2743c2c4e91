"""What-if before invitations, through the JSON door."""

from fastapi.testclient import TestClient


def test_a_floor_that_two_rounds_carry_needs_two_rounds_and_two_tables(client: TestClient, event: str) -> None:
    outlook = client.post(f"{event}/what-if", json={"floor": 2, "guests": 1, "time_limit_s": 10}).json()
    assert (outlook["floor"], outlook["reached"], outlook["short"]) == (2, 2, [])
    assert (outlook["rounds"], outlook["places"]) == (2, 2)
    assert [(g["side"] in {"FR", "BE"}, g["name"] in {"F1", "F2", "B1", "B2"}) for g in outlook["invite"]] == [
        (True, True)
    ]


def test_a_floor_above_the_partners_there_are_names_who_is_short_and_why(client: TestClient, event: str) -> None:
    outlook = client.post(f"{event}/what-if", json={"floor": 3, "guests": 0}).json()
    assert outlook["reached"] == 2
    assert outlook["rounds"] is None
    assert {(s["name"], s["cause"], s["asked"], s["got"]) for s in outlook["short"]} == {
        (name, "side", 3, 2) for name in ("F1", "F2", "B1", "B2")
    }


def test_the_stateless_question_answers_its_example(client: TestClient) -> None:
    from app.api.examples import WHAT_IF

    answer = client.post("/pairings/what-if", json=WHAT_IF["two meetings each"]["value"])
    assert answer.status_code == 200
    assert answer.json()["floor"] == 2


def test_a_plan_waits_for_the_meaning_of_its_participants(client: TestClient, event: str) -> None:
    client.patch("/actors/1", json={"needs": [{"lang": "en", "text": "something entirely new"}]})
    answer = client.post(f"{event}/plans", json={})
    assert answer.status_code == 503
    assert answer.json()["detail"].startswith("1 texts of the participants still wait for their meaning")
