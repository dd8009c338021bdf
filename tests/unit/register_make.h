/* A register for tests, out of a CSV's text. */
#ifndef KP_TESTS_REGISTER_MAKE_H
#define KP_TESTS_REGISTER_MAKE_H

#include "proto/address/bag_csv.h"
#include "proto/address/register.h"

#define REGISTER_HEADER                                                                            \
    "nummeraanduiding_id,postcode,huisnummer,huisletter,huisnummertoevoeging,openbare_ruimte,"     \
    "woonplaats,adresseerbaar_object_id,status,nevenadres\n"
#define REGISTER_IN_USE "Naamgeving uitgegeven"
#define REGISTER_WITHDRAWN "Naamgeving ingetrokken"

struct register_made {
    enum kp_status status;
    struct kp_error error;
    struct kp_bag_csv_counts counts;
    struct kp_register_outcome outcome;
    char first_column[64]; /* of the first bad row */
    char first_reason[128];
    uint64_t first_line;
};

/* Imports the CSV file at `path` into `dir`, as of 2026-11-22. */
struct register_made register_make(const char *dir, const char *path);

#endif
