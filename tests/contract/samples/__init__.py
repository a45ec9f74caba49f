"""The samples of all kinds: one module a group of kinds, one row each."""

from tests.contract.samples import alarms, audit, bastion, iam, mfa, network, notify, state

SAMPLES = (
    *alarms.SAMPLES,
    *audit.SAMPLES,
    *bastion.SAMPLES,
    *iam.SAMPLES,
    *mfa.SAMPLES,
    *network.SAMPLES,
    *notify.SAMPLES,
    *state.SAMPLES,
)
