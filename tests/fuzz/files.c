/* Targets of what comes from a file. */
#include "coordinator/coordinator_config.h"
#include "coordinator/leader_config.h"
#include "crypto/secret.h"
#include "node/node_config.h"
#include "node/signal_file.h"
#include "proto/address.h"
#include "proto/agreement.h"
#include "proto/audit_log.h"
#include "proto/commands/agreement_officer.h"
#include "proto/commands/agreement_view.h"
#include "proto/decision.h"
#include "proto/export.h"
#include "proto/key_file.h"
#include "proto/utf8.h"
#include "proto/verify.h"
#include "proto/verify_agreement.h"
#include "proto/verify_audit.h"
#include "proto/verify_evidence.h"
#include "proto/verify_fault.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* The path of a file with this content, in memory, mode 0600; the same one each time. */
static const char *as_file(const uint8_t *bytes, size_t size)
{
    static int fd = -1;
    static char path[64];
    if (fd < 0) {
        fd = memfd_create("fuzz", MFD_CLOEXEC);
        FUZZ_CHECK(fd >= 0 && fchmod(fd, 0600) == 0);
        (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    }
    FUZZ_CHECK(ftruncate(fd, 0) == 0);
    FUZZ_CHECK(size == 0 || pwrite(fd, bytes, size, 0) == (ssize_t)size);
    return path;
}

/* ---- agreement ---- */

/* What parses is the one form that packing gives, and its hash says so. */
/* Whatever can be parsed can be shown, and no line is longer than the columns allow. */
static void show(const struct kp_agreement *agreement, enum kp_language language)
{
    static const struct kp_beside nothing;
    struct kp_view view;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    FUZZ_CHECK(out != NULL);
    FUZZ_CHECK(kp_view_make(&view, agreement, &nothing, 0, language, NULL) == KP_OK);
    FUZZ_CHECK(kp_view_print(&view, out, NULL) == KP_OK);
    FUZZ_CHECK(fclose(out) == 0 && size > 0);
    for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1) {
        FUZZ_CHECK(strcspn(line, "\n") <= 4 * 80); /* bytes */
    }
    free(text);
}

void fuzz_agreement(const uint8_t *bytes, size_t size)
{
    struct kp_agreement *agreement = NULL;
    struct kp_buffer packed = {0};
    struct kp_error error = {0};
    enum kp_status status = kp_agreement_parse(&agreement, bytes, size, &error);
    FUZZ_CHECK(status == KP_OK || (status == KP_REFUSED && agreement == NULL));
    FUZZ_CHECK(status == KP_OK || error.text[0] != '\0');
    if (status == KP_OK) {
        FUZZ_CHECK(agreement->member_count >= KP_MEMBERS_MIN &&
                   agreement->member_count <= KP_MEMBERS_MAX);
        FUZZ_CHECK(agreement->threshold >= 2 && agreement->threshold <= agreement->member_count);
        FUZZ_CHECK(agreement->slots >= 1 && agreement->slots <= KP_SLOTS_MAX);
        FUZZ_CHECK(agreement->rotation >= 1 && agreement->rotation <= agreement->slots);
        FUZZ_CHECK(agreement->rounds >= 1 && agreement->rounds <= KP_ROUNDS_MAX);
        FUZZ_CHECK(agreement->start < agreement->end);
        FUZZ_CHECK(kp_agreement_pack(agreement, &packed, NULL) == KP_OK);
        FUZZ_CHECK(packed.size == size && memcmp(packed.data, bytes, size) == 0);
        show(agreement, KP_LANGUAGE_EN);
        show(agreement, KP_LANGUAGE_NL);
    }
    kp_buffer_free(&packed);
    kp_agreement_free(agreement);
}

/* ---- papers, as a verifier gets them: each behind its length in two bytes ---- */

#define PAPERS_MAX 32

void fuzz_papers(const uint8_t *bytes, size_t size)
{
    struct kp_verify_paper papers[PAPERS_MAX];
    struct kp_findings findings = {.count = 0};
    struct kp_verified_agreement verified;
    struct kp_error error = {0};
    struct kp_verify_agreement input = {.papers = papers, .now = 1800000000};
    for (size_t at = 0; at + 2 <= size && input.count < PAPERS_MAX; input.count++) {
        size_t length = (size_t)bytes[at] << 8 | bytes[at + 1];
        length = length < size - at - 2 ? length : size - at - 2;
        papers[input.count] = (struct kp_verify_paper){"paper", bytes + at + 2, length};
        at += 2 + length;
    }
    for (int proposals = 0; proposals < 2; proposals++) {
        input.proposals = proposals == 1;
        FUZZ_CHECK(kp_verify_agreement(&input, &findings, &verified, &error) == KP_OK);
        FUZZ_CHECK(findings.count >= 11);
        FUZZ_CHECK(verified.any || findings.broken > 0);
        kp_findings_free(&findings);
    }
}

/* ---- decisions ---- */

