"""How often AWS takes calls: a bucket of tokens for each sort of call in each region, filled up by the second."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from threading import Lock

from awsbase.sandbox.call_log import writes


@dataclass(frozen=True)
class Rate:
    """So many calls a second, and as many at once, of those on a space-separated list; `*` is the rest of a name."""

    on: str
    per_second: float
    only: bool | None = None
    """Writes alone, reads alone, or both."""

    def counts(self, name: str) -> bool:
        """Return whether a call takes from this bucket."""
        sort = self.only is None or self.only == writes(name.partition(":")[2])
        return sort and any(fnmatchcase(name, pattern) for pattern in self.on.split())


# From "Quotas in AWS CloudTrail", the reference of LookupEvents, "Request quotas" of AWS KMS, "CloudWatch service
# quotas" and "Quotas" of Route 53. AWS throttles IAM too, by buckets of which it publishes nothing: that one is a
# guess, on the low side.
DOCUMENTED = (
    Rate("cloudtrail:*", 1, only=True),
    Rate("cloudtrail:*", 10, only=False),
    Rate("cloudtrail:LookupEvents", 2),
    Rate("kms:CreateKey", 5),
    Rate("kms:CreateAlias", 5),
    Rate("cloudwatch:PutMetricAlarm", 3),
    Rate("route53:*", 5),
    Rate("iam:*", 15, only=True),
)


@dataclass
class Rates:
    """The buckets, each with what is left in it and since when."""

    rates: Sequence[Rate] = ()
    _left: dict[tuple[Rate, str], tuple[float, float]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def take(self, name: str, region: str, now: float) -> bool:
        """Take a token for a call from each of its buckets; say whether there was one."""
        with self._lock:
            buckets = [(rate, region) for rate in self.rates if rate.counts(name)]
            full = {}
            for bucket in buckets:
                most = bucket[0].per_second
                left, since = self._left.get(bucket, (most, now))
                full[bucket] = min(most, left + (now - since) * most)
            enough = all(left >= 1 for left in full.values())
            self._left |= {bucket: (left - enough, now) for bucket, left in full.items()}
            return enough
