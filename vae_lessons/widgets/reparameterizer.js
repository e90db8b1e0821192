// mu, std and eps by hand: z moves, eps stays, and two estimators give the gradient of the average of z².

function render({ model, el }) {
  const shape = model.get("_shape");
  const hasPicture = shape.length > 0;
  const knob = (name, min, max, step) => slider(name, { min, max, step, oninput: (value) => root.set({ [name]: value }) });
  const knobs = { mu: knob("mu", -3, 3, 0.05), std: knob("std", 0.02, 2, 0.02), eps: knob("eps", -3, 3, 0.05) };
  const drawing = chanceDrawing();
  const lanes = { mu: estimatorLanes("mu"), std: estimatorLanes("std") };
  let drawn = []; // earlier draws of eps, which leave their estimates behind
  const add = (n) => {
    drawn = [...drawn, ...Array.from({ length: n }, normal)].slice(-500);
    root.set({ eps: between(-3, Math.round(drawn.at(-1) * 20) / 20, 3) });
    show();
  };
  const decoded = hasPicture ? picture(shape, "", { class: "vl-picture" }) : null;
  const equation = element("p", { class: "vl-equation", "aria-live": "polite" });
  const root = panel(model, el, "reparameterizer",
    element("div", { class: "vl-column" }, ...Object.values(knobs), equation,
      element("div", { class: "vl-line" }, button("Draw eps", () => add(1)), button("Draw 100", () => add(100)),
        button("Forget draws", () => { drawn = []; show(); })),
      ...(decoded ? [captioned(`decoded with latent ${model.get("_latent")} at z`, decoded)] : [])),
    captioned("above: N(mu, std²) and its draw z; below: eps from N(0, 1), the only random number", drawing),
    captioned("gradient of the average of z² for mu: exact, and as estimated from this one eps (points: earlier draws)", lanes.mu),
    captioned("the same gradient for std", lanes.std));

  const decode = decoded && connect(model, "decoder", root.report);
  const show = () => {
    const [mu, std, eps] = ["mu", "std", "eps"].map((name) => model.get(name));
    const z = mu + std * eps;
    for (const name of ["mu", "std", "eps"]) knobs[name].show(model.get(name));
    equation.textContent = `z = ${mu.toFixed(2)} + ${std.toFixed(2)} · ${eps.toFixed(2)} = ${z.toFixed(2)}`;
    root.dataset.z = String(z);
    drawing.show(mu, std, eps);
    const now = estimates(mu, std, eps);
    const before = drawn.map((each) => estimates(mu, std, each));
    lanes.mu.show(2 * mu, now.map((pair) => pair[0]), before.map((all) => all.map((pair) => pair[0])));
    lanes.std.show(2 * std, now.map((pair) => pair[1]), before.map((all) => all.map((pair) => pair[1])));
    root.dataset.estimates = JSON.stringify(now);
    if (!decode) return;
    decoded.setAttribute("aria-label", `the image decoded with this latent at ${z.toFixed(2)}`);
    decode([model.get("_z").with(model.get("_latent"), z)], ([x]) => decoded.show(x));
  };
  root.follow("mu std eps", show);
  return root.close;
}

// Slopes for [mu, std] of f(z) = z^2 at z = mu + std eps: pathwise, and by the score function.
function estimates(mu, std, eps) {
  const z = mu + std * eps;
  return [[2 * z, 2 * z * eps], [(z * z * eps) / std, (z * z * (eps * eps - 1)) / std]];
}

const bell = (x, mean, std) => Math.exp(-0.5 * ((x - mean) / std) ** 2); // its height is always 1

