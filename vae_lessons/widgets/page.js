// What panels are built from: numbers, elements, pictures, and a place for errors.

// ---- Numbers.

// One draw from the standard normal distribution.
function normal() {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
}

const between = (low, value, high) => Math.min(high, Math.max(low, value));
const dot = (a, b) => a.reduce((sum, value, j) => sum + value * b[j], 0);

// ---- Elements.

// element("p", {class: "note", text: "..."}, child, child): attributes by name; `text` is its text, and what
// starts with "on" listens. Focusable elements keep JupyterLab's shortcuts away: `x` must not delete the cell.
function element(tag, attributes = {}, ...children) {
  const svg = ["svg", "g", "path", "circle", "ellipse", "line", "text", "polyline", "rect"].includes(tag);
  const node = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") node.textContent = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== false && value !== undefined) node.setAttribute(name, value === true ? "" : value);
  }
  if (["input", "button"].includes(tag) || "tabindex" in attributes)
    node.setAttribute("data-lm-suppress-shortcuts", "true");
  node.append(...children);
  return node;
}

const button = (text, onclick, attributes = {}) =>
  element("button", { type: "button", class: "vl-button", text, onclick, ...attributes });

// A labelled slider. `row.show(value)` moves it without calling oninput.
function slider(name, { min, max, step, oninput, say = (value) => value.toFixed(2), ...attributes }) {
  const input = element("input", {
    type: "range", min, max, step, "aria-label": name, ...attributes,
    oninput: () => oninput(Number(input.value)),
  });
  const output = element("span", { class: "vl-value", "aria-hidden": "true" });
  const row = element("div", { class: "vl-row" }, element("span", { class: "vl-name", text: name, "aria-hidden": "true" }), input, output);
  row.show = (value) => {
    // The element rounds to its steps: while the hand is on it, leave it as it is.
    if (Number(input.value) !== value) input.value = value;
    output.textContent = say(value);
    input.setAttribute("aria-valuetext", say(value));
  };
  return row;
}

// One choice of several, as buttons of which one is pressed. `group.show(index)` marks it.
function choices(label, contents, onchoose) {
  const buttons = contents.map((content, index) => {
    const made = button("", () => onchoose(index), { class: "vl-button vl-choice", "aria-pressed": "false" });
    if (typeof content === "string") made.textContent = content;
    else {
      made.setAttribute("aria-label", `${label} ${index + 1}`);
      made.append(content);
    }
    return made;
  });
  const group = element("div", { class: "vl-group", role: "group", "aria-label": label },
    element("span", { class: "vl-name", text: label, "aria-hidden": "true" }), ...buttons);
  group.show = (chosen) => buttons.forEach((b, index) => b.setAttribute("aria-pressed", String(index === chosen)));
  return group;
}

// ---- Pictures: ink on paper, 0 is white and 1 is black, one canvas pixel for one pixel of the image.

function grey(ink) {
  const level = 255 - Math.round(255 * ink);
  return [level, level, level];
}

// `canvas.show(pixels)` draws them; colour turns the value of a pixel into red, green and blue.
function picture([height, width], label, attributes = {}, colour = grey) {
  const canvas = element("canvas", { width, height, class: "vl-picture", role: "img", "aria-label": label, ...attributes });
  canvas.show = (pixels) => {
    const context = canvas.getContext("2d", { willReadFrequently: true });
    const image = context.createImageData(width, height);
    for (let p = 0; p < pixels.length; p++) image.data.set([...colour(pixels[p]), 255], 4 * p);
    context.putImageData(image, 0, 0);
  };
  return canvas;
}

const bytesOf = (view) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

// The images of a trait that holds one byte a pixel, as arrays in [0, 1].
function images(view, [height, width]) {
  const bytes = bytesOf(view);
  return Array.from({ length: bytes.length / (height * width) }, (_, n) =>
    Float32Array.from(bytes.subarray(n * height * width, (n + 1) * height * width), (byte) => byte / 255));
}

function thumbnail(pixels, shape) {
  const canvas = picture(shape, "", { class: "vl-picture vl-thumbnail", role: "presentation", "aria-label": undefined });
  canvas.show(pixels);
  return canvas;
}

const captioned = (text, ...nodes) =>
  element("figure", { class: "vl-figure" }, ...nodes, element("figcaption", { text }));

// ---- A widget: an element with the class of its name, a place for errors, and the traits it follows.

function panel(model, el, name, ...children) {
  const alarm = element("p", { class: "vl-error", role: "alert", hidden: true });
  const root = element("div", { class: `vae-lessons vl-${name}` }, ...children, alarm);
  el.append(root);
  const forget = [];
  root.follow = (traits, redraw) => {
    for (const trait of traits.split(" ")) {
      model.on(`change:${trait}`, redraw);
      forget.push(() => model.off(`change:${trait}`, redraw));
    }
    redraw();
  };
  let reported = "";
  const warn = () => {
    alarm.textContent = model.get("error") || reported;
    alarm.hidden = !alarm.textContent;
  };
  root.report = (message) => {
    reported = message;
    warn();
  };
  root.set = (traits) => {
    for (const [trait, value] of Object.entries(traits)) model.set(trait, value);
    model.save_changes();
  };
  root.close = () => forget.forEach((stop) => stop());
  root.follow("error", warn);
  return root;
}
