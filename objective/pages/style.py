"""One look for all pictures: Okabe & Ito's colours, the same for the same thing everywhere."""

import plotly.graph_objects as go

COLOURS = {
    "waiting": "#0072B2",
    "idle": "#E69F00",
    "tardiness": "#D55E00",
    "value": "#CC79A7",
}
ACCENT = "#009E73"
NEUTRAL = "#999999"
#: For lines of things that are not measures, the most important first.
SERIES = ("#009E73", "#0072B2", "#D55E00", "#CC79A7", "#56B4E9", "#E69F00")

TEMPLATE = go.layout.Template(
    layout={
        "font": {"family": "system-ui, sans-serif", "size": 14, "color": "#222222"},
        "paper_bgcolor": "white",
        "plot_bgcolor": "white",
        "showlegend": False,
        "height": 320,
        "margin": {"l": 56, "r": 16, "t": 24, "b": 56},
        "xaxis": {"gridcolor": "#eeeeee", "zeroline": False, "automargin": True},
        "yaxis": {"gridcolor": "#eeeeee", "zeroline": False, "automargin": True},
        "hoverlabel": {"align": "left"},
    }
)


def rgba(colour: str, opacity: float) -> str:
    """Return a colour like #0072B2 with an opacity, as plotly wants it."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"
