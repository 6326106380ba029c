# Some add-ons have to be there before the first node, which is not ready without a network; the
# others need a node to run on.

locals {
  addons_before_nodes = {
    # Without its network policies, those of the service would be accepted and not applied.
    vpc-cni                = { configuration = jsonencode({ enableNetworkPolicy = "true" }), account = "aws-node", role = "network" }
    kube-proxy             = { configuration = null, account = null, role = null }
    eks-pod-identity-agent = { configuration = null, account = null, role = null }
  }

  addons_after_nodes = {
    coredns            = { account = null, role = null }
    metrics-server     = { account = null, role = null }
    aws-ebs-csi-driver = { account = "ebs-csi-controller-sa", role = "volumes" }
  }
}

# The version that goes with the cluster's, so that both are upgraded together.
data "aws_eks_addon_version" "main" {
  for_each = toset(concat(keys(local.addons_before_nodes), keys(local.addons_after_nodes)))

  addon_name         = each.key
  kubernetes_version = aws_eks_cluster.main.version
}

resource "aws_eks_addon" "before_nodes" {
  for_each = local.addons_before_nodes

  cluster_name                = aws_eks_cluster.main.name
  addon_name                  = each.key
  addon_version               = data.aws_eks_addon_version.main[each.key].version
  configuration_values        = each.value.configuration
  resolve_conflicts_on_create = "OVERWRITE"
  resolve_conflicts_on_update = "OVERWRITE"

  dynamic "pod_identity_association" {
    for_each = each.value.role == null ? [] : [each.value]

    content {
      service_account = pod_identity_association.value.account
      role_arn        = aws_iam_role.pods[pod_identity_association.value.role].arn
    }
  }

  # A pod that starts before its role may do anything would keep failing.
  depends_on = [aws_iam_role_policy_attachment.pods]
}

resource "aws_eks_addon" "after_nodes" {
  for_each = local.addons_after_nodes

  cluster_name                = aws_eks_cluster.main.name
  addon_name                  = each.key
  addon_version               = data.aws_eks_addon_version.main[each.key].version
  resolve_conflicts_on_create = "OVERWRITE"
  resolve_conflicts_on_update = "OVERWRITE"

  dynamic "pod_identity_association" {
    for_each = each.value.role == null ? [] : [each.value]

    content {
      service_account = pod_identity_association.value.account
      role_arn        = aws_iam_role.pods[pod_identity_association.value.role].arn
    }
  }

  depends_on = [aws_eks_node_group.main, aws_iam_role_policy_attachment.pods]
}
