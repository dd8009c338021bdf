#include "tests/fuzz/seed_tables.h"

#include "proto/address/register_format.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/register_rows.h"

static void write_csv(fuzz_seed *write, const char *name, const char *text)
{
    write("bag_csv", name, text, strlen(text));
}

static void seed_csv(fuzz_seed *write)
{
    write_csv(write, "rows", FUZZ_REGISTER_HEADER FUZZ_REGISTER_ROWS);
    write_csv(write, "marked", "\xef\xbb\xbf" FUZZ_REGISTER_HEADER "\r\n" FUZZ_REGISTER_ROWS);
    write_csv(write, "semicolons",
              "status;nevenadres;nummeraanduiding_id;adresseerbaar_object_id;postcode;huisnummer;"
              "huisletter;huisnummertoevoeging;more;openbare_ruimte;woonplaats\r\n"
              "Naamgeving uitgegeven;0;0363200000000001;0363010000000001;1011AB;1;;;;\"Plein\";Ede"
              "\r\n");
    write_csv(write, "contradicts",
              FUZZ_REGISTER_HEADER FUZZ_REGISTER_ROWS
              "0363200000000001,1011AB,13,,,Kerkstraat,Ede,0363010000000001,Naamgeving uitgegeven,"
              "0\n0363200000000002,1011AB,12,a,,Kerkstraat,Ede,0363010000000002,Naamgeving "
              "ingetrokken,0\n");
}

/* One record that changes the index of these rows. */
static void write_record(fuzz_seed *write, const char *name, enum kp_register_table table,
                         const void *key, size_t key_size, const void *value, size_t size)
{
    uint8_t record[3 + 255 + 255];
    FUZZ_CHECK(key_size <= 255 && size <= 255);
    record[0] = (uint8_t)table;
    record[1] = (uint8_t)key_size;
    record[2] = (uint8_t)size;
    memcpy(record + 3, key, key_size);
    memcpy(record + 3 + key_size, value, size);
    write("register", name, record, 3 + key_size + size);
}

static void seed_numbers(fuzz_seed *write)
{
    static const uint8_t at[KP_REGISTER_AT] = {'1', '0', '1', '1', 'A', 'B', 0, 0, 0, 12};
    struct kp_register_entry entry = {.id = 363200000000001u,
                                      .object = 363010000000001u,
                                      .digits = 1011,
                                      .letter = 'B',
                                      .addition = {'1', '2', '3', '4'}};
    uint8_t bytes[3 * KP_REGISTER_ENTRY], id[8], object[8], main[KP_REGISTER_AT + 8];
    kp_put_number(id, entry.id, 8);
    kp_put_number(object, entry.object, 8);
    for (size_t i = 0; i < 3; i++) {
        kp_register_entry_pack(bytes + i * KP_REGISTER_ENTRY, &entry);
        entry.street = entry.street * 2 + 1;
    }
    memcpy(main, at, sizeof(at));
    kp_put_number(main + sizeof(at), entry.id, 8);
    write_record(write, "numbers", KP_REGISTER_NUMBERS, at, sizeof(at), bytes, sizeof(bytes));
    write_record(write, "ids", KP_REGISTER_IDS, id, 8, at, sizeof(at));
    write_record(write, "withdrawn", KP_REGISTER_IDS, id, 8, "", 0);
    write_record(write, "objects", KP_REGISTER_OBJECTS, object, 8, main, sizeof(main));
}

static void seed_names(fuzz_seed *write)
{
    static const uint8_t key[10 + 5] = {0,   0,   0,   0,   0,   'K', 'E', 'R',
                                        'K', 'S', 'T', 'R', 'A', 'A', 'T'};
    static const uint8_t zero[8] = {0}, street[8] = {0, 0, 0, 0, 0, 0, 0, 12};
    static const uint8_t meta[KP_REGISTER_META] = KP_REGISTER_MAGIC "\0\0\0\1";
    write_record(write, "street_names", KP_REGISTER_STREET_NAMES, key, sizeof(key), zero, 8);
    write_record(write, "town_names", KP_REGISTER_TOWN_NAMES, "EDE", 3, zero, 4);
    write_record(write, "streets", KP_REGISTER_STREETS, zero, 4, "\0\0\0\0Kerkstraaf", 14);
    write_record(write, "towns", KP_REGISTER_TOWNS, zero, 4, "Edde", 4);
    write_record(write, "street_numbers", KP_REGISTER_STREET_NUMBERS, street, 8, "1011AB1011AC",
                 12);
    write_record(write, "meta", KP_REGISTER_META_TABLE, KP_REGISTER_META_KEY,
                 strlen(KP_REGISTER_META_KEY), meta, sizeof(meta));
}

void seed_registers(fuzz_seed *write)
{
    seed_csv(write);
    seed_numbers(write);
    seed_names(write);
}
