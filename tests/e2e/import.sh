#!/usr/bin/env bash
# Signals in: what a file may look like, what is said about bad rows, and that what was acknowledged
# is there after kill -9.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

HEADER=postcode,house_number,house_letter,addition,indicator,grounds,observed_on
PARTNERS=(svb uwv)
must deployment_create "$WORK/deployment" "${PARTNERS[@]}"
{
    draft_agreement '1234 1235' 1000 100 25 2
    draft_member svb A B 'code with spaces'
    draft_member uwv A
} >"$DEPLOYMENT/draft.ini"
must deployment_agree
must deployment_start

import() { import_signals svb "$@"; }

# counts TEXT READ NEW KNOWN BAD FILE [OPTION...]: what the import says.
counts() {
    local text=$1 expected="$2 $3 $4 $5" file=$6 said word found=''
    shift 6
    said=$(import "$file" --json "$@" 2>"$WORK/bad") || true
    for word in read new known bad; do
        found+="$(json_field "$word" <<<"$said") "
    done
    is "$text: read, new, known, bad" "${found% }" "$expected"
}

# What the node has: address, indicator and day, sorted.
has() {
    kruispunt node signals --config "$(config_of svb)" --json | sed -n 's/.*"postcode": "\([^"]*\)", "house_number": \([0-9]*\), "house_letter": "\([^"]*\)", "addition": "\([^"]*\)"}, "indicator": "\([^"]*\)".*"observed_on": "\([^"]*\)".*/\1 \2 \3,\4 \5 \6/p' | sort
}

signals() { node_status svb --json | json_field signals; }

# ---- Forms --------------------------------------------------------------------------------------

printf '%s\n' "$HEADER" '1234AB,1,A,,A,first,2025-02-01' '1234AB,2,,II,B,,2025-02-02' >"$WORK/plain.csv"
counts 'a plain file' 2 2 0 0 "$WORK/plain.csv"
is 'what the node has' "$(has)" $'1234AB 1 A, A 2025-02-01\n1234AB 2 ,II B 2025-02-02'
counts 'the same file again' 2 0 2 0 "$WORK/plain.csv"
is 'nothing changed' "$(has)" $'1234AB 1 A, A 2025-02-01\n1234AB 2 ,II B 2025-02-02'

{
    printf '\xef\xbb\xbf'
    printf '%s\r\n' 'GRONDSLAG; Datum ;Opmerking;huisNUMMER;Huisletter;HUISNUMMERTOEVOEGING;Postcode;indicator' \
        '"eerste; ""tweede""";03-02-2025;x;00003; b ;;1234 ab; A ' \
        '"over
twee regels";2025-02-04;;4;;"a1";"1234AB";A' \
        ';05-02-2025;;5;;;1235zz;B' \
        'first;01-02-2025;;1;a;;1234ab;A'
    printf ';06-02-2025;;6;;;1235ZZ;A' # no line end
} >"$WORK/dutch.csv"
counts 'Dutch names, semicolons, CRLF, BOM, quotes, spaces' 6 3 1 2 "$WORK/dutch.csv"
sed 's/^/    /' "$WORK/bad"
check 'what the node has' diff <(has) - <<'END'
1234AB 1 A, A 2025-02-01
1234AB 2 ,II B 2025-02-02
1234AB 3 B, A 2025-02-03
1235ZZ 5 , B 2025-02-05
1235ZZ 6 , A 2025-02-06
END

# Without the columns that may be missing, and with lines in a column that isn't ours.
printf '%s\n' 'x,observed_on,grounds,indicator,house_number,postcode' '"a' 'b",2025-03-01,,A,7,1234AB' \
    >"$WORK/short.csv"
counts 'without letter and addition, with lines in a remark' 1 1 0 0 "$WORK/short.csv"

printf '%s\n' "$HEADER" '1234AB,8,,,A,,2025-03-01' | import - >/dev/null
check 'standard input' grep -q '^1234AB 8 ' <(has)

# ---- Bad rows -----------------------------------------------------------------------------------

