"""DynamoDB, as far as AWS Backup restores tables of it."""

from typing import Any

from awsbase.sandbox.authorization.permissions import at, own, table
from awsbase.sandbox.service import Service
from awsbase.sandbox.snapshot import by_region

TABLE = at("dynamodb:{region}:{account}:table/{TableName}")
CALLS = table({"ListTables": [own()], "CreateTable DescribeTable DeleteTable": [own(TABLE)]})


def tables(backend: Any) -> dict[str, Any]:
    """Return the tables of a region, by name, without what is in them."""
    return {name: {"items": len(list(held.all_items()))} for name, held in backend.tables.items()}


SERVICE = Service("dynamodb", calls=CALLS, snapshot=by_region("dynamodb", tables))
