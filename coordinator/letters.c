#include "coordinator/letters.h"

#include "coordinator/database.h"
#include "proto/numbers.h"

#include <inttypes.h>
#include <string.h>

/* Records of the index begin with what they are about. */
#define OF_LETTER 'L'  /* type, from, to, subject, part -> number, digest of the packed letter */
#define OF_SET 'S'     /* type, from, to, subject -> parts, how many there are */
#define OF_NUMBERS 'N' /* receiver -> last number */
#define OF_SENDER 'C'  /* sender -> how many letters, bytes */

#define SET_KEY_BYTES (4 + KP_LETTER_SUBJECT_BYTES)
#define LETTER_KEY_BYTES (SET_KEY_BYTES + 4)
#define MAIL_KEY_BYTES 9
/* A letter is kept behind what is asked about it: type, from, subject. */
#define HEADER_BYTES (2 + KP_LETTER_SUBJECT_BYTES)

static void set_key(uint8_t key[static SET_KEY_BYTES], uint8_t what, uint32_t type, uint32_t from,
                    uint32_t to, const uint8_t subject[static KP_LETTER_SUBJECT_BYTES])
{
    key[0] = what;
    key[1] = (uint8_t)type;
    key[2] = (uint8_t)from;
    key[3] = (uint8_t)to;
    memcpy(key + 4, subject, KP_LETTER_SUBJECT_BYTES);
}

/* Two numbers of `bytes` bytes each; zeros when there is no such record. */
static enum kp_status get_pair(struct kp_txn *txn, const uint8_t *key, size_t key_size,
                               size_t bytes, uint64_t pair[static 2], struct kp_error *error)
{
    struct kp_buffer value = {0};
    bool found = false;
    pair[0] = pair[1] = 0;
    enum kp_status status =
        kp_store_get(txn, KP_COORDINATOR_LETTER_INDEX, key, key_size, &value, &found, error);
    if (status == KP_OK && found && value.size != 2 * bytes) {
        status = kp_fail(error, KP_FAILED, "the index of letters in the database is damaged");
    } else if (status == KP_OK && found) {
        pair[0] = kp_get_number(value.data, bytes);
        pair[1] = kp_get_number(value.data + bytes, bytes);
    }
    kp_buffer_free(&value);
    return status;
}

static enum kp_status put_pair(struct kp_txn *txn, const uint8_t *key, size_t key_size,
                               size_t bytes, const uint64_t pair[static 2], struct kp_error *error)
{
    uint8_t value[16];
    (void)kp_put_number(kp_put_number(value, pair[0], bytes), pair[1], bytes);
    return kp_store_put(txn, KP_COORDINATOR_LETTER_INDEX, key, key_size, value, 2 * bytes, error);
}

/* ---- Taking ---- */

static enum kp_status check_parties(const struct kp_letter *letter,
                                    const struct kp_agreement *agreement, uint32_t party,
                                    struct kp_error *error)
{
    const char *name = kp_letter_type_name(letter->type);
    if (letter->from != party) {
        return kp_fail(error, KP_REFUSED, "%s: of party %u, put by party %u", name, letter->from,
                       party);
    }
    if (!kp_letter_party_exists(agreement, letter->from) ||
        !kp_letter_party_exists(agreement, letter->to)) {
        return kp_fail(error, KP_REFUSED, "%s: the agreement has no party %u", name, letter->to);
    }
    return KP_OK;
}

/* *there: the same letter has been taken before. */
static enum kp_status check_repeated(struct kp_txn *txn, const struct kp_letter *letter,
                                     const uint8_t key[static LETTER_KEY_BYTES],
                                     const uint8_t digest[static KP_DIGEST_BYTES], bool *there,
                                     struct kp_error *error)
{
    struct kp_buffer value = {0};
    enum kp_status status =
        kp_store_get(txn, KP_COORDINATOR_LETTER_INDEX, key, LETTER_KEY_BYTES, &value, there, error);
    if (status == KP_OK && *there &&
        (value.size != 8 + KP_DIGEST_BYTES ||
         memcmp(value.data + 8, digest, KP_DIGEST_BYTES) != 0)) {
        status = kp_fail(error, KP_REFUSED,
                         "%s: part %u about this subject was put before, with another content",
                         kp_letter_type_name(letter->type), letter->part);
    }
    kp_buffer_free(&value);
    return status;
}

