#!/usr/bin/env bash
# Partners' files of every kind, as `address check` and `node check` read them; and hostile ones, in
# bounded memory.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

HEADER=postcode,house_number,addition,indicator,grounds,observed_on
export HOME=$WORK

workbook() { must python3 -B "$ROOT/tests/e2e/workbooks.py" "$1" "$WORK/$1.xlsx"; }

# address FILE [OPTION...]: its summary.
address() { kruispunt address check "$@" 2>"$WORK/notes"; }

# verdicts TEXT RESOLVED OTHERS BAD FILE [OPTION...]: the rows that are an address, those that aren't,
# and what are no rows.
verdicts() {
    local text=$1 expected="$2 $3 $4" said rows resolved bad
    shift 4
    said=$(address "$@" --json) || true
    rows=$(json_field rows <<<"$said")
    resolved=$(json_field resolved <<<"$said")
    bad=$(sed -n 's/.*"bad": {"rows": \([0-9]*\).*/\1/p' <<<"$said")
    is "$text: addresses, others, bad" "$resolved $((${rows:-0} - ${resolved:-0} - ${bad:-0})) $bad" "$expected"
}

# refused TEXT WORDS COMMAND...: exit status 1 or 2, and these words.
refused() {
    local text=$1 words=$2 status=0
    shift 2
    "$@" >"$WORK/said" 2>&1 || status=$?
    if ((status == 1 || status == 2)) && grep -qF -- "$words" "$WORK/said"; then
        passed "$text"
    else
        failed "$text: status $status"
        head -n 5 "$WORK/said" | cut -c 1-300
    fi
}

# ---- Kinds and encodings ------------------------------------------------------------------------

printf '%s\n' "$HEADER" '1234AB,12,,A,x,2025-03-01' '1234AB,14,2,A,café,2025-03-02' 'x,14,2,A,,2025-03-02' \
    >"$WORK/comma.csv"
verdicts 'CSV with commas' 2 1 0 "$WORK/comma.csv"
sed 's/,/\t/g' "$WORK/comma.csv" >"$WORK/tab.txt"
verdicts 'with tabs' 2 1 0 "$WORK/tab.txt"
iconv -f utf-8 -t windows-1252 <"$WORK/comma.csv" >"$WORK/latin.csv"
verdicts 'in Windows-1252' 2 1 0 "$WORK/latin.csv"
check 'which is said' grep -q 'read as Windows-1252' "$WORK/notes"
iconv -f utf-8 -t utf-16 <"$WORK/comma.csv" >"$WORK/utf-16.csv"
verdicts 'in UTF-16' 2 1 0 "$WORK/utf-16.csv"
verdicts 'in UTF-8, as is said' 1 1 1 "$WORK/latin.csv" --encoding utf-8
printf '{"postcode": "1234AB", "house_number": 12}\n{"postcode": "1234AB", "house_number": "14"}\n' \
    >"$WORK/lines.json"
verdicts 'JSON lines' 2 0 0 "$WORK/lines.json"
verdicts 'JSON lines from standard input' 2 0 0 - <"$WORK/lines.json"

workbook plain
verdicts 'a workbook' 2 1 0 "$WORK/plain.xlsx"
check 'whose columns are familiar' grep -qF 'read as: postcode = "Postcode", house_number = "Huis nr"' "$WORK/notes"
check 'whose sheet is named' grep -qF 'sheet "Signalen", the first of 2' "$WORK/notes"
check 'a date where a house number was is named so' \
    grep -q 'spreadsheet-date .* line 4$' <(address "$WORK/plain.xlsx")
verdicts 'a workbook from standard input' 2 1 0 - <"$WORK/plain.xlsx"
verdicts 'another sheet' 1 0 0 "$WORK/plain.xlsx" --sheet 'Ander blad'
refused 'a sheet that is not there' 'it has "Signalen", "Ander blad"' \
    kruispunt address check "$WORK/plain.xlsx" --sheet x
refused 'a sheet of a file that has none' 'it is no workbook' \
    kruispunt address check "$WORK/comma.csv" --sheet x

# The same file for signals.
check 'the workbook as signals' kruispunt node check "$WORK/plain.xlsx"
is 'its good rows' "$(kruispunt node check "$WORK/plain.xlsx" --json 2>/dev/null | json_field rows)" 2

# ---- Columns ------------------------------------------------------------------------------------

printf '%s\n' 'a,"b, c",nummer,huisnr' '1234AB,12,7,9' >"$WORK/odd.csv"
refused 'columns that nobody knows' 'no column "postcode"' \
    kruispunt address check "$WORK/odd.csv" --columns house_number=nummer
