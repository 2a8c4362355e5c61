"""Plots as SVG for pages that need nothing else: text stays text, nothing is fetched, nothing runs. By matplotlib."""

import io
import re
from collections.abc import Callable
from typing import Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

MOST_BARS: Final = 15
_HEAD: Final = re.compile(r"^.*?(?=<svg)", re.DOTALL)
_METADATA: Final = re.compile(r"<metadata>.*?</metadata>", re.DOTALL)


def drawn(draw: Callable[[Axes], None]) -> str:
    """What `draw` puts on a pair of axes, as an `<svg>` element."""
    # A tenant may be called "$x$", so no name is read as a formula.
    own = mpl.rc_context(
        {
            "svg.fonttype": "none",
            "svg.hashsalt": "guard",
            "text.parse_math": False,
            "axes.spines.top": False,
            "axes.spines.right": False,
        }
    )
    with own:
        figure = Figure(figsize=(9, 4), layout="tight")
        draw(figure.add_subplot())
        sink = io.StringIO()
        figure.savefig(sink, format="svg", metadata={"Date": None, "Creator": None})
    return _METADATA.sub("", _HEAD.sub("", sink.getvalue()))


def legend(axes: Axes) -> None:
    """Above the plot, so that it covers nothing."""
    axes.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=3)


def short(name: str, most: int = 48) -> str:
    """A name that fits beside a bar."""
    return name if len(name) <= most else f"{name[: most - 1]}…"