static enum kp_status count_sender(struct kp_txn *txn, uint32_t party, size_t size,
                                   struct kp_error *error)
{
    const uint8_t key[2] = {OF_SENDER, (uint8_t)party};
    uint64_t most =
        party <= KP_MEMBERS_MAX ? KP_LETTER_BYTES_OF_MEMBER_MAX : KP_LETTER_BYTES_OF_LEADER_MAX;
    uint64_t counts[2];
    enum kp_status status = get_pair(txn, key, sizeof(key), 8, counts, error);
    if (status != KP_OK) {
        return status;
    }
    counts[0] += 1;
    counts[1] += size;
    if (counts[0] > KP_LETTERS_OF_SENDER_MAX || counts[1] > most) {
        return kp_fail(error, KP_REFUSED,
                       "party %u has %" PRIu64 " letters here; at most %u, and %" PRIu64
                       " bytes, are kept of one",
                       party, counts[0] - 1, KP_LETTERS_OF_SENDER_MAX, most);
    }
    return put_pair(txn, key, sizeof(key), 8, counts, error);
}

static enum kp_status count_part(struct kp_txn *txn, const struct kp_letter *letter, bool *complete,
                                 struct kp_error *error)
{
    uint8_t key[SET_KEY_BYTES];
    uint64_t set[2]; /* parts, how many there are */
    set_key(key, OF_SET, (uint32_t)letter->type, letter->from, letter->to, letter->subject);
    enum kp_status status = get_pair(txn, key, sizeof(key), 4, set, error);
    if (status != KP_OK) {
        return status;
    }
    if (set[0] != 0 && set[0] != letter->parts) {
        return kp_fail(error, KP_REFUSED, "%s: of %u parts; another part says %" PRIu64,
                       kp_letter_type_name(letter->type), letter->parts, set[0]);
    }
    set[0] = letter->parts;
    set[1]++;
    *complete = set[1] == set[0];
    return put_pair(txn, key, sizeof(key), 4, set, error);
}

/* The number that the receiver's next letter gets. */
static enum kp_status next_number(struct kp_txn *txn, uint32_t receiver, uint64_t *number,
                                  struct kp_error *error)
{
    const uint8_t key[2] = {OF_NUMBERS, (uint8_t)receiver};
    uint64_t last[2];
    enum kp_status status = get_pair(txn, key, sizeof(key), 8, last, error);
    *number = ++last[0];
    return status == KP_OK ? put_pair(txn, key, sizeof(key), 8, last, error) : status;
}

static enum kp_status keep(struct kp_txn *txn, const struct kp_letter *letter, uint64_t number,
                           const uint8_t *packed, size_t size, struct kp_error *error)
{
    uint8_t key[MAIL_KEY_BYTES], header[HEADER_BYTES];
    struct kp_buffer value = {0};
    header[0] = (uint8_t)letter->type;
    header[1] = (uint8_t)letter->from;
    memcpy(header + 2, letter->subject, KP_LETTER_SUBJECT_BYTES);
    (void)kp_put_number(kp_put_number(key, letter->to, 1), number, 8);
    enum kp_status status = KP_OK;
    if (kp_buffer_append(&value, header, sizeof(header)) != KP_OK ||
        kp_buffer_append(&value, packed, size) != KP_OK) {
        status = kp_fail(error, KP_FAILED, "no memory for a letter");
    } else {
        status = kp_store_put(txn, KP_COORDINATOR_LETTERS, key, sizeof(key), value.data, value.size,
                              error);
    }
    kp_buffer_free(&value);
    return status;
}