void fuzz_decision(const uint8_t *bytes, size_t size)
{
    struct kp_decision decision;
    struct kp_buffer packed = {0};
    struct kp_error error = {0};
    enum kp_status status = kp_decision_unpack(&decision, bytes, size, &error);
    FUZZ_CHECK(status == KP_OK || (status == KP_REFUSED && error.text[0] != '\0'));
    if (status == KP_OK) {
        FUZZ_CHECK(kp_decision_is(bytes, size));
        FUZZ_CHECK(decision.member >= 1 && decision.member <= KP_MEMBERS_MAX);
        FUZZ_CHECK(decision.kind >= KP_DECISION_ACCEPT && decision.kind <= KP_DECISION_COUNT);
        FUZZ_CHECK(decision.time >= 1);
        FUZZ_CHECK(kp_decision_pack(&decision, &packed, NULL) == KP_OK);
        FUZZ_CHECK(packed.size == size && memcmp(packed.data, bytes, size) == 0);
    }
    kp_buffer_free(&packed);
}

/* ---- configurations ---- */

static enum kp_status see_pair(void *context, const char *section, const char *name,
                               const char *value, unsigned line, struct kp_error *error)
{
    unsigned *last = context;
    (void)error;
    FUZZ_CHECK(section != NULL && name != NULL && value != NULL);
    FUZZ_CHECK(name[0] != '\0' && line >= 1);
    *last = line;
    return KP_OK;
}

void fuzz_config(const uint8_t *bytes, size_t size)
{
    static struct kp_node_config node;
    static struct kp_coordinator_config coordinator;
    static struct kp_leader_config leader;
    static struct kp_officer officer;
    struct kp_error error = {0};
    unsigned last = 0;
    const char *path = as_file(bytes, size);
    enum kp_status status = kp_config_walk(path, see_pair, &last, &error);
    FUZZ_CHECK(status == KP_OK || error.text[0] != '\0');
    if (kp_node_config_read(&node, path, &error) == KP_OK) {
        FUZZ_CHECK(node.longest_silence_seconds >= 1 && node.name[0] != '\0');
    }
    if (kp_coordinator_config_read(&coordinator, path, &error) == KP_OK) {
        FUZZ_CHECK(coordinator.phase_seconds >= 1);
    }
    (void)!kp_leader_config_read(&leader, path, &error);
    if (kp_officer_config_read(&officer, path, &error) == KP_OK) {
        FUZZ_CHECK(officer.name[0] != '\0' && officer.warn_percent <= 100);
    }
}

/* ---- key files ---- */

void fuzz_key_file(const uint8_t *bytes, size_t size)
{
    const char *path = as_file(bytes, size);
    unsigned kinds = 0;
    for (enum kp_key_kind kind = KP_KEY_IDENTITY; kind <= KP_KEY_OFFICER; kind++) {
        uint8_t *secret = NULL;
        enum kp_status status = kp_key_read(path, kind, &secret, NULL);
        FUZZ_CHECK((status == KP_OK) == (secret != NULL));
        kinds += status == KP_OK;
        kp_secret_free(secret);
    }
    FUZZ_CHECK(kinds <= 1);
}

/* ---- signals ---- */

static enum kp_status see_row(void *context, uint64_t line, const struct kp_signal *signal,
                              struct kp_error *error)
{
    struct kp_address address;
    size_t grounds = strnlen(signal->grounds, sizeof(signal->grounds));
    size_t indicator = strnlen(signal->indicator, sizeof(signal->indicator));
    uint32_t month = signal->observed_on / 100 % 100, day = signal->observed_on % 100;
    (void)context;
    (void)error;
    FUZZ_CHECK(line >= 2);
    FUZZ_CHECK(kp_address_of_key(&address, signal->address) == KP_OK);
    FUZZ_CHECK(grounds < sizeof(signal->grounds) && kp_utf8_valid(signal->grounds, grounds));
    FUZZ_CHECK(indicator > 0 && indicator < sizeof(signal->indicator) &&
               kp_utf8_is_line(signal->indicator, indicator));
    FUZZ_CHECK(month >= 1 && month <= 12 && day >= 1 && day <= 31);
    FUZZ_CHECK(signal->registered_at == 0);
    return KP_OK;
}

static enum kp_status see_bad(void *context, uint64_t line, const char *column, const char *reason,
                              struct kp_error *error)
{
    (void)context;
    (void)column;
    (void)error;
    FUZZ_CHECK(line >= 1 && reason != NULL && reason[0] != '\0');
    return KP_OK;
}

void fuzz_signal_file(const uint8_t *bytes, size_t size)
{
    const struct kp_signal_file_reader reader = {.row = see_row, .bad = see_bad};
    const struct kp_signal_file_options options = {.quiet = true};
    struct kp_error error = {0};
    enum kp_status status = kp_signal_file_read(as_file(bytes, size), &options, &reader, &error);
    FUZZ_CHECK(status == KP_OK || (status == KP_REFUSED && error.text[0] != '\0'));
}

/* ---- exports ---- */

