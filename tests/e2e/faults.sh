#!/usr/bin/env bash
# A member that signs and gives what can't be, or nothing: the round completes for all in the same
# way, the others' matches open, and the coordinator keeps what proves the fault.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

mkdir -- "$WORK/files"
make_files "$WORK/files" --partners 3 --signals 60
PHASE_LIMIT=4
deploy_files 2
BAD=${PARTNERS[2]}
GOOD=("${PARTNERS[0]}" "${PARTNERS[1]}")

verdicts() { kruispunt coordinator verdicts --config "$DEPLOYMENT/coordinator/coordinator.ini" "$@"; }

# of_the_good FILE: the matches that both of the others hold, whoever else does.
of_the_good() { grep "\"${GOOD[0]}\"" "$1" | grep -c "\"${GOOD[1]}\"" || true; }

# spoil WHAT: the bad member's node, from here on.
spoil() {
    local folder
    folder=$(folder_of "$BAD")
    must stop_node "$BAD"
    KP_SPOIL=$1 launch "$folder" "$HELPERS/e2e_spoiling_node" "$(config_of "$BAD")"
    must comes_up "$folder" node_status "$BAD"
}

check 'a round without faults completes' another_round
matches --json >"$WORK/honest"
EXPECTED=$(of_the_good "$WORK/honest")
check 'the two others have addresses in common' test "$EXPECTED" -gt 0
is 'and no fault is found' "$(verdicts | head -n 1)" 'no faults'

leader_told() {
    kruispunt leader faults "$1" --config "$DEPLOYMENT/leader/leader.ini" >"$WORK/told"
}

# faulty WHAT TEXT: a round with this fault, which the verdict's text names.
faulty() {
    local what=$1 text=$2 round
    spoil "$what"
    check "$what: the round completes" another_round
    round=$(round_field round)
    matches --json >"$WORK/found" 2>"$WORK/said" || true
    is "$what: the matches of the others are all shown" "$(of_the_good "$WORK/found")" "$EXPECTED"
    is "$what: nothing is shown that rests on what can't be" "$(grep -c "\"$BAD\"" "$WORK/found" || true)" 0
    check "$what: a verdict says so" grep -q "^round $round: $BAD.*$text" <(verdicts --round "$round")
    check "$what: the leader's own program verifies it" leader_told "$round"
    check "$what: and tells whom it names" \
        grep -q "^a verdict of the coordinator: .*$BAD" "$WORK/told"
    check "$what: every member's round ended well" grep -q 'complete' <(round status)
    check "$what: nobody is told" bash -c '! grep -lqi "fault\|verdict" "$@"' - \
        "$DEPLOYMENT/${GOOD[0]}/log" "$DEPLOYMENT/${GOOD[1]}/log" "$DEPLOYMENT/$BAD/log"
}

faulty leaf 'signed before'
faulty entry 'signed before'
faulty share "isn't under its tag"
faulty twice 'twice, or unsorted'
faulty record "doesn't open"
faulty silent 'silent'

# ---- A round without results --------------------------------------------------------------------

ended_without() { [[ $(round_field phase) == ended ]]; }
must stop_node "$BAD"
must start_round
check 'a round without one of them ends' wait_for 60 ended_without
kruispunt leader faults "$(round_field round)" --json \
    --config "$DEPLOYMENT/leader/leader.ini" >"$WORK/ended" 2>"$WORK/said" || true
check 'the leader hears whom the coordinator names, though nothing can be opened' \
    grep -q "silent.*names $BAD, the coordinator" "$WORK/ended"

# ---- What is kept ------------------------------------------------------------------------------

check 'all verdicts are written as files' verdicts --out "$WORK/verdicts"
check 'at least one for each fault' test "$(find "$WORK/verdicts" -name '*.verdict' | wc -l)" -ge 6
must kruispunt export agreement --config "$DEPLOYMENT/coordinator/coordinator.ini" --out "$WORK/papers"
for file in "$WORK"/verdicts/*.verdict; do
    check "verify verdict: ${file##*/} holds" kruispunt verify verdict "$file" "$WORK/papers"
done
check 'a node shows its receipts' kruispunt export receipts --config "$(config_of "${GOOD[0]}")" \
    --out "$WORK/receipts"
check 'and says so in its status' grep -q 'last receipt: round' <(node_status "${GOOD[0]}")

finish
