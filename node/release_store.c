#include "node/release_store.h"

#include "node/database.h"
#include "node/release_chunks.h"
#include "proto/canary_notice.h"
#include "proto/numbers.h"
#include "proto/record.h"
#include "proto/store_writer.h"

#include <stdlib.h>
#include <string.h>

/* A record's key is a letter and a number (4 bytes). Leaves and entries are a record for each
 * message that carries them; a notice is cut into pieces, so that no value is sealed that is much
 * larger than a message. */
enum record_kind {
    RECORD_ENTRIES = 'e',
    RECORD_HEADER = 'h',
    RECORD_LEAVES = 'l',
    RECORD_NOTICE = 'n',
    RECORD_OWN_READY = 'o',
    RECORD_READY = 'r', /* number: the member's */
    RECORD_ROOTS = 't', /* number: enum kp_release_kind */
};

#define KEY_BYTES 5
#define PIECE_BYTES ((size_t)1 << 20)
#define HEADER_VERSION 4u
#define HEADER_BYTES (1 + KP_DIGEST_BYTES + KP_ATTEMPT_BYTES + 8 + 4 + 4 + 4 + KP_AUDIT_SEED_BYTES)

static void make_key(uint8_t key[static KEY_BYTES], enum record_kind kind, uint32_t number)
{
    key[0] = (uint8_t)kind;
    (void)kp_put_number(key + 1, number, 4);
}

/* ---- Chunks, while a release is made and sent ---- */

struct content {
    struct kp_release_content content; /* first: what others see */
    struct kp_store *store;
    struct kp_store_writer *writer;
};

static enum record_kind kind_of(enum kp_release_kind kind)
{
    return kind == KP_RELEASE_LEAVES ? RECORD_LEAVES : RECORD_ENTRIES;
}

static enum kp_status put_chunk(void *context, enum kp_release_kind kind, uint32_t number,
                                const uint8_t *bytes, size_t size, struct kp_error *error)
{
    struct content *content = context;
    uint8_t key[KEY_BYTES];
    make_key(key, kind_of(kind), number);
    return kp_store_writer_put(content->writer, KP_NODE_RELEASE, key, sizeof(key), bytes, size,
                               error);
}

static enum kp_status get_chunk(void *context, enum kp_release_kind kind, uint32_t number,
                                struct kp_buffer *chunk, struct kp_error *error)
{
    struct content *content = context;
    uint8_t key[KEY_BYTES];
    bool found = false;
    make_key(key, kind_of(kind), number);
    enum kp_status status = kp_store_writer_get(content->writer, KP_NODE_RELEASE, key, sizeof(key),
                                                chunk, &found, error);
    return status == KP_OK && !found
               ? kp_fail(error, KP_REFUSED, "the release in the database is damaged")
               : status;
}

static enum kp_status settle(void *context, struct kp_txn *txn, struct kp_error *error)
{
    struct content *content = context;
    return kp_store_writer_into(content->writer, txn, error);
}

enum kp_status kp_release_store_new(struct kp_release_content **out, struct kp_store *store,
                                    struct kp_error *error)
{
    struct content *content = calloc(1, sizeof(*content));
    *out = NULL;
    if (content == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for the release");
    }
    content->content = (struct kp_release_content){
        .context = content, .put = put_chunk, .get = get_chunk, .settle = settle};
    content->store = store;
    enum kp_status status = kp_store_writer_new(&content->writer, store, error);
    if (status != KP_OK) {
        free(content);
        return status;
    }
    *out = &content->content;
    return KP_OK;
}

void kp_release_store_free(struct kp_release_content *content)
{
    if (content != NULL) {
        struct content *own = content->context;
        kp_store_writer_free(own->writer);
        free(own);
    }
}

void kp_release_store_forget(struct kp_release_content *content)
{
    struct content *own = content->context;
    kp_store_writer_drop(own->writer);
}

/* ---- Records ---- */

static enum kp_status put(struct kp_txn *txn, enum record_kind kind, uint32_t number,
                          const uint8_t *value, size_t size, struct kp_error *error)
{
    uint8_t key[KEY_BYTES];
    make_key(key, kind, number);
    return kp_store_put(txn, KP_NODE_RELEASE, key, sizeof(key), value, size, error);
}

static enum kp_status get(struct kp_txn *txn, enum record_kind kind, uint32_t number,
                          struct kp_buffer *value, bool *found, struct kp_error *error)
{
    uint8_t key[KEY_BYTES];
    make_key(key, kind, number);
    return kp_store_get(txn, KP_NODE_RELEASE, key, sizeof(key), value, found, error);
}

/* Long runs of bytes, in pieces. */

static enum kp_status put_pieces(struct kp_txn *txn, enum record_kind kind,
                                 const struct kp_buffer *content, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    uint32_t number = 0;
    for (size_t at = 0; status == KP_OK && at < content->size; at += PIECE_BYTES) {
        size_t left = content->size - at;
        status = put(txn, kind, number++, content->data + at,
                     left < PIECE_BYTES ? left : PIECE_BYTES, error);
    }
    return status;
}

