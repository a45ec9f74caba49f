"""New entities of IAM, which each other service learns of a little later than IAM itself.

For five minutes, the first two uses of a new role, user or instance profile are refused by each service.
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency

A new access key is unknown for up to fifteen seconds, to each service by itself, to IAM as well. That STS takes it says
nothing about the others. Seen in https://github.com/hashicorp/vault/issues/687 and
https://github.com/aws/aws-sdk-js/issues/559.
"""

from collections import Counter
from dataclasses import dataclass, field

from awsbase.sandbox.service import Request

SLOW_USES = 2
SLOW_SECONDS = 300
KEY_SECONDS = 15


@dataclass
class Propagation:
    """How often each service has used an entity in vain since it was created: each learns of it by itself."""

    uses: dict[str, Counter[str]] = field(default_factory=dict)
    since: dict[str, float] = field(default_factory=dict)

    def note_created(self, arn: str, now: float, **used: int) -> None:
        """Note a new entity, which nobody but IAM knows yet; `used` counts what a service has had of it already."""
        self.uses[arn] = Counter(used)
        self.since[arn] = now

    def unknown(self, arn: str, request: Request) -> bool:
        """Use an entity; say whether the using service does not know it yet."""
        return self.unknown_to(request.service, arn, request.sandbox.clock.time())

    def unknown_to(self, service: str, arn: str, now: float, seconds: int = SLOW_SECONDS) -> bool:
        """Use an entity; say whether a service does not know it yet, which takes so many seconds at most."""
        if arn not in self.uses or self.uses[arn][service] >= SLOW_USES or now - self.since[arn] > seconds:
            return False
        self.uses[arn][service] += 1
        return True
