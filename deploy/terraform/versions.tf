terraform {
  # From 1.11 the state's lock lies beside the state in the bucket, without a table of its own,
  # and the tests can give what only AWS knows while they plan.
  required_version = ">= 1.11, < 2.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 6.0"
    }
  }

  # Bucket, key and region come from -backend-config: they differ from one installation to the next.
  backend "s3" {
    encrypt      = true
    use_lockfile = true
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = merge(var.tags, { application = "bailey", installation = var.name })
  }
}

data "aws_caller_identity" "current" {}

locals {
  account = data.aws_caller_identity.current.account_id
}
