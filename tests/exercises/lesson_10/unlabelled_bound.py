"""Answers to exercise 10.1: right ones in many styles, and some with two mistakes at once."""

import torch
import torch.nn.functional as F
from torch.distributions import Categorical


def by_log_softmax(elbos, q_logits):
    log_q = F.log_softmax(q_logits, dim=-1)
    return torch.sum(torch.exp(log_q) * (elbos - log_q), dim=-1)


def by_two_terms(elbos, q_logits):
    q, log_q = q_logits.softmax(1), q_logits.log_softmax(1)
    return (q * elbos).sum(1) - (q * log_q).sum(1)


def by_categorical(elbos, q_logits):
    q = Categorical(logits=q_logits)
    return (q.probs * elbos).sum(1) + q.entropy()


def by_a_small_number(elbos, q_logits):
    q = q_logits.softmax(1)
    return (q * (elbos - (q + 1e-8).log())).sum(1)


def by_a_clamp(elbos, q_logits):
    q = q_logits.softmax(1)
    return (q * elbos - q * q.clamp(min=1e-12).log()).sum(1)


def by_cross_entropy_with_itself(elbos, q_logits):
    q = q_logits.softmax(1)
    return torch.einsum("by,by->b", q, elbos) + F.cross_entropy(q_logits, q, reduction="none")


def by_what_is_lost(elbos, q_logits):
    """The sum over all labels, minus the KL of q(y|x) from the normalised bounds."""
    kl = F.kl_div(elbos.log_softmax(1), q_logits.log_softmax(1), reduction="none", log_target=True)
    return elbos.logsumexp(1) - kl.sum(1)


def by_hand_in_float64(elbos, q_logits):
    weights = q_logits.double().exp()
    q = weights / weights.sum(1, keepdim=True)
    return (q * (elbos.double() - q.log())).sum(1)


def by_logsumexp(elbos, q_logits):
    log_q = q_logits - torch.logsumexp(q_logits, 1, keepdim=True)
    return ((elbos - log_q) * log_q.exp()).sum(1)


def by_loops(elbos, q_logits):
    bounds = []
    for elbo, logits in zip(elbos, q_logits, strict=True):
        log_q = logits.log_softmax(0)
        bounds.append(sum(log_q[y].exp() * (elbo[y] - log_q[y]) for y in range(len(logits))))
    return torch.stack(bounds)


def by_matrix_products(elbos, q_logits):
    log_q = q_logits.log_softmax(1)
    return torch.bmm(log_q.exp()[:, None, :], (elbos - log_q)[:, :, None]).flatten()


def by_the_diagonal(elbos, q_logits):
    log_q = q_logits.log_softmax(1)
    return torch.diagonal(log_q.exp() @ (elbos - log_q).T)


def by_one_image_at_a_time(elbos, q_logits):
    def bound(elbo, logits):
        return logits.softmax(0) @ (elbo - logits.log_softmax(0))

    return torch.vmap(bound)(elbos, q_logits)


def with_a_log_that_is_detached(elbos, q_logits):
    """The gradient is the same, since the average of d log q under q is 0."""
    log_q = q_logits.log_softmax(1)
    return (log_q.exp() * (elbos - log_q.detach())).sum(1)


def loss_without_entropy(elbos, q_logits):
    return -(q_logits.softmax(1) * elbos).sum(1).mean()


def guess_with_log_p_y_again(elbos, q_logits):
    best = q_logits.argmax(1)
    return elbos[torch.arange(len(elbos)), best] - torch.log(torch.tensor(float(elbos.shape[1])))


def entropy_subtracted_and_averaged(elbos, q_logits):
    q, log_q = q_logits.softmax(1), q_logits.log_softmax(1)
    return (q * (elbos + log_q)).mean(1)


RIGHT = [
    by_log_softmax,
    by_two_terms,
    by_categorical,
    by_a_small_number,
    by_a_clamp,
    by_cross_entropy_with_itself,
    by_what_is_lost,
    by_hand_in_float64,
    by_logsumexp,
    by_loops,
    by_matrix_products,
    by_the_diagonal,
    by_one_image_at_a_time,
    with_a_log_that_is_detached,
]
COMBINED = [loss_without_entropy, guess_with_log_p_y_again, entropy_subtracted_and_averaged]
