"""The rules of the strict sandbox, in the order in which they look at a request: one module, one row."""

from awsbase.sandbox.rule import Rule
from awsbase.sandbox.rules import billing, identity

RULES: tuple[Rule, ...] = (*identity.RULES, *billing.RULES)
