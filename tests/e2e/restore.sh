#!/usr/bin/env bash
# A partner's server is put back to an older state: the node says so, takes the signed totals and
# lists over from the others before it evaluates anything, and the next round is right.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

HEADER=postcode,house_number,house_letter,addition,indicator,grounds,observed_on
folder=$WORK/files
mkdir -- "$folder"
for name in a b c; do
    printf '%s\n' "$HEADER" >"$folder/$name.csv"
done
# Held by all, by two, by one.
for name in a b c; do printf '1234AB,1,,,W01,,2025-01-01\n' >>"$folder/$name.csv"; done
for name in a b; do printf '1234AB,2,,,W01,,2025-01-01\n' >>"$folder/$name.csv"; done
printf '1234AB,3,,,W01,,2025-01-01\n' >>"$folder/c.csv"
take_files "$folder"
deploy_files 2

log_of() { cat -- "$(folder_of "$1")/log"; }
says() { log_of "$1" | grep -qF -- "$2"; }
copy_data() { cp -a -- "$(folder_of "$1")/data" "$WORK/$2"; }
put_back() {
    mv -- "$(folder_of "$1")/data" "$WORK/newer.$RANDOM"
    cp -a -- "$WORK/$2" "$(folder_of "$1")/data"
}
# The addresses that were matched, in their order.
matched() { matches --json | grep -o '"house_number": [0-9]*' | sort | tr -dc '0-9\n' | tr '\n' ' '; }

check 'the first round completes' another_round
is 'what it finds' "$(matched)" '1 2 '
must stop_node a
copy_data a after-1
must start_node a
for counter in 2 3; do
    check "round $counter completes" another_round
    is "what round $counter finds" "$(matched)" '1 2 '
done

# ---- An older database of one node ----------------------------------------------------------------

must stop_node a
put_back a after-1
must start_node a
check 'the round after it was put back completes' another_round
check 'it said that its database is older' says a 'older than what all members signed'
check 'it said that all lists are the signed ones' says a 'all lists are those that were signed'
check 'the others said whom they answered' says b 'it has an older database'
matched >"$WORK/found"
# What stood in slots whose point it lost waits for their turn; nothing else may be found.
check 'nothing is found that is not there' grep -qE '^(1 |2 )*$' "$WORK/found"
for turn in 1 2 3 4 5; do
    check "a round later, $turn" another_round
    [[ $(matched) == '1 2 ' ]] && break
done
is 'all is found again when every slot had its turn' "$(matched)" '1 2 '

# ---- Again, without the log's own copy --------------------------------------------------------------

must stop_node a
put_back a after-1
must start_node a
check 'put back a second time, the next round completes' another_round

end_deployment
finish
