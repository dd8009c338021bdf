#include "proto/limits.h"
#include "proto/store.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <lmdb.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

static const uint8_t key[32] = {1, 2, 3};
static const char *const tables[] = {"one", "two"};
enum { ONE, TWO, TABLES };

static enum kp_status open_at(struct kp_store **store, const char *path, struct kp_error *error)
{
    return kp_store_open(store, path, key, tables, TABLES, error);
}

static struct kp_store *open_good(const char *path)
{
    struct kp_store *store = NULL;
    struct kp_error error = {0};
    if (open_at(&store, path, &error) != KP_OK) {
        CU_FAIL_FATAL("the store doesn't open");
    }
    return store;
}

static void put(struct kp_store *store, size_t table, const char *name, const char *value)
{
    struct kp_txn *txn = NULL;
    CU_ASSERT_FATAL(kp_store_begin(store, true, &txn, NULL) == KP_OK);
    CU_ASSERT(kp_store_put(txn, table, name, strlen(name), value, strlen(value), NULL) == KP_OK);
    CU_ASSERT(kp_store_commit(txn, NULL) == KP_OK);
}

/* Whether the record is there with this value. */
static bool has(struct kp_store *store, size_t table, const char *name, const char *value)
{
    struct kp_txn *txn = NULL;
    struct kp_buffer got = {0};
    bool found = false;
    CU_ASSERT_FATAL(kp_store_begin(store, false, &txn, NULL) == KP_OK);
    CU_ASSERT(kp_store_get(txn, table, name, strlen(name), &got, &found, NULL) == KP_OK);
    kp_store_abort(txn);
    bool same = found && got.size == strlen(value) && memcmp(got.data, value, got.size) == 0;
    kp_buffer_free(&got);
    return same;
}

static void hostile_database_files(void)
{
    static uint8_t bytes[65536];
    const char *path = scratch("hostile");
    kp_store_close(open_good(path));
    for (int i = 0; i < 40; i++) {
        size_t size = i == 0 ? 1 : i == 1 ? 4096 : i == 2 ? 8191 : sizeof(bytes) >> (i % 4);
        randombytes_buf(bytes, sizeof(bytes));
        if (i % 3 == 1) {
            memset(bytes, i, sizeof(bytes));
        }
        scratch_write("hostile/data.mdb", bytes, size);
        struct kp_store *store = NULL;
        struct kp_error error = {0};
        enum kp_status status = open_at(&store, path, &error);
        CU_ASSERT(status == KP_REFUSED || status == KP_FAILED);
        CU_ASSERT(store == NULL && strstr(error.text, path) != NULL);
    }
}

static void empty_database_file(void)
{
    const char *path = scratch("emptied");
    struct kp_store *store = open_good(path);
    put(store, ONE, "a", "b");
    kp_store_close(store);
    scratch_write("emptied/data.mdb", "", 0);
    struct kp_error error = {0};
    CU_ASSERT(open_at(&store, path, &error) == KP_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "damaged"));
}

/* Cut off anywhere: refused, failed, or the records that are read are right; never a crash. */
static void truncated_database_file(void)
{
    const char *path = scratch("cut");
    struct kp_store *store = open_good(path);
    char value[3000];
    memset(value, 'v', sizeof(value) - 1);
    value[sizeof(value) - 1] = '\0';
    for (char name[] = "a"; name[0] <= 'z'; name[0]++) {
        put(store, ONE, name, value);
    }
    kp_store_close(store);
    struct stat info;
    const char *data = scratch("cut/data.mdb");
    CU_ASSERT_FATAL(stat(data, &info) == 0);
    for (off_t size = info.st_size - 1; size > 0; size -= 4096 + 777) {
        CU_ASSERT_FATAL(truncate(data, size) == 0);
        if (open_at(&store, path, NULL) != KP_OK) {
            continue;
        }
        struct kp_txn *txn = NULL;
        CU_ASSERT_FATAL(kp_store_begin(store, false, &txn, NULL) == KP_OK);
        for (char name[] = "a"; name[0] <= 'z'; name[0]++) {
            bool found = false;
            struct kp_buffer got = {0};
            enum kp_status status = kp_store_get(txn, ONE, name, 1, &got, &found, NULL);
            CU_ASSERT(status != KP_OK || !found || got.size == sizeof(value) - 1);
            kp_buffer_free(&got);
        }
        kp_store_abort(txn);
        kp_store_close(store);
    }
}

