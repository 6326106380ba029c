locals {
  node_groups = {
    cpu = {
      image  = "AL2023_x86_64_STANDARD"
      types  = var.cpu_instance_types
      count  = var.cpu_nodes
      labels = {}
      taints = {}
    }
    # Only what asks for a GPU may run where an hour is expensive.
    gpu = {
      image  = "AL2023_x86_64_NVIDIA"
      types  = var.gpu_instance_types
      count  = var.gpu_nodes
      labels = { "bailey/gpu" = "true" }
      taints = { "nvidia.com/gpu" = "present" }
    }
  }
}

# A badge without rules: the database lets in who wears it.
resource "aws_security_group" "nodes" {
  name        = "${var.name}-nodes"
  description = "Nodes of the cluster, which the database lets in"
  vpc_id      = aws_vpc.main.id

  tags = { Name = "${var.name}-nodes" }
}

resource "aws_launch_template" "nodes" {
  for_each = local.node_groups

  name                   = "${var.name}-${each.key}"
  update_default_version = true
  vpc_security_group_ids = [
    aws_eks_cluster.main.vpc_config[0].cluster_security_group_id,
    aws_security_group.nodes.id,
  ]

  # A pod is one hop further than its node, and so cannot take the node's credentials.
  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  # With the account's own key for disks: for another one, the role by which AWS scales groups
  # would have to exist before the first node.
  block_device_mappings {
    device_name = "/dev/xvda"

    ebs {
      volume_type           = "gp3"
      volume_size           = var.node_disk_gib
      encrypted             = true
      delete_on_termination = true
    }
  }

  monitoring {
    enabled = true
  }

  dynamic "tag_specifications" {
    for_each = toset(["instance", "volume"])

    content {
      resource_type = tag_specifications.value
      tags = merge(var.tags, {
        Name = "${var.name}-${each.key}", application = "bailey", installation = var.name
      })
    }
  }
}

resource "aws_eks_node_group" "main" {
  for_each = local.node_groups

  cluster_name           = aws_eks_cluster.main.name
  version                = aws_eks_cluster.main.version
  node_group_name_prefix = "${var.name}-${each.key}-"
  node_role_arn          = aws_iam_role.nodes.arn
  subnet_ids             = [for zone in var.zones : aws_subnet.private[zone].id]
  ami_type               = each.value.image
  instance_types         = each.value.types
  labels                 = each.value.labels

  launch_template {
    id      = aws_launch_template.nodes[each.key].id
    version = aws_launch_template.nodes[each.key].latest_version
  }

  scaling_config {
    min_size     = each.value.count.min
    desired_size = each.value.count.desired
    max_size     = each.value.count.max
  }

  update_config {
    max_unavailable = 1
  }

  dynamic "taint" {
    for_each = each.value.taints

    content {
      key    = taint.key
      value  = taint.value
      effect = "NO_SCHEDULE"
    }
  }

  lifecycle {
    create_before_destroy = true
    # How many there are right now is up to who scales them.
    ignore_changes = [scaling_config[0].desired_size]
  }

  depends_on = [aws_eks_addon.before_nodes, aws_iam_role_policy_attachment.nodes]
}

resource "aws_iam_role" "nodes" {
  name        = "${var.name}-nodes"
  description = "The cluster's nodes"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ec2.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

# What every node needs to join and to fetch images; the network's and the volumes' rights belong to
# the pods that need them.
resource "aws_iam_role_policy_attachment" "nodes" {
  for_each = toset(["AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly"])

  role       = aws_iam_role.nodes.name
  policy_arn = "arn:aws:iam::aws:policy/${each.key}"
}
