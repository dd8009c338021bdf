/* Targets of the address register: the CSV that it is made from, and the values in its index. */
#include "proto/address/bag_csv.h"
#include "proto/address/register_format.h"
#include "proto/address/register_walk.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/register_rows.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *as_file(const uint8_t *bytes, size_t size)
{
    static int fd = -1;
    static char path[64];
    if (fd < 0) {
        fd = memfd_create("fuzz", MFD_CLOEXEC);
        FUZZ_CHECK(fd >= 0);
        (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    }
    FUZZ_CHECK(ftruncate(fd, 0) == 0 && pwrite(fd, bytes, size, 0) == (ssize_t)size);
    return path;
}

/* ---- CSV --------------------------------------------------------------------------------------
 */

static void see_bad(void *context, uint64_t line, const char *column, const char *reason)
{
    uint64_t *count = context;
    (void)column;
    FUZZ_CHECK(line >= 2 && reason != NULL && reason[0] != '\0');
    ++*count;
}

/* Every row is bad, withdrawn, of no object, or counted; whatever was read can be made an index of.
 */
void fuzz_bag_csv(const uint8_t *bytes, size_t size)
{
    const struct kp_register_build_options options = {.dir = "/tmp", .dry = true};
    struct kp_register_build *build = NULL;
    struct kp_register_outcome outcome;
    struct kp_bag_csv_counts counts = {.rows = 0};
    struct kp_error error = {0};
    uint64_t bad = 0;
    const struct kp_bag_csv_reader reader = {.context = &bad, .bad = see_bad};
    FUZZ_CHECK(kp_register_build_begin(&build, &options, &error) == KP_OK);
    enum kp_status status = kp_bag_csv_read(as_file(bytes, size), build, &reader, &counts, &error);
    FUZZ_CHECK(status == KP_OK || (status == KP_REFUSED && error.text[0] != '\0'));
    FUZZ_CHECK(bad == counts.bad && counts.bad + counts.objectless <= counts.rows);
    if (status != KP_OK) {
        kp_register_build_abandon(build);
        return;
    }
    status = kp_register_build_finish(build, 20260131, &outcome, &error);
    FUZZ_CHECK(status == KP_OK || (status == KP_REFUSED && error.text[0] != '\0'));
    FUZZ_CHECK(status != KP_OK || (outcome.info.pairs > 0 && outcome.info.objects > 0));
    FUZZ_CHECK(outcome.info.pairs + outcome.repeated + outcome.contradictory <=
               counts.rows - counts.bad - counts.objectless);
}

/* ---- The index --------------------------------------------------------------------------------
 */

static char folder[] = "/tmp/kruispunt-fuzz-XXXXXX";
static char data_path[128]; /* of the index's file */
static struct kp_register_info made;
static uint8_t *whole; /* the file as it was made */
static size_t whole_size;

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    (void)info;
    (void)kind;
    (void)walk;
    return remove(path);
}

static void remove_all(void)
{
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(whole);
}

static void make_index(void)
{
    static const char rows[] = FUZZ_REGISTER_HEADER FUZZ_REGISTER_ROWS;
    struct kp_register_build *build = NULL;
    struct kp_register_outcome outcome;
    struct kp_bag_csv_counts counts = {.rows = 0};
    uint64_t bad = 0;
    const struct kp_bag_csv_reader reader = {.context = &bad, .bad = see_bad};
    FUZZ_CHECK(mkdtemp(folder) != NULL && atexit(remove_all) == 0);
    const struct kp_register_build_options options = {.dir = folder};
    FUZZ_CHECK(kp_register_build_begin(&build, &options, NULL) == KP_OK);
    const char *path = as_file((const uint8_t *)rows, strlen(rows));
    FUZZ_CHECK(kp_bag_csv_read(path, build, &reader, &counts, NULL) == KP_OK && bad == 0);
    FUZZ_CHECK(kp_register_build_finish(build, 20260131, &outcome, NULL) == KP_OK);
    made = outcome.info;
    (void)snprintf(data_path, sizeof(data_path), "%s/%s/data.mdb", folder, made.name);
    struct stat info;
    int fd = open(data_path, O_RDONLY | O_CLOEXEC);
    FUZZ_CHECK(fd >= 0 && fstat(fd, &info) == 0);
    whole_size = (size_t)info.st_size;
    whole = malloc(whole_size);
    FUZZ_CHECK(whole != NULL && read(fd, whole, whole_size) == (ssize_t)whole_size);
    close(fd);
}

