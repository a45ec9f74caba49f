"""An organization file in which something is wrong gives lines of advice, never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings

from awsbase.errors import ManifestError, UsageError
from awsbase.organization import load
from tests.manifest.mangled import mangled_trees
from tests.organization.files import ORGANIZATION, TEMPLATE, written

FILES = [yaml.safe_load(ORGANIZATION)]
TEMPLATES = [yaml.safe_load(TEMPLATE)]
FEW = settings(max_examples=40, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
MANY = settings(FEW, max_examples=3000, derandomize=False)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("organization"))


def answered(file: Path) -> None:
    """Read an organization file; every problem must be a mistake of its author."""
    try:
        load(file)
    except ManifestError as error:
        for mistake in error.mistakes:
            assert mistake.message
            assert mistake.line >= 1 or "no such file" in mistake.message
            assert "\n" not in str(mistake)
    except UsageError as error:
        assert str(file) in error.message  # noqa: PT017, most of them raise nothing of the kind


@FEW
@given(text=mangled_trees(FILES))
def test_a_mangled_file_gives_mistakes(file: Path, text: str) -> None:
    written(file.parent, text)
    answered(file)


@FEW
@given(text=mangled_trees(TEMPLATES))
def test_a_mangled_template_gives_mistakes(file: Path, text: str) -> None:
    written(file.parent, account=text)
    answered(file)


@pytest.mark.faults
@MANY
@given(text=mangled_trees(FILES), template=mangled_trees(TEMPLATES))
def test_both_mangled_give_mistakes(file: Path, text: str, template: str) -> None:
    written(file.parent, text, account=template)
    answered(file)