function chanceDrawing() {
  const [width, height] = [380, 260];
  const across = (x) => width / 2 + x * 40; // -4.75 to 4.75
  const curve = (mean, std, base, tall) =>
    `M${Array.from({ length: 381 }, (_, k) => -4.75 + k * 0.025).map((x) => `${across(x)} ${base - tall * bell(x, mean, std)}`).join("L")}`;
  const line = (attributes) => element("line", attributes);
  const [top, bottom] = [96, 212];
  const shape = element("path", { fill: "#0072b2", "fill-opacity": 0.25, stroke: "#0072b2", "stroke-width": 2 });
  const centre = line({ y1: top - 84, y2: top, stroke: "#0072b2", "stroke-dasharray": "4 4" });
  const route = element("path", { fill: "none", stroke: "#d55e00", "stroke-width": 2, "stroke-dasharray": "5 4" });
  const z = element("circle", { r: 7, cy: top, fill: "#d55e00", stroke: "#fff", "stroke-width": 2 });
  const eps = element("path", { fill: "#cc79a7", stroke: "#212121", "stroke-width": 1.5 });
  const zText = element("text", { y: top + 20, "font-weight": "600" });
  const epsText = element("text", { y: bottom + 38, "text-anchor": "middle", "font-weight": "600" });
  const ticks = [-4, -2, 0, 2, 4].map((value) =>
    element("text", { x: across(value), y: bottom + 18, "text-anchor": "middle", "fill-opacity": 0.75, text: tick(value) }));
  const svg = element("svg", { class: "vl-plot", viewBox: `0 0 ${width} ${height}`, width, height, role: "img" },
    line({ x1: 0, x2: width, y1: top, y2: top, stroke: "#777" }), line({ x1: 0, x2: width, y1: bottom, y2: bottom, stroke: "#777" }),
    element("path", { d: curve(0, 1, bottom, 70), fill: "#cc79a7", "fill-opacity": 0.25, stroke: "#cc79a7", "stroke-width": 2 }),
    shape, centre, route, ...ticks, z, eps, zText, epsText);
  svg.show = (mu, std, e) => {
    const value = mu + std * e;
    const x = between(8, across(value), width - 8);
    shape.setAttribute("d", curve(mu, std, top, 70));
    centre.setAttribute("x1", across(mu));
    centre.setAttribute("x2", across(mu));
    route.setAttribute("d", `M${across(e)} ${bottom - 8}L${x} ${top + 8}`);
    z.setAttribute("cx", x);
    eps.setAttribute("d", `M${across(e)} ${bottom - 9}l9 9l-9 9l-9 -9z`);
    const away = e > value ? -1 : 1; // on the side where the dashed line is not
    zText.setAttribute("x", between(56, x + 10 * away, width - 56));
    zText.setAttribute("text-anchor", away < 0 ? "end" : "start");
    zText.textContent = `z ${value.toFixed(2)}`;
    epsText.setAttribute("x", across(e));
    epsText.textContent = `eps ${e.toFixed(2)}`;
    svg.setAttribute("aria-label", `a Gaussian with mean ${mu.toFixed(2)} and std ${std.toFixed(2)}; eps ${e.toFixed(2)} gives z ${value.toFixed(2)}`);
  };
  return svg;
}

const tick = (value) => String(value).replace("-", "−");

// Three lanes of arrows from 0: exact, pathwise, score function. What is out of reach ends at the edge.
function estimatorLanes(name) {
  const [width, height, middle] = [380, 118, 246];
  const reach = (value) => between(154, middle + value * 7, width - 6); // -13 to 18
  const lanes = [["exact", "#555555"], ["pathwise", "#0072b2"], ["score function", "#d55e00"]];
  const dots = element("g");
  const arrows = element("g");
  const svg = element("svg", { class: "vl-plot", viewBox: `0 0 ${width} ${height}`, width, height, role: "img" },
    ...lanes.map(([label], n) => element("text", { x: 6, y: 24 + 36 * n, text: label })),
    element("line", { x1: middle, x2: middle, y1: 4, y2: height - 4, stroke: "#999" }), dots, arrows);
  svg.show = (exact, now, before) => {
    dots.replaceChildren(...before.flatMap((pair) => pair.map((value, n) =>
      element("circle", { cx: reach(value), cy: 56 + 36 * n + 8, r: 2.5, fill: lanes[n + 1][1], "fill-opacity": 0.35 }))));
    arrows.replaceChildren(...[exact, ...now].flatMap((value, n) => {
      const [y, end, colour] = [20 + 36 * n, reach(value), lanes[n][1]];
      const back = end > middle ? -7 : 7;
      return [
        element("path", { d: `M${middle} ${y}H${end}m${back} -5l${-back} 5l${back} 5`, fill: "none", stroke: colour, "stroke-width": 3 }),
        element("text", { x: 144, y: y + 4, "text-anchor": "end", text: value.toFixed(1).replace("-", "−") }),
      ];
    }));
    svg.setAttribute("aria-label", `gradient for ${name}: exact ${exact.toFixed(2)}, pathwise ${now[0].toFixed(2)}, score function ${now[1].toFixed(2)}`);
  };
  return svg;
}

export default { render };
