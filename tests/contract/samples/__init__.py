"""The samples of all kinds: one module a group of kinds, one row each."""

from tests.contract.samples import (
    alarms,
    audit,
    backups,
    contacts,
    iam,
    mfa,
    notify,
    opt_ins,
    protect,
    root,
    secrets,
    state,
    watching,
)

SAMPLES = (
    *alarms.SAMPLES,
    *audit.SAMPLES,
    *backups.SAMPLES,
    *contacts.SAMPLES,
    *iam.SAMPLES,
    *mfa.SAMPLES,
    *notify.SAMPLES,
    *opt_ins.SAMPLES,
    *protect.SAMPLES,
    *secrets.SAMPLES,
    *root.SAMPLES,
    *state.SAMPLES,
    *watching.SAMPLES,
)
