"""Lesson 4: how often does a 95 % interval hold the truth?"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="4. Choosing standard errors")

with app.setup:
    import marimo as mo
    import numpy as np
    import pandas as pd

    import spillover as sp


@app.cell
def _():
    mo.md("""
    # 4. Choosing standard errors

    A 95 % interval promises to hold the truth in 95 of 100 repetitions. Whether it keeps its
    promise depends on which rows may be dependent, and only you can say that: the computer does
    not know which firms share a boom.

    In this economy 150 firms in 50 industries are seen for 5 years. Foreign presence moves by
    industry and year, as sector-level exposures do. What is left unexplained has three parts:
    something of the firm that lasts, a **boom of the industry** that lasts two or three years,
    and noise. The effect is planted, 0.30.

    Pick a standard error:

    1. every row on its own (heteroskedasticity-robust);
    2. rows of one firm together;
    3. rows of one industry together.
    """)


@app.cell
def _():
    slider = mo.ui.slider(1, 3, value=1, show_value=True, label="standard error 1, 2 or 3")
    slider
    return (slider,)


@app.cell
def _(slider):
    choice = slider.value  # the number to change: which rows may be dependent
    return (choice,)


@app.cell
def _():
    truth = 0.30
    design = sp.FixedEffects.formula("log_tfp ~ backward | firm_id + year")
    methods = {
        1: ("every row on its own", sp.Heteroskedastic("HC1")),
        2: ("by firm", sp.Cluster("firm_id")),
        3: ("by industry", sp.Cluster("industry")),
    }

    def lasting(rng, units, years):
        values = [rng.normal(size=units)]
        for _ in range(years - 1):
            values.append(0.8 * values[-1] + 0.6 * rng.normal(size=units))
        return np.column_stack(values)

    def economy(rng, industries=50, firms=3, years=5):
        own = np.repeat(np.arange(industries), firms)
        exposure = lasting(rng, industries, years)[own]
        boom = lasting(rng, industries, years)[own]
        noise = lasting(rng, len(own), years) + rng.normal(size=(len(own), years))
        outcome = truth * exposure + boom + 0.5 * noise
        frame = pd.DataFrame(
            {
                "firm_id": np.repeat([f"F{i:03d}" for i in range(len(own))], years),
                "year": np.tile(np.arange(2016, 2016 + years), len(own)),
                "industry": np.repeat(own.astype(str), years),
                "backward": exposure.ravel(),
                "log_tfp": outcome.ravel(),
            }
        )
        return sp.Sample.of(sp.Panel.of(frame))

    return design, economy, methods, truth


@app.cell
def _(choice, design, economy, methods, truth):
    label, vcov = methods[choice]

    def repeat(rng):
        found = sp.estimate(economy(rng), design, vcov=vcov)
        return float(found.beta[0]), float(found.std_errors[0])

    table = sp.monte_carlo(200, seed=1, simulate_one=repeat, truth=truth)
    solved = table.coverage >= 0.92
    verdict = (
        "The promise is kept."
        if solved
        else "The promise is broken: intervals are too short. Change the standard error."
    )
    text = (
        f"Standard errors {label}: {100 * table.coverage:.0f} % of the intervals hold the truth. "
        f"Estimates scatter by {table.spread:.3f}, standard errors say {table.mean_error:.3f}. "
        f"{verdict}"
    )
    mo.md(f"""
    ## Two hundred repetitions

    > {text}

    **Question.** Which of the three keeps its promise?

    The estimate is the same in all three; `sp.infer` changes the standard error without
    estimating again. Rows that share the shock which moves the exposure belong together:
    here the industry. With firm links exposures move firm by firm, and then firms, places or
    partners in the network may be the answer.
    """)
    return solved, text


@app.cell
def _(text):
    if mo.app_meta().mode == "script":
        print(text)


if __name__ == "__main__":
    app.run()
