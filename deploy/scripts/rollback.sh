#!/usr/bin/env bash
# Goes back to the version that ran before the last deploy.sh, if the database allows it.
set -euo pipefail
# shellcheck source=deploy/scripts/cluster.sh
. "$(dirname "$0")/cluster.sh"

usage() {
    cat <<'TEXT'
usage: rollback.sh --context CONTEXT [--dry-run]

The database stays as it is: steps that only add to it are no harm to the version before. Refuses if
a step took away what that version needs.

  --context CONTEXT    the cluster, as kubectl calls it; no other is touched
  --dry-run            ask and check, and say what would be done
TEXT
}

while [ $# -gt 0 ]; do
    case $1 in
        --context) CONTEXT=$(value "$@"); shift ;;
        --dry-run) DRY_RUN=true ;;
        -h | --help) usage; exit 0 ;;
        *) usage >&2; fail "no option '$1'" ;;
    esac
    shift
done

check_context
IMAGE=$(ask get configmap release-before --output 'jsonpath={.data.image}') ||
    fail "nothing is known of a version before: there was no second deploy.sh"
REVISION=$(ask get configmap release-before --output 'jsonpath={.data.revision}')
RUNNING=$(plain_image)
[ "$RUNNING" != "$IMAGE" ] || fail "$IMAGE runs already"

say "Back from $RUNNING to $IMAGE, whose database had revision $REVISION"
# Only the later version knows the steps since then: a job of its image is asked, since of the pods
# that run some may be of the version before already.
NAME=may-go-back-$(date -u +%Y%m%d%H%M%S)
JOB=$(job_like_backup "$NAME" "[\"flask\", \"may-go-back\", \"$REVISION\"]")
change apply --filename - <<<"$JOB"
finish_job "$NAME" 300 ||
    fail "going back is not safe: mend the version that runs, or let $IMAGE restore a backup of revision $REVISION into an empty database"
for one in $(workloads); do
    change rollout undo "$one" || echo "$one stays: it has no version before"
done
if [ "$DRY_RUN" = false ]; then IMAGE=$(plain_image); fi
for one in $(ask get cronjobs --selector app.kubernetes.io/part-of=bailey --output=name); do
    change set image "$one" "bailey=$IMAGE"
done
if [ "$DRY_RUN" = true ]; then
    say "Nothing was changed."
    exit 0
fi
for one in $(workloads); do
    ask rollout status "$one" --timeout=10m --request-timeout=0 || fail "$one does not become ready"
done
say "Done."
