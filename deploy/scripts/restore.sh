#!/usr/bin/env bash
# Puts a backup in the place of what the database holds, with the service stopped meanwhile.
set -euo pipefail
# shellcheck source=deploy/scripts/cluster.sh
. "$(dirname "$0")/cluster.sh"

usage() {
    cat <<'TEXT'
usage: restore.sh --context CONTEXT --rows PLACE [--models PLACE] --replace [--dry-run]

Stops the service, fills the database with the backup, checks that it is whole and consistent, and
starts the service again. If the backup is damaged or of another version, nothing is changed. The
address of a backup is what backup.sh told: s3://bucket/...-rows.zip.

  --context CONTEXT    the cluster, as kubectl calls it; no other is touched
  --rows PLACE         the backup of the tables
  --models PLACE       that of the models, if they are to be put back too
  --replace            yes, throw away what the database holds now
  --dry-run            say what would be done
TEXT
}

ROWS='' MODELS='' REPLACE=false
while [ $# -gt 0 ]; do
    case $1 in
        --context) CONTEXT=$(value "$@"); shift ;;
        --rows) ROWS=$(value "$@"); shift ;;
        --models) MODELS=$(value "$@"); shift ;;
        --replace) REPLACE=true ;;
        --dry-run) DRY_RUN=true ;;
        -h | --help) usage; exit 0 ;;
        *) usage >&2; fail "no option '$1'" ;;
    esac
    shift
done

[ -n "$ROWS" ] || fail "--rows is missing"
for one in "$ROWS" "$MODELS"; do
    [[ $one =~ ^[A-Za-z0-9:/._-]*$ ]] || fail "'$one' is no address of a backup"
done
[ "$REPLACE" = true ] || fail "what the database holds is thrown away: say --replace if that is meant"
check_context

NAME=restore-$(date -u +%Y%m%d%H%M%S)
ARGUMENTS="\"flask\", \"restore\", \"$ROWS\", \"--replace\""
[ -z "$MODELS" ] || ARGUMENTS="$ARGUMENTS, \"--models-from\", \"$MODELS\""
# The pod beside which a backup runs is stopped.
JOB=$(job_like_backup "$NAME" "[$ARGUMENTS]" ', {"op": "remove", "path": "/spec/template/spec/affinity"}')

# Pods of the service, and not of jobs, of which those that are done stay for a while.
RUNS='app.kubernetes.io/part-of=bailey,!bailey/step'
say "Stopping the service"
declare -A REPLICAS=()
for one in $(workloads); do
    REPLICAS[$one]=$(ask get "$one" --output 'jsonpath={.spec.replicas}')
done
start_again() {
    say "Starting the service again"
    local one
    for one in "${!REPLICAS[@]}"; do
        change scale "$one" "--replicas=${REPLICAS[$one]}"
    done
}
trap start_again EXIT
for one in "${!REPLICAS[@]}"; do
    change scale "$one" --replicas=0
done
until [ "$DRY_RUN" = true ] || [ -z "$(ask get pods --selector "$RUNS" --output=name)" ]; do
    [ "$SECONDS" -lt 300 ] || fail "a pod of the service does not end"
    sleep 2
done

say "Restoring $ROWS"
change apply --filename - <<<"$JOB"
finish_job "$NAME" 3600 || fail "the restore failed; unless rows were restored, as it says above, the database is as it was"
