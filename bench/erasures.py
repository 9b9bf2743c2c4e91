"""How long a restore takes to erase again whoever was erased, in a database of many actors.

usage: python bench/erasures.py [ACTORS] [ERASED]   (from the checkout; 100000 and 100 unless said otherwise)

An embedded server of its own is filled with actors, half of them with a contact, and some with an address in a text.
ERASED organisations and as many persons are remembered as erased; then all are erased again, as after a restore.
"""

import sys
import tempfile
import time
from pathlib import Path

from sqlalchemy import Engine, text
from sqlmodel import Session

from app.db import make_engine, upgrade
from app.embedded_postgres import start_embedded
from app.services.mentions import address_rows
from app.services.privacy import erase_again
from app.services.tombstones import organisation_word, person_word, remember

ACTORS = """
INSERT INTO actor (name, kind, country, side, languages, sectors, aliases, texts, search_text, created_at, updated_at)
SELECT 'Organisation ' || n, 'company', 'FR', 'FR', '{fr}', '{}', '{}',
  jsonb_build_object('profile', jsonb_build_array(jsonb_build_object('lang', 'fr', 'text',
    'Tissage de verre en grande laize, ' || md5(n::text) || CASE WHEN n % 100 = 0
      THEN ', ecrire a texte' || n || '@maison.example' ELSE '' END))),
  'organisation ' || n, now(), now()
FROM generate_series(1, :actors) AS n
"""
CONTACTS = """
INSERT INTO contact (actor_id, name, email, languages, visibility, basis, basis_note, confirmed_at, created_at)
SELECT id, 'Person ' || id, 'person' || id || '@maison.example', '{fr}', 'mutual', 'contract', '7', now(), now()
FROM actor WHERE id % 2 = 0
"""


def main() -> None:
    """Fill, remember, erase again, tell."""
    actors = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    erased = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    with tempfile.TemporaryDirectory() as folder:
        url = start_embedded(Path(folder))
        upgrade(url)
        engine = make_engine(url)
        stayed = fill(engine, actors, erased)
        for told, prints in (("as after a restore", stayed), ("when nothing is known of before", frozenset[bytes]())):
            begun = time.perf_counter()
            with Session(engine) as session:
                again = erase_again(session, stayed=prints)
                seconds = time.perf_counter() - begun
                session.rollback()
            held = f"{actors} actors, {len(stayed)} rows with addresses"
            print(f"{held}, {told}: {again} of {2 * erased} in {seconds:.1f} s", flush=True)
        engine.dispose()


def fill(engine: Engine, actors: int, erased: int) -> frozenset[bytes]:
    """Actors, contacts, and what is remembered as erased; prints of the rows as they were without who was erased."""
    step = max(2, actors // erased // 2 * 2)
    with engine.begin() as connection:
        connection.execute(text(ACTORS), {"actors": actors})
        connection.execute(text(f"{CONTACTS} AND id % {step} <> 0"))
    with Session(engine) as session:
        stayed = address_rows(session)
        session.connection().execute(text(f"{CONTACTS} AND id % {step} = 0"))
        for n in range(1, erased + 1):
            # Those whose persons go are others than those that go themselves.
            remember(session, kind="organisation", word=organisation_word(f"Organisation {n * step - 1}", "FR"))
            remember(session, kind="person", word=person_word(f"person{n * step}@maison.example"))
        session.commit()
    return stayed


if __name__ == "__main__":
    main()
