#include "proto/address.h"
#include "proto/address/register_format.h"
#include "proto/address/register_walk.h"
#include "proto/address/street.h"
#include "tests/unit/register_make.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#define NUMBER(n) (363200000000000u + (n))
#define OBJECT(n) (363010000000000u + (n))

/* Two houses with a side address and two ids on one object, a flat without a postcode, one with a
 * letter in small, a withdrawn one, and one that was withdrawn once and is in use. */
static const char rows[] =
    "0363200000000001,1011AB,12,,,Kerkstraat,Amsterdam,0363010000000001,Naamgeving uitgegeven,0\n"
    "0363200000000002,1011AB,12,A,,Kerkstraat,Amsterdam,0363010000000002,Naamgeving uitgegeven,0\n"
    "0363200000000003,1011AB,12,,hs,Kerkstraat,Amsterdam,0363010000000003,Naamgeving uitgegeven,0\n"
    "0363200000000004,1011AC,1,a,,\"Plein, 't\",Amsterdam,0363010000000001,Naamgeving "
    "uitgegeven,1\n"
    "0363200000000005,,7,,,Heideweg,Ede,0363020000000005,Naamgeving uitgegeven,1\n"
    "0363200000000006,6711AA,7,,,Heideweg,Ede,0363020000000005,Naamgeving uitgegeven,0\n"
    "0363200000000007,1011AB,12,,,Kerkstraat,Amsterdam,0363010000000001,Naamgeving "
    "ingetrokken,0\n"
    "0363200000000008,1011AB,14,,,Kerkstraat,Amsterdam,,Naamgeving uitgegeven,0\n"
    "0363200000000009,1011AB,16,,,Kerkstraat,Amsterdam,0363010000000009,Naamgeving ingetrokken,0\n"
    "0363200000000009,1011AB,16,,,Kerkstraat,Amsterdam,0363010000000009,Naamgeving uitgegeven,0\n"
    "0363200000000001,1011AB,12,,,Kerkstraat,Amsterdam,0363010000000001,Naamgeving uitgegeven,0\n";

static struct kp_register *opened;

static struct register_made make_text(const char *dir, const char *text)
{
    return register_make(scratch(dir), scratch_text("register.csv", text));
}

static void is_made_and_opened(void)
{
    char text[4096];
    struct kp_error error = {0};
    (void)snprintf(text, sizeof(text), "%s%s", REGISTER_HEADER, rows);
    struct register_made made = make_text("bag", text);
    CU_ASSERT_FATAL(made.status == KP_OK);
    CU_ASSERT(made.counts.rows == 11 && made.counts.bad == 0 && made.counts.objectless == 1);
    CU_ASSERT(made.outcome.repeated == 1 && made.outcome.contradictory == 0);
    CU_ASSERT(made.outcome.current && !made.outcome.existed);
    CU_ASSERT_FATAL(kp_register_open(&opened, scratch("bag"), NULL, &error) == KP_OK);
    const struct kp_register_info *info = kp_register_info(opened);
    CU_ASSERT(info->pairs == 7 && info->objects == 5 && info->withdrawn == 1);
    CU_ASSERT(info->streets == 3 && info->towns == 2 && info->date == 20261122);
    CU_ASSERT(memcmp(info->hash, made.outcome.info.hash, 32) == 0);
    CU_ASSERT_STRING_EQUAL(info->name, made.outcome.info.name);
    /* The same again: there already; and found by its hash. */
    made = make_text("bag", text);
    CU_ASSERT(made.status == KP_OK && made.outcome.existed && made.outcome.current);
    struct kp_register *again = NULL;
    CU_ASSERT(kp_register_open(&again, scratch("bag"), info->hash, &error) == KP_OK);
    kp_register_close(again);
    uint8_t other[32] = {0};
    CU_ASSERT(kp_register_open(&again, scratch("bag"), other, &error) == KP_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "bag import"));
    CU_ASSERT(kp_register_open(&again, scratch("nowhere"), NULL, &error) == KP_USAGE);
}

