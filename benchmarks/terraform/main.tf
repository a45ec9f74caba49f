# What peers.yaml makes, as one would write it for Terraform: for `python -m benchmarks`, which runs both side by side.
terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

variable "endpoint" {
  description = "Where the sandbox answers, unless it is behind a proxy as each host of AWS."
  type        = string
  default     = null
}

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "sandbox"
  secret_key                  = "sandbox"
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true

  endpoints {
    cloudtrail     = var.endpoint
    cloudwatch     = var.endpoint
    cloudwatchlogs = var.endpoint
    ec2            = var.endpoint
    iam            = var.endpoint
    kms            = var.endpoint
    s3             = var.endpoint
    sns            = var.endpoint
    ssm            = var.endpoint
    sts            = var.endpoint
  }
}

data "aws_caller_identity" "here" {}

locals {
  account = data.aws_caller_identity.here.account_id
  root    = "arn:aws:iam::${local.account}:root"
  trail   = "arn:aws:cloudtrail:us-east-1:${local.account}:trail/acme-trail"
  buckets = toset(["acme-audit", "acme-state"])
}
