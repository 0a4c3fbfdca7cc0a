"""A folder of results, whole or not at all."""

import json
from pathlib import Path

import pytest

from spillover.errors import OutputError
from spillover.pipelines.cache import Cache
from spillover.pipelines.output import publish


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


@pytest.fixture
def finished(tmp_path: Path) -> Path:
    folder = tmp_path / "finished"
    (folder / "tables").mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps({"spillover": "0.1.0"}))
    (folder / "tables" / "main.txt").write_text("new")
    return folder


def listing(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text() for path in files}


def test_results_replace_earlier_results_whole(
    finished: Path, tmp_path: Path, cache: Cache
) -> None:
    target = tmp_path / "results"
    publish(finished, target, cache)
    (target / "tables" / "left_over.txt").write_text("old")
    publish(finished, target, cache)
    assert listing(target) == listing(finished)
    assert list(cache.folder.iterdir()) == []


def test_a_folder_with_other_files_is_left_alone(
    finished: Path, tmp_path: Path, cache: Cache
) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years of work")
    with pytest.raises(OutputError, match="nothing was changed"):
        publish(finished, tmp_path / "thesis", cache)
    assert listing(tmp_path / "thesis") == {"chapter.txt": "years of work"}


def test_a_file_in_the_way_is_left_alone(finished: Path, tmp_path: Path, cache: Cache) -> None:
    (tmp_path / "results").write_text("a file")
    with pytest.raises(OutputError):
        publish(finished, tmp_path / "results", cache)
    assert (tmp_path / "results").read_text() == "a file"


def test_earlier_results_come_back_when_the_last_step_fails(
    finished: Path, tmp_path: Path, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = publish(finished, tmp_path / "results", cache)
    (finished / "tables" / "main.txt").write_text("newer")
    rename = Path.rename

    def fail_for_the_new_ones(self: Path, destination: Path) -> Path:
        if destination == target and self.name.startswith("part-"):
            raise OSError(28, "No space left on device")
        return rename(self, destination)

    monkeypatch.setattr(Path, "rename", fail_for_the_new_ones)
    with pytest.raises(OutputError, match="No space left"):
        publish(finished, target, cache)
    assert listing(target)["tables/main.txt"] == "new"
