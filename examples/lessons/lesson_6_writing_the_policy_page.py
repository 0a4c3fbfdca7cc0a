"""Lesson 6: what may be said, in which words, with which number?"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="6. Writing the policy page")

with app.setup:
    import marimo as mo
    import numpy as np

    import spillover as sp


@app.cell
def _():
    mo.md("""
    # 6. Writing the policy page

    Somebody who decides reads one page. It should say **what was compared with what, for whom,
    over which years, and how uncertain** it is. A percentage has a base. "Associated with" is
    enough unless the design earned more. And the step that the sentence speaks of must be one
    that firms really take: nobody has seen a firm move from no to only foreign customers within
    a year.

    You choose the step: how many percentage points more foreign customers?
    """)


@app.cell
def _():
    slider = mo.ui.slider(
        5, 100, step=5, value=100, show_value=True, label="step, percentage points"
    )
    slider
    return (slider,)


@app.cell
def _(slider):
    step = slider.value  # the number to change: the step that the headline speaks of
    return (step,)


@app.cell
def _():
    truth = 0.30
    world = sp.simulate(sp.Economy(firms=400, years=8, spillover=truth), seed=1)
    tables = world.tables
    supply = sp.connect(tables, sp.SupplyLinks(weight="binary"))
    foreign = sp.Shock.of(tables.ownership, "foreign", definition=sp.BOP_10)
    rule = sp.Neighbors(by="mean", lag=1, isolates="missing")
    backward = sp.expose(supply.customers(), foreign, rule, name="backward")
    tfp = sp.measure(tables.panel, sp.SolowResidual())
    sample = sp.Sample.of(tables.panel, tfp, foreign, exposures=[backward], networks=[supply])
    sample = sample.where("foreign == 0", reason="foreign firms")
    design = sp.FixedEffects.formula(
        "log_tfp ~ backward + log1p(backward_degree) | firm_id + industry^year"
    )
    found = sp.estimate(sample, design, vcov=sp.Cluster("firm_id"))
    return found, sample, truth


@app.cell
def _(found, sample):
    used = sample.take(found.solution.rows)
    share, (firm, firms) = used.column("backward"), used.codes("firm_id")
    own_mean = np.bincount(firm, share) / np.bincount(firm)
    moved = np.abs(share - own_mean[firm])
    usual = 100 * float(np.quantile(moved[moved > 0.01], 0.90))
    first, last = int(used.years.min()), int(used.years.max())
    mo.md(f"""
    ## What firms really do

    Around its own mean, the share of foreign customers of a firm moves by less than
    **{usual:.0f} percentage points** in nine of ten cases in which it moves. A headline about a
    greater step speaks of something that hardly happened.
    """)
    return firms, first, last, usual


@app.cell
def _(firms, first, found, last, step, truth, usual):
    def percent(log_points):
        return 100 * (np.exp(log_points * step / 100) - 1)

    term = found.tidy().loc["backward"]
    middle, low, high = (percent(term[name]) for name in ("estimate", "conf_low", "conf_high"))
    sentence = (
        f"Suppliers with {step} percentage points more foreign customers than they usually have "
        f"are {middle:.1f} % more productive a year later (95 % interval {low:.1f} to "
        f"{high:.1f} %), compared with themselves in other years and with firms of their industry "
        f"in the same year; {firms} domestic firms, {first} to {last}."
    )
    solved = bool(step <= usual)
    verdict = (
        "Such steps are seen in the data."
        if solved
        else f"Hardly any firm moves that far; nine of ten move less than {usual:.0f}. "
        "Choose a smaller step."
    )
    text = f"{sentence} Planted: {percent(truth):.1f} %. {verdict}"
    mo.md(f"""
    ## The sentence

    > {sentence}

    Planted in this economy: **{percent(truth):.1f} %**. {verdict}

    **Question.** Which step may the headline speak of?

    ## What belongs on the page

    * **What was assumed**: without the change, the firm would have developed like the firms it
      is compared with.
    * **What it does not say**: nothing about firms that never have foreign customers, and nothing
      about subsidies; the step is not a policy.
    * **What would change it**: firms that were about to improve and were chosen for it; prices
      instead of quantities; lists of partners that are cut short.
    * **If it is nothing**: the same space, with the effect that the interval rules out.

    `spillover run` writes this page from a study file; the words follow from the numbers.
    """)
    return solved, text


@app.cell
def _(text):
    if mo.app_meta().mode == "script":
        print(text)


if __name__ == "__main__":
    app.run()