before=$(signals)
printf '%s\n' "$HEADER" '1234AB,10,,,A,,2025-03-01' '0234AB,10,,,A,,2025-03-01' \
    '1234A,10,,,A,,2025-03-01' '1234AB,t/o 12,,,A,,2025-03-01' '1234AB,0,,,A,,2025-03-01' \
    '1234AB,100000,,,A,,2025-03-01' '1234AB,2025-02-10,,,A,,2025-03-01' 'Postbus,10,,,A,,2025-03-01' \
    '1234AB,10,,ABCDE,A,,2025-03-01' '1234AB,10,,A?B,A,,2025-03-01' '1234AB,10,,,,,2025-03-01' \
    '1234AB,10,,,A,,2025-02-30' '1234AB,10,,,A,,soon' '1234AB,10,,,A,' '1234AB,10,,,A,,2025-03-01,x' \
    '1234AB,"10,,,A,,2025-03-01' '1234AB,11,,,A,,2025-03-01' >"$WORK/bad.csv"
check_status '--strict refuses the whole file' 1 import "$WORK/bad.csv" --strict
is '--strict: nothing came in' "$(signals)" "$before"
check_status 'without --strict it is done' 0 import "$WORK/bad.csv"
is 'the good rows came in' "$(signals)" "$((before + 2))"
counts 'bad rows' 17 0 2 15 "$WORK/bad.csv"
import "$WORK/bad.csv" >/dev/null 2>"$WORK/bad" || true
for line in 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17; do
    check "line $line is named" grep -q "line $line\b" "$WORK/bad"
done
for reason in '3, column postcode' '6, column house_number' '8, column house_number' \
    '10, column addition' '12, column indicator' '13, column observed_on'; do
    check "its column and a reason: $reason" grep -q "line $reason: ." "$WORK/bad"
done
check 'no value is repeated' bash -c '! grep -qE "12a|ABCDE|2025-02-30|100000|soon" "$1"' - "$WORK/bad"

printf 'postcode,indicator\n1234AB,A\n' >"$WORK/no-number.csv"
check_status 'a column that is missing' 1 import "$WORK/no-number.csv"
: >"$WORK/empty.csv"
check_status 'an empty file' 1 import "$WORK/empty.csv"
printf '%s\n' "$HEADER" >"$WORK/header.csv"
counts 'a header alone' 0 0 0 0 "$WORK/header.csv"
head -c 100000 /dev/urandom >"$WORK/random.csv"
check_status 'random bytes' 1 import "$WORK/random.csv"
check_status 'a file that is not there' 2 import "$WORK/nowhere.csv"
check_status 'no file' 2 kruispunt node import --config "$(config_of svb)"

# ---- Other kinds of files, and columns by other names ---------------------------------------------

must python3 -B "$ROOT/tests/e2e/workbooks.py" plain "$WORK/book.xlsx"
counts 'a workbook, with one row put aside' 3 2 0 1 "$WORK/book.xlsx" --put-aside "$WORK/aside.csv"
is 'which row that was' "$(sed -n 's/^\([^;]*;[^;]*\);.*;4;refused;spreadsheet-date;.*/\1/p' "$WORK/aside.csv")" '1234AB;2026-02-12'
counts 'the same from standard input' 3 0 2 1 - <"$WORK/book.xlsx"
counts 'and its other sheet' 1 1 0 0 "$WORK/book.xlsx" --sheet 'Ander blad'
printf '%s\n' '{"where": "1234 AB 12", "indicator": "A", "grounds": "x", "observed_on": "2025-03-01"}' >"$WORK/lines.json"
check_status 'JSON lines with a column that nobody knows' 1 import "$WORK/lines.json"
counts 'JSON lines, the same signal as in the workbook' 1 0 1 0 "$WORK/lines.json" --columns address=where
printf '\n[columns]\naddress = where\nvalid_until = "odd", he said\n' >>"$(config_of svb)"
check_status 'the configuration names a column that is not there' 1 import "$WORK/lines.json"
sed -i '/^valid_until/d' "$(config_of svb)"
counts 'columns by the configuration' 1 0 1 0 "$WORK/lines.json"
counts 'the command line goes before it' 2 0 2 0 "$WORK/plain.csv" --columns indicator=indicator
sed -i '/^\[columns\]/,$d' "$(config_of svb)"
before=$(signals)
said=$(kruispunt node withdraw "$WORK/book.xlsx" --config "$(config_of svb)" --json 2>/dev/null)
is 'the workbook withdraws what it imported' "$(json_field withdrawn <<<"$said") $((before - $(signals)))" '2 2'

