# What tests/adopt/test_terraform_run.py applies to a sandbox, and wrote state.json and shown.json from.
terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "endpoint" {
  type = string
}

provider "aws" {
  region                      = "eu-west-1"
  access_key                  = "sandbox"
  secret_key                  = "sandbox"
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true

  endpoints {
    cloudwatch     = var.endpoint
    cloudwatchlogs = var.endpoint
    ec2            = var.endpoint
    iam            = var.endpoint
    kms            = var.endpoint
    s3             = var.endpoint
    secretsmanager = var.endpoint
    sns            = var.endpoint
    ssm            = var.endpoint
    sts            = var.endpoint
  }
}

module "store" {
  source   = "./store"
  for_each = toset(["acme-state", "acme-site"])
  name     = each.key
}

resource "aws_iam_role" "deploy" {
  name = "deploy"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role_policy" "deploy" {
  name = "logs"
  role = aws_iam_role.deploy.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "logs:PutLogEvents", Resource = "*" }]
  })
}

resource "aws_iam_role_policy_attachment" "deploy" {
  role       = aws_iam_role.deploy.name
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}

resource "aws_iam_group" "each" {
  for_each = toset(["ops", "guests"])
  name     = each.key
}

resource "aws_iam_user" "each" {
  for_each = toset(["alice@acme.example", "bob"])
  name     = each.key
}

resource "aws_iam_user_group_membership" "each" {
  for_each = aws_iam_user.each
  user     = each.value.name
  groups   = [aws_iam_group.each["ops"].name]
}

resource "aws_iam_access_key" "bob" {
  user = aws_iam_user.each["bob"].name
}

resource "aws_iam_policy_attachment" "read" {
  name       = "read"
  policy_arn = "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"
  groups     = [for each in aws_iam_group.each : each.name]
}

resource "aws_iam_account_alias" "this" {
  account_alias = "acme"
}

resource "aws_iam_account_password_policy" "this" {
  minimum_password_length = 20
}

resource "aws_kms_key" "main" {
  description         = "State"
  enable_key_rotation = true
}

resource "aws_kms_alias" "main" {
  for_each      = toset(["acme-state", "old"])
  name          = "alias/${each.key}"
  target_key_id = aws_kms_key.main.key_id
}

resource "aws_sns_topic" "security" {
  name = "acme-security"
}

resource "aws_sns_topic_subscription" "security" {
  topic_arn              = aws_sns_topic.security.arn
  protocol               = "https"
  endpoint               = "https://hooks.acme.example/in?token=hook-token-of-acme"
  endpoint_auto_confirms = true
}

resource "aws_cloudwatch_log_group" "each" {
  count             = 2
  name              = "/acme/${count.index}"
  retention_in_days = 30
}

resource "aws_secretsmanager_secret" "database" {
  name = "database"
}

resource "aws_secretsmanager_secret_version" "database" {
  secret_id     = aws_secretsmanager_secret.database.id
  secret_string = "correct-horse-battery"
}

resource "aws_ssm_parameter" "token" {
  name  = "/acme/token"
  type  = "SecureString"
  value = "token-of-acme"
}

resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_security_group" "web" {
  name   = "web"
  vpc_id = aws_vpc.main.id
}

resource "aws_vpc_security_group_ingress_rule" "web" {
  for_each          = { "from the \"office\" ${"$"}{x}" = "203.0.113.0/24" }
  security_group_id = aws_security_group.web.id
  cidr_ipv4         = each.value
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

data "aws_caller_identity" "here" {}
