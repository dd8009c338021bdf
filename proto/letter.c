#include "proto/letter.h"

#include "crypto/secret.h"
#include "proto/letter.pb-c.h"
#include "proto/loop.h"
#include "proto/protobuf.h"

#include <sodium.h>
#include <string.h>

#define VERSION 1u

/* ---- Who writes what to whom ---- */

enum kind { MEMBER, LEADER, HOLDER };

static const struct {
    const char *name;
    enum kind from, to;
    size_t block;
} types[KP_LETTER_TYPES] = {
    [KP_LETTER_CANARY_SECRETS] = {"canary secrets", MEMBER, MEMBER, 4096},
    [KP_LETTER_CANARY_NOTICE] = {"canary notice", MEMBER, LEADER, 4096},
    [KP_LETTER_PARTIAL_OPENINGS] = {"partial openings", HOLDER, HOLDER, 65536},
    [KP_LETTER_CASE] = {"case", LEADER, MEMBER, 32768},
    [KP_LETTER_ANSWER] = {"answer", MEMBER, LEADER, 1024},
    [KP_LETTER_CASE_CLOSED] = {"case closed", LEADER, MEMBER, 1024},
};

const char *kp_letter_type_name(enum kp_letter_type type)
{
    return type >= KP_LETTER_CANARY_SECRETS && type < KP_LETTER_TYPES ? types[type].name : "letter";
}

static bool is(enum kind kind, uint32_t party)
{
    switch (kind) {
    case MEMBER:
        return party >= 1 && party <= KP_MEMBERS_MAX;
    case LEADER:
        return party == KP_PARTY_LEADER;
    case HOLDER:
        return party == KP_PARTY_LEADER || party == KP_PARTY_OPENER;
    }
    return false;
}

bool kp_letter_goes(enum kp_letter_type type, uint32_t from, uint32_t to)
{
    return type >= KP_LETTER_CANARY_SECRETS && type < KP_LETTER_TYPES && from != to &&
           is(types[type].from, from) && is(types[type].to, to);
}

bool kp_letter_party_exists(const struct kp_agreement *agreement, uint32_t party)
{
    return party != KP_PARTY_COORDINATOR && kp_agreement_box_key(agreement, party) != NULL &&
           kp_agreement_identity_key(agreement, party) != NULL;
}

/* What letters and opened letters have in common. */
struct header {
    uint32_t type, from, to, part, parts;
    const ProtobufCBinaryData *subject;
};

static enum kp_status check_header(const struct header *header,
                                   uint8_t subject[static KP_LETTER_SUBJECT_BYTES],
                                   struct kp_error *error)
{
    if (header->type == 0 || header->type >= KP_LETTER_TYPES) {
        return kp_fail(error, KP_REFUSED, "a letter of type %u, which there isn't", header->type);
    }
    if (!kp_letter_goes((enum kp_letter_type)header->type, header->from, header->to)) {
        return kp_fail(error, KP_REFUSED, "%s: doesn't go from party %u to party %u",
                       types[header->type].name, header->from, header->to);
    }
    if (header->parts == 0 || header->parts > KP_LETTER_PARTS_MAX ||
        header->part >= header->parts) {
        return kp_fail(error, KP_REFUSED, "%s: part %u of %u", types[header->type].name,
                       header->part, header->parts);
    }
    return kp_protobuf_copy(subject, KP_LETTER_SUBJECT_BYTES, header->subject, "subject", error);
}

/* ---- Letters ---- */

enum kp_status kp_letter_pack(const struct kp_letter *letter, struct kp_buffer *out,
                              struct kp_error *error)
{
    Kruispunt__Letter packed = KRUISPUNT__LETTER__INIT;
    packed.version = VERSION;
    packed.type = (uint32_t)letter->type;
    packed.from = letter->from;
    packed.to = letter->to;
    packed.subject = kp_protobuf_bytes(letter->subject, sizeof(letter->subject));
    packed.part = letter->part;
    packed.parts = letter->parts;
    packed.time = letter->time;
    packed.body = kp_protobuf_bytes(letter->body.data, letter->body.size);
    packed.signature = kp_protobuf_bytes(letter->signature, sizeof(letter->signature));
    packed.act = kp_protobuf_bytes(letter->act.data, letter->act.size);
    return kp_protobuf_pack(&packed.base, out, error);
}

