"""RDS, as far as AWS Backup restores databases of it."""

from typing import Any

from awsbase.sandbox.authorization.permissions import at, own, table
from awsbase.sandbox.service import Codes, Service
from awsbase.sandbox.snapshot import by_region

DATABASE = at("rds:{region}:{account}:db:{DBInstanceIdentifier}")
CALLS = table({"DescribeDBInstances": [own()], "CreateDBInstance DeleteDBInstance": [own(DATABASE)]})


def databases(backend: Any) -> dict[str, Any]:
    """Return the databases of a region, by name."""
    return {name: {"engine": held.engine} for name, held in backend.databases.items()}


SERVICE = Service("rds", calls=CALLS, snapshot=by_region("rds", databases), codes=Codes(denied=("AccessDenied", 403)))
