"""The rounds of a board as they are drawn, remembered by everything that is seen in them.

An edit changes one round or two of a dozen, and an open board is asked for after each: nobody's change can leave an old
one behind, for what is remembered is found by what it shows.
"""

from collections.abc import Callable, Hashable
from typing import Any

from fastapi import Request
from markupsafe import Markup

from app.services.lately import Lately
from app.web.board.view import Column
from app.web.catalogues import choose_language
from app.web.render import templates

_MOST = 240
"""A round with a hundred places takes 50 kB, with what it is found by."""
_drawn: Lately[Hashable, Markup] = Lately(_MOST)


def column_drawer(request: Request, context: dict[str, Any]) -> Callable[[Column], Markup]:
    """What draws the columns of this board in the reader's language."""
    lang, event, plan, moving = choose_language(request), context["event"], context["plan"], context["moving"]
    around = (
        lang,
        event.zone,
        plan.number if plan else None,
        moving,
        frozenset(context["sides"].items()),
        frozenset(context["interpreters"].items()),
        tuple(r.starts_at for r in context["rounds"]),
    )
    seen = {name: context[name] for name in ("event", "plan", "rounds", "moving", "sides", "interpreters")}

    def draw(column: Column) -> Markup:
        slot = column.round
        when = slot.index, slot.starts_at, slot.minutes
        key = around, when, tuple(column.cells), tuple(p.name for p in column.pausing)

        def anew() -> Markup:
            template = templates(lang).get_template("board/_column.html")
            return Markup(template.render(seen | {"column": column}))

        return _drawn.get_or(key, anew)

    return draw
