"""How often a judge reads the digit that was drawn."""

import torch

from vae_lessons.evaluation.judge import NO_DIGIT


def accuracy(judge, images, labels):
    with torch.no_grad():
        seen = torch.cat([judge(batch / 255)[:, :NO_DIGIT].argmax(1) for batch in images.split(1000)])
    return (seen == labels).float().mean().item()
