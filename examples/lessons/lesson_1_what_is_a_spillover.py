"""Lesson 1: what reaches a firm from its partners, and what is an effect of it?"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="1. What is a spillover?")

with app.setup:
    import marimo as mo
    import pandas as pd

    import spillover as sp


@app.cell
def _():
    mo.md("""
    # 1. What is a spillover?

    A foreign-owned firm knows something that others do not: a process, a standard, a way to
    plan. A **spillover** is what other firms gain from it without paying for it. It needs a way
    to travel. Here the way is a supply chain: who sells to a foreign firm is told what quality
    means, gets drawings, is visited by engineers.

    So there are two questions, and they are not the same.

    1. **What reaches the firm?** That is its *exposure*: here the share of its customers that are
       foreign. It can be counted.
    2. **What does it do to the firm?** That is the *effect*. It cannot be counted; it is a
       comparison with a world in which less had reached the firm.
    """)


@app.cell
def _():
    slider = mo.ui.slider(0, 4, value=1, show_value=True, label="foreign customers of firm A")
    slider
    return (slider,)


@app.cell
def _(slider):
    foreign_customers = slider.value  # the number to change: how many of A's four are foreign
    return (foreign_customers,)


@app.cell
def _(foreign_customers):
    customers = ["B", "C", "D", "E"]
    owned = customers[:foreign_customers]
    tables = sp.read(
        {
            "firms": pd.DataFrame({"firm_id": ["A", *customers], "entity_kind": "firm"}),
            "firm_years": pd.DataFrame({"firm_id": ["A", *customers], "year": 2020}),
            "supply_links": pd.DataFrame(
                {"supplier_id": "A", "customer_id": customers, "year": 2020}
            ),
            "ownership": pd.DataFrame(
                {
                    "firm_id": [*owned, *customers],
                    "year": 2020,
                    "owner_seq": [1] * len(owned) + [2] * len(customers),
                    "owner_id": [f"X{firm}" for firm in owned] + ["J"] * len(customers),
                    "owner_country": ["USA"] * len(owned) + ["JPN"] * len(customers),
                    "share": [0.6] * len(owned) + [0.1] * len(customers),
                }
            ),
        }
    )
    supply = sp.connect(tables, sp.SupplyLinks(weight="binary"))
    foreign = sp.Shock.of(tables.ownership, "foreign", definition=sp.BOP_10)
    rule = sp.Neighbors(by="mean", lag=0, isolates="missing", exclude="self")
    exposure = sp.expose(supply.customers(), foreign, rule, name="backward")
    reaches_a = float(exposure.frame().set_index("firm_id").loc["A", "backward"])
    mo.md(f"""
    ## What reaches firm A

    A sells to B, C, D and E. A link carries the foreign flag of the customer to A:

    exposure of A = Σ over customers j of w_j · foreign_j / Σ w_j =
    {len(owned)} / {len(customers)} = **{reaches_a:.2f}**

    B to E have no customers in these data. Their exposure is missing, which is not zero: we do
    not know whom they sell to.
    """)
    return (reaches_a,)


@app.cell
def _(reaches_a):
    effect = 0.30  # planted: log productivity gained when all customers are foreign
    gain = effect * reaches_a
    wanted = 0.15
    solved = abs(gain - wanted) < 1e-9
    verdict = "That is it." if solved else "Not yet: change the number of foreign customers."
    text = (
        f"Exposure {reaches_a:.2f}, planted effect {effect:.2f}: log productivity of A is "
        f"{gain:.3f} higher than without foreign customers. Wanted: {wanted:.3f}. {verdict}"
    )
    mo.md(f"""
    ## What it does

    In this world the truth is known, because we plant it: moving from no to only foreign
    customers raises log productivity by **{effect:.2f}**.

    **Question.** How many of A's four customers must be foreign for log productivity to be
    higher by {wanted:.2f}?

    > {text}

    What is *not* a spillover: that A itself is foreign-owned; that A was good before and therefore
    found foreign customers (lesson 2); that A and its customers share a boom (lesson 4).
    """)
    return solved, text


@app.cell
def _():
    world = sp.simulate(sp.Economy(firms=300, years=6, spillover=0.30), seed=1)
    panel = world.truth.panel.dropna(subset=["backward"])
    exposed = panel["backward"] > 0
    difference = float(panel["log_tfp"][exposed].mean() - panel["log_tfp"][~exposed].mean())
    average = float(panel["backward"][exposed].mean())
    mo.md(f"""
    ## In an economy of 300 firms

    The same rule, for every firm and year. Exposed firms have, on average, {average:.2f} of their
    customers foreign, so the planted spillover makes them more productive by
    {0.30 * average:.3f}. The raw difference between exposed and other firms is
    **{difference:.3f}**. Why is it not the same? That is lesson 2.
    """)
    return (difference,)


@app.cell
def _(text):
    if mo.app_meta().mode == "script":
        print(text)


if __name__ == "__main__":
    app.run()
