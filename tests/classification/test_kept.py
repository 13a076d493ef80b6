"""The trained model on disk: a start reads it instead of training, and never believes a wrong or broken file."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from louyu_routing.classification import Classifier, kept
from louyu_routing.classification.labelled import CHECK, GIVEN, load_labelled
from louyu_routing.classification.model import LinearModel
from louyu_routing.classification.reading import Reader

TEXT = "楼道灯坏了，麻烦物业修一下"


@pytest.fixture(autouse=True)
def nothing_in_the_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(kept, "IN_THE_PACKAGE", tmp_path / "absent" / "trained.npz")


@pytest.fixture
def trained_on_little(monkeypatch: pytest.MonkeyPatch) -> Classifier:
    """Lets `load` learn from few messages, which takes no time, and returns what it must then give."""
    monkeypatch.setattr("louyu_routing.classification.classifier.LEARNT", (CHECK,))
    return Classifier.train()


@pytest.fixture(scope="module")
def small() -> Classifier:
    """A classifier that is told from the package's own by its confidence."""
    return Classifier.train(load_labelled(GIVEN)[:200])


def keep(path: Path, classifier: Classifier) -> Path:
    classifier.keep(path, kept.training_key())
    return path


def test_a_kept_model_is_used_instead_of_training(tmp_path: Path, small: Classifier) -> None:
    cache = keep(tmp_path / "louyu" / "trained.npz", small)

    assert Classifier.load(cache).classify(TEXT, "text") == small.classify(TEXT, "text")


def test_the_model_in_the_package_goes_before_the_cache(
    tmp_path: Path, small: Classifier, classifier: Classifier
) -> None:
    keep(kept.IN_THE_PACKAGE, small)
    cache = keep(tmp_path / "trained.npz", classifier)

    assert Classifier.load(cache).classify(TEXT, "text") == small.classify(TEXT, "text")


def test_the_first_load_keeps_what_it_trained(tmp_path: Path, trained_on_little: Classifier) -> None:
    cache = tmp_path / "new folder" / "trained.npz"

    first = Classifier.load(cache)

    assert kept.read_model(cache, kept.training_key()) is not None
    assert (
        first.classify(TEXT, "text")
        == trained_on_little.classify(TEXT, "text")
        == Classifier.load(cache).classify(TEXT, "text")
    )
    assert [file.name for file in cache.parent.iterdir()] == ["trained.npz"]


def test_a_cache_that_cannot_be_written_stops_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, trained_on_little: Classifier
) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")

    loaded = Classifier.load(tmp_path / "file" / "trained.npz")

    assert loaded.classify(TEXT, "text") == trained_on_little.classify(TEXT, "text")
    assert "the trained model is not kept" in caplog.text


def test_a_model_of_other_words_is_not_used(tmp_path: Path, small: Classifier) -> None:
    path = tmp_path / "trained.npz"
    small.keep(path, "another key")

    assert kept.read_model(path, kept.training_key()) is None


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:1000])


def hold_an_object(path: Path) -> None:
    with np.load(path) as arrays:
        np.savez(path, allow_pickle=True, **{**arrays, "weights": np.array([{"an": "object"}])})


def lose_a_row(path: Path) -> None:
    with np.load(path) as arrays:
        np.savez(path, **{**arrays, "weights": arrays["weights"][1:]})


def lose_an_array(path: Path) -> None:
    with np.load(path) as arrays:
        np.savez(path, key=arrays["key"])


@pytest.mark.parametrize(
    "damage", [cut_short, hold_an_object, lose_a_row, lose_an_array, lambda path: path.write_bytes(b"")]
)
def test_a_damaged_file_is_told_and_not_used(
    tmp_path: Path, small: Classifier, caplog: pytest.LogCaptureFixture, damage: Callable[[Path], object]
) -> None:
    path = keep(tmp_path / "trained.npz", small)
    damage(path)

    assert kept.read_model(path, kept.training_key()) is None
    assert "a kept model cannot be read" in caplog.text


@pytest.mark.parametrize("changed", ["model.py", "data/own_messages.jsonl", "data/concepts.yaml"])
def test_a_changed_file_asks_for_another_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    package = Path(kept.__file__).parent
    shutil.copytree(package, tmp_path / "copy")
    before = kept.training_key()
    monkeypatch.setattr(kept, "_PACKAGE", tmp_path / "copy")
    assert kept.training_key() == before

    with (tmp_path / "copy" / changed).open("a", encoding="utf-8") as file:
        file.write("\n")

    assert kept.training_key() != before


def test_a_model_made_of_its_arrays_believes_the_same() -> None:
    reader, messages = Reader.load(), load_labelled(GIVEN)[:200]
    model = LinearModel.train(messages, [reader.read(message.text, message.via) for message in messages])
    reading = reader.read(TEXT, "text")

    assert LinearModel.from_arrays(model.to_arrays()).believe(reading) == model.believe(reading)
