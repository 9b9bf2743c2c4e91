"""The guard: who counts as sitting at this machine, what another site's page may do, and what is asked before what."""

import pytest
from access_outside import MakeKey, Serve, with_key
from fastapi import WebSocket
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from app.guard import Routes
from app.limits import Limits
from app.main import create_app
from app.policy import POLICY
from app.settings import Settings

HERE = ("127.0.0.1", 50000)
LOCAL_URL = "http://127.0.0.1:8000"


def test_nobody_is_admin_for_sitting_at_this_machine_unless_the_setting_says_so() -> None:
    assert Settings.model_fields["local_admin"].default is False


@pytest.mark.parametrize("url", [LOCAL_URL, "http://localhost:8000", "http://[::1]:8000"])
def test_who_sits_at_this_machine_needs_no_key_where_the_setting_allows_it(serve: Serve, url: str) -> None:
    asked = {"base_url": url, "client": HERE}
    assert serve(local_admin=True, **asked).get("/events").status_code == 200
    assert serve(local_admin=False, **asked).get("/events").status_code == 401


@pytest.mark.parametrize(
    "differs",
    [
        {"client": ("192.0.2.7", 50000)},
        {"client": ("testclient", 50000)},
        {"base_url": "http://viaduc.example"},
        {"base_url": "http://127.0.0.1.evil.example"},
        {"headers": {"x-forwarded-for": "127.0.0.1"}},
        {"headers": {"x-forwarded-host": "127.0.0.1"}},
        {"headers": {"forwarded": "for=127.0.0.1"}},
        {"headers": {"x-real-ip": "127.0.0.1"}},
        {"headers": {"via": "1.1 proxy"}},
        {"headers": {"origin": "https://evil.example"}},
        {"headers": {"sec-fetch-site": "cross-site"}},
    ],
    ids=str,
)
def test_a_request_that_came_from_elsewhere_in_any_way_needs_a_key(serve: Serve, differs: dict[str, object]) -> None:
    asked = {"base_url": LOCAL_URL, "client": HERE} | differs
    assert serve(local_admin=True, **asked).get("/events").status_code == 401


def test_a_page_of_another_site_changes_nothing_in_the_name_of_who_sits_here(serve: Serve) -> None:
    client = serve(local_admin=True, base_url=LOCAL_URL, client=HERE)
    sent = {"json": {"name": "Afternoon"}}
    for elsewhere in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}):
        answer = client.post("/events", headers=elsewhere, **sent)
        assert (answer.status_code, answer.json()["detail"]) == (403, "this form was sent from another site")
    assert client.get("/events").json() == []
    assert client.post("/events", headers={"sec-fetch-site": "same-origin"}, **sent).status_code == 201


def test_a_link_followed_from_another_site_reads_as_who_sits_here(serve: Serve) -> None:
    client = serve(local_admin=True, base_url=LOCAL_URL, client=HERE)
    followed = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert client.get("/console/events", headers=followed).status_code == 200


def test_a_refusal_comes_before_the_body_is_read(client: TestClient, make_key: MakeKey) -> None:
    broken = {"content": b"{not json", "headers": {"content-type": "application/json"}}
    assert client.post("/events", **broken).status_code == 401
    admin = with_key(make_key("admin"))
    broken["headers"] = broken["headers"] | admin
    assert client.post("/events", **broken).status_code == 422


def test_the_guard_and_the_router_mean_the_same_route() -> None:
    routes = Routes(create_app(Settings()))
    known = {template for _, _, template in routes._routes}
    differing = []
    for line in POLICY:
        method, template = line.split(" ")
        if template not in known:
            continue
        path = template.replace("{", "").replace("}", "")
        found = routes.find({"type": "http", "method": method, "path": path, "root_path": "", "headers": []})
        if found is None or found.template != template:
            differing.append((line, found))
    assert differing == []


def test_a_route_that_the_guard_did_not_rule_on_is_refused(serve: Serve) -> None:
    client = serve(fresh=True, local_admin=True, base_url=LOCAL_URL, client=HERE)
    assert client.get("/events").status_code == 200

    @client.app.get("/added/later")
    def added_later() -> str:
        return "reached"

    answer = client.get("/added/later")
    assert (answer.status_code, answer.json()["detail"]) == (403, "no rule was found for this route")


def test_a_websocket_is_refused_whatever_is_behind_it(serve: Serve) -> None:
    client = serve(fresh=True, local_admin=True, base_url=LOCAL_URL, client=HERE)

    @client.app.websocket("/live")
    async def live(socket: WebSocket) -> None:
        await socket.accept()

    with pytest.raises(WebSocketDisconnect) as refused, client.websocket_connect("/live"):
        pass
    assert refused.value.code == 1008


def test_a_refused_request_is_counted_under_its_route(client: TestClient) -> None:
    from app.observe import REGISTRY

    labels = {"method": "GET", "route": "/events/{event_id}", "status": "401"}
    before = REGISTRY.get_sample_value("viaduc_requests_total", labels) or 0
    client.get("/events/7")
    assert REGISTRY.get_sample_value("viaduc_requests_total", labels) == before + 1


def test_every_answer_carries_the_security_headers(client: TestClient, serve: Serve) -> None:
    wanted = {
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "cross-origin-resource-policy": "same-origin",
        "strict-transport-security": "max-age=31536000",
    }
    for path in ("/me", "/events", "/nowhere", "/health", "/openapi.json", "/console/sign-in", "/static/icon.svg"):
        headers = client.get(path).headers
        assert {name: headers.get(name) for name in wanted} == wanted, path
        assert headers["content-security-policy"].startswith("default-src '"), path
    assert client.get("/me").headers["cache-control"] == "no-store"
    assert "strict-transport-security" not in serve(base_url="http://viaduc.example").get("/me").headers


def test_other_origins_come_with_a_key_where_the_setting_names_them(serve: Serve, make_key: MakeKey) -> None:
    client = serve(cors_origins="https://front.example, https://other.example")
    key = with_key(make_key("reader"))
    asked = {"origin": "https://front.example", "sec-fetch-site": "cross-site"}
    wish = asked | {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}
    may = client.options("/match", headers=wish)
    assert (may.status_code, may.headers["access-control-allow-origin"]) == (200, "https://front.example")
    answer = client.get("/actors", headers=asked | key)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "https://front.example")
    assert "access-control-allow-credentials" not in answer.headers
    stranger = client.get("/actors", headers={"origin": "https://evil.example"} | key)
    assert "access-control-allow-origin" not in stranger.headers
    assert "access-control-allow-origin" not in serve().get("/actors", headers=asked | key).headers


def test_an_open_directory_needs_no_key_and_opens_nothing_else(serve: Serve) -> None:
    closed, opened = serve(), serve(open_directory=True)
    for client, status in ((closed, 401), (opened, 200)):
        assert {client.get(path).status_code for path in ("/actors", "/", "/directory")} == {status}
        assert client.get("/events").status_code == 401
        assert client.post("/actors", json={"name": "Weaver", "country": "FR"}).status_code == 401


def test_limits_are_made_of_the_settings() -> None:
    limits = Limits(Settings(rate_key=5, rate_address=3, rate_sign_in=2))
    for buckets, size in ((limits.signed_in, 5), (limits.addresses, 3), (limits.sign_ins, 2), (limits.letters, 2)):
        assert [buckets.take("x") == 0 for _ in range(size + 1)] == [True] * size + [False]
