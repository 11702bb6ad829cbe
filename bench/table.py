"""The table at the end: what, ours, theirs, ratio, target, met or not."""

from collections.abc import Sequence
from dataclasses import dataclass

HEADINGS = ("what", "ours", "theirs", "ratio", "target", "")


@dataclass(frozen=True)
class Row:
    """One comparison. `at_most` or `at_least` holds the ratio, or `ours` where there is nothing to compare with."""

    what: str
    ours: float
    theirs: float | None = None
    unit: str = ""
    at_most: float | None = None
    at_least: float | None = None
    ratio: float | None = None
    # Whether the run fails where the target is missed: for what is a fault on any machine.
    must: bool = False

    @property
    def breaks(self) -> bool:
        return self.must and self.is_met is False

    @property
    def value(self) -> float:
        """What the target is about: the ratio, where there is one."""
        if self.ratio is not None:
            return self.ratio
        return self.ours / self.theirs if self.theirs else self.ours

    @property
    def is_met(self) -> bool | None:
        if self.at_most is not None:
            return self.value <= self.at_most
        return None if self.at_least is None else self.value >= self.at_least

    def cells(self) -> tuple[str, ...]:
        compared = self.theirs is not None and self.theirs > 0
        target = f"<= {self.at_most:g}" if self.at_most is not None else ""
        target = f">= {self.at_least:g}" if self.at_least is not None else target
        met = {True: "met", False: "NOT MET", None: ""}[self.is_met]
        theirs = "" if self.theirs is None else show(self.theirs, self.unit)
        return (
            self.what,
            show(self.ours, self.unit),
            theirs,
            f"{self.value:.2f}" if compared else "",
            target,
            met,
        )


def show(value: float, unit: str) -> str:
    digits = 0 if value == int(value) or value >= 1000 else 1 if value >= 10 else 2
    return f"{value:.{digits}f} {unit}".strip()


def render(rows: Sequence[Row]) -> str:
    lines = [HEADINGS, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column in (0, 5) else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
