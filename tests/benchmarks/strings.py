"""What does z hold in a VAE of names, and does it help to find molecules? Writes the stored runs of lesson 11.

uv run python -m tests.benchmarks.strings            # five seeds, about half an hour on two cores
uv run python -m tests.benchmarks.strings --show     # the tables of the stored runs
"""

import math
import multiprocessing
import random
import sys
from collections import Counter, defaultdict

import torch
from safetensors.torch import save_file

from vae_lessons.data import molecules
from vae_lessons.data.molecules import load_molecules, to_smiles
from vae_lessons.data.names import LETTERS, load_names
from vae_lessons.data.string_runs import RUNS, string_runs
from vae_lessons.elbo import elbo_terms
from vae_lessons.gaussians import log_density
from vae_lessons.importance import importance_weighted
from vae_lessons.molecule_vae import MoleculeVAE, climb
from vae_lessons.reparameterization import reparameterize
from vae_lessons.sequence_vae import SequenceVAE, counted, write
from vae_lessons.training import TrainConfig, fit_strings

SEEDS, BUDGET, WALKS = 5, 500, 100
NAMES = {"epochs": 12, "learning_rate": 8e-3}
CURES = {  # what is changed: of the training, and of the model
    "beta 1": ({}, {}),
    "warm-up": ({"beta_schedule": "warm_up"}, {}),
    "cyclical": ({"beta_schedule": "cyclical"}, {}),
    "word dropout 0.3": ({}, {"word_dropout": 0.3}),
    "word dropout 0.6": ({}, {"word_dropout": 0.6}),
    "free bits 0.1": ({"free_bits": 0.1}, {}),
    "free bits 0.25": ({"free_bits": 0.25}, {}),
    "free bits 0.5": ({"free_bits": 0.5}, {}),
    "free bits 1": ({"free_bits": 1.0}, {}),
    "beta 0.5": ({"beta": 0.5}, {}),
    "beta 0.3": ({"beta": 0.3}, {}),
    "beta 0.1": ({"beta": 0.1}, {}),
    "beta 0.03": ({"beta": 0.03}, {}),
}
MEASURES = (
    "log p(x|z)",
    "KL",
    "ELBO",
    "log p(x), 200 samples",
    "forced, %",
    "exact, %",
    "judge, drawn names",
)
MOLECULES = {"epochs": 12, "learning_rate": 3e-3, "beta": 0.3}
KINDS = ("selfies", "smiles")
STEPS, LENGTH, PENALTY = 20, 0.4, 0.3  # of a walk; a search takes steps half as long
ASKED = (2, 4, 8, 12, 16)


class Counts:
    """Letters counted after the `order - 1` before them, mixed with shorter contexts (Witten & Bell 1991)."""

    def __init__(self, names, order):
        self.order, self.after = order, defaultdict(Counter)
        for name in names:
            for context, letter in self._letters(name):
                for length in range(order):
                    self.after[context[len(context) - length :]][letter] += 1

    def _letters(self, name):
        padded = "." * (self.order - 1) + name + "."
        for place in range(self.order - 1, len(padded)):
            yield padded[place - self.order + 1 : place], padded[place]

    def nats(self, names):
        """The average of -log p(name)."""
        return sum(-math.log(self.p(*one)) for name in names for one in self._letters(name)) / len(names)

    def p(self, context, letter):
        p = 1 / len(LETTERS)
        for length in range(self.order):
            seen = self.after.get(context[len(context) - length :])
            if seen:
                p = (seen[letter] + len(seen) * p) / (seen.total() + len(seen))
        return p


@torch.no_grad()
def measure_names(seed, cure):
    """All MEASURES of one model on test names."""
    torch.set_num_threads(1)
    train, test = load_names()
    training, model = CURES[cure]
    torch.manual_seed(seed)
    vae = SequenceVAE(tokens=len(LETTERS), **model)
    with torch.enable_grad():
        fit_strings(vae, train, TrainConfig(seed=seed, **NAMES, **training), progress=False)
    torch.manual_seed(seed)
    log_px_z, kl = elbo_terms(vae, test)
    mu, logvar = vae.encode(test)
    forced = vae.decode(mu, test).argmax(2)
    right = (forced == test)[counted(test)].float().mean()
    exact = (write(vae, mu, test.shape[1]) == test).all(1).float().mean()
    drawn = LETTERS.to_strings(write(vae, torch.randn(2_000, vae.latent_dim), test.shape[1], draw=True))
    judge = Counts(LETTERS.to_strings(train), 4)
    values = [log_px_z.mean(), kl.mean(), (log_px_z - kl).mean(), log_p(vae, test), 100 * right, 100 * exact]
    values = [float(value) for value in values] + [judge.nats([name for name in drawn if name])]
    print(cure, seed, dict(zip(MEASURES, (round(v, 2) for v in values), strict=True)), flush=True)
    return values


