/* The address register: an index of a country's addresses, made by `kruispunt bag import`, read
 * here. Which numbers there are, of which object each is, and what streets and towns are called.
 *
 * The folder DIR (`--bag DIR`) has one folder for each index, and the link `current` to one of
 * them. An index doesn't change after it was made. It is a file of our own: LMDB's page structure
 * is trusted as that of any file of our own is; sizes of all values are checked, and a file that
 * was cut off is refused.
 *
 * Nothing here writes. A lookup reads the mapped file and may so wait for the disk. Not
 * thread-safe. */
#ifndef KP_PROTO_ADDRESS_REGISTER_H
#define KP_PROTO_ADDRESS_REGISTER_H

#include "proto/error.h"
#include "proto/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KP_REGISTER_DEFAULT "/var/lib/kruispunt/bag"
#define KP_REGISTER_NAME 28 /* "2026-11-22-0123456789abcdef" and a NUL */
#define KP_REGISTER_HASH_BYTES 32
#define KP_REGISTER_STREET_TEXT (KP_REGISTER_NAME_BYTES_MAX + 1)

struct kp_register;

struct kp_register_info {
    char name[KP_REGISTER_NAME]; /* of its folder */
    uint32_t date;               /* yyyymmdd */
    uint8_t hash[KP_REGISTER_HASH_BYTES];
    uint64_t pairs; /* of a number and an object, in use */
    uint64_t objects, streets, towns;
    uint64_t withdrawn; /* numbers */
};

/* hash (32 bytes): the index that has this one, of the latest date when there are several; NULL:
 * the current one. The caller closes *out. KP_USAGE: dir isn't there or has no index; KP_REFUSED:
 * it has none with this hash, or it is damaged or of another version; texts say what to do. */
KP_MUST_USE enum kp_status kp_register_open(struct kp_register **out, const char *dir,
                                            const uint8_t *hash, struct kp_error *error);
/* The same, by its folder's name. */
KP_MUST_USE enum kp_status kp_register_open_name(struct kp_register **out, const char *dir,
                                                 const char *name, struct kp_error *error);
void kp_register_close(struct kp_register *reg); /* NULL is fine */
/* Valid until closed. */
const struct kp_register_info *kp_register_info(const struct kp_register *reg);

/* A nummeraanduiding in use, and one of its objects. */
struct kp_register_number {
    uint64_t id, object;
    uint32_t house_number;
    uint32_t street;        /* a number of this index's own, for kp_register_street */
    uint16_t object_digits; /* postcode of the object's main address; 0: it has none */
    bool side;              /* a side address (nevenadres) of the object */
    char postcode[7];       /* "1234AB", or "" */
    char letter[2];         /* in capitals, or "" */
    char addition[5];       /* letters in capitals and digits, or "" */
};

/* All numbers in use there, by id and object; the first `most` of them into out, which is the
 * caller's, and in *count how many there are: 0 for none, at most KP_REGISTER_AT_NUMBER_MAX by
 * postcode. KP_REFUSED: the index is damaged. */
KP_MUST_USE enum kp_status kp_register_by_postcode(const struct kp_register *reg,
                                                   const char postcode[static 7],
                                                   uint32_t house_number,
                                                   struct kp_register_number *out, size_t most,
                                                   size_t *count, struct kp_error *error);
KP_MUST_USE enum kp_status kp_register_by_street(const struct kp_register *reg, uint32_t street,
                                                 uint32_t house_number,
                                                 struct kp_register_number *out, size_t most,
                                                 size_t *count, struct kp_error *error);
/* id: of a nummeraanduiding. *withdrawn: it was there once, and isn't in use. */
KP_MUST_USE enum kp_status kp_register_by_id(const struct kp_register *reg, uint64_t id,
                                             struct kp_register_number *out, size_t most,
                                             size_t *count, bool *withdrawn,
                                             struct kp_error *error);
/* The object's main address: of its numbers the lowest id that is no side address; when all are,
 * the lowest of those. */
KP_MUST_USE enum kp_status kp_register_by_object(const struct kp_register *reg, uint64_t object,
                                                 struct kp_register_number *main, bool *found,
                                                 struct kp_error *error);

struct kp_register_street {
    char name[KP_REGISTER_STREET_TEXT]; /* UTF-8, as registered */
    char town[KP_REGISTER_STREET_TEXT];
    uint32_t town_number; /* of this index's own */
};
/* street: from a number, or from below. KP_REFUSED: there is none such. */
KP_MUST_USE enum kp_status kp_register_street(const struct kp_register *reg, uint32_t street,
                                              struct kp_register_street *out,
                                              struct kp_error *error);

/* The town's name; `town` from a street or from below. KP_REFUSED: there is none such. */
KP_MUST_USE enum kp_status kp_register_town(const struct kp_register *reg, uint32_t town,
                                            char out[static KP_REGISTER_STREET_TEXT],
                                            struct kp_error *error);

/* By what proto/address/street.h makes of a name: towns by the exact skeleton, streets of a town by
 * the exact or the short one. As above: the first `most`, and how many there are. Towns and streets
 * are what has one name (and a town): two towns of one name are one. */
KP_MUST_USE enum kp_status kp_register_towns_by_name(const struct kp_register *reg,
                                                     const char *skeleton, uint32_t *towns,
                                                     size_t most, size_t *count,
                                                     struct kp_error *error);
KP_MUST_USE enum kp_status kp_register_streets_by_name(const struct kp_register *reg, uint32_t town,
                                                       const char *skeleton, bool short_form,
                                                       uint32_t *streets, size_t most,
                                                       size_t *count, struct kp_error *error);

#endif