# ---- What doesn't count -------------------------------------------------------------------------

printf '%s\n' "$HEADER" '1234AB,20,,,unknown,,2025-03-01' '9999XX,20,,,A,,2025-03-01' \
    '1234AB,21,,,code with spaces,,2025-03-01' \
    >"$WORK/other.csv"
said=$(import "$WORK/other.csv" --json)
is 'kept, though the agreement does not have its indicator' \
    "$(json_field unregistered_indicator <<<"$said")" 1
is 'kept, though outside the area' "$(json_field outside_area <<<"$said")" 1

printf '%s\n' "$HEADER,doel,geldig_tot" '1234AB,30,,,A,,2025-03-01,zorg,' \
    '1234AB,31,,,A,,2025-03-01,handhaving,31-12-2025' '1234AB,32,,,A,,2025-03-01,,2199-12-31' \
    >"$WORK/purposes.csv"
said=$(import "$WORK/purposes.csv" --json)
is 'kept, though of another purpose' "$(json_field other_purpose <<<"$said")" 1
is 'kept, though past its last day' "$(json_field past_date <<<"$said")" 1
said=$(node_status svb --json)
is 'the status counts the other purpose' "$(json_field other_purpose <<<"$said")" 1
is 'the status counts what is past' "$(json_field past_date <<<"$said")" 1
check 'they are shown with it' grep -q '"purpose": "care", "valid_until": ""' \
    <(kruispunt node signals --config "$(config_of svb)" --json)

# ---- A list in the place of all, through a pipe -------------------------------------------------

mkfifo "$WORK/pipe"
printf '%s\n' "$HEADER" '1234AB,40,,,A,,2025-03-01' '1234AB,41,,,A,,2025-03-01' >"$WORK/list.csv"
cat "$WORK/list.csv" >"$WORK/pipe" &
check 'replaced by what comes through a pipe' timeout 30 "$KP_BUILD/kruispunt" node import \
    --config "$(config_of svb)" --replace "$WORK/pipe"
is 'what the node has then' "$(has)" $'1234AB 40 , A 2025-03-01\n1234AB 41 , A 2025-03-01'

# ---- Never lost ---------------------------------------------------------------------------------

lost=0
for ((i = 1; i <= 15; i++)); do
    before=$(signals)
    {
        printf '%s\n' "$HEADER"
        for ((j = 1; j <= 20; j++)); do
            printf '1235AB,%d,,,A,,2025-04-01\n' $((i * 100 + j))
        done
    } >"$WORK/part.csv"
    must import "$WORK/part.csv"
    kill_in "$(folder_of svb)"
    must start_node svb
    (($(signals) == before + 20)) || lost=$((lost + 1))
done
is 'kill -9 right after the acknowledgement, 15 times: losses' "$lost" 0

# In the middle of a large file: what came in is whole, and the same file again makes it complete.
before=$(signals)
{
    printf '%s\n' "$HEADER"
    for ((i = 1; i <= 30000; i++)); do
        printf '1235CD,%d,,,A,some grounds,2025-04-01\n' "$i"
    done
} >"$WORK/large.csv"
import "$WORK/large.csv" >"$WORK/large.out" 2>&1 &
importer=$!
wait_for 20 bash -c '[[ $("$@" | grep -o "signals\": [0-9]*" | grep -o "[0-9]*") -gt '"$before"' ]]' - \
    "$KP_BUILD/kruispunt" node status --config "$(config_of svb)" --json || note 'no part was seen'
kill_in "$(folder_of svb)"
status=0
wait "$importer" || status=$?
note "import ended with status $status: $(tail -n 1 "$WORK/large.out")"
must start_node svb
check 'after kill -9 in the middle: the node is whole' test "$(signals)" -ge "$before"
note "$(($(signals) - before)) signals had come in"
check 'the same file again' import "$WORK/large.csv"
is 'and all are there, once' "$(signals)" "$((before + 30000))"

must stop_node svb
check_status 'a node that does not run' 3 import "$WORK/plain.csv"
must start_node svb
is 'no contents in the log' "$(grep -cE '123[45] ?[A-Za-z]{2}|grounds|eerste' "$DEPLOYMENT/svb/log")" 0
finish