static void restore(void)
{
    int fd = open(data_path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    FUZZ_CHECK(fd >= 0 && write(fd, whole, whole_size) == (ssize_t)whole_size);
    close(fd);
}

/* Records: table, size of key, size of value, key, value. LMDB's pages stay those of a whole file:
 * they are trusted, what stands in them isn't. */
static void put_records(const uint8_t *bytes, size_t size)
{
    MDB_env *env = NULL;
    MDB_txn *txn = NULL;
    char path[96];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, made.name);
    FUZZ_CHECK(mdb_env_create(&env) == 0 && mdb_env_set_maxdbs(env, KP_REGISTER_TABLES) == 0);
    FUZZ_CHECK(mdb_env_set_mapsize(env, 16u << 20) == 0);
    FUZZ_CHECK(mdb_env_open(env, path, MDB_NOLOCK | MDB_NOSYNC, 0600) == 0);
    FUZZ_CHECK(mdb_txn_begin(env, NULL, 0, &txn) == 0);
    while (size >= 3 && size - 3 >= (size_t)bytes[1] + bytes[2]) {
        MDB_dbi table;
        MDB_val key = {bytes[1], (void *)(uintptr_t)(bytes + 3)};
        MDB_val value = {bytes[2], (void *)(uintptr_t)(bytes + 3 + bytes[1])};
        const char *name = kp_register_table_names[bytes[0] % KP_REGISTER_TABLES];
        FUZZ_CHECK(mdb_dbi_open(txn, name, 0, &table) == 0);
        (void)mdb_put(txn, table, &key, &value, 0);
        size -= 3 + key.mv_size + value.mv_size;
        bytes += 3 + key.mv_size + value.mv_size;
    }
    FUZZ_CHECK(mdb_txn_commit(txn) == 0);
    mdb_env_close(env);
}

#define MOST 8u

static void check_numbers(const struct kp_register_number *numbers, size_t count)
{
    for (size_t i = 0; i < count && i < MOST; i++) {
        FUZZ_CHECK(strnlen(numbers[i].addition, 5) < 5 && strnlen(numbers[i].postcode, 7) < 7);
        FUZZ_CHECK(numbers[i].letter[1] == '\0');
    }
}

static void look_up(const struct kp_register *reg)
{
    struct kp_register_number numbers[MOST];
    struct kp_register_street street;
    uint32_t found[MOST];
    size_t count = 0;
    bool withdrawn = false, there = false;
    for (uint32_t i = 0; i < 3; i++) {
        if (kp_register_street(reg, i, &street, NULL) == KP_OK) {
            FUZZ_CHECK(strlen(street.name) < sizeof(street.name));
            FUZZ_CHECK(strlen(street.town) < sizeof(street.town));
        }
        if (kp_register_by_street(reg, i, 12, numbers, MOST, &count, NULL) == KP_OK) {
            check_numbers(numbers, count);
        }
    }
    for (uint64_t id = 363200000000001u; id < 363200000000008u; id++) {
        if (kp_register_by_id(reg, id, numbers, MOST, &count, &withdrawn, NULL) == KP_OK) {
            FUZZ_CHECK(!withdrawn || count == 0);
            check_numbers(numbers, count);
        }
    }
    if (kp_register_by_postcode(reg, "1011AB", 12, numbers, MOST, &count, NULL) == KP_OK) {
        check_numbers(numbers, count);
    }
    if (kp_register_by_object(reg, 363010000000001u, numbers, &there, NULL) == KP_OK && there) {
        check_numbers(numbers, 1);
        FUZZ_CHECK(numbers[0].object == 363010000000001u);
    }
    (void)!kp_register_towns_by_name(reg, "EDE", found, MOST, &count, NULL);
    (void)!kp_register_streets_by_name(reg, 0, "KERKSTRAAT", false, found, MOST, &count, NULL);
}

/* Whatever stands in it, it is answered from or refused; and only what was made is whole. */
void fuzz_register(const uint8_t *bytes, size_t size)
{
    struct kp_register *reg = NULL;
    struct kp_error error = {0};
    if (whole == NULL) {
        make_index();
    }
    restore();
    put_records(bytes, size);
    enum kp_status status = kp_register_open_name(&reg, folder, made.name, &error);
    FUZZ_CHECK((status == KP_OK) == (reg != NULL));
    FUZZ_CHECK(status == KP_OK || (status == KP_REFUSED && error.text[0] != '\0'));
    if (reg == NULL) {
        return;
    }
    look_up(reg);
    status = kp_register_verify(reg, NULL, &error);
    FUZZ_CHECK(status == KP_OK || (status == KP_REFUSED && error.text[0] != '\0'));
    FUZZ_CHECK(status != KP_OK || memcmp(kp_register_info(reg)->hash, made.hash, 32) == 0);
    kp_register_close(reg);
}
