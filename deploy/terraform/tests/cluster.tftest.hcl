# The control plane, who gets at it, and the add-ons.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

run "the_interface_is_private_unless_ranges_are_given" {
  command = plan

  assert {
    condition     = aws_eks_cluster.main.vpc_config[0].endpoint_private_access && !aws_eks_cluster.main.vpc_config[0].endpoint_public_access
    error_message = "The Kubernetes API can be reached from the internet."
  }
}

run "the_interface_opens_for_the_given_ranges_only" {
  command = plan

  variables {
    api_cidrs = ["203.0.113.0/24"]
  }

  assert {
    condition = (
      aws_eks_cluster.main.vpc_config[0].endpoint_private_access && aws_eks_cluster.main.vpc_config[0].endpoint_public_access &&
      aws_eks_cluster.main.vpc_config[0].public_access_cidrs == toset(["203.0.113.0/24"])
    )
    error_message = "The Kubernetes API is not open for the given range alone."
  }
}

run "secrets_are_encrypted_and_everything_is_logged" {
  command = plan

  override_resource {
    target          = aws_kms_key.main["cluster"]
    override_during = plan
    values          = { arn = "arn:aws:kms:eu-central-1:123456789012:key/cluster" }
  }

  assert {
    condition = (
      one(aws_eks_cluster.main.encryption_config[0].resources) == "secrets" &&
      aws_eks_cluster.main.encryption_config[0].provider[0].key_arn == "arn:aws:kms:eu-central-1:123456789012:key/cluster"
    )
    error_message = "The cluster's secrets are not encrypted with their own key."
  }

  assert {
    condition     = aws_eks_cluster.main.enabled_cluster_log_types == toset(["api", "audit", "authenticator", "controllerManager", "scheduler"])
    error_message = "A log of the control plane is missing."
  }

  assert {
    condition     = alltrue([for key in aws_kms_key.main : key.enable_key_rotation && key.deletion_window_in_days == 30])
    error_message = "A key stays the same for ever, or can be lost at once."
  }
}

run "only_named_administrators_are_let_in" {
  command = plan

  assert {
    condition = (
      aws_eks_cluster.main.access_config[0].authentication_mode == "API" &&
      !aws_eks_cluster.main.access_config[0].bootstrap_cluster_creator_admin_permissions &&
      toset(keys(aws_eks_access_policy_association.administrators)) == toset(var.administrators)
    )
    error_message = "Others than the named administrators are let in."
  }
}

run "the_add_ons_are_there_and_network_policies_apply" {
  command = plan

  assert {
    condition = (
      keys(aws_eks_addon.before_nodes) == ["eks-pod-identity-agent", "kube-proxy", "vpc-cni"] &&
      keys(aws_eks_addon.after_nodes) == ["aws-ebs-csi-driver", "coredns", "metrics-server"] &&
      !aws_eks_cluster.main.bootstrap_self_managed_addons
    )
    error_message = "An add-on is missing or not ours."
  }

  assert {
    condition     = jsondecode(aws_eks_addon.before_nodes["vpc-cni"].configuration_values).enableNetworkPolicy == "true"
    error_message = "Network policies are accepted and not applied."
  }

  assert {
    condition = (
      one(aws_eks_addon.before_nodes["vpc-cni"].pod_identity_association).service_account == "aws-node" &&
      one(aws_eks_addon.after_nodes["aws-ebs-csi-driver"].pod_identity_association).service_account == "ebs-csi-controller-sa"
    )
    error_message = "An add-on that calls AWS has no role of its own."
  }
}
