"""A curve: a cost or a rate over the size of its work, and how fast it grows."""

import math
from dataclasses import dataclass

_THREE_DIGITS = 100
_SPAN = 3  # the slope is taken over at least this factor of x, so that noise counts little
_MOST_EXPONENT = 1.15  # 1 is proportional to the work; the rest is noise


@dataclass(frozen=True)
class Point:
    """A measured point.

    Attributes:
        x: The size of the work, 1 or more.
        y: The cost or the rate, above 0.
    """

    x: int
    y: float

    @property
    def shown_y(self) -> str:
        """The value with three digits."""
        return f"{self.y:,.0f}" if self.y >= _THREE_DIGITS else f"{self.y:.3g}"


@dataclass(frozen=True)
class Curve:
    """The measured points of one question.

    Attributes:
        name: The name in tables and file names.
        x: What x counts.
        y: What y is, with its unit.
        points: Two or more, in the order of x.
        is_rate: Whether y is work per second, which must not fall; otherwise it is a cost, which
            must grow no faster than x.
    """

    name: str
    x: str
    y: str
    points: tuple[Point, ...]
    is_rate: bool = False

    @property
    def exponent(self) -> float:
        """The slope in log-log between the last point and the last one of at most a third of its x.

        Fixed costs count little there: of y = a + b x**n it is close to n. If no point is so far
        away, it is the slope between the first and the last.
        """
        last = self.points[-1]
        earlier = [point for point in self.points if _SPAN * point.x <= last.x]
        return _slope((earlier or self.points)[-1 if earlier else 0], last)

    @property
    def work_exponent(self) -> float:
        """The exponent of the time that the work takes; a constant rate has 1."""
        return 1 - self.exponent if self.is_rate else self.exponent

    @property
    def outgrows_its_work(self) -> bool:
        """Whether the cost grows faster than the work, beyond noise."""
        return self.work_exponent > _MOST_EXPONENT

    def proportional(self) -> tuple[Point, ...]:
        """The points of a cost that is proportional to the work, from the first point on."""
        first = self.points[0]
        return tuple(
            Point(point.x, first.y if self.is_rate else first.y * point.x / first.x)
            for point in self.points
        )


def _slope(one: Point, other: Point) -> float:
    return math.log(other.y / one.y) / math.log(other.x / one.x)
