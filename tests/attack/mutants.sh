#!/usr/bin/env bash
# mutants.sh ATTACKS README SECURITY: every attack in the program's table has a mutant in which it succeeds,
# the mutant differs from the program in nothing but the checks that the table names, and README.md
# says the same. SECURITY is docs/security.md, whose table of properties names every attack.
set -euo pipefail
attacks=$1 readme=$2 security=$3
folder=$(dirname -- "$attacks")
faults=0
fault() {
    printf '%s\n' "$*" >&2
    faults=$((faults + 1))
}

# The symbols that a program wraps: only they have this name in it.
wrapped() { nm -- "$1" | sed -n 's/.* __wrap_\(kp_[a-z0-9_]*\)$/\1/p' | sort -u; }
ordinary=$(wrapped "$attacks")

declare -A attacks_of
count=0
while read -r name checks; do
    count=$((count + 1))
    attacks_of[$checks]+=" $name"
    row=$(grep "^| \`$name\` |" "$readme") || fault "$readme has no row for $name"
    grep -q "^|.*\`$name\`" "$security" || fault "$security doesn't say which property $name attacks"
    for check in $checks; do
        [[ $row == *"\`$check\`"* ]] || fault "$readme doesn't say that $name needs $check off"
    done
done < <("$attacks" --list)

for checks in "${!attacks_of[@]}"; do
    mutant=$folder/attacks_without_${checks// /-}
    read -ra names <<<"${attacks_of[$checks]}"
    if [[ ! -x $mutant ]]; then
        fault "there is no mutant $mutant for ${names[*]}"
        continue
    fi
    "$mutant" --succeed "${names[@]}" >/dev/null || fault "one of ${names[*]} fails in $mutant"
    off=$(comm -13 <(printf '%s\n' "$ordinary") <(wrapped "$mutant") | tr '\n' ' ')
    [[ $off == "$(tr ' ' '\n' <<<"$checks" | sort -u | tr '\n' ' ')" ]] ||
        fault "$mutant is without $off, and the table says $checks"
done
rows=$(grep -c '^| `[a-z0-9_]*` |' "$readme")
[[ $rows == "$count" ]] || fault "$readme has $rows rows, and there are $count attacks"
[[ $count -gt 0 && $faults == 0 ]] || exit 1
printf '%s attacks, each with a mutant in which it succeeds\n' "$count"
