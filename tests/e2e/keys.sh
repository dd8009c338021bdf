#!/usr/bin/env bash
# No key of a round is left in a node's memory: not when the attempt was broken off, not once READY is
# signed, not at the end. The same search finds the key while the round needs it.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/e2e/phases.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/phases.sh"

# Hardened daemons can't be read; these are the same but for that one call.
DAEMON_ENVIRONMENT+=("LD_PRELOAD=$HELPERS/libe2e_dumpable.so")
# Long enough for two searches of a node's memory on a loaded machine: that is what the control needs.
PHASE_LIMIT=40

mkdir -- "$WORK/files"
make_files "$WORK/files" --partners 3 --signals 150 --truth "$WORK/files/truth"
deploy_files 2

# The points whose scalar is in a node's memory: of those that a peer remembers, and of those given.
# What a peer remembers of a member is the public part of its round key; the member's padding has
# scalars too, but its points are gone from the peer's memory when they are evaluated.
keys_known_beside() {
    "$HELPERS/e2e_key_search" --pid "$(pid_of "$(folder_of "$1")")" \
        --beside "$(pid_of "$(folder_of "$2")")" 2>>"$WORK/tried"
}
keys_left() { "$HELPERS/e2e_key_search" --pid "$(pid_of "$(folder_of "$1")")" <"$2" 2>>"$WORK/tried"; }

is_idle() { [[ $(node_status "$1" --json | json_field phase) == idle ]]; }

# Both wait for the third one's second hello, so their keys live, and each knows the other's public part.
must bring hello2
keys_known_beside "$FIRST" "$SECOND" >"$WORK/points.$FIRST" || failed "the memory of $FIRST can be read"
keys_known_beside "$SECOND" "$FIRST" >"$WORK/points.$SECOND" ||
    failed "the memory of $SECOND can be read"
for name in "$FIRST" "$SECOND"; do
    note "$name: $(wc -l <"$WORK/points.$name") keys whose public part its peer has"
    check "control: the search finds the key of $name while it is needed" test -s "$WORK/points.$name"
    check "control: it finds it again" test "$(keys_left "$name" "$WORK/points.$name" | wc -l)" -gt 0
done

# The attempt is broken off at the deadline.
check 'the attempt ends' wait_for $((PHASE_LIMIT + 60)) in_phase ended
for name in "$FIRST" "$SECOND"; do
    check "$name has heard it" wait_for 30 is_idle "$name"
    is "keys of the broken attempt in the memory of $name" \
        "$(keys_left "$name" "$WORK/points.$name" | wc -l)" 0
done
thaw_nodes "${PARTNERS[@]}"

# In the next one READY is signed by one while others still compute: its key is gone before any tag
# leaves.
must bring hello2
keys_known_beside "$FIRST" "$SECOND" >"$WORK/points" || failed "the memory of $FIRST can be read"
check 'control: the next attempt has a key' test -s "$WORK/points"
is 'and it is another one' "$(sort "$WORK/points" "$WORK/points.$FIRST" | uniq -d | wc -l)" 0
thaw_nodes "${PARTNERS[@]}"
check 'the round completes' round watch
is 'keys of the round in memory at its end' "$(keys_left "$FIRST" "$WORK/points" | wc -l)" 0
note "$(tail -n 1 "$WORK/tried")"
finish
