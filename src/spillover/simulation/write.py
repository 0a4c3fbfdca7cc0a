"""Simulated tables as files: written beside their place, then moved there."""

import json
import os
from pathlib import Path

import pandas as pd

from spillover.errors import OutputError
from spillover.simulation.simulate import SimulatedEconomy


def write_tables(simulated: SimulatedEconomy, folder: str | Path) -> tuple[Path, ...]:
    """Paths of the CSV files of all tables; the same economy and seed give the same bytes.

    Files are UTF-8 with line feeds at line ends; missing is empty. Every file is complete before
    the first one takes its final name.

    Parameters
    ----------
    simulated : SimulatedEconomy
        Result of ``simulate``.
    folder : str or Path
        Folder of the files; it is created when it does not exist.

    Raises
    ------
    OutputError
        The folder cannot be made or a file cannot be written; partial files are removed.
    """
    texts = {f"{name}.csv": _csv(frame) for name, frame in simulated.tables.frames.items()}
    return _write(Path(folder), texts)


def write_truth(simulated: SimulatedEconomy, path: str | Path) -> Path:
    """Path of a JSON file with the seed, the planted effects, the failures and the plant."""
    truth = simulated.truth
    content = {
        "seed": simulated.seed,
        "spillover": truth.spillover,
        "effects": dict(truth.effects),
        "failures": dict(truth.failures),
        "plant": truth.plant,
        "firms": simulated.economy.firms,
        "years": [simulated.economy.first_year, simulated.economy.last_year],
    }
    target = Path(path)
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    return _write(target.parent, {target.name: text})[0]


def _csv(frame: pd.DataFrame) -> str:
    written = frame.copy(deep=False)
    for name in written.columns:
        if pd.api.types.is_bool_dtype(written[name]):
            written[name] = written[name].map({True: "true", False: "false"})
    return str(written.to_csv(index=False, lineterminator="\n"))


def _write(folder: Path, texts: dict[str, str]) -> tuple[Path, ...]:
    """Files in a folder, all or none."""
    partial = {folder / f".{name}.{os.getpid()}.part": folder / name for name in texts}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in zip(partial, texts.values(), strict=True):
            path.write_text(text, encoding="utf-8", newline="\n")
        for path, target in partial.items():
            path.replace(target)
    except OSError as error:
        for path in partial:
            _remove(path)
        raise OutputError(
            f"Expected to write {len(texts)} files to {folder}.",
            f"Found: {error.strerror or error}.",
            "Choose a folder that can be written and has room; no partial file was left.",
        ) from error
    return tuple(partial.values())


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return
