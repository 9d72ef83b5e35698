"""The interactive figure of weight decay: its HTML, and its numbers against torch's."""

import math

import pytest
import torch
from scripts import evaluator, options_of

from companion.decay import ridge_solution
from companion.linalg import spectral_radius
from companion.widgets import decay

CASES = [(0.0, 0.01), (0.1, 0.01), (0.5, 0.01), (2.0, 0.3), (1.0, 1.0)]

in_node = evaluator("decay")


def solution(weight_decay, variance):
    A = torch.tensor([[2.0, -2.0], [2.0, -1.8]], dtype=torch.float64)
    S = torch.diag(torch.tensor([1.0, variance], dtype=torch.float64))
    return ridge_solution(A, S, weight_decay=weight_decay)


def test_options_reach_the_browser():
    assert options_of(decay(variance=0.3)) == {"weight_decay": 0.1, "variance": 0.3}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weight_decay": 0.0}, "^weight_decay must lie between 0.001 and 10, got 0.0"),
        ({"variance": 1.5}, "^variance must lie between 0.001 and 1, got 1.5$"),
        ({"variance": math.nan}, "^variance must lie between 0.001 and 1, got nan$"),
        ({"language": "de"}, "^language must be 'en', 'zh' or None, got 'de'$"),
    ],
)
def test_decay_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        decay(**options)


def test_solution_radius_and_norm_agree_with_the_companion():
    found = in_node(
        "cases.map(([l, s]) => xg.decay.solution(l, s)).map((W) =>"
        " [...W, xg.mat2.radius(W), xg.decay.frobenius(W)])",
        cases=CASES,
    )
    for (strength, variance), values in zip(CASES, found, strict=True):
        W = solution(strength, variance)
        sizes = [spectral_radius(W).item(), torch.linalg.matrix_norm(W).item()]
        assert values == pytest.approx([*W.flatten().tolist(), *sizes], rel=1e-12)


def test_eigenvalues_agree_with_torch():
    for strength, variance in CASES:
        found = in_node(
            "xg.mat2.eigenvalues(xg.decay.solution(l, s))", l=strength, s=variance
        )
        expected = torch.view_as_real(
            torch.linalg.eigvals(solution(strength, variance))
        )
        ours, theirs = (
            torch.tensor(sorted(pairs), dtype=torch.float64)
            for pairs in (found, expected.tolist())
        )
        torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-12)
