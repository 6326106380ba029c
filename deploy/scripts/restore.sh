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
check_answer

NAME=restore-$(date -u +%Y%m%d%H%M%S)
ARGUMENTS="\"flask\", \"restore\", \"$ROWS\", \"--replace\""
[ -z "$MODELS" ] || ARGUMENTS="$ARGUMENTS, \"--models-from\", \"$MODELS\""
# The pod beside which a backup runs is stopped.
JOB=$(job_like_backup "$NAME" "[$ARGUMENTS]" ', {"op": "remove", "path": "/spec/template/spec/affinity"}')

# Pods of the service, and not of jobs, of which those that are done stay for a while.
RUNS='app.kubernetes.io/part-of=bailey,!bailey/step'
# How many pods there are to be is kept on each workload: also a script that was killed is made good
# by the next one.
KEPT=bailey/replicas
RESTORING=false
FOUND=$(workloads)
[ -n "$FOUND" ] || fail "the namespace '$NAMESPACE' has no service to stop"
mapfile -t WORKLOADS <<<"$FOUND"
FOUND=$(ask get cronjobs --selector app.kubernetes.io/part-of=bailey --output=name)
mapfile -t CRONJOBS <<<"$FOUND"

start_again() {
    local one
    # Nobody may book while rows are thrown away and filled in.
    [ "$RESTORING" = false ] || change delete job "$NAME" --ignore-not-found --cascade=foreground --wait=true
    say "Starting the service again"
    for one in "${WORKLOADS[@]}"; do
        change scale "$one" "--replicas=$(replicas "$one")"
        change annotate "$one" "$KEPT-"
    done
    for one in "${CRONJOBS[@]}"; do
        change patch "$one" --patch '{"spec": {"suspend": false}}'
    done
}

# How many pods of a workload there are to be: as is kept, or as it runs.
replicas() {
    local kept
    kept=$(ask get "$1" --output "jsonpath={.metadata.annotations.$KEPT}")
    if [ -n "$kept" ]; then echo "$kept"; else ask get "$1" --output 'jsonpath={.spec.replicas}'; fi
}

say "Stopping the service"
trap start_again EXIT
trap 'exit 130' INT TERM
for one in "${WORKLOADS[@]}"; do
    change annotate "$one" --overwrite "$KEPT=$(replicas "$one")"
done
for one in "${CRONJOBS[@]}"; do
    change patch "$one" --patch '{"spec": {"suspend": true}}'
done
for one in "${WORKLOADS[@]}"; do
    change scale "$one" --replicas=0
done
until [ "$DRY_RUN" = true ] || [ -z "$(ask get pods --selector "$RUNS" --output=name)" ]; do
    [ "$SECONDS" -lt 300 ] || fail "a pod of the service does not end"
    sleep 2
done

say "Restoring $ROWS"
RESTORING=true
change apply --filename - <<<"$JOB"
finish_job "$NAME" 3600 || fail "the restore failed; unless rows were restored, as it says above, the database is as it was"
RESTORING=false
