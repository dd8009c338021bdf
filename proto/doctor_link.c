/* The daemon on this machine, and the coordinator. */
#include "proto/doctor_internal.h"

#include "proto/closing.h"
#include "proto/control_client.h"
#include "proto/link_internal.h"
#include "proto/loop.h"
#include "proto/papers_report.h"
#include "proto/wire.h"

#include <inttypes.h>
#include <string.h>

#define REACH_MS 5000
#define ANSWER_MS 15000
#define CLOCK_WARN_MS 5000
#define CLOCK_FAIL_MS 60000

/* ---- the daemon ---- */

/* The configuration names the first version; the daemon may be at a later one of the same lineage.
 */
static bool is_later_version(const struct kp_doctor *doctor)
{
    struct kp_papers_report report = {0};
    struct kp_error error = {0};
    bool same = kp_papers_ask(&report, doctor->subject.control, NULL, 0, &error) == KP_OK &&
                memcmp(kp_dossier_current(report.dossier)->lineage, doctor->subject.agreement_hash,
                       KP_DIGEST_BYTES) == 0;
    kp_papers_report_free(&report);
    return same;
}

static void compare_agreement(struct kp_doctor *doctor,
                              const uint8_t running[static KP_DIGEST_BYTES],
                              const char *not_in_force)
{
    if (not_in_force[0] != '\0') {
        kp_doctor_add(doctor, "agreement in force", KP_DOCTOR_WARNING,
                      "nothing is processed; kruispunt node agreement (or coordinator agreement) "
                      "shows who decided what",
                      "%s", not_in_force);
    }
    if (memcmp(running, doctor->subject.agreement_hash, KP_DIGEST_BYTES) != 0 &&
        !is_later_version(doctor)) {
        kp_doctor_add(doctor, "daemon's agreement", KP_DOCTOR_FAILED,
                      "restart the daemon: it runs with what the configuration said before",
                      "the daemon has another agreement than the configuration");
    }
}

static void describe_node(struct kp_doctor *doctor, const struct kp_node_status *status)
{
    compare_agreement(doctor, status->agreement, status->not_in_force);
    if (status->connected) {
        kp_doctor_add(doctor, "daemon", KP_DOCTOR_OK, "",
                      "runs as %s and is connected, %" PRIu64 " signals", status->name,
                      status->signals);
    } else {
        kp_doctor_add(doctor, "daemon", KP_DOCTOR_WARNING,
                      "see below for the coordinator; the daemon goes on trying",
                      "runs as %s and is not connected%s%s", status->name,
                      status->link_error[0] != '\0' ? ": " : "", status->link_error);
    }
}

static void describe_coordinator(struct kp_doctor *doctor,
                                 const struct kp_coordinator_status *status)
{
    uint32_t seen = 0;
    compare_agreement(doctor, status->agreement, status->not_in_force);
    for (uint32_t i = 0; i < status->mailbox_count; i++) {
        seen += status->mailboxes[i].seen;
    }
    kp_doctor_add(doctor, "daemon", KP_DOCTOR_OK, "", "runs; %u of %u members are connected", seen,
                  status->mailbox_count);
}

static void check_listen(struct kp_doctor *doctor)
{
    struct kp_error error = {0};
    if (kp_link_reach(doctor->subject.listen, KP_LINK_TLS, REACH_MS, &error) == KP_OK) {
        kp_doctor_add(doctor, "listening", KP_DOCTOR_OK, "", "%s", doctor->subject.listen);
    } else {
        kp_doctor_add(doctor, "listening", KP_DOCTOR_UNREACHABLE,
                      "see the daemon's log; nothing else may use the port", "%s", error.text);
    }
}

void kp_doctor_check_daemon(struct kp_doctor *doctor)
{
    const struct kp_control_request request = {.kind = KP_CONTROL_STATUS};
    struct kp_control_response response = {0};
    struct kp_error error = {0};
    const char *path = doctor->subject.control;
    if (path[0] == '\0') {
        return;
    }
    bool node = doctor->subject.role == KP_DOCTOR_NODE;
    enum kp_status status = kp_control_ask(
        path, &request, node ? KP_CONTROL_NODE_STATUS : KP_CONTROL_COORDINATOR_STATUS, &response,
        &error);
    if (status == KP_OK && node) {
        describe_node(doctor, &response.node);
    } else if (status == KP_OK) {
        describe_coordinator(doctor, &response.coordinator);
    } else {
        kp_doctor_add(doctor, "daemon",
                      status == KP_RETRY ? KP_DOCTOR_UNREACHABLE : KP_DOCTOR_FAILED,
                      "start it, or see its log; this must run as the daemon's user or as root",
                      "%s", error.text);
    }
    if (status == KP_OK) {
        kp_control_response_free(&response);
    }
    if (doctor->subject.listen[0] != '\0') {
        check_listen(doctor);
    }
}

/* ---- the coordinator ---- */

