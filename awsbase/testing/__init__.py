"""The contract that every kind of resource keeps, for kinds of other people too; it needs pytest and moto.

    SAMPLES = (Sample("repository", [REPOSITORY], tamperings={...}),)
    test_contract = contract(SAMPLES, kinds=PLUGIN.kinds, services=(*SERVICES, ECR))

Each sample is planned, reconciled and planned again. Each tampering is named exactly and repaired. The policies of
`awsbase permissions` are enough. A fault at any call leaves a true report, and an account that the next run completes.
A service that the sandbox does not know yet is declared with what `awsbase.sandbox` gives.
"""

from awsbase.sandbox import SERVICES, Sandbox, Service
from awsbase.testing import assertions as assertions
from awsbase.testing.contract import contract
from awsbase.testing.sample import ACCOUNT, HOME, OREGON, Sample, Tampering, go, person, problems, said

__all__ = [
    "ACCOUNT",
    "HOME",
    "OREGON",
    "SERVICES",
    "Sample",
    "Sandbox",
    "Service",
    "Tampering",
    "contract",
    "go",
    "person",
    "problems",
    "said",
]
