"""Lesson 3: who listens to whom, and what do hubs and short lists do?"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="3. Reading a network")

with app.setup:
    import marimo as mo

    import spillover as sp
    from spillover.simulation.parameters import Observation


@app.cell
def _():
    mo.md("""
    # 3. Reading a network

    A supply network has a direction: goods go one way, and what is learned may go the other.
    This package has one rule, **rows listen to columns**: in `supply.customers()` the row of a
    firm holds the customers it listens to, in `supply.suppliers()` its suppliers. Exchanging the
    two exchanges two theories, backward and forward linkages.

    Real lists of partners are short. A credit report names, say, the 24 most important partners
    of a firm, and a hub with a thousand suppliers names 24 of them. A link is seen when one of
    its two ends names it. In this economy firms list fewer, and you say how many.
    """)


@app.cell
def _():
    slider = mo.ui.slider(
        1, 24, value=2, show_value=True, label="partners that a firm may list on each side"
    )
    slider
    return (slider,)


@app.cell
def _(slider):
    cap = slider.value  # the number to change: the length of the lists
    return (cap,)


@app.cell
def _(cap):
    world = sp.simulate(
        sp.Economy(firms=300, years=5, observation=Observation(partner_cap=cap)), seed=1
    )
    supply = sp.connect(world.tables, sp.SupplyLinks(weight="binary"))
    year = 2018
    true_links = world.truth.links[world.truth.links["year"] == year]
    return supply, true_links, world, year


@app.cell
def _(supply, true_links, year):
    hub = true_links["customer_id"].value_counts().index[0]
    one = list(supply.firms).index(hub)
    listens = supply.suppliers().at(year)[[one]].indices  # the hub's row: its suppliers
    sells = supply.customers().at(year)[[one]].indices  # its other row: its customers
    true_suppliers = int((true_links["customer_id"] == hub).sum())
    mo.md(f"""
    ## One firm, two rows

    Firm {hub} is the greatest customer of the economy. In truth it has **{true_suppliers}**
    suppliers in {year}. Seen are **{len(listens)}** suppliers and {len(sells)} customers.

    ```python
    supply.suppliers().at({year})[[firm]]   # whom it buys from: {len(listens)} entries
    supply.customers().at({year})[[firm]]   # whom it sells to:  {len(sells)} entries
    ```

    The hub cannot name all its suppliers, but most of them name the hub. A link is lost only
    when both lists are full.
    """)


@app.cell
def _(supply, year):
    table = sp.summarize(supply).set_index("year").loc[year]
    mo.md(f"""
    ## The first table of a study

    | {year} | |
    |---|---|
    | firms | {table["firms"]:.0f} |
    | links | {table["links"]:.0f} |
    | links per firm, mean | {table["mean_degree"]:.1f} |
    | links per firm, median | {table["median_degree"]:.0f} |
    | most partners of one firm | {table["max_degree"]:.0f} |
    | firms without partners | {100 * table["isolated"]:.1f} % |
    | links that last to the next year | {100 * table["survival"]:.0f} % |

    The mean is above the median because of hubs. In the data of most countries links live long:
    more than nine of ten last a year. If yours do not, look at the lists before you look for an
    economic reason: a partner that falls off a full list did not leave.
    """)


@app.cell
def _(cap, supply, true_links, world, year):
    seen = supply.customers().at(year).nnz / len(true_links)
    truth = world.truth.panel.set_index(["firm_id", "year"])["backward"]
    foreign = sp.Shock.of(world.tables.ownership, "foreign", definition=sp.BOP_10)
    rule = sp.Neighbors(by="mean", lag=1, isolates="missing")
    measured = sp.expose(supply.customers(), foreign, rule, name="backward").frame()
    measured = measured.set_index(["firm_id", "year"])["backward"]
    alike = float(truth.corr(measured))
    solved = seen >= 0.95
    verdict = "Enough." if solved else "Too short: change the length of the lists."
    text = (
        f"Lists of {cap}: {100 * seen:.1f} % of the links are seen, and the measured share of "
        f"foreign customers correlates {alike:.2f} with the true one. Wanted: 95 %. {verdict}"
    )
    mo.md(f"""
    ## What short lists do to an exposure

    **Question.** How long must the lists be for 95 % of the links to be seen?

    > {text}

    Lists name the strongest partners, and foreign firms are large: with short lists the share of
    foreign customers is too high and moves when nothing happened. `cap_bound` of
    `spillover.networks.supply` says which lists are full. Run a study again without them.
    """)
    return solved, text


@app.cell
def _(text):
    if mo.app_meta().mode == "script":
        print(text)


if __name__ == "__main__":
    app.run()
