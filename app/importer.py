"""Reads and applies imports in the background of the service, two at a time."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import Engine

from app.services.importing.jobs import Work, run_job

_AT_ONCE = 2
"""Reading uses a core; a small file is not to wait for a large one, more than two would starve the pages."""


class Importer:
    """Threads for imports; how far each is stands beside the import itself, so any process can show and stop it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._ending = threading.Event()
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="importer")

    def submit(self, import_id: int, work: Work) -> Future[None]:
        """Begin the work of a started job when its turn comes; the future ends with it."""
        return self._pool.submit(run_job, self._engine, import_id=import_id, work=work, ending=self._ending)

    def stop(self) -> None:
        """Stop the work at hand at its next step; what is applied as a whole is then as it was before."""
        self._ending.set()
        self._pool.shutdown(wait=True, cancel_futures=True)


async def get_importer(request: Request) -> Importer:
    """Who works on imports in the background."""
    importer: Importer = request.app.state.importer
    return importer


ImporterDep = Annotated[Importer, Depends(get_importer)]
