"""The weight of the KL: how it changes during training, and what a weight found elsewhere amounts to."""


def beta_at(progress: float, schedule: str = "constant") -> float:
    """The share of beta, in [0, 1], that a schedule asks for at a point of training.

    progress: the share of all steps already done, in [0, 1). schedule: "constant", "warm_up"
    (Bowman et al. 2016) or "cyclical" (Fu et al. 2019). Raises ValueError for any other name.

    >>> beta_at(0.25, "warm_up")
    0.5
    """
    if schedule == "constant":
        return 1.0
    if schedule == "warm_up":
        return warm_up(progress)
    if schedule == "cyclical":
        return cyclical(progress)
    raise ValueError(f'beta_schedule={schedule!r} is not known; choose "constant", "warm_up" or "cyclical".')


def warm_up(progress: float, share: float = 0.5) -> float:
    """A straight rise from 0 to 1 over the first `share` of training, then 1."""
    return min(1.0, progress / share)


def cyclical(progress: float, cycles: int = 4, share: float = 0.5) -> float:
    """The warm-up again and again: in each cycle a rise over its first `share`, then 1."""
    return warm_up(progress * cycles % 1.0, share)


def effective_beta(pixel_weight: float, kl_weight: float, pixel_std: float | None = None) -> float:
    """The beta, with all terms in nats per image, of a loss pixel_weight * error + kl_weight * KL.

    The weights are those of one pixel's error and one latent's KL after all sums and averages: an average
    over D pixels makes pixel_weight 1 / D, an average over J latents makes kl_weight 1 / J. Without pixel_std the
    error is a cross-entropy, in nats already; with one it is a squared error of pixels with that standard deviation.
    Raises ValueError unless pixel_weight and pixel_std are positive and kl_weight is not negative.

    >>> effective_beta(pixel_weight=500 / 1024, kl_weight=1.0)
    2.048
    """
    if not (pixel_weight > 0 and kl_weight >= 0):
        raise ValueError(
            f"pixel_weight={pixel_weight}, kl_weight={kl_weight}: give a positive and a non-negative number."
        )
    if pixel_std is None:
        return kl_weight / pixel_weight
    if not pixel_std > 0:
        raise ValueError(f"pixel_std={pixel_std}: give a positive number, or None for a cross-entropy.")
    return kl_weight / (pixel_weight * 2 * pixel_std**2)  # squared error = 2 pixel_std^2 nats


def implied_pixel_std(pixel_weight: float, kl_weight: float) -> float:
    """The pixel_std for which pixel_weight * squared error + kl_weight * KL is the negative ELBO (beta = 1).

    Weights as in effective_beta. Pixels lie in [0, 1]; a std above 0.5 says that they are nearly noise.
    """
    return (effective_beta(pixel_weight, kl_weight) / 2) ** 0.5
