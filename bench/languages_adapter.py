"""Teach the default model, in a small adapter, that a text and its translation mean the same.

    python bench/languages_adapter.py DIR [--minutes 10] [--leave-out 0/5]

Contrastive (InfoNCE) on parallel texts: in a batch, each text must find its translation among all the others,
those of its own language included, which is what teaches it to ignore the language. Half of a batch comes from
few documents, so that the others are near in meaning. Only low-rank changes of the upper six layers are
learned; the states below them never change and are kept. At the end the change is halved: between the
published weights and the learned ones lies a model that keeps more of what the former knew (Wortsman et al.,
2022; measured in docs/decisions/0003-language-neutral-projection.md).

``--leave-out I/K`` trains without the I-th of K parts of the documents, to measure on them with
``bench/languages.py DIR --part I/K --adapter FILE``. Needs torch; one thread is faster than two on a busy
machine.
"""

# ruff: noqa: TID253 - a training script exists for torch
import argparse
import json
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from languages_train import Parallel, read_parallel
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, linear, normalize

from matching.encoder.bundled import FOLDER_NAME, bert_name, ensure_bundled_model

OUT = Path(__file__).parents[1] / "matching/encoder/data/adapter.npz"
VERSION = "borders-1"
FIRST_LAYER, LAYERS, RANK = 6, 12, 16
PARTS = ("q", "k", "v", "ao", "fi", "fo")
LONGEST = 96


@dataclass(frozen=True)
class Course:
    """How long and how hard to learn."""

    steps: int = 220
    minutes: float = 10.0
    rate: float = 1e-3
    temperature: float = 0.05
    lines: int = 64
    share_of_second: float = 0.25
    keep: float = 0.5
    seed: int = 0


class LowRank(nn.Module):
    """A frozen linear layer plus B·A."""

    def __init__(self, base: nn.Linear) -> None:
        super().__init__()
        self.base = base
        self.inner = nn.Parameter(torch.randn(RANK, base.in_features) / math.sqrt(base.in_features))
        self.outer = nn.Parameter(torch.zeros(base.out_features, RANK))

    def forward(self, x: Tensor) -> Tensor:
        """The layer's answer with the change."""
        return self.base(x) + linear(linear(x, self.inner), self.outer)


class Learner:
    """The model with its lower layers frozen and remembered, its upper ones adaptable."""

    def __init__(self, folder: Path) -> None:
        from sentence_transformers import SentenceTransformer

        model = SentenceTransformer(str(folder), device="cpu")
        self.tokenizer, self.bert = model.tokenizer, model[0].auto_model.eval()
        self.bert.requires_grad_(False)
        self.changes: dict[str, LowRank] = {}
        for layer in range(FIRST_LAYER, LAYERS):
            for part in PARTS:
                self._adapt(f"l{layer}.{part}")
        self._states: dict[str, Tensor] = {}

    def _adapt(self, name: str) -> None:
        path, _, last = bert_name(name).rpartition(".")
        parent = self.bert.get_submodule(path)
        self.changes[name] = LowRank(getattr(parent, last))
        setattr(parent, last, self.changes[name])

    def parameters(self) -> list[nn.Parameter]:
        """What is learned."""
        return [p for change in self.changes.values() for p in (change.inner, change.outer)]

    def encode(self, texts: list[str]) -> Tensor:
        """Unit vectors with gradients; texts of like length go through together."""
        self._remember(texts)
        order = sorted(range(len(texts)), key=lambda i: len(self._states[texts[i]]))
        groups = [order[i : i + 32] for i in range(0, len(order), 32)]
        vectors = torch.cat([self._upper([texts[i] for i in group]) for group in groups])
        return vectors[torch.tensor(order).argsort()]

    def _remember(self, texts: list[str]) -> None:
        new = sorted({text for text in texts if text not in self._states}, key=len)
        for start in range(0, len(new), 64):
            part = new[start : start + 64]
            tokens = self.tokenizer(part, padding=True, truncation=True, max_length=LONGEST, return_tensors="pt")
            with torch.no_grad():
                state = self.bert.embeddings(input_ids=tokens["input_ids"])
                state = self._through(state, tokens["attention_mask"].float(), range(FIRST_LAYER))
            for row, text in enumerate(part):
                self._states[text] = state[row, : int(tokens["attention_mask"][row].sum())].clone()

    def _upper(self, texts: list[str]) -> Tensor:
        states = [self._states[text] for text in texts]
        state = nn.utils.rnn.pad_sequence(states, batch_first=True)
        mask = nn.utils.rnn.pad_sequence([torch.ones(len(s)) for s in states], batch_first=True)
        state = self._through(state, mask, range(FIRST_LAYER, LAYERS))
        return normalize((state * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True), dim=-1)

    def _through(self, state: Tensor, mask: Tensor, layers: range) -> Tensor:
        bias = (1 - mask)[:, None, None, :] * -1e4
        for layer in layers:
            state = self.bert.encoder.layer[layer](state, bias)
            state = state[0] if isinstance(state, tuple) else state
        return state


