# The machines that pods run on.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

run "gpu_nodes_are_marked_and_kept_free" {
  command = plan

  assert {
    condition = (
      aws_eks_node_group.main["gpu"].ami_type == "AL2023_x86_64_NVIDIA" &&
      aws_eks_node_group.main["gpu"].labels == tomap({ "bailey/gpu" = "true" }) &&
      one(aws_eks_node_group.main["gpu"].taint) == { key = "nvidia.com/gpu", value = "present", effect = "NO_SCHEDULE" } &&
      one(aws_eks_node_group.main["gpu"].scaling_config).min_size == 0
    )
    error_message = "GPU nodes lack their image, label or taint, or are paid for when nobody trains."
  }

  assert {
    condition = (
      aws_eks_node_group.main["cpu"].ami_type == "AL2023_x86_64_STANDARD" &&
      length(aws_eks_node_group.main["cpu"].taint) == 0 &&
      one(aws_eks_node_group.main["cpu"].scaling_config).min_size == 2
    )
    error_message = "CPU nodes are closed for what every cluster needs, or fewer than two."
  }
}

run "the_given_numbers_and_types_arrive" {
  command = plan

  variables {
    cpu_nodes          = { min = 1, desired = 2, max = 3 }
    gpu_nodes          = { min = 1, desired = 1, max = 4 }
    cpu_instance_types = ["c6a.large", "r8i-flex.16xlarge"]
    gpu_instance_types = ["p5.48xlarge"]
    node_disk_gib      = 500
  }

  assert {
    condition = (
      one(aws_eks_node_group.main["cpu"].scaling_config) == { min_size = 1, desired_size = 2, max_size = 3 } &&
      one(aws_eks_node_group.main["gpu"].scaling_config) == { min_size = 1, desired_size = 1, max_size = 4 } &&
      aws_eks_node_group.main["cpu"].instance_types == tolist(["c6a.large", "r8i-flex.16xlarge"]) &&
      aws_eks_node_group.main["gpu"].instance_types == tolist(["p5.48xlarge"]) &&
      aws_launch_template.nodes["gpu"].block_device_mappings[0].ebs[0].volume_size == 500
    )
    error_message = "Numbers, types or disks differ from those given."
  }
}

run "pods_cannot_take_the_credentials_of_a_node" {
  command = plan

  assert {
    condition = alltrue([
      for template in aws_launch_template.nodes :
      template.metadata_options[0].http_tokens == "required" && template.metadata_options[0].http_put_response_hop_limit == 1
    ])
    error_message = "A pod reaches the credentials of its node."
  }

  assert {
    condition = alltrue([
      for policy in aws_iam_role_policy_attachment.nodes :
      contains(["AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly"], basename(policy.policy_arn))
    ])
    error_message = "A node may do more than join and fetch images."
  }
}

run "disks_are_encrypted" {
  command = plan

  assert {
    condition = alltrue([
      for template in aws_launch_template.nodes :
      template.block_device_mappings[0].ebs[0].encrypted == "true" && template.block_device_mappings[0].ebs[0].volume_type == "gp3"
    ])
    error_message = "A node's disk is not an encrypted one of type gp3."
  }
}
