// Images on a stack of bits: put in and taken out step by step, with the length of the message.

function render({ model, el }) {
  const shape = model.get("_shape");
  const [height, width] = shape;
  const names = model.get("_names");
  const runs = model.get("_bits"); // of each model: bits after 0, 1, 2, ... steps
  const elbos = model.get("_elbos");
  const steps = model.get("_steps");
  const count = (runs[0].length - 1) / steps.length;
  const bits = () => runs[names.indexOf(model.get("chosen"))];
  const go = (done) => root.set({ done: between(0, done, count * steps.length) });

  const tiles = images(model.get("_images"), shape).map((x, n) => {
    const tile = picture(shape, `image ${n + 1}`, { class: "vl-picture vl-tile" });
    tile.show(x);
    return tile;
  });
  const strip = element("div", { class: "vl-strip", style: "grid-template-columns: repeat(8, 1fr)" }, ...tiles);
  const coder = choices("coded by", names, (index) => root.set({ chosen: names[index] }));
  const knob = slider("steps", { min: 0, max: count * steps.length, step: 1, oninput: go, say: (value) => value.toFixed(0) });
  const buttons = element("div", { class: "vl-group" },
    button("Put one in", () => go((Math.floor(model.get("done") / steps.length) + 1) * steps.length)),
    button("One step", () => go(model.get("done") + 1)),
    button("Take one out", () => go((Math.ceil(model.get("done") / steps.length) - 1) * steps.length)));
  const words = element("p", { class: "vl-note", "aria-live": "polite" });
  const bars = stepBars(steps, Math.max(...runs.flatMap((run) => run.slice(1).map((value, n) => Math.abs(value - run[n])))));
  const plot = perPixel(runs, elbos, names, steps.length, height * width);
  const root = panel(model, el, "message-stack",
    element("div", { class: "vl-column" }, captioned("images in the message; pale ones are outside", strip), coder, knob, buttons, words),
    element("div", { class: "vl-column" }, captioned("the steps of the image on top, in bits", bars), captioned("net bits per pixel so far; dotted: minus the ELBO of all", plot)));

  root.follow("chosen done", () => {
    const [chosen, done] = [names.indexOf(model.get("chosen")), model.get("done")];
    coder.show(chosen);
    knob.show(done);
    tiles.forEach((tile, n) => { tile.style.opacity = done >= (n + 1) * steps.length ? 1 : done > n * steps.length ? 0.6 : 0.2; });
    const first = Math.max(0, Math.ceil(done / steps.length) - 1) * steps.length;
    bars.show(bits().slice(first, done + 1).map((value, n, all) => value - all[n - 1]).slice(1));
    plot.show(chosen, Math.floor(done / steps.length));
    words.textContent = `${Math.floor(done / steps.length)} images are in; the message has grown by ${(bits()[done] - bits()[0]).toFixed(0)} bits. Its checksum is ${model.get("_sums")[chosen][done]}.`;
  });
  return root.close;
}

const STEP_COLOURS = ["#d55e00", "#0072b2", "#009e73"];
const LINE_COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#777777"];

// A bar for each step, to the left for bits that are popped; `plot.show(changes)` draws those that were made.
function stepBars(steps, largest) {
  const [width, height, middle] = [340, 96, 190];
  const x = (value) => middle + (value / largest) * (width - middle - 50);
  const rows = steps.map((name, n) => ({
    bar: element("rect", { y: 8 + 28 * n, height: 18, fill: STEP_COLOURS[n] }),
    number: element("text", { y: 22 + 28 * n }),
    label: element("text", { x: 6, y: 22 + 28 * n, text: name }),
  }));
  const plot = element("svg", { class: "vl-plot", viewBox: `0 0 ${width} ${height}`, width, height, role: "img" },
    ...rows.flatMap(({ bar, number, label }) => [bar, number, label]), element("path", { d: `M${middle} 4V${height - 6}`, stroke: "#777" }));
  plot.show = (changes) => {
    rows.forEach(({ bar, number }, n) => {
      const change = changes[n] ?? 0;
      bar.setAttribute("x", Math.min(x(0), x(change)));
      bar.setAttribute("width", Math.abs(x(change) - x(0)));
      number.setAttribute("x", Math.max(x(0), x(change)) + 5);
      number.textContent = n < changes.length ? `${change > 0 ? "+" : "−"}${Math.abs(change).toFixed(0)}` : "";
    });
    plot.setAttribute("aria-label", changes.map((change, n) => `${steps[n]}: ${change.toFixed(0)} bits`).join(", ") || "no step yet");
  };
  return plot;
}

// Net bits per pixel against the number of images; `plot.show(chosen, n)` draws the chosen line up to n images.
function perPixel(runs, elbos, names, steps, pixels) {
  const [width, height, edge] = [340, 200, 44];
  const lines = runs.map((run) => Array.from({ length: (run.length - 1) / steps }, (_, n) => (run[(n + 1) * steps] - run[0]) / (n + 1) / pixels));
  const all = [...lines.flat(), ...elbos];
  const [low, high] = [Math.min(...all) * 0.95, Math.max(...all) * 1.05];
  const x = (n) => edge + 8 + ((n - 1) / Math.max(1, lines[0].length - 1)) * (width - edge - 24);
  const y = (value) => height - edge + 8 - ((value - low) / (high - low)) * (height - edge - 16);
  const path = (values) => values.map((value, n) => `${x(n + 1)},${y(value)}`).join(" ");
  const colour = (n) => LINE_COLOURS[n % LINE_COLOURS.length];
  const faint = lines.map((line, n) => element("polyline", { points: path(line), fill: "none", stroke: colour(n), "stroke-width": 1, opacity: 0.35 }));
  const bound = element("line", { x1: edge, x2: width - 12, "stroke-dasharray": "2 4", "stroke-width": 2 });
  const drawn = element("polyline", { fill: "none", "stroke-width": 3 });
  const ticks = [low, (low + high) / 2, high].map((value) => element("text", { x: edge - 5, y: y(value) + 4, "text-anchor": "end", text: value.toFixed(2) }));
  const plot = element("svg", { class: "vl-plot", viewBox: `0 0 ${width} ${height}`, width, height, role: "img" },
    element("path", { d: `M${edge} 8V${height - edge + 8}H${width - 12}`, fill: "none", stroke: "#777" }),
    ...ticks, element("text", { x: width - 12, y: height - 8, "text-anchor": "end", text: "images in the message →" }), ...faint, bound, drawn);
  plot.show = (chosen, n) => {
    drawn.setAttribute("points", path(lines[chosen].slice(0, n)));
    drawn.setAttribute("stroke", colour(chosen));
    bound.setAttribute("stroke", colour(chosen));
    ["y1", "y2"].forEach((end) => bound.setAttribute(end, y(elbos[chosen])));
    const now = n ? `${lines[chosen][n - 1].toFixed(3)} after ${n} images` : "no image yet";
    plot.setAttribute("aria-label", `net bits per pixel, ${names[chosen]}: ${now}; minus the ELBO is ${elbos[chosen].toFixed(3)}`);
  };
  return plot;
}

export default { render };
