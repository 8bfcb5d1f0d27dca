"""Keys of the map, and the script that listens to them in the browser."""

from __future__ import annotations

FIGURE = "moon"
"""Name of the figure, by which the script finds it."""

KEYS = (
    ("← → ↑ ↓", "move the map by a tenth"),
    ("+ −", "zoom in and out"),
    ("0", "show the view whole"),
    ("1 2 3 4 5", "far side, near side, north pole, south pole, whole Moon"),
    ("[ ]", "layer before, layer after"),
    ("Enter", "ask about the place in the middle of the map"),
    ("?", "show these keys"),
    ("Tab", "go through every control, the map among them"),
)

SCRIPT = """
(() => {
  const area = document.getElementById('map-area');
  // while one view takes the place of another there are two figures: the newer is meant
  const figures = () => Bokeh.documents
    .flatMap((doc) => [...doc._all_models.values()])
    .filter((model) => model.name === 'moon');
  const figure = () => {
    // Bokeh keeps a figure that was replaced until it counts its models anew; the newer is meant
    if (figures().length > 1) Bokeh.documents.forEach((doc) => doc._recompute_all_models());
    return figures().pop() ?? null;
  };
  window.farside = {figure};
  const move = (fig, dx, dy, zoom) => {
    const [x, y] = [fig.x_range, fig.y_range];
    const [w, h] = [x.end - x.start, y.end - y.start];
    const [cx, cy] = [(x.start + x.end) / 2 + dx * w, (y.start + y.end) / 2 + dy * h];
    x.setv({start: cx - w * zoom / 2, end: cx + w * zoom / 2});
    y.setv({start: cy - h * zoom / 2, end: cy + h * zoom / 2});
  };
  let count = 0;
  const tell = (fig, what) => { fig.tags = [what, String(++count)]; };
  const moves = {
    ArrowLeft: [-0.1, 0, 1], ArrowRight: [0.1, 0, 1], ArrowUp: [0, 0.1, 1], ArrowDown: [0, -0.1, 1],
    '+': [0, 0, 1 / 1.4], '=': [0, 0, 1 / 1.4], '-': [0, 0, 1.4], '_': [0, 0, 1.4],
  };
  const asked = {
    '0': 'whole', 'Enter': 'place', '1': 'view:far', '2': 'view:near', '3': 'view:north',
    '4': 'view:south', '5': 'view:whole', '[': 'layer:-1', ']': 'layer:+1',
  };
  area.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    // the tools beside the map have keys of their own
    const from = event.composedPath()[0];
    if (from !== area && !from.classList.contains('bk-events')) return;
    if (event.key === '?') {
      const help = document.getElementById('keys');
      help.open = !help.open;
      event.preventDefault();
      return;
    }
    const fig = figure();
    if (!fig) return;
    if (moves[event.key]) move(fig, ...moves[event.key]);
    else if (asked[event.key]) tell(fig, asked[event.key]);
    else return;
    event.preventDefault();
  });
  // a click on the map gives it the keys
  area.addEventListener('pointerdown', () => {
    area.focus({preventScroll: true});
    figure();
  });
})();
"""
