"""Lesson 5: what if better connected firms get more of everything?"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="5. Instruments and recentring")

with app.setup:
    import marimo as mo
    import numpy as np

    import spillover as sp


@app.cell
def _():
    mo.md("""
    # 5. Instruments and recentring

    Suppose foreign owners fall from the sky: a lottery decides which firms become foreign. Is a
    regression on the share of foreign customers then an experiment? **No.** The lottery decides
    who becomes foreign, not who sells to whom. If the lottery favours one industry, whoever
    sells to that industry expects more foreign customers, whatever is drawn. Such firms may grow
    faster anyway.

    So split the exposure in two:

    exposure = **expected** exposure (position: who my customers are) + **luck** (which of them
    were drawn).

    Only luck is an experiment. The expected part can be computed, if one knows how the lottery
    worked: draw again among firms that had the same chance, and take the mean.
    """)


@app.cell
def _():
    slider = mo.ui.slider(
        0, 1, value=0, show_value=True, label="0: all firms had one chance, 1: by industry"
    )
    slider
    return (slider,)


@app.cell
def _(slider):
    by_industry = slider.value  # the number to change: what we assume about the lottery
    return (by_industry,)


@app.cell
def _():
    truth = 0.30
    year = 2016
    world = sp.simulate(sp.Economy(firms=500, years=3, first_year=2015), seed=3)
    supply = sp.connect(world.tables, sp.SupplyLinks(weight="binary"))
    firms = world.tables["firms"].set_index("firm_id").loc[list(supply.firms)]
    industry = firms["industry"].fillna("none").to_numpy()
    favoured = industry == np.unique(industry)[0]
    chance = np.where(favoured, 0.60, 0.05)

    def lottery(rng):
        drawn = (rng.random(len(chance)) < chance).astype(float)
        values = np.repeat(drawn[:, None], len(supply.years), axis=1)
        return sp.Shock("drawn", supply.firms, supply.years, values)

    return favoured, lottery, supply, truth, world, year


@app.cell
def _(by_industry, favoured, lottery, supply, truth, world, year):
    rule = sp.Neighbors(by="mean", lag=0, isolates="missing", exclude="self")
    strata = ("industry",) if by_industry else ()
    panel = world.tables.panel
    position = np.asarray(supply.customers().at(year) @ favoured.astype(float)).ravel()
    degree = np.asarray(supply.customers().at(year).sum(axis=1)).ravel()
    booms = dict(zip(supply.firms, position / np.maximum(degree, 1.0), strict=True))

    def experiment(rng):
        exposure = sp.expose(supply.customers(), lottery(rng), rule, name="backward")
        luck = sp.recenter(exposure, sp.Assignment(within=strata, own_status="random"))
        reached = sp.Sample.of(panel, luck, exposures=[exposure]).panel.frame
        growth = truth * reached["backward"] + 0.4 * reached["firm_id"].map(booms)
        outcome = sp.Panel.of(reached.assign(growth=growth + 0.2 * rng.normal(size=len(reached))))
        return sp.Sample.of(outcome).where(f"year == {year}")

    return (experiment,)


@app.cell
def _(by_industry, experiment, truth):
    robust = sp.Heteroskedastic("HC1")
    plain = sp.FixedEffects.formula("growth ~ backward")
    lucky = sp.InstrumentalVariables.formula("growth ~ 1 | backward ~ backward_recentered")

    def repeat_with(design, term="backward"):
        def once(rng):
            row = sp.estimate(experiment(rng), design, vcov=robust).tidy().loc[term]
            return float(row["estimate"]), float(row["std_error"])

        return sp.monte_carlo(40, seed=1, simulate_one=once, truth=truth)

    naive, recentred = repeat_with(plain), repeat_with(lucky)
    solved = bool(abs(recentred.bias) < 0.05)
    assumed = "by industry" if by_industry else "the same for all firms"
    verdict = (
        "Luck was separated from position."
        if solved
        else "Position is still in it: the lottery was not as assumed. Change the assumption."
    )
    text = (
        f"Planted {truth:.2f}. Least squares finds {naive.estimates.mean():.2f}. Recentred, with "
        f"chances assumed {assumed}: {recentred.estimates.mean():.2f}. {verdict}"
    )
    mo.md(f"""
    ## Forty lotteries

    > {text}

    **Question.** Which assumption about the lottery gives the truth back?

    `sp.recenter` computes the expected exposure from the links and the chances; luck is what is
    left, and here it is the **instrument**: it moves the exposure and has no other way to the
    outcome. An instrument has to be argued for, and so has the lottery. Nothing in the data
    says that chances differed by industry; you have to know how foreign firms came.

    Of the robust intervals {100 * recentred.coverage:.0f} % hold the truth. With the right lottery
    the estimate is right and the interval still short: suppliers of one hub share its luck, so
    their rows are not independent. That is lesson 4 again; `sp.AKM` counts lots, not rows.

    Firm effects would not have helped: position acts on *growth*. Nor would the number of
    customers: what counts is who they are.
    """)
    return solved, text


@app.cell
def _(text):
    if mo.app_meta().mode == "script":
        print(text)


if __name__ == "__main__":
    app.run()
