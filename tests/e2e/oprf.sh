#!/bin/bash
# RFC 9497's vectors through the built program, both modes; then what must be refused, and a run with
# blinds and proofs drawn by the program itself.
# usage: oprf.sh PATH/TO/kruispunt
set -euo pipefail

kruispunt=$(realpath "${1:?usage: oprf.sh PATH/TO/kruispunt}")
vectors=$(dirname "$(realpath "$0")")/../vectors/rfc9497_ristretto255_sha512.txt
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
checks=0

# same WHAT EXPECTED GOT
same() {
    checks=$((checks + 1))
    if [ "$2" != "$3" ]; then
        echo "FAILED: $1"
        echo "  expected: $2"
        echo "  got:      $3"
        failures=$((failures + 1))
    fi
}

# refused STATUS WHAT ARGUMENT...: the exit status, a text on standard error, nothing on standard
# output but what verify says.
refused() {
    local expected=$1 what=$2 status=0
    shift 2
    "$kruispunt" oprf "$@" >"$work/out" 2>"$work/err" || status=$?
    same "$what: exit status" "$expected" "$status"
    same "$what: output" "${refused_output-}" "$(cat "$work/out")"
    checks=$((checks + 1))
    if ! grep -q "^kruispunt oprf $1: ." "$work/err"; then
        echo "FAILED: $what: no error text"
        failures=$((failures + 1))
    fi
}

# A list as JSON: a string for one item, an array for several or with "array".
json_list() {
    local list=$1 form=${2-}
    if [ "$form" != array ] && [[ $list != *,* ]]; then
        printf '"%s"' "$list"
    else
        printf '["%s"]' "${list//,/\", \"}"
    fi
}

declare -A v=()

