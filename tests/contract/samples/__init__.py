"""The samples of all kinds: one module a group of kinds, one row each."""

from tests.contract.samples import alarms, audit, iam, mfa, notify, state

SAMPLES = (*alarms.SAMPLES, *audit.SAMPLES, *iam.SAMPLES, *mfa.SAMPLES, *notify.SAMPLES, *state.SAMPLES)
