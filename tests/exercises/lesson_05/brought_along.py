"""Answers to exercise 5.7: right ones in many styles, and some with two mistakes at once."""

import numpy as np
import torch


def covariance_by_variance(correlation, smile_std, glasses_std):
    return correlation * smile_std * glasses_std / smile_std**2


def slope_of_the_line(correlation, smile_std, glasses_std):
    return glasses_std * (correlation / smile_std)


def from_a_matrix(correlation, smile_std, glasses_std):
    off = correlation * smile_std * glasses_std
    covariance = torch.tensor([[smile_std**2, off], [off, glasses_std**2]])
    return (covariance[1] @ torch.tensor([1.0, 0.0])) / covariance[0, 0]


def from_made_up_data(correlation, smile_std, glasses_std):
    smile, rest = np.array([1.0, 1.0, -1.0, -1.0]), np.array([1.0, -1.0, 1.0, -1.0])  # uncorrelated, std 1
    glasses = glasses_std * (correlation * smile + np.sqrt(1 - correlation**2) * rest)
    z = smile_std * smile * np.array([[1.0], [0.0]]) + glasses * np.array(
        [[0.0], [1.0]]
    )  # (J, N), d_s and d_g
    direction = (z * smile_std * smile).mean(1) / smile_std**2
    return direction[1]


def by_least_squares(correlation, smile_std, glasses_std):
    smile = smile_std * torch.tensor([[1.0], [1.0], [-1.0], [-1.0]])
    rest = (1 - correlation**2) ** 0.5 * torch.tensor([[1.0], [-1.0], [1.0], [-1.0]])
    glasses = glasses_std * (correlation * smile / smile_std + rest)
    return torch.linalg.lstsq(smile, glasses).solution.squeeze()


def inverted_ratio_and_sign(correlation, smile_std, glasses_std):
    return -correlation * smile_std / glasses_std


def covariance_and_one(correlation, smile_std, glasses_std):
    return 1 + correlation * smile_std * glasses_std


RIGHT = [
    covariance_by_variance,
    slope_of_the_line,
    from_a_matrix,
    from_made_up_data,
    by_least_squares,
]
COMBINED = [inverted_ratio_and_sign, covariance_and_one]
