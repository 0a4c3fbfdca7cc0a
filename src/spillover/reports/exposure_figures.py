"""Figures of exposures: over time, by region, on the map."""

from dataclasses import dataclass

import numpy as np

from spillover.exposures.exposure import Exposure
from spillover.exposures.knowledge import Pool
from spillover.exposures.linkage import Linkage
from spillover.reports.disclosure import DisclosureRule, Suppressed
from spillover.reports.figures.figure import Figure
from spillover.reports.figures.japan import prefecture_name, regions
from spillover.reports.figures.over_time import Mark, OverTime, Series
from spillover.reports.figures.tile_map import MapWords, TileMap
from spillover.reports.firms import Firms, Means, band, column_on, firms_of, means
from spillover.reports.inputs import Event
from spillover.reports.measured import Measured, measured
from spillover.reports.numbers import fixed
from spillover.reports.words import Words
from spillover.sample import Sample
from spillover.typing import FloatVector, TextVector

Drawn = tuple[Figure | None, int]
"""A figure, or nothing when nothing may be shown, and the number of hidden cells."""


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What every figure of exposures needs."""

    sample: Sample
    """Rows of the headline model before rows with missing values leave."""

    words: Words
    """How names are written."""

    rule: DisclosureRule
    """What may be shown."""

    events: tuple[Event, ...] = ()
    """Dated events."""

    def firms(self) -> Firms:
        """Year and prefecture of each row."""
        return firms_of(self.sample)

    def values(self, shown: Measured) -> FloatVector:
        """(n,) a column in the unit in which it is shown."""
        return self.sample.column(shown.name) * shown.scale

    def marks(self) -> tuple[Mark, ...]:
        """Events as marks."""
        return tuple(Mark(event.year, str(event.words)) for event in self.events)


def exposure_figures(
    scene: Scene, exposures: tuple[Exposure | Linkage | Pool, ...]
) -> tuple[tuple[Figure, ...], tuple[Suppressed, ...]]:
    """Figures of all exposures, and what they do not show.

    Parameters
    ----------
    scene : Scene
        Sample, words, rule, events.
    exposures : tuple of Exposure, Linkage or Pool
        The first one also by region and on the map, with the shock that it carries along links.
    """
    shown = [measured(each, scene.words) for each in exposures]
    drawn: list[Drawn] = [over_time(scene, each) for each in shown]
    if shown:
        first = exposures[0]
        carried = [shock_map(scene, first)] if isinstance(first, Exposure) else []
        drawn[1:1] = [by_region(scene, shown[0]), exposure_map(scene, shown[0]), *carried]
    hidden = tuple(
        Suppressed(figure.name, cells, scene.words.say("provenance.few", _minimum(scene)))
        for figure, cells in drawn
        if figure is not None and cells
    )
    return tuple(figure for figure, _ in drawn if figure is not None), hidden


def _minimum(scene: Scene) -> dict[str, object]:
    return {"minimum": scene.rule.minimum_units}


def over_time(scene: Scene, shown: Measured) -> Drawn:
    """The yearly mean of an exposure with a band of firms around it.

    Parameters
    ----------
    scene : Scene
        Sample, words, rule, events.
    shown : Measured
        The exposure.
    """
    values, years = scene.values(shown), scene.sample.years
    yearly = means(values, years.astype(str).astype(object), scene.rule)
    if not len(yearly.keys) or np.isnan(yearly.values).all():
        return None, yearly.hidden
    bands = [band(_known(values, years, int(year)), scene.rule) for year in yearly.keys]
    share = min(width for _, _, width in bands) if any(b[1] > b[0] for b in bands) else 0
    low, high = (tuple(b[side] for b in bands) if share else () for side in (0, 1))
    line = Series(scene.words.say("figure.mean"), tuple(map(float, yearly.values)), low, high)
    gaps = _ends(shown, yearly) | {"share": share}
    caption = scene.words.say("figure.time" if share else "figure.time_plain", gaps)
    texts = (caption, scene.words.say("figure.time_alt", gaps))
    lines = (tuple(map(int, yearly.keys)), (line,), shown)
    return _timed(scene, "over_time", texts, lines), yearly.hidden


def _known(values: FloatVector, years: np.ndarray, year: int) -> FloatVector:
    return np.asarray(values[(years == year) & ~np.isnan(values)])


def _ends(shown: Measured, yearly: Means) -> dict[str, object]:
    known = np.flatnonzero(~np.isnan(yearly.values))
    first, last = int(known[0]), int(known[-1])
    return {
        "name": shown.words,
        "first": fixed(float(yearly.values[first]), shown.decimals),
        "last": fixed(float(yearly.values[last]), shown.decimals),
        "start": yearly.keys[first],
        "end": yearly.keys[last],
    }


def _timed(
    scene: Scene,
    kind: str,
    texts: tuple[str, str],
    lines: tuple[tuple[int, ...], tuple[Series, ...], Measured],
) -> OverTime:
    years, series, shown = lines
    marks = tuple(mark for mark in scene.marks() if years[0] <= mark.year <= years[-1])
    return OverTime(
        f"{shown.name}_{kind}",
        *texts,
        years,
        series,
        shown.axis,
        marks,
        scene.words.say("figure.year"),
        shown.decimals,
    )


def by_region(scene: Scene, shown: Measured) -> Drawn:
    """Yearly means by region; the region that contributes most to the change stands out.

    Parameters
    ----------
    scene : Scene
        Sample, words, rule, events.
    shown : Measured
        The exposure.
    """
    values, firms = scene.values(shown), scene.firms()
    years = np.unique(firms.years[~np.isnan(values)])
    places = firms.region
    found = [
        means(values[firms.years == year], places[firms.years == year], scene.rule)
        for year in years
    ]
    table = {
        key: np.array([_of(one, key) for one in found])
        for key in regions()
        if any(not np.isnan(_of(one, key)) for one in found)
    }
    change = {key: _contribution(found, key) for key in table}
    hidden = sum(one.hidden for one in found)
    if len(years) < 2 or len(table) < 2 or not any(change.values()):
        return None, hidden
    loud = max(change, key=lambda key: (change[key], key))
    series = tuple(
        Series(scene.words.say(f"region.{key}"), tuple(map(float, table[key])), quiet=key != loud)
        for key in (*(key for key in table if key != loud), loud)
    )
    texts = _region_texts(scene, shown, (loud, table[loud], len(table)))
    lines = (tuple(int(year) for year in years), series, shown)
    return _timed(scene, "by_region", texts, lines), hidden


def _of(found: Means, key: str) -> float:
    return float(found.values[found.keys.index(key)]) if key in found.keys else np.nan


def _contribution(found: list[Means], key: str) -> float:
    """Change between the first and the last shown mean, times the firms behind the last one."""
    shown = [one for one in found if not np.isnan(_of(one, key))]
    if len(shown) < 2:
        return 0.0
    firms = int(shown[-1].counts[shown[-1].keys.index(key)])
    return abs(_of(shown[-1], key) - _of(shown[0], key)) * firms


def _region_texts(
    scene: Scene, shown: Measured, found: tuple[str, FloatVector, int]
) -> tuple[str, str]:
    loud, line, n = found
    known = line[~np.isnan(line)]
    gaps = {
        "name": shown.words,
        "n": n,
        "region": scene.words.say(f"region.{loud}"),
        "first": fixed(float(known[0]), shown.decimals),
        "last": fixed(float(known[-1]), shown.decimals),
    }
    return scene.words.say("figure.regions", gaps), scene.words.say("figure.regions_alt", gaps)


def exposure_map(scene: Scene, shown: Measured) -> Drawn:
    """The mean exposure by prefecture in the last year.

    Parameters
    ----------
    scene : Scene
        Sample, words, rule, events.
    shown : Measured
        The exposure.
    """
    values, firms = scene.values(shown), scene.firms()
    known = firms.years[~np.isnan(values)]
    if not len(known):
        return None, 0
    year = int(known.max())
    now = firms.years == year
    caption = scene.words.say("figure.map_exposure", {"name": shown.words, "year": year})
    axis = f"{shown.axis}, {year}"
    return _mapped(
        scene, f"{shown.name}_map", (caption, axis), (values[now], firms.prefecture[now])
    )


def shock_map(scene: Scene, exposure: Exposure) -> Drawn:
    """Percent of foreign firms by prefecture in the last year of the network.

    Parameters
    ----------
    scene : Scene
        Sample, words, rule, events.
    exposure : Exposure
        Its shock must be the indicator of foreign firms.
    """
    network, panel = exposure.network, scene.sample.panel
    if exposure.shock.name != "foreign" or "prefecture" not in panel.frame.columns:
        return None, 0
    year = int(min(network.years[-1], exposure.shock.years[-1]))
    column = network.position(year)
    foreign = 100.0 * exposure.shock.on(network)[:, column]
    foreign = np.where(network.present[:, column], foreign, np.nan)
    caption = scene.words.say("figure.map_foreign", {"year": year})
    axis = scene.words.say("figure.map_foreign_axis", {"year": year})
    return _mapped(
        scene, "foreign_map", (caption, axis), (foreign, column_on(network, panel, "prefecture"))
    )


def _mapped(
    scene: Scene, name: str, texts: tuple[str, str], data: tuple[FloatVector, TextVector]
) -> Drawn:
    caption, axis = texts
    found = means(data[0], data[1], scene.rule)
    valid = [k for k, key in enumerate(found.keys) if key.isdigit() and 1 <= int(key) <= 47]
    if not valid or np.isnan(found.values[valid]).all():
        return None, found.hidden
    values = tuple((found.keys[k], float(found.values[k])) for k in valid)
    language = scene.words.language
    top = max((value, code) for code, value in values if not np.isnan(value))
    decimals = 1 if top[0] >= 5 else 2
    alt = scene.words.say(
        "figure.map_exposure_alt",
        {"name": axis, "high": fixed(top[0], decimals), "place": prefecture_name(top[1], language)},
    )
    headings = (scene.words.say("figure.prefecture"), scene.words.say("figure.value"))
    blank = (scene.words.say("figure.too_few"), scene.words.say("figure.no_firms"))
    words = MapWords(axis, headings, *blank, language)
    return TileMap(name, caption, alt, values, words, decimals), found.hidden