def log_p(vae, x, samples=200):
    """The importance-weighted bound on log p(x), on average."""
    mu, logvar = vae.encode(x)
    zero, rows = torch.zeros_like(mu), []
    for _ in range(samples):
        z = reparameterize(mu, logvar)
        log_px_z = vae.log_likelihood(vae.decode(z, x), x)
        rows.append((log_px_z, log_density(z, zero, zero), log_density(z, mu, logvar)))
    return importance_weighted(*(torch.stack(part) for part in zip(*rows, strict=True))).mean()


def molecule_vae(x, y, tokens, seed, property_std):
    torch.manual_seed(seed)
    vae = MoleculeVAE(tokens, x.shape[1], property_std=property_std)
    fit_strings(vae, x, TrainConfig(seed=seed, **MOLECULES), properties=y, progress=False)
    torch.manual_seed(seed)
    return vae


def quality(strings, kind, known):
    """Of strings, in per cent: molecules; allowed; distinct among the allowed; and new among these."""
    smiles = [one for one in (to_smiles(string, kind) for string in strings) if one]
    good = [one for one in smiles if molecules.allowed(one)]
    new = [one for one in good if one not in known]
    return [100 * len(part) / len(strings) for part in (smiles, good, set(good), set(new))]


def random_strings(x, tokens, n=1_000):
    """Tokens at random, each string as long as one of the data."""
    length = (counted(x[:n]).sum(1) - 1)[:, None]
    return torch.randint(1, tokens, (n, x.shape[1])).masked_fill(torch.arange(x.shape[1]) >= length, 0)


