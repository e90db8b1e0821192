"""Second readers of what the browser gets: by NumPy, by Node running the widgets' own script, and by asking Python."""

import json
import math
import shutil
import subprocess

import numpy as np
import pytest

from vae_lessons.widgets.browser_widget import script

NODE = shutil.which("node")


needs_node = pytest.mark.skipif(NODE is None, reason="Node.js is not on this machine")


def numpy_reader(layers, weights, rows):
    """Rows (N, I) -> rows (N, O), read from the format by itself."""
    numbers = np.frombuffer(weights, "<f2").astype(np.float64)
    return np.stack([forward(layers, numbers, np.array(row, np.float64)) for row in rows])


def forward(layers, numbers, x):
    elementwise = {
        "relu": lambda x: np.maximum(x, 0),
        "silu": lambda x: x / (1 + np.exp(-x)),
        "gelu": lambda x: 0.5 * x * (1 + np.vectorize(math.erf)(x / math.sqrt(2))),
        "tanh": np.tanh,
        "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    }

    def read(start, *shape):
        return numbers[start : start + math.prod(shape)].reshape(shape)

    for layer in layers:
        if layer["kind"] in elementwise:
            x = elementwise[layer["kind"]](x)
            continue
        if layer["kind"] == "lookup":
            width = layer["columns"]
            x = np.concatenate([x[:-1], read(layer["weight"] + int(x[-1]) * width, width)])
            continue
        here, there = layer["before"], layer["after"]
        if layer["kind"] == "linear":
            (inputs,), (outputs,) = here, there
            x = read(layer["weight"], outputs, inputs) @ x
        elif layer["kind"] == "convolution":
            x = convolved(x.reshape(here), read(layer["weight"], there[0], here[0], *layer["kernel"]), layer)
        elif layer["kind"] == "transposed":
            x = transposed(x.reshape(here), read(layer["weight"], here[0], there[0], *layer["kernel"]), layer)
        if "bias" in layer:
            x = x + read(layer["bias"], there[0]).reshape(-1, *[1] * (x.ndim - 1))
        x = x.ravel()
    return x


def convolved(x, kernel, layer):
    (down, right), (high, wide), (top, left) = layer["stride"], layer["kernel"], layer["padding"]
    x = np.pad(x, ((0, 0), (top, top), (left, left)))
    y = np.zeros(layer["after"])
    for row, column in np.ndindex(y.shape[1:]):
        seen = x[:, row * down : row * down + high, column * right : column * right + wide]
        y[:, row, column] = np.einsum("oihw,ihw->o", kernel, seen)
    return y


def transposed(x, kernel, layer):
    (down, right), (high, wide), (top, left) = layer["stride"], layer["kernel"], layer["padding"]
    outputs, rows, columns = layer["after"]
    sheet = np.zeros(
        (outputs, top + rows + len(x[0]) * down + high, left + columns + len(x[0, 0]) * right + wide)
    )
    for row, column in np.ndindex(x.shape[1:]):
        stamp = np.einsum("i,iohw->ohw", x[:, row, column], kernel)
        sheet[:, row * down : row * down + high, column * right : column * right + wide] += stamp
    return sheet[:, top : top + rows, left : left + columns]


def in_node(code, data, *sources):
    """What this code puts into `answer`, run behind the script of a widget with `data`."""
    javascript = script(*sources)
    code = f"""import {{ readFileSync }} from "node:fs";
        {javascript}
        const data = JSON.parse(readFileSync(0, "utf8"));
        {code}
        process.stdout.write(JSON.stringify(answer));"""
    command = [NODE, "--input-type=module", "--eval", code]
    run = subprocess.run(command, input=json.dumps(data), capture_output=True, text=True, encoding="utf-8")
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def ask(widget, name, rows):
    """Python's answer to a question of the front end, which writes 0.0 as 0: its content and its buffers."""
    rows = [[int(value) if value == int(value) else value for value in row] for row in rows]
    sent = []
    widget.send = lambda content, buffers=(): sent.append((content, buffers))
    question = {"method": "custom", "content": {"id": f"{name} 7", "name": name, "rows": rows}}
    widget._handle_msg({"content": {"data": question}, "buffers": []})
    ((content, buffers),) = sent
    assert content["to"] == f"{name} 7"
    return content, buffers


def found(widget, name, rows, read=numpy_reader):
    """Rows (N, O) as the front end comes by them."""
    rows = rows.tolist()
    if "layers" in widget._networks[name]:
        return read(json.loads(json.dumps(widget._networks[name]["layers"])), widget._weights, rows)
    _, (buffer,) = ask(widget, name, rows)
    return np.frombuffer(buffer, "<f4").reshape(len(rows), -1)