void fuzz_export(const uint8_t *bytes, size_t size)
{
    struct kp_export_reader *reader = NULL;
    struct kp_export_header header;
    struct kp_export_item item = {0};
    struct kp_error error = {0};
    uint64_t items = 0;
    bool end = false;
    enum kp_status status = kp_export_open(&reader, as_file(bytes, size), &header, &error);
    FUZZ_CHECK(status == KP_OK || (status == KP_REFUSED && reader == NULL));
    while (status == KP_OK && !end) {
        status = kp_export_next(reader, &item, &end, &error);
        items += status == KP_OK && !end;
        FUZZ_CHECK(item.content.size <= KP_EXPORT_CONTENT_MAX);
    }
    FUZZ_CHECK(status == KP_OK || (status == KP_REFUSED && error.text[0] != '\0'));
    FUZZ_CHECK(status != KP_OK || items == header.items);
    kp_export_item_free(&item);
    kp_export_reader_free(reader);
    /* The same bytes, read without a file, are judged the same. */
    struct kp_export_item *all = NULL;
    struct kp_buffer packed = {0};
    size_t count = 0;
    FUZZ_CHECK(kp_export_read_bytes(&header, &all, &count, bytes, size, NULL) == status);
    if (status == KP_OK) {
        FUZZ_CHECK(kp_export_write_bytes(&packed, &header, all, count, NULL) == KP_OK);
        FUZZ_CHECK(packed.size == size && memcmp(packed.data, bytes, size) == 0);
    }
    kp_buffer_free(&packed);
    kp_export_items_free(all, count);
}

/* ---- verify ---- */

/* An audit of slots has its papers behind the log's entries. */
static void verify_audit(const struct kp_verify_export *export, struct kp_report *report)
{
    struct kp_verify_versions versions = {.count = 0};
    static struct kp_verify_audit audit;
    for (size_t i = 0; i < export->count; i++) {
        const struct kp_buffer *content = &export->items[i].content;
        if (export->items[i].kind == KP_EXPORT_PAPER) {
            (void)!kp_verify_versions_add(&versions, content->data, content->size, NULL);
        }
    }
    FUZZ_CHECK(kp_verify_audit_check(&versions, export, report, &audit, NULL) == KP_OK);
    FUZZ_CHECK(!kp_verify_audit_holds(report) || audit.pick_count > 0);
    kp_verify_audit_free(&audit);
    kp_verify_versions_free(&versions);
}

/* The papers that it begins with are the agreement; what is behind them is a log, a round,
 * evidence, a verdict, receipts or an audit. Any file gets a verdict, or is refused before. */
void fuzz_verify(const uint8_t *bytes, size_t size)
{
    struct kp_verify_versions versions = {.count = 0};
    struct kp_verify_export whole, rest;
    struct kp_error error = {0};
    struct kp_report report = {.count = 0};
    struct kp_verify_log *log = NULL;
    struct kp_verify_round *round = NULL;
    struct kp_verify_receipts receipts = {.count = 0};
    struct kp_evidence_says evidence;
    struct kp_fault_says fault;
    size_t papers = 0;
    enum kp_status status = kp_verify_export_read(&whole, as_file(bytes, size), &error);
    FUZZ_CHECK(status == KP_OK || status == KP_REFUSED);
    while (status == KP_OK && papers < whole.count && whole.items[papers].kind == KP_EXPORT_PAPER) {
        const struct kp_buffer *paper = &whole.items[papers++].content;
        (void)!kp_verify_versions_add(&versions, paper->data, paper->size, NULL);
    }
    rest = whole;
    rest.items += papers;
    rest.count -= papers;
    if (status == KP_OK && whole.header.kind == KP_EXPORT_LOG) {
        FUZZ_CHECK(kp_verify_log_check(&versions, &rest, &report, &log, NULL) == KP_OK);
    } else if (status == KP_OK && whole.header.kind == KP_EXPORT_EVIDENCE) {
        FUZZ_CHECK(kp_verify_evidence_check(&versions, &rest, &report, &evidence, NULL) == KP_OK);
        FUZZ_CHECK((evidence.member_count > 0) == kp_verify_evidence_holds(&report));
    } else if (status == KP_OK && whole.header.kind == KP_EXPORT_VERDICT) {
        FUZZ_CHECK(kp_verify_fault_check(&versions, &rest, NULL, &report, &fault, NULL) == KP_OK);
        FUZZ_CHECK((fault.agreement != NULL) == kp_verify_fault_holds(&report));
    } else if (status == KP_OK && whole.header.kind == KP_EXPORT_RECEIPTS) {
        FUZZ_CHECK(kp_verify_receipts_check(&versions, &rest, &report, &receipts, NULL) == KP_OK);
    } else if (status == KP_OK && whole.header.kind == KP_EXPORT_AUDIT) {
        verify_audit(&whole, &report);
    } else if (status == KP_OK) {
        FUZZ_CHECK(kp_verify_round_check(&versions, &rest, &report, &round, NULL) == KP_OK);
    }
    FUZZ_CHECK(status != KP_OK || report.count > 0);
    kp_verify_receipts_free(&receipts);
    kp_verify_log_free(log);
    kp_verify_round_free(round);
    kp_verify_versions_free(&versions);
    kp_verify_export_free(&whole);
}
