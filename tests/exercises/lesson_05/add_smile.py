"""Answers to exercise 5.6: right ones in many styles, and some with two mistakes at once."""

import torch


def smile_mended(model, x, direction, amount):
    mu, logvar = model.encode(x)
    x_logits = model.decode(mu + amount * direction)
    return x_logits.sigmoid()


def smile_one_by_one(model, x, direction, amount):
    faces = []
    for face in x:
        mu = model.encode(face[None])[0]
        faces.append(torch.sigmoid(model.decode(mu + direction * amount))[0])
    return torch.stack(faces)


def smile_in_place(model, x, direction, amount):
    with torch.no_grad():
        z = model.encode(x)[0].clone()
        z += amount * direction
        return model.decode(z).sigmoid()


def smile_given_and_given_back(model, x, direction, amount):
    mu, _ = model.encode(x)
    length = direction.norm()
    step = direction / length
    return model.decode(mu + amount * length * step).sigmoid()


def smile_by_add(model, x, direction, amount):
    return torch.sigmoid(model.decode(torch.add(model.encode(x)[0], direction, alpha=amount)))


def smile_unit_and_drawn_down(model, x, direction, amount):
    mu, _ = model.encode(x)
    return model.decode(mu - amount * direction / direction.norm()).sigmoid()


def smile_scaled_logits(model, x, direction, amount):
    return model.decode(amount * (model.encode(x)[0] + direction))


RIGHT = [smile_mended, smile_one_by_one, smile_in_place, smile_given_and_given_back, smile_by_add]
COMBINED = [smile_unit_and_drawn_down, smile_scaled_logits]
