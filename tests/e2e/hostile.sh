#!/usr/bin/env bash
# A member's genuine certificate in the hands of somebody who doesn't keep to the protocol: what is
# too long, malformed, truncated, replayed, out of order, of another round or in another's name is
# refused, logged without contents, and the round of the members completes.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

mkdir -- "$WORK/files"
make_files "$WORK/files" --partners 3 --signals 100 --truth "$WORK/files/truth"
PHASE_LIMIT=15
deploy_files 2
LOG=$DEPLOYMENT/coordinator/log

# peer NAME ACTION...
peer() {
    local folder
    folder=$(folder_of "$1")
    shift
    "$HELPERS/e2e_hostile_peer" "tls+tcp://127.0.0.1:$PORT" "$COORDINATOR_HOST" "$folder" \
        "$DEPLOYMENT/agreement" "$folder/identity.key" "$@"
}

# gets TEXT EXPECTED ACTION...: the answer begins with EXPECTED, a basic regular expression.
gets() {
    local text=$1 expected=$2 said
    shift 2
    said=$(peer uwv "$@" 2>&1) || true
    check "$text ($said)" grep -q "^$expected" <<<"$said"
}

# logs TEXT PATTERN MESSAGE: putting the message is answered, for its sequence number is used up, and
# the coordinator logs that it was refused, and why.
logs() {
    local before text=$1 pattern=$2
    before=$(wc -l <"$LOG")
    gets "$text: put" 'answered put-done' put "$3"
    check "$text: refused and logged" wait_for 5 \
        bash -c 'tail -n +"$1" -- "$2" | grep refused | grep -i -- "$3"' - $((before + 1)) "$LOG" "$pattern"
}

# One member is offline, so the round waits in its first phase. Its certificate is elsewhere.
must stop_node uwv
start_round
gets 'the certificate works' 'answered opened' open

# ---- Requests -----------------------------------------------------------------------------------

gets 'a request that is no request' 'refused' bytes 200
gets 'a frame longer than the limit' 'closed' raw-long
gets 'a frame that says it is huge' 'closed' raw-huge
gets 'half a frame' 'closed' raw-half
gets 'what is no frame' 'closed' raw-header
gets 'a truncated request' 'refused' truncated
gets 'a message longer than the limit' 'refused\|no answer' put too-long

# ---- Messages of the round ----------------------------------------------------------------------

logs 'a message that is no message' '.' garbage
logs 'a message without signature' 'sign\|authentic' hello1-unsigned
logs 'a message of another round' 'counter' hello1-counter
logs 'a message of another attempt' 'another attempt' hello1-attempt
logs 'a message in the name of another' 'in the name of' hello1-sender
logs 'a message to the wrong one' '.' hello1-addressee
logs 'a message of an unknown type' '.' unknown-type
logs 'an ABORT in the name of the coordinator' '.' from-coordinator
logs 'READY in the first phase' "can't come" ready-early
logs 'points in the first phase' "can't come" points-early
logs 'a submission in the first phase' "can't come" submission-early
gets 'a sequence number that was used changes nothing' 'answered put-done' put-before
gets 'a gap in the sequence is refused' 'refused' put-gap

is 'the log has no contents' "$(grep -c MARKER "$DEPLOYMENT"/*/log | grep -cv ':0$')" 0
is 'the round still waits in its first phase' "$(round_field phase)" 'hello 1'

# ---- The members --------------------------------------------------------------------------------

must start_node uwv
check 'the round completes' round watch
check_matches 'what it finds' "$WORK/files/truth"

# The mailbox tells no attempt any more: the member took START out. What is made without it is of
# another attempt, and it takes the member's own next number.
must freeze "$DEPLOYMENT/svb"
start_round
must wait_for 30 bash -c 'grep -q "\"name\": \"uwv\", \"phase\": \"hello 2\"" <<<"$("$@")"' - \
    "$KP_BUILD/kruispunt" round status --config "$DEPLOYMENT/leader/leader.ini" --json
logs 'a message with a number of the member, of another attempt' 'another attempt' hello1
must thaw "$DEPLOYMENT/svb"
if ! round watch >"$WORK/said"; then
    check 'if it ends, the attempt names the member whose messages were spoiled' \
        contains "$(round_field error)" uwv
    must another_round
else
    passed 'the round completes in spite of it'
fi
check_matches 'what it finds' "$WORK/files/truth"

# HELLO 1 of somebody else with the member's identity key: its genuine one is then the second.
must stop_node uwv
start_round
gets 'HELLO 1 with the stolen identity key' 'answered put-done' put hello1
must start_node uwv
check_status 'the attempt ends' 1 round watch
note "$(round_field error)"
check 'and names the member whose key was used' contains "$(round_field error)" uwv
check 'its genuine HELLO 1 came too late' grep -q 'refused.*HELLO 1' "$LOG"
check 'the next round completes' another_round
check_matches 'what it finds' "$WORK/files/truth"
is 'the log has no contents' "$(grep -c MARKER "$DEPLOYMENT"/*/log | grep -cv ':0$')" 0
finish
