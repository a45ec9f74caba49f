"""The samples of all kinds: one module a group of kinds, one row each."""

from tests.contract.samples import iam

SAMPLES = (*iam.SAMPLES,)