static void wrong_key(void)
{
    uint8_t other[32] = {9};
    struct kp_error error = {0};
    const char *path = scratch("wrong-key");
    struct kp_store *store = open_good(path);
    put(store, ONE, "a", "b");
    kp_store_close(store);
    CU_ASSERT(kp_store_open(&store, path, other, tables, TABLES, &error) == KP_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "isn't the key"));
    CU_ASSERT_PTR_NULL(store);
    store = open_good(path);
    CU_ASSERT(has(store, ONE, "a", "b"));
    kp_store_close(store);
}

/* Opens the environment with LMDB itself and lets `change` at it. */
static void with_lmdb(const char *path, void (*change)(MDB_txn *txn))
{
    MDB_env *env = NULL;
    MDB_txn *txn = NULL;
    CU_ASSERT_FATAL(mdb_env_create(&env) == 0);
    CU_ASSERT_FATAL(mdb_env_set_maxdbs(env, 8) == 0);
    CU_ASSERT_FATAL(mdb_env_set_mapsize(env, 1u << 24) == 0);
    CU_ASSERT_FATAL(mdb_env_open(env, path, MDB_NOLOCK | MDB_NOTLS, 0600) == 0);
    CU_ASSERT_FATAL(mdb_txn_begin(env, NULL, 0, &txn) == 0);
    change(txn);
    CU_ASSERT_FATAL(mdb_txn_commit(txn) == 0);
    mdb_env_close(env);
}

static MDB_dbi table_of(MDB_txn *txn, const char *name)
{
    MDB_dbi dbi = 0;
    CU_ASSERT_FATAL(mdb_dbi_open(txn, name, MDB_CREATE, &dbi) == 0);
    return dbi;
}

static uint8_t wanted_version;

static void change_version(MDB_txn *txn)
{
    char name[] = "format";
    uint8_t copy[64];
    MDB_val record = {sizeof(name) - 1, name};
    MDB_val value;
    MDB_dbi dbi = table_of(txn, "kruispunt");
    CU_ASSERT_FATAL(mdb_get(txn, dbi, &record, &value) == 0 && value.mv_size <= sizeof(copy));
    memcpy(copy, value.mv_data, value.mv_size);
    copy[value.mv_size - 1] = wanted_version;
    value.mv_data = copy;
    CU_ASSERT_FATAL(mdb_put(txn, dbi, &record, &value, 0) == 0);
}

static void other_formats(void)
{
    static const struct {
        uint8_t version;
        const char *says;
    } formats[] = {{0, "older"}, {1, "older"}, {3, "newer"}, {255, "newer"}};
    const char *path = scratch("format");
    kp_store_close(open_good(path));
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        struct kp_store *store = NULL;
        struct kp_error error = {0};
        wanted_version = formats[i].version;
        with_lmdb(path, change_version);
        CU_ASSERT(open_at(&store, path, &error) == KP_REFUSED);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, formats[i].says));
    }
    wanted_version = 2;
    with_lmdb(path, change_version);
    kp_store_close(open_good(path));
}

static void drop_meta(MDB_txn *txn)
{
    CU_ASSERT_FATAL(mdb_drop(txn, table_of(txn, "kruispunt"), 1) == 0);
}

static void not_a_store(void)
{
    struct kp_store *store = NULL;
    struct kp_error error = {0};
    kp_store_close(open_good(scratch("foreign")));
    with_lmdb(scratch("foreign"), drop_meta);
    CU_ASSERT(open_at(&store, scratch("foreign"), &error) == KP_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "not a store"));

    CU_ASSERT_FATAL(mkdir(scratch("homework"), 0700) == 0);
    const char *file = scratch_text("homework/essay", "mine");
    CU_ASSERT(open_at(&store, scratch("homework"), &error) == KP_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "essay"));
    CU_ASSERT(kp_store_remove(scratch("homework"), &error) == KP_REFUSED);
    CU_ASSERT(access(file, F_OK) == 0);

    CU_ASSERT(open_at(&store, scratch_text("a-file", "x"), &error) == KP_FAILED);
    CU_ASSERT(open_at(&store, scratch("none/at/all"), &error) == KP_FAILED);
    CU_ASSERT(open_at(&store, "", &error) == KP_USAGE);
}

