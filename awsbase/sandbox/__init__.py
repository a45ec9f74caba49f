"""The embedded AWS: moto, made strict on the server's side of the wire."""

from awsbase.sandbox.account import Sandbox
from awsbase.sandbox.authorization.permissions import act, at, given, own, passing, table
from awsbase.sandbox.call_log import Call
from awsbase.sandbox.clock import Clock
from awsbase.sandbox.faults import Fault, Killed, LostReply
from awsbase.sandbox.http import Message, Reply
from awsbase.sandbox.service import Codes, Request, ResourcePolicy, Rule, Service
from awsbase.sandbox.services import SERVICES
from awsbase.sandbox.services.sns import Mail
from awsbase.sandbox.snapshot import by_partition, by_region, remembered, tag_dict
from awsbase.sandbox.wire import Refusal
from awsbase.sandbox.world import World

__all__ = [
    "SERVICES",
    "Call",
    "Clock",
    "Codes",
    "Fault",
    "Killed",
    "LostReply",
    "Mail",
    "Message",
    "Refusal",
    "Reply",
    "Request",
    "ResourcePolicy",
    "Rule",
    "Sandbox",
    "Service",
    "World",
    "act",
    "at",
    "by_partition",
    "by_region",
    "given",
    "own",
    "passing",
    "remembered",
    "table",
    "tag_dict",
]
