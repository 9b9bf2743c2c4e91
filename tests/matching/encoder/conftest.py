import os
from pathlib import Path

import pytest

from matching.encoder.bundled import FOLDER_NAME, is_assembled
from matching.encoder.light import LightEncoder

_ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def model_folder() -> Path:
    """The assembled default model, where `viaduc demo` or a bench has put it."""
    data = Path(os.environ.get("VIADUC_DATA_DIR", _ROOT / ".viaduc"))
    folder = data / "models" / FOLDER_NAME
    if not is_assembled(folder):
        pytest.skip("the default model is not assembled on this machine")
    return folder


@pytest.fixture(scope="session")
def published(model_folder: Path) -> LightEncoder:
    """The default model as its authors published it, on the light runtime."""
    return LightEncoder(model_folder, threads=2)
