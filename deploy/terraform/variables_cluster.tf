variable "kubernetes_version" {
  description = "Minor version of Kubernetes; raise it by one at a time."
  type        = string
  nullable    = false
  default     = "1.35"

  validation {
    condition     = contains(["1.34", "1.35", "1.36"], var.kubernetes_version)
    error_message = "kubernetes_version must be 1.34, 1.35 or 1.36."
  }
}

variable "administrators" {
  description = "IAM roles and users that may do everything in the cluster; nobody else is let in."
  type        = list(string)
  nullable    = false

  validation {
    condition = length(var.administrators) >= 1 && alltrue([
      for arn in var.administrators : can(regex("^arn:aws:iam::[0-9]{12}:(role|user)/[A-Za-z0-9+=,.@_/-]+$", arn))
    ])
    error_message = "administrators must be at least one IAM role or user, such as arn:aws:iam::123456789012:role/operators."
  }
}

variable "api_cidrs" {
  description = "Public IPv4 ranges from which the Kubernetes API can be reached; none keeps it inside the network."
  type        = list(string)
  nullable    = false
  default     = []

  validation {
    condition = length(var.api_cidrs) <= 40 && alltrue([
      for cidr in var.api_cidrs :
      can(cidrhost(cidr, 0)) && can(regex("^[0-9.]+/(1[6-9]|2[0-9]|3[0-2])$", cidr))
    ])
    error_message = "api_cidrs must be at most 40 IPv4 ranges of 16 to 32 bits, such as 203.0.113.0/24."
  }
}

variable "cpu_instance_types" {
  description = "Machines of the nodes for everything but training, in the order of preference."
  type        = list(string)
  nullable    = false
  default     = ["m7i.xlarge"]

  validation {
    condition = length(var.cpu_instance_types) >= 1 && length(var.cpu_instance_types) <= 20 && alltrue([
      for type in var.cpu_instance_types : can(regex("^[cmr][5-8](a|i|i-flex)?d?n?\\.([0-9]*x)?large$", type))
    ])
    error_message = "cpu_instance_types must be 1 to 20 x86 types of the families c, m and r from generation 5 on, such as m7i.xlarge."
  }
}

variable "cpu_nodes" {
  description = "How many CPU nodes there are at least, to begin with, and at most."
  type        = object({ min = number, desired = number, max = number })
  nullable    = false
  default     = { min = 2, desired = 3, max = 8 }

  validation {
    condition = (
      var.cpu_nodes.min >= 1 && var.cpu_nodes.min <= var.cpu_nodes.desired &&
      var.cpu_nodes.desired <= var.cpu_nodes.max && var.cpu_nodes.max <= 100 &&
      alltrue([for count in values(var.cpu_nodes) : floor(count) == count])
    )
    error_message = "cpu_nodes must be whole numbers with 1 <= min <= desired <= max <= 100."
  }
}

variable "gpu_instance_types" {
  description = "Machines of the nodes that train, in the order of preference."
  type        = list(string)
  nullable    = false
  default     = ["g6.2xlarge"]

  validation {
    condition = length(var.gpu_instance_types) >= 1 && length(var.gpu_instance_types) <= 20 && alltrue([
      for type in var.gpu_instance_types : can(regex("^(g4dn|g5|g6|g6e|p4d|p4de|p5|p5e|p5en)\\.[0-9]*xlarge$", type))
    ])
    error_message = "gpu_instance_types must be 1 to 20 types of the families g4dn, g5, g6, g6e, p4d, p4de, p5, p5e and p5en, such as g6.2xlarge."
  }
}

variable "gpu_nodes" {
  description = "How many GPU nodes there are at least, to begin with, and at most."
  type        = object({ min = number, desired = number, max = number })
  nullable    = false
  default     = { min = 0, desired = 0, max = 2 }

  validation {
    condition = (
      var.gpu_nodes.min >= 0 && var.gpu_nodes.min <= var.gpu_nodes.desired &&
      var.gpu_nodes.desired <= var.gpu_nodes.max && var.gpu_nodes.max >= 1 && var.gpu_nodes.max <= 20 &&
      alltrue([for count in values(var.gpu_nodes) : floor(count) == count])
    )
    error_message = "gpu_nodes must be whole numbers with 0 <= min <= desired <= max and 1 <= max <= 20."
  }
}

variable "node_disk_gib" {
  description = "Size of a node's disk in GiB; images with CUDA need much of it."
  type        = number
  nullable    = false
  default     = 100

  validation {
    condition     = var.node_disk_gib >= 50 && var.node_disk_gib <= 1000 && floor(var.node_disk_gib) == var.node_disk_gib
    error_message = "node_disk_gib must be a whole number from 50 to 1000."
  }
}
