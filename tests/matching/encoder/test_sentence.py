import sys
from pathlib import Path

import pytest

from matching.encoder.adapter import Adapter
from matching.encoder.bundled import BUNDLED_NAME
from matching.encoder.light import LightEncoder
from matching.encoder.load import load_encoder
from matching.encoder.sentence import ModelLoadError, SentenceEncoder

TEXTS = ["Nous cherchons un partenaire textile.", "Wij zoeken sensoren.", "Vedligehold af havvindmøller", "oihalak"]


@pytest.mark.slow
def test_sentence_transformers_gives_the_same_vectors_from_the_same_folder(
    model_folder: Path, published: LightEncoder
) -> None:
    torch_encoder = SentenceEncoder(str(model_folder), threads=2)
    for kind in ("query", "passage"):
        cosines = (torch_encoder.encode(TEXTS, kind) * published.encode(TEXTS, kind)).sum(axis=1)
        assert cosines.min() > 0.999
    assert torch_encoder.name == published.name == BUNDLED_NAME


@pytest.mark.slow
def test_the_adapter_changes_both_runtimes_alike(model_folder: Path, published: LightEncoder) -> None:
    adapter = Adapter.load_default()
    light = LightEncoder(model_folder, adapter, threads=2)
    torch_encoder = SentenceEncoder(str(model_folder), adapter, threads=2)
    ours, theirs = light.encode(TEXTS, "query"), torch_encoder.encode(TEXTS, "query")
    assert (ours * theirs).sum(axis=1).min() > 0.999
    assert (ours * published.encode(TEXTS, "query")).sum(axis=1).max() < 0.999
    assert light.name == torch_encoder.name == f"{BUNDLED_NAME}+{adapter.version}"


@pytest.mark.slow
def test_a_model_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelLoadError, match=r"cannot load the embedding model '.*no-such-model'"):
        SentenceEncoder(str(tmp_path / "no-such-model"))


def test_without_torch_another_model_says_how_to_come_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(
        ModelLoadError, match=r"'some/model' needs torch .* sentence_transformers is not installed: .*MODEL=none"
    ):
        load_encoder("some/model", Path("unused"))
