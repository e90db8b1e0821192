// Minus the ELBO of a drawing, pixel by pixel, among the scores of normal images and of anomalies.

function render({ model, el }) {
  const shape = model.get("_shape");
  const names = model.get("_names");
  const normal = model.get("_normal"); // scores in nats
  const anomalies = () => model.get("_anomalies")[names.indexOf(model.get("chosen"))];
  const least = bytesOf(model.get("_least"));
  const eps = model.get("_eps");
  const [dark, colours] = [model.get("_dark"), model.get("_heat")];
  const range = model.get("_range");

  const view = (label, colour) => picture(shape, label, { class: "vl-picture vl-view" }, colour);
  const [seen, rebuilt] = ["what the model sees", "reconstruction of your drawing"].map((label) => view(label));
  const surprising = view("surprise of each pixel", (nats) => heat(colours, nats / dark));
  const verdict = element("p", { class: "vl-verdict", "aria-live": "polite" });
  const histogram = scoreHistogram(normal, range, model.get("_bins"));
  const knob = slider("alarm above", {
    min: range[0], max: range[1], step: range[1] - range[0] > 40 ? 1 : 0.1,
    oninput: (threshold) => root.set({ threshold }), say: (value) => `${value.toFixed(value % 1 ? 1 : 0)} nats`,
  });
  const kinds = choices("anomalies", names, (index) => root.set({ chosen: names[index] }));
  const curve = rocCurve();
  const rates = element("p", { class: "vl-note", "aria-live": "polite" });
  const root = panel(model, el, "anomaly-pad",
    drawingColumn(model),
    element("div", { class: "vl-views" }, captioned("as the model sees it", seen), captioned("reconstruction", rebuilt),
      captioned(`surprise: −log p(x_d|z) of each pixel, white 0, dark ${dark} nats or more`, surprising)),
    element("div", { class: "vl-column vl-scores" }, verdict,
      captioned("scores of normal images (grey) and of the anomalies (orange line), as shares of each", histogram), knob, kinds,
      element("div", { class: "vl-beside" }, curve, rates)));

  let score = null; // minus the ELBO of the drawing
  const judge = () => {
    const threshold = model.get("threshold");
    histogram.mark(threshold, score);
    if (score === null) return;
    const lower = normal.filter((other) => other < score).length / normal.length;
    verdict.textContent = `minus ELBO ${score.toFixed(0)} nats, higher than ${(100 * lower).toFixed(1)} % of normal images: ${score > threshold ? "ALARM" : "no alarm"}`;
    verdict.classList.toggle("vl-alarm", score > threshold);
  };

  const encode = connect(model, "encoder", root.report);
  const decode = connect(model, "logits", root.report);
  root.follow("drawing", () => {
    const x = Float32Array.from(bytesOf(model.get("drawing")), (byte, d) => (byte >= least[d] ? 1 : 0));
    seen.show(x);
    encode([x], ([code]) => {
      const mu = Array.from(code.subarray(0, eps[0].length));
      const logvar = Array.from(code.subarray(eps[0].length));
      const draws = eps.map((noise) => mu.map((value, j) => value + Math.exp(0.5 * logvar[j]) * noise[j]));
      decode([mu, ...draws], ([mean, ...logits]) => {
        rebuilt.show(mean.map((logit) => 1 / (1 + Math.exp(-logit))));
        const surprise = x.map((value, d) => logits.reduce((sum, row) => sum + softplus((1 - 2 * value) * row[d]), 0) / logits.length);
        surprising.show(surprise);
        const kl = mu.reduce((sum, value, j) => sum + 0.5 * (value ** 2 + Math.exp(logvar[j]) - 1 - logvar[j]), 0);
        score = surprise.reduce((sum, nats) => sum + nats, kl);
        root.dataset.score = score;
        judge();
      });
    });
  });
  root.follow("chosen", () => {
    histogram.draw(anomalies());
    curve.draw(rocPoints(normal, anomalies()));
  });
  root.follow("threshold chosen", () => {
    const [threshold, chosen] = [model.get("threshold"), names.indexOf(model.get("chosen"))];
    const [falseAlarms, detections] = [normal, anomalies()].map((scores) => shareAbove(scores, threshold));
    knob.show(threshold);
    kinds.show(chosen);
    curve.mark([falseAlarms, detections]);
    rates.textContent = `detects ${(100 * detections).toFixed(0)} % at ${(100 * falseAlarms).toFixed(1)} % false alarms; AUROC ${model.get("_aurocs")[chosen].toFixed(2)}`;
    judge();
  });
  return root.close;
}

// log(1 + e^t), which never overflows: with t = (1 - 2 x) logit it is -log p(x) of a Bernoulli pixel x.
const softplus = (t) => Math.max(t, 0) + Math.log1p(Math.exp(-Math.abs(t)));

const shareAbove = (scores, threshold) => scores.filter((score) => score > threshold).length / scores.length;

// The first colour at 0, the last one at 1 and beyond, and the others between them.
function heat(colours, share) {
  const place = between(0, share, 1) * (colours.length - 1);
  const from = Math.min(colours.length - 2, Math.floor(place));
  return colours[from].map((level, c) => Math.round(level + (place - from) * (colours[from + 1][c] - level)));
}

// The points [false alarms, detections] of every threshold, from the highest down.
function rocPoints(normal, anomalies) {
  const thresholds = [...new Set([...normal, ...anomalies])].sort((a, b) => b - a);
  return [...thresholds, -Infinity].map((threshold) => [shareAbove(normal, threshold), shareAbove(anomalies, threshold)]);
}

