#!/usr/bin/env bash
# Goes back to what ran before the last deploy.sh, if the database allows it.
set -euo pipefail
# shellcheck source=deploy/scripts/cluster.sh
. "$(dirname "$0")/cluster.sh"

usage() {
    cat <<'TEXT'
usage: rollback.sh --context CONTEXT [--dry-run]

Applies what the deploy.sh before the last one applied: image, settings and all else. The database
stays as it is: steps that only add to it are no harm to the version before. Refuses if a step took
away what that version needs.

  --context CONTEXT    the cluster, as kubectl calls it; no other is touched
  --dry-run            ask and check, and say what would be done
TEXT
}

only_the_cluster "$@"
check_context
check_answer
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
kept_release release-before "$WORK/before.yaml"
[ -s "$WORK/before.yaml" ] ||
    fail "nothing is known of a version before: there was no second deploy.sh"
kept_release release "$WORK/running.yaml"
! cmp --silent "$WORK/before.yaml" "$WORK/running.yaml" || fail "the version before runs already"
REVISION=$(ask get configmap release-before --output 'jsonpath={.data.revision}')
[ -n "$REVISION" ] ||
    fail "the version before did not tell of what revision its database was; deploy it by deploy.sh if you know that it works"

say "Back from $(images_of "$WORK/running.yaml") to $(images_of "$WORK/before.yaml")"
# Only the later version knows the steps since then: a job of its image is asked, since of the pods
# that run some may be of the version before already.
NAME=may-go-back-$(date -u +%Y%m%d%H%M%S)
JOB=$(job_like_backup "$NAME" "[\"flask\", \"may-go-back\", \"$REVISION\"]")
change apply --filename - <<<"$JOB"
finish_job "$NAME" 300 ||
    fail "going back is not safe: mend the version that runs, or let the version before restore a backup of revision $REVISION into an empty database"
change apply --filename "$WORK/before.yaml" --selector 'bailey/stage!=migration'
if [ "$DRY_RUN" = true ]; then
    say "Nothing was changed."
    exit 0
fi
keep_release release "$WORK/before.yaml" "$REVISION"
for one in $(workloads); do
    ask rollout status "$one" --timeout=10m --request-timeout=0 || fail "$one does not become ready"
done
say "Done."
