"""Keys recomputed by whole matrices, walks and samples."""

import itertools
import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional


def cross_kernel(p):
    size, arm = p["size"], p["arm"]
    kernel = np.zeros((size, size))
    kernel[0, 0] = p["centre"]
    kernel[0, 1] = kernel[1, 0] = kernel[0, -1] = kernel[-1, 0] = arm
    return abs(np.fft.fft2(kernel)).max()


def absorbing_walk(p):
    size, depth = p["size"], p["depth"]
    alive = 0
    for start in range(size):
        for moves in itertools.product((-1, 0, 1), repeat=depth):
            place, inside = start, True
            for move in moves:
                place += move
                inside = inside and 0 <= place < size
            alive += inside
    return 2**depth * (alive / size / 3**depth) ** 2


def default_or_he(p):
    # Mean squares of one block: taps of the two factors, half of the ReLUs open.
    side, channels = 3, p["channels"]

    def square(rule):
        depthwise, pointwise = rule / side**2, rule / channels
        kernel = channels * channels * side**2 * depthwise * pointwise / channels
        return 0.5 * kernel

    assert math.isclose(square(2), 2)
    return math.sqrt(square(1 / 3)) ** p["depth"]


def normalized_kernel(p):
    side = p["side"]
    kernel = np.zeros((side, side))
    if p["kind"] == "box":
        kernel[:] = 1.0
    else:
        kernel[side // 2, side // 2] = 1.0
    kernel /= np.linalg.norm(kernel.reshape(1, -1), 2)
    norm = abs(np.fft.fft2(kernel, s=(2 * side, 2 * side))).max()
    told = {"one": 1, "root": math.sqrt(side), "side": side, "square": side**2}
    (found,) = (n for n, t in told.items() if math.isclose(norm, t, rel_tol=1e-9))
    return found


def gain_of_two_factors(p):
    generator = torch.Generator().manual_seed(0)
    channels, side = p["channels"], p["side"]
    # (a) on a small torus, the whole matrix
    kernel = torch.randn(2, 2, 3, 3, generator=generator, dtype=torch.float64)
    images = torch.eye(2 * 16, dtype=torch.float64).reshape(-1, 2, 4, 4)
    padded = functional.pad(images, (1, 1, 1, 1), mode="circular")
    whole = functional.conv2d(padded, kernel).reshape(32, 32)
    assert math.isclose((whole**2).sum() / 32, (kernel**2).sum() / 2, rel_tol=1e-9)
    # (b) by sampling: six standard errors below the tolerance of three digits' tenth
    squares = []
    for _ in range(400):
        taps = torch.randn(channels, side**2, generator=generator)
        mixing = torch.randn(channels, channels, generator=generator)
        made = mixing.square().sum(0) @ taps.square().sum(1) / channels
        squares.append(made.item() / (channels * side**2))
    mean = np.mean(squares) * p["depthwise"] * p["pointwise"]
    error = np.std(squares) / 20 * p["depthwise"] * p["pointwise"]
    exact = p["depthwise"] * p["pointwise"]
    assert abs(mean - exact) < 6 * error
    variance = (p["depthwise"] / side**2) * (p["pointwise"] / channels)
    taps = channels**2 * side**2
    return math.sqrt(taps * variance / channels)


def groups_forgotten(p, programs):
    channels, side = p["channels"], p["side"]
    found = []
    for name, made in programs.items():
        torch.manual_seed(0)
        square = made["depthwise"](channels, side).square().sum().item() / channels
        spread = 2 * math.sqrt(2 / (channels * side**2))  # of the mean of squares
        if abs(square - 2) < 6 * spread:
            found.append(name)
    assert nn is not None
    return found