static void folder_must_be_private(void)
{
    struct kp_store *store = NULL;
    struct kp_error error = {0};
    struct stat info;
    const char *path = scratch("private");
    kp_store_close(open_good(path));
    CU_ASSERT(stat(path, &info) == 0 && (info.st_mode & 07777) == 0700);
    CU_ASSERT(stat(scratch("private/data.mdb"), &info) == 0 && (info.st_mode & 07777) == 0600);
    CU_ASSERT_FATAL(chmod(path, 0750) == 0);
    CU_ASSERT(open_at(&store, path, &error) == KP_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "chmod 700"));
}

/* The value of `from` under the name of `to`. */
static void swap_values(MDB_txn *txn)
{
    char a[] = "a";
    char b[] = "b";
    uint8_t copy[128];
    MDB_val from = {1, a};
    MDB_val to = {1, b};
    MDB_val value;
    MDB_dbi dbi = table_of(txn, "one");
    CU_ASSERT_FATAL(mdb_get(txn, dbi, &from, &value) == 0 && value.mv_size <= sizeof(copy));
    memcpy(copy, value.mv_data, value.mv_size);
    value.mv_data = copy;
    CU_ASSERT_FATAL(mdb_put(txn, dbi, &to, &value, 0) == 0);
    CU_ASSERT_FATAL(mdb_put(txn, table_of(txn, "two"), &from, &value, 0) == 0);
    /* And one too short to be sealed at all, one with a bit flipped, one empty. */
    char c[] = "c";
    char d[] = "d";
    char e[] = "e";
    MDB_val short_key = {1, c};
    MDB_val flipped_key = {1, d};
    MDB_val empty_key = {1, e};
    MDB_val short_value = {39, copy};
    MDB_val empty_value = {0, copy};
    CU_ASSERT_FATAL(mdb_put(txn, dbi, &short_key, &short_value, 0) == 0);
    CU_ASSERT_FATAL(mdb_put(txn, dbi, &empty_key, &empty_value, 0) == 0);
    MDB_val flipped;
    CU_ASSERT_FATAL(mdb_get(txn, dbi, &flipped_key, &flipped) == 0);
    memcpy(copy, flipped.mv_data, flipped.mv_size);
    copy[flipped.mv_size - 1] ^= 1;
    MDB_val changed = {flipped.mv_size, copy};
    CU_ASSERT_FATAL(mdb_put(txn, dbi, &flipped_key, &changed, 0) == 0);
}

static void values_can_not_be_moved_or_changed(void)
{
    const char *path = scratch("moved");
    struct kp_store *store = open_good(path);
    put(store, ONE, "a", "1");
    put(store, ONE, "b", "2");
    put(store, TWO, "a", "3");
    put(store, ONE, "d", "4");
    kp_store_close(store);
    with_lmdb(path, swap_values);
    store = open_good(path);
    struct kp_txn *txn = NULL;
    struct kp_error error = {0};
    struct kp_buffer got = {0};
    bool found = true;
    CU_ASSERT_FATAL(kp_store_begin(store, false, &txn, NULL) == KP_OK);
    for (char name[] = "b"; name[0] <= 'e'; name[0]++) {
        CU_ASSERT(kp_store_get(txn, ONE, name, 1, &got, &found, &error) == KP_REFUSED);
        CU_ASSERT(!found && strstr(error.text, "not authentic") != NULL);
    }
    CU_ASSERT(kp_store_get(txn, TWO, "a", 1, &got, &found, &error) == KP_REFUSED);
    CU_ASSERT(kp_store_get(txn, ONE, "a", 1, &got, &found, &error) == KP_OK && found);

    struct kp_cursor *cursor = NULL;
    const uint8_t *name = NULL;
    const uint8_t *value = NULL;
    size_t name_size = 0;
    size_t value_size = 0;
    CU_ASSERT_FATAL(kp_cursor_open(txn, ONE, "b", 1, &cursor, &error) == KP_OK);
    CU_ASSERT(kp_cursor_next(cursor, &name, &name_size, &value, &value_size, &found, &error) ==
              KP_REFUSED);
    kp_cursor_close(cursor);
    kp_store_abort(txn);
    kp_buffer_free(&got);
    kp_store_close(store);
}

