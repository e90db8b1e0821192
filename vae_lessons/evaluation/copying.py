"""Does a model copy its training images? Which is nearer to a sample: a training image, or one never seen?"""

from torch import Tensor

from vae_lessons.evaluation.pictures import nearest_distance


def nearer_to_training(images: Tensor, training_images: Tensor, unseen_images: Tensor) -> float:
    """Share of images that are nearer to a training image than to any unseen one, in [0, 1]; a tie counts half.

    images (N, C, H, W); training_images and unseen_images (M, C, H, W), uint8 or float in [0, 1]: all images that
    the model was trained on, and as many of the same data set that it never saw. About 0.5 where nothing is copied,
    and larger by half the share of copies; the standard error is at most 0.5 / sqrt(N). Raises ValueError unless
    there are as many of each. After the test of Meehan et al. 2020.
    """
    if len(training_images) != len(unseen_images):
        raise ValueError(
            f"there are {len(training_images)} training images and {len(unseen_images)} unseen ones.\n"
            "Give as many of each: among more images the nearest is nearer, whoever copies."
        )
    to_training, _ = nearest_distance(images, training_images)  # (N,)
    to_unseen, _ = nearest_distance(images, unseen_images)  # (N,)
    return ((to_training < to_unseen).float() + 0.5 * (to_training == to_unseen).float()).mean().item()
