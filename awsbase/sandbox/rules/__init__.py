"""The rules of the strict sandbox, in the order in which they look at a request: one module, one row."""

from awsbase.sandbox.rule import Rule
from awsbase.sandbox.rules import (
    billing,
    cloudtrail,
    documents,
    iam,
    iam_corrections,
    identity,
    kms,
    model,
    s3,
)

RULES: tuple[Rule, ...] = (
    *model.RULES,
    *identity.RULES,
    *iam.RULES,
    *iam_corrections.RULES,
    *documents.RULES,
    *kms.RULES,
    *s3.RULES,
    *cloudtrail.RULES,
    *billing.RULES,
)