static void by_postcode(void)
{
    struct kp_register_number out[4];
    size_t count = 9;
    CU_ASSERT(kp_register_by_postcode(opened, "1011AB", 12, out, 4, &count, NULL) == KP_OK);
    CU_ASSERT_FATAL(count == 3);
    CU_ASSERT(out[0].id == NUMBER(1) && out[1].id == NUMBER(2) && out[2].id == NUMBER(3));
    CU_ASSERT(out[0].object == OBJECT(1) && out[0].object_digits == 1011 && !out[0].side);
    CU_ASSERT_STRING_EQUAL(out[1].letter, "A");
    CU_ASSERT_STRING_EQUAL(out[2].addition, "HS");
    CU_ASSERT_STRING_EQUAL(out[0].postcode, "1011AB");
    CU_ASSERT(out[0].house_number == 12);
    CU_ASSERT(kp_register_by_postcode(opened, "1011AB", 12, out, 1, &count, NULL) == KP_OK);
    CU_ASSERT(count == 3); /* and only one is told */
    CU_ASSERT(kp_register_by_postcode(opened, "1011AB", 14, out, 4, &count, NULL) == KP_OK);
    CU_ASSERT(count == 0); /* of no object */
    CU_ASSERT(kp_register_by_postcode(opened, "1011AC", 1, out, 4, &count, NULL) == KP_OK);
    CU_ASSERT(count == 1 && out[0].side && out[0].object == OBJECT(1));
    CU_ASSERT_STRING_EQUAL(out[0].letter, "A");
    static const char none[7] = "";
    CU_ASSERT(kp_register_by_postcode(opened, none, 7, out, 4, &count, NULL) == KP_OK &&
              count == 0);
}

static void by_name(void)
{
    struct kp_register_number out[4];
    struct kp_register_street street;
    uint32_t towns[2], streets[2];
    char skeleton[KP_STREET_SKELETON];
    size_t count = 0;
    CU_ASSERT(kp_town_skeleton(skeleton, sizeof(skeleton), "EDE") > 0);
    CU_ASSERT(kp_register_towns_by_name(opened, skeleton, towns, 2, &count, NULL) == KP_OK);
    CU_ASSERT_FATAL(count == 1);
    for (int short_form = 0; short_form <= 1; short_form++) {
        CU_ASSERT(kp_street_skeleton(skeleton, sizeof(skeleton), "HEIDEWEG", short_form) > 0);
        CU_ASSERT(kp_register_streets_by_name(opened, towns[0], skeleton, short_form, streets, 2,
                                              &count, NULL) == KP_OK);
        CU_ASSERT_FATAL(count == 1);
    }
    CU_ASSERT(kp_register_street(opened, streets[0], &street, NULL) == KP_OK);
    CU_ASSERT_STRING_EQUAL(street.name, "Heideweg");
    CU_ASSERT_STRING_EQUAL(street.town, "Ede");
    CU_ASSERT(street.town_number == towns[0]);
    /* Both numbers of the house, with and without postcode, by id; the digits are the main's. */
    CU_ASSERT(kp_register_by_street(opened, streets[0], 7, out, 4, &count, NULL) == KP_OK);
    CU_ASSERT_FATAL(count == 2);
    CU_ASSERT(out[0].id == NUMBER(5) && out[1].id == NUMBER(6));
    CU_ASSERT(out[0].object_digits == 6711 && out[0].postcode[0] == '\0' && out[0].side);
    CU_ASSERT(out[0].street == streets[0]);
    CU_ASSERT(kp_register_by_street(opened, streets[0], 8, out, 4, &count, NULL) == KP_OK);
    CU_ASSERT(count == 0);
    CU_ASSERT(kp_register_street(opened, 99, &street, NULL) == KP_REFUSED);
    CU_ASSERT(kp_register_towns_by_name(opened, "", towns, 2, &count, NULL) == KP_OK && count == 0);
    CU_ASSERT(kp_register_streets_by_name(opened, 99, "HEIDEWEG", false, streets, 2, &count,
                                          NULL) == KP_OK &&
              count == 0);
}

static void by_id_and_object(void)
{
    struct kp_register_number out[4], main;
    size_t count = 0;
    bool withdrawn = true, found = false;
    CU_ASSERT(kp_register_by_id(opened, NUMBER(4), out, 4, &count, &withdrawn, NULL) == KP_OK);
    CU_ASSERT(count == 1 && !withdrawn && out[0].object == OBJECT(1) && out[0].house_number == 1);
    CU_ASSERT(kp_register_by_id(opened, NUMBER(7), out, 4, &count, &withdrawn, NULL) == KP_OK);
    CU_ASSERT(count == 0 && withdrawn);
    CU_ASSERT(kp_register_by_id(opened, NUMBER(9), out, 4, &count, &withdrawn, NULL) == KP_OK);
    CU_ASSERT(count == 1 && !withdrawn); /* in use again */
    CU_ASSERT(kp_register_by_id(opened, NUMBER(99), out, 4, &count, &withdrawn, NULL) == KP_OK);
    CU_ASSERT(count == 0 && !withdrawn);
    CU_ASSERT(kp_register_by_object(opened, OBJECT(1), &main, &found, NULL) == KP_OK);
    CU_ASSERT(found && main.id == NUMBER(1) && !main.side);
    CU_ASSERT(kp_register_by_object(opened, 363020000000005u, &main, &found, NULL) == KP_OK);
    CU_ASSERT(found && main.id == NUMBER(6));
    CU_ASSERT(kp_register_by_object(opened, OBJECT(99), &main, &found, NULL) == KP_OK && !found);
    kp_register_close(opened);
}

