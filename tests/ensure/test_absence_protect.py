"""What protects an account stays when awsbase goes; what was made beside it goes, if this manifest made it."""

from __future__ import annotations

import pytest

from awsbase.engine.resource import Resource
from awsbase.ensure import KINDS
from awsbase.ensure.admin_ports import AdminPorts
from awsbase.ensure.contact import Contact
from awsbase.ensure.default_groups import DefaultGroups
from awsbase.ensure.default_security_group import ClosedDefaultGroup
from awsbase.ensure.ebs_encryption import EbsEncryption
from awsbase.ensure.image_block import ImageBlock
from awsbase.ensure.metadata_defaults import MetadataDefaults
from awsbase.ensure.public_access_block import PublicAccessBlock
from awsbase.ensure.regions import Regions
from awsbase.ensure.root import Root
from awsbase.ensure.snapshot_block import SnapshotBlock

STAYING = (
    *(AdminPorts, ClosedDefaultGroup, Contact, DefaultGroups, EbsEncryption, ImageBlock, MetadataDefaults),
    *(PublicAccessBlock, Regions, Root, SnapshotBlock),
)


@pytest.mark.parametrize("kind", STAYING, ids=lambda kind: kind.__name__)
def test_what_is_never_reverted_says_why(kind: type[Resource]) -> None:
    absent = KINDS[kind].absent
    assert absent is not None
    assert absent.remove is None
    assert absent.why
