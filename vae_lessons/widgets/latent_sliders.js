// One slider per latent, sorted by KL, beside the decoded image.

function render({ model, el }) {
  const shape = model.get("_shape");
  const limit = model.get("_limit");
  const kl = model.get("_kl");
  const names = model.get("_names");
  const attributes = model.get("_attributes"); // [{name, min, max}] or none
  const decoded = picture(shape, "", { class: "vl-picture vl-big" });

  const moved = (trait, j) => (value) => root.set({ [trait]: model.get(trait).with(j, value) });
  const rows = names.map((name, j) => {
    const row = slider(name, { min: -limit, max: limit, step: limit / 60, oninput: moved("z", j) });
    if (kl.length) {
      row.append(element("span", { class: "vl-note", text: `${kl[j].toFixed(2)} nats` }));
      row.classList.toggle("vl-collapsed", kl[j] < model.get("_collapsed_below"));
    }
    return row;
  });
  const sorted = kl.length ? [...rows.keys()].sort((a, b) => kl[b] - kl[a]) : [...rows.keys()];
  const knobs = attributes.map(({ name, min, max }, j) =>
    slider(name, { min, max, step: (max - min) / 60, oninput: moved("condition", j) }));
  const choiceImages = images(model.get("_choice_images"), shape).map((pixels) => thumbnail(pixels, shape));
  const conditions = choices("condition", choiceImages.length ? choiceImages : model.get("_choices"),
    (index) => root.set({ condition: index }));
  const codes = model.get("_codes");
  const encode = choices("encode", images(model.get("_images"), shape).map((pixels) => thumbnail(pixels, shape)),
    (index) => root.set(codes[index]));

  const buttons = element("div", { class: "vl-line" },
    button("Reset", () => root.set({ z: names.map(() => 0) }), { title: "every latent to 0" }),
    button("Random", () => root.set({ z: names.map(normal) }), { title: "a point drawn from the prior" }));
  const note = element("p", { class: "vl-note", text: "The average KL of each latent, in nats per image; grey ones carry next to nothing." });
  note.hidden = !kl.length;
  conditions.hidden = !conditions.querySelector("button");
  encode.hidden = !codes.length;
  const root = panel(model, el, "latent-sliders",
    element("div", { class: "vl-column" }, conditions, ...knobs, ...sorted.map((j) => rows[j]), note, buttons, encode),
    captioned(`decoded at these ${names.length} values`, decoded));

  const decode = connect(model, "decoder", root.report);
  root.follow("z condition", () => {
    const z = model.get("z");
    const condition = model.get("condition");
    rows.forEach((row, j) => row.show(z[j]));
    knobs.forEach((knob, j) => knob.show(condition[j]));
    conditions.show(condition);
    root.dataset.z = JSON.stringify(z);
    decoded.setAttribute("aria-label", `the image decoded at z = ${z.map((value) => value.toFixed(2)).join(", ")}`);
    decode([[...z, ...[condition ?? []].flat()]], ([pixels]) => decoded.show(pixels));
  });
  return root.close;
}

export default { render };
