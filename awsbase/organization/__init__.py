"""Several accounts from one file, which compiles to one ordinary manifest for each of them."""

from awsbase.organization.load import Member, Organization, is_organization, load

__all__ = ["Member", "Organization", "is_organization", "load"]
