// The surface that is drawn on by hand, finger or keys, and the small image that a model sees of it.

const PAD = 280; // pixels of the drawing surface
const PEN = 22; // width of the pen on it

// What the encoder sees of a drawing: as MNIST was made, its longer side becomes 20 of 28 pixels, and its centre of
// mass comes to the middle. Each pixel is the average of the square that it covers.
function centred(ink, [rows, columns]) {
  let [top, bottom, left, right, sum, x0, y0] = [PAD, -1, PAD, -1, 0, 0, 0];
  for (let y = 0; y < PAD; y++)
    for (let x = 0; x < PAD; x++) {
      const value = ink[y * PAD + x];
      if (value < 0.1) continue;
      [top, bottom, left, right] = [Math.min(top, y), Math.max(bottom, y), Math.min(left, x), Math.max(right, x)];
      sum += value;
      x0 += value * (x + 0.5);
      y0 += value * (y + 0.5);
    }
  const pixels = new Float32Array(rows * columns);
  if (!sum) return pixels;
  const size = Math.max(bottom - top + 1, right - left + 1) / 20; // of a pixel of the small image, on the pad
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      pixels[row * columns + column] = average(ink,
        x0 / sum + (column - columns / 2) * size, y0 / sum + (row - rows / 2) * size, size);
  return pixels;
}

function average(ink, left, top, size) {
  let sum = 0;
  const [right, bottom] = [left + size, top + size];
  for (let y = Math.max(0, Math.floor(top)); y < Math.min(PAD, bottom); y++)
    for (let x = Math.max(0, Math.floor(left)); x < Math.min(PAD, right); x++)
      sum += ink[y * PAD + x] * (Math.min(x + 1, right) - Math.max(x, left)) * (Math.min(y + 1, bottom) - Math.max(y, top));
  return sum / size ** 2;
}

function surface(ondraw) {
  const canvas = element("canvas", { width: PAD, height: PAD });
  const pen = element("div", { class: "vl-pen", hidden: true });
  const pad = element("div", {
    class: "vl-pad", tabindex: "0", role: "application",
    "aria-label": "Drawing pad: arrow keys move the pen, Space puts it down or lifts it, Delete clears",
  }, canvas, pen);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  Object.assign(context, { lineWidth: PEN, lineCap: "round", lineJoin: "round", strokeStyle: "#000" });
  let at = [PAD / 2, PAD / 2];
  let down = false;

  const changed = () => {
    const { data } = context.getImageData(0, 0, PAD, PAD);
    ondraw(Float32Array.from({ length: PAD * PAD }, (_, p) => 1 - data[4 * p] / 255));
  };
  const to = (place, draws) => {
    if (draws) {
      context.beginPath();
      context.moveTo(...at);
      context.lineTo(...place);
      context.stroke();
    }
    at = place;
    Object.assign(pen.style, { left: `${(100 * at[0]) / PAD}%`, top: `${(100 * at[1]) / PAD}%` });
  };
  const place = (event) => {
    const frame = pad.getBoundingClientRect();
    return [((event.clientX - frame.left) / frame.width) * PAD, ((event.clientY - frame.top) / frame.height) * PAD];
  };
  pad.clear = () => {
    context.fillStyle = "#fff";
    context.fillRect(0, 0, PAD, PAD);
    changed();
  };
  pad.load = (pixels, [rows, columns]) => { // an image to begin with, as soft as its pixels are
    const small = picture([rows, columns], "");
    small.show(pixels);
    context.drawImage(small, 0, 0, PAD, PAD);
  };
  pad.addEventListener("pointerdown", (event) => {
    pad.setPointerCapture(event.pointerId);
    pen.hidden = true;
    if (pad.fresh) pad.clear(); // the example goes when the hand comes
    pad.fresh = false;
    to(place(event), false);
    to(at, true);
    changed();
  });
  pad.addEventListener("pointermove", (event) => {
    if (!pad.hasPointerCapture(event.pointerId)) return;
    for (const each of event.getCoalescedEvents?.() ?? [event]) to(place(each), true);
    changed();
  });
  pad.addEventListener("keydown", (event) => {
    const [x, y] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [0, 0];
    if (event.key === " ") {
      down = !down;
      if (down && pad.fresh) pad.clear();
      if (down) pad.fresh = false;
      to(at, down);
    } else if (x || y) {
      const stride = event.shiftKey ? 30 : 10;
      to([between(0, at[0] + x * stride, PAD), between(0, at[1] + y * stride, PAD)], down);
    } else if (event.key === "Delete" || event.key === "Backspace") {
      down = pad.fresh = false;
      pad.clear();
    } else return;
    pen.hidden = false;
    pen.classList.toggle("vl-down", down);
    if (down) changed();
    event.preventDefault();
  });
  return pad;
}

// The column of a widget whose trait `drawing` is drawn on: the surface, which begins with that trait's image, a
// button that clears it, and how to draw.
function drawingColumn(model) {
  const shape = model.get("_shape");
  const pad = surface((ink) => {
    model.set("drawing", bytes(centred(ink, shape)));
    model.save_changes();
  });
  pad.load(images(model.get("drawing"), shape)[0], shape);
  pad.fresh = true;
  const note = element("p", { class: "vl-note", text: "Draw with the mouse or a finger. With the keyboard: arrows move the pen, Space puts it down or lifts it, Delete clears." });
  return element("div", { class: "vl-column vl-drawing" }, pad, button("Clear", () => { pad.fresh = false; pad.clear(); }), note);
}

const bytes = (pixels) => new DataView(Uint8Array.from(pixels, (value) => Math.round(255 * value)).buffer);
