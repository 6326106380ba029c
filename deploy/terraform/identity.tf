# What a pod may do in AWS hangs on its service account, and on nothing that a node has.

locals {
  pods = {
    backup  = { namespace = "bailey", account = "bailey-backup" }
    ray     = { namespace = "bailey", account = "bailey-ray" }
    secrets = { namespace = "external-secrets", account = "external-secrets" }
    network = { namespace = "kube-system", account = "aws-node" }
    volumes = { namespace = "kube-system", account = "ebs-csi-controller-sa" }
  }

  # Which pod reads and writes a bucket.
  bucket_pods = { backups = "backup", models = "backup", atlas = "ray" }

  # The add-ons bring their associations along and use what AWS wrote for them.
  pod_policies = {
    network = "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"
    volumes = "arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy"
  }
}

resource "aws_iam_role" "pods" {
  for_each = local.pods

  name        = "${var.name}-pod-${each.key}"
  description = "Service account ${each.value.account} in ${each.value.namespace}"

  # An association by itself does not suffice: somebody could make one for another account.
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "pods.eks.amazonaws.com" }
      Action    = ["sts:AssumeRole", "sts:TagSession"]
      Condition = {
        StringEquals = {
          "aws:RequestTag/eks-cluster-arn"            = aws_eks_cluster.main.arn
          "aws:RequestTag/kubernetes-namespace"       = each.value.namespace
          "aws:RequestTag/kubernetes-service-account" = each.value.account
        }
      }
    }]
  })
}

resource "aws_eks_pod_identity_association" "pods" {
  for_each = { for key, pod in local.pods : key => pod if !contains(keys(local.pod_policies), key) }

  cluster_name    = aws_eks_cluster.main.name
  namespace       = each.value.namespace
  service_account = each.value.account
  role_arn        = aws_iam_role.pods[each.key].arn
}

resource "aws_iam_role_policy_attachment" "pods" {
  for_each = local.pod_policies

  role       = aws_iam_role.pods[each.key].name
  policy_arn = each.value
}

# Nobody may delete: objects expire, and what is overwritten can be brought back.
resource "aws_iam_role_policy" "buckets" {
  for_each = local.bucket_pods

  name = each.key
  role = aws_iam_role.pods[each.value].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "List"
        Effect   = "Allow"
        Action   = ["s3:ListBucket", "s3:GetBucketLocation"]
        Resource = "arn:aws:s3:::${local.bucket_names[each.key]}"
      },
      {
        Sid      = "ReadAndWrite"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"]
        Resource = "arn:aws:s3:::${local.bucket_names[each.key]}/*"
      },
      {
        Sid       = "Decrypt"
        Effect    = "Allow"
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = aws_kms_key.main[each.key].arn
        Condition = { StringEquals = { "kms:ViaService" = "s3.${var.region}.amazonaws.com" } }
      },
    ]
  })
}
