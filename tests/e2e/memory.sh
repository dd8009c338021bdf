#!/usr/bin/env bash
# The coordinator's database, log and memory at the end of a round: no address in any form, and no
# tag below the threshold. The same search finds both in the nodes, so that it is known to find.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/e2e/phases.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/phases.sh"

# Hardened daemons can't be read; these are the same but for that one call.
DAEMON_ENVIRONMENT+=("LD_PRELOAD=$HELPERS/libe2e_dumpable.so")
PHASE_LIMIT=60

mkdir -- "$WORK/files"
make_files "$WORK/files" --partners 3 --signals 150 --truth "$WORK/files/truth"
deploy_files 2

# ---- What is looked for -------------------------------------------------------------------------

# address_patterns: hex, one a line, of every address on standard input (JSON, one an object) in many
# forms: the key, text, JSON, CSV, UTF-16, hex, base64.
address_patterns() {
    grep -o '"postcode": "[^"]*", "house_number": [0-9]*, "house_letter": "[^"]*", "addition": "[^"]*"' |
        sort -u | awk -F '"' '
        BEGIN {
            for (i = 1; i < 128; i++) code[sprintf("%c", i)] = i
            digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        }
        function hex(text,    i, out) {
            for (i = 1; i <= length(text); i++) out = out sprintf("%02x", code[substr(text, i, 1)])
            return out
        }
        function utf16(text, big,    i, out, byte) {
            for (i = 1; i <= length(text); i++) {
                byte = sprintf("%02x", code[substr(text, i, 1)])
                out = out (big ? "00" byte : byte "00")
            }
            return out
        }
        function base64(text,    i, n, out) {
            for (i = 1; i + 2 <= length(text); i += 3) {
                n = code[substr(text, i, 1)] * 65536 + code[substr(text, i + 1, 1)] * 256 + \
                    code[substr(text, i + 2, 1)]
                out = out substr(digits, int(n / 262144) + 1, 1) \
                    substr(digits, int(n / 4096) % 64 + 1, 1) substr(digits, int(n / 64) % 64 + 1, 1) \
                    substr(digits, n % 64 + 1, 1)
            }
            return out
        }
        {
            postcode = $4
            split($7, part, /[ :,]+/)
            number = part[2]
            key = sprintf("%s%05d%1s%-4s", postcode, number, $10, $14)
            spaced = substr(postcode, 1, 4) " " substr(postcode, 5)
            print hex(key)
            print hex(postcode " " number)
            print hex(spaced " " number)
            print hex(tolower(postcode) " " number)
            print hex("\"" postcode "\"")
            print hex(postcode "," number)
            print hex(postcode ";" number)
            print hex(postcode "\t" number)
            print utf16(key, 0)
            print utf16(key, 1)
            print hex(hex(substr(key, 1, 11)))
            print hex(toupper(hex(substr(key, 1, 11))))
            print hex(base64(substr(key, 1, 15)))
            print hex(base64(substr(key, 2, 15)))
            print hex(base64(substr(key, 3, 12)))
        }' | awk 'length($0) >= 16' | sort -u
}

# tag_patterns: of tags in hex on standard input: half of each, in binary and in hex.
tag_patterns() {
    awk '{
        half = substr($0, 1, 32)
        print half
        text = ""
        for (i = 1; i <= 32; i++) {
            c = substr(half, i, 1)
            text = text (c ~ /[0-9]/ ? "3" c : "6" (index("abcdef", c)))
        }
        print text
    }'
}

# search PATTERNS OPTION...: prints how often one of them was found.
search() {
    local patterns=$1
    shift
    "$HELPERS/e2e_memory_search" "$@" <"$patterns" >"$WORK/found" || {
        cat -- "$WORK/found" >&2
        return 1
    }
    sed 's/^/    /' "$WORK/found" >&2
    sed -n 's/^found \([0-9]*\) in .*/\1/p' "$WORK/found"
}

