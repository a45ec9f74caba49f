"""How a manifest does without a region that an organization closes: what to leave out of it, or write instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from awsbase.manifest.manifest import Manifest

if TYPE_CHECKING:
    from awsbase.manifest.alarms import Alarms

BY_MAIL = "email: [you@example.com]"


def ways_out(manifest: Manifest) -> Mapping[str, str]:
    """Return the advice for each region, other than the account's, in which the manifest has something."""
    account = manifest.account
    ways: dict[str, list[str]] = {}
    alarms = of_alarms(manifest.alarms, account.partition) if manifest.alarms else ()
    for region, words in [*alarms, *of_lists(manifest)]:
        if region != account.region:
            ways.setdefault(region, []).append(words)
    return {
        region: f"have the organization open it, or do without it: {'; '.join(words)}" for region, words in ways.items()
    }


def of_alarms(alarms: Alarms, partition: str) -> Iterator[tuple[str, str]]:
    """Yield how alarms do without the regions in which AWS tells of bills and of root's sign-in."""
    from awsbase.ensure.billing_alerts import BILLING_REGIONS
    from awsbase.manifest.alarms import BillingAlarms
    from awsbase.manifest.cost_alarms import AnomalyAlarm, BudgetAlarm
    from awsbase.manifest.security_alarms import ROOT_SIGN_IN, SIGN_IN_REGIONS, SecurityAlarms

    bills, sign_in = BILLING_REGIONS.get(partition, ""), SIGN_IN_REGIONS.get(partition, "")
    if not alarms.model_fields_set:
        yield bills, f"write `alarms: {{security: {{except: [{ROOT_SIGN_IN}]}}}}`, for no billing alarms"
        return
    for part in alarms.wanted.values():
        match part:
            case SecurityAlarms() if ROOT_SIGN_IN in part.wanted and part.controls == "all":
                yield sign_in, f"write `except: [{', '.join((*part.except_, ROOT_SIGN_IN))}]` under alarms.security"
            case SecurityAlarms() if ROOT_SIGN_IN in part.wanted:
                yield sign_in, f"take {ROOT_SIGN_IN} off alarms.security.controls"
            case BillingAlarms():
                yield bills, "leave out alarms.billing"
            case BudgetAlarm() if part.channel:
                yield bills, f"write `{BY_MAIL}` under alarms.budget, and no notify"
            case AnomalyAlarm() if part.channel:
                yield bills, f"write `frequency: daily` and `{BY_MAIL}` under alarms.anomaly, and no notify"


def of_lists(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """Yield how the manifest does without the regions that it names itself."""
    for region in manifest.protect.own_volume_key if manifest.protect else ():
        yield region, f"take {region} off protect.own_volume_key"
    snapshots = manifest.backups.ebs if manifest.backups else None
    for region in snapshots.regions if snapshots else ():
        yield region, f"take {region} off backups.ebs.regions"
