"""Firms whose production functions are known: price takers, investors, and slow adjusters."""

import numpy as np
import pandas as pd


def price_takers(seed: int, firms: int = 300, years: int = 8) -> pd.DataFrame:
    """Gross output of firms that take the price of a flexible input: elasticities 0.25, 0.15, 0.5.

    Columns y, k, l, m in logs, s the log revenue share of m, and true the log productivity, which
    persists with 0.7.

    Parameters
    ----------
    seed, firms, years : int
        Seed of the draws and size of the panel.
    """
    rng = np.random.default_rng(seed)
    omega, k, labor = (np.zeros((firms, years)) for _ in range(3))
    omega[:, 0] = rng.normal(0, 0.3, firms)
    k[:, 0], labor[:, 0] = rng.normal(2, 1, firms), rng.normal(1, 1, firms)
    for t in range(1, years):
        omega[:, t] = 0.7 * omega[:, t - 1] + rng.normal(0, 0.2, firms)
        k[:, t] = 0.8 * k[:, t - 1] + 0.4 * omega[:, t - 1] + rng.normal(0.4, 0.4, firms)
        labor[:, t] = 0.6 * labor[:, t - 1] + 0.5 * omega[:, t - 1] + rng.normal(0.4, 0.5, firms)
    eps, price = rng.normal(0, 0.1, (2, firms, years))
    mean = np.exp(0.5 * 0.1**2)
    m = (np.log(0.5 * mean) + 0.25 * k + 0.15 * labor + omega - price) / (1 - 0.5)
    y = 0.25 * k + 0.15 * labor + 0.5 * m + omega + eps
    share = price + m - y
    names = ("y", "k", "l", "m", "s", "true")
    columns = dict(zip(names, (y, k, labor, m, share, omega), strict=True))
    return pd.DataFrame(
        {
            "firm_id": np.repeat([f"F{i:04d}" for i in range(firms)], years),
            "year": np.tile(np.arange(2000, 2000 + years), firms),
        }
        | {name: values.ravel() for name, values in columns.items()}
    )


def slow_adjusters(
    seed: int, firms: int = 400, years: int = 8, error: float = 0.05
) -> pd.DataFrame:
    """Firms with effects of their own: elasticities 0.6 and 0.3, persistence 0.5.

    Columns y, l, k in logs; inputs follow second-order autoregressions.

    Parameters
    ----------
    seed, firms, years : int
        Seed of the draws and size of the panel.
    error : float
        Standard deviation of the error in output.
    """
    rng = np.random.default_rng(seed)
    effect = rng.normal(0, 0.3, firms)
    v = rng.normal(0, 0.1 / np.sqrt(0.75), firms)
    past = dict.fromkeys("lk", (effect, effect))
    rule = {"l": (1.3, -0.6, 0.5), "k": (1.1, -0.3, 0.3)}
    rows = []
    for t in range(-30, years):
        v = 0.5 * v + rng.normal(0, 0.1, firms)
        now = {}
        for name, (one, two, reacts) in rule.items():
            last, before = past[name]
            now[name] = effect + one * (last - effect) + two * (before - effect) + reacts * v
            now[name] += rng.normal(0, 0.4, firms)
            past[name] = (now[name], last)
        y = 0.6 * now["l"] + 0.3 * now["k"] + effect + v + 0.02 * t
        y += error * rng.normal(size=firms)
        if t >= 0:
            firm = [f"F{i:04d}" for i in range(firms)]
            rows.append(pd.DataFrame({"firm_id": firm, "year": 2000 + t, "y": y} | now))
    return pd.concat(rows, ignore_index=True)


def investors(seed: int, firms: int = 1000, years: int = 10) -> pd.DataFrame:
    """Firms whose investment reveals productivity: elasticities 0.6 and 0.4, persistence 0.7.

    Columns y, l, k and i in logs. Labor follows persistent wages that differ over firms,
    investment rises strictly with productivity at given capital, and wear of capital is random.

    Parameters
    ----------
    seed, firms, years : int
        Seed of the draws and size of the panel.
    """
    rng = np.random.default_rng(seed)
    omega, wage = rng.normal(0, 0.3, firms), rng.normal(0, 0.3, firms)
    k, parts = rng.normal(0, 0.5, firms), []
    for t in range(-20, years):
        omega = 0.7 * omega + rng.normal(0, 0.3 * np.sqrt(1 - 0.7**2), firms)
        wage = 0.5 * wage + rng.normal(0, 0.3 * np.sqrt(1 - 0.5**2), firms)
        labor = (0.4 * k + omega - wage) / 0.4
        invest = np.log(0.2) + 0.5 * k + omega
        y = 0.6 * labor + 0.4 * k + omega + rng.normal(0, 0.1, firms)
        if t >= 0:
            firm = [f"F{i:04d}" for i in range(firms)]
            now = {"y": y, "l": labor, "k": k, "i": invest}
            parts.append(pd.DataFrame({"firm_id": firm, "year": 2000 + t} | now))
        k = np.log(0.8 * np.exp(k + rng.normal(0, 0.2, firms)) + np.exp(invest))
    return pd.concat(parts, ignore_index=True)