# finds TEXT PATTERNS OPTION... and finds_none: how many there must be.
finds() {
    local text=$1 count
    shift
    count=$(search "$@") || count=error
    if [[ $count != error ]] && ((count > 0)); then
        passed "$text ($count)"
    else
        failed "$text: $count"
    fi
}

finds_none() {
    local text=$1
    shift
    is "$text" "$(search "$@")" 0
}

for name in "${PARTNERS[@]}"; do
    kruispunt node signals --config "$(config_of "$name")" --json
done >"$WORK/signals"
address_patterns <"$WORK/signals" >"$WORK/addresses"
note "$(wc -l <"$WORK/addresses") patterns for addresses"
check 'there are patterns of every form' test "$(wc -l <"$WORK/addresses")" -gt 2000

# ---- While the round goes on --------------------------------------------------------------------

coordinator_pid=$(pid_of "$DEPLOYMENT/coordinator")
finds 'control: the search finds addresses in a file of signals' "$WORK/addresses" \
    --path "$WORK/files/svb.csv"
finds 'control: the search finds addresses in what a node prints' "$WORK/addresses" \
    --path "$WORK/signals"

must bring release
freeze_nodes "$FIRST" "$SECOND"
for name in "${PARTNERS[@]}"; do
    cp -r -- "$(folder_of "$name")/data/store" "$WORK/data.$name"
    "$HELPERS/e2e_release_tags" "$WORK/data.$name" "$(folder_of "$name")/store.key" \
        "$DEPLOYMENT/agreement" "$name" | sort -u >"$WORK/tags.$name" ||
        failed "the release of $name can be read"
done
sort "$WORK"/tags.* | uniq -u | tag_patterns >"$WORK/unmatched"
sort "$WORK"/tags.* | uniq -d | tag_patterns >"$WORK/matched"
is 'as many tags are matched as addresses are' "$(($(wc -l <"$WORK/matched") / 2))" \
    "$(wc -l <"$WORK/files/truth")"
note "$(($(wc -l <"$WORK/unmatched") / 2)) tags below the threshold"
finds_none 'addresses at the coordinator in the middle of the round' "$WORK/addresses" \
    --pid "$coordinator_pid" --path "$DEPLOYMENT/coordinator/data" \
    --path "$DEPLOYMENT/coordinator/log"

thaw_nodes "${PARTNERS[@]}"
must round watch
check_matches 'what the round finds' "$WORK/files/truth"

# ---- At its end ---------------------------------------------------------------------------------

finds_none 'addresses in the memory of the coordinator' "$WORK/addresses" --pid "$coordinator_pid"
finds_none 'addresses in its database and log' "$WORK/addresses" \
    --path "$DEPLOYMENT/coordinator/data" --path "$DEPLOYMENT/coordinator/log"
finds_none 'tags below the threshold in its memory' "$WORK/unmatched" --pid "$coordinator_pid"
finds_none 'tags below the threshold in its database and log' "$WORK/unmatched" \
    --path "$DEPLOYMENT/coordinator/data" --path "$DEPLOYMENT/coordinator/log"
for name in "${PARTNERS[@]}"; do
    finds_none "addresses in the database and log of $name" "$WORK/addresses" \
        --path "$(folder_of "$name")/data" --path "$(folder_of "$name")/log"
done

# ---- The search finds what is in memory ---------------------------------------------------------

# A node's memory has neither: what it keeps of a round is sealed, on disk.
coproc HOLDER {
    text=$(cat -- "$WORK/files/svb.csv" "$WORK/tags.$FAULTY")
    echo there
    read -r _
    : "$text"
}
read -r _ <&"${HOLDER[0]}"
finds 'control: the search finds addresses in the memory of a process' "$WORK/addresses" \
    --pid "$HOLDER_PID"
finds 'control: the search finds tags in the memory of a process' "$WORK/unmatched" \
    --pid "$HOLDER_PID"
echo >&"${HOLDER[1]}"
finish
