/* Rules about one log (docs/protocol.md, section 21). */
#include "proto/verify_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum log_rule {
    LOG_FORM,
    LOG_AGREEMENT,
    LOG_PARTY,
    LOG_SEQUENCE,
    LOG_CHAIN,
    LOG_SIGNATURE,
    LOG_END,
    LOG_WHOLE,
    LOG_RULES,
};

static const struct kp_rule rules[LOG_RULES] = {
    [LOG_FORM] = {"log.form", "every entry unpacks, in the one form that packing gives"},
    [LOG_AGREEMENT] = {"log.agreement", "the log is of the lineage of the agreement"},
    [LOG_PARTY] = {"log.party", "every entry is of the file's party and lineage"},
    [LOG_SEQUENCE] = {"log.sequence", "entries are numbered from 1, without a gap"},
    [LOG_CHAIN] = {"log.chain", "every entry names the hash of the one before it"},
    [LOG_SIGNATURE] = {"log.signature", "every entry is signed with a key of its party"},
    [LOG_END] = {"log.end", "the log ends with the entry that the file's header names"},
    [LOG_WHOLE] = {"log.whole", "no entries were lost with a database"},
};

static void name_entry(char out[static KP_RULING_RECORD], const struct kp_audit_entry *entry)
{
    const char *event = kp_audit_event_name(entry->event);
    (void)snprintf(out, KP_RULING_RECORD, "entry %" PRIu64 " (%s)", entry->sequence,
                   event != NULL ? event : "unknown");
}

static void check_place(const struct kp_audit_entry *entry, const struct kp_audit_head *head,
                        struct kp_report *report, uint64_t *lost, const char *name)
{
    if (entry->event == KP_AUDIT_LOG_RESTORED) {
        kp_report_set(report, LOG_CHAIN, kp_verify_log_check_bridge(entry, head) == KP_OK, name,
                      "it doesn't name the last entry before it");
        *lost += entry->sequence > head->sequence ? entry->sequence - head->sequence - 1 : 0;
        return;
    }
    kp_report_set(report, LOG_SEQUENCE, kp_verify_log_check_sequence(entry, head) == KP_OK, name,
                  "its number isn't one more than that of the entry before");
    kp_report_set(report, LOG_CHAIN, kp_verify_log_check_chain(entry, head) == KP_OK, name,
                  "the entry before it isn't the one that it names");
}

/* Walks on from one entry to the next; false: what follows can't be read. */
static bool check_entry(const struct kp_verify_versions *versions,
                        const struct kp_verify_export *export, size_t i, struct kp_audit_head *head,
                        struct kp_verify_log *log, struct kp_report *report, uint64_t *lost)
{
    const struct kp_export_item *item = &export->items[i];
    struct kp_audit_entry *entry = &log->entries[i];
    struct kp_error error = {0};
    char name[KP_RULING_RECORD];
    if (item->kind != KP_EXPORT_LOG_ENTRY || item->member != 0 || item->part != 0 ||
        kp_audit_entry_unpack(entry, item->content.data, item->content.size, &error) != KP_OK ||
        kp_verify_entry_hash(log->hashes[i], item->content.data, item->content.size) != KP_OK) {
        (void)snprintf(name, sizeof(name), "item %zu, after entry %" PRIu64, i + 1, head->sequence);
        kp_report_broken(report, LOG_FORM, name, "%.200s",
                         error.text[0] != '\0' ? error.text : "it isn't an entry of a log");
        return false;
    }
    name_entry(name, entry);
    kp_report_set(report, LOG_PARTY,
                  entry->party == export->header.party &&
                      memcmp(entry->lineage, export->header.lineage, KP_DIGEST_BYTES) == 0,
                  name, "it is of another party or lineage");
    check_place(entry, head, report, lost, name);
    kp_report_set(report, LOG_SIGNATURE,
                  kp_verify_log_check_signature(versions, entry, log->hashes[i]) == KP_OK, name,
                  "the signature isn't the party's");
    head->sequence = entry->sequence;
    memcpy(head->hash, log->hashes[i], KP_DIGEST_BYTES);
    return true;
}

static void check_all(const struct kp_verify_versions *versions,
                      const struct kp_verify_export *export, struct kp_verify_log *log,
                      struct kp_report *report)
{
    struct kp_audit_head head = {0};
    uint64_t lost = 0;
    for (enum log_rule rule = LOG_PARTY; rule <= LOG_SIGNATURE; rule++) {
        kp_report_ok(report, rule); /* of a log without entries too */
    }
    for (size_t i = 0; i < export->count; i++) {
        if (!check_entry(versions, export, i, &head, log, report, &lost)) {
            return;
        }
        log->count++;
    }
    kp_report_ok(report, LOG_FORM);
    kp_report_set(report, LOG_END, kp_verify_log_check_end(&export->header, &head) == KP_OK,
                  "header", "the last entry isn't the one that the header names");
    log->lost = lost;
    if (lost > 0) {
        kp_report_unchecked(report, LOG_WHOLE,
                            "%" PRIu64 " entries went with a database that was put back", lost);
    } else {
        kp_report_ok(report, LOG_WHOLE);
    }
}

static bool check_header(const struct kp_verify_versions *versions,
                         const struct kp_export_header *header, struct kp_report *report)
{
    if (header->kind != KP_EXPORT_LOG || header->counter != 0) {
        kp_report_broken(report, LOG_FORM, "header", "it isn't that of a log");
        return false;
    }
    const uint8_t *lineage = kp_verify_lineage(versions);
    bool fits = lineage != NULL && memcmp(lineage, header->lineage, KP_DIGEST_BYTES) == 0;
    bool known = fits && kp_verify_log_key(versions->version[0], header->party) != NULL;
    kp_report_set(report, LOG_AGREEMENT, fits, "header",
                  "it is of another lineage than the agreement");
    kp_report_set(report, LOG_PARTY, known, "header", "the agreement has no such party");
    return known;
}

enum kp_status kp_verify_log_check(const struct kp_verify_versions *versions,
                                   const struct kp_verify_export *export, struct kp_report *report,
                                   struct kp_verify_log **out, struct kp_error *error)
{
    *out = NULL;
    kp_report_start(report, rules, LOG_RULES);
    if (!check_header(versions, &export->header, report)) {
        return KP_OK;
    }
    struct kp_verify_log *log = calloc(1, sizeof(*log));
    if (log != NULL) {
        log->entries = calloc(export->count + 1, sizeof(*log->entries));
        log->hashes = calloc(export->count + 1, sizeof(*log->hashes));
    }
    if (log == NULL || log->entries == NULL || log->hashes == NULL) {
        kp_verify_log_free(log);
        return kp_fail(error, KP_FAILED, "no memory to verify a log");
    }
    log->party = export->header.party;
    check_all(versions, export, log, report);
    *out = log;
    return KP_OK;
}

void kp_verify_log_free(struct kp_verify_log *log)
{
    if (log != NULL) {
        free(log->entries);
        free(log->hashes);
        free(log);
    }
}
