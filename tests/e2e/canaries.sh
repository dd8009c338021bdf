#!/usr/bin/env bash
# Canaries: rounds begin when all secrets have come, addresses are found as without them, and the
# leader's program finds every canary again.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

CANARIES=2
mkdir -- "$WORK/files"
make_files "$WORK/files" --partners 3 --signals 40 --truth "$WORK/files/truth"
create_for_files 2

round_ended() { in_phase ended; }
started_at_last() { round start && ! in_phase ended; }

# report_field NAME: of what the leader is told of canaries, all groups added up.
report_field() {
    kruispunt leader report --config "$DEPLOYMENT/leader/leader.ini" --json |
        grep -o "\"$1\": [0-9]*" | awk '{ sum += $2 } END { print sum + 0 }'
}

# ---- Without all secrets nothing begins ---------------------------------------------------------

# The first member draws the secrets of all its groups; its node stays away.
must start_coordinator_somewhere
configure_leader "$PORT"
for name in "${PARTNERS[@]}"; do
    configure_node "$name" "$PORT"
done
deployment_remember
must start_node "${PARTNERS[1]}"
must start_node "${PARTNERS[2]}"
papers=("$DEPLOYMENT"/papers/*)
must kruispunt coordinator agreement --config "$DEPLOYMENT/coordinator/coordinator.ini" "${papers[@]}"
for name in "${PARTNERS[1]}" "${PARTNERS[2]}"; do
    must kruispunt node agreement --config "$(config_of "$name")" "${papers[@]}"
done
must wait_for 20 round start
check 'a round ends at once without the secrets' wait_for 20 round_ended
said=$(round status)
check 'it says that they are what is missing' contains "$said" 'secrets of its canaries'
check 'and of whom, or of the coordinator' contains "$said" "${PARTNERS[0]}"
check_status 'nobody has them all' 1 has_canaries "${PARTNERS[1]}"

must deployment_start
for i in "${!PARTNERS[@]}"; do
    must import_signals "${PARTNERS[i]}" "${FILES[i]}"
    check "the secrets have come to ${PARTNERS[i]}" has_canaries "${PARTNERS[i]}"
done

# ---- Rounds -------------------------------------------------------------------------------------

check 'the round completes' another_round
check_matches 'addresses are found as without canaries, and none is one' "$WORK/files/truth"
is 'all canaries are found' "$(report_field found)" 6
is 'and none is missing' "$(report_field missing)" 0
is 'nor is the coordinator named for one' "$(
    kruispunt leader report --config "$DEPLOYMENT/leader/leader.ini" --json |
        grep -o '"names_coordinator": false' | wc -l
)" 6

must stop_node "${PARTNERS[1]}"
must start_node "${PARTNERS[1]}"
check 'with a node that was restarted the next round completes' another_round
check_matches 'and finds the same' "$WORK/files/truth"
is 'and all canaries, others than before' "$(report_field found)" 6

finish
