"""The run record beside a model: `training.json` and a plot of the losses."""

import json
import platform
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras

from training.corpus.corpus import Corpus
from training.fitting.fit import Fitted, Split
from training.fitting.history import History
from training.recipe import Recipe

_LIBRARIES = ("keras", "music21", "numpy", "symusic", "tensorflow")


def write_record(corpus: Corpus, parts: Split, recipe: Recipe, fitted: Fitted, to: Path) -> None:
    """Write `training.json` and `loss.png` into a bundle's folder."""
    record = _record(corpus, parts, recipe, fitted)
    (to / "training.json").write_text(json.dumps(record, indent=1), encoding="utf-8")
    plot_losses(fitted.history, corpus.collection.title, to / "loss.png")


def _record(corpus: Corpus, parts: Split, recipe: Recipe, fitted: Fitted) -> dict[str, Any]:
    return {
        "game": corpus.collection.game,
        "recipe": recipe.as_fields(),
        "versions": {
            "python": platform.python_version(),
            "keras backend": keras.backend.backend(),
            **{name: version(name) for name in _LIBRARIES},
        },
        "pieces": {
            "learned": [{"name": p.name, "notes": len(p.notes)} for p in parts.learned],
            "held_out": [{"name": p.name, "notes": len(p.notes)} for p in parts.held_out],
            "set_aside": [{"file": s.name, "reason": s.reason} for s in corpus.set_aside],
        },
        "epochs": [asdict(epoch) for epoch in fitted.history.epochs],
        "best_epoch": fitted.history.best + 1,
        "held_out_bits_per_note": fitted.held_out_bits_per_note,
        "interrupted": fitted.interrupted,
    }


def plot_losses(history: History, title: str, to: Path) -> None:
    """Plot the losses of every epoch as a PNG."""
    from matplotlib.figure import Figure  # noqa: PLC0415  a second, needed once at the end
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    epochs = range(1, len(history.epochs) + 1)
    axes.plot(epochs, [e.train_loss for e in history.epochs], "o-", label="learned pieces")
    held_out = [e.held_out_loss for e in history.epochs if e.held_out_loss is not None]
    if held_out:
        axes.plot(epochs, held_out, "o-", label="held-out pieces")
    axes.axvline(history.best + 1, color="grey", linestyle=":", label="kept")
    axes.set(title=title, xlabel="epoch", ylabel="loss (nats per token)")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend()
    figure.savefig(to, dpi=120)