static void digest_letter(uint8_t digest[static KP_DIGEST_BYTES], const uint8_t *packed,
                          size_t size)
{
    crypto_generichash(digest, KP_DIGEST_BYTES, packed, size, NULL, 0);
}

static enum kp_status add(struct kp_txn *txn, const struct kp_letter *letter, const uint8_t *packed,
                          size_t size, const uint8_t key[static LETTER_KEY_BYTES],
                          const uint8_t digest[static KP_DIGEST_BYTES],
                          struct kp_letters_taken *taken, struct kp_error *error)
{
    uint8_t value[8 + KP_DIGEST_BYTES];
    uint64_t number = 0;
    enum kp_status status = count_sender(txn, letter->from, size, error);
    if (status == KP_OK) {
        status = count_part(txn, letter, &taken->complete, error);
    }
    if (status == KP_OK) {
        status = next_number(txn, letter->to, &number, error);
    }
    if (status == KP_OK) {
        status = keep(txn, letter, number, packed, size, error);
    }
    if (status == KP_OK) {
        memcpy(kp_put_number(value, number, 8), digest, KP_DIGEST_BYTES);
        status = kp_store_put(txn, KP_COORDINATOR_LETTER_INDEX, key, LETTER_KEY_BYTES, value,
                              sizeof(value), error);
    }
    taken->added = status == KP_OK;
    return status;
}

enum kp_status kp_letters_put(struct kp_txn *txn, const struct kp_agreement *agreement,
                              uint32_t party, const uint8_t *packed, size_t size,
                              struct kp_letters_taken *taken, struct kp_error *error)
{
    struct kp_letter letter;
    uint8_t key[LETTER_KEY_BYTES], digest[KP_DIGEST_BYTES];
    bool there = false;
    memset(taken, 0, sizeof(*taken));
    enum kp_status status = kp_letter_unpack(&letter, packed, size, error);
    if (status == KP_OK) {
        status = check_parties(&letter, agreement, party, error);
    }
    if (status == KP_OK) {
        status = kp_letter_check_sealed(&letter, agreement, error);
    }
    if (status == KP_OK) {
        status = kp_letter_check_act(&letter, agreement, error);
    }
    if (status == KP_OK) {
        set_key(key, OF_LETTER, (uint32_t)letter.type, letter.from, letter.to, letter.subject);
        (void)kp_put_number(key + SET_KEY_BYTES, letter.part, 4);
        digest_letter(digest, packed, size);
        taken->type = letter.type;
        taken->to = letter.to;
        taken->parts = letter.parts;
        memcpy(taken->subject, letter.subject, sizeof(taken->subject));
        status = check_repeated(txn, &letter, key, digest, &there, error);
    }
    if (status == KP_OK && !there) {
        status = add(txn, &letter, packed, size, key, digest, taken, error);
    }
    kp_letter_free(&letter);
    return status;
}

/* ---- Giving ---- */

/* A letter as it is kept. */
struct kept {
    uint64_t number;
    uint32_t type, from;
    const uint8_t *subject;
    const uint8_t *packed;
    size_t size;
};

static enum kp_status read_kept(struct kept *kept, const uint8_t *key, size_t key_size,
                                const uint8_t *value, size_t size, struct kp_error *error)
{
    if (key_size != MAIL_KEY_BYTES || size <= HEADER_BYTES) {
        return kp_fail(error, KP_FAILED, "a letter in the database is damaged");
    }
    *kept = (struct kept){.number = kp_get_number(key + 1, 8),
                          .type = value[0],
                          .from = value[1],
                          .subject = value + 2,
                          .packed = value + HEADER_BYTES,
                          .size = size - HEADER_BYTES};
    return KP_OK;
}

static bool is_wanted(const struct kept *kept, const struct kp_letters_wanted *wanted)
{
    return (wanted->type == 0 || wanted->type == kept->type) &&
           (wanted->subject == NULL ||
            memcmp(wanted->subject, kept->subject, KP_LETTER_SUBJECT_BYTES) == 0);
}