struct row {
    uint32_t id, object, side;
};

/* All at one postcode and house number, with their own addition. */
static struct register_made make_numbers(const char *dir, const struct row *rows_made, size_t count)
{
    const char *path = scratch("numbers.csv");
    FILE *file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(REGISTER_HEADER, file);
    for (size_t i = 0; i < count; i++) {
        fprintf(file, "036320%010u,1011AB,12,,%u,Kerkstraat,Ede,036301%010u,%s,%u\n",
                rows_made[i].id, rows_made[i].id % 10000, rows_made[i].object, REGISTER_IN_USE,
                rows_made[i].side);
    }
    fclose(file);
    return register_make(scratch(dir), path);
}

/* Of an object's numbers the lowest that is no side address; else the lowest. */
static void main_addresses(void)
{
    static const struct row numbers[] = {{5, 1, 0}, {3, 1, 0}, {1, 1, 1}, {9, 2, 1},
                                         {8, 2, 1}, {7, 3, 0}, {7, 4, 1}};
    static const uint32_t wanted[] = {3, 8, 7, 7};
    struct kp_register *reg = NULL;
    struct kp_register_number main, out[4];
    size_t count = 0;
    bool found = false, withdrawn = false;
    struct register_made made = make_numbers("mains", numbers, 7);
    CU_ASSERT_FATAL(made.status == KP_OK && made.outcome.contradictory == 0);
    CU_ASSERT_FATAL(kp_register_open(&reg, scratch("mains"), NULL, NULL) == KP_OK);
    for (uint32_t object = 1; object <= 4; object++) {
        CU_ASSERT(kp_register_by_object(reg, OBJECT(object), &main, &found, NULL) == KP_OK);
        CU_ASSERT(found && main.id == NUMBER(wanted[object - 1]) && main.object == OBJECT(object));
    }
    /* One number of two objects: both come. */
    CU_ASSERT(kp_register_by_id(reg, NUMBER(7), out, 4, &count, &withdrawn, NULL) == KP_OK);
    CU_ASSERT(count == 2 && out[0].object == OBJECT(3) && out[1].object == OBJECT(4));
    CU_ASSERT(!out[0].side && out[1].side);
    CU_ASSERT(kp_register_verify(reg, NULL, NULL) == KP_OK);
    kp_register_close(reg);
}

static void contradictions_are_left_out(void)
{
    static const struct row numbers[] = {{1, 1, 0}, {2, 2, 0}, {2, 2, 1}, {2, 3, 0}};
    struct register_made made = make_numbers("contradict", numbers, 4);
    CU_ASSERT(made.status == KP_OK);
    CU_ASSERT(made.outcome.contradictory == 1 && made.outcome.contradictions[0] == NUMBER(2));
    CU_ASSERT(made.outcome.info.pairs == 1 && made.outcome.info.objects == 1);
}

/* What no register has is refused, and leaves nothing. */
static void too_much_at_one_place(void)
{
    static struct row numbers[KP_REGISTER_AT_NUMBER_MAX + 1];
    for (uint32_t i = 0; i <= KP_REGISTER_AT_NUMBER_MAX; i++) {
        numbers[i].id = numbers[i].object = i + 1;
    }
    struct register_made made = make_numbers("many", numbers, KP_REGISTER_AT_NUMBER_MAX);
    CU_ASSERT(made.status == KP_OK && made.outcome.info.pairs == KP_REGISTER_AT_NUMBER_MAX);
    made = make_numbers("too_many", numbers, KP_REGISTER_AT_NUMBER_MAX + 1);
    CU_ASSERT(made.status == KP_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(made.error.text, "more than 4096 addresses"));
    for (uint32_t i = 0; i <= KP_REGISTER_OBJECTS_OF_ID_MAX; i++) {
        numbers[i].id = 1;
    }
    made = make_numbers("too_many", numbers, KP_REGISTER_OBJECTS_OF_ID_MAX + 1);
    CU_ASSERT(made.status == KP_REFUSED);
    struct kp_register *reg = NULL;
    CU_ASSERT(kp_register_open(&reg, scratch("too_many"), NULL, NULL) == KP_USAGE);
    CU_ASSERT_PTR_NULL(reg);
}

