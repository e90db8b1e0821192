"""What helps a classifier that has few labels? Measures all of lesson 10's methods, and writes its stored runs.

    uv run python -m tests.benchmarks.few_labels            # five seeds, about 90 minutes on two cores
    uv run python -m tests.benchmarks.few_labels --show     # the table of the stored runs

Every classifier makes 600 steps of 64 images; one test set, of drawn digits, never seen before.
"""

import multiprocessing
import sys

import torch
from safetensors.torch import save_file
from torch import nn

from vae_lessons import data
from vae_lessons.autoencoder import Autoencoder
from vae_lessons.classifier import accuracy, draw_from, image_classifier, shift_and_shear, train_classifier
from vae_lessons.conditional_vae import ConditionalVAE, OneHot
from vae_lessons.data.few_labels import RUNS, few_label_runs
from vae_lessons.evaluation import nearer_to_training
from vae_lessons.mixture import fit_mixture, shares
from vae_lessons.reparameterization import reparameterize
from vae_lessons.semi_supervised import SemiSupervisedVAE, name_components, propagate, semi_supervised_loss
from vae_lessons.training import TrainConfig, fit
from vae_lessons.vae import VAE

LABELS, WEIGHTS, STEPS, SEEDS = (50, 100, 500), (0.0, 0.25, 0.5, 0.75, 1.0), (250, 1000, 3000), 5
CURVE = (50, 100, 200, 500, 1000, 2000)
RARE = (2, 5)  # digits that are made rare, one at a time
DIGITS = torch.arange(10)


