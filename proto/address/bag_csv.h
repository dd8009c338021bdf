/* The register as a flat CSV, a row for each number and each of its objects, with the columns
 *
 *   nummeraanduiding_id,postcode,huisnummer,huisletter,huisnummertoevoeging,openbare_ruimte,
 *   woonplaats,adresseerbaar_object_id,status,nevenadres
 *
 * in any order, others ignored; ',' or ';' (found in the header row); UTF-8 with or without a byte
 * order mark; CRLF or LF; quoted fields, but no line end in one. A row that isn't right is reported
 * and left out, and the next line is the next row. */
#ifndef KP_PROTO_ADDRESS_BAG_CSV_H
#define KP_PROTO_ADDRESS_BAG_CSV_H

#include "proto/address/register_build.h"

struct kp_bag_csv_counts {
    uint64_t rows; /* with the bad ones, without the header's */
    uint64_t bad;
    uint64_t objectless; /* in use, but of no object: not in the index */
};

struct kp_bag_csv_reader {
    void *context;
    /* A bad row: line from 1; column NULL for the whole row. The reason never repeats a value. */
    void (*bad)(void *context, uint64_t line, const char *column, const char *reason);
    const struct kp_register_progress *progress; /* or NULL; counts bytes */
};

/* path "-" is standard input. Adds to what is in *counts. Bounded memory, whatever the file.
 * KP_USAGE: can't be opened; KP_REFUSED: no usable header row; else as kp_register_build_add. */
KP_MUST_USE enum kp_status kp_bag_csv_read(const char *path, struct kp_register_build *build,
                                           const struct kp_bag_csv_reader *reader,
                                           struct kp_bag_csv_counts *counts,
                                           struct kp_error *error);

/* What a status begins with. */
#define KP_BAG_CSV_IN_USE "Naamgeving uitgegeven"
#define KP_BAG_CSV_WITHDRAWN "Naamgeving ingetrokken"

/* The header row and a row of it, for what is written back; a withdrawn number has only its id. */
extern const char kp_bag_csv_header[];
#define KP_BAG_CSV_ROW_MAX 2048u
void kp_bag_csv_row(char out[static KP_BAG_CSV_ROW_MAX], const struct kp_register_pair *pair);
void kp_bag_csv_withdrawn(char out[static KP_BAG_CSV_ROW_MAX], uint64_t id);

#endif
