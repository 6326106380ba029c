# The buckets.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

override_resource {
  target          = aws_kms_key.main["models"]
  override_during = plan
  values          = { arn = "arn:aws:kms:eu-central-1:123456789012:key/models" }
}

override_resource {
  target          = aws_kms_key.main["backups"]
  override_during = plan
  values          = { arn = "arn:aws:kms:eu-central-1:123456789012:key/backups" }
}

run "every_bucket_keeps_versions_under_its_own_key" {
  command = plan

  assert {
    condition     = keys(aws_s3_bucket.main) == ["atlas", "backups", "models"] && alltrue([for bucket in aws_s3_bucket.main : !bucket.force_destroy])
    error_message = "A bucket is missing, or can be destroyed with what is in it."
  }

  assert {
    condition = (
      keys(aws_s3_bucket_versioning.main) == keys(aws_s3_bucket.main) &&
      alltrue([for bucket in aws_s3_bucket_versioning.main : bucket.versioning_configuration[0].status == "Enabled"]) &&
      aws_s3_bucket_versioning.logs.versioning_configuration[0].status == "Enabled"
    )
    error_message = "A bucket forgets what is overwritten."
  }

  assert {
    condition = alltrue([
      for kind in ["models", "backups"] :
      one(one(aws_s3_bucket_server_side_encryption_configuration.main[kind].rule).apply_server_side_encryption_by_default) == {
        sse_algorithm = "aws:kms", kms_master_key_id = "arn:aws:kms:eu-central-1:123456789012:key/${kind}"
      }
    ])
    error_message = "A bucket is not encrypted with its own key."
  }
}

run "no_bucket_is_public_or_read_without_encryption" {
  command = plan

  assert {
    condition = alltrue([
      for block in concat(values(aws_s3_bucket_public_access_block.main), [aws_s3_bucket_public_access_block.logs]) :
      block.block_public_acls && block.block_public_policy && block.ignore_public_acls && block.restrict_public_buckets
    ]) && length(aws_s3_bucket_public_access_block.main) == 3
    error_message = "A bucket can be made public."
  }

  assert {
    condition = alltrue([
      for policy in concat(values(aws_s3_bucket_policy.main), [aws_s3_bucket_policy.logs]) :
      jsondecode(policy.policy).Statement[0].Effect == "Deny" &&
      jsondecode(policy.policy).Statement[0].Condition.Bool["aws:SecureTransport"] == "false"
    ]) && length(aws_s3_bucket_policy.main) == 3
    error_message = "A bucket answers without TLS."
  }
}

run "backups_and_old_versions_expire" {
  command = plan

  variables {
    backup_days      = 365
    old_version_days = 14
  }

  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.main["backups"].rule[0].expiration[0].days == 365
    error_message = "Backups do not expire when they should."
  }

  assert {
    condition = alltrue([
      for kind in ["models", "atlas"] : length(aws_s3_bucket_lifecycle_configuration.main[kind].rule[0].expiration) == 0
    ])
    error_message = "What was learned expires."
  }

  assert {
    condition = alltrue([
      for bucket in aws_s3_bucket_lifecycle_configuration.main :
      bucket.rule[0].noncurrent_version_expiration[0].noncurrent_days == 14
    ])
    error_message = "Old versions do not expire when they should."
  }
}

run "every_access_is_logged" {
  command = plan

  assert {
    condition     = keys(aws_s3_bucket_logging.main) == keys(aws_s3_bucket.main) && aws_s3_bucket_logging.main["models"].target_prefix == "models/"
    error_message = "Who reads a bucket is not logged."
  }

  assert {
    condition     = jsondecode(aws_s3_bucket_policy.logs.policy).Statement[1].Principal.Service == "logging.s3.amazonaws.com"
    error_message = "S3 cannot write its logs."
  }
}
