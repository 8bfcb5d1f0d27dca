"""Settings and data that the tests of the estimators share."""

from __future__ import annotations

import pytest
import torch

from farside.oxides.cnn import CnnSettings
from farside.oxides.farside import Farside, FarsideSettings
from farside.oxides.training import TrainingSet, load_training

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def sites() -> TrainingSet:
    """Return the 55 sites."""
    return load_training()


@pytest.fixture(scope="session")
def quick() -> Farside:
    """Return the estimator with nets that are trained for a moment only, yet are not zero."""
    return Farside(FarsideSettings(cnn=CnnSettings(steps=8, members=2, pool=600)))


@pytest.fixture(scope="session")
def linear() -> Farside:
    """Return the estimator whose nets never leave zero."""
    return Farside(FarsideSettings(cnn=CnnSettings(steps=2, learning_rate=0.0, pool=600)))
