#!/usr/bin/env bash
# Brings a version of the service to a cluster: settings, then the database, then everything else.
set -euo pipefail
# shellcheck source=deploy/scripts/cluster.sh
. "$(dirname "$0")/cluster.sh"

usage() {
    cat <<'TEXT'
usage: deploy.sh --context CONTEXT --image IMAGE@sha256:... [options]

Applies an overlay of deploy/kubernetes. The database is brought up to date first, by steps with which
the version before still works, so that nobody notices and rollback.sh can go back. Stops at the first
thing that goes wrong, and says what runs then.

  --context CONTEXT    the cluster, as kubectl calls it; no other is touched
  --image IMAGE        the image, with its digest
  --cuda-image IMAGE   that for GPUs, with its digest: for the overlays gpu and gpu-web
  --overlay NAME       embedded, production (the default), gpu or gpu-web
  --settings FILE      lines of KEY=VALUE over those of the overlay: addresses, buckets
  --contract           also take steps after which the version before does not work any more
  --dry-run            render and check all, and say what would be done
TEXT
}

IMAGE='' CUDA_IMAGE='' OVERLAY=production SETTINGS='' CONTRACT=false
while [ $# -gt 0 ]; do
    case $1 in
        --context) CONTEXT=$(value "$@"); shift ;;
        --image) IMAGE=$(value "$@"); shift ;;
        --cuda-image) CUDA_IMAGE=$(value "$@"); shift ;;
        --overlay) OVERLAY=$(value "$@"); shift ;;
        --settings) SETTINGS=$(value "$@"); shift ;;
        --contract) CONTRACT=true ;;
        --dry-run) DRY_RUN=true ;;
        -h | --help) usage; exit 0 ;;
        *) usage >&2; fail "no option '$1'" ;;
    esac
    shift
done

DIGEST='^[^@[:space:]]+@sha256:[0-9a-f]{64}$'
[[ $IMAGE =~ $DIGEST ]] ||
    fail "--image must be an image with its digest, as in name@sha256:..., not '$IMAGE'"
case $OVERLAY in
    embedded | production) ;;
    gpu | gpu-web)
        [[ $CUDA_IMAGE =~ $DIGEST ]] ||
            fail "--cuda-image must be an image with its digest, as in name@sha256:..., not '$CUDA_IMAGE'"
        ;;
    *) fail "--overlay must be embedded, production, gpu or gpu-web, not '$OVERLAY'" ;;
esac
check_context
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
mkdir "$WORK/given"
# Kustomize takes bases only by a relative path.
cp -r "$KUBERNETES" "$WORK/kubernetes"

# What is given, over the overlay.
{
    cat <<YAML
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: $NAMESPACE
resources: [../kubernetes/overlays/$OVERLAY]
images:
  - { name: bailey, newName: "${IMAGE%@*}", digest: "${IMAGE#*@}" }
YAML
    [ -z "$CUDA_IMAGE" ] ||
        echo "  - { name: bailey-cuda, newName: \"${CUDA_IMAGE%@*}\", digest: \"${CUDA_IMAGE#*@}\" }"
    if [ -n "$SETTINGS" ]; then
        # Of two lines with one name the last counts.
        awk -F= '{ if (!($1 in line)) order[++n] = $1; line[$1] = $0 }
            END { for (i = 1; i <= n; i++) print line[order[i]] }' "$SETTINGS" >"$WORK/given/settings.env" ||
            fail "--settings: $SETTINGS cannot be read"
        grep --invert-match --extended-regexp '^([A-Z_]+=.*|#.*|[[:space:]]*)$' "$WORK/given/settings.env" >&2 &&
            fail "--settings: every line must be KEY=VALUE, as this is not"
        echo "configMapGenerator:"
        echo "  - { name: settings, behavior: merge, envs: [settings.env] }"
    fi
    if [ "$CONTRACT" = true ]; then
        cat <<'YAML'
patches:
  - target: { kind: Job, name: migrate }
    patch: '[{"op": "add", "path": "/spec/template/spec/containers/0/args/-", "value": "--contract"}]'
YAML
    fi
} >"$WORK/given/kustomization.yaml"
kubectl kustomize "$WORK/given" >"$WORK/all.yaml"

say "Context $CONTEXT, overlay $OVERLAY, image $IMAGE"
[ "$DRY_RUN" = false ] || cat "$WORK/all.yaml"

[ "$DRY_RUN" = true ] || check_answer

say "Settings, accounts and what may talk to whom"
change apply --filename "$WORK/all.yaml" --selector bailey/stage=foundation
[ "$OVERLAY" = embedded ] || [ "$DRY_RUN" = true ] || ask get secret bailey --output=name >/dev/null ||
    fail "the secret 'bailey' is not in the namespace '$NAMESPACE'; see deploy/README.md"

say "What runs now, for rollback.sh"
if [ "$DRY_RUN" = false ]; then
    kept_release release "$WORK/running.yaml"
    SERVICE=$(there deployment/web statefulset/bailey)
    if [ -s "$WORK/running.yaml" ] && ! cmp --silent "$WORK/running.yaml" "$WORK/all.yaml"; then
        # A version that does not answer must not keep the one that mends it away.
        REVISION=$(ask exec "${SERVICE%%$'\n'*}" --container bailey -- bailey flask revision | tail -n 1) ||
            say "The version that runs does not answer: rollback.sh will not go back to it"
        keep_release release-before "$WORK/running.yaml" "$REVISION"
    fi
fi

if [ "$OVERLAY" != embedded ]; then
    say "The database"
    change delete job migrate --ignore-not-found --wait=true
    change apply --filename "$WORK/all.yaml" --selector bailey/stage=migration
    finish_job migrate 900 ||
        fail "the database was not brought up to date; the version before goes on running"
fi

say "Everything else"
[ "$DRY_RUN" = true ] || keep_release release "$WORK/all.yaml" ''
change apply --filename "$WORK/all.yaml" --selector '!bailey/stage'
if [ "$DRY_RUN" = true ]; then
    say "Nothing was changed."
    exit 0
fi
for one in $(workloads); do
    ask rollout status "$one" --timeout=10m --request-timeout=0 ||
        fail "$one does not become ready; go back with rollback.sh --context $CONTEXT"
done
say "Done."
