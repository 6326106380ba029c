# One key for each kind of data, so that who may read one kind cannot decrypt another.

locals {
  keys = {
    cluster  = "Secrets that Kubernetes keeps"
    database = "The database, its backups and its performance figures"
    secrets  = "Passwords in Secrets Manager"
    logs     = "Logs of network, cluster and database"
    models   = "Learned models"
    atlas    = "The atlas of schedules and its training data"
    backups  = "Backups of the service"
  }

  # Who may use a key is said in the IAM policies of this account, as long as its owner lets them.
  key_owner = {
    Sid       = "PoliciesOfTheAccount"
    Effect    = "Allow"
    Principal = { AWS = "arn:aws:iam::${local.account}:root" }
    Action    = "kms:*"
    Resource  = "*"
  }

  # CloudWatch encrypts by itself, for log groups of this installation's account only.
  key_logs = {
    Sid       = "LogsOfTheAccount"
    Effect    = "Allow"
    Principal = { Service = "logs.${var.region}.amazonaws.com" }
    Action    = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
    Resource  = "*"
    Condition = {
      ArnLike = { "kms:EncryptionContext:aws:logs:arn" = "arn:aws:logs:${var.region}:${local.account}:log-group:*" }
    }
  }
}

resource "aws_kms_key" "main" {
  for_each = local.keys

  description             = "${var.name}: ${each.value}"
  enable_key_rotation     = true
  deletion_window_in_days = 30

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = concat([local.key_owner], [for statement in [local.key_logs] : statement if each.key == "logs"])
  })
}

resource "aws_kms_alias" "main" {
  for_each = local.keys

  name          = "alias/${var.name}-${each.key}"
  target_key_id = aws_kms_key.main[each.key].key_id
}
