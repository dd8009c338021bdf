#!/usr/bin/env bash
# A member that is stopped, killed or cut off in any phase ends the attempt at the deadline, by name;
# so does a coordinator that is killed. Starting again works without cleaning up, and nothing is lost.
#
# usage: failures.sh [CASE...]    CASE: MEMBER_CASE:PHASE or coordinator:PHASE, restart:PHASE
# shellcheck source=tests/e2e/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

# Three members. `faulty` is the one that fails, `first` and `second` are the others.
FAULTY=uwv
OTHER_NAMES=(belastingdienst svb)
# So many slots that computing takes long enough to be interrupted on purpose.
MIN_SLOTS=4000
PHASE_LIMIT=8

member_field() { # NAME FIELD
    round status --json | awk -v name="\"name\": \"$1\", " -v field="\"$2\": " '{
        at = index($0, name)
        if (!at) exit 1
        text = substr($0, at)
        text = substr(text, index(text, field) + length(field))
        match(text, /^("[^"]*"|[^,}]*)/)
        text = substr(text, 1, RLENGTH)
        gsub(/"/, "", text)
        print text
    }'
}

member_in() { [[ $(member_field "$1" phase) == "$2" ]]; } # NAME PHASE

# What a member has done when all lists are evaluated and READY isn't sent: both hellos, its own
# chunks to each of the others, and theirs.
evaluated() { # NAME
    local chunks=$(((SLOTS + 1023) / 1024))
    (($(member_field "$1" done) >= 2 + 2 * chunks * (${#PARTNERS[@]} - 1)))
}

# fast_wait SECONDS COMMAND...: as wait_for, without pauses.
fast_wait() {
    local end=$((SECONDS + $1 * KP_SLOW))
    shift
    until "$@" >/dev/null 2>&1; do
        ((SECONDS <= end)) || return 1
    done
}

freeze_node() { freeze "$(folder_of "$1")"; }
thaw_node() { thaw "$(folder_of "$1")"; }

# reach PHASE: starts a round and brings it to where the faulty member, frozen, is the only one that
# the phase waits for; the others go on as far as they can. 1: it could not be brought there.
reach() {
    local first=${OTHER_NAMES[0]} second=${OTHER_NAMES[1]} name
    freeze_node "$FAULTY"
    must round start
    for name in "${OTHER_NAMES[@]}"; do
        fast_wait 20 member_in "$name" 'hello 2' || return 1
    done
    [[ $1 != 'hello 1' ]] || return 0
    # HELLO 1 of the others is in, the faulty one's isn't: with both of them frozen it sends its own
    # HELLO 1, and HELLO 2 right after it.
    freeze_node "$first"
    freeze_node "$second"
    if [[ $1 == 'hello 2' ]]; then
        # It must not get that far: it gets mail only once, and mail of `first` is on hold.
        reach_hello2 "$first" "$second"
        return
    fi
    thaw_node "$FAULTY"
    fast_wait 20 member_in "$FAULTY" evaluate || return 1
    freeze_node "$FAULTY"
    thaw_node "$first"
    thaw_node "$second"
    for name in "${OTHER_NAMES[@]}"; do
        fast_wait 20 member_in "$name" evaluate || return 1
    done
    [[ $1 != evaluate ]] || return 0
    # The others wait for the faulty one's points now. With them frozen again it sends those,
    # evaluates what they sent, and waits for their evaluations.
    fast_wait 20 exchanged "$first" || return 1
    fast_wait 20 exchanged "$second" || return 1
    freeze_node "$first"
    freeze_node "$second"
    thaw_node "$FAULTY"
    fast_wait 30 evaluated "$FAULTY" || return 1
    freeze_node "$FAULTY"
    thaw_node "$first"
    if [[ $1 == ready ]]; then
        thaw_node "$second"
        fast_wait 30 in_phase ready
        return
    fi
    # release: `first` is caught between its last evaluation and READY, so that the faulty one can
    # sign READY and be stopped before anybody's tags may leave.
    fast_wait 30 evaluated "$first" || return 1
    freeze_node "$first"
    thaw_node "$second"
    thaw_node "$FAULTY"
    fast_wait 30 member_in "$FAULTY" ready || return 1
    freeze_node "$FAULTY"
    thaw_node "$first"
    fast_wait 30 in_phase release
}

# A member that sent its points to both others, and evaluated those of the other one that sent any.
exchanged() { # NAME
    local chunks=$(((SLOTS + 1023) / 1024))
    (($(member_field "$1" done) >= 2 + chunks * (${#PARTNERS[@]} - 1) + chunks * (${#PARTNERS[@]} - 2)))
}

# All have sent HELLO 1 but `first`; the faulty one is frozen; then `first` goes on.
reach_hello2() { # FIRST SECOND
    printf 'not in use\n'
    return 1
}
