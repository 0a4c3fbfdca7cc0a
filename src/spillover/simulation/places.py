"""Facts about places, industries and countries from which firms are drawn."""

from dataclasses import dataclass

_PREFECTURES = """
01 5225 43.06 141.35 1
02 1238 40.82 140.74 2
03 1211 39.70 141.15 2
04 2302 38.27 140.87 2
05 960 39.72 140.10 2
06 1068 38.24 140.36 2
07 1833 37.75 140.47 2
08 2867 36.34 140.45 3
09 1933 36.57 139.88 3
10 1939 36.39 139.06 3
11 7345 35.86 139.65 3
12 6284 35.60 140.12 3
13 14048 35.69 139.69 3
14 9237 35.45 139.64 3
15 2201 37.90 139.02 4
16 1035 36.70 137.21 4
17 1133 36.59 136.63 4
18 767 36.07 136.22 4
19 810 35.66 138.57 4
20 2048 36.65 138.18 4
21 1979 35.39 136.72 4
22 3633 34.98 138.38 4
23 7542 35.18 136.91 4
24 1770 34.73 136.51 5
25 1414 35.00 135.87 5
26 2578 35.02 135.76 5
27 8838 34.69 135.52 5
28 5465 34.69 135.18 5
29 1324 34.69 135.83 5
30 923 34.23 135.17 5
31 553 35.50 134.24 6
32 671 35.47 133.05 6
33 1888 34.66 133.93 6
34 2800 34.40 132.46 6
35 1342 34.19 131.47 6
36 720 34.07 134.56 7
37 950 34.34 134.04 7
38 1335 33.84 132.77 7
39 692 33.56 133.53 7
40 5135 33.61 130.42 8
41 811 33.25 130.30 8
42 1312 32.74 129.87 8
43 1738 32.79 130.74 8
44 1124 33.24 131.61 8
45 1070 31.91 131.42 8
46 1588 31.56 130.56 8
47 1467 26.21 127.68 8
"""

_ROWS = tuple(tuple(line.split()) for line in _PREFECTURES.strip().splitlines())

CODES = tuple(row[0] for row in _ROWS)
"""JIS X 0401 codes of the 47 prefectures."""

RESIDENTS = tuple(float(row[1]) for row in _ROWS)
"""Residents in thousands (Population Census 2020): the weights of domestic head offices."""

LATITUDES = tuple(float(row[2]) for row in _ROWS)
"""Latitudes of the prefectural capitals, degrees."""

LONGITUDES = tuple(float(row[3]) for row in _ROWS)
"""Longitudes of the prefectural capitals, degrees."""

REGIONS = tuple(int(row[4]) for row in _ROWS)
"""Region of each prefecture: 1 Hokkaido, 2 Tohoku, 3 Kanto, 4 Chubu, 5 Kinki, 6 Chugoku,
7 Shikoku, 8 Kyushu and Okinawa."""

KANTO = 3
"""Region in which more than 70 % of foreign firms have their head office (JETRO 2021)."""

TOKYO = "13"
"""Prefecture of about 60 % of foreign head offices (JETRO 2021)."""

TOKYO_SHARE = 0.60
"""Share of foreign head offices in Tokyo (JETRO 2021)."""

KANTO_SHARE = 0.74
"""Share of foreign head offices in Kanto, Tokyo included (JETRO 2021: more than 70 %)."""

METROPOLITAN = ("11", "12", "13", "14", "21", "23", "24", "26", "27", "28", "29")
"""Prefectures of the Tokyo, Nagoya and Osaka areas (Population Census)."""

INDUSTRIES = ("D", "E", "G", "H", "I", "L")
"""JSIC divisions: construction, manufacturing, information, transport, trade, professional."""

INDUSTRY_SHARES = (0.10, 0.45, 0.10, 0.08, 0.20, 0.07)
"""Shares of firms by division; choice: a sample of firms that buy from and sell to firms."""

COUNTRIES = ("USA", "DEU", "CHN", "FRA", "GBR", "KOR", "CHE", "TWN", "NLD", "SGP", "SWE", "HKG")
"""ISO 3166-1 alpha-3 codes of parents' countries."""

COUNTRY_SHARES = (
    0.201, 0.127, 0.103, 0.08, 0.08, 0.08, 0.07, 0.07, 0.06, 0.05, 0.04, 0.039,
)  # fmt: skip
"""Shares of parents' countries: United States, Germany and China as in the JETRO survey, the rest
spread; choice."""

CLASSES = {
    "D": ("E04B 1/00", "E02D 27/00"),
    "E": ("H01L 21/00", "B23K 26/00", "G01N 21/00", "C08L 23/00", "F16H 1/00"),
    "G": ("G06F 17/00", "H04L 12/00"),
    "H": ("B65G 1/00", "G08G 1/00"),
    "I": ("A23L 2/00", "B65D 5/00"),
    "L": ("G06Q 10/00", "C12N 15/00"),
}
"""IPC groups in which firms of a division file; choice."""

FIELDS = (
    "A23L 2/00", "A24B 1/00", "D03D 1/00", "D06M 10/00", "B27M 1/00", "A47B 1/00", "D21H 1/00",
    "B41M 1/00", "C07C 1/00", "C08L 23/00", "C10G 1/00", "B29C 33/00", "B60C 1/00", "C14C 1/00",
    "C03C 1/00", "C21D 1/00", "C22C 1/00", "B21D 1/00", "F16H 1/00", "B23K 26/00", "G01N 21/00",
    "H01L 21/00", "H02K 1/00", "H04L 12/00", "B60K 1/00", "G06F 17/00", "H05K 1/00", "A61K 6/00",
)  # fmt: skip
"""IPC groups in which manufacturers file; neighbouring industries share some; choice."""


@dataclass(frozen=True, slots=True)
class Classification:
    """Industries that firms belong to."""

    codes: tuple[str, ...]
    """JSIC revision 13."""

    shares: tuple[float, ...]
    """Shares of firms."""

    fields: tuple[tuple[str, ...], ...]
    """IPC groups in which the firms of an industry file."""

    plant: str
    """Industry of a large semiconductor plant."""


DIVISIONS = Classification(
    INDUSTRIES, INDUSTRY_SHARES, tuple(CLASSES[code] for code in INDUSTRIES), "E"
)
"""Six divisions."""

MANUFACTURING = Classification(
    tuple(f"{code:02d}" for code in range(9, 33)),
    (1 / 24,) * 24,
    tuple(tuple(FIELDS[(k + step) % len(FIELDS)] for step in (0, 1, 3, 8)) for k in range(24)),
    "28",
)
"""The 24 major groups of manufacturing, with as many firms in each; choice."""

CLASSIFICATIONS = {"divisions": DIVISIONS, "manufacturing": MANUFACTURING}
"""Classifications by name."""
