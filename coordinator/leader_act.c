#include "coordinator/leader_act.h"

#include "crypto/secret.h"
#include "proto/numbers.h"

#include <string.h>

#define KEY_BYTES 8
#define CHUNK_BYTES (256u << 10)
#define LETTER_MATCHES 64u /* in one letter, so that it stays below KP_LETTER_PLAIN_MAX */

static void act_key(uint8_t key[static KEY_BYTES], uint32_t round, uint32_t chunk)
{
    (void)kp_put_number(kp_put_number(key, round, 4), chunk, 4);
}

static enum kp_status load(struct kp_txn *txn, uint32_t round, struct kp_buffer *bytes,
                           struct kp_error *error)
{
    bool found = true;
    enum kp_status status = KP_OK;
    for (uint32_t chunk = 0; status == KP_OK && found; chunk++) {
        uint8_t key[KEY_BYTES];
        struct kp_buffer value = {0};
        act_key(key, round, chunk);
        status = kp_store_get(txn, KP_LEADER_ACTS, key, sizeof(key), &value, &found, error);
        if (status == KP_OK && found && kp_buffer_append(bytes, value.data, value.size) != KP_OK) {
            status = kp_fail(error, KP_FAILED, "no memory for what was opened");
        }
        kp_buffer_free(&value);
    }
    return status;
}

enum kp_status kp_leader_act_load(struct kp_leader *leader, uint32_t round, struct kp_act *act,
                                  bool *found, struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    struct kp_buffer bytes = {0};
    *found = false;
    enum kp_status status = kp_leader_store(leader, error);
    if (status == KP_OK) {
        status = kp_store_begin(leader->store, false, &txn, error);
    }
    if (status == KP_OK) {
        status = load(txn, round, &bytes, error);
        kp_store_abort(txn);
    }
    if (status == KP_OK && bytes.size > 0) {
        status = kp_act_unpack(act, bytes.data, bytes.size, error);
        *found = status == KP_OK;
    }
    kp_buffer_free(&bytes);
    return status;
}

static enum kp_status store(struct kp_txn *txn, uint32_t round, const struct kp_act *act,
                            struct kp_error *error)
{
    struct kp_buffer bytes = {0};
    enum kp_status status = kp_act_pack(act, &bytes, error);
    uint32_t chunk = 0;
    for (size_t at = 0; status == KP_OK && at < bytes.size; at += CHUNK_BYTES) {
        uint8_t key[KEY_BYTES];
        size_t size = bytes.size - at < CHUNK_BYTES ? bytes.size - at : CHUNK_BYTES;
        act_key(key, round, chunk++);
        status = kp_store_put(txn, KP_LEADER_ACTS, key, sizeof(key), bytes.data + at, size, error);
    }
    kp_buffer_free(&bytes);
    return status;
}

/* ---- letters to the other holder ---- */

static enum kp_status put_match(struct kp_partial_match *out, struct kp_leader_round *round,
                                const struct kp_act *act, uint32_t index, struct kp_error *error)
{
    struct kp_error fault = {0};
    struct kp_act_match entry;
    struct kp_buffer path = {0};
    memcpy(&entry, act->matches.data + index * sizeof(entry), sizeof(entry));
    enum kp_status status = kp_leader_round_check(round, entry.number, &fault, error);
    if (status == KP_OK) {
        status = kp_act_take(act, round->opening, round->match, &out->index, error);
    }
    if (status == KP_OK) {
        status = kp_act_path(act, out->index, &path, error);
    }
    if (status == KP_OK) {
        out->number = entry.number;
        kp_act_records(out, round->match, kp_opening_holder(round->opening));
        out->path_size = (uint32_t)path.size;
        if (path.size > 0) {
            memcpy(out->path, path.data, path.size);
        }
    }
    kp_buffer_free(&path);
    return status;
}

