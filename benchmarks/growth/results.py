"""The curves of a run: their JSON, and their table."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.growth.curve import Curve
from benchmarks.processes.machine import Machine
from benchmarks.report.table import Row, layout


@dataclass(frozen=True)
class GrowthResults:
    """The results of a run.

    Attributes:
        machine: The machine.
        curves: All curves.
    """

    machine: Machine
    curves: tuple[Curve, ...]

    def to_json(self) -> str:
        """Write all points and exponents as members of one object."""
        members = {"machine": asdict(self.machine), "curves": [*map(_members, self.curves)]}
        return json.dumps(members, indent=1, allow_nan=False) + "\n"


def _members(curve: Curve) -> dict[str, Any]:
    return {
        **asdict(curve),
        "exponent": curve.exponent,
        "outgrows_its_work": curve.outgrows_its_work,
    }


def growth_table(results: GrowthResults) -> str:
    """Write a line for each curve: its points, its exponent, and whether it outgrows its work."""
    return layout(tuple(map(_row, results.curves)))


def _row(curve: Curve) -> Row:
    points = ", ".join(f"{point.x:,}: {point.shown_y}" for point in curve.points)
    if curve.outgrows_its_work:
        verdict = "falls with its work" if curve.is_rate else "grows faster than its work"
    else:
        verdict = "does not fall" if curve.is_rate else "grows no faster than its work"
    return Row(curve.name, f"exponent {curve.exponent:+.2f}", f"{verdict}; {points}")
