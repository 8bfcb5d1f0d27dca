"""The fitted network as an ONNX graph, written node by node: what runs is what is read here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.constants import OXIDES
from farside.errors import MissingExtraError
from farside.oxides.composition import OXIDE_MAX, SUM_RANGE, TINY
from farside.oxides.inverse import MU0, THETA_FLOOR, angle_columns

if TYPE_CHECKING:
    from farside.oxides.farside import FittedFarside

OPSET = 17


@dataclass
class _Graph:
    """Collects nodes and constants; each call returns the name of its output."""

    onnx: Any
    nodes: list[Any] = field(default_factory=list)
    constants: list[Any] = field(default_factory=list)

    def const(self, value: Any, dtype: Any = np.float32) -> str:
        name = f"c{len(self.constants)}"
        array = np.ascontiguousarray(np.asarray(value, dtype=dtype))
        self.constants.append(self.onnx.numpy_helper.from_array(array, name))
        return name

    def op(self, kind: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        name = output or f"v{len(self.nodes)}"
        self.nodes.append(self.onnx.helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def math(self, kind: str, a: str, value: Any) -> str:
        return self.op(kind, a, self.const(value))


def graph(fitted: FittedFarside) -> bytes:
    """Return the serialised graph of a fit.

    Inputs: ``reflectance`` (n, b), ``present`` (b), ``fill`` (F, p, p) and ``fill_shift``
    (F, 1, p) of `farside.oxides.cnn.fill_matrices`. Output: ``oxides`` (F, n, 6) in wt%.
    """
    try:
        import onnx  # noqa: PLC0415 - the core installs without it
        import onnx.helper  # noqa: PLC0415
        import onnx.numpy_helper  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtraError(
            "writing weights needs onnx, which is not installed; run: pip install 'farside[train]'."
        ) from error
    g = _Graph(onnx)
    b = len(fitted.wavelength_nm)
    fits, p = fitted.scaling.x_mean.shape
    x = _features(g, fitted)
    full = g.op("Add", g.op("MatMul", x, "fill"), "fill_shift")
    latent = g.op(
        "Add",
        g.op("MatMul", full, g.const(fitted.scaling.slope)),
        g.const(fitted.scaling.constant[:, None]),
    )
    alpha = g.op("Slice", full, *(g.const(v, np.int64) for v in ([0], [b], [2])))
    correction = g.op("Mul", _gate(g, fitted, alpha), _residual(g, fitted, alpha))
    correction = g.math("Mul", correction, fitted.scaling.latent_sd[:, None])
    _physical(g, fitted, g.op("Add", latent, correction))
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    info = helper.make_tensor_value_info
    model = helper.make_model(
        helper.make_graph(
            g.nodes,
            "farside",
            [
                info("reflectance", kind, ["n", b]),
                info("present", kind, [b]),
                info("fill", kind, [fits, p, p]),
                info("fill_shift", kind, [fits, 1, p]),
            ],
            [info("oxides", kind, [fits, "n", len(OXIDES)])],
            g.constants,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=8,
        producer_name="farside",
    )
    onnx.checker.check_model(model)
    data: bytes = model.SerializeToString(deterministic=True)
    return data


def _features(g: _Graph, fitted: FittedFarside) -> str:
    """Add `farside.oxides.inverse.features`; a missing band (NaN) becomes 0 in the result."""
    dark = g.const(0.5)
    r = g.op("Where", g.op("IsNaN", "reflectance"), dark, "reflectance")
    s = g.math("Mul", r, 4.0 * (MU0 + 1.0) / (3.0 * (1.0 + 2.0 * MU0)))
    a = g.math("Add", g.math("Mul", s, 4.0 * MU0), 1.0)
    half_b = g.math("Mul", s, 1.0 + MU0)
    # gamma = (-B + sqrt(B^2 - a (s - 1))) / a with B = b / 2
    root = g.op(
        "Sqrt",
        g.op("Sub", g.op("Mul", half_b, half_b), g.op("Mul", a, g.math("Sub", s, 1.0))),
    )
    gamma = g.op("Div", g.op("Sub", root, half_b), a)
    w = g.op("Sub", g.const(1.0), g.op("Mul", gamma, gamma))
    x = g.op("Neg", g.op("Log", w))
    zero = g.const(0.0)
    x = g.op("Where", g.op("IsNaN", "reflectance"), zero, x)
    columns = [x]
    for name, pair in angle_columns(fitted.wavelength_nm).items():
        first, second = (g.op("Gather", r, g.const([c], np.int64), axis=1) for c in pair)
        if name == "Ti":
            y = g.math("Sub", g.op("Div", first, second), 0.208)
            angle = _atan2(g, y, g.math("Add", second, 0.108))
            angle = g.op("Log", g.op("Max", angle, g.const(THETA_FLOOR)))
        else:
            y = g.math("Sub", g.op("Div", second, first), 1.25)
            angle = g.op("Neg", _atan2(g, y, g.math("Sub", first, 0.037)))
        both = [g.op("Gather", "reflectance", g.const([c], np.int64), axis=1) for c in pair]
        missing = g.op("Or", g.op("IsNaN", both[0]), g.op("IsNaN", both[1]))
        columns.append(g.op("Where", missing, zero, angle))
    return g.op("Concat", *columns, axis=1)


def _atan2(g: _Graph, y: str, x: str) -> str:
    """Add atan2(y, x) = 2 atan(y / (sqrt(x^2 + y^2) + x)), which holds but for y = 0, x < 0."""
    radius = g.op("Sqrt", g.op("Add", g.op("Mul", x, x), g.op("Mul", y, y)))
    return g.math("Mul", g.op("Atan", g.op("Div", y, g.op("Add", radius, x))), 2.0)


def _gate(g: _Graph, fitted: FittedFarside, alpha: str) -> str:
    """Add g(d) (F, n, 1); fits with fewer training rows repeat theirs."""
    near = fitted.near
    most = max(len(n.points) for n in near)
    points = np.stack([n.points[np.arange(most) % len(n.points)] for n in near])
    centre = np.stack([n.centre for n in near])[:, None]
    place = g.op("MatMul", g.math("Sub", alpha, centre), g.const(np.stack([n.axes for n in near])))
    axes = g.const([2], np.int64)
    own = g.op("ReduceSum", g.op("Mul", place, place), axes, keepdims=1)
    cross = g.op("MatMul", place, g.const(-2.0 * points.transpose(0, 2, 1)))
    other = g.math("Add", cross, (points**2).sum(axis=2)[:, None])
    squared = g.op("Add", g.op("ReduceMin", other, axes=[2], keepdims=1), own)
    squared = g.math("Max", squared, 0.0)
    scale = np.array([n.components * n.scale**2 for n in near])[:, None, None]
    return g.op("Exp", g.math("Mul", squared, -1.0 / scale))


def _residual(g: _Graph, fitted: FittedFarside, alpha: str) -> str:
    """Add the nets (F, n, 6), averaged over the members of each fit."""
    b, s, net = len(fitted.wavelength_nm), fitted.scaling, fitted.network
    fits, members = len(s.x_mean), net.members
    h = g.math("Div", g.math("Sub", alpha, s.x_mean[:, None, :b]), s.x_sd[:, None, :b])
    last = len(net.weights) - 1
    outputs = []
    for member in range(members):
        v = h
        for i, (weight, bias) in enumerate(zip(net.weights, net.biases, strict=True)):
            own_w = weight.reshape(fits, members, *weight.shape[1:])[:, member]
            own_b = bias.reshape(fits, members, *bias.shape[1:])[:, member]
            if i == 0:  # inputs alternate (value, present); presence is the same for all spectra
                there = g.op("Reshape", "present", g.const([1, 1, b], np.int64))
                there = g.op("MatMul", there, g.const(own_w[:, 1::2]))
                v = g.op("Add", g.op("MatMul", v, g.const(own_w[:, 0::2])), there)
            else:
                v = g.op("MatMul", v, g.const(own_w))
            v = g.math("Add", v, own_b)
            if i < last:
                v = g.op("Relu", v)
        outputs.append(v)
    return g.math("Mul", g.op("Sum", *outputs), 1.0 / members)


def _physical(g: _Graph, fitted: FittedFarside, latent: str) -> None:
    """Add `farside.oxides.composition.physical`."""
    offset = fitted.settings.tio2_offset
    ceiling = OXIDE_MAX.copy()
    ceiling[0] = np.log(OXIDE_MAX[0] + offset)
    latent = g.math("Min", latent, ceiling)
    ti, rest = g.op("Split", latent, g.const([1, 5], np.int64), axis=2, output="ti"), "rest"
    g.nodes[-1].output.append(rest)
    titanium = g.math("Sub", g.op("Exp", ti), offset)
    oxides = g.math("Max", g.op("Concat", titanium, rest, axis=2), 0.0)
    total = g.math("Max", _sum(g, oxides), TINY)
    target = g.op("Clip", total, g.const(SUM_RANGE[0]), g.const(SUM_RANGE[1]))
    scaled = g.math("Min", g.op("Mul", oxides, g.op("Div", target, total)), OXIDE_MAX)
    room = g.op("Sub", g.const(OXIDE_MAX), scaled)
    lacking = g.math("Max", g.op("Sub", target, _sum(g, scaled)), 0.0)
    share = g.op("Div", g.op("Mul", lacking, room), _sum(g, room))
    g.op("Add", scaled, share, output="oxides")


def _sum(g: _Graph, oxides: str) -> str:
    return g.op("ReduceSum", oxides, g.const([2], np.int64), keepdims=1)
