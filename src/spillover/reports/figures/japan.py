"""Prefectures as tiles of one size, laid out so that neighbours stay neighbours."""

from dataclasses import dataclass
from functools import cache

from spillover.identifiers.codelists import codelist
from spillover.reports.phrases import Language

_LAYOUT = """
01 11.5 0.0 HKD; 02 11 1.5 AOM; 03 11 2.5 IWT; 04 11 3.5 MYG; 05 10 2.5 AKT; 06 10 3.5 YGT
07 11 4.5 FKS; 08 12 5.5 IBR; 09 11 5.5 TCG; 10 10 5.5 GNM; 11 10 6.5 SIT; 12 12 6.5 CHB
13 11 6.5 TKY; 14 11 7.5 KNG; 15 10 4.5 NGT; 16 9 4.5 TYM; 17 8 4.5 IKW; 18 7 5.5 FKI
19 9 6.5 YMN; 20 9 5.5 NGN; 21 8 5.5 GIF; 22 9 7.5 SZO; 23 8 6.5 AIC; 24 8 7.5 MIE
25 7 6.5 SIG; 26 6 6.5 KYT; 27 6 7.5 OSK; 28 5 6.5 HYG; 29 7 7.5 NAR; 30 7 8.5 WKY
31 4 6.5 TTR; 32 3 6.5 SMN; 33 4 7.5 OKY; 34 3 7.5 HRS; 35 2 7.0 YGC; 36 5 10.0 TKS
37 5 9.0 KGW; 38 4 9.0 EHM; 39 4 10.0 KCH; 40 1 8.0 FKO; 41 0 8.0 SAG; 42 0 9.0 NGS
43 1 9.0 KMM; 44 2 9.0 OIT; 45 2 10.0 MYZ; 46 1 10.0 KGS; 47 0 11.5 OKN
"""
_REGIONS = (
    ("hokkaido", 1, 1),
    ("tohoku", 2, 7),
    ("kanto", 8, 14),
    ("chubu", 15, 23),
    ("kinki", 24, 30),
    ("chugoku", 31, 35),
    ("shikoku", 36, 39),
    ("kyushu", 40, 47),
)
"""Eight regions, with the first and last prefecture of each."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the tile of a prefecture lies."""

    code: str
    """JIS X 0401."""

    column: float
    """From the west."""

    row: float
    """From the north."""

    short: str
    """Three letters."""


@cache
def places() -> tuple[Place, ...]:
    """Tiles of the 47 prefectures in the order of their codes."""
    entries = [entry.split() for line in _LAYOUT.split("\n") for entry in line.split(";") if entry]
    return tuple(Place(code, float(x), float(y), short) for code, x, y, short in entries)


def prefecture_name(code: str, language: Language) -> str:
    """Name of a prefecture.

    >>> prefecture_name("43", "en")
    'Kumamoto'
    """
    return codelist("jis_x_0401").rows[code][f"name_{language}"]


def tile_name(place: Place, language: Language) -> str:
    """Name that fits a tile: three letters, or the characters without the kind of prefecture."""
    if language == "en":
        return place.short
    name = prefecture_name(place.code, "ja")
    return name if name == "北海道" else name[:-1]


def region_of(code: str) -> str:
    """Key of the region of a prefecture; empty for an unknown code.

    >>> region_of("43")
    'kyushu'
    """
    number = int(code) if code.isdecimal() else 0
    return next((name for name, first, last in _REGIONS if first <= number <= last), "")


def regions() -> tuple[str, ...]:
    """Keys of the eight regions from north to south."""
    return tuple(name for name, _, _ in _REGIONS)
