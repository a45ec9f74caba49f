# What `awsbase outputs --format tfvars` gives. Terraform warns of values that no variable takes: declare what you use.

variable "account_id" {
  type = string
}

variable "region" {
  type = string
}

variable "vpc_id" {
  type = string
}

variable "vpc_cidr" {
  type = string
}

variable "public_subnet_ids" {
  type = list(string)
}

variable "topic_arns" {
  type = map(string)
}

variable "launch_template_ids" {
  type = map(string)
}

variable "certificate_arns" {
  type = map(string)
}

variable "cloudfront_certificate_arns" {
  type = map(string)
}

variable "security_group_ids" {
  type = map(string)
}

variable "role_arns" {
  type = map(string)
}
