from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glossator.evaluation.t_quantile import two_sided_t

CONFIDENCES = (0.5, 0.8, 0.95, 0.99)

TABLE = {
    1: (1, 3.07768353718, 12.7062047362, 63.6567411629),
    2: (0.816496580928, 1.88561808316, 4.30265272975, 9.92484320092),
    3: (0.764892328404, 1.6377443537, 3.18244630528, 5.84090930973),
    4: (0.740697084113, 1.53320627406, 2.7764451052, 4.60409487135),
    5: (0.7266868438, 1.47588404882, 2.57058183564, 4.03214298356),
    9: (0.702722146751, 1.3830287384, 2.2621571628, 3.24983554159),
    19: (0.687621460204, 1.32772820903, 2.09302405441, 2.86093460646),
    29: (0.683043860822, 1.3114336473, 2.04522964213, 2.75638590367),
    99: (0.676975985546, 1.29016144203, 1.98421695159, 2.62640545728),
    1_000: (0.674735164607, 1.28239872146, 1.96233908083, 2.58075469807),
    100_000: (0.674492203553, 1.28156003145, 1.95998770753, 2.57587846991),
}
"""By degrees of freedom, one t for each of `CONFIDENCES`; the last row is nearly the normal distribution's."""


@pytest.mark.parametrize("degrees", TABLE)
def test_quantiles_are_those_of_the_tables(degrees):
    found = [two_sided_t(confidence, degrees) for confidence in CONFIDENCES]
    assert found == pytest.approx(TABLE[degrees], rel=1e-10)


@given(confidence=st.floats(0.001, 0.999999))
def test_one_and_two_degrees_agree_with_their_closed_forms(confidence):
    assert two_sided_t(confidence, 1) == pytest.approx(math.tan(math.pi * confidence / 2), rel=1e-9)
    assert two_sided_t(confidence, 2) == pytest.approx(confidence * math.sqrt(2 / (1 - confidence**2)), rel=1e-9)


@given(confidence=st.floats(0.01, 0.9999), degrees=st.integers(1, 5_000))
def test_more_degrees_reach_less_far_and_more_confidence_farther(confidence, degrees):
    here = two_sided_t(confidence, degrees)
    assert two_sided_t(confidence, degrees + 1) < here < two_sided_t(confidence + 5e-5, degrees)
