"""AWS Organizations: the one that the account is in can be read."""

from awsbase.sandbox.authorization.permissions import own, table
from awsbase.sandbox.service import Service

CALLS = table({"DescribeOrganization": [own()]})


SERVICE = Service("organizations", calls=CALLS, is_global=True, opt_in=False)