class Study:
    """All that one seed measures. Tensors are on the CPU."""

    def __init__(self, seed):
        self.seed = seed
        dataset = data.load("digits")
        self.images, self.all_labels = dataset.train_images, dataset.train_labels
        self.test_x, self.test_y = dataset.test_images / 255, dataset.test_labels
        self.flat = (self.images / 255).flatten(1)
        self.vae = self.trained(VAE(latent_dim=16, architecture="conv"), 12)
        self.mu, self.logvar = (torch.cat(q) for q in zip(*self.in_batches(self.vae.encode), strict=True))
        self.codes = {"VAE": (reparameterize(self.mu, self.logvar), self.to_mu)}
        autoencoder = self.trained(Autoencoder(latent_dim=16, architecture="conv"), 12)
        points = torch.cat(self.in_batches(autoencoder.encode))
        mean, std = points.mean(0), points.std(0)
        self.codes["autoencoder"] = (points - mean) / std, lambda x: (autoencoder.encode(x) - mean) / std
        centre = self.flat.mean(0)
        directions = torch.linalg.eigh(torch.cov(self.flat.T)).eigenvectors.flip(1)[:, :16]
        scale = ((self.flat - centre) @ directions).std(0)
        by_pca = lambda x: (x.flatten(1) - centre) @ directions / scale  # noqa: E731
        self.codes["PCA"] = by_pca(self.flat), by_pca
        torch.manual_seed(seed)
        self.mixtures = {name: fit_mixture(z, 50) for name, (z, _) in self.codes.items()}

    def to_mu(self, x):
        return self.vae.encode(x)[0]

    @torch.no_grad()
    def in_batches(self, function):
        return [function(batch / 255) for batch in self.images.split(1_000)]

    def trained(self, model, epochs):
        torch.manual_seed(self.seed)
        fit(model, self.images, TrainConfig(epochs=epochs, seed=self.seed), progress=False)
        torch.manual_seed(self.seed)
        return model

    def labelled(self, number):
        """Indices of as many training images, a tenth of them of each digit."""
        generator = torch.Generator().manual_seed(self.seed)
        chosen = []
        for digit in DIGITS:
            of_digit = (self.all_labels == digit).nonzero()[:, 0]
            chosen.append(of_digit[torch.randperm(len(of_digit), generator=generator)[: number // 10]])
        return torch.cat(chosen)

    def conditional_vae(self, chosen, steps=1_000):
        torch.manual_seed(self.seed)
        cvae = ConditionalVAE(OneHot(10), condition_dim=10, latent_dim=8, architecture="conv")
        per_epoch = -(-len(chosen) // 128)
        config = TrainConfig(epochs=steps // per_epoch, seed=self.seed)
        fit(cvae, self.images[chosen], config, conditions=self.all_labels[chosen], progress=False)
        return cvae

    def learned(self, draw, network=image_classifier):
        torch.manual_seed(self.seed)
        return train_classifier(network(), draw)

    def score(self, draw, network=image_classifier, features=lambda x: x):
        network = self.learned(draw, network)
        return accuracy(lambda x: network(features(x)), self.test_x, self.test_y)

    def mixed(self, chosen, cvae, weight, shifted):
        x, y = self.images[chosen] / 255, self.all_labels[chosen]
        ordered = round(64 * weight)

        def draw():
            some_x, some_y = draw_from(x, y, 64 - ordered)
            if ordered:
                labels = torch.randint(10, (ordered,))
                some_x, some_y = torch.cat([some_x, cvae.sample(labels)]), torch.cat([some_y, labels])
            return some_x, some_y

        return self.score(moved(draw) if shifted else draw)

    def jittered(self, chosen):
        x, y = self.images[chosen] / 255, self.all_labels[chosen]

        @torch.no_grad()
        def draw():
            some_x, some_y = draw_from(x, y)
            mu = self.to_mu(some_x[:32])
            return torch.cat(
                [self.vae.decode(mu + 0.5 * torch.randn_like(mu)).sigmoid(), some_x[32:]]
            ), some_y

        return self.score(draw)

    def on_codes(self, chosen, name):
        z, encode = self.codes[name]
        y = self.all_labels[chosen]
        return self.score(lambda: draw_from(z[chosen], y), lambda: mlp(16), encode)

    def named(self, chosen, name):
        z, encode = self.codes[name]
        table = name_components(shares(self.mixtures[name], z[chosen]), self.all_labels[chosen])
        guess = lambda x: shares(self.mixtures[name], encode(x)) @ table  # noqa: E731
        return accuracy(guess, self.test_x, self.test_y), table

    def spread(self, chosen, points, encode):
        some = torch.randperm(len(points), generator=torch.Generator().manual_seed(self.seed))[:5_000]
        known = torch.cat([points[chosen], points[some]])
        scores = propagate(known, self.all_labels[chosen])
        scores = scores / scores.sum(1, keepdim=True).clamp(min=1e-12)

        def guess(x):
            distance, neighbour = torch.cdist(encode(x), known).topk(10, largest=False)
            return ((-((distance / distance[:, 5:6]) ** 2)).exp()[:, :, None] * scores[neighbour]).sum(1)

        return accuracy(guess, self.test_x, self.test_y)

    def taught(self, chosen, table):
        """A classifier that the named components teach, on all images of which they are sure."""
        with torch.no_grad():
            sure, guess = (shares(self.mixtures["VAE"], self.codes["VAE"][0]) @ table).max(1)
        kept = sure > 0.8
        x, y = self.images[chosen] / 255, self.all_labels[chosen]
        more_x, more_y = (self.flat[kept]).view(-1, 1, 28, 28), guess[kept]

        def draw():
            first, second = draw_from(x, y, 16), draw_from(more_x, more_y, 48)
            return torch.cat([first[0], second[0]]), torch.cat([first[1], second[1]])

        return self.score(moved(draw))

    def m2(self, chosen, pixels):
        torch.manual_seed(self.seed)
        y = self.all_labels[chosen]
        if pixels:
            model = SemiSupervisedVAE(784, latent_dim=8, hidden_dim=400, binary=True)
            draws, weight = (lambda n: (torch.rand(len(n), 784) < self.flat[n]).float()), 50
        else:
            model, weight = SemiSupervisedVAE(16), 10
            draws = lambda n: reparameterize(self.mu[n], self.logvar[n])  # noqa: E731
        optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 1_000)
        for _ in range(1_000):
            some = torch.randint(len(chosen), (64,))
            unlabelled = draws(torch.randint(len(self.images), (100,)))
            loss = semi_supervised_loss(model, draws(chosen[some]), y[some], unlabelled, weight)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        encode = (lambda x: x.flatten(1)) if pixels else self.to_mu
        return accuracy(lambda x: model.classifier(encode(x)), self.test_x, self.test_y)

    def rare(self, digit):
        """Of a digit with 10 images, where the others have 200: share found, and share of all digits right."""
        chosen = self.labelled(2_000)
        of_digit = self.all_labels[chosen] == digit
        kept = chosen[~of_digit | (of_digit.cumsum(0) <= 10)]
        x, y = self.images[kept] / 255, self.all_labels[kept]
        cvae = self.conditional_vae(kept, 600)
        orders = torch.full((190,), digit)
        more_x, more_y = torch.cat([x, cvae.sample(orders)]), torch.cat([y, orders])
        all_x, all_y = self.images[chosen] / 255, self.all_labels[chosen]
        logs = (y.bincount(minlength=10) / len(y)).log()
        plain = self.learned(lambda: draw_from(x, y))
        by_shifts = self.learned(moved(lambda: draw_from(x, y)))
        methods = {
            "as it is": plain,
            "logits corrected": lambda new: plain(new) - logs,
            "ordered images": self.learned(lambda: draw_from(more_x, more_y)),
            "shifted": by_shifts,
            "shifted, logits corrected": lambda new: by_shifts(new) - logs,
            "ordered and shifted": self.learned(moved(lambda: draw_from(more_x, more_y))),
            "200 real ones": self.learned(lambda: draw_from(all_x, all_y)),
        }
        of_test = self.test_y == digit
        found = {name: accuracy(f, self.test_x[of_test], self.test_y[of_test]) for name, f in methods.items()}
        return {name: (found[name], accuracy(f, self.test_x, self.test_y)) for name, f in methods.items()}

    def sharing(self):
        """Share right, from 500 images and from made ones alone; and how many of these are nearer to the 500."""
        both = self.labelled(1_000)
        secret, unseen = both[0::2], both[1::2]
        x, y = self.images[secret] / 255, self.all_labels[secret]
        real, rows = self.score(lambda: draw_from(x, y)), []
        for steps in STEPS:
            cvae = self.conditional_vae(secret, steps)
            labels = torch.randint(10, (2_000,))
            made = cvae.sample(labels)
            near = nearer_to_training(made[:1_000], x, self.images[unseen] / 255)
            rows.append((self.score(lambda made=made, labels=labels: draw_from(made, labels)), 100 * near))
        return real, rows

    def other_methods(self, chosen):
        x, y = self.images[chosen] / 255, self.all_labels[chosen]
        by_vae, table = self.named(chosen, "VAE")
        flat = lambda x: x.flatten(1)  # noqa: E731
        return {
            "jitter in latent space": self.jittered(chosen),
            "MLP on pixels": self.score(lambda: draw_from(x, y), lambda: mlp(784)),
            "MLP on PCA codes": self.on_codes(chosen, "PCA"),
            "MLP on autoencoder codes": self.on_codes(chosen, "autoencoder"),
            "MLP on VAE codes (M1)": self.on_codes(chosen, "VAE"),
            "M2 on pixels": self.m2(chosen, pixels=True),
            "M2 on VAE codes (M1+M2)": self.m2(chosen, pixels=False),
            "spreading, pixels": self.spread(chosen, self.flat, flat),
            "spreading, VAE codes": self.spread(chosen, *self.codes["VAE"]),
            "named mixture, PCA codes": self.named(chosen, "PCA")[0],
            "named mixture, autoencoder codes": self.named(chosen, "autoencoder")[0],
            "named mixture, VAE codes": by_vae,
            "classifier taught by it, shifted": self.taught(chosen, table),
        }


def moved(draw):
    """The same batches, their images shifted and sheared."""

    def draw_moved():
        x, y = draw()
        return shift_and_shear(x), y

    return draw_moved


def mlp(inputs):
    """A classifier with one hidden layer, of pixels or of codes."""
    return nn.Sequential(nn.Flatten(), nn.Linear(inputs, 256), nn.ReLU(), nn.Linear(256, 10))


def measure(seed):
    """Everything under one seed."""
    torch.set_num_threads(1)
    study = Study(seed)
    mixing, methods, real, made = [], [], [], []
    for number in LABELS:
        chosen = study.labelled(number)
        cvae = study.conditional_vae(chosen)
        mixing.append([[study.mixed(chosen, cvae, w, s) for s in (False, True)] for w in WEIGHTS])
        methods.append(study.other_methods(chosen))
        real.append((study.images[chosen]).view(10, -1, 28, 28)[:, 0])
        made.append((255 * cvae.sample(DIGITS)).round().to(torch.uint8)[:, 0])
        print(f"seed {seed}, {number} labels: {mixing[-1]}, {methods[-1]}", flush=True)
    curve = []
    for number in CURVE:
        measured = mixing[LABELS.index(number)][0] if number in LABELS else None
        curve.append(measured or [study.mixed(study.labelled(number), None, 0, s) for s in (False, True)])
    chosen = study.labelled(100)
    lengths = [study.mixed(chosen, study.conditional_vae(chosen, steps), 0.5, False) for steps in STEPS]
    rare, sharing = [study.rare(digit) for digit in RARE], study.sharing()
    print(f"seed {seed}, curve {curve}, lengths {lengths}, rare {rare}, sharing {sharing}", flush=True)
    return mixing, methods, curve, lengths, rare, sharing, torch.stack(real), torch.stack(made)


def show(runs):
    """Print the stored runs as tables."""

    def row(name, values):  # (labels, R)
        cells = (f"{some.mean():6.1f} ±{some.std():4.1f}" for some in values)
        print(f"{name:36s}" + "".join(cells))

    print(f"{'labels':36s}" + "".join(f"{number:12d}" for number in runs.labels))
    for place, weight in enumerate(runs.weights):
        for shifted, words in enumerate(("", ", shifted")):
            row(f"{weight:.2f} of each batch by the CVAE{words}", runs.mixing[:, place, shifted])
    for name, values in runs.methods.items():
        row(name, values)
    for shifted, words in enumerate(("labels alone", "labels alone, shifted")):
        print(
            f"{words:36s}", dict(zip(runs.curve_labels, runs.curve[:, shifted].mean(1).tolist(), strict=True))
        )
    for name, values in runs.rare.items():  # (digits, R, 2)
        found, right = values.mean((0, 1)).tolist()
        print(f"a rare digit, {name:26s} {found:6.1f} found, {right:6.1f} right")
    print(f"500 real images: {runs.shared_real.mean():.1f} right")
    for steps, (right, near) in zip(runs.steps, runs.shared, strict=True):
        print(
            f"made ones alone, {steps} steps: {right.mean():.1f} right, {near.mean():.1f} nearer to training"
        )
    for steps, values in zip(runs.steps, runs.lengths, strict=True):
        row(f"0.50 by a CVAE of {steps} steps, 100 labels", values[None])


def main():
    """Run all seeds and write what they measured."""
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        columns = zip(*pool.map(measure, range(SEEDS), chunksize=1), strict=True)
    mixing, methods, curve, lengths, rare, sharing, real, made = columns
    names, ways = list(methods[0][0]), list(rare[0][0])
    found = {
        "labels": torch.tensor(LABELS),
        "weights": torch.tensor(WEIGHTS),
        "steps": torch.tensor(STEPS),
        "mixing": torch.tensor(mixing).permute(1, 2, 3, 0).contiguous(),
        "curve_labels": torch.tensor(CURVE),
        "curve": torch.tensor(curve).permute(1, 2, 0).contiguous(),
        "lengths": torch.tensor(lengths).T.contiguous(),
        "methods": torch.tensor(
            [[[run[n][name] for run in methods] for n in range(len(LABELS))] for name in names]
        ),
        "rare": torch.tensor([[[run[n][way] for run in rare] for n in range(len(RARE))] for way in ways]),
        "shared_real": torch.tensor([real for real, _ in sharing]),
        "shared": torch.tensor([rows for _, rows in sharing]).permute(1, 2, 0).contiguous(),
        "real": real[0],
        "made": made[0],
    }
    save_file(found, RUNS, metadata={"methods": "\n".join(names), "rare": "\n".join(ways)})
    show(few_label_runs())


if __name__ == "__main__":
    if "--show" in sys.argv:
        show(few_label_runs())
    else:
        main()
