"""How much one caller may ask."""

import pytest
from access_outside import MakeKey, Serve, with_key

from app.limits import Buckets, network_of


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_holds_a_minutes_worth_and_fills_evenly() -> None:
    clock = Clock()
    buckets = Buckets(60, clock=clock)
    assert [buckets.take("a") for _ in range(60)] == [0.0] * 60
    assert buckets.take("a") == pytest.approx(1.0)
    assert buckets.take("b") == 0.0
    clock.now += 0.5
    assert buckets.wait("a") == pytest.approx(0.5)
    clock.now += 0.5
    assert (buckets.take("a"), buckets.take("a")) == (0.0, pytest.approx(1.0))
    clock.now += 3600
    assert [buckets.take("a") > 0 for _ in range(61)] == [False] * 60 + [True]


def test_refused_requests_do_not_lengthen_the_wait() -> None:
    clock = Clock()
    buckets = Buckets(1, clock=clock)
    buckets.take("a")
    assert {round(buckets.take("a"), 6) for _ in range(100)} == {60.0}


def test_buckets_are_bounded_and_the_longest_unused_is_forgotten() -> None:
    buckets = Buckets(1, kept=3, clock=Clock())
    for caller in ("a", "b", "c", "d"):
        buckets.take(caller)
    assert len(buckets) == 3
    assert [buckets.wait(c) > 0 for c in ("a", "b", "c", "d")] == [False, True, True, True]


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:0db8:0001:0002"),
        ("2001:db8:1:2::ffff", "2001:0db8:0001:0002"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_an_ipv6_line_is_one_caller(address: str, network: str) -> None:
    assert network_of(address) == network


def test_a_key_that_asks_too_much_waits_and_others_do_not(serve: Serve, make_key: MakeKey) -> None:
    client = serve(rate_key=3)
    first, second = (with_key(make_key("reader")) for _ in range(2))
    assert [client.get("/me", headers=first).status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = client.get("/actors", headers=first)
    assert refused.headers["content-type"] == "application/problem+json"
    assert 1 <= int(refused.headers["retry-after"]) <= 20
    assert refused.json()["detail"] == (
        f"too many requests with this key or sign-in; try again in {refused.headers['retry-after']} s"
    )
    assert client.get("/me", headers=second).status_code == 200


def test_an_address_that_says_nothing_of_itself_waits_and_a_key_from_there_does_not(
    serve: Serve, make_key: MakeKey
) -> None:
    client = serve(rate_address=2)
    assert [client.get("/me").status_code for _ in range(3)] == [200, 200, 429]
    assert client.get("/nowhere").status_code == 429
    assert client.get("/me", headers=with_key(make_key("reader"))).status_code == 200
    assert {client.get(p).status_code for p in ("/health", "/metrics", "/static/icon.svg")} == {200}


def test_keys_that_are_not_valid_are_tried_only_so_often(serve: Serve, make_key: MakeKey) -> None:
    client = serve(rate_sign_in=2)
    wrong = {"authorization": "Bearer viaduc_guessed"}
    assert [client.get("/me", headers=wrong).status_code for _ in range(3)] == [401, 401, 429]
    assert client.get("/me").status_code == 200
    assert serve(rate_sign_in=2).get("/me", headers=with_key(make_key("reader"))).status_code == 200


def test_signing_in_is_tried_only_so_often(serve: Serve) -> None:
    client = serve(rate_sign_in=2, headers={"accept": "text/html"})
    tried = [client.post("/console/sign-in", data={"key": "viaduc_guessed"}) for _ in range(3)]
    assert [answer.status_code for answer in tried] == [401, 401, 429]
    assert tried[2].template.name == "error.html"
    assert "A little slower, please" in tried[2].text
    assert client.get("/console/sign-in").status_code == 200


def test_who_sits_at_this_machine_is_not_counted(serve: Serve) -> None:
    client = serve(local_admin=True, base_url="http://127.0.0.1", client=("127.0.0.1", 1), rate_address=1, rate_key=1)
    assert {client.get("/events").status_code for _ in range(5)} == {200}


def test_phones_behind_one_address_of_a_venue_do_not_use_up_each_others_requests(serve: Serve) -> None:
    client = serve(rate_address=2)
    assert [client.get("/agenda/1.first").status_code for _ in range(3)] == [404, 404, 429]
    assert [client.get(f"/agenda/1.guest{n}").status_code for n in range(18)] == [404] * 18
    assert client.get("/agenda/1.one-too-many").status_code == 429
    assert client.get("/me").status_code == 200
