"""What other people's kinds and sections are made of: the surface that is promised, version 1.

A plug-in imports from here, from `awsbase.sandbox` for a service that the embedded AWS does not know, and from
`awsbase.testing` for its tests. What stands here keeps its name, its parameters and its meaning as long as `VERSION`
stays the same; more may be added. Everything else in awsbase can change with any release. A plug-in says which version
it is written for, `Plugin(api=1, ...)`. One that is written for another version is refused in one line.

- **A kind**: `Resource`, `record` and `Scope`. The recipe works with `Run` and its verbs, `Facts` and `Read`. `Kind`
  declares it, with `Permissions` and `About`. `Absent` says how one is taken away, and `Describe` lists what there is
  of it, each as `Described`.
- **Its changes**: `compare` gives `Drift`; `access`, `outage`, `visibility` and `deletion` say why a change is risky.
  What only applying can know is `Unknown` in a plan: pass it on, do not look at it.
- **Its costs**: `Resource.costs` yields a `Cost`, made by `monthly` or `by_use` of a `Price`.
- **Its section**: `Section`, `Base`, `Field`, `Several`, and the types of values; it yields resources, and grants with
  `Attach` and `KeyUse`; `invalid` refuses a value, `ValidationProblem` what does not fit the rest of the manifest.
- **Its tags**: the functions `with_origin` (for the creating call), `wanted`, `missing` and `pairs` of `tags`;
  `tags.ADDRESS` is the tag to be found by. `retagging` says why other tags are risky.
"""

from pydantic import Field

from awsbase.access.attributes import retagging
from awsbase.engine.changes import Drift, Unknown, compare
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import (
    Allow,
    Allows,
    Condition,
    Passes,
    Permissions,
    allow,
    equals,
    labelled,
    linked_role,
    made_for,
)
from awsbase.engine.plugin import VERSION, Plugin
from awsbase.engine.references import Reference, references, resolve
from awsbase.engine.resource import Resource
from awsbase.engine.risk import access, deletion, outage, visibility
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, Things
from awsbase.facts import tags
from awsbase.facts.optional import empty_if
from awsbase.manifest.base import Base
from awsbase.manifest.merge import Attach, KeyUse
from awsbase.manifest.section import Section, Several, ValidationProblem, invalid
from awsbase.manifest.values import (
    ArnStr,
    BucketName,
    Days,
    KmsAlias,
    LogRetention,
    OneNameEach,
    Region,
    RoleName,
    Tags,
    named,
)
from awsbase.prices import Cost, Price, by_use, monthly
from awsbase.records import record

__all__ = [
    "TAKE_OUT",
    "VERSION",
    "About",
    "Absent",
    "Allow",
    "Allows",
    "ArnStr",
    "Attach",
    "Base",
    "BucketName",
    "Condition",
    "Cost",
    "Days",
    "Describe",
    "Described",
    "Drift",
    "Facts",
    "Field",
    "KeyUse",
    "Kind",
    "KmsAlias",
    "LogRetention",
    "OneNameEach",
    "Passes",
    "Permissions",
    "Plugin",
    "Price",
    "Read",
    "Reference",
    "Region",
    "Resource",
    "RoleName",
    "Run",
    "Scope",
    "Section",
    "Several",
    "Tags",
    "Things",
    "Unknown",
    "ValidationProblem",
    "access",
    "allow",
    "by_use",
    "compare",
    "deletion",
    "empty_if",
    "equals",
    "invalid",
    "labelled",
    "linked_role",
    "made_for",
    "monthly",
    "named",
    "outage",
    "record",
    "references",
    "resolve",
    "retagging",
    "tags",
    "visibility",
]
