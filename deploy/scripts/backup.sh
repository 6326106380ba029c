#!/usr/bin/env bash
# Makes a backup now, as the job of every night does.
set -euo pipefail
# shellcheck source=deploy/scripts/cluster.sh
. "$(dirname "$0")/cluster.sh"

usage() {
    cat <<'TEXT'
usage: backup.sh --context CONTEXT [--dry-run]

Writes all tables, as they are at one moment while the service goes on, and all kept models to new
objects where BAILEY_BACKUPS and BAILEY_MODELS say, and tells their names.

  --context CONTEXT    the cluster, as kubectl calls it; no other is touched
  --dry-run            say what would be done
TEXT
}

only_the_cluster "$@"
check_context
check_answer
NAME=backup-$(date -u +%Y%m%d%H%M%S)
change create job "$NAME" --from=cronjob/backup
finish_job "$NAME" 3600 || fail "no backup was made"
