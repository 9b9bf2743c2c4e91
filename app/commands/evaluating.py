"""`viaduc evaluate`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.services.evaluation import evaluate
from app.services.meaning import load_meaning
from app.settings import Settings


def run_evaluate(
    settings: Settings, folder: Path, *, baselines: bool, on_step: Callable[[str], None]
) -> dict[str, Any]:
    """Every figure for a folder, with the model the settings name."""
    meaning = load_meaning(settings.embedding_model, settings.data_dir, settings.threads, on_step)
    return evaluate(folder, meaning=meaning, baselines=baselines, on_step=on_step)
