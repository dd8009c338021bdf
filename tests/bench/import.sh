#!/usr/bin/env bash
# What importing, asking for, replacing and withdrawing M signals takes, of the daemon and of the command: time, and
# the most anonymous resident memory that was seen. Real processes; two partners, of which one has the signals.
set -euo pipefail
export LC_ALL=C
umask 077
# shellcheck source=scripts/lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../../scripts/lib/common.sh"
# shellcheck source=scripts/lib/deployment.sh
. "$ROOT/scripts/lib/deployment.sh"

usage() {
    cat <<'END'
usage: tests/bench/import.sh [--build DIR] [M...]

Measures with each M (default 10000 100000) signals, every one on an address of its own. Prints a line for each
command: seconds, and KiB of the command and of the daemon.
END
}

sizes=()
while (($# > 0)); do
    case $1 in
    --help)
        usage
        exit 0
        ;;
    --build)
        KP_BUILD=$(cd -- "${2:?}" && pwd)
        shift
        ;;
    *)
        [[ $1 =~ ^[1-9][0-9]{0,6}$ ]] || die "expected a number of signals, not '$1'" 2
        sizes+=("$1")
        ;;
    esac
    shift
done
((${#sizes[@]} > 0)) || sizes=(10000 100000)

# shellcheck source=tests/bench/lib.sh
. "$ROOT/tests/bench/lib.sh"

resident() { awk '/^RssAnon/ {print $2}' "/proc/$1/status" 2>/dev/null || true; }

# measure WHAT COMMAND...: while it runs both are looked at.
measure() {
    local what=$1 pid daemon begin now own=0 theirs=0
    shift
    daemon=$(pid_of "$(folder_of p1)")
    begin=$(date +%s.%N)
    "$@" >"$work/out" 2>"$work/said" &
    pid=$!
    while kill -0 "$pid" 2>/dev/null; do
        now=$(resident "$pid")
        ((${now:-0} <= own)) || own=$now
        now=$(resident "$daemon")
        ((${now:-0} <= theirs)) || theirs=$now
        sleep 0.02
    done
    wait "$pid" || {
        head -n 5 "$work/said" >&2
        die "failed: $*"
    }
    awk -v what="$what" -v n="$signals" -v begin="$begin" -v end="$(date +%s.%N)" -v own="$own" -v theirs="$theirs" \
        'BEGIN { printf "%-10s %8d: %8.2f s, command %7d KiB, daemon %7d KiB\n", what, n, end - begin, own, theirs }'
}

one_size() {
    local signals=$1 file=$work/signals.csv
    # shellcheck disable=SC2016
    awk -v signals="$signals" "$SIGNAL_ROWS"'
        BEGIN { print header(); for (j = 0; j < signals; j++) print row(j, "synthetic " j) }' >"$file"
    PHASE_SECONDS=600
    must deployment_create "$work/deployment-$signals" p1 p2
    draft_of "$signals" "$signals" 2 "$((20 * signals))" p1 p2 >"$DEPLOYMENT/draft.ini"
    must deployment_agree
    must deployment_start
    local -a kruispunt=("$KP_BUILD/kruispunt" node) config=(--config "$(config_of p1)")
    measure dry-run "${kruispunt[@]}" import "${config[@]}" --dry-run -- "$file"
    measure import "${kruispunt[@]}" import "${config[@]}" -- "$file"
    measure status "${kruispunt[@]}" status "${config[@]}"
    measure again "${kruispunt[@]}" import "${config[@]}" -- "$file"
    measure signals "${kruispunt[@]}" signals "${config[@]}"
    measure replace "${kruispunt[@]}" import "${config[@]}" --replace -- "$file"
    measure withdraw "${kruispunt[@]}" withdraw "${config[@]}" -- "$file"
    must deployment_stop
    DEPLOYMENT=''
}

for size in "${sizes[@]}"; do
    one_size "$size"
done
