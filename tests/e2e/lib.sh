# What the end-to-end tests share: real processes, deployed as scripts/demo does. Source it first.
# shellcheck shell=bash
#
# Each check is a line "ok - ..." or "FAILED - ..."; the last line is "N passed, N failed". In the
# environment: KP_BUILD, the folder that was built in; KP_SLOW, how many times slower than usual it
# is; KP_KEEP=yes leaves the folder of a test that failed.
set -euo pipefail
export LC_ALL=C
umask 077
# shellcheck source=scripts/lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../../scripts/lib/common.sh"
# shellcheck source=scripts/lib/deployment.sh
. "$ROOT/scripts/lib/deployment.sh"

HELPERS=$KP_BUILD/tests
WORK=$(mktemp -d "${TMPDIR:-/tmp}/kruispunt-test.XXXXXX")
DEPLOYMENT=''
PARTNERS=()
PASSED=0
FAILED=0
FAILED_BEFORE=0 # those of deployments before this one
FINISHED=no
OTHERS=() # pids of other programs that a test started

# Finding leaks needs to trace the process, which a hardened one allows to root only.
DAEMON_ENVIRONMENT=("ASAN_OPTIONS=detect_leaks=$((EUID == 0))" UBSAN_OPTIONS=print_stacktrace=1)

note() { printf '# %s\n' "$*"; }

passed() {
    PASSED=$((PASSED + 1))
    printf 'ok - %s (%d s)\n' "$1" "$SECONDS"
}

failed() {
    FAILED=$((FAILED + 1))
    printf 'FAILED - %s (%d s)\n' "$1" "$SECONDS"
    printf '    at line %s\n' "${BASH_LINENO[*]:1}"
}

# check TEXT COMMAND...: the command must succeed; what it says is shown when it doesn't.
check() {
    local text=$1
    shift
    if "$@" >"$WORK/said" 2>&1; then
        passed "$text"
    else
        failed "$text"
        printf '    said by: %s\n' "$*"
        head -n 80 "$WORK/said" | sed 's/^/    /'
    fi
}

# check_status TEXT STATUS COMMAND...: it must end with this exit status.
check_status() {
    local text=$1 expected=$2 status=0
    shift 2
    "$@" >"$WORK/said" 2>&1 || status=$?
    if ((status == expected)); then
        passed "$text"
    else
        failed "$text: exit status $status instead of $expected"
        printf '    said by: %s\n' "$*"
        head -n 80 "$WORK/said" | sed 's/^/    /'
    fi
}

# must COMMAND...: what the test can't go on without.
must() {
    if ! "$@" >"$WORK/said" 2>&1; then
        failed "$*"
        head -n 80 "$WORK/said" | sed 's/^/    /'
        exit 1
    fi
}

# is TEXT FOUND EXPECTED
is() {
    if [[ $2 == "$3" ]]; then
        passed "$1"
    else
        failed "$1: '$2' instead of '$3'"
    fi
}

contains() { grep -qaF -- "$2" <<<"$1"; }

# Called for a daemon that doesn't end: where its threads are.
on_stuck() {
    if command -v gdb >/dev/null; then
        timeout 60 gdb -p "$1" -batch -ex 'thread apply all bt' 2>&1 | grep -v '^\[New\|^warning' >&2
    else
        head -n 1 /proc/"$1"/task/*/{stat,wchan} >&2
    fi
}

show_logs() {
    local log
    for log in "$DEPLOYMENT"/*/log; do
        [[ -e $log ]] || continue
        printf '# the end of %s\n' "$log"
        tail -n 25 -- "$log" | sed 's/^/    /'
    done
}