static void values_are_not_in_clear(void)
{
    const char *path = scratch("sealed");
    struct kp_store *store = open_good(path);
    put(store, ONE, "name", "PLAINTEXT-MARKER");
    kp_store_close(store);
    FILE *file = fopen(scratch("sealed/data.mdb"), "rb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    static char bytes[1 << 20];
    size_t size = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    CU_ASSERT_PTR_NULL(memmem(bytes, size, "PLAINTEXT", 9));
    CU_ASSERT_PTR_NOT_NULL(memmem(bytes, size, "kruispunt store\n", 16));
}

static void second_opening_is_refused(void)
{
    struct kp_store *second = NULL;
    struct kp_error error = {0};
    const char *path = scratch("locked");
    struct kp_store *store = open_good(path);
    CU_ASSERT(open_at(&second, path, &error) == KP_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "another process"));
    CU_ASSERT(kp_store_remove(path, &error) == KP_REFUSED);
    pid_t child = fork();
    if (child == 0) {
        _exit(open_at(&second, path, NULL) == KP_REFUSED ? 0 : 1);
    }
    int status = -1;
    CU_ASSERT(waitpid(child, &status, 0) == child && status == 0);
    put(store, ONE, "still", "works");
    CU_ASSERT(has(store, ONE, "still", "works"));
    kp_store_close(store);
    kp_store_close(open_good(path));
}

static void wrong_calls(void)
{
    char long_key[KP_STORE_KEY_MAX + 1] = "";
    struct kp_store *store = open_good(scratch("calls"));
    struct kp_txn *txn = NULL;
    struct kp_txn *second = NULL;
    struct kp_buffer got = {0};
    struct kp_cursor *cursor = NULL;
    bool found = false;
    CU_ASSERT_FATAL(kp_store_begin(store, false, &txn, NULL) == KP_OK);
    CU_ASSERT(kp_store_begin(store, false, &second, NULL) == KP_FAILED);
    CU_ASSERT(kp_store_put(txn, ONE, "a", 1, "b", 1, NULL) == KP_FAILED);
    CU_ASSERT(kp_store_delete(txn, ONE, "a", 1, NULL) == KP_FAILED);
    CU_ASSERT(kp_store_clear(txn, ONE, NULL) == KP_FAILED);
    CU_ASSERT(kp_store_get(txn, TABLES, "a", 1, &got, &found, NULL) == KP_FAILED);
    CU_ASSERT(kp_store_get(txn, ONE, "a", 0, &got, &found, NULL) == KP_FAILED);
    CU_ASSERT(kp_store_get(txn, ONE, long_key, sizeof(long_key), &got, &found, NULL) == KP_FAILED);
    CU_ASSERT(kp_cursor_open(txn, TABLES, NULL, 0, &cursor, NULL) == KP_FAILED);
    CU_ASSERT(kp_cursor_open(txn, ONE, long_key, sizeof(long_key), &cursor, NULL) == KP_FAILED);
    /* A cursor may outlive its transaction, and then is of no use. */
    CU_ASSERT_FATAL(kp_cursor_open(txn, ONE, NULL, 0, &cursor, NULL) == KP_OK);
    kp_store_abort(txn);
    const uint8_t *bytes = NULL;
    size_t size = 0;
    CU_ASSERT(kp_cursor_next(cursor, &bytes, &size, &bytes, &size, &found, NULL) == KP_FAILED);
    kp_cursor_close(cursor);
    kp_cursor_close(NULL);
    kp_store_abort(NULL);
    /* Closing ends what is going on. */
    CU_ASSERT_FATAL(kp_store_begin(store, true, &txn, NULL) == KP_OK);
    CU_ASSERT(kp_store_put(txn, ONE, long_key, KP_STORE_KEY_MAX, "b", 1, NULL) == KP_OK);
    kp_store_close(store);
    kp_store_close(NULL);
    store = open_good(scratch("calls"));
    CU_ASSERT_FATAL(kp_store_begin(store, false, &txn, NULL) == KP_OK);
    CU_ASSERT(kp_store_get(txn, ONE, long_key, KP_STORE_KEY_MAX, &got, &found, NULL) == KP_OK);
    CU_ASSERT(!found);
    kp_store_abort(txn);
    kp_store_close(store);
    struct kp_error error = {0};
    static const char *const reserved[] = {"kruispunt"};
    CU_ASSERT(kp_store_open(&store, scratch("reserved"), key, reserved, 1, &error) == KP_FAILED);
}

