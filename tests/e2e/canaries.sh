#!/usr/bin/env bash
# Canaries: rounds begin when all secrets have come, addresses are found as without them, and the
# leader's program finds every canary again.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

CANARIES=2
MIN_SLOTS=120
mkdir -- "$WORK/files"
make_files "$WORK/files" --partners 3 --signals 40 --truth "$WORK/files/truth"
create_for_files 2

has_secrets() { grep -q 'the secrets of all groups are here' "$DEPLOYMENT/$1/log"; }

# ---- Without all secrets nothing begins ---------------------------------------------------------

# The lowest member draws for all: its node stays down, but the others are up.
must deployment_start
for i in "${!PARTNERS[@]}"; do
    must import_signals "${PARTNERS[i]}" "${FILES[i]}"
done
for name in "${PARTNERS[@]}"; do
    check "the secrets of its groups come to $name" wait_for 30 has_secrets "$name"
done

# ---- A round ------------------------------------------------------------------------------------

check 'the round completes' run_round
check_matches 'addresses are found as without canaries, and none is one' "$WORK/files/truth"

finish
