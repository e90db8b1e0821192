// The map of a plane in latent space: encoded images, the prior's circles, a region, and the hand.

const MAP = 720; // pixels of the canvas, which the page shows at half their size

// points: [[x, y], ...]; labels: their classes, or []; glyphs and colours: one per class; box: [left, bottom, side];
// axes: the names of both directions; prior: [x, y] of its centre, or none. Calls onmove([x, y]) for the hand and
// onpick([x, y]) for a double click or Enter. `map.show(hand, region)` draws them; a region is
// {centre, covariance: [xx, xy, yy], samples: [[x, y], ...]}, or samples alone, or null.
function planeMap({ points, labels, glyphs, colours, box: [left, bottom, side], axes, prior, onmove, onpick }) {
  const across = (x) => ((x - left) / side) * MAP;
  const down = (y) => MAP - ((y - bottom) / side) * MAP;
  const canvas = element("canvas", { width: MAP, height: MAP, "aria-hidden": "true" });
  const drawn = element("g");
  const step = [0.5, 1, 2, 5, 10, 20, 50, 100].find((size) => side / size <= 8) ?? side / 4;
  const ticks = element("g", { class: "vl-ticks" });
  for (let value = Math.ceil(left / step) * step; value < left + side; value += step)
    ticks.append(element("text", { x: across(value), y: MAP - 8, "text-anchor": "middle", text: tickText(value) }));
  for (let value = Math.ceil(bottom / step) * step; value < bottom + side; value += step)
    ticks.append(element("text", { x: 8, y: down(value) + 8, text: tickText(value) }));
  ticks.append(
    element("text", { x: MAP - 8, y: MAP - 38, "text-anchor": "end", text: `${axes[0]} →`, class: "vl-axis" }),
    element("text", { x: 8, y: 30, text: `${axes[1]} ↑`, class: "vl-axis" }));
  const circles = (prior ? [1, 2, 3] : []).map((radius) =>
    element("circle", { cx: across(prior[0]), cy: down(prior[1]), r: (radius / side) * MAP, class: "vl-prior" }));
  const map = element("div", {
    class: "vl-map", tabindex: "0", role: "slider", "aria-roledescription": "plane", "aria-valuenow": "0",
    "aria-label": `Plane of ${axes[0]} and ${axes[1]}: arrow keys move, with Shift farther; Enter picks the nearest image`,
  }, canvas, element("svg", { viewBox: `0 0 ${MAP} ${MAP}`, "aria-hidden": "true" }, ticks, ...circles, drawn));

  const context = canvas.getContext("2d");
  context.font = "600 21px system-ui, sans-serif";
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.globalAlpha = 0.65;
  points.forEach(([x, y], n) => {
    context.fillStyle = colours[labels[n] ?? 0];
    context.fillText(glyphs[labels[n]] ?? "•", across(x), down(y));
  });

  let hand = [0, 0];
  const place = (event) => {
    const frame = map.getBoundingClientRect();
    return [left + ((event.clientX - frame.left) / frame.width) * side,
      bottom + (1 - (event.clientY - frame.top) / frame.height) * side];
  };
  const within = ([x, y]) => [between(left, x, left + side), between(bottom, y, bottom + side)];
  map.addEventListener("pointerdown", (event) => {
    map.setPointerCapture(event.pointerId);
    onmove(within(place(event)));
  });
  map.addEventListener("pointermove", (event) => {
    if (map.hasPointerCapture(event.pointerId)) onmove(within(place(event)));
  });
  map.addEventListener("dblclick", (event) => onpick(place(event)));
  map.addEventListener("keydown", (event) => {
    const [x, y] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] }[event.key] ?? [0, 0];
    if (event.key === "Enter") onpick(hand);
    else if (x || y) {
      const stride = (event.shiftKey ? 5 : 1) * (side / 80);
      onmove(within([hand[0] + x * stride, hand[1] + y * stride]));
    } else return;
    event.preventDefault();
  });

  map.show = (now, region) => {
    hand = now;
    const [x, y] = [across(now[0]), down(now[1])];
    const nodes = [];
    if (region) nodes.push(...regionNodes(region, across, down, MAP / side));
    for (const style of ["vl-halo", "vl-hand"])
      nodes.push(
        element("circle", { cx: x, cy: y, r: 13, class: style }),
        element("path", { d: `M${x - 24} ${y}h14 M${x + 10} ${y}h14 M${x} ${y - 24}v14 M${x} ${y + 10}v14`, class: style }));
    drawn.replaceChildren(...nodes);
    map.setAttribute("aria-valuetext", `${axes[0]} ${now[0].toFixed(2)}, ${axes[1]} ${now[1].toFixed(2)}`);
  };
  return map;
}

const tickText = (value) => String(Math.round(value * 10) / 10).replace("-", "−");

// An ellipse of two standard deviations, if there is a covariance, and the samples as dots.
function regionNodes({ centre, covariance, samples }, across, down, scale) {
  const dots = samples.map((sample) => element("circle", { cx: across(sample[0]), cy: down(sample[1]), r: 6, class: "vl-sample" }));
  if (!covariance) return dots;
  const [xx, xy, yy] = covariance;
  const angle = 0.5 * Math.atan2(2 * xy, xx - yy);
  const spread = Math.hypot((xx - yy) / 2, xy);
  const [long, short] = [1, -1].map((sign) => 2 * scale * Math.sqrt(Math.max(0, (xx + yy) / 2 + sign * spread)));
  const [x, y] = [across(centre[0]), down(centre[1])];
  return [
    element("ellipse", {
      cx: x, cy: y, rx: Math.max(long, 3), ry: Math.max(short, 3), class: "vl-region",
      transform: `rotate(${(-angle * 180) / Math.PI} ${x} ${y})`,
    }),
    ...dots,
  ];
}

// A plane as Python describes it (_origin, _basis): where a point z lies on it, and z moved so that it lies at a place.
function planeOf(model) {
  const origin = model.get("_origin");
  const basis = model.get("_basis");
  const onto = (z) => basis.map((direction) => dot(direction, z.map((value, j) => value - origin[j])));
  const moved = (z, place) => {
    const now = onto(z);
    return z.map((value, j) => value + (place[0] - now[0]) * basis[0][j] + (place[1] - now[1]) * basis[1][j]);
  };
  // The region N(mu, diag(std^2)) as the plane sees it, with one sample for each row of eps.
  const region = (mu, std, eps) => {
    const entry = (a, b) => std.reduce((sum, s, j) => sum + basis[a][j] * basis[b][j] * s * s, 0);
    const samples = eps.map((row) => mu.map((value, j) => value + std[j] * row[j]));
    return { centre: onto(mu), covariance: [entry(0, 0), entry(0, 1), entry(1, 1)], samples: samples.map(onto), z: samples };
  };
  // Which of these points lies nearest to a place of the plane.
  const nearest = (points, place) => {
    const away = points.map((point) => Math.hypot(...onto(point).map((value, axis) => value - place[axis])));
    return away.indexOf(Math.min(...away));
  };
  return { onto, moved, nearest, region };
}

function mapOf(model, plane, onmove, onpick) {
  return planeMap({
    points: model.get("_codes").map(plane.onto), labels: model.get("_labels"), glyphs: model.get("_glyphs"),
    colours: model.get("_colours"), box: model.get("_box"), axes: model.get("_axes"),
    prior: model.get("_has_prior") ? plane.onto(model.get("_origin").map(() => 0)) : null, onmove, onpick,
  });
}
