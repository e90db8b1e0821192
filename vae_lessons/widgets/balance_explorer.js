// One slider over trained models: what each beta buys and what it costs.

function render({ model, el }) {
  const shape = model.get("_shape");
  const names = model.get("_names");
  const numbers = model.get("_numbers"); // [{rate, distortion}] per model
  const originals = images(model.get("_images"), shape);
  const rebuiltAll = images(model.get("_rebuilt"), shape);
  const sampledAll = images(model.get("_sampled"), shape);
  const small = (label) => picture(shape, label, { class: "vl-picture vl-tile" });
  const tiles = (label, n) => Array.from({ length: n }, (_, k) => small(`${label} ${k + 1}`));
  const given = tiles("test image", originals.length);
  given.forEach((canvas, n) => canvas.show(originals[n]));
  const rebuilt = tiles("reconstruction", originals.length);
  const sampled = tiles("sample", sampledAll.length / names.length);
  const strip = (canvases) => element("div", { class: "vl-strip", style: `grid-template-columns: repeat(${originals.length}, 1fr)` }, ...canvases);

  const knob = slider("beta", {
    min: 0, max: names.length - 1, step: 1, oninput: (index) => root.set({ chosen: names[index] }), say: (index) => names[index],
  });
  const words = element("p", { class: "vl-note", "aria-live": "polite" });
  const plot = tradeOff(numbers, names);
  const root = panel(model, el, "balance-explorer",
    element("div", { class: "vl-column" }, knob, words,
      captioned("test images", strip(given)), captioned("reconstructions", strip(rebuilt)), captioned("sampled from the prior", strip(sampled))),
    captioned("what it costs: distortion against rate, in nats per image", plot));

  root.follow("chosen", () => {
    const index = names.indexOf(model.get("chosen"));
    const { rate, distortion } = numbers[index];
    knob.show(index);
    plot.show(index);
    rebuilt.forEach((canvas, n) => canvas.show(rebuiltAll[index * rebuilt.length + n]));
    sampled.forEach((canvas, n) => canvas.show(sampledAll[index * sampled.length + n]));
    words.textContent = `${names[index]}: rate ${rate.toFixed(1)}, distortion ${distortion.toFixed(1)}, ELBO ${(-rate - distortion).toFixed(1)} nats per image`;
  });
  return root.close;
}

// The rate-distortion curve; `plot.show(index)` marks one model on it.
function tradeOff(numbers, names) {
  const [width, height, edge] = [330, 240, 48];
  const scale = (values, from, to) => {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return (value) => from + ((value - low) / (high - low || 1)) * (to - from);
  };
  const x = scale(numbers.map(({ rate }) => rate), edge + 8, width - 24);
  const y = scale(numbers.map(({ distortion }) => distortion), height - edge - 10, 20);
  const ends = (name) => [Math.min, Math.max].map((end) => end(...numbers.map((each) => each[name])));
  const order = [...numbers.keys()].sort((a, b) => numbers[a].rate - numbers[b].rate);
  const mark = element("circle", { r: 7, fill: "#d55e00", stroke: "#fff", "stroke-width": 2 });
  const label = element("text", { "font-weight": "600" });
  const plot = element("svg", { class: "vl-plot", viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": "distortion against rate" },
    element("path", { d: `M${edge} 10V${height - edge}H${width - 10}`, fill: "none", stroke: "#777" }),
    element("text", { x: width - 10, y: height - 4, "text-anchor": "end", text: "rate →" }),
    element("text", { x: 12, y: 14, "text-anchor": "end", transform: "rotate(-90 12 14)", text: "distortion →" }),
    ...ends("rate").map((value) => element("text", { x: x(value), y: height - edge + 15, "text-anchor": "middle", text: value.toFixed(0) })),
    ...ends("distortion").map((value) => element("text", { x: edge - 5, y: y(value) + 4, "text-anchor": "end", text: value.toFixed(0) })),
    element("polyline", { points: order.map((n) => `${x(numbers[n].rate)},${y(numbers[n].distortion)}`).join(" "), fill: "none", stroke: "#0072b2", "stroke-width": 2 }),
    ...numbers.map(({ rate, distortion }) => element("circle", { cx: x(rate), cy: y(distortion), r: 4, fill: "#0072b2" })),
    mark, label);
  plot.show = (index) => {
    const [cx, cy] = [x(numbers[index].rate), y(numbers[index].distortion)];
    mark.setAttribute("cx", cx);
    mark.setAttribute("cy", cy);
    const left = cx > width / 2;
    label.setAttribute("x", cx + (left ? -12 : 12));
    label.setAttribute("y", cy - 8);
    label.setAttribute("text-anchor", left ? "end" : "start");
    label.textContent = names[index];
    plot.setAttribute("aria-label", `distortion against rate; ${names[index]} at rate ${numbers[index].rate.toFixed(1)}, distortion ${numbers[index].distortion.toFixed(1)}`);
  };
  return plot;
}

export default { render };
