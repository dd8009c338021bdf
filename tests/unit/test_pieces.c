/* Sealed pieces in files: what comes back, what doesn't any more, and what is left. */
#include "proto/pieces.h"
#include "proto/store.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <sys/resource.h>

static int syncs;      /* how many there were */
static int sync_error; /* what they fail with; 0: they don't */

int fdatasync(int fd) /* in the place of the system's */
{
    syncs++;
    errno = sync_error;
    return sync_error == 0 ? fsync(fd) : -1;
}

static struct kp_pieces *open_pieces(const char *name, uint32_t files)
{
    struct kp_pieces *pieces = NULL;
    CU_ASSERT_EQUAL_FATAL(kp_pieces_new(&pieces, scratch(name), files, KP_PIECES_SYNCED, NULL),
                          KP_OK);
    return pieces;
}

static void close_pieces(struct kp_pieces *pieces, const char *name)
{
    struct stat info;
    CU_ASSERT_EQUAL(kp_pieces_destroy(pieces, NULL), KP_OK);
    CU_ASSERT(stat(scratch(name), &info) != 0);
}

static enum kp_status put(struct kp_pieces *pieces, uint32_t file, const void *bytes, size_t size)
{
    return kp_pieces_append(pieces, file, &(struct kp_piece){.bytes = bytes, .size = size}, 1,
                            NULL);
}

