"""Pictures of networks; needs the extra `analysis`."""

from collections.abc import Mapping

import networkx as nx
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from hub.analysis.networks import simple

COLOURS: Mapping[str, str] = {"Person": "#c0392b", "House": "#2c3e50", "Unit": "#d68910"}
OTHER, SEED = "#7f8c8d", 1
# More are no picture any more, and their layout would want another library.
MOST = 400


def draw(network: nx.MultiDiGraph, title: str) -> Figure:
    """A picture of a network, nodes coloured by label, those with more neighbours larger; without ids.

    Of more than 400 nodes those with the most neighbours are drawn, which the title then says.
    """
    plain = simple(network)
    if len(plain) > MOST:
        title = f"{title} ({MOST:,} best connected of {len(plain):,})"
        plain = plain.subgraph(sorted(plain, key=lambda node: (-plain.degree(node), node))[:MOST])
    labels = dict(network.nodes(data="label"))
    figure = Figure(figsize=(7, 5), layout="constrained")
    axes = figure.subplots()
    axes.set_axis_off()
    axes.set_title(title)
    nx.draw_networkx(
        plain,
        nx.spring_layout(plain, seed=SEED),
        ax=axes,
        with_labels=False,
        node_color=[COLOURS.get(labels[node], OTHER) for node in plain],
        node_size=[30 + 15 * plain.degree(node) for node in plain],
        edge_color="#bdc3c7",
    )
    shown = sorted({labels[node] for node in plain})
    marks = [Line2D([], [], marker="o", linestyle="", color=COLOURS.get(label, OTHER), label=label) for label in shown]
    axes.legend(handles=marks, frameon=False)
    return figure
