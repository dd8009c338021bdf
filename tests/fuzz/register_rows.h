/* A small register with every kind of row: what the targets of registers.c begin with. */
#ifndef KP_TESTS_FUZZ_REGISTER_ROWS_H
#define KP_TESTS_FUZZ_REGISTER_ROWS_H

#define FUZZ_REGISTER_HEADER                                                                       \
    "nummeraanduiding_id,postcode,huisnummer,huisletter,huisnummertoevoeging,openbare_ruimte,"     \
    "woonplaats,adresseerbaar_object_id,status,nevenadres\n"
#define FUZZ_REGISTER_ROWS                                                                         \
    "0363200000000001,1011AB,12,,,Kerkstraat,Ede,0363010000000001,Naamgeving uitgegeven,0\n"       \
    "0363200000000002,1011AB,12,a,,Kerkstraat,Ede,0363010000000002,Naamgeving uitgegeven,0\n"      \
    "0363200000000003,1011AB,12,,hs,Kerkstraat,Ede,0363020000000003,Naamgeving uitgegeven,0\n"     \
    "0363200000000004,,1,,,\"Plein, 't\",Ede,0363010000000001,Naamgeving uitgegeven,1\n"           \
    "0363200000000005,1011AB,14,,,Kerkstraat,Ede,,Naamgeving uitgegeven,0\n"                       \
    "0363200000000006,,,,,,,,Naamgeving ingetrokken,\n"

#endif
