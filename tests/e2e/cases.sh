#!/usr/bin/env bash
# The case table, with real processes: a match is put before who holds it and who is asked on request, shown,
# answered and closed; a case that isn't proven is refused; and no address stands where it shouldn't.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

folder=$WORK/files
ON_REQUEST=(tax)
make_files "$folder" --partners 3 --signals 40 --seed 33 --truth "$folder/truth"
PARTNERS+=(tax)
FILES+=('')

leader() { kruispunt leader "$@" --config "$DEPLOYMENT/leader/leader.ini"; }
node() {
    local command=$1 name=$2
    shift 2
    kruispunt node "$command" "$@" --config "$(config_of "$name")"
}
number_of() {
    local i
    for i in "${!PARTNERS[@]}"; do
        [[ ${PARTNERS[i]} != "$1" ]] || printf '%d\n' $((i + 1))
    done
}

# has NAME ID: the node lists this case as open.
has() { node cases "$1" | grep -q "^$2 .*open"; }
has_closed() { node cases "$1" | grep -q "^$2 .*closed"; }
cases_of() { node cases "$1" --json | wc -l; }
# events NAME: name, times and sum of counts of each event in its log.
events() {
    rm -f -- "$WORK/log"
    kruispunt export log --config "$(config_of "$1")" --out "$WORK/log" >/dev/null
    "$HELPERS/e2e_log_walk" "$DEPLOYMENT/agreement" "$WORK/log" | grep ' times, '
}
refused() { contains "$(events "$1")" "case refused: $2 times"; }
open_case() { leader case open "$1" --json | json_field case; }
state_of() { leader case show "$1" --json | json_field state; }
# no WORDS...: the command must fail.
no() { ! "$@"; }

deploy_files 2
check 'the round completes' run_round
matches --json >"$WORK/matches"
# Two hold it, and one partner doesn't.
line=$(grep -m 1 '"partners": *\["[^"]*", *"[^"]*"\]' "$WORK/matches")
match=$(json_field match <<<"$line")
mapfile -t holders < <(sed 's/.*"partners": *\[\([^]]*\)\].*/\1/' <<<"$line" | grep -o '[^", ]*')
bystander=''
for name in "${PARTNERS[@]}"; do
    [[ $name == "${holders[0]}" || $name == "${holders[1]}" || $name == tax ]] || bystander=$name
done
address=$(sed 's/.*"postcode": *"\([0-9A-Z]*\)", *"house_number": *\([0-9]*\),.*/\1 \2/' <<<"$line")

# ---- Opened, shown, over a restart of everybody -------------------------------------------------

case=$(open_case "$match") || case=''
check 'a case is opened' test -n "$case"
check_status 'but one about a match at a time' 1 leader case open "$match"
for name in "${holders[@]}" tax; do
    check "it is before $name" wait_for 20 has "$name" "$case"
done
is 'and not before the one that does not hold it' "$(cases_of "$bystander")" 0
must stop_node "${holders[0]}"
must stop_coordinator
must start_coordinator
must start_node "${holders[0]}"
check 'after a restart it is still there' wait_for 20 has "${holders[0]}" "$case"
node case "${holders[0]}" "$case" >"$WORK/shown"
check 'its address is shown' contains "$(<"$WORK/shown")" "$address"
check 'whose signals they are' contains "$(<"$WORK/shown")" "${holders[1]}: a signal, not later than"
check 'and its own' contains "$(<"$WORK/shown")" 'in this node now: '
check 'which its log tells of' contains "$(events "${holders[0]}")" 'case shown: 1 times'
check 'the one on request is shown it too' contains "$(node case tax "$case")" "$address"

# ---- Answers ------------------------------------------------------------------------------------

check_status 'a holder does not say that it has an interest' 1 \
    node answer "${holders[0]}" "$case" interest --yes
check_status 'not current needs a reason' 1 node answer "${holders[0]}" "$case" not-current --yes
check_status 'nothing is answered without a confirmation' 2 node answer "${holders[0]}" "$case" current
check 'one answers' node answer "${holders[0]}" "$case" current --yes
because() {
    local reason=$1
    shift
    node answer "$@" --reason-file - --yes <<<"$reason"
}
check 'and another time' because 'seen this week' "${holders[0]}" "$case" current
check 'the one on request answers' node answer tax "${case:0:6}" interest --yes
check_status "there is no other case" 1 node answer tax 00000000 interest --yes
says() { leader case show "$case" | grep -qE -- "$1"; }
check 'the leader has the answers' wait_for 20 says 'seen this week'
check 'of the one on request as well' wait_for 20 says '^tax +an interest\? +interest$'
is 'it is open' "$(state_of "$case")" open
check 'the second holder says that its signals are not current' \
    because 'they moved' "${holders[1]}" "$case" not-current
check_status 'a reason is one line' 1 because $'one\ntwo' "${holders[0]}" "$case" not-current
closed() { contains "$(state_of "$case")" 'fewer than the threshold'; }
check 'fewer than two are left: the case closes itself' wait_for 20 closed
for name in "${holders[@]}" tax; do
    check "it is closed at $name" wait_for 20 has_closed "$name" "$case"
done
check 'its address is gone there' no contains "$(node case "${holders[0]}" "$case")" "$address"
check_status 'nobody answers it any more' 1 node answer tax "$case" no-interest --yes
check 'logs tell of it' contains "$(events tax)" 'case closed: 1 times'

# ---- Not proven ---------------------------------------------------------------------------------

forge() { "$HELPERS/e2e_case_letter" "$DEPLOYMENT/leader/leader.ini" "$match" "$@"; }
holder=$(number_of "${holders[0]}")
must forge "$holder" 1 none
must forge "$holder" 1 300
must forge "$holder" 1 3000
must forge "$holder" 2
check 'without evidence, with changed evidence, with another question: refused' \
    wait_for 20 refused "${holders[0]}" 4
must forge "$(number_of "$bystander")" 1
must forge "$(number_of "$bystander")" 2
check 'nobody else is shown what is proven' wait_for 20 refused "$bystander" 2
must forge "$(number_of tax)" 1
check 'nor is one on request asked about signals' wait_for 20 refused tax 1
is 'nothing of it is kept' "$(cases_of "${holders[0]}") $(cases_of "$bystander") $(cases_of tax)" '1 0 1'

# ---- Closed by the leader -----------------------------------------------------------------------

second=$(open_case "$match")
check 'another case' wait_for 20 has "${holders[1]}" "$second"
check 'the leader closes it' leader case close "$second"
check 'and it is closed there' wait_for 20 has_closed "${holders[1]}" "$second"
check_status 'once' 1 leader case close "$second"
is 'the list has both' "$(leader cases --json | wc -l)" 2

# ---- No address where it shouldn't be -----------------------------------------------------------

postcode=${address% *}
check 'the postcode is found where it is shown' grep -qF -- "$postcode" "$WORK/shown"
check 'no address in any log' no grep -rqF -- "$postcode" "$DEPLOYMENT"/*/log
for name in coordinator "${PARTNERS[@]}"; do
    at=$(folder_of "$name" 2>/dev/null) || at=$DEPLOYMENT/coordinator
    check "nor in the title of $name" no grep -qaF -- "$postcode" "/proc/$(pid_of "$at")/cmdline"
done
finish