class Search:
    """Candidates of each method, and what they are worth; each may ask for the property of BUDGET strings."""

    def __init__(self, vae, vocabulary, x, y, score, seed):
        self.vae, self.vocabulary, self.x, self.y, self.score = vae, vocabulary, x, y, score
        torch.manual_seed(seed)
        self.numbers = random.Random(seed)
        self.best = y.topk(BUDGET).indices
        self.some = torch.randperm(len(x))[:BUDGET]

    def worth(self, smiles):
        """The property of a molecule that is allowed, and None for others."""
        return self.score(smiles) if smiles and molecules.allowed(smiles) else None

    @torch.no_grad()
    def of_codes(self, z):
        """(highest allowed, mean promise, mean truth, allowed in %, distinct) of the molecules of codes (N, J)."""
        smiles = [to_smiles(one, "selfies") for one in self.vocabulary.to_strings(self.vae.write(z))]
        return self.of_smiles(smiles, self.vae.property_of(z).mean().item())

    def of_smiles(self, smiles, promise=math.nan):
        truth = [self.score(one) for one in smiles if one]
        good = [value for value in map(self.worth, smiles) if value is not None]
        mean = sum(truth) / max(1, len(truth))
        return [max(good, default=math.nan), promise, mean, 100 * len(good) / len(smiles), len(set(smiles))]

    def results(self):
        start, best = (self.vae.encode(self.x[rows])[0].detach() for rows in (self.some, self.best))
        uphill = lambda z, penalty: climb(self.vae, z, STEPS, LENGTH / 2, penalty)[-1]  # noqa: E731
        way = climb(self.vae, best, STEPS, LENGTH / 2, PENALTY)
        return {
            "random molecules of the data": self.of_codes_as_they_are(self.some),
            "draws from the prior": self.of_codes(torch.randn_like(start)),
            "uphill from random molecules": self.of_codes(uphill(start, 0.0)),
            "from random ones, near the prior": self.of_codes(uphill(start, PENALTY)),
            "the best molecules of the data": self.of_codes_as_they_are(self.best),
            "uphill from the best": self.of_codes(uphill(best, 0.0)),
            "from the best, near the prior": self.of_codes(way[-1]),
            "the same, asked at 5 points": self.of_codes(
                torch.cat([way[step, : BUDGET // 5] for step in ASKED])
            ),
            "noise on the codes of the best": self.of_codes(best + 0.5 * torch.randn_like(best)),
            "Bayesian optimisation": self.by_gaussian_process(),
            "a token changed, the ten best kept": self.by_mutation(),
        }

    def of_codes_as_they_are(self, rows):
        return self.of_smiles([to_smiles(one, "selfies") for one in self.vocabulary.to_strings(self.x[rows])])

    def by_mutation(self):
        """Change, insert or remove one token of one of the ten best so far; no model."""
        pool = {string: self.y[n].item() for n, string in self.strings_of(self.best[:10])}
        tried = []
        for _ in range(BUDGET):
            tokens = molecules.selfies_tokens(self.numbers.choice(sorted(pool, key=pool.get)[-10:]))
            place, other = (
                self.numbers.randrange(len(tokens)),
                self.numbers.choice(self.vocabulary.tokens[1:]),
            )
            kind = self.numbers.randrange(3)
            string = "".join([*tokens[:place], *([other] * (kind < 2)), *tokens[place + (kind > 0) :]])
            tried.append(to_smiles(string, "selfies"))
            value = self.worth(tried[-1])
            if value is not None:
                pool[string] = value
        return self.of_smiles(tried)

    def strings_of(self, rows):
        return zip(rows.tolist(), self.vocabulary.to_strings(self.x[rows]), strict=True)

    @torch.no_grad()
    def by_gaussian_process(self):
        """Expected improvement under a Gaussian process of codes: what is asked next is where it is highest."""
        start = torch.cat([self.best, self.some])
        z, y = self.vae.encode(self.x[start])[0], self.y[start]
        width, tried = torch.pdist(z).median(), []
        kernel = lambda a, b: torch.exp(-((torch.cdist(a, b) / width) ** 2) / 2)  # noqa: E731
        for _ in range(BUDGET):
            mean, std = y.mean(), y.std()
            root = torch.linalg.cholesky(kernel(z, z) + 0.01 * torch.eye(len(z)))
            near = z[y.topk(20).indices].repeat(20, 1)
            asked = torch.cat([near + 0.5 * torch.randn_like(near), torch.randn(400, z.shape[1])])
            cross = torch.linalg.solve_triangular(root, kernel(z, asked), upper=False)
            weight = torch.cholesky_solve(((y - mean) / std)[:, None], root)
            guess = (kernel(asked, z) @ weight)[:, 0]
            spread = (1 - (cross**2).sum(0)).clamp(min=1e-6).sqrt()
            gain = (guess - (y.max() - mean) / std) / spread
            normal = torch.distributions.Normal(0.0, 1.0)
            improvement = spread * (gain * normal.cdf(gain) + normal.log_prob(gain).exp())
            chosen = asked[improvement.argmax()][None]
            tried.append(to_smiles(self.vocabulary.to_strings(self.vae.write(chosen))[0], "selfies"))
            value = self.worth(tried[-1])
            z, y = torch.cat([z, chosen]), torch.cat([y, torch.tensor([y.min() if value is None else value])])
        return self.of_smiles(tried)


@torch.no_grad()
def walk(vae, vocabulary, kind, x, penalty):
    """At each step of 100 walks: mean promise, mean truth, and shares of molecules and of allowed ones in %."""
    rows = []
    with torch.enable_grad():
        points = climb(vae, vae.encode(x[:WALKS])[0].detach(), STEPS, LENGTH, penalty)
    for z in points:
        smiles = [to_smiles(one, kind) for one in vocabulary.to_strings(vae.write(z))]
        truth = [molecules.logp(one) for one in smiles if one]
        good = sum(molecules.allowed(one) for one in smiles if one)
        mean = sum(truth) / len(truth) if truth else math.nan
        rows.append([vae.property_of(z).mean().item(), mean, 100 * len(truth) / WALKS, 100 * good / WALKS])
    return rows


def measure_molecules(seed, kind, prop):
    """One model: how well it does on test molecules, its samples, walks (of logP), and searches (by SELFIES)."""
    torch.set_num_threads(1)
    data = load_molecules()
    vocabulary, x = data.strings(kind)
    score = molecules.logp if prop == "logP" else molecules.qed
    y = data.logp if prop == "logP" else torch.tensor([molecules.qed(one) for one in data.smiles])
    train, test = slice(0, -2_000), slice(-2_000, None)
    vae = molecule_vae(x[train], y[train], len(vocabulary), seed, 0.3 if prop == "logP" else 0.03)
    found = {}
    if prop == "logP":
        with torch.no_grad():
            mu, logvar = vae.encode(x[test])
            known, prior = set(data.smiles), torch.randn(1_000, vae.latent_dim)
            exact = (vae.write(mu) == x[test]).all(1).float().mean().item()
            r2 = 1 - ((vae.property_of(mu) - y[test]) ** 2).mean() / y[test].var()
            logits = vae.decode(prior)
            drawn = torch.distributions.Categorical(logits=logits).sample()
        found["fit"] = [100 * exact, r2.item()]
        found["samples"] = [
            quality(vocabulary.to_strings(some), kind, known)
            for some in (vae.write(prior), drawn, random_strings(x, len(vocabulary)))
        ]
        found["walks"] = [walk(vae, vocabulary, kind, x[test], penalty) for penalty in (0.0, PENALTY)]
    if kind == "selfies":
        found["search"] = Search(vae, vocabulary, x[train], y[train], score, seed).results()
    print(seed, kind, prop, {k: v for k, v in found.items() if k != "walks"}, flush=True)
    return found


def show(runs):
    """Print the stored runs as tables."""
    print(f"{'names, on test names':22s}" + "".join(f"{name:>23s}" for name in runs.measures))
    for name, values in runs.names.items():  # (R, measures)
        cells = (f"{mean:15.2f} ±{std:6.2f}" for mean, std in zip(values.mean(0), values.std(0), strict=True))
        print(f"{name:22s}" + "".join(cells))
    print("n-grams, nats per name:", [round(value, 2) for value in runs.ngrams.tolist()])
    for kind, fit, samples in zip(runs.kinds, runs.fit, runs.samples, strict=True):
        exact, r2 = fit.mean(0).tolist()
        print(f"{kind}: exact {exact:.1f} %, R2 {r2:.3f}; in %: molecules, allowed, distinct, new")
        for name, values in zip(
            ("likeliest", "drawn", "random tokens"), samples.transpose(0, 1), strict=True
        ):
            print(f"  {name:16s}", values.mean(0).tolist(), "±", values.std(0).tolist())
    for name, values in runs.search.items():  # (2, R, 5)
        for prop, some in zip(("logP", "QED"), values, strict=True):
            mean, std = some.mean(0).tolist(), some.std(0).tolist()
            row = "".join(f"{m:9.2f} ±{d:5.2f}" for m, d in zip(mean, std, strict=True))
            print(f"{name:40s}{prop:6s}{row}")
    for kind, walks in zip(runs.kinds, runs.walks.mean(1), strict=True):
        for name, rows in zip(("uphill", "near the prior"), walks, strict=True):
            print(kind, name, [[round(value, 2) for value in row] for row in rows[::4].tolist()])


def main():
    """Run all seeds and write what they measured."""
    names = [(seed, cure) for cure in CURES for seed in range(SEEDS)]
    runs = [(seed, "selfies", "QED") for seed in range(SEEDS)]
    runs += [(seed, kind, "logP") for seed in range(SEEDS) for kind in KINDS]
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        of_molecules = dict(zip(runs, pool.starmap(measure_molecules, runs, chunksize=1), strict=True))
        of_names = torch.tensor(pool.starmap(measure_names, names, chunksize=1))
    train, test = (LETTERS.to_strings(x) for x in load_names())
    by_kind = {kind: [of_molecules[seed, kind, "logP"] for seed in range(SEEDS)] for kind in KINDS}
    searches = {
        prop: [of_molecules[seed, "selfies", prop]["search"] for seed in range(SEEDS)]
        for prop in ("logP", "QED")
    }
    stack = lambda part: torch.tensor([[run[part] for run in by_kind[kind]] for kind in KINDS])  # noqa: E731
    methods = list(searches["logP"][0])
    search = [[[run[method] for method in methods] for run in runs] for runs in searches.values()]
    found = {
        "names": of_names.view(len(CURES), SEEDS, -1),
        "ngrams": torch.tensor([Counts(train, order).nats(test) for order in range(1, 7)]),
        "fit": stack("fit"),
        "samples": stack("samples"),
        "walks": stack("walks"),
        "search": torch.tensor(search).transpose(1, 2).contiguous(),
    }
    words = {"cures": CURES, "measures": MEASURES, "methods": methods}
    save_file(found, RUNS, metadata={name: "\n".join(some) for name, some in words.items()})
    show(string_runs())


if __name__ == "__main__":
    if "--show" in sys.argv:
        show(string_runs())
    else:
        main()