/* *may: nothing keeps this letter back. */
static enum kp_status may_go(struct kp_txn *txn, uint32_t party, const struct kept *kept, bool *may,
                             struct kp_error *error)
{
    uint8_t key[SET_KEY_BYTES];
    uint64_t own[2];
    *may = true;
    if (kept->type != KP_LETTER_PARTIAL_OPENINGS) {
        return KP_OK;
    }
    set_key(key, OF_SET, kept->type, party, kept->from, kept->subject);
    enum kp_status status = get_pair(txn, key, sizeof(key), 4, own, error);
    *may = status == KP_OK &&
           kp_letters_check_deposited((uint32_t)own[0], (uint32_t)own[1], NULL) == KP_OK;
    return status;
}

/* False: it goes into another page. */
static bool fits(const struct kp_letters_page *page, const struct kept *kept)
{
    bool other_act = page->partials > 0 && kept->type == KP_LETTER_PARTIAL_OPENINGS &&
                     memcmp(page->subject, kept->subject, sizeof(page->subject)) != 0;
    return !other_act && kp_batch_has_room(&page->letters, kept->size);
}

static enum kp_status give(struct kp_letters_page *page, const struct kept *kept,
                           struct kp_error *error)
{
    page->numbers[page->letters.count] = kept->number;
    if (kp_batch_add(&page->letters, kept->packed, kept->size) != KP_OK) {
        return kp_fail(error, KP_FAILED, "no memory for letters");
    }
    if (kept->type == KP_LETTER_PARTIAL_OPENINGS) {
        memcpy(page->subject, kept->subject, sizeof(page->subject));
        page->partials++;
    }
    return KP_OK;
}

static enum kp_status fill_page(struct kp_txn *txn, struct kp_cursor *cursor, uint32_t party,
                                const struct kp_letters_wanted *wanted,
                                struct kp_letters_page *page, struct kp_error *error)
{
    for (;;) {
        const uint8_t *key, *value;
        size_t key_size, size;
        bool last = false, may = false;
        struct kept kept = {0};
        enum kp_status status =
            kp_cursor_next(cursor, &key, &key_size, &value, &size, &last, error);
        if (status != KP_OK || last || key[0] != party) {
            page->end = true;
            return status;
        }
        status = read_kept(&kept, key, key_size, value, size, error);
        if (status == KP_OK && is_wanted(&kept, wanted)) {
            status = may_go(txn, party, &kept, &may, error);
        }
        if (status == KP_OK && may && !fits(page, &kept)) {
            return KP_OK;
        }
        if (status == KP_OK && may) {
            status = give(page, &kept, error);
        }
        if (status != KP_OK) {
            return status;
        }
    }
}

enum kp_status kp_letters_get(struct kp_txn *txn, uint32_t party,
                              const struct kp_letters_wanted *wanted, struct kp_letters_page *page,
                              struct kp_error *error)
{
    uint8_t start[MAIL_KEY_BYTES];
    struct kp_cursor *cursor = NULL;
    memset(page, 0, sizeof(*page));
    if (wanted->after == UINT64_MAX) {
        return kp_fail(error, KP_REFUSED, "no letter has this number");
    }
    (void)kp_put_number(kp_put_number(start, party, 1), wanted->after + 1, 8);
    enum kp_status status =
        kp_cursor_open(txn, KP_COORDINATOR_LETTERS, start, sizeof(start), &cursor, error);
    if (status == KP_OK) {
        status = fill_page(txn, cursor, party, wanted, page, error);
    }
    kp_cursor_close(cursor);
    return status;
}

enum kp_status kp_letters_clear(struct kp_txn *txn, uint64_t *count, struct kp_error *error)
{
    enum kp_status status = kp_store_count(txn, KP_COORDINATOR_LETTERS, count, error);
    if (status == KP_OK && *count > 0) {
        status = kp_store_clear(txn, KP_COORDINATOR_LETTERS, error);
    }
    if (status == KP_OK && *count > 0) {
        status = kp_store_clear(txn, KP_COORDINATOR_LETTER_INDEX, error);
    }
    return status;
}