/* An index that somebody changed: more at one number than a caller has room for. */
static void too_much_in_an_index(void)
{
    struct row number = {.id = 1, .object = 1};
    CU_ASSERT_FATAL(make_numbers("changed", &number, 1).status == KP_OK);
    MDB_env *env = NULL;
    MDB_txn *txn = NULL;
    MDB_cursor *cursor = NULL;
    MDB_dbi table;
    MDB_val key, value;
    CU_ASSERT_FATAL(mdb_env_create(&env) == 0 && mdb_env_set_maxdbs(env, KP_REGISTER_TABLES) == 0);
    CU_ASSERT_FATAL(mdb_env_open(env, scratch("changed/current"), MDB_NOLOCK, 0600) == 0);
    CU_ASSERT_FATAL(mdb_txn_begin(env, NULL, 0, &txn) == 0);
    CU_ASSERT_FATAL(mdb_dbi_open(txn, "numbers", 0, &table) == 0);
    CU_ASSERT_FATAL(mdb_cursor_open(txn, table, &cursor) == 0);
    CU_ASSERT_FATAL(mdb_cursor_get(cursor, &key, &value, MDB_FIRST) == 0);
    uint8_t at[KP_REGISTER_AT];
    static uint8_t entries[KP_REGISTER_AT_NUMBER_MAX + 1][KP_REGISTER_ENTRY];
    CU_ASSERT_FATAL(key.mv_size == sizeof(at) && value.mv_size == KP_REGISTER_ENTRY);
    memcpy(at, key.mv_data, sizeof(at));
    for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
        memcpy(entries[i], value.mv_data, KP_REGISTER_ENTRY);
    }
    mdb_cursor_close(cursor);
    key = (MDB_val){sizeof(at), at};
    value = (MDB_val){sizeof(entries), entries};
    CU_ASSERT_FATAL(mdb_put(txn, table, &key, &value, 0) == 0 && mdb_txn_commit(txn) == 0);
    mdb_env_close(env);

    struct kp_register *reg = NULL;
    struct kp_register_number found;
    size_t count = 0;
    bool withdrawn = false;
    CU_ASSERT_FATAL(kp_register_open(&reg, scratch("changed"), NULL, NULL) == KP_OK);
    CU_ASSERT(kp_register_by_id(reg, NUMBER(1), &found, 1, &count, &withdrawn, NULL) == KP_REFUSED);
    kp_register_close(reg);
}

/* More than a sorter holds: the same as what fits. */
static void many_addresses(void)
{
    enum { MANY = 500000 };
    struct kp_register_build *build = NULL;
    struct kp_register_outcome outcome;
    struct kp_register_fault fault;
    uint8_t first[32] = {0};
    for (int turn = 0; turn < 2; turn++) {
        const struct kp_register_build_options options = {.dir = scratch("dry"), .dry = true};
        CU_ASSERT_FATAL(kp_register_build_begin(&build, &options, NULL) == KP_OK);
        for (uint32_t i = 0; i < MANY; i++) {
            uint32_t n = turn == 0 ? i : MANY - 1 - i;
            struct kp_register_pair pair = {.id = NUMBER(n),
                                            .object = OBJECT(n),
                                            .house_number = 1 + n % 1000,
                                            .street = n % 2 == 0 ? "Kerkstraat" : "Plein",
                                            .town = "Ede"};
            (void)snprintf(pair.postcode, sizeof(pair.postcode), "%u%c%c", 1000 + n / 1000, 'A',
                           'A');
            if (kp_register_build_add(build, &pair, &fault, NULL) != KP_OK) {
                CU_FAIL_FATAL("a good pair");
            }
        }
        CU_ASSERT_FATAL(kp_register_build_finish(build, 20261122, &outcome, NULL) == KP_OK);
        CU_ASSERT(outcome.info.pairs == MANY && outcome.info.objects == MANY);
        CU_ASSERT(turn == 0 || memcmp(first, outcome.info.hash, 32) == 0);
        memcpy(first, outcome.info.hash, 32);
    }
    CU_ASSERT(access(scratch("dry"), F_OK) != 0);
}

static const struct unit_test tests[] = {
    {"is made and opened", is_made_and_opened},
    {"by postcode", by_postcode},
    {"by name", by_name},
    {"by id and object", by_id_and_object},
    {"main addresses", main_addresses},
    {"contradictions are left out", contradictions_are_left_out},
    {"too much at one place", too_much_at_one_place},
    {"too much in an index", too_much_in_an_index},
    {"many addresses", many_addresses},
};
UNIT_MAIN("register", tests)