static size_t least_body(enum kp_letter_type type)
{
    return crypto_box_SEALBYTES + KP_SIGNATURE_BYTES + types[type].block;
}

static enum kp_status check_body(enum kp_letter_type type, size_t size, struct kp_error *error)
{
    if (size > KP_LETTER_BODY_MAX) {
        return kp_fail(error, KP_REFUSED, "%s: %zu bytes; at most %u are allowed", types[type].name,
                       size, KP_LETTER_BODY_MAX);
    }
    if (size < least_body(type) || (size - least_body(type)) % types[type].block != 0) {
        return kp_fail(error, KP_REFUSED, "%s: %zu bytes, which no padding gives", types[type].name,
                       size);
    }
    return KP_OK;
}

/* Who reads what another holder opened has signed that it opens itself. */
static enum kp_status check_act_size(enum kp_letter_type type, size_t size, struct kp_error *error)
{
    if ((type == KP_LETTER_PARTIAL_OPENINGS) != (size > 0) || size > KP_AUDIT_ENTRY_MAX) {
        return kp_fail(error, KP_REFUSED, "%s: a log entry of %zu bytes beside it",
                       types[type].name, size);
    }
    return KP_OK;
}

static enum kp_status copy_letter(struct kp_letter *letter, const Kruispunt__Letter *packed,
                                  struct kp_error *error)
{
    const struct header header = {packed->type, packed->from,  packed->to,
                                  packed->part, packed->parts, &packed->subject};
    if (packed->version != VERSION) {
        return kp_fail(error, KP_REFUSED, "a letter of version %u; this program knows version %u",
                       packed->version, VERSION);
    }
    enum kp_status status = check_header(&header, letter->subject, error);
    if (status == KP_OK) {
        status = check_body((enum kp_letter_type)packed->type, packed->body.len, error);
    }
    if (status == KP_OK) {
        status = check_act_size((enum kp_letter_type)packed->type, packed->act.len, error);
    }
    if (status == KP_OK) {
        status = kp_protobuf_copy(letter->signature, sizeof(letter->signature), &packed->signature,
                                  "signature", error);
    }
    if (status != KP_OK) {
        return status;
    }
    letter->type = (enum kp_letter_type)packed->type;
    letter->from = packed->from;
    letter->to = packed->to;
    letter->part = packed->part;
    letter->parts = packed->parts;
    letter->time = packed->time;
    return kp_buffer_set(&letter->body, packed->body.data, packed->body.len) == KP_OK &&
                   kp_buffer_set(&letter->act, packed->act.data, packed->act.len) == KP_OK
               ? KP_OK
               : kp_fail(error, KP_FAILED, "no memory for a letter");
}

