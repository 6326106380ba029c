# The service's own secrets. Their values are put in by hand, so that no state ever has them.
resource "aws_secretsmanager_secret" "application" {
  #checkov:skip=CKV2_AWS_57:Only the other side of each credential could change it, and a new secret key signs everybody out
  name                    = "${var.name}/application"
  description             = "Secret key and credentials of the service"
  kms_key_id              = aws_kms_key.main["secrets"].arn
  recovery_window_in_days = 30
}

locals {
  database_secret = aws_db_instance.main.master_user_secret[0].secret_arn
}

# The operator that copies secrets into the cluster reads these two and no other.
resource "aws_iam_role_policy" "secrets" {
  name = "secrets"
  role = aws_iam_role.pods["secrets"].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Read"
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]
        Resource = [local.database_secret, aws_secretsmanager_secret.application.arn]
      },
      {
        Sid       = "Decrypt"
        Effect    = "Allow"
        Action    = "kms:Decrypt"
        Resource  = aws_kms_key.main["secrets"].arn
        Condition = { StringEquals = { "kms:ViaService" = "secretsmanager.${var.region}.amazonaws.com" } }
      },
    ]
  })
}
