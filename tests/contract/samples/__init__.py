"""The samples of all kinds: one module a group of kinds, one row each."""

from tests.contract.samples import (
    alarms,
    audit,
    backups,
    bastion,
    contacts,
    iam,
    mfa,
    network,
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
    *bastion.SAMPLES,
    *contacts.SAMPLES,
    *iam.SAMPLES,
    *mfa.SAMPLES,
    *network.SAMPLES,
    *notify.SAMPLES,
    *opt_ins.SAMPLES,
    *protect.SAMPLES,
    *root.SAMPLES,
    *secrets.SAMPLES,
    *state.SAMPLES,
    *watching.SAMPLES,
)
