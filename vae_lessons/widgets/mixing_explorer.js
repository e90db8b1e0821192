// How accurate a classifier gets when a VAE makes a share of every batch, and what such a batch looks like.

function render({ model, el }) {
  const shape = model.get("_shape");
  const counts = model.get("_label_counts");
  const shares = model.get("_shares");
  const looks = model.get("_looks");
  const pictures = images(model.get("_tiles"), shape); // (looks, counts, 2, tiles): the 2 are labelled and made
  const size = pictures.length / (looks.length * counts.length * 2);

  const tiles = Array.from({ length: size }, () => picture(shape, "", { class: "vl-picture vl-tile" }));
  const strip = element("div", { class: "vl-strip", style: `grid-template-columns: repeat(${size / 2}, 1fr)` }, ...tiles);
  const [labelled, made] = ["", " vl-framed"].map((frame) => {
    const words = element("span");
    const entry = element("span", { class: "vl-key" }, element("span", { class: `vl-swatch${frame}`, "aria-hidden": "true" }), words);
    entry.show = (text) => { words.textContent = text; };
    return entry;
  });

  const steps = (name, trait, values) => slider(name, {
    min: 0, max: values.length - 1, step: 1, oninput: (index) => root.set({ [trait]: values[index] }), say: (index) => String(values[index]),
  });
  const number = steps("labelled images", "labels", counts);
  const weight = steps("share of each batch made by the VAE", "weight", shares);
  const box = element("input", { type: "checkbox", oninput: () => root.set({ shifted: box.checked }) });
  const words = element("p", { class: "vl-verdict", "aria-live": "polite" });
  const plot = mixingPlot(model);
  const root = panel(model, el, "mixing-explorer",
    element("div", { class: "vl-column vl-mixing" }, number, weight,
      element("label", { class: "vl-check" }, box, "shift and shear every image"), words,
      element("figure", { class: "vl-figure" }, element("figcaption", { text: "what a batch looks like" }), strip,
        element("div", { class: "vl-keys" }, labelled, made))),
    captioned(`accuracy on new digits: mean of ${model.get("_seeds")} seeds, bars of plus and minus one standard deviation`, plot));

  root.follow("labels weight shifted", () => {
    const [count, share] = [counts.indexOf(model.get("labels")), shares.indexOf(model.get("weight"))];
    const look = Number(model.get("shifted"));
    const first = size - model.get("_made")[share]; // the tiles from here on the VAE made
    number.show(count);
    weight.show(share);
    box.checked = Boolean(look);
    tiles.forEach((tile, n) => {
      const byVae = n >= first;
      tile.show(pictures[((look * counts.length + count) * 2 + byVae) * size + n]);
      tile.classList.toggle("vl-framed", byVae);
      tile.setAttribute("aria-label", `${n % (size / 2)}, ${byVae ? "made by the VAE" : "labelled"}${look ? `, ${looks[look]}` : ""}`);
    });
    labelled.show(`${first} labelled`);
    made.show(`${size - first} made by the VAE, in a frame`);
    words.textContent = model.get("_words")[count][share][look].replace(/ (?=[±%])|(?<=±) /g, "\u00a0"); // one number, one line
    plot.show(count, share, look);
  });
  return root.close;
}

const LOOK_COLOURS = ["#0072b2", "#d55e00"];