static enum kp_status ask_open(struct kp_doctor *doctor, struct kp_client *client,
                               struct kp_wire_response *response, struct kp_error *error)
{
    struct kp_wire_request request = {.kind = KP_REQUEST_OPEN};
    struct kp_buffer packed = {0}, answer = {0};
    memset(response, 0, sizeof(*response));
    memcpy(request.lineage, doctor->subject.agreement_hash, KP_DIGEST_BYTES);
    enum kp_status status = kp_wire_request_pack(&request, &packed, error);
    if (status == KP_OK) {
        status = kp_client_call(client, packed.data, packed.size, ANSWER_MS, &answer, error);
    }
    if (status == KP_OK) {
        status = kp_wire_response_unpack(response, answer.data, answer.size, error);
    }
    kp_buffer_free(&packed);
    kp_buffer_free(&answer);
    return status;
}

static void check_peer(struct kp_doctor *doctor, struct kp_client *client)
{
    struct kp_peer peer;
    if (!kp_client_peer(client, &peer)) {
        return; /* it went away just now */
    }
    kp_doctor_add(doctor, "coordinator", KP_DOCTOR_OK, "", "%s answers, %s, %s",
                  doctor->subject.url, peer.tls_version, peer.tls_suite);
    if (doctor->agreement == NULL) {
        return;
    }
    if (memcmp(peer.certificate, doctor->agreement->coordinator_tls_fingerprint,
               sizeof(peer.certificate)) == 0) {
        kp_doctor_add(doctor, "coordinator's key", KP_DOCTOR_OK, "", "as agreed");
    } else {
        kp_doctor_add(doctor, "coordinator's key", KP_DOCTOR_FAILED,
                      "ask the coordinator's operator: this may be somebody else",
                      "who answers has another certificate key than the agreement names");
    }
}

static void check_clock(struct kp_doctor *doctor, uint64_t theirs, uint64_t before, uint64_t after)
{
    uint64_t ours = before + (after - before) / 2;
    uint64_t apart = theirs > ours ? theirs - ours : ours - theirs;
    kp_doctor_add(doctor, "clock",
                  apart > CLOCK_FAIL_MS   ? KP_DOCTOR_FAILED
                  : apart > CLOCK_WARN_MS ? KP_DOCTOR_WARNING
                                          : KP_DOCTOR_OK,
                  "set the clock by NTP (timedatectl), here or at the coordinator",
                  "%" PRIu64 ".%03" PRIu64 " s %s the coordinator's", apart / 1000, apart % 1000,
                  theirs > ours ? "behind" : "ahead of");
}

static void judge_open(struct kp_doctor *doctor, const struct kp_wire_response *response,
                       uint64_t before, uint64_t after)
{
    if (response->kind == KP_RESPONSE_REFUSAL) {
        kp_doctor_add(doctor, "same agreement", KP_DOCTOR_FAILED,
                      "compare the agreement's hash with the coordinator's operator", "%s",
                      response->text);
    } else if (response->kind != KP_RESPONSE_OPENED) {
        kp_doctor_add(doctor, "same agreement", KP_DOCTOR_FAILED,
                      "ask the coordinator's operator: it may be another version",
                      "the coordinator answers something else");
    } else if (doctor->agreement != NULL && response->member != kp_doctor_party(doctor)) {
        kp_doctor_add(doctor, "same agreement", KP_DOCTOR_FAILED,
                      "use this party's own TLS key and certificate",
                      "the coordinator takes this certificate for member %u", response->member);
    } else {
        kp_doctor_add(doctor, "same agreement", KP_DOCTOR_OK, "", "the coordinator has the same");
        check_clock(doctor, response->time, before, after);
    }
}

static void fail_to_connect(struct kp_doctor *doctor, const struct kp_error *error)
{
    kp_doctor_add(doctor, "coordinator", KP_DOCTOR_FAILED,
                  "compare url, server_name and the TLS files with what the coordinator's operator "
                  "uses",
                  "%s", error->text);
}

void kp_doctor_check_coordinator(struct kp_doctor *doctor)
{
    const struct kp_doctor_subject *subject = &doctor->subject;
    struct kp_client *client = NULL;
    struct kp_wire_response response;
    struct kp_error error = {0};
    enum kp_link_kind kind;
    if (subject->url[0] == '\0') {
        return;
    }
    if (kp_tls_start(&error) != KP_OK ||
        kp_link_kind(&kind, subject->url, &subject->tls, &error) != KP_OK) {
        fail_to_connect(doctor, &error);
        return;
    }
    if (kp_link_reach(subject->url, kind, REACH_MS, &error) != KP_OK) {
        kp_doctor_add(doctor, "coordinator", KP_DOCTOR_UNREACHABLE,
                      "see whether the coordinator runs, and whether a firewall lets this machine "
                      "connect to it",
                      "%s", error.text);
        return;
    }
    /* Without the agreement's pin, to see who it is when it is somebody else. */
    if (kp_client_open(&client, NULL, subject->url, &subject->tls, subject->server_name, NULL,
                       &error) != KP_OK) {
        fail_to_connect(doctor, &error);
        return;
    }
    /* The first answer takes as long as connecting does; the second one tells the time. */
    enum kp_status status = ask_open(doctor, client, &response, &error);
    uint64_t before = kp_clock_now();
    if (status == KP_OK && response.kind == KP_RESPONSE_OPENED) {
        kp_wire_response_free(&response);
        status = ask_open(doctor, client, &response, &error);
    }
    if (status == KP_OK) {
        check_peer(doctor, client);
        judge_open(doctor, &response, before, kp_clock_now());
    } else {
        fail_to_connect(doctor, &error);
    }
    kp_wire_response_free(&response);
    kp_closing_client(client);
}