static enum kp_status refuse(struct kp_error *error)
{
    return kp_fail(error, KP_REFUSED,
                   "the release in the database is damaged, or of another version or agreement");
}

static enum kp_status get_pieces(struct kp_txn *txn, enum record_kind kind, size_t size,
                                 struct kp_buffer *content, struct kp_error *error)
{
    struct kp_buffer piece = {0};
    enum kp_status status = kp_buffer_reserve(content, size);
    if (status != KP_OK) {
        return kp_fail(error, KP_FAILED, "no memory for a release of %zu bytes", size);
    }
    for (uint32_t number = 0; status == KP_OK && content->size < size; number++) {
        bool found = false;
        status = get(txn, kind, number, &piece, &found, error);
        if (status == KP_OK && (!found || piece.size == 0 || piece.size > size - content->size)) {
            status = refuse(error);
        }
        if (status == KP_OK && kp_buffer_append(content, piece.data, piece.size) != KP_OK) {
            status = kp_fail(error, KP_FAILED, "no memory for a release of %zu bytes", size);
        }
    }
    kp_buffer_free(&piece);
    return status;
}

/* The header: write and read. */

static enum kp_status put_header(struct kp_txn *txn, const struct kp_agreement *agreement,
                                 const struct kp_release *release, struct kp_error *error)
{
    uint8_t value[HEADER_BYTES] = {HEADER_VERSION};
    uint8_t *at = value + 1;
    memcpy(at, agreement->hash, KP_DIGEST_BYTES);
    at += KP_DIGEST_BYTES;
    memcpy(at, release->attempt, KP_ATTEMPT_BYTES);
    at += KP_ATTEMPT_BYTES;
    (void)kp_put_number(at, release->counter, 8);
    (void)kp_put_number(at + 8, release->own, 4);
    (void)kp_put_number(at + 12, release->slots, 4);
    (void)kp_put_number(at + 16, release->entry_size, 4);
    memcpy(at + 20, release->audit_seed, KP_AUDIT_SEED_BYTES);
    return put(txn, RECORD_HEADER, 0, value, sizeof(value), error);
}

static enum kp_status read_header(struct kp_release *release, const struct kp_buffer *value,
                                  const struct kp_agreement *agreement, uint32_t own,
                                  struct kp_error *error)
{
    if (value->size != HEADER_BYTES || value->data[0] != HEADER_VERSION) {
        return refuse(error);
    }
    const uint8_t *at = value->data + 1;
    bool of_version = memcmp(at, agreement->hash, KP_DIGEST_BYTES) == 0;
    at += KP_DIGEST_BYTES;
    memcpy(release->attempt, at, KP_ATTEMPT_BYTES);
    at += KP_ATTEMPT_BYTES;
    release->counter = kp_get_number(at, 8);
    release->type = kp_agreement_round_type(agreement, release->counter);
    release->own = (uint32_t)kp_get_number(at + 8, 4);
    release->slots = (uint32_t)kp_get_number(at + 12, 4);
    release->entry_size = (uint32_t)kp_get_number(at + 16, 4);
    memcpy(release->audit_seed, at + 20, KP_AUDIT_SEED_BYTES);
    if (!of_version || release->own != own ||
        release->slots != kp_agreement_member_slots(agreement, own) ||
        release->entry_size != kp_entry_size_in(agreement, own, release->type)) {
        return refuse(error);
    }
    return KP_OK;
}

/* The whole. */

static enum kp_status save_roots(struct kp_txn *txn, const struct kp_release *release,
                                 struct kp_error *error)
{
    const struct kp_release_top *tops[] = {
        [KP_RELEASE_LEAVES] = &release->leaf_top, [KP_RELEASE_ENTRIES] = &release->entry_top};
    enum kp_status status = KP_OK;
    for (uint32_t kind = 0; status == KP_OK && kind < 2; kind++) {
        status =
            put(txn, RECORD_ROOTS, kind, tops[kind]->roots.data, tops[kind]->roots.size, error);
    }
    return status;
}

/* One that is in memory. */
static enum kp_status save_chunks(struct kp_txn *txn, const struct kp_release *release,
                                  enum kp_release_kind kind, struct kp_error *error)
{
    struct kp_buffer chunk = {0};
    enum kp_status status = KP_OK;
    for (uint32_t i = 0; status == KP_OK && i < kp_release_chunks(release, kind); i++) {
        status = kp_release_chunk(release, kind, i, &chunk, error);
        if (status == KP_OK) {
            status = put(txn, kind_of(kind), i, chunk.data, chunk.size, error);
        }
    }
    kp_buffer_free(&chunk);
    return status;
}

static enum kp_status save_content(struct kp_txn *txn, const struct kp_release *release,
                                   struct kp_error *error)
{
    if (release->content != NULL) {
        return release->content->settle(release->content->context, txn, error);
    }
    enum kp_status status = kp_release_store_clear(txn, error);
    if (status == KP_OK) {
        status = save_chunks(txn, release, KP_RELEASE_LEAVES, error);
    }
    return status == KP_OK ? save_chunks(txn, release, KP_RELEASE_ENTRIES, error) : status;
}

