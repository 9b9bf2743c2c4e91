"""A creating request that is sent again, as a client does after a lost answer."""

from fastapi.testclient import TestClient

CSV = "name;country;offers\nWeaver;FR;cloth\n"


def upload(client: TestClient, csv: str, name: str = "Border") -> tuple[int, dict]:
    answer = client.post(
        "/maps/imports",
        params={"apply": True},
        data={"name": name},
        files={"file": ("border.csv", csv, "text/csv")},
        headers={"Idempotency-Key": "once"},
    )
    return answer.status_code, answer.json()


def test_an_upload_sent_twice_is_one_import(client: TestClient) -> None:
    status, first = upload(client, CSV)
    assert (status, first["state"], first["report"]["new"]) == (201, "applied", 1)
    assert upload(client, CSV) == (201, first)
    assert len(client.get(f"/maps/{first['map_id']}/imports").json()) == 1


def test_another_file_or_field_under_the_same_key_is_refused(client: TestClient) -> None:
    upload(client, CSV)
    assert upload(client, CSV + "Spinner;FR;yarn\n")[0] == 409
    assert upload(client, CSV, name="Another border")[0] == 409
    assert client.get("/actors").json()["total"] == 1


def test_the_same_key_on_another_route_is_another_request(client: TestClient) -> None:
    upload(client, CSV)
    body, headers = {"name": "Afternoon"}, {"Idempotency-Key": "once"}
    assert client.post("/events", json=body, headers=headers).status_code == 201
    assert client.post("/events", json=body, headers=headers).json()["id"] == 1
    assert len(client.get("/events").json()) == 1


def test_a_request_that_failed_may_be_mended_under_the_same_key(client: TestClient) -> None:
    headers = {"Idempotency-Key": "once"}
    assert client.post("/events", json={"name": ""}, headers=headers).status_code == 422
    assert client.post("/events", json={"name": "Afternoon"}, headers=headers).status_code == 201


WITHOUT_A_KEY = {
    # What is answered holds a secret, which is kept nowhere.
    "/keys", "/keys/{key_id}/rotate", "/events/{event_id}/links", "/events/{event_id}/links/renew",
    # A person: the answer would be kept beside the contact, out of reach of what erases it.
    "/actors/{actor_id}/contacts",
    # A draft more, which nobody has to use.
    "/events/{event_id}/plans", "/events/{event_id}/plans/{number}/replan", "/events/{event_id}/day/replan",
    "/weights/proposals",
    # A list of the same name is replaced as a whole.
    "/sector-lists",
}  # fmt: skip
"""What creates something and takes no Idempotency-Key, by its reason."""


def test_what_is_created_says_whether_it_may_be_sent_again(client: TestClient) -> None:
    creating, keyed = set(), set()
    for path, operations in client.get("/openapi.json").json()["paths"].items():
        if "201" in operations.get("post", {}).get("responses", {}):
            creating.add(path)
            if any(p["name"].lower() == "idempotency-key" for p in operations["post"].get("parameters", ())):
                keyed.add(path)
    assert creating - keyed == WITHOUT_A_KEY
    assert len(keyed) == 9
