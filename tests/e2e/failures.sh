#!/usr/bin/env bash
# A member that is stopped, killed or cut off in any phase ends the attempt at the deadline, by name,
# in the error of everybody else; so does a coordinator that is killed. Starting again works without
# cleaning up, and nothing imported is lost.
#
# usage: failures.sh [CASE:PHASE...]
#
# CASE: stopped, killed, cut (the faulty member), restarted (killed and started again at once),
# coordinator (killed and started again). PHASE: hello1, hello2, evaluate, ready, release.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

# shellcheck source=tests/e2e/phases.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/phases.sh"

PHASE_LIMIT=6

# ---- What must hold -----------------------------------------------------------------------------

has_ended() { in_phase ended; }

# says NAME WORD...: the node's own last error holds them all.
says() {
    local text word
    text=$(node_status "$1" --json | json_field last_error) || return 1
    shift
    for word; do
        contains "$text" "$word" || return 1
    done
}

connected() { [[ $(node_status "$1" --json | json_field connected) == true ]]; }

# goes_on_without CASE: after the READYs the others' matches open, and who was silent is kept.
goes_on_without() {
    local round
    round=$(round_field round)
    check "$1 in release: the round completes for the others" \
        wait_for $((PHASE_LIMIT + 30)) in_phase complete
    check "$1 in release: a verdict says who was silent" grep -q "^round $round: $FAULTY.*silent" \
        <(kruispunt coordinator verdicts --config "$DEPLOYMENT/coordinator/coordinator.ini" \
            --round "$round")
    is "$1 in release: the coordinator keeps no submissions" \
        "$(find "$DEPLOYMENT/coordinator/data" -mindepth 1 -name round)" ''
}

# ends_naming CASE PHASE
ends_naming() {
    local words name text
    if [[ $2 == release ]]; then
        goes_on_without "$1"
        return
    fi
    words=$(phase_words "$2")
    if ! wait_for $((PHASE_LIMIT + 30)) has_ended; then
        failed "$1 in $2: the attempt ends"
        round status
        return
    fi
    text=$(round_field error)
    note "$text"
    check "$1 in $2: the leader sees who, and in which phase" contains "$text" "$FAULTY"
    check "$1 in $2: the leader sees the phase" contains "$text" "$words"
    for name in "$FIRST" "$SECOND"; do
        check "$1 in $2: $name sees it too" wait_for 10 says "$name" "$FAULTY" "$words"
    done
    is "$1 in $2: the coordinator keeps no submissions" \
        "$(find "$DEPLOYMENT/coordinator/data" -mindepth 1 -name round)" ''
}

# goes_well_after CASE PHASE: a new round, with nothing cleaned up.
goes_well_after() {
    local name
    for name in "${PARTNERS[@]}"; do
        wait_for 30 connected "$name" || failed "$1 in $2: $name connects again"
    done
    if ! another_round >"$WORK/said" 2>&1; then
        failed "$1 in $2: a new round completes"
        sed 's/^/    /' "$WORK/said"
        exit 1
    fi
    check_matches "$1 in $2: the new round finds all" "$WORK/files/truth"
}

not_reached() {
    failed "$1 in $2: the round could not be brought there"
    thaw_nodes "${PARTNERS[@]}"
    wait_for $((PHASE_LIMIT + 30)) in_phase ended complete
}

stopped() {
    bring "$1" || { not_reached stopped "$1" && return; }
    ends_naming stopped "$1"
    thaw_nodes "$FAULTY"
    goes_well_after stopped "$1"
}

killed() {
    bring "$1" || { not_reached killed "$1" && return; }
    kill_in "$(folder_of "$FAULTY")"
    ends_naming killed "$1"
    must start_node "$FAULTY"
    goes_well_after killed "$1"
}

cut() {
    bring "$1" || { not_reached cut "$1" && return; }
    kill -USR1 "$PROXY_PID"
    thaw_nodes "$FAULTY"
    ends_naming cut "$1"
    kill -USR2 "$PROXY_PID"
    goes_well_after cut "$1"
}

restarted() {
    local began
    bring "$1" || { not_reached restarted "$1" && return; }
    began=$SECONDS
    kill_in "$(folder_of "$FAULTY")"
    must start_node "$FAULTY"
    if [[ $1 == hello1 || $1 == release ]]; then
        # Before its first hello there is no key to lose, and after READY it isn't needed any more.
        check "restarted in $1: the round completes all the same" round watch
        check_matches "restarted in $1: it finds all" "$WORK/files/truth"
        return
    fi
    ends_naming restarted "$1"
    note "ended after $((SECONDS - began)) s"
    goes_well_after restarted "$1"
}

coordinator() {
    local words
    words=$(phase_words "$1")
    bring "$1" || { not_reached coordinator "$1" && return; }
    kill_in "$DEPLOYMENT/coordinator"
    must start_coordinator
    thaw_nodes "$FAULTY"
    check "coordinator killed in $1: the attempt has ended" wait_for 20 has_ended
    note "$(round_field error)"
    check "coordinator killed in $1: the leader sees that" contains "$(round_field error)" coordinator
    check "coordinator killed in $1: a node sees that" wait_for 30 says "$FIRST" coordinator "$words"
    goes_well_after 'coordinator killed' "$1"
}

# The coordinator is killed wherever it is, a little later each time.
any_moment() {
    local pause
    for pause in 0.05 0.15 0.25 0.4 0.6 0.9 1.3; do
        start_round
        sleep "$pause"
        kill_in "$DEPLOYMENT/coordinator"
        must start_coordinator
        check "coordinator killed after $pause s: no round goes on" \
            wait_for 60 in_phase ended complete
        note "$(round_field phase) $(round_field error)"
        goes_well_after 'coordinator killed' "$pause s"
    done
}

# ---- All of it ----------------------------------------------------------------------------------

mkdir -- "$WORK/files"
make_files "$WORK/files" --partners 3 --signals 150 --truth "$WORK/files/truth"
deploy_files 2
start_proxy "$FAULTY"
must stop_node "$FAULTY"
must start_node "$FAULTY"
signals_before=$(for name in "${PARTNERS[@]}"; do node_status "$name" --json | json_field signals; done)

if (($# == 0)); then
    for what in stopped killed cut restarted coordinator; do
        for phase in hello1 hello2 evaluate ready release; do
            set -- "$@" "$what:$phase"
        done
    done
    set -- "$@" any_moment:
fi
for case; do
    "${case%%:*}" "${case#*:}"
done

is 'no signal was lost' \
    "$(for name in "${PARTNERS[@]}"; do node_status "$name" --json | json_field signals; done)" \
    "$signals_before"
finish
