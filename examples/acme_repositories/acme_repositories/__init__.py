"""ECR repositories for awsbase."""

from acme_repositories.repository import KIND, Repository
from acme_repositories.section import Repositories
from awsbase.api import Plugin

PLUGIN = Plugin(
    api=1,
    kinds={Repository: KIND},
    sections={"x-repositories": Repositories},
    sandbox="acme_repositories.sandbox:SERVICES",
)