// Normal scores as grey bars; `plot.draw(anomalies)` adds the others as an outline, `plot.mark(threshold, score)` a line
// at the threshold, and a mark at the score, unless it is null.
function scoreHistogram(normal, [low, high], bins) {
  const [width, height, top, bottom, edge] = [360, 190, 44, 152, 8];
  const x = (nats) => edge + (between(0, (nats - low) / (high - low), 1)) * (width - 2 * edge);
  const shares = (scores) => {
    const counts = Array(bins).fill(0);
    for (const score of scores) if (score < high) counts[Math.floor(((score - low) / (high - low)) * bins)] += 1 / scores.length;
    return counts;
  };
  const outline = (heights, tallest) =>
    heights.map((share, n) => `V${bottom - (share / tallest) * (bottom - top)}H${x(low + ((n + 1) / bins) * (high - low))}`).join("");
  const step = [0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((size) => (high - low) / size <= 8) ?? (high - low) / 4;
  const ticks = [];
  for (let value = Math.ceil(low / step) * step; value <= high; value += step)
    ticks.push(element("text", { x: between(18, x(value), width - 18), y: bottom + 16, "text-anchor": "middle", text: String(Math.round(value * 10) / 10) }));
  const bars = element("path", { fill: "#c4c4c4", stroke: "#777" });
  const others = element("path", { fill: "none", stroke: "#d55e00", "stroke-width": 2.5 });
  const line = element("path", { stroke: "#212121", "stroke-width": 2, "stroke-dasharray": "6 4" });
  const lineName = element("text", { y: 12, text: "alarm →" });
  const mark = element("path", { fill: "#0072b2" });
  const markName = element("text", { y: 28, "text-anchor": "middle" });
  const beyond = element("text", { x: width - edge, y: height - 6, "text-anchor": "end" });
  const plot = element("svg", { class: "vl-plot", viewBox: `0 0 ${width} ${height}`, width, height, role: "img" },
    bars, others, element("path", { d: `M${edge} ${bottom}H${width - edge}`, stroke: "#777" }), ...ticks,
    element("text", { x: edge, y: height - 6, text: "minus ELBO, nats" }), line, mark, lineName, markName, beyond);
  const grey = shares(normal);
  plot.draw = (anomalies) => {
    const orange = shares(anomalies);
    const tallest = Math.max(...grey, ...orange);
    bars.setAttribute("d", `M${edge} ${bottom}${outline(grey, tallest)}V${bottom}Z`);
    others.setAttribute("d", `M${edge} ${bottom}${outline(orange, tallest)}V${bottom}`);
    const farther = shareAbove(anomalies, high);
    beyond.textContent = farther ? `${(100 * farther).toFixed(0)} % of the anomalies lie beyond →` : "";
  };
  plot.mark = (threshold, score) => {
    const at = x(threshold);
    line.setAttribute("d", `M${at} 4V${bottom}`);
    lineName.setAttribute("x", at > width - 60 ? at - 5 : at + 5);
    lineName.setAttribute("text-anchor", at > width - 60 ? "end" : "start");
    if (score === null) return;
    const spot = x(score);
    mark.setAttribute("d", `M${spot - 7} 32h14l-7 12Z M${spot - 1} 42h2V${bottom}h-2Z`);
    markName.setAttribute("x", between(36, spot, width - 36));
    markName.textContent = score < low ? "← drawing" : score > high ? "drawing →" : "drawing";
    plot.setAttribute("aria-label", `histogram of scores: the drawing has ${score.toFixed(0)} nats, the alarm is above ${threshold.toFixed(0)} nats`);
  };
  return plot;
}

// Detections against false alarms; `plot.draw(points)` draws the curve, `plot.mark(now)` the point of the threshold.
function rocCurve() {
  const [side, edge] = [176, 24];
  const x = (share) => edge + share * (side - edge - 12);
  const y = (share) => side - edge - share * (side - edge - 12);
  const curve = element("polyline", { fill: "none", stroke: "#d55e00", "stroke-width": 2.5 });
  const point = element("circle", { r: 6, fill: "#212121", stroke: "#fff", "stroke-width": 2 });
  const plot = element("svg", { class: "vl-plot", viewBox: `0 0 ${side} ${side}`, width: side, height: side, role: "img" },
    element("path", { d: `M${x(0)} ${y(1)}V${y(0)}H${x(1)}`, fill: "none", stroke: "#777" }),
    element("path", { d: `M${x(0)} ${y(0)}L${x(1)} ${y(1)}`, stroke: "#777", "stroke-dasharray": "2 4" }),
    element("text", { x: x(1), y: side - 7, "text-anchor": "end", text: "false alarms →" }),
    element("text", { x: 16, y: y(1), "text-anchor": "end", transform: `rotate(-90 16 ${y(1)})`, text: "detections →" }), curve, point);
  plot.draw = (points) =>
    curve.setAttribute("points", points.map(([falseAlarms, detections]) => `${x(falseAlarms)},${y(detections)}`).join(" "));
  plot.mark = (now) => {
    point.setAttribute("cx", x(now[0]));
    point.setAttribute("cy", y(now[1]));
    plot.setAttribute("aria-label", `ROC curve, now at ${(100 * now[0]).toFixed(1)} % false alarms and ${(100 * now[1]).toFixed(0)} % detections`);
  };
  return plot;
}

export default { render };
