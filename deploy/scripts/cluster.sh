# What the scripts here have in common: which cluster they may touch, and doing or only saying.
# shellcheck shell=bash

# shellcheck disable=SC2034 # deploy.sh renders it
KUBERNETES=$(cd "$(dirname "${BASH_SOURCE[0]}")/../kubernetes" && pwd)
NAMESPACE=bailey
CONTEXT=
DRY_RUN=false

fail() {
    echo "$(basename "$0"): $*" >&2
    exit 2
}

say() {
    echo "==> $*"
}

# An option's value, which must be there.
value() {
    if [ $# -lt 2 ] || [ -z "$2" ]; then fail "$1 needs a value"; fi
    printf '%s' "$2"
}

# The options of a script that needs to know the cluster and nothing else.
only_the_cluster() {
    while [ $# -gt 0 ]; do
        case $1 in
            --context) CONTEXT=$(value "$@"); shift ;;
            --dry-run) DRY_RUN=true ;;
            -h | --help) usage; exit 0 ;;
            *) usage >&2; fail "no option '$1'" ;;
        esac
        shift
    done
}

# Nothing is done to a cluster that was not named, or that kubectl does not know: the one that is
# current by chance may be another clinic's.
check_context() {
    command -v kubectl >/dev/null || fail "kubectl is missing: https://kubernetes.io/docs/tasks/tools/"
    local known
    known=$(kubectl config get-contexts --output=name)
    [ -n "$CONTEXT" ] || fail "--context is missing; kubectl knows: $(echo "${known:-none}" | xargs)"
    grep --quiet --line-regexp --fixed-strings -- "$CONTEXT" <<<"$known" ||
        fail "unknown context '$CONTEXT'; kubectl knows: $(echo "${known:-none}" | xargs)"
}

# A cluster that does not answer is not taken for an empty one.
check_answer() {
    ask version >/dev/null || fail "the cluster '$CONTEXT' does not answer"
}

# Asks the cluster, also in a dry run.
ask() {
    kubectl --context "$CONTEXT" --namespace "$NAMESPACE" --request-timeout=30s "$@"
}

# Changes the cluster, or in a dry run says what it would do.
change() {
    if [ "$DRY_RUN" = true ]; then
        echo "would run: kubectl --context $CONTEXT --namespace $NAMESPACE $*"
    else
        kubectl --context "$CONTEXT" --namespace "$NAMESPACE" "$@"
    fi
}

# All that runs of the service, as kind/name.
workloads() {
    ask get deployments,statefulsets --selector app.kubernetes.io/part-of=bailey --output=name
}

# What is there of the things named, as kind/name.
there() {
    ask get "$@" --ignore-not-found --output=name || fail "the cluster does not say whether it has $*"
}

# Keeps what is applied, and the revision of the database for which it was made, as a ConfigMap.
keep_release() {
    ask create configmap "$1" --from-file=manifests="$2" --from-literal=revision="$3" \
        --dry-run=client --output=yaml | change apply --filename -
}

# Writes what was applied, or nothing, to a file.
kept_release() {
    : >"$2"
    local found
    found=$(there configmap "$1")
    [ -z "$found" ] || ask get configmap "$1" --output 'jsonpath={.data.manifests}' >"$2"
}

# The images that manifests name, in a line.
images_of() {
    sed -n 's/^ *image: //p' "$1" | sort -u | xargs
}

# Writes a job like that of the backup, which has the database and the volume, with other arguments
# of the image (as JSON) and perhaps more that is patched.
job_like_backup() {
    local patch="[{\"op\": \"replace\", \"path\": \"/spec/template/spec/containers/0/args\", \"value\": $2},
        {\"op\": \"add\", \"path\": \"/spec/backoffLimit\", \"value\": 0}${3:-}]"
    ask create job "$1" --from=cronjob/backup --dry-run=client --output=yaml |
        kubectl patch --local --filename - --type=json --patch "$patch" --output=yaml
}

# Waits for a job to end, and tells what it said; fails if it failed.
finish_job() {
    [ "$DRY_RUN" = false ] || return 0
    local name=$1 seconds=$2 until
    until=$((SECONDS + seconds))
    while [ "$SECONDS" -lt "$until" ]; do
        case $(ask get "job/$name" --output 'jsonpath={.status.conditions[?(@.status=="True")].type}') in
            *Complete*)
                ask logs "job/$name"
                return 0
                ;;
            *Failed*)
                ask logs "job/$name" >&2 || true
                return 1
                ;;
        esac
        sleep 2
    done
    echo "$(basename "$0"): job $name has not ended after $seconds seconds" >&2
    return 1
}
