#!/usr/bin/env bash
# Two partners write the same addresses differently: they match; neighbours don't. Lists are tried,
# replaced and searched. What isn't the agreement's register or words is refused.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

PARTNERS=(svb uwv)
mkdir "$WORK/in"

# row ID POSTCODE NUMBER LETTER ADDITION OBJECT [SIDE [STREET]]
row() {
    printf '036320000000%s,%s,%s,%s,%s,%s,Utrecht,036301000000%s,Naamgeving uitgegeven,%s\n' \
        "$1" "$2" "$3" "$4" "$5" "${8:-Burgemeester van der Meerstraat}" "$6" "${7:-0}"
}
{
    echo nummeraanduiding_id,postcode,huisnummer,huisletter,huisnummertoevoeging,openbare_ruimte,woonplaats,adresseerbaar_object_id,status,nevenadres
    row 0001 1234AB 12 '' '' 0001
    row 0002 1234AB 12 A '' 0002
    row 0003 1234AB 12 A 1 0003
    row 0004 1234AB 12 '' 1 0004
    row 0005 1234AB 14 '' HS 0005
    row 0006 1234AB 14 '' II 0006
    row 0007 1234AB 16 '' '' 0007
    row 0008 1235ZZ 3 '' '' 0007 1 'Laan 1940-1945' # a side address of it
    row 0009 1234AB 18 A '' 0008
    row 0010 1234AB 18 '' A 0009 # another house than the one before
    row 0011 1234AB 20 '' '' 0010
    row 0012 1234AB 22 '' '' 0011
} >"$WORK/register.csv"
BAG=$WORK/bag
must kruispunt bag import --bag "$BAG" --date 2026-07-01 "$WORK/register.csv"

cat >"$WORK/in/svb.csv" <<'END'
postcode,house_number,house_letter,addition,indicator,grounds,observed_on
1234AB,12,A,,A,shared: the letter,2025-02-01
1234AB,12-1,,,A,neighbour: addition 1,2025-02-01
1234AB,14,,huis,A,shared: ground floor,2025-02-01
1234 ab,14 2 hoog,,,A,shared: second floor,2025-02-01
1235ZZ,3,,,A,shared: by its side address,2025-02-01
1234AB,20,,,A,neighbour: 20,2025-02-01
1234AB,18a,,,A,ambiguous,2025-02-01
1234AB,t/o 12,,,A,no address,2025-02-01
END
cat >"$WORK/in/uwv.csv" <<'END'
adres,plaats,indicator,grondslag,datum
"Burg. v.d. Meerstr. 12a",Utrecht,B,shared: the letter,01-02-2025
"Burgemeester van der Meerstraat 12-A-1, 1234 AB",Utrecht,B,neighbour: letter and addition,01-02-2025
"Burgemeester van der Meerstraat  14-hs",utrecht,B,shared: ground floor,01-02-2025
"1234ab 14-II",UTRECHT,B,shared: second floor,01-02-2025
0363200000000007,,B,shared: by its id,01-02-2025
"Burgemeester van der Meerstraat 22",Utrecht,B,neighbour: 22,01-02-2025
"Burgemeester van der Meerstraat 12",Utrecht,B,neighbour: no letter,01-02-2025
END
FILES=("$WORK/in/svb.csv" "$WORK/in/uwv.csv")
must deployment_create "$WORK/deployment" "${PARTNERS[@]}"
must draft_for_files 2
must deployment_agree
must deployment_start

# says TEXT WORDS: those are in what the check before said.
says() {
    cp -- "$WORK/said" "$WORK/kept"
    check "$1" grep -qF -- "$2" "$WORK/kept"
}

# ---- What the agreement says --------------------------------------------------------------------

hash=$(kruispunt bag list --bag "$BAG" | sed -n 's/.*register_hash = //p' | head -n 1)
shown=$(kruispunt agreement show --json "$DEPLOYMENT/agreement")
is 'the agreement has the scheme' "$(json_field key_scheme <<<"$shown")" bag-2
is 'the register by its date' "$(json_field register_date <<<"$shown")" 2026-07-01
is 'and by its hash' "$(json_field register_hash <<<"$shown")" "$hash"
check 'doctor finds the register' kruispunt doctor --config "$(config_of svb)"
says 'and says so' 'address register'

# ---- In -----------------------------------------------------------------------------------------

import() { import_signals "$@" --json 2>"$WORK/err"; }
counts() { # NAME of what is said, on standard input
    local said word
    said=$(cat)
    for word in "$@"; do printf '%s ' "$(json_field "$word" <<<"$said")"; done
}
signals() { node_status "$1" --json | json_field signals; }

is 'a dry run says what would come in' \
    "$(import svb "${FILES[0]}" --dry-run | counts read new bad)" '8 6 2 '
is 'and nothing did' "$(signals svb)" 0
is 'one partner in columns' "$(import svb "${FILES[0]}" | counts read new known bad)" '8 6 0 2 '
check 'what is ambiguous is put aside by name' grep -q ambiguous <(import svb "${FILES[0]}")
is 'the other in free text' "$(import uwv "${FILES[1]}" | counts read new bad)" '7 7 0 '
sed 's/^/    /' "$WORK/err"
check_status 'another table of words' 1 import_signals svb "${FILES[0]}" --words <(printf '[everywhere]\nHS = HUIS\n')
says 'is named as such' 'table of words has hash'
check_status 'a folder without the register' 1 import_signals svb "${FILES[0]}" --bag "$WORK/in"
says 'is named with date and hash' "of 2026-07-01 with hash ${hash:0:16}"
sed 's/,0$/,1/' "$WORK/register.csv" >"$WORK/other.csv"
must kruispunt bag import --bag "$WORK/other" --date 2026-07-01 "$WORK/other.csv"
check_status 'another register of that day' 1 import_signals svb "${FILES[0]}" --bag "$WORK/other"
must kruispunt bag import --bag "$BAG" --date 2026-08-01 "$WORK/other.csv"
is 'a newer one beside it changes nothing' "$(import svb "${FILES[0]}" | counts new known)" '0 6 '

