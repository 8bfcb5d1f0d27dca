"""Results as they ship; what changes them makes copies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from farside.report import store
from farside.study import catalogue

if TYPE_CHECKING:
    from farside.study.catalogue import Findings
    from farside.study.finding import Finding


@pytest.fixture(scope="session")
def results() -> dict[str, Any]:
    return {name: store.read(name, stale=True) for name in catalogue.NEEDS}


@pytest.fixture(scope="session")
def found(results: dict[str, Any]) -> Findings:
    return catalogue.findings(results)


@pytest.fixture(scope="session")
def by_name(found: Findings) -> dict[str, Finding]:
    return {f.name: f for f in found.findings}
