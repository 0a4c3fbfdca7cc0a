"""The simulated economy in the form of the six input tables."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from spillover.simulation.economy import Economy
from spillover.simulation.firms import MODES, NEVER, Firms
from spillover.simulation.numbering import corporate_numbers, firm_ids
from spillover.simulation.observe import Listed
from spillover.simulation.patents import PERSONS, UNIVERSITIES, Patent
from spillover.simulation.places import CODES, COUNTRIES, LATITUDES, LONGITUDES

FIRST = ("青葉", "若葉", "朝日野", "北斗", "南風", "東雲", "西川原", "松ヶ枝", "竹ノ内", "梅ヶ丘")
SECOND = {
    "D": "建設",
    "E": "精機",
    "G": "情報",
    "H": "運輸",
    "I": "商事",
    "L": "技研",
}


@dataclass(frozen=True, slots=True, eq=False)
class Names:
    """Identifiers and names of the entities of an economy."""

    ids: list[str]
    """(N,) identifiers of firms."""

    names: list[str]
    """(N,) names of firms."""

    university_ids: list[str]
    """Identifiers of universities and public institutes."""

    university_names: list[str]
    """Their names."""

    persons: list[str]
    """Names of persons who apply for patents."""


def name_all(economy: Economy, firms: Firms) -> Names:
    """Identifiers in order and invented names that carry a running number."""
    return Names(
        firm_ids(len(firms)),
        [_firm_name(economy, firms, i) for i in range(len(firms))],
        firm_ids(UNIVERSITIES, "U"),
        [
            f"模擬研究所{k + 1:02d}" if k >= UNIVERSITIES - 2 else f"模擬大学{k + 1:02d}"
            for k in range(UNIVERSITIES)
        ],
        [f"発明者{k + 1:03d}" for k in range(PERSONS)],
    )


def _firm_name(economy: Economy, firms: Firms, i: int) -> str:
    if i == firms.plant:
        return "模擬半導体製造株式会社"
    trade = SECOND.get(economy.classification.codes[firms.industry[i]], "工業")
    return f"株式会社{FIRST[i % len(FIRST)]}{trade}{i + 1:04d}"


def university_kind(k: int) -> str:
    """Kind of the k-th university or institute."""
    return "public_institute" if k >= UNIVERSITIES - 2 else "university"


def university_place(k: int) -> int:
    """Prefecture, as a position in ``CODES``, of the k-th university or institute."""
    return (12, 26, 22, 3, 39, 42, 0, 33, 12, 42)[k % 10]


def firms_table(
    economy: Economy, firms: Firms, names: Names, rng: np.random.Generator
) -> pd.DataFrame:
    """One row per firm, university and public institute."""
    n, further = len(firms), UNIVERSITIES
    places = [*firms.prefecture, *(university_place(k) for k in range(further))]
    numbers = corporate_numbers(n + further, rng)
    jitter = np.clip(0.12 * rng.standard_normal((n + further, 2)), -0.3, 0.3)
    closed = [int(y) if y < NEVER else None for y in firms.died] + [None] * further
    return pd.DataFrame(
        {
            "firm_id": names.ids + names.university_ids,
            "corporate_number": numbers,
            "name": names.names + names.university_names,
            "entity_kind": ["firm"] * n + [university_kind(k) for k in range(further)],
            "industry": [economy.classification.codes[s] for s in firms.industry]
            + [None] * further,
            "industry_revision": ["rev13"] * n + [None] * further,
            "prefecture": _written(economy, [CODES[p] for p in places], rng),
            "latitude": [round(LATITUDES[p] + jitter[i, 0], 4) for i, p in enumerate(places)],
            "longitude": [round(LONGITUDES[p] + jitter[i, 1], 4) for i, p in enumerate(places)],
            "location_kind": ["head_office"] * (n + further),
            "founded": [int(y) for y in firms.born] + [1949] * further,
            "closed": pd.array(closed, dtype="Int64"),
        }
    )


def _written(economy: Economy, codes: list[str], rng: np.random.Generator) -> list[str]:
    """Codes as a careless source writes them: some without their leading zero."""
    luck = rng.random(len(codes))
    share = economy.observation.unpadded_codes
    return [
        code.lstrip("0") if draw < share else code for code, draw in zip(codes, luck, strict=True)
    ]


def links_table(years: list[int], seen: list[Listed], names: Names) -> pd.DataFrame:
    """Listed links, sorted by year, supplier and customer."""
    rows = [
        (names.ids[i], names.ids[j], year, value, rank, reporter)
        for year, found in zip(years, seen, strict=True)
        for (i, j), (value, rank, reporter) in sorted(found.items())
    ]
    columns = ["supplier_id", "customer_id", "year", "value", "rank", "reporter"]
    return pd.DataFrame(rows, columns=columns)


def ownership_table(economy: Economy, firms: Firms, names: Names) -> pd.DataFrame:
    """Foreign owners, heads of groups and founding families, firm by firm and year by year."""
    rows = []
    for i in range(len(firms)):
        for year in range(economy.first_year, economy.last_year + 1):
            if firms.alive(year)[i]:
                stakes = _stakes(firms, names, i, year)
                rows += [
                    (names.ids[i], year, seq, *stake) for seq, stake in enumerate(stakes, start=1)
                ]
    columns = [
        "firm_id", "year", "owner_seq", "owner_id", "owner_kind", "owner_country", "share",
        "path", "scope", "group_id", "entry_mode",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _stakes(firms: Firms, names: Names, i: int, year: int) -> list[tuple[object, ...]]:
    """Stakes in one firm in one year: owner, kind, country, share, path, scope, group, mode."""
    owners = firms.owners
    stakes: list[tuple[object, ...]] = []
    group = f"G{owners.group[i] + 1:03d}" if owners.group[i] >= 0 else None
    held = owners.since[i] <= year
    minority = owners.since[i] == NEVER and owners.country[i] >= 0
    share = round(float(owners.share[i]), 3)
    if held or minority:
        country = COUNTRIES[owners.country[i]]
        mode = MODES[owners.mode[i]] if held else None
        owner = (f"X{i + 1:04d}", "firm", country, share)
        stakes.append((*owner, "direct", "single_owner", group, mode))
    if group is None:
        return stakes
    if owners.parent[i] == i:
        family = (None, "person", "JPN", 0.3, "direct", "single_owner", group, None)
        return [*stakes, family]
    rest = round(1.0 - share, 3) if held else 0.8
    head = (names.ids[owners.parent[i]], "firm", "JPN", rest)
    return [*stakes, (*head, "direct", "single_owner", group, None)]


def patents_table(patents: list[Patent]) -> pd.DataFrame:
    """One row per application."""
    return pd.DataFrame(
        {
            "patent_id": [_patent_id(k, patent) for k, patent in enumerate(patents)],
            "office": ["JP"] * len(patents),
            "filing_year": [patent.year for patent in patents],
            "granted": [patent.granted for patent in patents],
            "main_class": [patent.ipc for patent in patents],
            "citations_received": [patent.citations for patent in patents],
            "citation_window": [5] * len(patents),
        }
    )


def _patent_id(k: int, patent: Patent) -> str:
    return f"JP{patent.year}{k + 1:06d}"


def applicants_table(
    economy: Economy,
    firms: Firms,
    names: Names,
    patents: list[Patent],
    rng: np.random.Generator,
) -> pd.DataFrame:
    """One row per applicant of each patent, in order."""
    rows = []
    for k, patent in enumerate(patents):
        for seq, (kind, at) in enumerate(patent.team, start=1):
            name, told, prefecture, firm_id = _applicant(firms, names, kind, at)
            if rng.random() < economy.observation.name_variants:
                name = name.replace("株式会社", "㈱").replace("ヶ", "ケ")
            share = 1.0 / len(patent.team)
            rows.append((_patent_id(k, patent), seq, name, told, "JPN", prefecture, share, firm_id))
    columns = [
        "patent_id", "applicant_seq", "applicant_name", "applicant_kind", "country",
        "prefecture", "share", "firm_id",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _applicant(
    firms: Firms, names: Names, kind: str, at: int
) -> tuple[str, str, str | None, str | None]:
    """Name, kind, prefecture and identifier of an applicant."""
    if kind == "person":
        return names.persons[at], "person", None, None
    if kind == "university":
        place = CODES[university_place(at)]
        return names.university_names[at], university_kind(at), place, names.university_ids[at]
    return names.names[at], "firm", CODES[firms.prefecture[at]], names.ids[at]