// Mean accuracy with its spread against the share; `plot.show(count, share, look)` draws the lines of one number of
// labels, one look strong, with a ring around one point. The axes stay: more labels lift the lines.
function mixingPlot(model) {
  const [counts, shares, looks] = ["_label_counts", "_shares", "_looks"].map((name) => model.get(name));
  const [means, stds, reference] = ["_means", "_stds", "_reference"].map((name) => model.get(name));
  const [width, height, left, right, top, bottom] = [320, 264, 46, 10, 32, 44];
  const [least, most] = [Math.min(...shares), Math.max(...shares)];
  const x = (share) => left + 16 + ((share - least) / (most - least || 1)) * (width - left - right - 32);

  const spread = means.flat(2).flatMap((mean, n) => [mean - stds.flat(2)[n], mean + stds.flat(2)[n]]);
  const [lowest, highest] = [Math.min(...spread, ...reference), Math.max(...spread, ...reference)];
  const step = [1, 2, 5, 10].find((size) => (highest - lowest) / size <= 7) ?? 20;
  const [low, high] = [Math.floor((2 * lowest) / step) * (step / 2), Math.floor((2 * highest) / step + 1) * (step / 2)];
  const ticks = [];
  for (let value = Math.ceil(low / step) * step; value <= high; value += step) ticks.push(value);
  const y = (value) => height - bottom - ((value - low) / (high - low)) * (height - top - bottom);

  const dot = (look, cx, cy) => (look
    ? element("rect", { x: cx - 4, y: cy - 4, width: 8, height: 8, fill: LOOK_COLOURS[look] })
    : element("circle", { cx, cy, r: 4.5, fill: LOOK_COLOURS[look] }));
  const at = (look, share) => x(share) + (look ? 3 : -3); // bars beside each other can be told apart
  const line = (count, look, strong) => element("g", { opacity: strong ? 1 : 0.45, "data-look": look },
    element("polyline", { points: shares.map((share, n) => `${at(look, share)},${y(means[count][n][look])}`).join(" "), fill: "none", stroke: LOOK_COLOURS[look], "stroke-width": strong ? 3 : 1.5 }),
    ...shares.flatMap((share, n) => {
      const [cx, mean, std] = [at(look, share), means[count][n][look], stds[count][n][look]];
      const bar = `M${cx - 4} ${y(mean + std)}h8M${cx - 4} ${y(mean - std)}h8M${cx} ${y(mean + std)}V${y(mean - std)}`;
      return [element("path", { d: bar, stroke: LOOK_COLOURS[look], "stroke-width": 1.5 }), dot(look, cx, y(mean))];
    }));
  const key = (look, start) => [dot(look, start, 14), element("text", { x: start + 9, y: 18, text: looks[look] })];

  const lines = element("g");
  const dashed = element("path", { stroke: "#212121", "stroke-width": 1.5, "stroke-dasharray": "6 4" });
  const label = element("text", { class: "vl-over", text: "with unlabelled images" });
  const ring = element("circle", { class: "vl-ring", r: 10, fill: "none", stroke: "#212121", "stroke-width": 2 });
  const plot = element("svg", { class: "vl-plot", viewBox: `0 0 ${width} ${height}`, width, height, role: "img" },
    ...ticks.map((value) => element("path", { d: `M${left} ${y(value)}H${width - right}`, stroke: "#e4e4e4" })),
    element("path", { d: `M${left} ${top}V${height - bottom}H${width - right}`, fill: "none", stroke: "#777" }),
    ...ticks.map((value) => element("text", { x: left - 6, y: y(value) + 4, "text-anchor": "end", text: String(value) })),
    ...shares.map((share) => element("text", { x: x(share), y: height - bottom + 16, "text-anchor": "middle", text: String(share) })),
    element("text", { x: width - right, y: height - 8, "text-anchor": "end", text: "share of each batch made by the VAE →" }),
    element("text", { x: 12, y: top, "text-anchor": "end", transform: `rotate(-90 12 ${top})`, text: "test accuracy, % →" }),
    ...key(0, left + 8), ...key(1, left + 104),
    lines, ...(reference.length ? [dashed, label] : []), ring);

  // The label stands above or below its line, at the left or the right, wherever the other lines are farthest away.
  const placeLabel = (count) => {
    const level = y(reference[count]);
    const far = ([end, shift]) => {
      const middle = level + shift - 4;
      if (middle < top || middle > height - bottom - 6) return -1;
      const half = (shares.length - 1) / 2;
      const near = means[count].filter((_, n) => (end ? n >= half : n <= half)).flat();
      return Math.min(...near.map((mean) => Math.abs(y(mean) - middle)));
    };
    const places = [[true, -6], [true, 15], [false, -6], [false, 15]];
    const [end, shift] = places.reduce((best, place) => (far(place) > far(best) ? place : best));
    dashed.setAttribute("d", `M${left} ${level}H${width - right}`);
    label.setAttribute("x", end ? width - right - 3 : left + 5);
    label.setAttribute("y", level + shift);
    label.setAttribute("text-anchor", end ? "end" : "start");
  };

  plot.show = (count, share, look) => {
    lines.replaceChildren(line(count, 1 - look, false), line(count, look, true));
    if (reference.length) placeLabel(count);
    ring.setAttribute("cx", at(look, shares[share]));
    ring.setAttribute("cy", y(means[count][share][look]));
    const read = looks.map((name, n) => `images ${name}: ${shares.map((each, s) => `${means[count][s][n].toFixed(1)} % at ${each}`).join(", ")}`);
    if (reference.length) read.push(`with unlabelled images: ${reference[count].toFixed(1)} %`);
    plot.setAttribute("aria-label", `test accuracy against the share of each batch made by the VAE, ${counts[count]} labels; ${read.join("; ")}`);
  };
  return plot;
}

export default { render };
