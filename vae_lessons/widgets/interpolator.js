// From one image to another: mixed pixels, beside the path through latent space.

function render({ model, el }) {
  const shape = model.get("_shape");
  const pixels = images(model.get("_images"), shape);
  const codes = model.get("_codes");
  const pick = (trait, label) => choices(label, pixels.map((x) => thumbnail(x, shape)), (index) => root.set({ [trait]: index }));
  const [from, to] = [pick("start", "from"), pick("end", "to")];
  const blended = picture(shape, "mixed pixels", { class: "vl-picture" });
  const decoded = picture(shape, "decoded along the path through latent space", { class: "vl-picture" });
  const ways = ["lerp", "slerp"];
  const way = choices("path", ways, (index) => root.set({ way: ways[index] }));
  const knob = slider("t", { min: 0, max: 1, step: 0.01, oninput: (t) => { stop(); root.set({ t }); } });
  const play = button("Play", () => (playing ? stop() : start()), { "aria-pressed": "false" });
  const root = panel(model, el, "interpolator",
    element("div", { class: "vl-column vl-narrow" }, from, to, way, element("div", { class: "vl-line" }, knob, play)),
    captioned("mixed pixels", blended), captioned("decoded along the path", decoded));

  // Playing: once there and back in six seconds.
  let playing = 0;
  function start() {
    const began = performance.now() - 3000 * model.get("t");
    play.textContent = "Stop";
    const frame = (now) => {
      const phase = Math.max(0, now - began) / 3000;
      root.set({ t: Math.round(100 * (1 - Math.abs(1 - (phase % 2)))) / 100 });
      playing = requestAnimationFrame(frame);
    };
    playing = requestAnimationFrame(frame);
    play.setAttribute("aria-pressed", "true");
  }
  function stop() {
    cancelAnimationFrame(playing);
    playing = 0;
    play.textContent = "Play";
    play.setAttribute("aria-pressed", "false");
  }

  const decode = connect(model, "decoder", root.report);
  root.follow("t way start end", () => {
    const t = model.get("t");
    const [start, end] = [model.get("start"), model.get("end")];
    from.show(start);
    to.show(end);
    way.show(ways.indexOf(model.get("way")));
    knob.show(t);
    const z = { lerp, slerp }[model.get("way")](codes[start], codes[end], t);
    root.dataset.z = JSON.stringify(z);
    blended.show(lerp(Array.from(pixels[start]), pixels[end], t));
    decode([z], ([x]) => decoded.show(x));
  });
  return () => { stop(); root.close(); };
}

const lerp = (start, end, t) => start.map((value, j) => (1 - t) * value + t * end[j]);

// The same arc as latent_space.slerp draws.
function slerp(start, end, t) {
  const lengths = [start, end].map((z) => Math.hypot(...z));
  const angle = Math.acos(between(-1, dot(start, end) / (lengths[0] * lengths[1]), 1));
  if (!(Math.sin(angle) > 1e-2)) return lerp(start, end, t);
  const length = (1 - t) * lengths[0] + t * lengths[1];
  return start.map((value, j) =>
    (length * ((Math.sin((1 - t) * angle) * value) / lengths[0] + (Math.sin(t * angle) * end[j]) / lengths[1])) / Math.sin(angle));
}

export default { render };
