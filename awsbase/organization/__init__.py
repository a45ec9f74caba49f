"""Several accounts from one file, which compiles to one ordinary manifest for each of them."""

from awsbase.manifest.source import is_organization
from awsbase.organization.load import Member, Organization, load

__all__ = ["Member", "Organization", "is_organization", "load"]
