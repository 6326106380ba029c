locals {
  # Days after which the objects of a bucket expire; nothing that was learned ever does.
  buckets = { models = null, atlas = null, backups = var.backup_days }

  bucket_names = {
    for kind in concat(keys(local.buckets), ["logs"]) : kind => "${var.name}-${local.account}-${var.region}-${kind}"
  }
}

resource "aws_s3_bucket" "main" {
  #checkov:skip=CKV_AWS_144:Patients' data stays in its region, and S3 keeps it in three zones of it
  #checkov:skip=CKV2_AWS_62:Nothing waits for an object to arrive
  for_each = local.buckets

  bucket        = local.bucket_names[each.key]
  force_destroy = false
}

resource "aws_s3_bucket_versioning" "main" {
  for_each = local.buckets

  bucket = aws_s3_bucket.main[each.key].id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "main" {
  for_each = local.buckets

  bucket = aws_s3_bucket.main[each.key].id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.main[each.key].arn
    }
  }
}

resource "aws_s3_bucket_public_access_block" "main" {
  for_each = local.buckets

  bucket                  = aws_s3_bucket.main[each.key].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "main" {
  for_each = local.buckets

  bucket = aws_s3_bucket.main[each.key].id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_policy" "main" {
  for_each = local.buckets

  bucket = aws_s3_bucket.main[each.key].id

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [local.only_encrypted[each.key]]
  })

  depends_on = [aws_s3_bucket_public_access_block.main]
}

resource "aws_s3_bucket_lifecycle_configuration" "main" {
  for_each = local.buckets

  bucket = aws_s3_bucket.main[each.key].id

  rule {
    id     = "expiry"
    status = "Enabled"
    filter {}

    dynamic "expiration" {
      for_each = each.value == null ? [] : [each.value]

      content {
        days = expiration.value
      }
    }

    noncurrent_version_expiration {
      noncurrent_days = var.old_version_days
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  depends_on = [aws_s3_bucket_versioning.main]
}

resource "aws_s3_bucket_logging" "main" {
  for_each = local.buckets

  bucket        = aws_s3_bucket.main[each.key].id
  target_bucket = aws_s3_bucket.logs.id
  target_prefix = "${each.key}/"
}