static void what_was_put_comes_back(void)
{
    static uint8_t noise[70000], back[70000];
    static const size_t SIZES[] = {0, 1, 15, 16, 17, 4096, 70000, 0, 3};
    enum { COUNT = sizeof(SIZES) / sizeof(SIZES[0]) };
    struct kp_piece piece[COUNT];
    struct kp_pieces *pieces = open_pieces("plain", 2);
    randombytes_buf(noise, sizeof(noise));
    for (size_t i = 0; i < COUNT; i++) {
        piece[i] = (struct kp_piece){.bytes = noise + i % 2, .size = SIZES[i] - (SIZES[i] > 3)};
    }
    CU_ASSERT_EQUAL(kp_pieces_append(pieces, 1, piece, COUNT, NULL), KP_OK);
    uint64_t second = kp_pieces_end(pieces, 1);
    CU_ASSERT_EQUAL(kp_pieces_append(pieces, 1, piece, COUNT, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_pieces_end(pieces, 1), 2 * second);
    CU_ASSERT_EQUAL(kp_pieces_end(pieces, 0), 0);
    for (uint64_t place = 0; place <= second; place += second) {
        uint64_t at = place;
        for (size_t i = 0; i < COUNT; i++) {
            CU_ASSERT_EQUAL(kp_pieces_read(pieces, 1, at, back, piece[i].size, NULL), KP_OK);
            CU_ASSERT_EQUAL(memcmp(back, piece[i].bytes, piece[i].size), 0);
            at += piece[i].size + KP_PIECE_SEAL_BYTES;
        }
    }
    close_pieces(pieces, "plain");
    CU_ASSERT_EQUAL(kp_pieces_destroy(NULL, NULL), KP_OK);
}

/* Another place, size or file than it was put with, and beyond the end. */
static void nothing_from_elsewhere(void)
{
    uint8_t noise[100], back[300];
    struct kp_pieces *pieces = open_pieces("moved", 2);
    randombytes_buf(noise, sizeof(noise));
    for (uint32_t i = 0; i < 4; i++) {
        CU_ASSERT_EQUAL(put(pieces, i % 2, noise, sizeof(noise)), KP_OK);
    }
    CU_ASSERT_EQUAL(kp_pieces_read(pieces, 0, 140, back, 100, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_pieces_read(pieces, 0, 139, back, 100, NULL), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_pieces_read(pieces, 0, 140, back, 99, NULL), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_pieces_read(pieces, 0, 140, back, 101, NULL), KP_REFUSED);
    CU_ASSERT(sodium_is_zero(back, 101));
    CU_ASSERT_EQUAL(kp_pieces_read(pieces, 0, 280, back, 100, NULL), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_pieces_read(pieces, 0, 1u << 30, back, 100, NULL), KP_REFUSED);
    /* A piece over another: in the same file, and from the other one. */
    uint8_t sealed[280];
    for (uint32_t from = 0; from < 2; from++) {
        int source = open(scratch(from == 0 ? "moved/pieces-000" : "moved/pieces-001"), O_RDONLY);
        int fd = open(scratch("moved/pieces-000"), O_RDWR);
        CU_ASSERT_FATAL(source >= 0 && fd >= 0);
        CU_ASSERT_EQUAL(pread(source, sealed, 140, 0), 140);
        CU_ASSERT_EQUAL(pwrite(fd, sealed, 140, from == 0 ? 140 : 0), 140);
        close(fd);
        close(source);
    }
    CU_ASSERT_EQUAL(kp_pieces_read(pieces, 0, 140, back, 100, NULL), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_pieces_read(pieces, 0, 0, back, 100, NULL), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_pieces_read(pieces, 1, 0, back, 100, NULL), KP_OK);
    close_pieces(pieces, "moved");
}

static void every_byte_counts(void)
{
    uint8_t noise[50], back[50];
    struct kp_pieces *pieces = open_pieces("damaged", 1);
    randombytes_buf(noise, sizeof(noise));
    CU_ASSERT_EQUAL(put(pieces, 0, noise, sizeof(noise)), KP_OK);
    int fd = open(scratch("damaged/pieces-000"), O_RDWR);
    CU_ASSERT_FATAL(fd >= 0);
    for (off_t at = 0; at < 90; at++) {
        uint8_t byte = 0;
        for (int turn = 0; turn < 2; turn++) { /* changed, and back */
            CU_ASSERT_EQUAL(pread(fd, &byte, 1, at), 1);
            byte ^= 0x10;
            CU_ASSERT_EQUAL(pwrite(fd, &byte, 1, at), 1);
            CU_ASSERT_EQUAL(kp_pieces_read(pieces, 0, 0, back, 50, NULL),
                            turn == 0 ? KP_REFUSED : KP_OK);
        }
    }
    for (off_t size = 89; size >= 0; size -= 11) {
        CU_ASSERT_EQUAL(ftruncate(fd, size), 0);
        CU_ASSERT_EQUAL(kp_pieces_read(pieces, 0, 0, back, 50, NULL), KP_REFUSED);
    }
    close(fd);
    close_pieces(pieces, "damaged");
}

static void private_and_unreadable(void)
{
    uint8_t text[4000];
    static uint8_t content[10000];
    struct stat info;
    struct kp_pieces *pieces = open_pieces("sealed", 1);
    memset(text, 'k', sizeof(text));
    CU_ASSERT_EQUAL(put(pieces, 0, text, sizeof(text)), KP_OK);
    CU_ASSERT(stat(scratch("sealed"), &info) == 0 && (info.st_mode & 07777) == 0700);
    CU_ASSERT(stat(scratch("sealed/pieces-000"), &info) == 0 && (info.st_mode & 07777) == 0600);
    CU_ASSERT_EQUAL(info.st_size, 4040);
    FILE *file = fopen(scratch("sealed/pieces-000"), "rb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(fread(content, 1, sizeof(content), file), 4040);
    CU_ASSERT(fclose(file) == 0);
    CU_ASSERT_PTR_NULL(memmem(content, 4040, text, 8));
    close_pieces(pieces, "sealed");
}

/* What can't be written isn't there, and what can be afterwards is. */
static void a_full_disk(void)
{
    static uint8_t noise[9000], back[9000];
    struct rlimit before, little;
    struct stat info;
    struct kp_pieces *pieces = open_pieces("full", 1);
    randombytes_buf(noise, sizeof(noise));
    CU_ASSERT_FATAL(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    CU_ASSERT_FATAL(getrlimit(RLIMIT_FSIZE, &before) == 0);
    little = (struct rlimit){.rlim_cur = 9000, .rlim_max = before.rlim_max};
    CU_ASSERT_EQUAL(put(pieces, 0, noise, 1000), KP_OK);
    CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_FSIZE, &little), 0);
    CU_ASSERT_EQUAL(put(pieces, 0, noise, sizeof(noise)), KP_FAILED);
    CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_FSIZE, &before), 0);
    CU_ASSERT_EQUAL(kp_pieces_end(pieces, 0), 1040);
    CU_ASSERT(stat(scratch("full/pieces-000"), &info) == 0 && info.st_size == 1040);
    CU_ASSERT_EQUAL(put(pieces, 0, noise + 1, 8000), KP_OK);
    CU_ASSERT_EQUAL(kp_pieces_read(pieces, 0, 1040, back, 8000, NULL), KP_OK);
    CU_ASSERT_EQUAL(memcmp(back, noise + 1, 8000), 0);
    close_pieces(pieces, "full");
}

/* A disk that fails when it is written to says so at the append, or nobody asks it. */
static void synced_or_not(void)
{
    uint8_t back[3];
    for (int writing = KP_PIECES_SYNCED; writing <= KP_PIECES_CACHED; writing++) {
        bool synced = writing == KP_PIECES_SYNCED;
        struct kp_pieces *pieces = NULL;
        CU_ASSERT_EQUAL_FATAL(
            kp_pieces_new(&pieces, scratch("disk"), 1, (enum kp_pieces_writing)writing, NULL),
            KP_OK);
        syncs = 0;
        CU_ASSERT_EQUAL(put(pieces, 0, "abc", 3), KP_OK);
        CU_ASSERT_EQUAL(syncs, synced);
        sync_error = EIO;
        CU_ASSERT_EQUAL(put(pieces, 0, "def", 3), synced ? KP_FAILED : KP_OK);
        sync_error = 0;
        CU_ASSERT_EQUAL(kp_pieces_end(pieces, 0), synced ? 43 : 86);
        CU_ASSERT_EQUAL(put(pieces, 0, "ghi", 3), KP_OK);
        CU_ASSERT_EQUAL(kp_pieces_read(pieces, 0, 0, back, 3, NULL), KP_OK);
        CU_ASSERT_EQUAL(memcmp(back, "abc", 3), 0);
        CU_ASSERT_EQUAL(kp_pieces_read(pieces, 0, 43, back, 3, NULL), KP_OK);
        CU_ASSERT_EQUAL(memcmp(back, synced ? "ghi" : "def", 3), 0);
        close_pieces(pieces, "disk");
    }
}

