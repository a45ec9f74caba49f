locals {
  policies = {
    administrator = { Effect = "Allow", Action = "*", Resource = "*" }
    deploy        = { Effect = "Allow", Action = "ecs:UpdateService", Resource = "*" }
    logs          = { Effect = "Allow", Action = "logs:FilterLogEvents", Resource = "*" }
    metrics       = { Effect = "Allow", Action = "cloudwatch:PutMetricData", Resource = "*" }
    state-writer  = { Effect = "Allow", Action = ["s3:GetObject", "s3:PutObject"], Resource = "arn:aws:s3:::acme-state/*" }
  }
  groups = {
    administrators = ["administrator"]
    systems        = ["metrics", "state-writer"]
    developers     = ["deploy"]
    support        = ["logs"]
    billing        = []
  }
  members = {
    alice = "administrators"
    bob   = "systems"
    carol = "systems"
    dave  = "developers"
    erin  = "developers"
    frank = "developers"
    grace = "support"
    heidi = "billing"
  }
  attachments = merge([
    for group, policies in local.groups : { for policy in policies : "${group}/${policy}" => [group, policy] }
  ]...)
}

resource "aws_iam_account_password_policy" "main" {
  minimum_password_length      = 14
  password_reuse_prevention    = 24
  require_lowercase_characters = true
  require_uppercase_characters = true
  require_numbers              = true
  require_symbols              = true
}

resource "aws_iam_policy" "each" {
  for_each = local.policies
  name     = each.key
  policy   = jsonencode({ Version = "2012-10-17", Statement = [each.value] })
}

resource "aws_iam_group" "each" {
  for_each = local.groups
  name     = each.key
}

resource "aws_iam_group_policy_attachment" "each" {
  for_each   = local.attachments
  group      = aws_iam_group.each[each.value[0]].name
  policy_arn = aws_iam_policy.each[each.value[1]].arn
}

resource "aws_iam_group_policy_attachment" "billing" {
  group      = aws_iam_group.each["billing"].name
  policy_arn = "arn:aws:iam::aws:policy/job-function/Billing"
}

resource "aws_iam_user" "each" {
  for_each = local.members
  name     = each.key
}

resource "aws_iam_user_group_membership" "each" {
  for_each = local.members
  user     = aws_iam_user.each[each.key].name
  groups   = [aws_iam_group.each[each.value].name]
}
