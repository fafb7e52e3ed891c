"""The colours of a page: those of one model's costs, or of two models' and of their difference."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import numpy as np

from neurocomp.codec.trace import Bits
from neurocomp.explain import colours
from neurocomp.explain.comparison import Comparison
from neurocomp.explain.explanation import Explanation


@dataclass(frozen=True, eq=False)
class View:
    """Figures of all entries that a page can colour.

    Attributes:
        key: name in the page's script: "one", "other" or "difference".
        letter: begins the names of its classes.
        label: name for people.
        bits: costs, or how many bits are saved against the other model, (n,).
    """

    key: str
    letter: str
    label: str
    bits: Bits

    @property
    def is_difference(self) -> bool:
        """Whether the figures are of two models."""
        return self.key == "difference"


def views_of(one: Explanation, comparison: Comparison | None) -> list[View]:
    """Return the views of a page, the one that it opens with first."""
    own = View("one", "h", one.model, one.entries.bits)
    if comparison is None or comparison.bits is None or comparison.difference is None:
        return [own]
    other = View("other", "o", comparison.other.model, comparison.bits)
    return [View("difference", "d", "difference", comparison.difference), own, other]


class Painter:
    """Names the colours of symbols in each view.

    Args:
        views: the views, first the one that the page opens with.
    """

    def __init__(self, views: list[View]) -> None:
        self.views = views

    @property
    def attribute(self) -> str:
        """The attribute of the page's body that says which view is shown."""
        return f' data-view="{self.views[0].key}"' if len(self.views) > 1 else ""

    def of(self, first: int, last: int) -> str:
        """Return the classes of what several entries cost together."""
        return " ".join(_class_of(view, first, last) for view in self.views)

    def rules(self) -> str:
        """Return the classes as rules of a style sheet."""
        return "\n".join(rule for view in self.views for rule in self._rules(view))

    def _rules(self, view: View) -> list[str]:
        palette, dark = colours.COST_COLOURS, colours.DARK_COSTS
        if view.is_difference:
            palette, dark = colours.DIFFERENCE_COLOURS, colours.DARK_DIFFERENCES
        scope = self._scope(view)
        rules = [
            f"{scope}.{view.letter}{level} {{ background: rgb({red} {green} {blue});"
            f"{' color: #fff;' if level in dark else ''} }}"
            for level, (red, green, blue) in enumerate(palette)
        ]
        if not view.is_difference:  # cheap codes leave their image to be seen
            rules.append(f"{scope}figure .over b.{view.letter}0 {{ opacity: .2; }}")
            rules.append(f"{scope}figure .over b.{view.letter}1 {{ opacity: .4; }}")
        if len(self.views) > 1:
            rules.append(f"body:not([data-view={view.key}]) .only-{view.key} {{ display: none; }}")
        return rules

    def _scope(self, view: View) -> str:
        return f"[data-view={view.key}] " if len(self.views) > 1 else ""

    def legend(self) -> str:
        """Return the legends of the colours, and the switch between views if there are several."""
        return self._switch() + "".join(_legend(view) for view in self.views)

    def _switch(self) -> str:
        if len(self.views) < 2:
            return ""
        buttons = "".join(
            f'<label><input type="radio" name="view" value="{view.key}"'
            f"{' checked' if view is self.views[0] else ''}> {escape(view.label)}</label> "
            for view in self.views
        )
        return f'<p class="switch">Colours: {buttons}</p>'


def _class_of(view: View, first: int, last: int) -> str:
    total = np.array([view.bits[first:last].sum()])
    find = colours.difference_levels if view.is_difference else colours.cost_levels
    return f"{view.letter}{int(find(total)[0])}"


def _legend(view: View) -> str:
    steps = colours.DIFFERENCE_STEPS if view.is_difference else colours.COST_STEPS
    words = [f"&lt; {steps[0]:g}", *(f"{step:g}" for step in steps)]
    unit = "bits saved against the other model" if view.is_difference else "bits per symbol"
    shown = "".join(
        f'<i class="{view.letter}{level}">{word}</i>' for level, word in enumerate(words)
    )
    return f'<p class="legend only-{view.key}">{shown} {unit}</p>'
