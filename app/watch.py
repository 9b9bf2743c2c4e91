"""What whoever watches the service asks of the database: told within seconds, also by one that says nothing."""

import logging

from sqlalchemy import Engine

from app.db import ping, require_schema, session_scope, why_silent
from app.errors import AppError
from app.patient import Patient
from app.services.condition import Condition, ask_condition
from app.services.meaning import MeaningHolder

log = logging.getLogger(__name__)


class Watch:
    """Asks the database how it is; who asks while it is silent hears that it is."""

    def __init__(self, engine: Engine, holder: MeaningHolder, wait_s: float = 3.0) -> None:
        self._engine = engine
        self._holder = holder
        self._state = Patient(self._ask_state, wait_s)
        self._condition = Patient(self._ask_condition, wait_s)

    def database_state(self) -> str:
        """ok, or why requests cannot be served."""
        try:
            return self._state.answer()
        except TimeoutError:
            return why_silent(self._engine)

    def condition(self) -> tuple[bool, Condition | None]:
        """Whether the database answers, and how the work stands as far as it says so in time."""
        try:
            return self._condition.answer()
        except TimeoutError:
            log.warning("the metrics go without the database: %s", why_silent(self._engine))
            return False, None

    def _ask_state(self) -> str:
        try:
            ping(self._engine)
            require_schema(self._engine)
        except AppError as error:
            return error.detail
        return "ok"

    def _ask_condition(self) -> tuple[bool, Condition | None]:
        up = False
        try:
            with session_scope(self._engine) as session:
                session.connection()
                up = True
                return up, ask_condition(session, encoder=self._holder.name or "")
        except AppError as error:
            log.warning("the metrics go without the database: %s", error)
            return up, None
