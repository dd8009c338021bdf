# Leading a round of three members to a chosen phase. Source it after lib.sh.
# shellcheck shell=bash

# shellcheck disable=SC2034 # for deploy_files
{
    FAULTY=uwv
    FIRST=belastingdienst
    SECOND=svb
    # So many slots that computing takes long enough to be interrupted on purpose.
    MIN_SLOTS=1500
}

# member_field NAME FIELD: of this member in `round status`.
member_field() {
    round status --json | awk -v name="{\"name\": \"$1\", " -v field="\"$2\": " '{
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

# has_done NAME EXCHANGES: both hellos, and so many lists of points or evaluations.
has_done() {
    local chunks=$(((SLOTS + 1023) / 1024))
    (($(member_field "$1" "done") >= 2 + $2 * chunks))
}

# soon COMMAND...: as wait_for, but without pauses.
soon() {
    local end=$((SECONDS + 30 * KP_SLOW))
    until "$@" >/dev/null 2>&1; do
        ((SECONDS <= end)) || {
            note "this never came: $*"
            round status
            return 1
        }
    done
}

freeze_nodes() {
    local name
    for name; do
        freeze "$(folder_of "$name")"
    done
}

thaw_nodes() {
    local name
    for name; do
        thaw "$(folder_of "$name")"
    done
}

# reach PHASE: starts a round and leads it to where the faulty member, frozen, is the only one that
# the phase waits for, and the others have done what they can. A frozen member gets no mail, so what
# it waits for is held back by freezing who must send that.
reach() {
    case $1 in
    hello1)
        freeze_nodes "$FAULTY"
        start_round
        soon member_in "$FIRST" 'hello 2' && soon member_in "$SECOND" 'hello 2'
        ;;
    hello2)
        freeze_nodes "$FIRST"
        start_round
        # Without HELLO 1 of the frozen one nobody sends HELLO 2.
        soon member_in "$FAULTY" 'hello 2' && soon member_in "$SECOND" 'hello 2' || return 1
        freeze_nodes "$FAULTY"
        thaw_nodes "$FIRST"
        soon member_in "$FIRST" evaluate && soon member_in "$SECOND" evaluate
        ;;
    evaluate)
        reach hello1 || return 1
        freeze_nodes "$FIRST" "$SECOND"
        thaw_nodes "$FAULTY" # has HELLO 1 of both, so it sends both its hellos, and waits for theirs
        soon member_in "$FAULTY" evaluate || return 1
        freeze_nodes "$FAULTY"
        thaw_nodes "$FIRST" "$SECOND"
        # Both sent their points to two, and evaluated others'.
        soon has_done "$FIRST" 3 && soon has_done "$SECOND" 3
        ;;
    ready)
        # Both others gave their second hellos and lists; the faulty one, and the second, lack the evaluations
        # of the first.
        reach hello2 || return 1
        freeze_nodes "$FIRST"
        thaw_nodes "$FAULTY"
        soon has_done "$FAULTY" 4 || return 1
        freeze_nodes "$FAULTY"
        thaw_nodes "$FIRST"
        soon in_phase ready
        soon member_in "$FIRST" ready && soon member_in "$SECOND" ready
        ;;
    release)
        # Likewise; all but the second one evaluate.
        reach hello2 || return 1
        freeze_nodes "$SECOND"
        thaw_nodes "$FAULTY"
        soon has_done "$FAULTY" 4 && soon has_done "$FIRST" 4 || return 1
        # Without the second one's evaluations the first one signs no READY, and no tag leaves.
        freeze_nodes "$FIRST"
        thaw_nodes "$SECOND"
        soon member_in "$FAULTY" ready || return 1
        freeze_nodes "$FAULTY"
        thaw_nodes "$FIRST"
        soon in_phase release
        ;;
    esac
}

phase_words() { # PHASE: as people read it
    case $1 in
    hello1) printf 'hello 1' ;;
    hello2) printf 'hello 2' ;;
    *) printf '%s' "$1" ;;
    esac
}

# bring PHASE: as reach, and again when it was missed, for it is a race where the machine is slow.
bring() {
    local attempt
    for attempt in 1 2 3; do
        reach "$1" && return 0
        note "attempt $attempt did not get to $1"
        thaw_nodes "${PARTNERS[@]}"
        wait_for 120 in_phase ended complete || return 1
    done
    return 1
}
