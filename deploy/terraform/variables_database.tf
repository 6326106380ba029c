variable "database_version" {
  description = "Major version of PostgreSQL; minor ones come by themselves in the maintenance window."
  type        = string
  nullable    = false
  default     = "17"

  validation {
    condition     = contains(["15", "16", "17"], var.database_version)
    error_message = "database_version must be 15, 16 or 17."
  }
}

variable "database_instance_class" {
  description = "Machine of the database and of its standby."
  type        = string
  nullable    = false
  default     = "db.m7g.large"

  validation {
    condition = can(regex(
      "^db\\.(t4g\\.(medium|large|xlarge|2xlarge)|[mr](6|7|8)(g|i)\\.([0-9]*x)?large)$", var.database_instance_class
    ))
    error_message = "database_instance_class must be a t4g from medium on, or an m or r of generation 6 to 8, such as db.m7g.large."
  }
}

variable "database_storage_gib" {
  description = "Storage of the database to begin with, in GiB."
  type        = number
  nullable    = false
  default     = 50

  validation {
    condition     = var.database_storage_gib >= 20 && var.database_storage_gib <= 16384 && floor(var.database_storage_gib) == var.database_storage_gib
    error_message = "database_storage_gib must be a whole number from 20 to 16384."
  }
}

variable "database_storage_limit_gib" {
  description = "Size in GiB up to which the storage grows by itself when it runs full."
  type        = number
  nullable    = false
  default     = 200

  validation {
    condition = (
      10 * var.database_storage_limit_gib >= 11 * var.database_storage_gib &&
      var.database_storage_limit_gib <= 65536 && floor(var.database_storage_limit_gib) == var.database_storage_limit_gib
    )
    error_message = "database_storage_limit_gib must be a whole number up to 65536, and a tenth above database_storage_gib at least."
  }
}

variable "database_backup_days" {
  description = "Days back to which the database can be restored to any second."
  type        = number
  nullable    = false
  default     = 14

  validation {
    condition     = var.database_backup_days >= 7 && var.database_backup_days <= 35 && floor(var.database_backup_days) == var.database_backup_days
    error_message = "database_backup_days must be a whole number from 7 to 35."
  }
}

variable "database_backup_window" {
  description = "Time of day, in UTC, of the daily backup; outside the clinic's hours."
  type        = string
  nullable    = false
  default     = "00:30-01:30"

  validation {
    condition     = can(regex("^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$", var.database_backup_window))
    error_message = "database_backup_window must be a beginning and an end in UTC, such as 00:30-01:30."
  }
}

variable "database_maintenance_window" {
  description = "Time of the week, in UTC, of minor upgrades; it must not overlap the backup."
  type        = string
  nullable    = false
  default     = "sun:02:00-sun:03:00"

  validation {
    condition = can(regex(
      "^(mon|tue|wed|thu|fri|sat|sun):([01][0-9]|2[0-3]):[0-5][0-9]-(mon|tue|wed|thu|fri|sat|sun):([01][0-9]|2[0-3]):[0-5][0-9]$",
      var.database_maintenance_window
    ))
    error_message = "database_maintenance_window must be a beginning and an end in UTC, such as sun:02:00-sun:03:00."
  }
}
