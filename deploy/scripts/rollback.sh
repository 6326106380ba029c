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
RUNNING=$(ask get "$(service)" --output 'jsonpath={.spec.template.spec.containers[0].image}')
[ "$RUNNING" != "$IMAGE" ] || fail "$IMAGE runs already"

say "Back from $RUNNING to $IMAGE, whose database had revision $REVISION"
# The version that runs knows the steps since then. One that does not start cannot be asked: its
# job that migrated can, whose pod is another, but not undone by it.
if ! ask exec "$(service)" --container bailey -- bailey flask may-go-back "$REVISION"; then
    fail "going back is not safe: restore a backup of revision $REVISION, or mend the version that runs"
fi
for one in $(workloads); do
    change rollout undo "$one"
done
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
