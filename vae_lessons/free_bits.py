"""Free bits: the part of each latent's KL that the loss does not count."""

from torch import Tensor


def free_bits(kl: Tensor, free: float) -> Tensor:
    """The KL that the loss counts, a scalar in nats per image, when the first `free` nats of each latent do not count.

    kl: (B, J). A latent whose average over the batch is below `free` counts as `free`: no gradient, so no
    reason to shrink. With free = 0 this is the average KL. Source: Kingma et al. 2016.
    """
    return kl.mean(0).clamp(min=free).sum()
