#!/usr/bin/env bash
# `kruispunt doctor` of every party: all right, then with one thing wrong at a time; during a round it
# disturbs nobody.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

mkdir -- "$WORK/files"
make_files "$WORK/files" --partners 2 --signals 40 --truth "$WORK/files/truth"
deploy_files 2
NAME=${PARTNERS[0]}
NODE=$(folder_of "$NAME")
COORDINATOR=$DEPLOYMENT/coordinator/coordinator.ini
LEADER=$DEPLOYMENT/leader/leader.ini

# examine TEXT STATUS CONFIGURATION [LINE...]: what doctor says, as it is and as JSON; each LINE
# ("result check") must be among it.
examine() {
    local text=$1 expected=$2 config=$3 status=0 line
    shift 3
    SAID=$(kruispunt doctor --config "$config" 2>&1) || status=$?
    is "$text: exit status" "$status" "$expected"
    for line in "$@"; do
        if grep -qE "^${line%% *} +${line#* } " <<<"$SAID"; then
            passed "$text: $line"
        else
            failed "$text: $line"
            sed 's/^/    /' <<<"$SAID"
        fi
    done
}

# ---- All right ----------------------------------------------------------------------------------

must wait_for 20 bash -c "'$KP_BUILD/kruispunt' node status --config '$(config_of "$NAME")' --json |
    grep -q '\"connected\": true'"
examine 'a node' 0 "$(config_of "$NAME")" 'ok agreement' 'ok term' 'warning organisation numbers' \
    'ok member' 'ok identity key' 'ok box key' 'ok store key' 'ok TLS files' 'ok TLS authority' \
    'ok TLS validity' 'ok TLS key agreed' 'ok data folder' 'ok disk space' 'ok locked memory' \
    'ok daemon' 'ok coordinator' "ok coordinator's key" 'ok same agreement' 'ok clock'
check 'it names the TLS version' contains "$SAID" 'TLSv1.3'
examine 'the coordinator' 0 "$COORDINATOR" 'ok store key' 'ok TLS host name' 'ok daemon' \
    'ok listening'
examine 'the leader' 0 "$LEADER" 'ok opening key' 'ok TLS key agreed' 'ok coordinator' 'ok clock'

kruispunt doctor --config "$LEADER" --json >"$WORK/json"
is 'JSON: role' "$(json_field role <"$WORK/json")" leader
is 'JSON: result' "$(json_field result <"$WORK/json")" warning
is 'JSON: one line' "$(wc -l <"$WORK/json")" 1

# ---- During a round -----------------------------------------------------------------------------

must start_round
for _ in 1 2 3; do
    check_status 'doctor during a round' 0 kruispunt doctor --config "$(config_of "$NAME")"
    check_status 'doctor of the leader during a round' 0 kruispunt doctor --config "$LEADER"
done
check 'the round completes' round watch
check_matches 'its matches' "$WORK/files/truth"

# ---- One thing wrong at a time ------------------------------------------------------------------

chmod 0640 "$NODE/box.key"
examine 'a key that others may read' 1 "$(config_of "$NAME")" 'failed box key' 'ok identity key'
chmod 0600 "$NODE/box.key"

chmod 0755 "$NODE/data"
examine 'a data folder that others may enter' 1 "$(config_of "$NAME")" 'failed data folder'
chmod 0700 "$NODE/data"

sed "s/^agreement_hash = .*/agreement_hash = $(printf '%064d' 1)/" "$NODE/node.ini" >"$NODE/other.ini"
examine 'another agreement than pinned' 1 "$NODE/other.ini" 'failed agreement' \
    "failed daemon's agreement" 'failed same agreement'

sed "s/^name = .*/name = ${PARTNERS[1]}/" "$NODE/node.ini" >"$NODE/other.ini"
examine "another member's name" 1 "$NODE/other.ini" 'ok member' 'failed identity key' \
    'failed box key' 'failed TLS key agreed' 'failed same agreement'

sed 's/^server_name = .*/server_name = elsewhere.test/' "$NODE/node.ini" >"$NODE/other.ini"
examine 'another server name' 1 "$NODE/other.ini" 'failed coordinator'

sed "s/^opening_key = .*/opening_key = identity.key/" "$LEADER" >"${LEADER%.ini}-other.ini"
examine 'another kind of key' 1 "${LEADER%.ini}-other.ini" 'failed opening key'

# A certificate that expires soon, and one that has: the same key, so all else is right.
cp -- "$NODE/tls.crt" "$WORK/tls.crt"
renew() {
    openssl x509 -req -in "$NODE/tls.csr" -CA "$DEPLOYMENT/ca/ca.crt" -CAkey "$DEPLOYMENT/ca/ca.key" \
        -CAcreateserial -sha256 -days "$1" -copy_extensions copy -out "$NODE/tls.crt"
}
must renew 10
examine 'a certificate for ten days' 0 "$(config_of "$NAME")" 'warning TLS validity' 'ok TLS authority'
make_ca "$WORK/other-ca" 'Another CA'
must sign_certificate "$WORK/other-ca" "$NODE"
cp -- "$DEPLOYMENT/ca/ca.crt" "$NODE/ca.crt"
examine 'a certificate of another CA' 1 "$(config_of "$NAME")" 'failed TLS authority' \
    'ok TLS key agreed' 'failed coordinator'
cp -- "$WORK/tls.crt" "$NODE/tls.crt"

# ---- What isn't there ---------------------------------------------------------------------------

check_status 'no such configuration' 2 kruispunt doctor --config "$WORK/none.ini"
printf '[other]\nthing = 1\n' >"$WORK/other.ini"
check_status 'a configuration of something else' 2 kruispunt doctor --config "$WORK/other.ini"
sed 's/^identity_key/identity_kye/' "$NODE/node.ini" >"$NODE/other.ini"
check_status 'a misspelt key' 2 kruispunt doctor --config "$NODE/other.ini"
check_status 'no configuration' 2 kruispunt doctor

must stop_node "$NAME"
examine 'no daemon' 3 "$(config_of "$NAME")" 'failed daemon' 'ok coordinator'
must stop_coordinator
examine 'no coordinator' 3 "$LEADER" 'failed coordinator'
examine 'a coordinator that does not run' 3 "$COORDINATOR" 'failed daemon' 'failed listening'
chmod 0644 "$NODE/box.key"
examine 'what is wrong here comes first' 1 "$(config_of "$NAME")" 'failed daemon' 'failed box key'
chmod 0600 "$NODE/box.key"

must deployment_start # so that the end finds all running
finish
