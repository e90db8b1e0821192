"""Lesson 02: right answers in many styles, and answers with two mistakes at once."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from vae_lessons.gaussians import kl_closed_form, log_density, reparameterize
from vae_lessons.likelihoods import bernoulli_log_likelihood

# 2.1


def bernoulli_by_loss(x_logits, x):
    return -F.binary_cross_entropy_with_logits(x_logits, x, reduction="none").sum(dim=(1, 2, 3))


def bernoulli_by_logsigmoid(logits, images):
    each_pixel = images * F.logsigmoid(logits) + (1 - images) * F.logsigmoid(-logits)
    return each_pixel.view(len(images), -1).sum(-1)


def bernoulli_by_softplus(x_logits, x):
    return torch.einsum("bchw->b", x * x_logits - F.softplus(x_logits))


def bernoulli_by_torch(x_logits, x):
    pixels = torch.distributions.Bernoulli(logits=x_logits, validate_args=False)
    return torch.distributions.Independent(pixels, 3, validate_args=False).log_prob(x)


def bernoulli_by_loops(x_logits, x):
    sums = []
    for logits, image in zip(x_logits.double(), x.double(), strict=True):
        total = 0.0
        for logit, ink in zip(logits.flatten(), image.flatten(), strict=True):
            total = total + ink * F.logsigmoid(logit) + (1 - ink) * F.logsigmoid(-logit)
        sums.append(total)
    return torch.stack(sums)


def bernoulli_by_logaddexp(x_logits, x):
    zero = torch.zeros(())
    paper = -torch.logaddexp(x_logits, zero)
    ink = -torch.logaddexp(-x_logits, zero)
    return torch.lerp(paper, ink, x).flatten(1).sum(1)


def bernoulli_image_by_image(x_logits, x):
    loss = nn.BCEWithLogitsLoss(reduction="sum")
    return torch.stack([-loss(logits, image) for logits, image in zip(x_logits, x, strict=True)])


def bernoulli_by_where(x_logits, x):
    small = torch.where(x_logits > 0, -x_logits, x_logits)  # minus the size of the logit
    log_p = x_logits.clamp(max=0) - torch.log1p(torch.exp(small))
    log_1_minus_p = -x_logits.clamp(min=0) - torch.log1p(torch.exp(small))
    return (x * log_p).sum((1, 2, 3)) + ((1 - x) * log_1_minus_p).sum((1, 2, 3))


def bernoulli_ink_only_and_mean_over_pixels(x_logits, x):
    return (x * F.logsigmoid(x_logits)).flatten(1).mean(1)


def bernoulli_ink_only_and_batch_mean(x_logits, x):
    return (x * F.logsigmoid(x_logits)).flatten(1).sum(1).mean()


def bernoulli_swapped_and_sign(x_logits, x):
    return F.binary_cross_entropy_with_logits(x, x_logits, reduction="none").flatten(1).sum(1)


# 2.2


def gaussian_by_torch(x_hat, x, std):
    return torch.distributions.Normal(x_hat, std).log_prob(x).flatten(1).sum(1)


def gaussian_by_formula(x_hat, x, std):
    pixels = -((x - x_hat) ** 2) / (2 * std**2) - math.log(std) - 0.5 * math.log(2 * math.pi)
    return pixels.sum((1, 2, 3))


def gaussian_constant_times_pixels(mean, image, std):
    pixels = image[0].numel()
    squared_error = (image - mean).pow(2).flatten(1).sum(1)
    return -squared_error / (2 * std**2) - pixels * (math.log(std) + math.log(2 * math.pi) / 2)


def gaussian_by_loss(x_hat, x, std):
    variance = torch.full_like(x, std**2)
    return -F.gaussian_nll_loss(x_hat, x, variance, full=True, reduction="none").flatten(1).sum(1)


def gaussian_by_log_density(x_hat, x, std):
    logvar = torch.full_like(x, 2 * math.log(std))
    return log_density(x.flatten(1), x_hat.flatten(1), logvar.flatten(1))


def gaussian_by_loops(x_hat, x, std):
    images = []
    for b in range(x.shape[0]):
        total = torch.zeros((), dtype=torch.float64)
        for h in range(x.shape[2]):
            for w in range(x.shape[3]):
                away = (x[b, 0, h, w] - x_hat[b, 0, h, w]) / std
                total -= 0.5 * away**2 + math.log(std * math.sqrt(2 * math.pi))
        images.append(total)
    return torch.stack(images)


def gaussian_by_many_normals(x_hat, x, std):
    x, x_hat = x.flatten(1), x_hat.flatten(1)
    covariance = torch.eye(x.shape[1]) * torch.tensor(std) ** 2
    return torch.distributions.MultivariateNormal(x_hat, covariance).log_prob(x)


def gaussian_by_einsum(x_hat, x, std):
    d = (x - x_hat).flatten(1)
    return -0.5 * torch.einsum("bd,bd->b", d, d) / std**2 - d.shape[1] * math.log(std * (2 * math.pi) ** 0.5)


def gaussian_mean_and_no_constant(x_hat, x, std):
    return -0.5 * (((x - x_hat) / std) ** 2).flatten(1).mean(1)


def gaussian_sign_and_constant_once(x_hat, x, std):
    return ((x - x_hat) ** 2).flatten(1).sum(1) / (2 * std**2) + 0.5 * math.log(2 * math.pi * std**2)


def gaussian_std_for_variance_and_batch_mean(x_hat, x, std):
    squared_error = ((x - x_hat) ** 2).flatten(1)
    return -0.5 * (squared_error / std + math.log(2 * math.pi * std**2)).sum(1).mean()


# 2.3


def kl_by_torch(mu, logvar):
    q = torch.distributions.Normal(mu, (0.5 * logvar).exp())
    return torch.distributions.kl_divergence(q, torch.distributions.Normal(0.0, 1.0)).sum(-1)


def kl_by_loops(mu, logvar):
    rows = []
    for m, v in zip(mu, logvar, strict=True):
        total = torch.zeros(())
        for j in range(len(m)):
            total = total + 0.5 * (m[j] ** 2 + v[j].exp() - 1 - v[j])
        rows.append(total)
    return torch.stack(rows)


def kl_as_in_papers(m, lv):
    return -0.5 * torch.sum(1 + lv - m.pow(2) - lv.exp(), dim=1)


def kl_by_terms(mu, logvar):
    J = mu.shape[1]
    place, width, narrow = mu.square().sum(1), logvar.exp().sum(1), logvar.sum(1)
    return (place + width - J - narrow) / 2


def kl_by_std_in_double(mu, logvar):
    std = torch.exp(logvar.double() / 2)
    kl = torch.zeros_like(mu, dtype=torch.float64)
    kl += mu**2 / 2
    kl += std**2 / 2
    kl -= 0.5
    kl -= torch.log(std)
    return kl.sum(dim=1)


def kl_by_expm1(mu, logvar):
    return 0.5 * (torch.einsum("bj,bj->b", mu, mu) + (torch.expm1(logvar) - logvar).sum(-1))


def kl_by_independent(mu, logvar):
    from torch.distributions import Independent, Normal, kl_divergence

    q = Independent(Normal(mu, torch.exp(0.5 * logvar)), 1)
    p = Independent(Normal(torch.zeros_like(mu), torch.ones_like(mu)), 1)
    return kl_divergence(q, p)


def kl_row_by_row(mu, logvar):
    return torch.stack(
        [(m @ m + v.exp().sum() - len(v) - v.sum()) / 2 for m, v in zip(mu, logvar, strict=True)]
    )


def kl_sign_and_squared_exponential(mu, logvar):
    return -0.5 * (mu**2 + (2 * logvar).exp() - 1 - logvar).sum(-1)


def kl_no_half_and_batch_mean(mu, logvar):
    return (mu**2 + logvar.exp() - 1 - logvar).sum(-1).mean()


def kl_no_one_and_std_for_variance(mu, logvar):
    return 0.5 * (mu**2 + (0.5 * logvar).exp() - logvar).sum(-1)


# 2.4


def monte_carlo_at_hand(mu, logvar, samples):
    mu, logvar = mu.expand(samples, *mu.shape), logvar.expand(samples, *logvar.shape)
    z = reparameterize(mu, logvar)
    zeros = torch.zeros_like(mu)
    ratio = log_density(z, mu, logvar) - log_density(z, zeros, zeros)
    return ratio.mean(0), ratio.std(0) / samples**0.5


def monte_carlo_by_torch(mu, logvar, samples):
    from torch.distributions import Normal

    q, p = Normal(mu, (0.5 * logvar).exp()), Normal(0.0, 1.0)
    z = q.sample((samples,))
    ratio = (q.log_prob(z) - p.log_prob(z)).sum(-1)
    return [ratio.mean(0), ratio.std(0, unbiased=False) / math.sqrt(samples)]


def monte_carlo_by_loop(mu, logvar, samples):
    total, squares = torch.zeros(len(mu)), torch.zeros(len(mu))
    zero = torch.zeros_like(mu)
    for _ in range(samples):
        z = reparameterize(mu, logvar)
        ratio = log_density(z, mu, logvar) - log_density(z, zero, zero)
        total += ratio
        squares += ratio**2
    mean = total / samples
    return mean, ((squares / samples - mean**2) / samples).sqrt()


def monte_carlo_from_noise(mu, logvar, samples):
    eps = torch.randn(samples, *mu.shape)
    z = mu + (logvar / 2).exp() * eps
    ratio = 0.5 * (z**2 - eps**2 - logvar).sum(2)  # the constants cancel
    return ratio.mean(dim=0), ratio.var(dim=0).div(samples).sqrt()


def monte_carlo_draws_inside(mu, logvar, samples):
    z = mu[:, None] + (0.5 * logvar)[:, None].exp() * torch.randn(len(mu), samples, mu.shape[1])  # (B, K, J)
    ratio = log_density(z, mu[:, None], logvar[:, None]) - log_density(z, torch.zeros(()), torch.zeros(()))
    return ratio.mean(1), ratio.std(1) / math.sqrt(samples)


def monte_carlo_image_by_image(mu, logvar, samples):
    estimates, errors = [], []
    for m, v in zip(mu.double(), logvar.double(), strict=True):
        q = torch.distributions.MultivariateNormal(m, torch.diag(v.exp()))
        p = torch.distributions.MultivariateNormal(torch.zeros_like(m), torch.eye(len(m)).double())
        z = q.rsample((samples,))
        ratio = q.log_prob(z) - p.log_prob(z)
        estimates.append(float(ratio.mean()))
        errors.append(float(ratio.std() / samples**0.5))
    return estimates, errors


def monte_carlo_by_numpy(mu, logvar, samples):
    import numpy as np

    mu, logvar = mu.numpy(), logvar.numpy()
    z = np.random.normal(mu, np.exp(logvar / 2), (samples, *mu.shape))  # noqa: NPY002  (as students write it)
    log_q = -0.5 * (np.log(2 * np.pi) + logvar + (z - mu) ** 2 / np.exp(logvar)).sum(-1)
    log_p = -0.5 * (np.log(2 * np.pi) + z**2).sum(-1)
    return (log_q - log_p).mean(0), (log_q - log_p).std(0) / np.sqrt(samples)


def monte_carlo_sign_and_no_root(mu, logvar, samples):
    estimate, error = monte_carlo_at_hand(mu, logvar, samples)
    return -estimate, error / math.sqrt(samples)


def monte_carlo_no_prior_and_spread(mu, logvar, samples):
    mu, logvar = mu.expand(samples, *mu.shape), logvar.expand(samples, *logvar.shape)
    log_qz_x = log_density(reparameterize(mu, logvar), mu, logvar)
    return log_qz_x.mean(0), log_qz_x.std(0)


def monte_carlo_prior_draws_mean_over_latents(mu, logvar, samples):
    mu, logvar = mu.expand(samples, *mu.shape), logvar.expand(samples, *logvar.shape)
    z, zeros = torch.randn_like(mu), torch.zeros_like(mu)
    ratio = log_density(z, zeros, zeros) - log_density(z, mu, logvar)
    return ratio.mean(0) / mu.shape[-1], ratio.std(0) / samples**0.5


# 2.5


def elbo_at_hand(x, x_logits, mu, logvar):
    elbo = bernoulli_log_likelihood(x_logits, x) - kl_closed_form(mu, logvar)
    return -elbo.mean()


def elbo_two_means(x, x_logits, mu, logvar):
    return kl_closed_form(mu, logvar).mean() - bernoulli_log_likelihood(x_logits, x).mean()


def elbo_by_losses(image, logits, m, lv):
    rebuilt = F.binary_cross_entropy_with_logits(logits, image, reduction="sum") / image.shape[0]
    return rebuilt - 0.5 * (1 + lv - m**2 - lv.exp()).sum() / len(m)


def elbo_by_loop(x, x_logits, mu, logvar):
    total = 0
    for b in range(len(x)):
        one = slice(b, b + 1)
        total = total + kl_closed_form(mu[one], logvar[one]) - bernoulli_log_likelihood(x_logits[one], x[one])
    return (total / len(x)).squeeze()


def elbo_by_torch(x, x_logits, mu, logvar):
    from torch.distributions import Independent, Normal, kl_divergence

    q = Independent(Normal(mu, logvar.mul(0.5).exp()), 1)
    p = Independent(Normal(torch.zeros_like(mu), 1.0), 1)
    log_px_z = x * F.logsigmoid(x_logits) + (1 - x) * F.logsigmoid(-x_logits)
    return (kl_divergence(q, p) - log_px_z.sum((1, 2, 3))).mean(0)


def elbo_in_double(x, x_logits, mu, logvar):
    log_px_z = bernoulli_log_likelihood(x_logits.double(), x.double())
    elbo = log_px_z - kl_closed_form(mu.double(), logvar.double())
    return torch.einsum("b->", -elbo) / elbo.numel()


def elbo_minimised_and_summed(x, x_logits, mu, logvar):
    return (bernoulli_log_likelihood(x_logits, x) - kl_closed_form(mu, logvar)).sum()


def elbo_pixel_mean_and_kl_rewarded(x, x_logits, mu, logvar):
    return F.binary_cross_entropy_with_logits(x_logits, x) - kl_closed_form(mu, logvar).mean()


def elbo_swapped_and_no_kl(x, x_logits, mu, logvar):
    return -bernoulli_log_likelihood(x, x_logits).mean()


# 2.6


class HeadsTwoLayers(nn.Module):
    def __init__(self, hidden_dim, latent_dim):
        super().__init__()
        self.mu = nn.Linear(hidden_dim, latent_dim)
        self.logvar = nn.Linear(hidden_dim, latent_dim)

    def forward(self, h):
        mu = self.mu(h)
        logvar = self.logvar(h)
        return mu, logvar


class HeadsCutInTwo(nn.Module):
    def __init__(self, hidden_dim, latent_dim):
        super().__init__()
        self.both = nn.Linear(hidden_dim, 2 * latent_dim)

    def forward(self, h):
        return self.both(h).chunk(2, dim=-1)


class HeadsInAList(nn.Module):
    def __init__(self, n, m):
        super().__init__()
        self.m = m
        self.heads = nn.ModuleList([nn.Linear(n, m, bias=False) for _ in ("mu", "logvar")])

    def forward(self, features):
        return [head(features) for head in self.heads]


class HeadsByParameters(nn.Module):
    def __init__(self, hidden_dim, latent_dim):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(2, hidden_dim, latent_dim) / hidden_dim**0.5)
        self.bias = nn.Parameter(torch.zeros(2, 1, latent_dim))

    def forward(self, h):
        mu, logvar = torch.einsum("bd,kdj->kbj", h, self.weight) + self.bias
        return mu, logvar


class HeadsWithTrunk(nn.Module):
    def __init__(self, hidden_dim, latent_dim):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(hidden_dim, 16), nn.ReLU())
        self.heads = nn.ModuleDict({"mu": nn.Linear(16, latent_dim), "logvar": nn.Linear(16, latent_dim)})

    def forward(self, h):
        h = self.trunk(h)
        return self.heads["mu"](h), self.heads["logvar"](h)


class HeadsOnNarrowTrunk(nn.Module):
    def __init__(self, hidden_dim, latent_dim):
        super().__init__()
        self.trunk = nn.Sequential(
            nn.LayerNorm(hidden_dim), nn.Linear(hidden_dim, hidden_dim // 2), nn.Tanh()
        )
        self.mu, self.logvar = nn.LazyLinear(latent_dim), nn.LazyLinear(latent_dim)
        self.unused = nn.Linear(hidden_dim, latent_dim)
        nn.init.zeros_(self.unused.weight)

    def forward(self, h):
        h = self.trunk(h)
        return [self.mu(h), self.logvar(h)]


class HeadsSplit(nn.Sequential):
    def __init__(self, hidden_dim, latent_dim):
        super().__init__(nn.Linear(hidden_dim, 2 * latent_dim), nn.Unflatten(1, (2, latent_dim)))

    def forward(self, h):
        return super().forward(h).unbind(1)


def heads_wide_and_relu(hidden_dim, latent_dim):
    """Twice too wide, and a ReLU at the end."""
    module = HeadsTwoLayers(hidden_dim, 2 * latent_dim)
    module.forward = lambda h: (module.mu(h).relu(), module.logvar(h))
    return module


def heads_shared_and_relu(hidden_dim, latent_dim):
    module = HeadsTwoLayers(hidden_dim, latent_dim)
    module.forward = lambda h: (module.mu(h).relu(), module.mu(h).relu())
    return module


def heads_tanh_and_sigmoid(hidden_dim, latent_dim):
    module = HeadsTwoLayers(hidden_dim, latent_dim)
    module.forward = lambda h: (module.mu(h).tanh(), module.logvar(h).sigmoid())
    return module


# 2.7


def importance_by_logsumexp(log_px_z, log_pz, log_qz_x):
    log_w = log_px_z + log_pz - log_qz_x
    return torch.logsumexp(log_w, dim=0) - math.log(log_w.shape[0])


def importance_by_largest(log_px_z, log_pz, log_qz_x):
    log_w = log_px_z + log_pz - log_qz_x
    largest, _ = log_w.max(dim=0)
    return largest + (log_w - largest).exp().mean(0).log()


def importance_by_loop(a, b, c):
    bounds = []
    for image in range(a.shape[1]):
        log_w = (a + b - c)[:, image].double()
        bounds.append(torch.logsumexp(log_w - math.log(len(log_w)), 0))
    return torch.stack(bounds)


def importance_by_logaddexp(log_px_z, log_pz, log_qz_x):
    total = None
    for one in log_px_z - log_qz_x + log_pz:
        total = one if total is None else torch.logaddexp(total, one)
    return total - torch.log(torch.tensor(len(log_px_z)))


def importance_by_softmax(log_px_z, log_pz, log_qz_x):
    log_w = log_px_z + log_pz - log_qz_x
    return (log_w - log_w.log_softmax(0)).mean(0) - math.log(
        len(log_w)
    )  # log_w - log_softmax is the logsumexp


def importance_of_transposed(log_px_z, log_pz, log_qz_x):
    log_w = torch.stack([log_px_z, log_pz, -log_qz_x]).sum(0).T  # (B, K)
    return log_w.logsumexp(-1) + math.log(1 / log_w.size(-1))


def importance_no_prior_and_no_log_k(log_px_z, log_pz, log_qz_x):
    return (log_px_z - log_qz_x).logsumexp(0)


def importance_mean_of_logs_and_sign(log_px_z, log_pz, log_qz_x):
    return -(log_px_z + log_pz - log_qz_x).mean(0)


def importance_swapped_over_images(log_px_z, log_pz, log_qz_x):
    return (log_px_z - log_pz + log_qz_x).logsumexp(1) - math.log(log_px_z.shape[1])


RIGHT = {
    "2.1": [
        bernoulli_by_loss,
        bernoulli_by_logsigmoid,
        bernoulli_by_softplus,
        bernoulli_by_torch,
        bernoulli_by_loops,
        bernoulli_by_logaddexp,
        bernoulli_image_by_image,
        bernoulli_by_where,
    ],
    "2.2": [
        gaussian_by_torch,
        gaussian_by_formula,
        gaussian_constant_times_pixels,
        gaussian_by_loss,
        gaussian_by_log_density,
        gaussian_by_loops,
        gaussian_by_many_normals,
        gaussian_by_einsum,
    ],
    "2.3": [
        kl_by_torch,
        kl_by_loops,
        kl_as_in_papers,
        kl_by_terms,
        kl_by_std_in_double,
        kl_by_expm1,
        kl_by_independent,
        kl_row_by_row,
    ],
    "2.4": [
        monte_carlo_at_hand,
        monte_carlo_by_torch,
        monte_carlo_by_loop,
        monte_carlo_from_noise,
        monte_carlo_draws_inside,
        monte_carlo_image_by_image,
        monte_carlo_by_numpy,
    ],
    "2.5": [elbo_at_hand, elbo_two_means, elbo_by_losses, elbo_by_loop, elbo_by_torch, elbo_in_double],
    "2.6": [
        HeadsTwoLayers,
        HeadsCutInTwo,
        HeadsInAList,
        HeadsByParameters,
        HeadsWithTrunk,
        HeadsOnNarrowTrunk,
        HeadsSplit,
    ],
    "2.7": [
        importance_by_logsumexp,
        importance_by_largest,
        importance_by_loop,
        importance_by_logaddexp,
        importance_by_softmax,
        importance_of_transposed,
    ],
}
COMBINED = {
    "2.1": [
        bernoulli_ink_only_and_mean_over_pixels,
        bernoulli_ink_only_and_batch_mean,
        bernoulli_swapped_and_sign,
    ],
    "2.2": [
        gaussian_mean_and_no_constant,
        gaussian_sign_and_constant_once,
        gaussian_std_for_variance_and_batch_mean,
    ],
    "2.3": [kl_sign_and_squared_exponential, kl_no_half_and_batch_mean, kl_no_one_and_std_for_variance],
    "2.4": [
        monte_carlo_sign_and_no_root,
        monte_carlo_no_prior_and_spread,
        monte_carlo_prior_draws_mean_over_latents,
    ],
    "2.5": [elbo_minimised_and_summed, elbo_pixel_mean_and_kl_rewarded, elbo_swapped_and_no_kl],
    "2.6": [heads_wide_and_relu, heads_shared_and_relu, heads_tanh_and_sigmoid],
    "2.7": [
        importance_no_prior_and_no_log_k,
        importance_mean_of_logs_and_sign,
        importance_swapped_over_images,
    ],
}
