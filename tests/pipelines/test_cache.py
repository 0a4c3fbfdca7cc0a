"""Stages kept under the hash of what made them."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from spillover.errors import OutputError, SpecificationError
from spillover.numerics.solution import Effects
from spillover.pipelines.cache import Cache
from spillover.pipelines.codec import dismantle, kinds, rebuild
from spillover.pipelines.plain import brief, digest, full
from spillover.tables.provenance import Loss

VALUES = {
    "constants": [None, True, 3, 2.5, "text", (1, ("a",)), float("inf")],
    "numbers": np.array([[1.0, np.nan], [0.5, -0.0]]),
    "text": np.array(["日本", "b"], dtype=object),
    "loss": Loss("no partners", 3, 7),
    "effects": Effects(("firm_id",), (np.arange(3, dtype=np.int32),), (3,), 2),
    7: np.float64(1 / 3),
    "part": slice(1, None, 2),
}


def same(one: object, two: object) -> bool:
    return dismantle(one).tree == dismantle(two).tree


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


def refuse() -> object:
    message = "computed again"
    raise AssertionError(message)


def test_a_value_comes_back_as_it_was_and_is_not_computed_again(cache: Cache) -> None:
    known = kinds(Loss, Effects)
    cache.recall("k", known, lambda: VALUES)
    found = cache.recall("k", known, refuse)
    assert same(found, VALUES)
    assert np.array_equal(found["numbers"], VALUES["numbers"], equal_nan=True)
    assert found["text"].tolist() == VALUES["text"].tolist()
    assert found["text"].dtype == object
    assert found["effects"].codes[0].dtype == np.int32
    assert found[7] == 1 / 3


def test_frames_keep_their_types(cache: Cache) -> None:
    frame = pd.DataFrame(
        {
            "id": pd.array(["01", None], dtype="string"),
            "plain": np.array(["x", "y"], dtype=object),
            "year": np.array([2020, 2021], dtype=np.int16),
            "listed": pd.array([True, None], dtype="boolean"),
            "count": pd.array([1, None], dtype="Int64"),
            "industry": pd.Categorical(["A", "B"]),
        }
    )
    cache.recall("k", {}, lambda: {"firms": frame})
    found = cache.recall("k", {}, refuse)["firms"]
    pd.testing.assert_frame_equal(found, frame)


def test_only_named_types_are_rebuilt() -> None:
    with pytest.raises(KeyError):
        rebuild(dismantle(Loss("a", 1, 1)), {})


def test_a_value_that_files_cannot_hold_is_computed_every_time(cache: Cache) -> None:
    with pytest.raises(TypeError, match="a function cannot be kept"):
        dismantle({"f": refuse})
    assert cache.recall("k", {}, lambda: {"f": len, "n": 1})["n"] == 1
    assert cache.recall("k", {}, lambda: {"f": len, "n": 2})["n"] == 2
    assert cache.entry("k") is None


@pytest.mark.parametrize("file", ["value.json", "arrays.npz"])
def test_a_damaged_entry_is_computed_again(cache: Cache, file: str) -> None:
    cache.recall("k", kinds(Loss, Effects), lambda: VALUES)
    damaged = cache.folder / "k" / file
    damaged.write_bytes(damaged.read_bytes()[:-40])
    assert cache.recall("k", kinds(Loss, Effects), lambda: "again") == "again"
    assert cache.recall("k", kinds(Loss, Effects), refuse) == "again"


def test_an_entry_is_whole_or_not_there(cache: Cache) -> None:
    def fill(folder: Path) -> None:
        (folder / "half").write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="No space left on device"):
        cache.keep("k", fill)
    assert list(cache.folder.iterdir()) == []


def test_nothing_is_kept_without_a_folder() -> None:
    assert Cache().recall("k", {}, lambda: 1) == 1
    assert Cache().recall("k", {}, lambda: 2) == 2


def test_a_cache_that_cannot_be_made_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError):
        Cache(tmp_path / "file" / "cache").workspace()


def test_pruning_keeps_what_the_last_run_used_and_what_another_run_writes(cache: Cache) -> None:
    for key in ("old", "new"):
        cache.recall(key, {}, lambda: 1)
    fresh, stale = cache.workspace(), cache.workspace()
    os.utime(stale, (time.time() - 2 * 86_400,) * 2)
    cache.prune(["new"])
    assert {path.name for path in cache.folder.iterdir()} == {"new", fresh.name}


@dataclass(frozen=True)
class Spec:
    type: str = "Spec"
    lag: int | None = 1
    by: tuple[str, ...] = ()


def test_a_digest_depends_on_values_only() -> None:
    assert digest(full({"b": Spec(), "a": 1})) == digest(full({"a": 1, "b": Spec(lag=1)}))
    assert digest(full(Spec())) != digest(full(Spec(lag=2)))


def test_brief_tables_leave_defaults_out_and_say_nothing_for_none() -> None:
    assert brief(Spec(by=("year",))) == {"type": "Spec", "by": ["year"]}
    assert brief(Spec(lag=None)) == {"type": "Spec", "lag": {}}
    assert full(Spec()) == {"type": "Spec", "lag": 1, "by": []}


def test_data_are_refused_in_a_specification() -> None:
    with pytest.raises(SpecificationError, match="Found a ndarray"):
        full({"values": np.zeros(2)})
