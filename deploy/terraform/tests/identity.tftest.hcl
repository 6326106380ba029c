# What pods may do in AWS.

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
  target          = aws_kms_key.main["atlas"]
  override_during = plan
  values          = { arn = "arn:aws:kms:eu-central-1:123456789012:key/atlas" }
}

override_resource {
  target          = aws_kms_key.main["backups"]
  override_during = plan
  values          = { arn = "arn:aws:kms:eu-central-1:123456789012:key/backups" }
}

override_resource {
  target          = aws_kms_key.main["secrets"]
  override_during = plan
  values          = { arn = "arn:aws:kms:eu-central-1:123456789012:key/secrets" }
}

run "every_service_account_has_its_association" {
  command = plan

  assert {
    condition = {
      for key, association in aws_eks_pod_identity_association.pods : key => "${association.namespace}/${association.service_account}"
      } == {
      backup  = "bailey/bailey-backup"
      ray     = "bailey/bailey-ray"
      secrets = "external-secrets/external-secrets"
    }
    error_message = "A service account has no role, or one that should not has."
  }
}

run "a_role_is_for_one_service_account_of_this_cluster" {
  command = plan

  assert {
    condition = jsondecode(aws_iam_role.pods["backup"].assume_role_policy).Statement == [{
      Effect    = "Allow"
      Principal = { Service = "pods.eks.amazonaws.com" }
      Action    = ["sts:AssumeRole", "sts:TagSession"]
      Condition = {
        StringEquals = {
          "aws:RequestTag/eks-cluster-arn"            = "arn:aws:eks:eu-central-1:123456789012:cluster/bailey"
          "aws:RequestTag/kubernetes-namespace"       = "bailey"
          "aws:RequestTag/kubernetes-service-account" = "bailey-backup"
        }
      }
    }]
    error_message = "Others can take the role of the backups."
  }
}

run "a_role_reads_and_writes_one_bucket_and_its_key" {
  command = plan

  assert {
    condition = alltrue([
      for kind, key in { backups = "backup", models = "backup", atlas = "ray" } :
      aws_iam_role_policy.buckets[kind].role == aws_iam_role.pods[key].id &&
      jsondecode(aws_iam_role_policy.buckets[kind].policy).Statement[*].Resource == [
        "arn:aws:s3:::bailey-123456789012-eu-central-1-${kind}",
        "arn:aws:s3:::bailey-123456789012-eu-central-1-${kind}/*",
        "arn:aws:kms:eu-central-1:123456789012:key/${kind}",
      ]
    ])
    error_message = "A role reaches another bucket or key."
  }

  assert {
    condition = alltrue([
      for policy in aws_iam_role_policy.buckets : flatten(jsondecode(policy.policy).Statement[*].Action) == [
        "s3:ListBucket", "s3:GetBucketLocation", "s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload",
        "kms:Decrypt", "kms:GenerateDataKey",
      ]
    ])
    error_message = "A role may do something else than list, read and write."
  }
}

run "the_operator_of_secrets_reads_two_of_them" {
  command = plan

  assert {
    condition = (
      jsondecode(aws_iam_role_policy.secrets.policy).Statement[0].Action == ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"] &&
      jsondecode(aws_iam_role_policy.secrets.policy).Statement[0].Resource == [
        "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!db-mock-AbCdEf",
        "arn:aws:secretsmanager:eu-central-1:123456789012:secret:bailey/application-AbCdEf",
      ] &&
      jsondecode(aws_iam_role_policy.secrets.policy).Statement[1].Resource == "arn:aws:kms:eu-central-1:123456789012:key/secrets" &&
      length(jsondecode(aws_iam_role_policy.secrets.policy).Statement) == 2
    )
    error_message = "The operator of secrets reads more than the two, or cannot decrypt them."
  }
}

run "add_ons_have_what_aws_wrote_for_them" {
  command = plan

  assert {
    condition = { for key, policy in aws_iam_role_policy_attachment.pods : key => basename(policy.policy_arn) } == {
      network = "AmazonEKS_CNI_Policy"
      volumes = "AmazonEBSCSIDriverPolicy"
    }
    error_message = "An add-on has another policy."
  }
}