refused 'two that may be one' '"nummer" or "huisnr"' kruispunt address check "$WORK/odd.csv" --columns postcode=a
verdicts 'columns that are said' 1 0 0 "$WORK/odd.csv" --columns 'postcode=a,house_number="b, c"'
refused 'a field that is none' 'is no field' kruispunt address check "$WORK/odd.csv" --columns pc=a

# ---- Rows that are put aside --------------------------------------------------------------------

check 'put aside' address "$WORK/comma.csv" --put-aside "$WORK/aside.csv"
is 'for its owner only' "$(stat -c %a "$WORK/aside.csv")" 600
is 'one row and a header' "$(wc -l <"$WORK/aside.csv")" 2
check 'with where it came from and why' grep -q '^x;14;2;A;;2025-03-02;4;refused;bad-postcode;' "$WORK/aside.csv"
refused 'never over another file' 'is there already' kruispunt address check "$WORK/comma.csv" \
    --put-aside "$WORK/aside.csv"
sed -i 's/^x;/1234AB;/' "$WORK/aside.csv"
verdicts 'mended, it can be read as it is' 1 0 0 "$WORK/aside.csv" --put-aside "$WORK/none.csv"
check 'no file without rows' test ! -e "$WORK/none.csv"

# ---- Hostile files, in bounded memory ------------------------------------------------------------

# Sanitizers take terabytes of addresses for themselves.
MEMORY=$((512 * 1024))
((${KP_SLOW:-1} > 1)) && MEMORY=unlimited
LONG=$((2 << 30))
((${KP_SLOW:-1} > 1)) && LONG=$((64 << 20))

bounded() (
    ulimit -v "$MEMORY"
    kruispunt address check "$@"
)

long_line() {
    printf '%s\n' "$HEADER" '1234AB,12,,A,x,2025-03-01'
    head -c "$LONG" /dev/zero | tr '\0' "$1"
    printf '\n%s\n' '1234AB,14,,A,x,2025-03-01'
}
said=$(long_line x | bounded - --json 2>"$WORK/notes")
is 'a line of 2 GB is one bad row' "$(json_field rows <<<"$said") $(json_field resolved <<<"$said")" '3 2'
check 'with its reason' grep -q 'line 3: longer than 65536 bytes' "$WORK/notes"
deep_line() {
    printf '{"postcode": "1234AB", "house_number": 12}\n{"postcode":'
    head -c 60000 /dev/zero | tr '\0' '['
    printf '\n{"a":'
    head -c $((LONG / 8)) /dev/zero | tr '\0' '['
    printf '\n{"postcode": "1234AB", "house_number": 14}\n'
}
said=$(deep_line | bounded - --json 2>"$WORK/notes")
is 'deep JSON: bad rows' "$(json_field rows <<<"$said") $(json_field resolved <<<"$said")" '4 2'
check 'with its reason' grep -q 'line 2: an object or a list within it' "$WORK/notes"
printf '%s\n' "$HEADER" '1234AB,1\0,,A,x,2025-03-01' | sed 's/\\0/\x00/' >"$WORK/nul.csv"
verdicts 'NULs are a bad row' 0 0 1 "$WORK/nul.csv"
refused 'nothing but NULs' 'NUL' bounded - < <(head -c 1000 /dev/zero; echo)
refused 'a million of them' 'longer than 65536 bytes' bounded - < <(head -c 1000000 /dev/zero)
refused 'without an end' 'longer than 65536 bytes' bounded - </dev/zero
for kind in entities external bomb tag nested cell cut listed; do
    workbook "$kind"
done
refused 'an entity bomb' 'DOCTYPE' bounded "$WORK/entities.xlsx"
refused 'an entity from outside' 'DOCTYPE' bounded "$WORK/external.xlsx"
refused 'a zip bomb' 'unpacks to more than such a file may' bounded "$WORK/bomb.xlsx"
refused 'a tag without end' 'too long to be read' bounded "$WORK/tag.xlsx"
refused 'elements nested without end' 'nested too deep' bounded "$WORK/nested.xlsx"
refused 'half a million files in it' 'too long for any workbook' bounded "$WORK/listed.xlsx"
refused 'XML that is cut off' 'XML' bounded "$WORK/cut.xlsx"
verdicts 'a cell of 20 MB is a bad row' 0 0 1 "$WORK/cell.xlsx"
head -c 700 "$WORK/plain.xlsx" >"$WORK/half.xlsx"
refused 'a zip that is cut off' 'unpacked' bounded "$WORK/half.xlsx"
printf '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1' >"$WORK/old.xls"
refused 'a workbook of the old kind, or with a password' 'without a password' bounded "$WORK/old.xls"
refused 'a folder' 'directory' bounded "$WORK"
finish
