"""What a run was made of: files, software, specification, rows. No times, so that runs compare."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import spillover
from spillover.estimation.result import Estimate
from spillover.pipelines.output import MANIFEST
from spillover.pipelines.plain import digest, full
from spillover.pipelines.plan import Plan
from spillover.pipelines.software import file_sha256, schemas_sha256, source_sha256, versions
from spillover.pipelines.stages import Prepared, definition_of
from spillover.tables.provenance import Loss, Provenance


def manifest(plan: Plan, prepared: Prepared, estimates: Sequence[Estimate]) -> dict[str, Any]:
    """The manifest of a run, without the files it wrote.

    Parameters
    ----------
    plan : Plan
        A study met with its files.
    prepared : Prepared
        Its tables, networks and sample.
    estimates : sequence of Estimate
        Its results.
    """
    specification = full(plan.study)
    return {
        "spillover": spillover.__version__,
        "title": str(plan.study.title),
        "seed": plan.study.seed,
        "inputs": _inputs(plan, prepared.tables.provenance),
        "schemas_sha256": schemas_sha256(),
        "foreign": full(definition_of(plan.study)),
        "specification": specification,
        "specification_sha256": digest(specification),
        "software": {**versions(), "source_sha256": source_sha256()},
        "networks": [
            {"name": n.name, "firms": len(n.firms), "years": len(n.years), "links": len(n.edges)}
            for n in prepared.networks
        ],
        "sample": [_loss(loss) for loss in prepared.sample.losses],
        "models": [_model(estimate) for estimate in estimates],
    }


def with_files(told: Mapping[str, Any], files: Mapping[str, bytes]) -> bytes:
    """The manifest as JSON, with the hash of every file beside it.

    Parameters
    ----------
    told : mapping
        The manifest.
    files : mapping of str to bytes
        Contents by path below the folder of the results.
    """
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    text = json.dumps({**told, "files": hashes}, indent=2, ensure_ascii=False)
    return (text + "\n").encode("utf-8")


def is_complete(folder: Path) -> bool:
    """Whether a folder holds every file of its manifest, unchanged.

    Parameters
    ----------
    folder : Path
        Folder of results.
    """
    try:
        told = json.loads((folder / MANIFEST).read_text("utf-8"))["files"]
        return all(file_sha256(folder / name) == sha256 for name, sha256 in told.items())
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _inputs(plan: Plan, provenance: Sequence[Provenance]) -> list[dict[str, Any]]:
    records = {record.table: record for record in provenance}
    return [
        {
            "table": file.table,
            "file": file.path.name,
            "sha256": file.sha256,
            "bytes": file.bytes,
            **(_rows(records[file.table]) if file.table in records else {}),
        }
        for file in plan.inputs
    ]


def _rows(record: Provenance) -> dict[str, Any]:
    return {
        "rows_read": record.rows_read,
        "rows_kept": record.rows_kept,
        "dropped": dict(record.dropped),
        "notes": list(record.notes),
    }


def _model(estimate: Estimate) -> dict[str, Any]:
    return {
        "label": estimate.label,
        "rows": estimate.nobs,
        "standard_errors": estimate.covariance.label,
        "losses": [_loss(loss) for loss in estimate.losses],
    }


def _loss(loss: Loss) -> dict[str, Any]:
    return {"reason": loss.reason, "rows": loss.rows, "remaining": loss.remaining}
