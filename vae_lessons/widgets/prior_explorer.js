// Draws from several densities of codes: where they land on a plane of two latents, and what is decoded there.

function render({ model, el }) {
  const shape = model.get("_shape");
  const names = model.get("_names");
  const draws = model.get("_draws"); // of each density: times, draws, latents
  const plane = planeOf(model);
  const times = () => draws[names.indexOf(model.get("source"))];
  const cloud = () => times()[Math.round(model.get("t") * (times().length - 1))];
  const map = mapOf(model, plane, (place) => root.set({ z: plane.moved(model.get("z"), place) }), (place) => root.set({ z: cloud()[plane.nearest(cloud(), place)] }));

  const source = choices("draw from", names, (index) => root.set({ source: names[index] }));
  const time = slider("time", { min: 0, max: 1, step: 0.05, oninput: (t) => root.set({ t }), "aria-label": "time of the flow" });
  const tiles = Array.from({ length: model.get("_pictures") }, (_, k) => picture(shape, `decoded draw ${k + 1}`, { class: "vl-picture vl-tile" }));
  const strip = element("div", { class: "vl-strip", style: `grid-template-columns: repeat(${tiles.length / 2}, 1fr)` }, ...tiles);
  const again = button("Other draws", () => root.set({ first: (model.get("first") + tiles.length) % cloud().length }));
  const decoded = picture(shape, "", { class: "vl-picture vl-big" });
  const root = panel(model, el, "prior-explorer",
    element("div", { class: "vl-column vl-narrow" }, map, source, time),
    element("div", { class: "vl-column vl-narrow" }, captioned("decoded draws, the dots on the map", strip), again, captioned("decoded at the cross", decoded)));

  const decode = connect(model, "decoder", root.report);
  const decodeDraws = connect(model, "decoder", root.report);
  const draw = () => {
    map.show(plane.onto(model.get("z")), { samples: cloud().map(plane.onto) });
    decoded.setAttribute("aria-label", `the image decoded at ${map.getAttribute("aria-valuetext")}`);
  };
  root.follow("z", () => {
    draw();
    root.dataset.z = JSON.stringify(model.get("z"));
    decode([model.get("z")], ([x]) => decoded.show(x));
  });
  root.follow("source t first", () => {
    source.show(names.indexOf(model.get("source")));
    time.show(model.get("t"));
    time.hidden = times().length === 1;
    draw();
    const rows = tiles.map((_, k) => cloud()[(model.get("first") + k) % cloud().length]);
    decodeDraws(rows, (pictures) => pictures.forEach((x, k) => tiles[k].show(x)));
  });
  return root.close;
}

export default { render };