enum kp_status kp_release_store_save(struct kp_txn *txn, const struct kp_agreement *agreement,
                                     const struct kp_release *release, struct kp_error *error)
{
    enum kp_status status = save_content(txn, release, error);
    if (status == KP_OK) {
        status = save_roots(txn, release, error);
    }
    if (status == KP_OK) {
        status = put_header(txn, agreement, release, error);
    }
    if (status == KP_OK) {
        status =
            put(txn, RECORD_OWN_READY, 0, release->own_ready.data, release->own_ready.size, error);
    }
    if (status == KP_OK) {
        status = put_pieces(txn, RECORD_NOTICE, &release->notice, error);
    }
    for (uint32_t i = 0; status == KP_OK && i < KP_MEMBERS_MAX; i++) {
        if (release->ready[i].size > 0) {
            status = kp_release_store_add_ready(txn, i + 1, release->ready[i].data,
                                                release->ready[i].size, error);
        }
    }
    return status;
}

/* A round of counts has none. */
static size_t notice_size(const struct kp_agreement *agreement, const struct kp_release *release)
{
    bool match = kp_agreement_round_type(agreement, (uint32_t)release->counter) == KP_ROUND_MATCH;
    return match ? kp_canary_item_count(agreement, release->own) *
                       kp_canary_item_size(agreement, release->own)
                 : 0;
}

static enum kp_status load_roots(struct kp_txn *txn, struct kp_release *release,
                                 struct kp_error *error)
{
    struct kp_release_top *tops[] = {
        [KP_RELEASE_LEAVES] = &release->leaf_top, [KP_RELEASE_ENTRIES] = &release->entry_top};
    bool found = true;
    enum kp_status status = KP_OK;
    for (uint32_t kind = 0; status == KP_OK && found && kind < 2; kind++) {
        status = get(txn, RECORD_ROOTS, kind, &tops[kind]->roots, &found, error);
    }
    return status == KP_OK && !found ? refuse(error) : status;
}

/* As many records as there must be: what is read later, one by one, is there. */
static enum kp_status check_whole(struct kp_txn *txn, const struct kp_release *release,
                                  const struct kp_agreement *agreement, struct kp_error *error)
{
    size_t notice = notice_size(agreement, release);
    uint64_t records = 0;
    uint64_t expected = 4 + kp_release_chunks(release, KP_RELEASE_LEAVES) +
                        kp_release_chunks(release, KP_RELEASE_ENTRIES) +
                        (notice + PIECE_BYTES - 1) / PIECE_BYTES;
    for (uint32_t i = 0; i < agreement->member_count; i++) {
        expected += release->ready[i].size > 0;
    }
    enum kp_status status = kp_store_count(txn, KP_NODE_RELEASE, &records, error);
    return status == KP_OK && records != expected ? refuse(error) : status;
}

static enum kp_status load_content(struct kp_txn *txn, struct kp_release *release,
                                   const struct kp_agreement *agreement, struct kp_error *error)
{
    enum kp_status status = load_roots(txn, release, error);
    if (status == KP_OK) {
        status = get_pieces(txn, RECORD_NOTICE, notice_size(agreement, release), &release->notice,
                            error);
    }
    bool found = false;
    if (status == KP_OK) {
        status = get(txn, RECORD_OWN_READY, 0, &release->own_ready, &found, error);
    }
    if (status == KP_OK && !found) {
        status = refuse(error);
    }
    for (uint32_t i = 0; status == KP_OK && i < agreement->member_count; i++) {
        status = get(txn, RECORD_READY, i + 1, &release->ready[i], &found, error);
    }
    return status == KP_OK ? check_whole(txn, release, agreement, error) : status;
}

enum kp_status kp_release_store_load(struct kp_txn *txn, const struct kp_release_content *content,
                                     const struct kp_agreement *agreement, uint32_t own,
                                     struct kp_release **out, struct kp_error *error)
{
    struct kp_buffer header = {0};
    bool found = false;
    *out = NULL;
    enum kp_status status = get(txn, RECORD_HEADER, 0, &header, &found, error);
    if (status != KP_OK || !found) {
        kp_buffer_free(&header);
        return status;
    }
    struct kp_release *release = calloc(1, sizeof(*release));
    if (release == NULL) {
        status = kp_fail(error, KP_FAILED, "no memory for the release");
    } else {
        release->content = content;
        status = read_header(release, &header, agreement, own, error);
    }
    if (status == KP_OK) {
        status = load_content(txn, release, agreement, error);
    }
    kp_buffer_free(&header);
    if (status != KP_OK) {
        kp_release_free(release);
        return status;
    }
    *out = release;
    return KP_OK;
}

enum kp_status kp_release_store_add_ready(struct kp_txn *txn, uint32_t member, const uint8_t *bytes,
                                          size_t size, struct kp_error *error)
{
    return put(txn, RECORD_READY, member, bytes, size, error);
}

enum kp_status kp_release_store_clear(struct kp_txn *txn, struct kp_error *error)
{
    return kp_store_clear(txn, KP_NODE_RELEASE, error);
}
