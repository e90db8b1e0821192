// Training as it runs: the terms of its objective, samples that get better, and a button that ends it cleanly.

function render({ model, el }) {
  const shape = model.get("_shape");
  const colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7"];
  let curves = [];
  const charts = element("div", { class: "vl-column" });
  const stop = button("Stop training", async () => {
    stop.disabled = true;
    if (!(await interrupt(model.get("_kernel")))) root.set({ stopped: true });
  });
  const words = element("p", { class: "vl-note", role: "status" });
  const rows = element("div", { class: "vl-strip" });
  const root = panel(model, el, "training-monitor",
    element("div", { class: "vl-line vl-wide" }, stop, words),
    charts,
    captioned("the same points of the prior, decoded; time runs down", rows));

  root.follow("_titles _steps", () => {
    const titles = model.get("_titles");
    if (curves.length !== titles.length) {
      curves = titles.map((title, n) => liveCurve(title, colours[n % colours.length]));
      charts.replaceChildren(...titles.map((title, n) => captioned(title, curves[n])));
    }
    const steps = model.get("_steps"); // [[share done, first term, second term, ...], ...]
    curves.forEach((curve, n) => curve.show(steps.map((step) => [step[0], step[n + 1]])));
  });
  root.follow("_samples", () => {
    const all = images(model.get("_samples"), shape);
    rows.style.gridTemplateColumns = `repeat(${model.get("_columns")}, 1fr)`;
    for (let n = rows.childElementCount; n < all.length; n++) {
      const canvas = picture(shape, `sample ${n + 1}`, { class: "vl-picture vl-tile" });
      canvas.show(all[n]);
      rows.append(canvas);
    }
  });
  root.follow("_ended stopped _steps", () => {
    const done = model.get("_steps").at(-1)?.[0] ?? 0;
    stop.disabled ||= model.get("_ended") || model.get("stopped");
    const state = model.get("_ended") ? "training ended" : stop.disabled ? "stopping" : "training";
    words.textContent = `${state}, ${Math.round(100 * done)} % done`;
  });
  return root.close;
}

// While a cell runs, its kernel may not read what widgets send (whether it does differs by version). Where a Jupyter
// server is behind the page, ask it to do what its own stop button does; elsewhere the trait has to find its way.
async function interrupt(kernel) {
  const { baseUrl, token } = JSON.parse(document.getElementById("jupyter-config-data")?.textContent ?? "{}");
  if (!baseUrl || !kernel) return false;
  const xsrf = document.cookie.match(/(?:^|; )_xsrf=([^;]*)/)?.[1];
  const headers = { ...(token && { Authorization: `token ${token}` }), ...(xsrf && { "X-XSRFToken": xsrf }) };
  return (await fetch(`${baseUrl}api/kernels/${kernel}/interrupt`, { method: "POST", headers })).ok;
}

// title: "name, unit: how to read it", of which only the name is needed.
function liveCurve(title, colour) {
  const [label, unit = ""] = title.split(":")[0].split(", ");
  const [width, height, edge] = [300, 150, 46];
  const line = element("polyline", { fill: "none", stroke: colour, "stroke-width": 2 });
  const [low, high, now] = [height - 22, 16, 0].map((y) => element("text", { x: edge - 4, y, "text-anchor": "end" }));
  const svg = element("svg", { class: "vl-plot", viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label },
    element("path", { d: `M${edge} 8V${height - 24}H${width - 8}`, fill: "none", stroke: "#777" }),
    element("text", { x: width - 8, y: height - 8, "text-anchor": "end", text: "share of training" }), low, high, now, line);
  svg.show = (points) => {
    if (!points.length) return;
    // The first steps are far off: they would leave no room for the rest.
    const later = points.filter(([done]) => done > 0.05);
    const values = (later.length ? later : points).map(([, value]) => value);
    const [bottom, top] = [Math.min(...values), Math.max(...values)];
    const x = (done) => edge + done * (width - edge - 8);
    const y = (value) => between(10, height - 24 - ((value - bottom) / (top - bottom || 1)) * (height - 38), height - 24);
    line.setAttribute("points", points.map(([done, value]) => `${x(done)},${y(value)}`).join(" "));
    low.textContent = bottom.toFixed(1);
    high.textContent = top.toFixed(1);
    svg.setAttribute("aria-label", `${label}: ${points.at(-1)[1].toFixed(1)} ${unit} at ${Math.round(100 * points.at(-1)[0])} % of training`);
  };
  return svg;
}

export default { render };