static void put_get_delete_clear_count(void)
{
    struct kp_store *store = open_good(scratch("records"));
    struct kp_txn *txn = NULL;
    struct kp_buffer got = {0};
    uint64_t count = 99;
    bool found = true;
    CU_ASSERT_FATAL(kp_store_begin(store, true, &txn, NULL) == KP_OK);
    CU_ASSERT(kp_store_count(txn, ONE, &count, NULL) == KP_OK && count == 0);
    CU_ASSERT(kp_store_get(txn, ONE, "a", 1, &got, &found, NULL) == KP_OK && !found);
    CU_ASSERT(kp_store_delete(txn, ONE, "a", 1, NULL) == KP_OK);
    CU_ASSERT(kp_store_put(txn, ONE, "a", 1, "first", 5, NULL) == KP_OK);
    CU_ASSERT(kp_store_put(txn, ONE, "a", 1, "second", 6, NULL) == KP_OK);
    CU_ASSERT(kp_store_put(txn, ONE, "b", 1, NULL, 0, NULL) == KP_OK);
    CU_ASSERT(kp_store_put(txn, TWO, "a", 1, "other", 5, NULL) == KP_OK);
    CU_ASSERT(kp_store_count(txn, ONE, &count, NULL) == KP_OK && count == 2);
    CU_ASSERT(kp_store_get(txn, ONE, "a", 1, &got, &found, NULL) == KP_OK && found);
    CU_ASSERT(got.size == 6 && memcmp(got.data, "second", 6) == 0);
    CU_ASSERT(kp_store_get(txn, ONE, "b", 1, &got, &found, NULL) == KP_OK && found);
    CU_ASSERT(got.size == 0);
    CU_ASSERT(kp_store_commit(txn, NULL) == KP_OK);
    CU_ASSERT(has(store, TWO, "a", "other"));

    CU_ASSERT_FATAL(kp_store_begin(store, true, &txn, NULL) == KP_OK);
    CU_ASSERT(kp_store_clear(txn, ONE, NULL) == KP_OK);
    kp_store_abort(txn);
    CU_ASSERT(has(store, ONE, "a", "second"));
    CU_ASSERT_FATAL(kp_store_begin(store, true, &txn, NULL) == KP_OK);
    CU_ASSERT(kp_store_clear(txn, ONE, NULL) == KP_OK);
    CU_ASSERT(kp_store_count(txn, ONE, &count, NULL) == KP_OK && count == 0);
    CU_ASSERT(kp_store_commit(txn, NULL) == KP_OK);
    CU_ASSERT(!has(store, ONE, "a", "second") && has(store, TWO, "a", "other"));
    kp_buffer_free(&got);
    kp_store_close(store);
}

static void large_values(void)
{
    struct kp_store *store = open_good(scratch("large"));
    struct kp_txn *txn = NULL;
    struct kp_buffer value = {0};
    struct kp_buffer got = {0};
    bool found = false;
    uint8_t *bytes = kp_buffer_extend(&value, 5u << 20);
    CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
    randombytes_buf(bytes, value.size);
    CU_ASSERT_FATAL(kp_store_begin(store, true, &txn, NULL) == KP_OK);
    CU_ASSERT(kp_store_put(txn, ONE, "big", 3, value.data, value.size, NULL) == KP_OK);
    CU_ASSERT(kp_store_commit(txn, NULL) == KP_OK);
    CU_ASSERT_FATAL(kp_store_begin(store, false, &txn, NULL) == KP_OK);
    CU_ASSERT(kp_store_get(txn, ONE, "big", 3, &got, &found, NULL) == KP_OK && found);
    CU_ASSERT(got.size == value.size && memcmp(got.data, value.data, got.size) == 0);
    kp_store_abort(txn);
    kp_buffer_free(&value);
    kp_buffer_free(&got);
    kp_store_close(store);
}

