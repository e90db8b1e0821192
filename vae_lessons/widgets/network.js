// Networks in the browser. Weights come as 16-bit floats, images are flat arrays in the order channel, row, column.

function float32(view) {
  const bytes = view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
  return Float32Array.from(new Uint16Array(bytes), (half) => {
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >> 10) & 31;
    const fraction = (half & 1023) / 1024;
    return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction) : 2 ** -14 * fraction);
  });
}

// Abramowitz & Stegun 7.1.26: wrong by at most 1.5e-7.
function erf(x) {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const sum = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  return Math.sign(x) * (1 - sum * Math.exp(-x * x));
}

const LAYERS = {
  relu: (x) => x.map((v) => (v > 0 ? v : 0)),
  silu: (x) => x.map((v) => v / (1 + Math.exp(-v))),
  gelu: (x) => x.map((v) => 0.5 * v * (1 + erf(v / Math.SQRT2))),
  tanh: (x) => x.map(Math.tanh),
  sigmoid: (x) => x.map((v) => 1 / (1 + Math.exp(-v))),

  lookup(x, { columns, weight }, weights) {
    const row = weight + x[x.length - 1] * columns;
    return Float32Array.of(...x.slice(0, -1), ...weights.subarray(row, row + columns));
  },

  linear(x, { before: [inputs], after: [outputs], weight, bias }, weights) {
    const y = new Float32Array(outputs);
    for (let o = 0, at = weight; o < outputs; o++) {
      let sum = bias === undefined ? 0 : weights[bias + o];
      for (let i = 0; i < inputs; i++) sum += weights[at++] * x[i];
      y[o] = sum;
    }
    return y;
  },

  convolution(x, layer, weights) {
    const y = biases(layer, weights);
    const inputs = layer.before[0];
    eachRun(layer, layer.before, layer.after, (into, from, tap, taps, large, small, count, step) => {
      const w = weights[layer.weight + (into * inputs + from) * taps + tap];
      for (let n = 0; n < count; n++) y[small + n] += w * x[large + n * step];
    });
    return y;
  },

  // The transposed convolution: the small image is what comes in.
  transposed(x, layer, weights) {
    const y = biases(layer, weights);
    const outputs = layer.after[0];
    eachRun(layer, layer.after, layer.before, (from, into, tap, taps, large, small, count, step) => {
      const w = weights[layer.weight + (from * outputs + into) * taps + tap];
      for (let n = 0; n < count; n++) y[large + n * step] += w * x[small + n];
    });
    return y;
  },
};

function biases({ after: [channels, rows, columns], bias }, weights) {
  const y = new Float32Array(channels * rows * columns);
  if (bias === undefined) return y;
  for (let c = 0; c < channels; c++) y.fill(weights[bias + c], c * rows * columns, (c + 1) * rows * columns);
  return y;
}

// All pixels that a convolution from a large to a small image multiplies, as runs along a row with one weight each:
// visit(small channel, large channel, place in the kernel, size of the kernel, first large pixel, first small pixel,
// number of pixels, step between large ones).
function eachRun({ kernel, stride, padding }, [larges, largeRows, largeColumns], [smalls, rows, columns], visit) {
  const [taps, step] = [kernel[0] * kernel[1], stride[1]];
  for (let kc = 0; kc < kernel[1]; kc++) {
    const shift = kc - padding[1];
    const first = Math.max(0, Math.ceil(-shift / step));
    const count = Math.min(columns, Math.floor((largeColumns - 1 - shift) / step) + 1) - first;
    if (count <= 0) continue;
    for (let kr = 0; kr < kernel[0]; kr++)
      for (let row = 0; row < rows; row++) {
        const largeRow = row * stride[0] + kr - padding[0];
        if (largeRow < 0 || largeRow >= largeRows) continue;
        for (let s = 0; s < smalls; s++)
          for (let l = 0; l < larges; l++)
            visit(s, l, kr * kernel[1] + kc, taps, (l * largeRows + largeRow) * largeColumns + first * step + shift,
              (s * rows + row) * columns + first, count, step);
      }
  }
}

const unpacked = new WeakMap(); // model -> the weights of all its networks

function weightsOf(model) {
  if (!unpacked.has(model)) unpacked.set(model, float32(model.get("_weights")));
  return unpacked.get(model);
}

// `connect(model, "decoder", report)` gives a function from rows to rows. It computes here when the network is
// here, before it returns; else it asks Python, with at most one question under way: while Python thinks, only
// the newest question is kept. `then` receives an array of Float32Array; what goes wrong goes to `report`.
function connect(model, name, report) {
  const network = () => model.get("_networks")[name];
  let waiting = null; // the newest question that was not yet asked
  let asked = null; // the one that Python is answering
  let patience;
  const ask = () => {
    asked = waiting;
    waiting = null;
    if (!asked) return;
    patience = setTimeout(() => report("Python does not answer. Run this cell again to move this by hand."), 3000);
    model.send({ id: asked.id, name, rows: asked.rows.map((row) => Array.from(row)) });
  };
  model.on("msg:custom", (answer, buffers) => {
    if (!asked || answer.to !== asked.id) return;
    clearTimeout(patience);
    if (answer.error) report(answer.error);
    else {
      const [view] = buffers;
      const numbers = new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
      const width = numbers.length / asked.rows.length;
      report("");
      asked.then(asked.rows.map((_, n) => numbers.subarray(n * width, (n + 1) * width)));
    }
    ask();
  });
  return (rows, then) => {
    const { layers } = network();
    if (layers) {
      const weights = weightsOf(model);
      then(rows.map((row) => layers.reduce((x, layer) => LAYERS[layer.kind](x, layer, weights), Float32Array.from(row))));
    } else {
      waiting = { id: `${name} ${Math.random()}`, rows, then };
      if (!asked) ask();
    }
  };
}