/* One letter: matches from `first` in the act. */
static enum kp_status keep_letter(struct kp_leader *leader, struct kp_txn *txn,
                                  struct kp_leader_round *round, const struct kp_act *act,
                                  uint32_t part, uint32_t parts, struct kp_error *error)
{
    uint32_t first = part * LETTER_MATCHES, count = (uint32_t)kp_act_count(act);
    struct kp_buffer plain = {0};
    struct kp_partials partials = {.counter = round->round,
                                   .entry = act->entry,
                                   .count = count,
                                   .result = round->reader.packed};
    partials.match_count = count - first < LETTER_MATCHES ? count - first : LETTER_MATCHES;
    partials.matches = kp_bulk_new(LETTER_MATCHES * sizeof(*partials.matches));
    enum kp_status status =
        partials.matches != NULL ? KP_OK : kp_fail(error, KP_FAILED, "no memory for a letter");
    for (uint32_t i = 0; status == KP_OK && i < partials.match_count; i++) {
        status = put_match(&partials.matches[i], round, act, first + i, error);
    }
    if (status == KP_OK) {
        status = kp_partials_pack(&partials, &plain, error);
    }
    if (status == KP_OK) {
        const struct kp_letter_draft draft = {
            .type = KP_LETTER_PARTIAL_OPENINGS,
            .to = leader->party == KP_PARTY_LEADER ? KP_PARTY_OPENER : KP_PARTY_LEADER,
            .subject = kp_opening_attempt(round->opening),
            .part = part,
            .parts = parts,
            .plain = plain.data,
            .size = plain.size,
            .act = &act->entry};
        status = kp_leader_letters_keep(leader, txn, &draft, error);
    }
    kp_bulk_free(partials.matches);
    kp_buffer_free(&plain);
    return status;
}

static enum kp_status keep_letters(struct kp_leader *leader, struct kp_txn *txn,
                                   struct kp_leader_round *round, const struct kp_act *act,
                                   struct kp_error *error)
{
    uint32_t count = (uint32_t)kp_act_count(act);
    uint32_t parts = count == 0 ? 1 : (count + LETTER_MATCHES - 1) / LETTER_MATCHES;
    enum kp_status status = KP_OK;
    if (parts > KP_LETTER_PARTS_MAX) {
        status = kp_fail(error, KP_FAILED, "%u matches are more than letters can carry", count);
    }
    for (uint32_t part = 0; status == KP_OK && part < parts; part++) {
        status = keep_letter(leader, txn, round, act, part, parts, error);
    }
    return status;
}

/* ---- the act as a whole ---- */

static struct kp_audit_note note_of(const struct kp_leader_round *round, const struct kp_act *act,
                                    enum kp_audit_event event, uint8_t root[static KP_DIGEST_BYTES])
{
    kp_act_root(act, root);
    return (struct kp_audit_note){.event = event,
                                  .counter = round->round,
                                  .attempt = kp_opening_attempt(round->opening),
                                  .count = kp_act_count(act),
                                  .digest = root};
}

enum kp_status kp_leader_act_keep(struct kp_leader *leader, struct kp_leader_round *round,
                                  struct kp_act *act, enum kp_audit_event event,
                                  struct kp_error *error)
{
    uint8_t root[KP_DIGEST_BYTES];
    struct kp_txn *txn = NULL;
    const struct kp_audit_note note = note_of(round, act, event, root);
    enum kp_status status = kp_leader_store(leader, error);
    if (status == KP_OK) {
        status = kp_store_begin(leader->store, true, &txn, error);
    }
    if (status != KP_OK) {
        return status;
    }
    status = kp_leader_audit_in(leader, txn, &note, &act->entry, error);
    if (status == KP_OK) {
        status = store(txn, round->round, act, error);
    }
    if (status == KP_OK && kp_opening_holders(round->opening) > 1) {
        status = keep_letters(leader, txn, round, act, error);
    }
    if (status != KP_OK) {
        kp_store_abort(txn);
        return status;
    }
    return kp_store_commit(txn, error);
}

enum kp_status kp_leader_act_log_again(struct kp_leader *leader,
                                       const struct kp_leader_round *round,
                                       const struct kp_act *act, struct kp_error *error)
{
    uint8_t root[KP_DIGEST_BYTES];
    const struct kp_audit_note note = note_of(round, act, KP_AUDIT_OPENED, root);
    return kp_leader_audit(leader, &note, error);
}