enum kp_status kp_letter_unpack(struct kp_letter *letter, const uint8_t *bytes, size_t size,
                                struct kp_error *error)
{
    memset(letter, 0, sizeof(*letter));
    Kruispunt__Letter *packed = (Kruispunt__Letter *)kp_protobuf_unpack(
        &kruispunt__letter__descriptor, "letter", bytes, size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    enum kp_status status = copy_letter(letter, packed, error);
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}

void kp_letter_free(struct kp_letter *letter)
{
    kp_buffer_free(&letter->body);
    kp_buffer_free(&letter->act);
}

/* ---- Opened letters ---- */

enum kp_status kp_opened_letter_pack(const struct kp_opened_letter *opened, struct kp_buffer *out,
                                     struct kp_error *error)
{
    Kruispunt__OpenedLetter packed = KRUISPUNT__OPENED_LETTER__INIT;
    packed.type = (uint32_t)opened->type;
    packed.from = opened->from;
    packed.to = opened->to;
    packed.subject = kp_protobuf_bytes(opened->subject, sizeof(opened->subject));
    packed.part = opened->part;
    packed.parts = opened->parts;
    packed.time = opened->time;
    packed.plain = kp_protobuf_bytes(opened->plain.data, opened->plain.size);
    packed.signature = kp_protobuf_bytes(opened->signature, sizeof(opened->signature));
    return kp_protobuf_pack(&packed.base, out, error);
}

static enum kp_status copy_opened(struct kp_opened_letter *opened,
                                  const Kruispunt__OpenedLetter *packed, struct kp_error *error)
{
    const struct header header = {packed->type, packed->from,  packed->to,
                                  packed->part, packed->parts, &packed->subject};
    enum kp_status status = check_header(&header, opened->subject, error);
    if (status == KP_OK && packed->plain.len > KP_LETTER_PLAIN_MAX) {
        status = kp_fail(error, KP_REFUSED, "%s: %zu bytes; at most %u are allowed",
                         types[packed->type].name, packed->plain.len, KP_LETTER_PLAIN_MAX);
    }
    if (status == KP_OK) {
        status = kp_protobuf_copy(opened->signature, sizeof(opened->signature), &packed->signature,
                                  "signature", error);
    }
    if (status != KP_OK) {
        return status;
    }
    opened->type = (enum kp_letter_type)packed->type;
    opened->from = packed->from;
    opened->to = packed->to;
    opened->part = packed->part;
    opened->parts = packed->parts;
    opened->time = packed->time;
    return kp_buffer_set(&opened->plain, packed->plain.data, packed->plain.len) == KP_OK
               ? KP_OK
               : kp_fail(error, KP_FAILED, "no memory for a letter");
}

enum kp_status kp_opened_letter_unpack(struct kp_opened_letter *opened, const uint8_t *bytes,
                                       size_t size, struct kp_error *error)
{
    memset(opened, 0, sizeof(*opened));
    Kruispunt__OpenedLetter *packed = (Kruispunt__OpenedLetter *)kp_protobuf_unpack(
        &kruispunt__opened_letter__descriptor, "opened letter", bytes, size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    enum kp_status status = copy_opened(opened, packed, error);
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}

void kp_opened_letter_free(struct kp_opened_letter *opened)
{
    kp_buffer_free(&opened->plain);
}

/* ---- Signature and seal ---- */

void kp_letter_digest(uint8_t digest[static KP_DIGEST_BYTES],
                      const uint8_t lineage[static KP_DIGEST_BYTES],
                      const struct kp_opened_letter *opened)
{
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 letter");
    kp_hash_number(&hash, VERSION);
    kp_hash_field(&hash, lineage, KP_DIGEST_BYTES);
    kp_hash_number(&hash, (uint64_t)opened->type);
    kp_hash_number(&hash, opened->from);
    kp_hash_number(&hash, opened->to);
    kp_hash_field(&hash, opened->subject, sizeof(opened->subject));
    kp_hash_number(&hash, opened->part);
    kp_hash_number(&hash, opened->parts);
    kp_hash_number(&hash, opened->time);
    kp_hash_field(&hash, opened->plain.data, opened->plain.size);
    kp_hash_digest(&hash, digest);
}

void kp_letter_sealed_digest(uint8_t digest[static KP_DIGEST_BYTES],
                             const uint8_t lineage[static KP_DIGEST_BYTES],
                             const struct kp_letter *letter)
{
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 sealed letter");
    kp_hash_number(&hash, VERSION);
    kp_hash_field(&hash, lineage, KP_DIGEST_BYTES);
    kp_hash_number(&hash, (uint64_t)letter->type);
    kp_hash_number(&hash, letter->from);
    kp_hash_number(&hash, letter->to);
    kp_hash_field(&hash, letter->subject, sizeof(letter->subject));
    kp_hash_number(&hash, letter->part);
    kp_hash_number(&hash, letter->parts);
    kp_hash_number(&hash, letter->time);
    kp_hash_field(&hash, letter->body.data, letter->body.size);
    kp_hash_field(&hash, letter->act.data, letter->act.size);
    kp_hash_digest(&hash, digest);
}

static enum kp_status check_draft(const struct kp_letter_draft *draft, uint32_t from,
                                  const struct kp_agreement *agreement, struct kp_error *error)
{
    const char *name = kp_letter_type_name(draft->type);
    if (!kp_letter_goes(draft->type, from, draft->to) ||
        !kp_letter_party_exists(agreement, draft->to)) {
        return kp_fail(error, KP_USAGE, "%s: doesn't go from party %u to party %u", name, from,
                       draft->to);
    }
    if (draft->parts == 0 || draft->parts > KP_LETTER_PARTS_MAX || draft->part >= draft->parts) {
        return kp_fail(error, KP_USAGE, "%s: part %u of %u; there can be %u", name, draft->part,
                       draft->parts, KP_LETTER_PARTS_MAX);
    }
    if (draft->size > KP_LETTER_PLAIN_MAX || draft->least > KP_LETTER_PLAIN_MAX) {
        return kp_fail(error, KP_USAGE, "%s: %zu bytes; at most %u go into one part", name,
                       draft->size > draft->least ? draft->size : draft->least,
                       KP_LETTER_PLAIN_MAX);
    }
    return check_act_size(draft->type, draft->act != NULL ? draft->act->size : 0, error) == KP_OK
               ? KP_OK
               : KP_USAGE;
}

/* signature || plain || padding: one byte 0x80, then zeros up to a whole number of blocks. */
static enum kp_status pad(struct kp_buffer *inside, const struct kp_letter_draft *draft,
                          const uint8_t signature[static KP_SIGNATURE_BYTES])
{
    size_t block = types[draft->type].block;
    size_t longest = draft->size > draft->least ? draft->size : draft->least;
    size_t padded = (longest / block + 1) * block;
    uint8_t *at = kp_buffer_extend(inside, KP_SIGNATURE_BYTES + padded);
    if (at == NULL) {
        return KP_FAILED;
    }
    memcpy(at, signature, KP_SIGNATURE_BYTES);
    if (draft->size > 0) {
        memcpy(at + KP_SIGNATURE_BYTES, draft->plain, draft->size);
    }
    at[KP_SIGNATURE_BYTES + draft->size] = 0x80;
    return KP_OK;
}

/* Where plain ends: the last byte that isn't zero must be 0x80. Who wrote this knows it anyway, so
 * it needn't take the same time for all. */
static enum kp_status unpad(const struct kp_buffer *inside, size_t *size)
{
    size_t end = inside->size;
    while (end > KP_SIGNATURE_BYTES && inside->data[end - 1] == 0) {
        end--;
    }
    if (end <= KP_SIGNATURE_BYTES || inside->data[end - 1] != 0x80) {
        return KP_REFUSED;
    }
    *size = end - 1 - KP_SIGNATURE_BYTES;
    return KP_OK;
}

static void fill_header(struct kp_letter *letter, const struct kp_letter_draft *draft,
                        uint32_t from)
{
    letter->type = draft->type;
    letter->from = from;
    letter->to = draft->to;
    memcpy(letter->subject, draft->subject, sizeof(letter->subject));
    letter->part = draft->part;
    letter->parts = draft->parts;
    letter->time = kp_clock_now();
}

static void copy_header(struct kp_opened_letter *opened, const struct kp_letter *letter)
{
    opened->type = letter->type;
    opened->from = letter->from;
    opened->to = letter->to;
    memcpy(opened->subject, letter->subject, sizeof(opened->subject));
    opened->part = letter->part;
    opened->parts = letter->parts;
    opened->time = letter->time;
}

enum kp_status kp_letter_seal(struct kp_letter *letter, const struct kp_letter_draft *draft,
                              uint32_t from, const struct kp_agreement *agreement,
                              const uint8_t identity_secret[static KP_SIGN_SECRET_BYTES],
                              struct kp_error *error)
{
    struct kp_opened_letter opened = {0};
    struct kp_buffer inside = {0};
    uint8_t digest[KP_DIGEST_BYTES], signature[KP_SIGNATURE_BYTES];
    memset(letter, 0, sizeof(*letter));
    enum kp_status status = check_draft(draft, from, agreement, error);
    if (status != KP_OK) {
        return status;
    }
    fill_header(letter, draft, from);
    copy_header(&opened, letter);
    if (kp_buffer_set(&opened.plain, draft->plain, draft->size) == KP_OK) {
        kp_letter_digest(digest, agreement->lineage, &opened);
        kp_sign(signature, identity_secret, KP_LETTER_PURPOSE, digest, sizeof(digest));
    } else {
        status = KP_FAILED;
    }
    kp_opened_letter_free(&opened);
    if (status == KP_OK) {
        status = pad(&inside, draft, signature);
    }
    if (status == KP_OK &&
        (kp_buffer_extend(&letter->body, inside.size + crypto_box_SEALBYTES) == NULL ||
         crypto_box_seal(letter->body.data, inside.data, inside.size,
                         kp_agreement_box_key(agreement, draft->to)) != 0)) {
        status = KP_FAILED;
    }
    kp_buffer_free(&inside);
    if (status == KP_OK && draft->act != NULL) {
        status = kp_buffer_set(&letter->act, draft->act->data, draft->act->size);
    }
    if (status == KP_OK) {
        kp_letter_sealed_digest(digest, agreement->lineage, letter);
        kp_sign(letter->signature, identity_secret, KP_LETTER_SEALED_PURPOSE, digest,
                sizeof(digest));
    }
    return status == KP_OK ? KP_OK : kp_fail(error, KP_FAILED, "no memory for a letter");
}

static enum kp_status open_seal(struct kp_buffer *inside, const struct kp_letter *letter,
                                const uint8_t box_secret[static KP_PAIR_SECRET_BYTES],
                                struct kp_error *error)
{
    uint8_t box_key[KP_PAIR_PUBLIC_BYTES];
    if (letter->body.size < least_body(letter->type)) {
        return kp_fail(error, KP_REFUSED, "%s of party %u is too short",
                       kp_letter_type_name(letter->type), letter->from);
    }
    if (kp_buffer_extend(inside, letter->body.size - crypto_box_SEALBYTES) == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for a letter");
    }
    if (crypto_scalarmult_base(box_key, box_secret) != 0 ||
        crypto_box_seal_open(inside->data, letter->body.data, letter->body.size, box_key,
                             box_secret) != 0) {
        return kp_fail(error, KP_REFUSED, "%s of party %u doesn't open with the own box key",
                       kp_letter_type_name(letter->type), letter->from);
    }
    return KP_OK;
}

enum kp_status kp_letter_open(struct kp_opened_letter *opened, const struct kp_letter *letter,
                              const struct kp_agreement *agreement,
                              const uint8_t box_secret[static KP_PAIR_SECRET_BYTES],
                              struct kp_error *error)
{
    struct kp_buffer inside = {0};
    size_t size = 0;
    memset(opened, 0, sizeof(*opened));
    copy_header(opened, letter);
    enum kp_status status = open_seal(&inside, letter, box_secret, error);
    if (status == KP_OK && unpad(&inside, &size) != KP_OK) {
        status = kp_fail(error, KP_REFUSED, "%s of party %u isn't padded",
                         kp_letter_type_name(letter->type), letter->from);
    }
    if (status == KP_OK &&
        kp_buffer_set(&opened->plain, inside.data + KP_SIGNATURE_BYTES, size) != KP_OK) {
        status = kp_fail(error, KP_FAILED, "no memory for a letter");
    }
    if (status == KP_OK) {
        memcpy(opened->signature, inside.data, sizeof(opened->signature));
        status = kp_letter_check_opened(opened, agreement, error);
    }
    kp_buffer_free(&inside);
    return status;
}
