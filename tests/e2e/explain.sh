#!/usr/bin/env bash
# `kruispunt address explain` and `address words` as commands: one line of JSON for every line, whatever is in it; exit
# statuses; with and without a register. What becomes of which spelling stands in tests/vectors/addresses.
#
#   explain.sh KRUISPUNT
set -euo pipefail
export LC_ALL=C.UTF-8

kruispunt=$1
here=$(cd -- "$(dirname -- "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    printf 'explain.sh: %s\n' "$1" >&2
    exit 1
}

# equal WHAT GOT EXPECTED
equal() {
    [[ $2 == "$3" ]] || fail "$1: \"$2\", not \"$3\""
}

# status EXPECTED COMMAND...
status() {
    local got=0
    "${@:2}" >"$work/out" 2>"$work/err" || got=$?
    equal "exit status of ${*:2}" "$got" "$1"
}

explain=("$kruispunt" address explain)
"$kruispunt" bag import --bag "$work/bag" "$here/../vectors/addresses/numbers.csv" >/dev/null 2>&1

# Every verdict is exit 0, and every key is there.
for text in '1234AB 12' '1234AG 70A' '1234AB 13' 'Postbus 12' ''; do
    status 0 "${explain[@]}" --bag "$work/bag" --json "$text"
    for key in verdict object nummeraanduiding rule candidates; do
        grep -q "\"$key\": " "$work/out" || fail "\"$text\": no $key"
    done
    equal "lines for \"$text\"" "$(wc -l <"$work/out")" 1
done

# The words of the command line are one address, and options stand anywhere.
for words in '1234AB 12 -2' '1234AB 12-2 --json' '--json 1234 AB 12 2'; do
    # shellcheck disable=SC2086
    status 0 "${explain[@]}" --bag "$work/bag" $words
    grep -q 0363200000000007 "$work/out" || fail "$words"
done
status 0 "${explain[@]}" --bag "$work/bag" 1234AC 20 III hoog
grep -q 'resolved (words): object 0363010000000017, nummeraanduiding 0363200000000017' "$work/out" ||
    fail "as text"

# Candidates as addresses: a person is to choose one.
status 0 "${explain[@]}" --bag "$work/bag" 1234AG 70A
grep -qx '  candidate: 0363200000000066 = Voorbeeldstraat 70 A, 1234AG Utrecht' "$work/out" &&
    grep -qx '  candidate: 0363200000000067 = Voorbeeldstraat 70-A, 1234AG Utrecht' "$work/out" || fail "candidates"
printf 'adres\n1234AG 70A\n' >"$work/file.csv"
status 0 "$kruispunt" address check --bag "$work/bag" --show "$work/file.csv"
grep -q '^line 2: ambiguous (literal): 1234AG 70A; candidates: 0363200000000066 = Voorbeeldstraat 70 A, 1234AG' \
    "$work/out" || fail "candidates of a file"

# A line of JSON for each line of input.
{
    printf '\357\273\2771234AB 12\r\n\n   \n1234AB 12\0x\n1234AB\240 12\n1234AB 12 \201\n'
    head -c 200000 /dev/zero | tr '\0' 'a'
    printf '\n1234AB "12"\\\n1234AB 12\001\n1234AB 14'
} >"$work/lines"
status 0 "${explain[@]}" --bag "$work/bag" --json - <"$work/lines"
equal "verdicts of lines" "$(sed 's/.*"verdict": "\([a-z]*\)", "rule": "\([a-z-]*\)".*/\1 \2/' "$work/out" |
    paste -sd,)" "resolved literal,refused empty,refused empty,refused not-text,resolved literal,refused not-text,\
refused too-long,refused no-number,refused not-text,resolved literal"
if command -v python3 >/dev/null; then
    python3 -c 'import json, sys; [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]' "$work/out" ||
        fail "not JSON"
fi

# Without a register: the text form, and it says so.
if [[ ! -e /var/lib/kruispunt/bag/current ]]; then
    status 0 "${explain[@]}" --json 1234AB 12a
    grep -q '"verdict": "resolved", "rule": "text", "object": null, "nummeraanduiding": null' "$work/out" ||
        fail "without a register"
    grep -q 'no address register' "$work/err" || fail "doesn't say that there is no register"
fi

# Wrong usage.
status 2 "${explain[@]}" --bag "$work/nothing" 1234AB 12
status 2 "${explain[@]}" --bag "$work/bag"
status 2 "${explain[@]}" --bag "$work/bag" --words "$work/nothing" 1234AB 12

# A table of one's own: the one that is built in, with a row for a town.
"$kruispunt" address words >"$work/words"
equal "hash of the table" "$("$kruispunt" address words "$work/words")" "$("$kruispunt" address words --hash)"
printf '\n[town Utrecht]\nZW = NOIR\n' >>"$work/words"
[[ $("$kruispunt" address words "$work/words") != "$("$kruispunt" address words --hash)" ]] || fail "same hash"
status 0 "${explain[@]}" --bag "$work/bag" --words "$work/words" --json 1234AE 40 noir
grep -q '"object": "0363010000000033"' "$work/out" || fail "a row of one's own"
status 0 "${explain[@]}" --bag "$work/bag" --json 1234AE 40 noir
grep -q '"verdict": "unknown"' "$work/out" || fail "a row that isn't there"
printf '[everywhere]\nHS\n' >"$work/words"
status 1 "${explain[@]}" --bag "$work/bag" --words "$work/words" 1234AB 12
grep -q 'line 2' "$work/err" || fail "a bad table's line"