static void walks_in_key_order(void)
{
    struct kp_store *store = open_good(scratch("walk"));
    struct kp_txn *txn = NULL;
    static const char *const names[] = {"b", "a", "ab", "c", "a\x01", "\xff"};
    static const char *const sorted[] = {"a", "a\x01", "ab", "b", "c", "\xff"};
    CU_ASSERT_FATAL(kp_store_begin(store, true, &txn, NULL) == KP_OK);
    for (size_t i = 0; i < 6; i++) {
        CU_ASSERT(kp_store_put(txn, ONE, names[i], strlen(names[i]), names[i], strlen(names[i]),
                               NULL) == KP_OK);
    }
    for (size_t from = 0; from <= 6; from++) {
        struct kp_cursor *cursor = NULL;
        /* From nothing, and from behind the name before. */
        const char *start = from == 0 ? NULL : sorted[from - 1];
        size_t start_size = from == 0 ? 0 : strlen(start) + 1;
        CU_ASSERT_FATAL(kp_cursor_open(txn, ONE, start, start_size, &cursor, NULL) == KP_OK);
        size_t at = from;
        for (;; at++) {
            const uint8_t *name = NULL;
            const uint8_t *value = NULL;
            size_t name_size = 0;
            size_t value_size = 0;
            bool end = false;
            CU_ASSERT_FATAL(kp_cursor_next(cursor, &name, &name_size, &value, &value_size, &end,
                                           NULL) == KP_OK);
            if (end) {
                break;
            }
            CU_ASSERT_FATAL(at < 6);
            CU_ASSERT(name_size == strlen(sorted[at]) && memcmp(name, sorted[at], name_size) == 0);
            CU_ASSERT(value_size == name_size && memcmp(value, sorted[at], value_size) == 0);
        }
        CU_ASSERT(at == 6);
        kp_cursor_close(cursor);
    }
    kp_store_abort(txn);
    kp_store_close(store);
}

/* Deleting each record while walking, and putting others in, misses and repeats none. */
static void changes_while_walking(void)
{
    struct kp_store *store = open_good(scratch("changing"));
    struct kp_txn *txn = NULL;
    struct kp_cursor *cursor = NULL;
    CU_ASSERT_FATAL(kp_store_begin(store, true, &txn, NULL) == KP_OK);
    for (unsigned i = 0; i < 1000; i++) {
        char name[16];
        snprintf(name, sizeof(name), "k%05u", i);
        CU_ASSERT(kp_store_put(txn, ONE, name, 6, name, 6, NULL) == KP_OK);
    }
    CU_ASSERT_FATAL(kp_cursor_open(txn, ONE, NULL, 0, &cursor, NULL) == KP_OK);
    unsigned seen = 0;
    for (;; seen++) {
        const uint8_t *name = NULL;
        const uint8_t *value = NULL;
        size_t name_size = 0;
        size_t value_size = 0;
        bool end = false;
        CU_ASSERT_FATAL(
            kp_cursor_next(cursor, &name, &name_size, &value, &value_size, &end, NULL) == KP_OK);
        if (end) {
            break;
        }
        char before[16];
        snprintf(before, sizeof(before), "a%05u", seen); /* sorts in front */
        CU_ASSERT(kp_store_put(txn, ONE, before, 6, "x", 1, NULL) == KP_OK);
        CU_ASSERT(kp_store_delete(txn, ONE, name, name_size, NULL) == KP_OK);
        CU_ASSERT(memcmp(value, name, 6) == 0);
    }
    CU_ASSERT(seen == 1000);
    uint64_t count = 0;
    CU_ASSERT(kp_store_count(txn, ONE, &count, NULL) == KP_OK && count == 1000);
    CU_ASSERT(kp_store_commit(txn, NULL) == KP_OK); /* with the cursor still open */
    kp_cursor_close(cursor);
    kp_store_close(store);
}

static void blind_keys(void)
{
    uint8_t one[KP_STORE_BLIND_BYTES];
    uint8_t two[KP_STORE_BLIND_BYTES];
    uint8_t other_key[32] = {7};
    struct kp_store *store = open_good(scratch("blind"));
    kp_store_blind_key(store, one, "1234AB", 6);
    kp_store_blind_key(store, two, "1234AC", 6);
    CU_ASSERT(memcmp(one, two, sizeof(one)) != 0);
    kp_store_close(store);
    store = open_good(scratch("blind"));
    kp_store_blind_key(store, two, "1234AB", 6);
    CU_ASSERT(memcmp(one, two, sizeof(one)) == 0);
    kp_store_close(store);
    CU_ASSERT_FATAL(
        kp_store_open(&store, scratch("blind-other"), other_key, tables, TABLES, NULL) == KP_OK);
    kp_store_blind_key(store, two, "1234AB", 6);
    CU_ASSERT(memcmp(one, two, sizeof(one)) != 0);
    kp_store_close(store);
}

