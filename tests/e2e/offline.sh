#!/usr/bin/env bash
# Members are offline most of the time: a round completes though no two of them are connected at the
# same moment, and though every connection is cut again and again.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

PHASE_LIMIT=300
MIN_SLOTS=2500 # several chunks
mkdir -- "$WORK/files"
make_files "$WORK/files" --partners 3 --signals 150 --truth "$WORK/files/truth"
deploy_files 2

is_connected() { [[ $(node_status "$1" --json | json_field connected) == true ]]; }
is_over() { in_phase complete ended; }

# Letters for a member that wait at the coordinator.
mail_of() {
    coordinator_status --json | awk -v name="\"name\": \"$1\", " '{
        at = index($0, name)
        if (!at) exit 1
        text = substr($0, at)
        text = substr(text, index(text, "\"waiting\": ") + 11)
        match(text, /^[0-9]+/)
        print substr(text, 1, RLENGTH)
    }'
}
no_mail() { [[ $(mail_of "$1") == 0 ]]; }

# Connections that the coordinator has at this moment.
connections() {
    cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
        awk -v port=":$(printf '%04X' "$PORT")$" '$2 ~ port && $4 == "01"' | wc -l
}

# What a node has done in this round, in a word that changes when it does something.
progress_of() { node_status "$1" --json; }

# ---- One at a time ------------------------------------------------------------------------------

declare -A proxies
for name in "${PARTNERS[@]}"; do
    start_proxy "$name"
    proxies[$name]=$PROXY_PID
    kill -USR1 "$PROXY_PID"
    must stop_node "$name"
    must start_node "$name"
done
start_round
turns=0
most=0
while ! is_over && ((turns < 60)); do
    for name in "${PARTNERS[@]}"; do
        turns=$((turns + 1))
        kill -USR2 "${proxies[$name]}"
        wait_for 30 is_connected "$name" || note "$name did not connect in its turn"
        # Until it has taken its mail and has nothing more to say.
        before=''
        for ((i = 0; i < 40; i++)); do
            now=$(progress_of "$name")
            count=$(connections)
            ((most >= count)) || most=$count
            [[ $now != "$before" ]] || ! no_mail "$name" || break
            before=$now
            sleep 0.5
        done
        kill -USR1 "${proxies[$name]}"
        wait_for 30 bash -c '[[ $("$@") == *"\"connected\": false"* ]]' - "$KP_BUILD/kruispunt" \
            node status --config "$(config_of "$name")" --json || note "$name is still connected"
    done
done
note "$turns turns"
is 'no two members were connected at once' "$most" 1
is 'the round completes all the same' "$(round_field phase)" complete
check_matches 'what it finds' "$WORK/files/truth"
for name in "${PARTNERS[@]}"; do
    kill -USR2 "${proxies[$name]}"
done
for name in "${PARTNERS[@]}"; do
    check "$name connects again" wait_for 60 is_connected "$name"
done

# ---- Cut again and again ------------------------------------------------------------------------

for name in "${PARTNERS[@]}"; do
    kill "${proxies[$name]}"
    start_proxy "$name" 250
    must stop_node "$name"
    must start_node "$name"
done
lines=$(wc -l <"$DEPLOYMENT/coordinator/log")
start_round
check 'the round completes though every connection is cut every 0.25 s' round watch
check_matches 'what it finds' "$WORK/files/truth"
for name in "${PARTNERS[@]}"; do
    cuts=$(grep -c cut "$WORK/proxy.$name.log") || true
    check "$name was cut off again and again ($cuts times)" test "$cuts" -ge 3
done
is 'each message was taken once: nothing came a second time' \
    "$(tail -n +$((lines + 1)) "$DEPLOYMENT/coordinator/log" | grep -c refused || true)" 0
finish
