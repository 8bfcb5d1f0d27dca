"""Calibration lines: weighted regression with errors of both sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from farside.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float = NDArray[np.float64]

SURE = 3.0
"""Standard deviations by which a slope must be above 0."""


@dataclass(frozen=True)
class Line:
    """y = a + b x with the covariance of (a, b) and the misfit of its standards.

    The covariance is widened by chi2 / dof where that exceeds 1: standards that scatter more than
    their errors carry an error that nobody stated.
    """

    a: float
    b: float
    covariance: tuple[float, float, float]
    chi2: float
    dof: int

    def predict(self, x: Float, x_sigma: Float) -> tuple[Float, Float]:
        """Return y and its variance, from the line and from x."""
        aa, ab, bb = self.covariance
        variance = aa + 2 * x * ab + x**2 * bb + (self.b * x_sigma) ** 2
        return self.a + self.b * x, np.asarray(variance)


def fit_line(
    x: Float,
    x_sigma: Float,
    y: Float,
    y_sigma: Float,
    *,
    through_origin: bool = False,
    of: str = "an analyte",
) -> Line:
    """Return the line through standards.

    Weights are 1 / (sigma_y^2 + b^2 sigma_x^2), iterated with b (the effective variance method,
    Orear 1982, doi 10.1119/1.12972).

    Parameters
    ----------
    x, x_sigma : intensity and one sigma, shape (n,)
    y, y_sigma : concentration and one sigma, shape (n,)
    through_origin : hold a at 0
    of : what is calibrated, for messages

    Raises
    ------
    InputError
        for fewer standards than parameters, standards of one intensity, or a slope within
        `SURE` sigma of 0: such a line turns counts into no concentration
    """
    parameters = 1 if through_origin else 2
    if len(x) < parameters or (parameters == 2 and np.ptp(x) == 0):
        raise InputError(
            f"{len(x)} standards that differ in intensity are too few for a calibration of {of} "
            f"with {parameters} parameters; measure more standards."
        )
    design = x[:, None] if through_origin else np.column_stack([np.ones_like(x), x])
    b = float(np.polyfit(x, y, 1)[0]) if parameters == 2 else float(x @ y / (x @ x))
    for _ in range(50):
        weight = 1 / (y_sigma**2 + (b * x_sigma) ** 2)
        normal = design.T @ (design * weight[:, None])
        found = np.linalg.solve(normal, design.T @ (weight * y))
        if abs(found[-1] - b) <= 1e-12 * abs(b):
            break
        b = float(found[-1])
    chi2 = float((weight * (y - design @ found) ** 2).sum())
    dof = len(x) - parameters
    covariance = np.linalg.inv(normal) * max(1.0, chi2 / dof if dof else 1.0)
    if not found[-1] > SURE * np.sqrt(covariance[-1, -1]):
        raise InputError(
            f"the intensity of {of} does not rise with its concentration in the standards; look "
            "at their concentrations, or drop it."
        )
    if through_origin:
        return Line(0.0, float(found[0]), (0.0, 0.0, float(covariance[0, 0])), chi2, dof)
    packed = (float(covariance[0, 0]), float(covariance[0, 1]), float(covariance[1, 1]))
    return Line(float(found[0]), float(found[1]), packed, chi2, dof)