static void destroy_and_remove(void)
{
    struct kp_error error = {0};
    const char *path = scratch("gone");
    struct kp_store *store = open_good(path);
    put(store, ONE, "a", "b");
    CU_ASSERT(kp_store_destroy(store, &error) == KP_OK);
    CU_ASSERT(access(path, F_OK) != 0);
    CU_ASSERT(kp_store_remove(path, &error) == KP_OK); /* is gone already */
    store = open_good(path);
    CU_ASSERT(!has(store, ONE, "a", "b"));
    kp_store_close(store);
    CU_ASSERT(kp_store_remove(path, &error) == KP_OK);
    CU_ASSERT(access(path, F_OK) != 0);
    CU_ASSERT(kp_store_remove(scratch_text("no-folder", ""), &error) == KP_FAILED);
}

/* A process killed while it made the store leaves one that was never there. */
static void unfinished_creation(void)
{
    const char *path = scratch("unfinished");
    CU_ASSERT_FATAL(mkdir(path, 0700) == 0);
    scratch_text("unfinished/unfinished", "");
    scratch_write("unfinished/data.mdb", "half", 4);
    struct kp_store *store = open_good(path);
    put(store, ONE, "a", "b");
    kp_store_close(store);
    CU_ASSERT(access(scratch("unfinished/unfinished"), F_OK) != 0);
    store = open_good(path);
    CU_ASSERT(has(store, ONE, "a", "b"));
    kp_store_close(store);
}

/* Opens the store at `path`, and commits records one by one, each reported when it is committed. */
static void commit_for_ever(const char *path, int report, uint32_t first)
{
    struct kp_store *store = NULL;
    if (open_at(&store, path, NULL) != KP_OK) {
        _exit(1);
    }
    for (uint32_t i = first;; i++) {
        struct kp_txn *txn = NULL;
        uint8_t value[600];
        memset(value, (int)(i % 251), sizeof(value));
        if (kp_store_begin(store, true, &txn, NULL) != KP_OK ||
            kp_store_put(txn, ONE, &i, sizeof(i), value, sizeof(value), NULL) != KP_OK ||
            kp_store_commit(txn, NULL) != KP_OK || write(report, &i, sizeof(i)) != sizeof(i)) {
            _exit(1);
        }
    }
}

static bool has_numbers(struct kp_store *store, uint32_t count)
{
    struct kp_txn *txn = NULL;
    struct kp_buffer got = {0};
    bool all = true;
    CU_ASSERT_FATAL(kp_store_begin(store, false, &txn, NULL) == KP_OK);
    for (uint32_t i = 0; all && i < count; i++) {
        bool found = false;
        all = kp_store_get(txn, ONE, &i, sizeof(i), &got, &found, NULL) == KP_OK && found &&
              got.size == 600 && got.data[599] == (uint8_t)(i % 251);
    }
    kp_store_abort(txn);
    kp_buffer_free(&got);
    return all;
}

static void killed_at_any_moment(void)
{
    const char *shared = scratch("killed");
    char path[256];
    snprintf(path, sizeof(path), "%s", shared);
    uint32_t acknowledged = 0;
    for (int round = 0; round < 25; round++) {
        int ends[2];
        CU_ASSERT_FATAL(pipe2(ends, O_CLOEXEC) == 0);
        pid_t child = fork();
        CU_ASSERT_FATAL(child >= 0);
        if (child == 0) {
            commit_for_ever(path, ends[1], acknowledged);
        }
        close(ends[1]);
        /* The first rounds hit the store's making. */
        struct timespec pause = {0, (long)randombytes_uniform(round < 10 ? 4000000 : 60000000)};
        nanosleep(&pause, NULL);
        CU_ASSERT(kill(child, SIGKILL) == 0);
        int status = 0;
        CU_ASSERT(waitpid(child, &status, 0) == child && WIFSIGNALED(status));
        uint32_t number = 0;
        while (read(ends[0], &number, sizeof(number)) == sizeof(number)) {
            CU_ASSERT(number == acknowledged);
            acknowledged = number + 1;
        }
        close(ends[0]);
        struct kp_store *store = open_good(path);
        CU_ASSERT(has_numbers(store, acknowledged));
        kp_store_close(store);
    }
    CU_ASSERT(acknowledged > 0);
}

