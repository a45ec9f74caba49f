# A web service behind a load balancer, on the network that awsbase made. Its values come from the account:
#
#     awsbase outputs acme.yaml --format tfvars -o acme.auto.tfvars
#     awsbase state backend acme.yaml > backend.tf
#     terraform init && terraform plan
#
# With `outputs: {parameters: /acme/base}` in the manifest no file is needed: the same values are parameters, in place of
# each variable.
#
#     data "aws_ssm_parameter" "vpc_id" { name = "/acme/base/vpc_id" }
#     data "aws_ssm_parameter" "public_subnet_ids" { name = "/acme/base/public_subnet_ids" }
#
#     vpc_id  = data.aws_ssm_parameter.vpc_id.insecure_value
#     subnets = split(",", data.aws_ssm_parameter.public_subnet_ids.insecure_value)

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

provider "aws" {
  region              = var.region
  allowed_account_ids = [var.account_id]
}

data "aws_vpc" "this" {
  id = var.vpc_id
}

resource "aws_security_group" "web" {
  name_prefix = "web-"
  description = "HTTPS from everywhere"
  vpc_id      = data.aws_vpc.this.id

  ingress {
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }

  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = [var.vpc_cidr]
  }
}

resource "aws_lb" "web" {
  name               = "web"
  load_balancer_type = "application"
  security_groups    = [aws_security_group.web.id]
  subnets            = var.public_subnet_ids
}

# Alarms of the service speak on the channel that people already listen to.
resource "aws_cloudwatch_metric_alarm" "errors" {
  alarm_name          = "web-errors"
  namespace           = "AWS/ApplicationELB"
  metric_name         = "HTTPCode_ELB_5XX_Count"
  dimensions          = { LoadBalancer = aws_lb.web.arn_suffix }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 5
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.topic_arns["security"]]
}
