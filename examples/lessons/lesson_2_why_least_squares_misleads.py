"""Lesson 2: why does comparing firms say twice the truth?"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="2. Why least squares misleads")

with app.setup:
    import marimo as mo

    import spillover as sp


@app.cell
def _():
    mo.md("""
    # 2. Why least squares misleads

    Firms with foreign customers are more productive. Is that what foreign customers do? Or do
    good firms find foreign customers more easily? The second is called **sorting**, and a
    regression that compares different firms cannot tell the two apart.

    In this economy the effect is known: moving from no to only foreign customers raises log
    productivity by **0.30** a year later. How strongly good firms attract foreign customers is
    in your hand: 0 means not at all, 1 means that a firm one standard deviation better has
    e ≈ 2.7 times the odds.
    """)


@app.cell
def _():
    slider = mo.ui.slider(0.0, 1.5, step=0.25, value=1.0, show_value=True, label="sorting")
    slider
    return (slider,)


@app.cell
def _(slider):
    sorting = slider.value  # the number to change: how strongly good firms attract foreigners
    return (sorting,)


@app.cell
def _(sorting):
    truth = 0.30
    world = sp.simulate(sp.Economy(firms=400, years=8, spillover=truth, sorting=sorting), seed=1)
    tables = world.tables
    supply = sp.connect(tables, sp.SupplyLinks(weight="binary"))
    foreign = sp.Shock.of(tables.ownership, "foreign", definition=sp.BOP_10)
    rule = sp.Neighbors(by="mean", lag=1, isolates="missing")
    backward = sp.expose(supply.customers(), foreign, rule, name="backward")
    tfp = sp.measure(tables.panel, sp.SolowResidual())
    sample = sp.Sample.of(tables.panel, tfp, foreign, exposures=[backward], networks=[supply])
    sample = sample.where("foreign == 0", reason="foreign firms")
    return sample, truth


@app.cell
def _(sample):
    comparisons = {
        "different firms": "log_tfp ~ backward + log1p(backward_degree)",
        "firms of one industry and year": (
            "log_tfp ~ backward + log1p(backward_degree) | industry^year"
        ),
        "the same firm over time": (
            "log_tfp ~ backward + log1p(backward_degree) | firm_id + industry^year"
        ),
    }
    intervals = {
        label: tuple(
            sp.estimate(sample, sp.FixedEffects.formula(formula), vcov=sp.Cluster("firm_id"))
            .confint()
            .loc["backward", ["low", "high"]]
        )
        for label, formula in comparisons.items()
    }
    return (intervals,)


@app.cell
def _(intervals, sorting, truth):
    lines = [
        f"{label:32s} {low:5.2f} to {high:5.2f}   "
        + ("holds the truth" if low <= truth <= high else "misses it")
        for label, (low, high) in intervals.items()
    ]
    low, high = intervals["different firms"]
    solved = low <= truth <= high
    verdict = (
        "Now comparing firms tells the truth: nobody sorts."
        if solved
        else "Comparing different firms misses the truth. Change the sorting."
    )
    text = "\n".join([f"sorting {sorting:.2f}, planted effect {truth:.2f}", *lines, verdict])
    mo.md(f"""
    ## Three comparisons, 95 % intervals

    ```
    {text}
    ```

    **Question.** How strong may sorting be for the comparison of different firms to hold the
    truth?

    Industry and year effects do not help, because good firms are good within their industry.
    Following the same firm does: what is constant in a firm, talent included, drops out. What
    does not drop out is talent that *changes*; no fixed effect removes that (lesson 5).
    """)
    return solved, text


@app.cell
def _(text):
    if mo.app_meta().mode == "script":
        print(text)


if __name__ == "__main__":
    app.run()