/* With little address space the map begins small, grows between transactions, and when it can't,
 * what was committed stays. In a child, because a limit lowered stays low. */
static int fill_with_limit(const char *path)
{
    struct rlimit limit;
    FILE *file = fopen("/proc/self/statm", "r");
    unsigned long pages = 0;
    if (file == NULL || fscanf(file, "%lu", &pages) != 1 || getrlimit(RLIMIT_AS, &limit) != 0) {
        return 1;
    }
    fclose(file);
    if (pages > 1ul << 28) {
        return 0; /* a sanitizer takes terabytes: not to be limited */
    }
    limit.rlim_cur = pages * 4096 + (160u << 20);
    if (setrlimit(RLIMIT_AS, &limit) != 0) {
        return 2;
    }
    struct kp_store *store = NULL;
    struct kp_error error = {0};
    if (open_at(&store, path, &error) != KP_OK) {
        return 3;
    }
    static uint8_t value[1 << 20];
    uint32_t count = 0;
    for (; count < 400; count++) {
        struct kp_txn *txn = NULL;
        if (kp_store_begin(store, true, &txn, &error) != KP_OK) {
            break;
        }
        if (kp_store_put(txn, ONE, &count, sizeof(count), value, sizeof(value), &error) != KP_OK) {
            kp_store_abort(txn);
            break;
        }
        if (kp_store_commit(txn, &error) != KP_OK) {
            break;
        }
    }
    limit.rlim_cur = limit.rlim_max;
    /* The map began with 64 MiB: so it has grown once. */
    if (count < 70 || count == 400 || strstr(error.text, "address space") == NULL) {
        return 4;
    }
    struct kp_txn *txn = NULL;
    uint64_t kept = 0;
    if (kp_store_begin(store, false, &txn, &error) != KP_OK ||
        kp_store_count(txn, ONE, &kept, &error) != KP_OK || kept != count) {
        return 5;
    }
    kp_store_abort(txn);
    /* With the limit lifted it goes on where it stopped. */
    if (setrlimit(RLIMIT_AS, &limit) != 0) {
        return 6;
    }
    for (uint32_t i = count; i < count + 200; i++) {
        if (kp_store_begin(store, true, &txn, &error) != KP_OK ||
            kp_store_put(txn, ONE, &i, sizeof(i), value, sizeof(value), &error) != KP_OK ||
            kp_store_commit(txn, &error) != KP_OK) {
            return 7;
        }
    }
    kp_store_close(store);
    return 0;
}

static void little_address_space(void)
{
    const char *path = scratch("small");
    pid_t child = fork();
    CU_ASSERT_FATAL(child >= 0);
    if (child == 0) {
        _exit(fill_with_limit(path));
    }
    int status = -1;
    CU_ASSERT(waitpid(child, &status, 0) == child);
    CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    if (status != 0) {
        printf("\n  child: status %x\n", (unsigned)status);
    }
}

static const struct unit_test tests[] = {
    {"hostile database files", hostile_database_files},
    {"empty database file", empty_database_file},
    {"truncated database file", truncated_database_file},
    {"wrong key", wrong_key},
    {"other formats", other_formats},
    {"not a store", not_a_store},
    {"folder must be private", folder_must_be_private},
    {"values can't be moved or changed", values_can_not_be_moved_or_changed},
    {"values are not in clear", values_are_not_in_clear},
    {"second opening is refused", second_opening_is_refused},
    {"wrong calls", wrong_calls},
    {"put, get, delete, clear, count", put_get_delete_clear_count},
    {"large values", large_values},
    {"walks in key order", walks_in_key_order},
    {"changes while walking", changes_while_walking},
    {"blind keys", blind_keys},
    {"destroy and remove", destroy_and_remove},
    {"unfinished creation", unfinished_creation},
    {"killed at any moment", killed_at_any_moment},
    {"little address space", little_address_space},
};

UNIT_MAIN("store", tests)
