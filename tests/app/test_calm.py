"""A process that has begun to serve does not walk what it loaded again and again."""

import subprocess
import sys

PLAY = """
import gc
from app.calm import calm
kept = [[] for _ in range(50_000)]
calm()
assert gc.get_freeze_count() > 50_000
assert len(gc.get_objects()) < 10_000  # what the next collection walks
circle = []
circle.append(circle)
later = [circle]
del circle, later[:]
assert gc.collect() >= 1  # circles that come later are found all the same
"""


def test_what_is_there_from_the_start_is_not_walked_again() -> None:
    subprocess.run([sys.executable, "-c", PLAY], check=True, timeout=60)