# ---- Out ----------------------------------------------------------------------------------------

must run_round
matches --json >"$WORK/matches"
found=$(sed -n 's/.*"house_number": \([0-9]*\), "house_letter": "\([^"]*\)", "addition": "\([^"]*\)", "object": "\([0-9]*\)".*/\1 \2 \3 \4/p' "$WORK/matches" | sort)
check 'what both hold matches, and no neighbour' diff <(printf '%s\n' "$found") - <<'END'
12 A  0363010000000002
14  HS 0363010000000005
14  II 0363010000000006
16   0363010000000007
END
check 'a match names the main address' grep -qF '1234AB 16, Burgemeester van der Meerstraat, Utrecht' \
    <(matches)
check 'with its street and town' grep -qF '"street": "Burgemeester van der Meerstraat", "town": "Utrecht"' \
    "$WORK/matches"
match=$(json_field match <<<"$(grep '"house_number": 16,' "$WORK/matches")")
must kruispunt leader evidence "$match" --config "$DEPLOYMENT/leader/leader.ini" --out "$WORK/evidence"
sed "s,^bag = .*,bag = $WORK/in," "$DEPLOYMENT/leader/leader.ini" >"$DEPLOYMENT/leader/none.ini"
kruispunt leader matches --config "$DEPLOYMENT/leader/none.ini" --json >"$WORK/by_id" 2>"$WORK/err" || true
check 'without it by its id' grep -qF '"address": {"object": "0363010000000007", "area": "1234"}' "$WORK/by_id"
check 'which is said' grep -q 'shown by the ids' "$WORK/err"
check 'evidence with the register' kruispunt verify evidence --bag "$BAG" "$WORK/evidence"
says 'names it too' '1234AB 16, Burgemeester van der Meerstraat, Utrecht'
check 'and without one' kruispunt verify evidence "$WORK/evidence"
says 'the object' 'object 0363010000000007 (1234)'

place='1234AB 16, Burgemeester van der Meerstraat, Utrecht'
check 'a case is opened' kruispunt leader case open "$match" --config "$DEPLOYMENT/leader/leader.ini"
id=$(kruispunt leader cases --config "$DEPLOYMENT/leader/leader.ini" --json | json_field case)
check 'and shown with the main address' grep -qF "address: $place" \
    <(kruispunt leader case show "$id" --config "$DEPLOYMENT/leader/leader.ini")
has_case() { kruispunt node case "$id" --config "$(config_of svb)"; }
must wait_for 20 has_case
check 'at a partner too' grep -qF "address: $place" <(has_case)

# ---- Lists --------------------------------------------------------------------------------------

search() { kruispunt node signals --config "$(config_of svb)" --json "$@" | grep -c indicator || true; }
is 'a search, however it is written' "$(search --address 'burg vd meerstraat 12 a, utrecht')" 1
is 'that is written where nobody else sees it' "$(search --address - <<<'1234AB 12a')" 1
is 'and nothing there' "$(search --address - </dev/null)" 0
is 'of a neighbour' "$(search --address '1234AB 12')" 0
is 'by indicator' "$(search --indicator A)/$(search --indicator B)" 6/0
check_status 'of no address' 1 kruispunt node signals --config "$(config_of svb)" --address 'Postbus 12'

# The same list, differently written, without 20 and with 22; first with a row that is bad.
sed -e 's/^1234AB,20,/1234AB,22,/' -e '/ambiguous\|no address/d' -e 's/^1234AB,12,A,/1234AB,12 A,,/' \
    -e 's/^1235ZZ,3,/1234AB,16,/' "${FILES[0]}" >"$WORK/new.csv"
status=0
import svb "${FILES[0]}" --replace >"$WORK/out" || status=$?
is 'with bad rows nothing is replaced' "$status $(counts unchanged <"$WORK/out")$(signals svb)" '1 true 6'
check 'and says what to do' grep -q 'with --except-bad' <(import_signals svb "${FILES[0]}" --replace 2>/dev/null)
is 'replacing by a list, tried' "$(import svb "$WORK/new.csv" --replace --dry-run | counts new known withdrawn)" '1 5 1 '
is 'changes nothing' "$(search --address '1234AB 20')/$(search --address '1234AB 22')" 1/0
is 'replacing' "$(import svb "$WORK/new.csv" --replace | counts new known withdrawn)" '1 5 1 '
is 'what is there now' "$(search --address '1234AB 20')/$(search --address '1234AB 22')/$(signals svb)" 0/1/6
is 'once more' "$(import svb "$WORK/new.csv" --replace | counts new known withdrawn)" '0 6 0 '
head -n 1 "$WORK/new.csv" >"$WORK/none.csv"
check_status 'nothing is replaced by nothing' 1 import_signals svb "$WORK/none.csv" --replace
import svb - --replace --except-bad --put-aside "$WORK/aside" <"${FILES[0]}" >"$WORK/out"
is 'from standard input, bad rows aside' "$(counts new known withdrawn bad <"$WORK/out")" '1 5 1 2 '
is 'each of which is named once' "$(grep -o '"line"' "$WORK/out" | wc -l)" 2
is 'and put aside once' "$(grep -c '18a' "$WORK/aside")" 1
is 'a withdrawal, tried' "$(kruispunt node withdraw --config "$(config_of svb)" --json --dry-run "${FILES[0]}" 2>/dev/null | counts withdrawn bad)" '6 2 '
is 'and held' "$(signals svb)" 6

finish
