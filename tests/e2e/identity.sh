#!/usr/bin/env bash
# Who is let in: a wrong CA, an unknown certificate, another member's certificate, none, and TLS 1.2
# are refused, on both sides, and harm nobody.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

mkdir -- "$WORK/files"
make_files "$WORK/files" --partners 3 --signals 100 --truth "$WORK/files/truth"
deploy_files 2
must stop_node uwv # its place is tried for; then it comes back

LOG=$DEPLOYMENT/coordinator/log

# handshake FOLDER OPTION...: what openssl says of a connection with the certificate in FOLDER ('' for
# none), when the server has had a moment to object: TLS 1.3 tells of a refused certificate late.
handshake() {
    local -a own=()
    [[ -z $1 ]] || own=(-cert "$1/tls.crt" -key "$1/tls.key")
    shift
    (sleep 1 && printf x && sleep 1) | timeout 20 openssl s_client -connect "127.0.0.1:$PORT" \
        -servername "$COORDINATOR_HOST" -CAfile "$DEPLOYMENT/ca/ca.crt" \
        -verify_hostname "$COORDINATOR_HOST" "${own[@]}" "$@" 2>&1 | tr -d '\0' || true
}

# The positive control: what a genuine member sees.
said=$(handshake "$DEPLOYMENT/svb" -tls1_3)
check 'a member is welcome: TLS 1.3' contains "$said" 'New, TLSv1.3'
check 'the coordinator shows a certificate of the CA' contains "$said" 'Verify return code: 0 (ok)'
check 'no alert' bash -c '! grep -qi alert <<<"$1"' - "$said"
check 'no session tickets, so no early data' bash -c '! grep -q "Session Ticket arrived" <<<"$1"' - \
    "$said"

said=$(handshake "$DEPLOYMENT/svb" -tls1_2)
check 'TLS 1.2 is refused' contains "$said" 'alert protocol version'
check 'TLS 1.2: nothing was agreed' contains "$said" 'Cipher is (NONE)'

said=$(handshake '' -tls1_3)
check 'no certificate is refused' contains "$said" 'certificate required'

# ---- A CA that is not the agreed one ------------------------------------------------------------

cp -r -- "$DEPLOYMENT/uwv" "$WORK/wrong-ca"
make_ca "$WORK/other-ca" 'Another CA'
cp -- "$WORK/wrong-ca/ca.crt" "$WORK/right-ca.crt"
must sign_certificate "$WORK/other-ca" "$WORK/wrong-ca"
said=$(handshake "$WORK/wrong-ca" -tls1_3)
check 'the right key, certified by another CA, is refused' contains "$said" 'unknown ca'
cp -- "$WORK/right-ca.crt" "$WORK/wrong-ca/ca.crt"

# peer TLS_FOLDER ACTION...: hostile_peer with this certificate and the identity of uwv.
peer() {
    local folder=$1
    shift
    "$HELPERS/e2e_hostile_peer" "tls+tcp://127.0.0.1:$PORT" "$COORDINATOR_HOST" "$folder" \
        "$DEPLOYMENT/agreement" "$DEPLOYMENT/uwv/identity.key" "$@"
}

check 'a genuine member is answered' contains "$(peer "$DEPLOYMENT/uwv" open)" 'answered opened'
check 'the wrong CA gets no answer' contains "$(peer "$WORK/wrong-ca" open)" 'no answer'

# ---- Certificates of the right CA that are not this member's ------------------------------------

must make_party "$DEPLOYMENT/ca" "$WORK/unknown" --role node --name unknown
check 'a certificate that is not in the agreement gets no answer' contains \
    "$(peer "$WORK/unknown" open)" 'no answer'
check 'and that is logged' grep -qi 'accept connection.*refused\|unknown certificate' "$LOG"

# node_with NAME TLS_FOLDER: starts the node with this certificate. It may end by itself, or run on
# without being let in. Prints what it says.
node_with() {
    local folder name=$1
    folder=$(folder_of "$name")
    cp -- "$folder/node.ini" "$WORK/node.ini"
    sed -i "s|^certificate = .*|certificate = $2/tls.crt|; s|^key = .*|key = $2/tls.key|" \
        "$folder/node.ini"
    : >"$folder/log"
    launch_node "$name"
    if comes_up "$folder" node_status "$name"; then
        # Long enough for a genuine one: see below.
        wait_for 5 is_connected "$name" && printf 'CONNECTED\n'
        node_status "$name" | grep '^coordinator'
    fi
    stop_node "$name" || true
    cat -- "$folder/log"
    cp -- "$WORK/node.ini" "$folder/node.ini"
}

is_connected() { [[ $(node_status "$1" --json | json_field connected) == true ]]; }

not_connected() { [[ $1 != *CONNECTED* ]]; }

said=$(node_with uwv "$DEPLOYMENT/svb")
check "a node with another member's certificate is not connected" not_connected "$said"
note "$(tail -n 2 <<<"$said")"
said=$(node_with uwv "$WORK/unknown")
check 'a node with an unknown certificate is not connected' not_connected "$said"
note "$(tail -n 2 <<<"$said")"
said=$(node_with uwv "$WORK/wrong-ca")
check 'a node with a certificate of another CA is not connected' not_connected "$said"
note "$(tail -n 2 <<<"$said")"

# ---- Who may ask what ---------------------------------------------------------------------------

is 'a member can not start a round' "$(peer "$DEPLOYMENT/uwv" start-round | cut -d : -f 1)" refused
is 'a member can not fetch results' "$(peer "$DEPLOYMENT/uwv" results | cut -d : -f 1)" refused
is 'a member can not watch the round' "$(peer "$DEPLOYMENT/uwv" watch | cut -d : -f 1)" refused
is 'the leader can not put messages' \
    "$(peer "$DEPLOYMENT/leader" put garbage | cut -d : -f 1)" refused
is 'the leader has no mailbox' "$(peer "$DEPLOYMENT/leader" fetch | cut -d : -f 1)" refused

# ---- A coordinator that is not the agreed one ---------------------------------------------------

# Same CA, same name, another key: the member must not talk to it.
must make_party "$DEPLOYMENT/ca" "$WORK/impostor" --role coordinator --name coordinator \
    --host "$COORDINATOR_HOST"
impostor_port=$(free_port)
openssl s_server -accept "127.0.0.1:$impostor_port" -tls1_3 -cert "$WORK/impostor/tls.crt" \
    -key "$WORK/impostor/tls.key" -CAfile "$DEPLOYMENT/ca/ca.crt" -Verify 1 -quiet \
    </dev/zero >"$WORK/impostor.log" 2>"$WORK/impostor.err" &
OTHERS+=("$!")
configure_node uwv "$impostor_port"
must start_node uwv
must wait_for 20 test -s "$WORK/impostor.err" # somebody came
wait_for 3 is_connected uwv || true
is 'it is not connected' "$(node_status uwv --json | json_field connected)" false
is 'not a byte of a request came to the impostor' "$(wc -c <"$WORK/impostor.log")" 0
must stop_node uwv
configure_node uwv "$PORT"

# ---- And nobody was harmed ----------------------------------------------------------------------

must start_node uwv
check 'the genuine node is let in' wait_for 30 is_connected uwv
start_round
for attempt in 1 2 3; do
    handshake '' -tls1_3 >/dev/null &
    handshake "$DEPLOYMENT/svb" -tls1_2 >/dev/null &
    peer "$WORK/unknown" open >/dev/null &
    wait $!
done
check 'the round completes meanwhile' round watch
check_matches 'what it finds' "$WORK/files/truth"
finish
