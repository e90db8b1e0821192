// Draw a digit by hand, finger or keys; it is centred, encoded, and reconstructed while it grows.

function render({ model, el }) {
  const shape = model.get("_shape");
  const plane = planeOf(model);
  const half = model.get("z").length;
  const [seen, rebuilt, decoded] = ["what the encoder sees", "reconstruction of your drawing", "decoded at the cross"].map((label) =>
    picture(shape, label, { class: "vl-picture vl-small" }));
  const map = mapOf(model, plane, (place) => root.set({ z: plane.moved(model.get("z"), place) }), () => {});
  const root = panel(model, el, "drawing-pad",
    drawingColumn(model),
    element("div", { class: "vl-column vl-stack" }, captioned("as the encoder sees it", seen), captioned("reconstruction", rebuilt), captioned("decoded at the cross", decoded)),
    captioned("where the encoder puts it (ellipse: its q(z|x)); drag the cross", map));

  const encode = connect(model, "encoder", root.report);
  const rebuild = connect(model, "decoder", root.report);
  const decode = connect(model, "decoder", root.report);
  let region = null;
  let begun = false;
  const follow = () => {
    const z = model.get("z");
    map.show(plane.onto(z), region);
    root.dataset.z = JSON.stringify(z);
    decode([z], ([x]) => decoded.show(x));
  };
  root.follow("drawing", () => {
    const [x] = images(model.get("drawing"), shape);
    seen.show(x);
    encode([x], ([code]) => {
      const mu = Array.from(code.subarray(0, half));
      const std = Array.from(code.subarray(half), (logvar) => Math.exp(0.5 * logvar));
      region = std.length ? plane.region(mu, std, []) : null;
      root.dataset.mu = JSON.stringify(mu);
      root.dataset.std = JSON.stringify(std);
      rebuild([mu], ([pixels]) => rebuilt.show(pixels));
      if (begun) root.set({ z: mu }); // the cross goes along; where it stands at the start is Python's word
      begun = true;
      follow();
    });
  });
  root.follow("z", follow);
  return root.close;
}

export default { render };
