"""The account itself, its organization, and the tags of everything in it."""

from awsbase.sandbox.authorization.calls.call import at, own, table

ACCOUNT = at("account::{account}:account")

CONTACTS = table(
    {
        "GetAlternateContact PutAlternateContact DeleteAlternateContact GetContactInformation "
        "PutContactInformation GetRegionOptStatus ListRegions": [own(ACCOUNT)],
    }
)
ORGANIZATIONS = table({"DescribeOrganization": [own()]})
TAGGING = table({"GetResources GetTagKeys GetTagValues": [own()]})
