"""Counting together: several processes of one service write down what they count where each can read it.

Nothing is counted here, and nothing read that counts: where it is written is looked up when the counters are made.
"""

import atexit
import os
import shutil
import tempfile

SHARED = "PROMETHEUS_MULTIPROC_DIR"
"""Names the folder; one process alone has no need of it."""


def share_counts() -> None:
    """From now on the processes of this service count together; to be said before anything that counts is read."""
    folder = tempfile.mkdtemp(prefix="viaduc-counts-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ[SHARED] = folder


def is_shared() -> bool:
    """Whether several processes count together."""
    return SHARED in os.environ