static void leftovers(void)
{
    struct kp_pieces *pieces = NULL;
    struct kp_store *store = NULL;
    static const char *const tables[] = {"entries"};
    const uint8_t key[32] = {1};
    struct stat info;
    /* Of this kind, as kill -9 leaves it; and of a store, as versions before had one. */
    CU_ASSERT_FATAL(mkdir(scratch("left"), 0700) == 0);
    (void)scratch_text("left/pieces-000", "some");
    (void)scratch_text("left/pieces-017", "");
    close_pieces(open_pieces("left", 1), "left");
    CU_ASSERT_EQUAL(kp_pieces_remove(scratch("left"), NULL), KP_OK); /* nothing there */
    CU_ASSERT_FATAL(mkdir(scratch("left"), 0700) == 0);
    (void)scratch_text("left/pieces-000", "some");
    CU_ASSERT_EQUAL(kp_pieces_remove(scratch("left"), NULL), KP_OK);
    CU_ASSERT(stat(scratch("left"), &info) != 0);
    CU_ASSERT_EQUAL_FATAL(kp_store_open(&store, scratch("left"), key, tables, 1, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_pieces_new(&pieces, scratch("left"), 1, KP_PIECES_SYNCED, NULL),
                    KP_REFUSED); /* in use */
    kp_store_close(store);
    close_pieces(open_pieces("left", 1), "left");
    /* In use by another; then something else in it, which is refused and stays. */
    struct kp_pieces *other = open_pieces("left", 3);
    CU_ASSERT_EQUAL(kp_pieces_new(&pieces, scratch("left"), 1, KP_PIECES_SYNCED, NULL), KP_REFUSED);
    CU_ASSERT(stat(scratch("left/pieces-002"), &info) == 0);
    close_pieces(other, "left");
    static const char *const NAMES[] = {"notes", "pieces-1", "pieces-0001", "pieces-00x"};
    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        char name[64];
        (void)snprintf(name, sizeof(name), "left/%s", NAMES[i]);
        CU_ASSERT_FATAL(mkdir(scratch("left"), 0700) == 0);
        (void)scratch_text("left/pieces-000", "some");
        (void)scratch_text(name, "not ours");
        CU_ASSERT_EQUAL(kp_pieces_new(&pieces, scratch("left"), 1, KP_PIECES_SYNCED, NULL),
                        KP_REFUSED);
        CU_ASSERT_PTR_NULL(pieces);
        CU_ASSERT(stat(scratch(name), &info) == 0);
        CU_ASSERT(stat(scratch("left/pieces-000"), &info) == 0);
        CU_ASSERT(remove(scratch(name)) == 0 && remove(scratch("left/pieces-000")) == 0);
        CU_ASSERT(rmdir(scratch("left")) == 0);
    }
    /* Open to others; a link; no place for it. */
    CU_ASSERT_FATAL(mkdir(scratch("left"), 0700) == 0 && chmod(scratch("left"), 0750) == 0);
    CU_ASSERT_EQUAL(kp_pieces_new(&pieces, scratch("left"), 1, KP_PIECES_SYNCED, NULL), KP_REFUSED);
    CU_ASSERT_FATAL(symlink(scratch("left"), scratch("link")) == 0);
    CU_ASSERT_EQUAL(kp_pieces_new(&pieces, scratch("link"), 1, KP_PIECES_SYNCED, NULL), KP_FAILED);
    CU_ASSERT_EQUAL(kp_pieces_new(&pieces, scratch("none/here"), 1, KP_PIECES_SYNCED, NULL),
                    KP_FAILED);
    CU_ASSERT_EQUAL(kp_pieces_new(&pieces, "", 1, KP_PIECES_SYNCED, NULL), KP_USAGE);
    CU_ASSERT_EQUAL(kp_pieces_new(&pieces, scratch("many"), 257, KP_PIECES_SYNCED, NULL), KP_USAGE);
}

static const struct unit_test TESTS[] = {
    {"what was put comes back", what_was_put_comes_back},
    {"nothing from elsewhere", nothing_from_elsewhere},
    {"every byte counts", every_byte_counts},
    {"private and unreadable", private_and_unreadable},
    {"a full disk", a_full_disk},
    {"synced or not", synced_or_not},
    {"leftovers", leftovers},
};

UNIT_MAIN("pieces", TESTS)
