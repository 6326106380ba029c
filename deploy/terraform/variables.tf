variable "name" {
  description = "Name of this installation; everything that is made starts with it."
  type        = string
  nullable    = false
  default     = "bailey"

  validation {
    condition     = length(var.name) >= 3 && length(var.name) <= 20 && can(regex("^[a-z](-?[a-z0-9])+$", var.name))
    error_message = "name must be 3 to 20 small letters, digits and hyphens, start with a letter, and have no hyphen at the end or beside another."
  }
}

variable "region" {
  description = "AWS region in which everything lies, patients' data among it."
  type        = string
  nullable    = false

  validation {
    condition = can(regex(
      "^(af|ap|ca|eu|il|me|mx|sa|us)-(central|(north|south)?(east|west)|north|south)-[1-9]$", var.region
    ))
    error_message = "region must be a commercial AWS region such as eu-central-1."
  }
}

variable "zones" {
  description = "Availability zones of the region over which cluster and database are spread."
  type        = list(string)
  nullable    = false

  validation {
    condition = (
      length(var.zones) >= 2 && length(var.zones) <= 4 &&
      length(distinct(var.zones)) == length(var.zones) &&
      alltrue([for zone in var.zones : can(regex("^${var.region}[a-z]$", zone))])
    )
    error_message = "zones must be 2 to 4 different zones of the region, such as eu-central-1a and eu-central-1b."
  }
}

variable "network_cidr" {
  description = "Private IPv4 range of the network, out of which all subnets are cut."
  type        = string
  nullable    = false
  default     = "10.40.0.0/16"

  validation {
    condition = (
      can(cidrhost(var.network_cidr, 0)) &&
      can(regex("^(10|172\\.(1[6-9]|2[0-9]|3[01])|192\\.168)\\.[0-9.]+/(16|17|18)$", var.network_cidr))
    )
    error_message = "network_cidr must be a private IPv4 range of 16 to 18 bits, such as 10.40.0.0/16."
  }
}

variable "nat_gateways" {
  description = "Way out of the private subnets: a gateway for each zone, or a cheaper single one that fails with its zone."
  type        = string
  nullable    = false
  default     = "per_zone"

  validation {
    condition     = contains(["per_zone", "single"], var.nat_gateways)
    error_message = "nat_gateways must be per_zone or single."
  }
}

variable "log_days" {
  description = "Days for which logs of network, cluster, database and buckets are kept."
  type        = number
  nullable    = false
  default     = 365

  validation {
    condition     = contains([30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_days)
    error_message = "log_days must be 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
}

variable "backup_days" {
  description = "Days for which the service's own backups are kept in their bucket."
  type        = number
  nullable    = false
  default     = 90

  validation {
    condition     = var.backup_days >= 30 && var.backup_days <= 3650 && floor(var.backup_days) == var.backup_days
    error_message = "backup_days must be a whole number from 30 to 3650."
  }
}

variable "old_version_days" {
  description = "Days for which overwritten and deleted objects of a bucket can be brought back."
  type        = number
  nullable    = false
  default     = 30

  validation {
    condition     = var.old_version_days >= 7 && var.old_version_days <= 365 && floor(var.old_version_days) == var.old_version_days
    error_message = "old_version_days must be a whole number from 7 to 365."
  }
}

variable "tags" {
  description = "Tags that everything carries besides the name of the application and the installation."
  type        = map(string)
  nullable    = false
  default     = {}

  validation {
    condition = length(var.tags) <= 40 && alltrue([
      for key, value in var.tags :
      can(regex("^[A-Za-z0-9 _.:/=+@-]{1,128}$", key)) && !startswith(lower(key), "aws:") &&
      !contains(["application", "installation"], key) &&
      can(regex("^[A-Za-z0-9 _.:/=+@-]{0,256}$", value))
    ])
    error_message = "tags must be at most 40; letters, digits, spaces and _.:/=+@- only; no key may start with aws: or be application or installation."
  }
}
