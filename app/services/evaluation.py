"""Evaluation folders: how well the ranking does on actors whose true partners are known."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.errors import BadInput
from app.services.meaning import Meaning
from matching.ranking.folder import FolderError
from matching.ranking.study import evaluate_folder


def evaluate(folder: Path, *, meaning: Meaning, baselines: bool, on_step: Callable[[str], None]) -> dict[str, Any]:
    """Every figure of DESIGN §6.2 for a folder; BadInput names the file, line and field that does not read."""
    try:
        return evaluate_folder(folder, meaning.encoder, meaning.space, baselines=baselines, on_step=on_step)
    except FolderError as error:
        raise BadInput(str(error)) from error
