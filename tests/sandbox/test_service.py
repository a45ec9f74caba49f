"""Services are declared, ours and other people's; one without a snapshot can be read only."""

from __future__ import annotations

from typing import Any

import pytest

from awsbase.sandbox import SERVICES, Sandbox, Service
from awsbase.sandbox.authorization.permissions import at, own, table
from awsbase.sandbox.call_log import writes
from awsbase.sandbox.snapshot import by_region
from tests.sandbox.principals import allow, error, kim
from tests.sandbox.refused import refused

REPOSITORY = at("ecr:{region}:{account}:repository/{repositoryName}")


def repositories(ecr: Any) -> dict[str, Any]:
    return {name: held.image_tag_mutability for name, held in ecr.repositories.items()}


ECR = Service(
    "ecr",
    calls=table({"CreateRepository DeleteRepository": [own(REPOSITORY)], "DescribeRepositories": [own()]}),
    snapshot=by_region("ecr", repositories),
)


def test_write_to_a_service_without_snapshot_is_refused_with_a_sentence() -> None:
    sandbox = Sandbox(services=[each for each in SERVICES if each.name != "ecr"])
    code, message, status = error(sandbox.client("ecr").create_repository, repositoryName="acme")
    assert (code, status) == ("SandboxGap", 501)
    assert "no snapshot of ecr, so nothing would show what ecr:CreateRepository changes" in message
    assert "Service('ecr') in awsbase/sandbox/services" in message
    assert sandbox.client("ecr").describe_repositories()["repositories"] == []


def test_a_service_of_somebody_else_shows_in_the_snapshot() -> None:
    sandbox = Sandbox(services=(*SERVICES, ECR))
    assert sandbox.snapshot()["ecr"] == {}
    sandbox.client("ecr").create_repository(repositoryName="acme")
    assert sandbox.snapshot()["ecr"] == {"us-east-1": {"acme": "MUTABLE"}}


def test_a_service_of_somebody_else_asks_for_its_permissions() -> None:
    sandbox = Sandbox(enforce=True, services=(*SERVICES, ECR))
    calls = kim(sandbox, allow("ecr:CreateRepository", on="arn:aws:ecr:*:*:repository/acme"))
    assert refused(calls("ecr").create_repository, repositoryName="acme") is None
    assert refused(calls("ecr").create_repository, repositoryName="other") == "AccessDeniedException"


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_a_service_whose_writes_are_known_has_a_snapshot(service: Service) -> None:
    assert service.snapshot or not any(map(writes, service.calls))


def test_every_service_is_declared_once() -> None:
    names = [service.name for service in SERVICES]
    assert sorted(set(names)) == sorted(names)