run_vector() {
    local mode=oprf public proof=
    if [ "${v[mode]}" = 01 ]; then
        mode=voprf
        proof=", \"proof\": \"${v[proof]}\""
    fi
    local name="vector $count ($mode)"

    local key
    key=$("$kruispunt" oprf derive-key --mode $mode --seed "${v[seed]}" --info "${v[key_info]}")
    public=${key##*\"pk\": \"}
    public=${public%\"\}}
    same "$name: derive-key" "{\"sk\": \"${v[secret_key]}\", \"pk\": \"${v[public_key]-$public}\"}" "$key"

    same "$name: blind" \
        "{\"blind\": $(json_list "${v[blind]}"), \"blinded_element\": $(json_list "${v[blinded]}")}" \
        "$("$kruispunt" oprf blind --mode $mode --input "${v[input]}" --blind "${v[blind]}")"

    local options=(--mode "$mode" --sk "${v[secret_key]}" --blinded "${v[blinded]}")
    if [ $mode = voprf ]; then
        options+=(--proof-random "${v[random]}")
    fi
    same "$name: evaluate" \
        "{\"evaluation_element\": $(json_list "${v[evaluated]}" array)$proof}" \
        "$("$kruispunt" oprf evaluate "${options[@]}")"

    if [ $mode = voprf ]; then
        same "$name: verify" '{"valid": true}' \
            "$("$kruispunt" oprf verify --mode voprf --pk "$public" --blinded "${v[blinded]}" \
                --evaluated "${v[evaluated]}" --proof "${v[proof]}")"
    fi
    same "$name: finalize" "{\"output\": $(json_list "${v[output]}")}" \
        "$("$kruispunt" oprf finalize --mode $mode --input "${v[input]}" --blind "${v[blind]}" \
            --evaluated "${v[evaluated]}")"
}

count=0
while IFS= read -r line || [ -n "$line" ]; do
    case $line in
    '#'*) ;;
    '')
        if [ ${#v[@]} -gt 0 ]; then
            count=$((count + 1))
            run_vector
            v=()
        fi
        ;;
    *) v[${line%% = *}]=${line#* = } ;;
    esac
done < <(cat "$vectors" && echo)
same "number of vectors" 5 "$count"

# ---- what must be refused ----

zero=0000000000000000000000000000000000000000000000000000000000000000
one=0100000000000000000000000000000000000000000000000000000000000000
order=edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010
negative=0100000000000000000000000000000000000000000000000000000000000000
not_a_field_element=ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f
off_the_curve=26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371
key=5ebcea5ee37023ccb9fc2d2019f9d7737be85591ae8652ffa9ef0f4d37063b0e
blinded=609a0ae68c15a3cf6903766461307e5c8bb2f95e7e6550e1ffa2dc99e412803c

for element in $zero $negative $not_a_field_element $off_the_curve; do
    refused 1 "evaluate $element" evaluate --sk $key --blinded "$element"
    refused 1 "evaluate a good one and $element" evaluate --sk $key --blinded "$blinded,$element"
    refused 1 "finalize $element" finalize --input 00 --blind $one --evaluated "$element"
done
for scalar in $zero $order; do
    refused 1 "evaluate under $scalar" evaluate --sk "$scalar" --blinded $blinded
    refused 1 "blind with $scalar" blind --input 00 --blind "$scalar"
    refused 1 "finalize with $scalar" finalize --input 00 --blind "$scalar" --evaluated $blinded
    refused 1 "prove with $scalar" evaluate --mode voprf --sk $key --blinded $blinded \
        --proof-random "$scalar"
done

for hex in 0 0g ABCD "${blinded^^}" "${blinded}00" "${blinded% *} " "${blinded:2}" "" "$blinded," \
    ",$blinded" 0x00 @/nonexistent; do
    refused 2 "evaluate '$hex'" evaluate --sk $key --blinded="$hex"
    refused 2 "evaluate under '$hex'" evaluate --sk="$hex" --blinded $blinded
done
refused 2 "odd input" blind --input 000
refused 2 "capitals in an input" blind --input AB
refused 2 "more blinds than inputs" blind --input 00 --blind $one,$one
refused 2 "a short seed" derive-key --seed 00
refused 2 "a mode that isn't there" blind --mode poprf --input 00
refused 2 "no input" blind
refused 2 "an option twice" blind --input 00 --input 01
refused 2 "an unknown option" blind --input 00 --blnd $one
refused 2 "an operand" blind --input 00 11
refused 2 "verify without a proof" verify --mode oprf --pk $blinded --blinded $blinded \
    --evaluated $blinded --proof $one$one
refused 2 "a proof's r without a proof" evaluate --sk $key --blinded $blinded --proof-random $one
refused 2 "standard input twice" evaluate --sk - --blinded -

# ---- a run of our own: inputs in files, among them an empty one ----

key=$("$kruispunt" oprf derive-key --mode voprf --seed "$(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n')")
field() {
    sed -E "s/.*\"$1\": (\"([^\"]*)\"|\[([^]]*)\]).*/\2\3/; s/[\" ]//g" <<<"$2"
}
field sk "$key" >"$work/sk"
public=$(field pk "$key")
printf ' 00,,5a5a5a\n' >"$work/input"
blinding=$("$kruispunt" oprf blind --mode voprf --input @"$work/input")
field blind "$blinding" >"$work/blind"
blinded=$(field blinded_element "$blinding")
evaluation=$("$kruispunt" oprf evaluate --mode voprf --sk - --blinded "$blinded" <"$work/sk")
evaluated=$(field evaluation_element "$evaluation")
proof=$(field proof "$evaluation")
same "verify our own" '{"valid": true}' \
    "$("$kruispunt" oprf verify --pk "$public" --blinded "$blinded" --evaluated "$evaluated" --proof "$proof")"

refused_output='{"valid": false}'
refused 1 "a proof for elements in another order" verify --pk "$public" \
    --blinded "${blinded#*,},${blinded%%,*}" --evaluated "$evaluated" --proof "$proof"
refused 1 "a proof under another key" verify --pk "${evaluated%%,*}" --blinded "$blinded" \
    --evaluated "$evaluated" --proof "$proof"
refused 1 "a changed proof" verify --pk "$public" --blinded "$blinded" --evaluated "$evaluated" \
    --proof "$(tr 0-9a-f 1-9a-f0 <<<"${proof:0:1}")${proof:1}"
refused 1 "a proof that isn't reduced" verify --pk "$public" --blinded "$blinded" \
    --evaluated "$evaluated" --proof "${proof:0:64}$order"
refused 1 "the identity as a public key" verify --pk $zero --blinded "$blinded" \
    --evaluated "$evaluated" --proof "$proof"
unset refused_output

# Blinding again gives other elements and the same outputs.
outputs=$("$kruispunt" oprf finalize --input @"$work/input" --blind @"$work/blind" --evaluated "$evaluated")
blinding=$("$kruispunt" oprf blind --mode voprf --input @"$work/input")
checks=$((checks + 1))
if [ "$(field blinded_element "$blinding")" = "$blinded" ]; then
    echo "FAILED: two blindings are the same"
    failures=$((failures + 1))
fi
evaluation=$("$kruispunt" oprf evaluate --mode voprf --sk @"$work/sk" \
    --blinded "$(field blinded_element "$blinding")")
same "outputs do not depend on the blinds" "$outputs" \
    "$("$kruispunt" oprf finalize --input - --blind "$(field blind "$blinding")" \
        --evaluated "$(field evaluation_element "$evaluation")" <"$work/input")"

for command in derive-key blind evaluate verify finalize; do
    help=$("$kruispunt" oprf $command --help)
    same "$command --help" "usage: kruispunt oprf $command" "$(head -1 <<<"$help" | cut -d' ' -f1-4)"
done

echo "$checks checks, $failures failed"
[ "$failures" -eq 0 ]
