// A walk uphill in the latent space of a VAE of molecules: what is written at each step, and logP, predicted and true.

function render({ model, el }) {
  const [kinds, starts, length, molecules, walks] = ["_kinds", "_starts", "_length", "_molecules", "_walks"].map((name) => model.get(name));

  const distance = (step) => (step * length).toFixed(1);
  const steps = slider("distance walked uphill", {
    min: 0, max: walks[0][0][0].length - 1, step: 1, oninput: (step) => root.set({ step }), say: distance,
  });
  const kind = choices("strings", kinds.map((name) => name.toUpperCase()), (index) => root.set({ kind: kinds[index] }));
  const start = choices("start", starts, (index) => root.set({ start: starts[index] }));
  const box = element("input", { type: "checkbox", oninput: () => root.set({ near_prior: box.checked }) });
  const image = element("img");
  const empty = element("span", { text: "no molecule" });
  const string = element("code", { class: "vl-string" });
  const words = element("p", { class: "vl-verdict", "aria-live": "polite" });
  const plot = walkPlot(walks, molecules, distance);
  const root = panel(model, el, "molecule-walk",
    element("div", { class: "vl-column vl-walk" }, steps, kind, start,
      element("label", { class: "vl-check" }, box, "stay near the prior"),
      element("div", { class: "vl-molecule" }, image, empty), string, words),
    captioned("logP predicted from z, and computed by RDKit from the decoded molecule", plot));

  root.follow("kind start step near_prior", () => {
    const [strings, from, step] = [kinds.indexOf(model.get("kind")), starts.indexOf(model.get("start")), model.get("step")];
    const walk = walks[strings][from][Number(model.get("near_prior"))];
    const molecule = molecules[walk[step].smiles];
    steps.show(step);
    kind.show(strings);
    start.show(from);
    box.checked = model.get("near_prior");
    image.hidden = !molecule;
    empty.hidden = Boolean(molecule);
    if (molecule) {
      image.alt = molecule.name;
      image.src = `data:image/svg+xml,${encodeURIComponent(molecule.svg)}`;
    }
    string.textContent = walk[step].string || "(no token before the end)";
    words.textContent = walk[step].words;
    plot.show(walk, step);
  });
  return root.close;
}

// logP against the distance: `plot.show(walk, step)` draws a line of what is predicted, a dot for each molecule, a
// cross at the bottom for each string that is none, and a mark at the step. The axes are the same for all walks.
function walkPlot(walks, molecules, distance) {
  const [BLUE, ORANGE] = ["#0072b2", "#d55e00"];
  const [width, height, left, right, top, bottom] = [320, 264, 34, 10, 32, 44];
  const all = [...walks.flat(3).map((point) => point.predicted), ...Object.values(molecules).map(({ logp }) => logp)];
  const [low, high] = [Math.floor(Math.min(...all)), Math.ceil(Math.max(...all) + 0.01)];
  const last = walks[0][0][0].length - 1;
  const floor = height - bottom - 16; // below it is the row of crosses
  const x = (step) => left + 8 + (step / last) * (width - left - right - 16);
  const y = (value) => floor - ((value - low) / (high - low)) * (floor - top);
  const every = Math.ceil((high - low) / 8);
  const levels = Array.from({ length: Math.floor((high - low) / every) + 1 }, (_, n) => low + n * every);

  const dot = (cx, cy) => element("circle", { cx, cy, r: 4, fill: ORANGE });
  const cross = (cx, cy) => element("path", { d: `M${cx - 4} ${cy - 4}l8 8m0 -8l-8 8`, stroke: ORANGE, "stroke-width": 2 });
  const key = (start, sign, text) => [sign, element("text", { x: start, y: 18, text })];
  const line = element("polyline", { fill: "none", stroke: BLUE, "stroke-width": 3 });
  const truth = element("g");
  const now = element("path", { class: "vl-now", stroke: "#212121", "stroke-width": 1.5, "stroke-dasharray": "4 3" });
  const ring = element("circle", { class: "vl-ring", r: 8, fill: "none", stroke: "#212121", "stroke-width": 2 });
  const plot = element("svg", { class: "vl-plot", viewBox: `0 0 ${width} ${height}`, width, height, role: "img" },
    ...levels.map((value) => element("path", { d: `M${left} ${y(value)}H${width - right}`, stroke: "#e4e4e4" })),
    element("path", { d: `M${left} ${top}V${height - bottom}H${width - right}`, fill: "none", stroke: "#777" }),
    ...levels.map((value) => element("text", { x: left - 6, y: y(value) + 4, "text-anchor": "end", text: String(value) })),
    ...[0, 1, 2, 3, 4].map((n) => (n * last) / 4).map((step) => element("text", { x: x(step), y: height - bottom + 16, "text-anchor": "middle", text: distance(step) })),
    element("text", { x: width - right, y: height - 8, "text-anchor": "end", text: "distance walked uphill →" }),
    element("text", { x: 12, y: top, "text-anchor": "end", transform: `rotate(-90 12 ${top})`, text: "logP →" }),
    ...key(left + 22, element("path", { d: `M${left + 2} 14h16`, stroke: BLUE, "stroke-width": 3 }), "predicted"),
    ...key(left + 104, dot(left + 96, 14), "by RDKit"),
    ...key(left + 184, cross(left + 175, 14), "no molecule"),
    now, line, truth, ring);

  plot.show = (walk, step) => {
    const logp = walk.map(({ smiles }) => molecules[smiles]?.logp);
    line.setAttribute("points", walk.map(({ predicted }, n) => `${x(n)},${y(predicted)}`).join(" "));
    truth.replaceChildren(...logp.map((value, n) => (value === undefined ? cross(x(n), height - bottom - 8) : dot(x(n), y(value)))));
    now.setAttribute("d", `M${x(step)} ${top}V${height - bottom}`);
    ring.setAttribute("cx", x(step));
    ring.setAttribute("cy", y(walk[step].predicted));
    const read = walk.map(({ predicted }, n) => `${distance(n)}: ${predicted.toFixed(1)} and ${logp[n]?.toFixed(1) ?? "no molecule"}`);
    plot.setAttribute("aria-label", `logP at each distance, predicted and by RDKit; ${read.join("; ")}`);
  };
  return plot;
}

export default { render };
