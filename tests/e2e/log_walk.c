/* Walks exported logs as whoever checks them would: `e2e_log_walk AGREEMENT EXPORT`.
 *
 * Prints "EVENT: N times, M" for each event (M: the sum of its counts), "head SEQUENCE HASH", and a
 * line "entry SEQUENCE HASH" and "seen MEMBER SEQUENCE HASH" for each entry and each head of
 * another member that it tells. Exit status 1 when the log isn't one chain that is signed by its
 * party. */
#include "crypto/secret.h"
#include "proto/agreement.h"
#include "proto/audit_log.h"
#include "proto/export.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

static struct {
    uint64_t times, sum;
} totals[256];

static int fail(const struct kp_error *error)
{
    fprintf(stderr, "%s\n", error->text);
    return 1;
}

static void print_head(const char *what, uint64_t sequence, const uint8_t *hash)
{
    char hex[2 * KP_DIGEST_BYTES + 1];
    sodium_bin2hex(hex, sizeof(hex), hash, KP_DIGEST_BYTES);
    printf("%s %" PRIu64 " %s\n", what, sequence, hex);
}

static void note_entry(const struct kp_audit_entry *entry, const struct kp_audit_head *head)
{
    char what[32];
    print_head("entry", head->sequence, head->hash);
    if (entry->event == KP_AUDIT_HEAD_SEEN) {
        (void)snprintf(what, sizeof(what), "seen %" PRIu32, entry->member);
        print_head(what, entry->count, entry->digest);
    }
    totals[(unsigned)entry->event % 256].times++;
    totals[(unsigned)entry->event % 256].sum += entry->count;
}

static enum kp_status walk_all(struct kp_export_reader *reader,
                               const struct kp_export_header *header, struct kp_audit_walk *walk,
                               struct kp_error *error)
{
    struct kp_export_item item = {0};
    struct kp_audit_entry entry;
    bool end = false;
    enum kp_status status = KP_OK;
    while (status == KP_OK && !end) {
        status = kp_export_next(reader, &item, &end, error);
        if (status == KP_OK && !end) {
            status = kp_audit_walk_next(walk, item.content.data, item.content.size, &entry, error);
        }
        if (status == KP_OK && !end) {
            note_entry(&entry, &walk->head);
        }
    }
    kp_export_item_free(&item);
    struct kp_audit_head head = {.sequence = walk->head.sequence};
    memcpy(head.hash, header->digest, KP_DIGEST_BYTES);
    return status == KP_OK ? kp_audit_walk_end(walk, &head, error) : status;
}

static const uint8_t *key_of(const struct kp_agreement *agreement, uint32_t party)
{
    const uint8_t *key = kp_agreement_identity_key(agreement, party);
    return key != NULL ? key : agreement->hash;
}

int main(int argc, char **argv)
{
    struct kp_error error = {0};
    struct kp_agreement *agreement = NULL;
    struct kp_export_reader *reader = NULL;
    struct kp_export_header header;
    if (argc != 3 || kp_crypto_start() != KP_OK) {
        return 2;
    }
    enum kp_status status = kp_agreement_read(&agreement, argv[1], NULL, &error);
    if (status == KP_OK) {
        status = kp_export_open(&reader, argv[2], &header, &error);
    }
    if (status != KP_OK) {
        return fail(&error);
    }
    struct kp_audit_walk walk = {
        .party = header.party, .lineage = agreement->lineage, .key_count = 1};
    memcpy(walk.keys[0], key_of(agreement, header.party), KP_SIGN_PUBLIC_BYTES);
    status = walk_all(reader, &header, &walk, &error);
    for (unsigned i = 0; i < 256; i++) {
        if (totals[i].times > 0) {
            printf("%s: %" PRIu64 " times, %" PRIu64 "\n",
                   kp_audit_event_name((enum kp_audit_event)i), totals[i].times, totals[i].sum);
        }
    }
    print_head("head", walk.head.sequence, walk.head.hash);
    kp_export_reader_free(reader);
    kp_agreement_free(agreement);
    return status == KP_OK ? 0 : fail(&error);
}