def draw_batch(parallel: Parallel, lines: int, random: np.random.Generator) -> tuple[list[str], list[str]]:
    """Texts and their translations, each pair in two languages drawn for it."""
    few = random.permutation(np.unique(parallel.docs))[:3]
    near = random.permutation(np.flatnonzero(np.isin(parallel.docs, few)))[: lines * 2 // 3]
    anywhere = random.permutation(len(parallel.texts))[:lines]
    chosen = list(dict.fromkeys(np.concatenate([near, anywhere]).tolist()))[:lines]
    pairs = [random.choice(len(parallel.languages), 2, replace=False) for _ in chosen]
    here = ["query: " + parallel.texts[line][a] for line, (a, _) in zip(chosen, pairs, strict=True)]
    there = ["query: " + parallel.texts[line][b] for line, (_, b) in zip(chosen, pairs, strict=True)]
    return here, there


def learn(learner: Learner, sets: list[Parallel], course: Course) -> None:
    """Train until the steps or the minutes are over; the rate falls to nothing by then."""
    random, started = np.random.default_rng(course.seed), time.monotonic()
    optimiser = torch.optim.AdamW(learner.parameters(), lr=course.rate, weight_decay=0.01)
    for step in range(course.steps):
        spent = max(step / course.steps, (time.monotonic() - started) / 60 / course.minutes)
        if spent >= 1:
            break
        for group in optimiser.param_groups:
            group["lr"] = course.rate * min(1.0, (step + 1) / 20) * (1 - spent)
        second = len(sets) > 1 and random.random() < course.share_of_second
        lines = course.lines // 3 if second else course.lines
        here, there = draw_batch(sets[1 if second else 0], lines, random)
        loss = contrast(learner.encode(here + there), course.temperature)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if step % 20 == 0:
            print(f"step {step}, loss {loss.item():.3f}, {time.monotonic() - started:.0f} s", flush=True)


def contrast(vectors: Tensor, temperature: float) -> Tensor:
    """InfoNCE over ``[2n, d]``: row i and row n + i are translations, all other rows are not."""
    count = len(vectors) // 2
    scores = vectors @ vectors.T / temperature
    scores = scores.masked_fill(torch.eye(2 * count, dtype=torch.bool), -1e4)
    return cross_entropy(scores, torch.cat([torch.arange(count) + count, torch.arange(count)]))


def save(changes: dict[str, LowRank], course: Course, path: Path) -> None:
    """Write the factors in half precision, scaled by what is kept of them."""
    arrays: dict[str, Any] = {}
    for name, change in changes.items():
        arrays[f"{name}.a"] = change.inner.detach().numpy().astype(np.float16)
        arrays[f"{name}.b"] = (course.keep * change.outer.detach().numpy()).astype(np.float16)
    note = {
        "version": VERSION,
        "tensors": list(changes),
        "made_by": "bench/languages_adapter.py",
        "course": vars(course),
        "data": "EU Common Procurement Vocabulary labels (MIT, content EU) and NTREX-128 (CC-BY-SA-4.0); "
        "none of the texts is stored",
    }
    np.savez_compressed(path, note=json.dumps(note), **arrays)
    print(f"wrote {path.name}: {path.stat().st_size // 1024} KB")


def main() -> None:
    """Read, learn, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--models", type=Path, default=Path(".viaduc/models"))
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--leave-out", default="")
    parser.add_argument("--out", type=Path, default=OUT)
    asked = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(1)
    sets = read_parallel(asked.folder)
    if asked.leave_out:
        part, parts = map(int, asked.leave_out.split("/"))
        sets = [parallel.without(part, parts) for parallel in sets]
    learner = Learner(ensure_bundled_model(asked.models / FOLDER_NAME, print))
    course = Course(minutes=asked.minutes)
    learn(learner, sets, course)
    save(learner.changes, course, asked.out)


if __name__ == "__main__":
    main()
