// The latent map under the hand: the image decoded at the cross, and q(z|x) of a chosen image.

function render({ model, el }) {
  const shape = model.get("_shape");
  const codes = model.get("_codes");
  const stds = model.get("_stds"); // one per code, or none where images are encoded as points
  const pixels = images(model.get("_images"), shape);
  const plane = planeOf(model);
  const choose = (index) => root.set({ chosen: index, z: codes[index] });
  const map = mapOf(model, plane, (place) => root.set({ z: plane.moved(model.get("z"), place) }), (place) => choose(plane.nearest(codes, place)));

  const decoded = picture(shape, "", { class: "vl-picture vl-big" });
  const image = picture(shape, "the chosen image", { class: "vl-picture vl-small" });
  const rebuilt = picture(shape, "reconstruction of the chosen image", { class: "vl-picture vl-small" });
  const drawn = model.get("_eps").map((_, k) => picture(shape, `decoded sample ${k + 1} from its q(z|x)`, { class: "vl-picture vl-tile" }));
  const samples = captioned("decoded samples from its q(z|x), the ellipse on the map", element("div", { class: "vl-strip", style: `grid-template-columns: repeat(${drawn.length}, 1fr)` }, ...drawn));
  const again = button("Other samples", () => root.set({ _eps: model.get("_eps").map((row) => row.map(normal)) }));
  const chosenPart = element("div", { class: "vl-column" },
    element("div", { class: "vl-line" }, captioned("image", image), captioned("reconstruction", rebuilt)), samples, again);
  const gallery = choices("choose", model.get("_gallery").map((n) => thumbnail(pixels[n], shape)), (place) => choose(model.get("_gallery")[place]));
  const root = panel(model, el, "latent-plane",
    element("div", { class: "vl-column vl-narrow" }, map, gallery),
    element("div", { class: "vl-column vl-narrow" }, captioned("decoded at the cross", decoded), chosenPart));

  const decode = connect(model, "decoder", root.report);
  const decodeChosen = connect(model, "decoder", root.report);
  root.follow("z chosen _eps", () => {
    const z = model.get("z");
    const chosen = model.get("chosen");
    const region = chosen >= 0 && stds.length ? plane.region(codes[chosen], stds[chosen], model.get("_eps")) : null;
    map.show(plane.onto(z), region);
    root.dataset.z = JSON.stringify(z);
    decoded.setAttribute("aria-label", `the image decoded at ${map.getAttribute("aria-valuetext")}`);
    decode([z], ([x]) => decoded.show(x));
  });
  root.follow("chosen _eps", () => {
    const chosen = model.get("chosen");
    gallery.show(model.get("_gallery").indexOf(chosen));
    chosenPart.hidden = chosen < 0;
    samples.hidden = again.hidden = !stds.length;
    if (chosen < 0) return;
    image.show(pixels[chosen]);
    const points = stds.length ? plane.region(codes[chosen], stds[chosen], model.get("_eps")).z : [];
    root.dataset.samples = JSON.stringify(points);
    decodeChosen([codes[chosen], ...points], ([first, ...rest]) => {
      rebuilt.show(first);
      rest.forEach((x, k) => drawn[k].show(x));
    });
  });
  return root.close;
}

export default { render };
