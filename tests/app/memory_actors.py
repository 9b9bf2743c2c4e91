"""Actors that the tests of memory share: one who asks, and those whom it could meet."""

from collections.abc import Callable

from fastapi.testclient import TestClient


def create_actors(client: TestClient, embed: Callable[[], int], labs: int = 4) -> list[int]:
    """A weaver in France (the first id) and laboratories in Flanders that differ in nothing but their number."""
    cloth, tests = {"en": "wide woven glass fabric"}, {"en": "laboratory testing of textile coatings"}
    people = [{"name": "Weaver", "country": "FR", "offers": cloth, "needs": tests}]
    people += [{"name": f"Lab {n + 2}", "country": "BE", "offers": tests, "needs": cloth} for n in range(labs)]
    ids = [client.post("/actors", json=person).json()["id"] for person in people]
    embed()
    return ids