# Ends the deployment; nobody may have to be killed, nor may a sanitizer have spoken.
end_deployment() {
    [[ -n $DEPLOYMENT ]] || return 0
    check 'all daemons end when asked to' deployment_stop
    if grep -lE 'ERROR: (Address|Leak)Sanitizer|runtime error:' "$DEPLOYMENT"/*/log; then
        failed 'a sanitizer spoke in these logs'
    fi
    if ((FAILED > FAILED_BEFORE)); then
        FAILED_BEFORE=$FAILED
        show_logs
        [[ ${KP_KEEP:-no} == yes ]] || rm -rf -- "$DEPLOYMENT"
    else
        rm -rf -- "$DEPLOYMENT"
    fi
    DEPLOYMENT=''
}

finish() {
    end_deployment
    FINISHED=yes
    exit 0
}

skip() {
    printf '# skipped: %s\n' "$1"
    FINISHED=yes
    SKIPPED=yes
    exit 77
}

on_exit() {
    local status=$? pid
    trap '' INT TERM HUP
    trap - EXIT
    set +e
    for pid in "${OTHERS[@]}"; do
        kill -CONT "$pid" 2>/dev/null
        kill "$pid" 2>/dev/null
    done
    if [[ $FINISHED == no ]]; then
        FAILED=$((FAILED + 1))
        printf 'FAILED - the test broke off with status %d\n' "$status"
        [[ -z $DEPLOYMENT ]] || show_logs
    fi
    [[ -z $DEPLOYMENT ]] || deployment_stop
    if ((FAILED > 0)) && [[ ${KP_KEEP:-no} == yes ]]; then
        printf '# left in %s\n' "$WORK"
    else
        rm -rf -- "$WORK"
    fi
    [[ -z ${SKIPPED:-} ]] || exit 77
    printf '%d passed, %d failed\n' "$PASSED" "$FAILED"
    exit $((FAILED > 0))
}
trap on_exit EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# ---- Deployments --------------------------------------------------------------------------------

# make_files FOLDER GENERATE_OPTION...: FOLDER/PARTNER.csv; sets PARTNERS and FILES to fit.
make_files() {
    local folder=$1
    shift
    "$ROOT/scripts/generate" --out "$folder" "$@" >"$WORK/generated"
    take_files "$folder"
}

# take_files FOLDER
take_files() {
    PARTNERS=()
    FILES=("$1"/*.csv)
    local file
    for file in "${FILES[@]}"; do
        file=${file##*/}
        PARTNERS+=("${file%.csv}")
    done
}

# deploy_files THRESHOLD: a deployment that fits PARTNERS and FILES, started, with all imported.
# PHASE_LIMIT sets phase_seconds instead of what fits; MIN_SLOTS more slots than fit.
deploy_files() {
    local i
    create_for_files "$1"
    must deployment_start
    for i in "${!PARTNERS[@]}"; do
        is_on_request "${PARTNERS[i]}" || must import_signals "${PARTNERS[i]}" "${FILES[i]}"
    done
}

# create_for_files THRESHOLD: the same, not started.
create_for_files() {
    must deployment_create "$(mktemp -d "$WORK/deployment.XXXXXX")" "${PARTNERS[@]}"
    must draft_for_files "$1"
    if ((${MIN_SLOTS:-0} > SLOTS)); then
        SLOTS=$MIN_SLOTS
        sed -i "s/^slots = .*/slots = $SLOTS/; s/^addresses = .*/addresses = $((10 * SLOTS))/" \
            "$DEPLOYMENT/draft.ini"
    fi
    PHASE_SECONDS=${PHASE_LIMIT:+$((PHASE_LIMIT * KP_SLOW))}
    PHASE_SECONDS=${PHASE_SECONDS:-$(((60 + ${#PARTNERS[@]} * ${#PARTNERS[@]} * SLOTS / 5000) * KP_SLOW))}
    must deployment_agree
}

# start_round: when the agreement's interval since the last one has gone by.
start_round() { must wait_for 20 round start; }

# another_round: started, and watched to its end.
another_round() {
    wait_for 20 round start || round start
    round watch
}

# check_matches TEXT TRUTH
check_matches() {
    if matches --json >"$WORK/matches"; then
        check "$1" compare_matches "$WORK/matches" "$2"
    else
        failed "$1: the matches can't be opened"
    fi
}

# ---- Where a round is ---------------------------------------------------------------------------

# round_field NAME: of `round status`.
round_field() { round status --json | json_field "$1"; }

# in_phase PHASE...: the round is in one of them.
in_phase() {
    local phase wanted
    phase=$(round_field phase) || return 1
    for wanted in "$@"; do
        [[ $phase != "$wanted" ]] || return 0
    done
    return 1
}

# wait_phase SECONDS PHASE...: waits as briefly as it can, for phases may be short.
wait_phase() {
    local end=$((SECONDS + $1 * KP_SLOW))
    shift
    until in_phase "$@"; do
        ((SECONDS <= end)) || return 1
    done
}

freeze() { kill -STOP "$(pid_of "$1")"; }
thaw() { kill -CONT "$(pid_of "$1")"; }

# start_proxy NAME [EVERY_MS]: between the node NAME and the coordinator. Sets PROXY_PID, PROXY_PORT;
# the node is configured to use it, and has to be started again.
start_proxy() {
    rm -f -- "$WORK/proxy.$1"
    setpriv --pdeathsig KILL -- "$HELPERS/e2e_cutting_proxy" "$PORT" "$WORK/proxy.$1" \
        ${2:+"$2"} </dev/null >"$WORK/proxy.$1.log" 2>&1 &
    PROXY_PID=$!
    OTHERS+=("$PROXY_PID")
    must wait_for 20 test -s "$WORK/proxy.$1"
    PROXY_PORT=$(<"$WORK/proxy.$1")
    configure_node "$1" "$PROXY_PORT"
}
