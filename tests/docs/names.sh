#!/usr/bin/env bash
# names.sh ROOT BUILD GUIDE: everything that GUIDE (docs/review-guide.md) names exists: each file, each
# function defined in the file it is said to be in, each test in ctest's list of BUILD, each rule of the
# verifier; and each property of docs/security.md (section 3) has a section in it, unless it is that page itself.
set -euo pipefail
root=$1 build=$2 guide=$3
faults=0
fault() {
    printf '%s\n' "$*" >&2
    faults=$((faults + 1))
}

# defined FILE NAME: the file defines a function, macro, type or inline of this name, or a case of a test.
defined() {
    case $1 in
    *.c | *.h) grep -Eq "^(#define +$2\b|[a-z].*\b$2\()" "$root/$1" ;;
    *.pml) grep -Eq "^(inline|proctype|active proctype|#define) +$2\b|^#ifn?def +$2\b" "$root/$1" ;;
    *.sh) grep -Eq "^$2\(\)" "$root/$1" ;;
    *.proto) grep -Eq "^message $2 " "$root/$1" ;;
    *) return 1 ;;
    esac
}

tests=$(ctest --test-dir "$build" -N | sed -n 's/^ *Test *#[0-9]*: //p')
rules=$(grep -ohE '"(agreement|log|round|across|evidence|verdict|audit)\.[a-z0-9_.]+"' \
    "$root"/proto/*.[ch] | tr -d '"' | sort -u)

named=0
while read -r name; do
    case $name in
    *'*'*) continue ;;
    *.c | *.h | *.sh | *.pml | *.proto | *.md | *.c:* | *.h:* | *.sh:* | *.pml:* | *.proto:*)
        file=${name%%:*}
        if [[ ! -f $root/$file ]]; then
            fault "$guide names $file, which isn't there"
        elif [[ $name == *:* ]] && ! defined "$file" "${name#*:}"; then
            fault "$guide names ${name#*:}, which $file doesn't define"
        fi
        ;;
    attack_* | unit_* | e2e_* | model | constant_time* | fuzz_* | docs_*)
        grep -qx -- "$name" <<<"$tests" || fault "$guide names the test $name, which ctest doesn't know"
        ;;
    agreement.* | log.* | round.* | across.* | evidence.* | verdict.* | audit.*)
        grep -qx -- "$name" <<<"$rules" || fault "$guide names the rule $name, which no verifier has"
        ;;
    *) continue ;;
    esac
    named=$((named + 1))
done < <(grep -v '^    ' "$guide" | grep -o $'\x60[^\x60]*\x60' | tr -d '\140' | sort -u)

while read -r property; do
    [[ $guide == */docs/security.md ]] || grep -q "^## $property " "$guide" || fault "$guide has no section $property"
done < <(sed -n 's/^### \(3\.[0-9]*\) .*/\1/p' "$root/docs/security.md")

printf '%d names, %d wrong\n' "$named" "$faults"
[[ $named -gt 0 && $faults == 0 ]]
