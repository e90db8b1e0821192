"""What latents encode: factors read by linear regression, labels by a linear classifier."""

import torch
from torch import Tensor, nn


def factor_regression(z: Tensor, factors: Tensor) -> tuple[Tensor, Tensor]:
    """Held-out R^2 of linear regressions from codes to factors, from all latents together and from each alone.

    z (N, J), factors (N, F). Lines are fitted by least squares to the first half of the rows and judged
    on the second. Returns (F,) and (F, J); 1 is perfect, 0 no better than the mean, below 0 worse.
    Raises ValueError for factors of another shape, or for one that never changes.
    """
    if factors.ndim != 2 or len(factors) != len(z):
        raise ValueError(
            f"factors must be ({len(z)}, F) like z {tuple(z.shape)}, but are {tuple(factors.shape)}.\n"
            "For a single factor give factor[:, None]."
        )
    if (factors == factors[0]).all(0).any():
        raise ValueError(
            "one of the factors has the same value in every row, so there is nothing to explain."
        )
    half = len(z) // 2
    alone = [_r_squared(z[:, [latent]], factors, half) for latent in range(z.shape[1])]
    return _r_squared(z, factors, half), torch.stack(alone, 1)


def _r_squared(z: Tensor, factors: Tensor, half: int) -> Tensor:
    rows = torch.cat([z, torch.ones(len(z), 1)], 1).double()  # (N, J + 1)
    # not the default driver, whose rank is wrong for idle latents before torch 2.15 (pytorch issue 187411)
    solved = torch.linalg.lstsq(rows[:half], factors[:half].double(), driver="gelsd")
    lines = solved.solution  # (J + 1, F)
    truth = factors[half:].double()
    squared_error = ((rows[half:] @ lines - truth) ** 2).mean(0)  # (F,)
    return (1 - squared_error / truth.var(0, correction=0)).float()


def linear_probe(z: Tensor, labels: Tensor) -> float:
    """Accuracy of a linear classifier from codes to labels, fitted to the first half and tested on the second.

    z (N, J), labels (N,) int64. Softmax regression; codes are standardised first.
    """
    half, z = len(z) // 2, z.detach()
    z = (z - z[:half].mean(0)) / z[:half].std(0).clamp(min=1e-6)
    probe = nn.utils.skip_init(nn.Linear, z.shape[1], int(labels.max()) + 1)
    nn.init.zeros_(probe.weight), nn.init.zeros_(probe.bias)
    optimizer = torch.optim.LBFGS(probe.parameters(), max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        value = nn.functional.cross_entropy(probe(z[:half]), labels[:half]) + 1e-4 * (probe.weight**2).sum()
        value.backward()
        return value

    optimizer.step(loss)
    with torch.no_grad():
        return (probe(z[half:]).argmax(1) == labels[half:]).float().mean().item()
