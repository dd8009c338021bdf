/* What members submit, as the coordinator takes it in: what is refused, and that nothing is left.
 */
#include "coordinator/intake.h"
#include "crypto/merkle.h"
#include "proto/record.h"
#include "proto/transcript.h"
#include "tests/unit/deposit.h"
#include "tests/unit/play.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <sys/resource.h>

static struct deposit deposit;

static struct kp_intake *intake_open(void)
{
    struct kp_intake *intake = NULL;
    struct kp_error error = {0};
    CU_ASSERT_EQUAL_FATAL(kp_intake_new(&intake, scratch("round"), deposit.fixture.agreement,
                                        &deposit.transcript, &error),
                          KP_OK);
    return intake;
}

static void intake_close(struct kp_intake *intake)
{
    struct stat info;
    CU_ASSERT_EQUAL(kp_intake_destroy(intake, NULL), KP_OK);
    CU_ASSERT(stat(scratch("round"), &info) != 0);
}

static void start(uint32_t members, uint32_t slots)
{
    deposit_start(&deposit, &(struct fixture_settings){.members = members, .slots = slots});
}

static enum kp_status give(struct kp_intake *intake, enum kp_message_type type, uint32_t member,
                           uint32_t part)
{
    return deposit_give(&deposit, intake, type, member, part);
}

#define LEAVES KP_MESSAGE_LEAVES
#define ENTRIES KP_MESSAGE_SUBMISSION

/* ---- what is taken ---- */

static const uint8_t FIRST[KP_DIGEST_BYTES];
static uint8_t last_of_all[KP_DIGEST_BYTES];

static struct kp_intake_walk *walk_new(const struct kp_intake *intake)
{
    struct kp_intake_walk *walk = NULL;
    memset(last_of_all, 0xff, sizeof(last_of_all));
    CU_ASSERT_EQUAL_FATAL(kp_intake_walk_new(&walk, intake, NULL), KP_OK);
    return walk;
}

/* Walks a range: rising, each tag once, with everybody who submitted it; next[] goes on. */
static void check_range(struct kp_intake_walk *walk, const uint8_t *from, const uint8_t *to,
                        uint32_t next[static KP_MEMBERS_MAX])
{
    struct kp_tag_group group = {.count = 1};
    uint8_t last[KP_DIGEST_BYTES] = {0};
    CU_ASSERT_EQUAL_FATAL(kp_intake_walk_start(walk, from, to, NULL), KP_OK);
    for (;;) {
        CU_ASSERT_EQUAL_FATAL(kp_intake_walk_next(walk, &group, NULL), KP_OK);
        if (group.count == 0) {
            break;
        }
        CU_ASSERT(memcmp(last, group.tag, sizeof(last)) < 0);
        CU_ASSERT(memcmp(from, group.tag, sizeof(last)) <= 0);
        CU_ASSERT(memcmp(group.tag, to, sizeof(last)) <= 0);
        memcpy(last, group.tag, sizeof(last));
        CU_ASSERT_EQUAL_FATAL(kp_intake_walk_entries(walk, &group, NULL), KP_OK);
        for (uint32_t i = 0; i < group.count; i++) {
            uint32_t member = group.member[i];
            CU_ASSERT(i == 0 || group.member[i - 1] < member);
            CU_ASSERT_EQUAL_FATAL(group.position[i], next[member - 1]++);
            const uint8_t *entry = deposit_entry(&deposit, member, group.position[i]);
            CU_ASSERT_EQUAL(memcmp(entry, group.entry[i], deposit.member[member - 1].entry_size),
                            0);
            CU_ASSERT_EQUAL(memcmp(group.tag, entry, KP_DIGEST_BYTES), 0);
        }
    }
    CU_ASSERT_EQUAL(kp_intake_walk_next(walk, &group, NULL), KP_OK);
    CU_ASSERT_EQUAL(group.count, 0);
}

/* All of it is every entry once. */
static void check_walk(struct kp_intake *intake)
{
    uint32_t next[KP_MEMBERS_MAX] = {0};
    struct kp_intake_walk *walk = walk_new(intake);
    check_range(walk, FIRST, last_of_all, next);
    for (uint32_t i = 0; i < deposit.fixture.agreement->member_count; i++) {
        CU_ASSERT_EQUAL(next[i], deposit.fixture.agreement->slots);
    }
    kp_intake_walk_free(walk);
}

static void behind(uint8_t *tag)
{
    for (size_t at = KP_DIGEST_BYTES; at > 0 && ++tag[at - 1] == 0; at--) {
    }
}

/* Ranges that follow each other, cut at tags, beside tags, and at nothing in particular: together
 * they have every entry once. */
static void check_ranges(struct kp_intake *intake, uint32_t step)
{
    struct kp_intake_walk *walk = walk_new(intake);
    uint32_t slots = deposit.fixture.agreement->slots, next[KP_MEMBERS_MAX] = {0};
    uint8_t from[KP_DIGEST_BYTES] = {0}, to[KP_DIGEST_BYTES];
    for (uint32_t at = 0, turn = 0; at < slots; at += step, turn++) {
        memcpy(to, deposit_entry(&deposit, 1, at), sizeof(to));
        if (turn % 3 == 1) {
            behind(to);
        } else if (turn % 3 == 2) {
            memset(to + 8, turn % 2 == 0 ? 0 : 0xff, sizeof(to) - 8);
        }
        if (memcmp(from, to, sizeof(to)) <= 0) {
            check_range(walk, from, to, next);
            memcpy(from, to, sizeof(from));
            behind(from);
        }
    }
    check_range(walk, from, last_of_all, next);
    for (uint32_t i = 0; i < deposit.fixture.agreement->member_count; i++) {
        CU_ASSERT_EQUAL(next[i], slots);
    }
    kp_intake_walk_free(walk);
}

static void check_paths(struct kp_intake *intake)
{
    const struct kp_agreement *agreement = deposit.fixture.agreement;
    for (uint32_t member = 1; member <= agreement->member_count; member++) {
        struct kp_ready ready;
        uint8_t attempt[KP_ATTEMPT_BYTES];
        const struct kp_buffer *packed = &deposit.transcript.ready[member - 1];
        CU_ASSERT_EQUAL(kp_transcript_check_ready(&ready, attempt, agreement, member, packed->data,
                                                  packed->size, NULL),
                        KP_OK);
        for (uint32_t i = 0; i < agreement->slots; i += 1 + agreement->slots / 40) {
            uint8_t path[KP_MERKLE_DEPTH_MAX * KP_DIGEST_BYTES], leaf[KP_DIGEST_BYTES];
            kp_entry_leaf(leaf, agreement, member, deposit_entry(&deposit, member, i));
            CU_ASSERT_EQUAL(kp_intake_entry_path(intake, member, i, path, NULL), KP_OK);
            CU_ASSERT_EQUAL(kp_merkle_check(ready.entries_root, leaf, agreement->slots, i, path),
                            KP_OK);
        }
        CU_ASSERT(kp_intake_has_leaves(intake, member));
        for (uint32_t part = 0; part * KP_CHUNK_LEAVES < agreement->slots; part++) {
            const uint8_t *digests = NULL;
            uint32_t count = kp_chunk_items(agreement->slots, KP_CHUNK_LEAVES, part);
            CU_ASSERT_EQUAL_FATAL(kp_intake_leaf_digests(intake, member, part, &digests, NULL),
                                  KP_OK);
            CU_ASSERT_EQUAL(memcmp(digests,
                                   deposit.member[member - 1].leaves.data +
                                       (size_t)part * KP_CHUNK_LEAVES * KP_DIGEST_BYTES,
                                   (size_t)count * KP_DIGEST_BYTES),
                            0);
        }
    }
}

static void takes_and_walks(uint32_t members, uint32_t slots)
{
    start(members, slots);
    for (uint32_t member = 1; member <= members; member++) {
        for (uint32_t i = 1; i <= slots / 2; i++) {
            deposit_add(&deposit, member, i * (member % 3 + 1));
        }
    }
    deposit_finish(&deposit);
    struct kp_intake *intake = intake_open();
    deposit_give_all(&deposit, intake);
    check_walk(intake);
    check_ranges(intake, 1 + slots / 40);
    check_paths(intake);
    intake_close(intake);
    deposit_free(&deposit);
}

static void small_and_large(void)
{
    takes_and_walks(2, 1);
    takes_and_walks(3, 2);
    takes_and_walks(2, KP_CHUNK_ENTRIES);
    takes_and_walks(3, KP_CHUNK_ENTRIES + 1);
    takes_and_walks(2, 9 * KP_CHUNK_ENTRIES + 1);
    takes_and_walks(12, 100);
    takes_and_walks(32, 3);
}

static void two_chunks_of_leaves(void)
{
    takes_and_walks(2, KP_CHUNK_LEAVES + 5);
}

/* ---- what is refused ---- */

static void order_of_chunks(void)
{
    start(2, 3 * KP_CHUNK_ENTRIES - 1);
    deposit_finish(&deposit);
    struct kp_intake *intake = intake_open();
    CU_ASSERT_EQUAL(give(intake, ENTRIES, 1, 1), KP_REFUSED);
    CU_ASSERT_EQUAL(give(intake, ENTRIES, 1, 0), KP_OK);
    CU_ASSERT_EQUAL(give(intake, ENTRIES, 1, 0), KP_REFUSED);
    CU_ASSERT_EQUAL(give(intake, ENTRIES, 1, 2), KP_REFUSED);
    CU_ASSERT_EQUAL(give(intake, ENTRIES, 2, 1), KP_REFUSED); /* each member by itself */
    CU_ASSERT_EQUAL(give(intake, ENTRIES, 1, 1), KP_OK);
    CU_ASSERT_EQUAL(give(intake, ENTRIES, 1, 2), KP_OK);
    CU_ASSERT_EQUAL(give(intake, ENTRIES, 1, 2), KP_REFUSED);
    struct kp_round_message message = deposit_message(&deposit, ENTRIES, 1, 2);
    static const uint32_t BEYOND[] = {3, 1u << 19, 1u << 23, UINT32_MAX};
    for (size_t i = 0; i < sizeof(BEYOND) / sizeof(BEYOND[0]); i++) {
        message.part = BEYOND[i];
        CU_ASSERT_EQUAL(deposit_offer(intake, &message, NULL, NULL), KP_REFUSED);
    }
    kp_round_message_free(&message);
    intake_close(intake);
    deposit_free(&deposit);
}

static void order_of_leaves(void)
{
    start(2, 2 * KP_CHUNK_LEAVES);
    for (uint32_t i = 1; i <= 2; i++) { /* the entries don't matter here */
        deposit_sign(&deposit, i);
    }
    struct kp_intake *intake = intake_open();
    CU_ASSERT_EQUAL(give(intake, LEAVES, 1, 1), KP_REFUSED);
    /* A number that is 0 modulo 2^32 when it is multiplied isn't part 0. */
    struct kp_round_message message = deposit_message(&deposit, LEAVES, 1, 0);
    message.part = 1u << 19;
    CU_ASSERT_EQUAL(deposit_offer(intake, &message, NULL, NULL), KP_REFUSED);
    kp_round_message_free(&message);
    CU_ASSERT_EQUAL(give(intake, LEAVES, 1, 0), KP_OK);
    CU_ASSERT_EQUAL(give(intake, LEAVES, 1, 0), KP_REFUSED);
    CU_ASSERT_EQUAL(give(intake, LEAVES, 2, 1), KP_REFUSED);
    CU_ASSERT_EQUAL(give(intake, LEAVES, 1, 1), KP_OK);
    CU_ASSERT_EQUAL(give(intake, LEAVES, 1, 1), KP_REFUSED);
    intake_close(intake);
    deposit_free(&deposit);
}

/* A chunk with more, or fewer, bytes than it must have. */
static void wrong_sizes(void)
{
    start(2, KP_CHUNK_ENTRIES + 4);
    deposit_finish(&deposit);
    struct kp_intake *intake = intake_open();
    for (uint32_t part = 0; part < 2; part++) {
        size_t size = deposit.member[0].entry_size, whole = part == 0 ? KP_CHUNK_ENTRIES : 4;
        const size_t sizes[] = {0, 1, size, (whole - 1) * size, whole * size - 1};
        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
            struct kp_round_message message = {.type = ENTRIES, .from = 1, .part = part};
            struct kp_submission submission = {
                .entries = {.data = deposit_entry(&deposit, 1, part * KP_CHUNK_ENTRIES),
                            .size = sizes[i]}};
            deposit_path(&deposit, 1, part, true, &submission.path);
            CU_ASSERT_EQUAL(kp_submission_pack(&submission, &message.body, NULL), KP_OK);
            kp_buffer_free(&submission.path);
            CU_ASSERT_EQUAL(deposit_offer(intake, &message, NULL, NULL), KP_REFUSED);
            kp_round_message_free(&message);
        }
        CU_ASSERT_EQUAL(give(intake, ENTRIES, 1, part), KP_OK);
    }
    struct kp_round_message message = deposit_message(&deposit, LEAVES, 1, 0);
    message.body.size--;
    CU_ASSERT_EQUAL(deposit_offer(intake, &message, NULL, NULL), KP_REFUSED);
    message.body.size = 0;
    CU_ASSERT_EQUAL(deposit_offer(intake, &message, NULL, NULL), KP_REFUSED);
    const struct kp_leaves few = {.digests = {.data = deposit.member[0].leaves.data, .size = 32}};
    CU_ASSERT_EQUAL(kp_leaves_pack(&few, &message.body, NULL), KP_OK);
    CU_ASSERT_EQUAL(deposit_offer(intake, &message, NULL, NULL), KP_REFUSED);
    kp_round_message_free(&message);
    CU_ASSERT_EQUAL(give(intake, LEAVES, 1, 0), KP_OK);
    intake_close(intake);
    deposit_free(&deposit);
}

static void swap_entries(uint32_t left, uint32_t right)
{
    size_t size = deposit.member[0].entry_size;
    uint8_t kept[KP_ENTRY_MAX];
    memcpy(kept, deposit_entry(&deposit, 1, left), size);
    memcpy(deposit_entry(&deposit, 1, left), deposit_entry(&deposit, 1, right), size);
    memcpy(deposit_entry(&deposit, 1, right), kept, size);
}

/* Member 1 submits these entries, and signed them: that doesn't help. */
static void expect_refused(uint32_t part)
{
    deposit_sign(&deposit, 1);
    struct kp_intake *intake = intake_open();
    for (uint32_t before = 0; before < part; before++) {
        CU_ASSERT_EQUAL(give(intake, ENTRIES, 1, before), KP_OK);
    }
    CU_ASSERT_EQUAL(give(intake, ENTRIES, 1, part), KP_REFUSED);
    intake_close(intake);
}

/* Two neighbours in the wrong order, or equal: within a chunk, and across its end. */
static void unsorted_and_duplicate_tags(void)
{
    static const uint32_t PLACES[] = {
        0, 100, KP_CHUNK_ENTRIES - 2, KP_CHUNK_ENTRIES - 1, KP_CHUNK_ENTRIES, KP_CHUNK_ENTRIES + 1};
    start(2, KP_CHUNK_ENTRIES + 3);
    deposit_finish(&deposit);
    for (size_t i = 0; i < sizeof(PLACES) / sizeof(PLACES[0]); i++) {
        uint32_t at = PLACES[i], part = (at + 1) / KP_CHUNK_ENTRIES;
        size_t size = deposit.member[0].entry_size;
        uint8_t kept[KP_ENTRY_MAX];
        swap_entries(at, at + 1);
        expect_refused(part);
        swap_entries(at, at + 1);
        memcpy(kept, deposit_entry(&deposit, 1, at + 1), size);
        memcpy(deposit_entry(&deposit, 1, at + 1), deposit_entry(&deposit, 1, at), size);
        expect_refused(part);
        memcpy(deposit_entry(&deposit, 1, at + 1), kept, size);
    }
    deposit_free(&deposit);
}

/* Tag, share and path of an entry must fit; every byte of them is changed. */
static void bad_shares_and_paths(void)
{
    for (uint32_t members = 2; members <= 5; members += 3) {
        start(members, 3);
        deposit_finish(&deposit);
        uint8_t *entry = deposit_entry(&deposit, 1, 1);
        size_t checked = 64 + kp_entry_path_size(deposit.fixture.agreement, 1);
        for (size_t at = 0; at < checked; at++) {
            entry[at] ^= 0x20;
            expect_refused(0);
            entry[at] ^= 0x20;
        }
        memset(entry + 32, 0, 32);
        expect_refused(0); /* a share of zero */
        deposit_free(&deposit);
    }
}

/* Another member's entry, whole: its share isn't this member's. */
static void share_of_another_member(void)
{
    start(2, 1);
    deposit_add(&deposit, 1, 5);
    deposit_add(&deposit, 2, 5);
    deposit_finish(&deposit);
    CU_ASSERT_EQUAL(deposit.member[0].entry_size, deposit.member[1].entry_size);
    memcpy(deposit_entry(&deposit, 1, 0), deposit_entry(&deposit, 2, 0),
           deposit.member[0].entry_size);
    expect_refused(0);
    deposit_free(&deposit);
}

/* Entries of another round are well-formed, but their shares are bound to it. */
static void another_round(void)
{
    start(2, 2);
    deposit_finish(&deposit);
    for (uint32_t i = 1; i <= 2; i++) {
        deposit.round_id[0] ^= 1;
        deposit_sign(&deposit, 1);
        struct kp_intake *intake = intake_open();
        CU_ASSERT_EQUAL(give(intake, ENTRIES, 1, 0), i == 1 ? KP_REFUSED : KP_OK);
        intake_close(intake);
    }
    deposit_free(&deposit);
}

/* What can't be seen in an entry alone shows with its chunk: READY signed something else. */
static void not_what_ready_signed(void)
{
    start(2, KP_CHUNK_ENTRIES + 2);
    deposit_finish(&deposit);
    static const uint32_t PLACES[] = {0, KP_CHUNK_ENTRIES - 1, KP_CHUNK_ENTRIES,
                                      KP_CHUNK_ENTRIES + 1};
    for (size_t i = 0; i < sizeof(PLACES) / sizeof(PLACES[0]); i++) {
        struct kp_intake *intake = intake_open();
        uint8_t *entry = deposit_entry(&deposit, 1, PLACES[i]);
        uint8_t *last = entry + deposit.member[0].entry_size - 1;
        struct kp_round_message good = deposit_message(&deposit, ENTRIES, 1, 0);
        *last ^= 1;
        CU_ASSERT_EQUAL(give(intake, ENTRIES, 1, 0), KP_REFUSED); /* the path is another one */
        CU_ASSERT_EQUAL(deposit_offer(intake, &good, NULL, NULL), KP_OK);
        CU_ASSERT_EQUAL(give(intake, ENTRIES, 1, 1), KP_REFUSED);
        *last ^= 1;
        CU_ASSERT_EQUAL(give(intake, ENTRIES, 1, 1), KP_OK);
        kp_round_message_free(&good);
        intake_close(intake);
    }
    struct kp_intake *intake = intake_open();
    CU_ASSERT_EQUAL(give(intake, ENTRIES, 1, 0), KP_OK);
    CU_ASSERT_EQUAL(give(intake, ENTRIES, 1, 1), KP_OK);
    intake_close(intake);
    deposit_free(&deposit);
}

static void not_the_leaves_that_were_signed(void)
{
    start(2, KP_CHUNK_LEAVES + 1);
    deposit_sign(&deposit, 1);
    deposit_sign(&deposit, 2);
    static const size_t PLACES[] = {0, KP_CHUNK_LEAVES * 32 - 1, KP_CHUNK_LEAVES * 32 + 31};
    for (size_t i = 0; i < sizeof(PLACES) / sizeof(PLACES[0]); i++) {
        struct kp_intake *intake = intake_open();
        struct kp_round_message good = deposit_message(&deposit, LEAVES, 2, 0);
        deposit.member[1].leaves.data[PLACES[i]] ^= 1;
        CU_ASSERT_EQUAL(give(intake, LEAVES, 2, 0), KP_REFUSED);
        CU_ASSERT_EQUAL(deposit_offer(intake, &good, NULL, NULL), KP_OK);
        CU_ASSERT_EQUAL(give(intake, LEAVES, 2, 1), KP_REFUSED);
        deposit.member[1].leaves.data[PLACES[i]] ^= 1;
        CU_ASSERT_EQUAL(give(intake, LEAVES, 2, 1), KP_OK);
        kp_round_message_free(&good);
        intake_close(intake);
    }
    deposit_free(&deposit);
}

/* ---- what is left ---- */

static void nothing_is_left(void)
{
    struct kp_intake *intake = NULL;
    struct stat info;
    start(2, 3);
    deposit_finish(&deposit);
    intake = intake_open();
    deposit_give_all(&deposit, intake);
    CU_ASSERT(stat(scratch("round"), &info) == 0);
    CU_ASSERT_EQUAL(info.st_mode & 0777, 0700);
    intake_close(intake);
    CU_ASSERT_EQUAL(kp_intake_destroy(NULL, NULL), KP_OK);
    /* An intake that can't begin leaves no folder either. */
    deposit.transcript.ready[0].data[3] ^= 1;
    CU_ASSERT_EQUAL(kp_intake_new(&intake, scratch("round"), deposit.fixture.agreement,
                                  &deposit.transcript, NULL),
                    KP_REFUSED);
    CU_ASSERT_PTR_NULL(intake);
    CU_ASSERT(stat(scratch("round"), &info) != 0);
    deposit_free(&deposit);
}

/* No tag, share or record can be found in the files while they are there: they are encrypted under
 * a key that no file holds. */
static bool file_holds(const char *path, const uint8_t *bytes, size_t size)
{
    static uint8_t content[1 << 22];
    FILE *file = fopen(path, "rb");
    size_t length = file != NULL ? fread(content, 1, sizeof(content), file) : 0;
    CU_ASSERT_FATAL(length > 4096 && length < sizeof(content));
    CU_ASSERT(fclose(file) == 0);
    return memmem(content, length, bytes, size) != NULL;
}

static void nothing_readable_on_disk(void)
{
    start(2, 20);
    deposit_finish(&deposit);
    struct kp_intake *intake = intake_open();
    deposit_give_all(&deposit, intake);
    for (uint32_t i = 0; i < 20; i++) {
        const uint8_t *entry = deposit_entry(&deposit, 2, i);
        CU_ASSERT(!file_holds(scratch("round/pieces-003"), entry, 16));
        CU_ASSERT(!file_holds(scratch("round/pieces-003"), entry + 32, 16));
        CU_ASSERT(!file_holds(scratch("round/pieces-003"), entry + 140, 16));
    }
    intake_close(intake);
    deposit_free(&deposit);
}

/* A process was killed: what it left is removed, and can't be mixed up with what comes. */
static void leftovers_are_removed(void)
{
    start(2, 3);
    deposit_finish(&deposit);
    struct kp_store *store = NULL;
    static const char *const tables[] = {"entries"};
    uint8_t key[32];
    randombytes_buf(key, sizeof(key));
    CU_ASSERT_EQUAL_FATAL(kp_store_open(&store, scratch("round"), key, tables, 1, NULL), KP_OK);
    kp_store_close(store);
    struct kp_intake *intake = intake_open();
    deposit_give_all(&deposit, intake);
    check_walk(intake);
    intake_close(intake);
    /* A folder with something else in it is no leftover. */
    CU_ASSERT_FATAL(mkdir(scratch("round"), 0700) == 0);
    (void)scratch_text("round/notes", "not ours");
    CU_ASSERT_EQUAL(kp_intake_new(&intake, scratch("round"), deposit.fixture.agreement,
                                  &deposit.transcript, NULL),
                    KP_REFUSED);
    struct stat info;
    CU_ASSERT(stat(scratch("round/notes"), &info) == 0);
    CU_ASSERT(remove(scratch("round/notes")) == 0 && rmdir(scratch("round")) == 0);
    deposit_free(&deposit);
}

/* ---- when the disk fails ---- */

/* What couldn't be written isn't kept, and is taken when it comes again. */
static void a_full_disk(void)
{
    struct rlimit before, little;
    start(2, KP_CHUNK_ENTRIES + 3);
    deposit_finish(&deposit);
    struct kp_intake *intake = intake_open();
    CU_ASSERT_FATAL(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    CU_ASSERT_FATAL(getrlimit(RLIMIT_FSIZE, &before) == 0);
    little = (struct rlimit){.rlim_cur = 10000, .rlim_max = before.rlim_max};
    CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_FSIZE, &little), 0);
    CU_ASSERT_EQUAL(give(intake, LEAVES, 1, 0), KP_FAILED);
    CU_ASSERT_EQUAL(give(intake, ENTRIES, 1, 0), KP_FAILED);
    CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_FSIZE, &before), 0);
    CU_ASSERT(!kp_intake_has_leaves(intake, 1));
    uint8_t path[KP_MERKLE_DEPTH_MAX * KP_DIGEST_BYTES];
    CU_ASSERT_EQUAL(kp_intake_entry_path(intake, 1, 0, path, NULL), KP_FAILED);
    CU_ASSERT_EQUAL(give(intake, ENTRIES, 1, 1), KP_REFUSED);
    deposit_give_all(&deposit, intake);
    check_walk(intake);
    check_paths(intake);
    intake_close(intake);
    deposit_free(&deposit);
}

/* One bit of a member's file is another one: everything, or that piece, is refused, never shown. */
static void a_damaged_file(void)
{
    const uint32_t slots = KP_CHUNK_ENTRIES + 3;
    struct stat info;
    start(2, slots);
    deposit_finish(&deposit);
    struct kp_intake *intake = intake_open();
    deposit_give_all(&deposit, intake);
    int fd = open(scratch("round/pieces-001"), O_RDWR);
    CU_ASSERT_FATAL(fd >= 0 && fstat(fd, &info) == 0);
    for (off_t at = 0; at < info.st_size; at += 1 + info.st_size / 61) {
        uint8_t byte = 0, path[KP_MERKLE_DEPTH_MAX * KP_DIGEST_BYTES];
        struct kp_tag_group group = {.count = 1};
        CU_ASSERT_EQUAL(pread(fd, &byte, 1, at), 1);
        byte ^= 4;
        CU_ASSERT_EQUAL(pwrite(fd, &byte, 1, at), 1);
        struct kp_intake_walk *walk = walk_new(intake);
        enum kp_status status = kp_intake_walk_start(walk, FIRST, last_of_all, NULL);
        while (status == KP_OK && group.count > 0) {
            status = kp_intake_walk_next(walk, &group, NULL);
            if (status == KP_OK) {
                status = kp_intake_walk_entries(walk, &group, NULL);
            }
        }
        CU_ASSERT_EQUAL(status, KP_REFUSED);
        kp_intake_walk_free(walk);
        byte ^= 4;
        CU_ASSERT_EQUAL(pwrite(fd, &byte, 1, at), 1);
        CU_ASSERT_EQUAL(kp_intake_entry_path(intake, 1, slots - 1, path, NULL), KP_OK);
    }
    close(fd);
    check_walk(intake);
    check_paths(intake);
    intake_close(intake);
    deposit_free(&deposit);
}

/* ---- seeds for slot audits ---- */

/* The first message of a member's release, with whatever seed the release has. */
static enum kp_status give_first(struct play *play, struct kp_intake *intake, uint32_t member,
                                 struct kp_fault *fault)
{
    struct kp_buffer packed = {0};
    struct kp_round_message message;
    CU_ASSERT_EQUAL_FATAL(kp_release_message(play->release[member - 1], play->fixture.agreement,
                                             play->fixture.member[member - 1].identity_secret, 0,
                                             &packed, NULL),
                          KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_round_message_unpack(&message, packed.data, packed.size, NULL), KP_OK);
    enum kp_status status = deposit_offer(intake, &message, fault, NULL);
    kp_round_message_free(&message);
    kp_buffer_free(&packed);
    return status;
}

static void seeds(void)
{
    static struct play play;
    struct kp_intake *intake = NULL;
    struct kp_result_transcript transcript = {.member_count = 2};
    struct kp_complete complete = {0};
    struct kp_fault fault = {0};
    play_start(&play, &(struct fixture_settings){.members = 2, .slots = 4, .audit_slots = 2});
    play_run(&play);
    for (uint32_t i = 0; i < 2; i++) { /* borrowed */
        transcript.hello1[i] = play.hello1[i];
        transcript.hello2[i] = play.hello2[i];
        transcript.ready[i] = play.release[i]->own_ready;
    }
    CU_ASSERT_EQUAL_FATAL(
        kp_intake_new(&intake, scratch("round"), play.fixture.agreement, &transcript, NULL), KP_OK);
    play.release[0]->audit_seed[7]++;
    CU_ASSERT_EQUAL(give_first(&play, intake, 1, &fault), KP_REFUSED);
    CU_ASSERT(fault.kind == KP_FAULT_CHUNK && fault.member == 1);
    kp_fault_free(&fault);
    kp_intake_seeds(intake, &complete);
    CU_ASSERT_EQUAL(complete.seed_count, 2);
    CU_ASSERT(sodium_is_zero(complete.audit_seeds[0], sizeof(complete.audit_seeds[0])));
    play.release[0]->audit_seed[7]--;
    CU_ASSERT_EQUAL(give_first(&play, intake, 1, NULL), KP_OK);
    kp_intake_seeds(intake, &complete);
    CU_ASSERT_EQUAL(memcmp(complete.audit_seeds[0], play.release[0]->audit_seed, 32), 0);
    CU_ASSERT(sodium_is_zero(complete.audit_seeds[1], sizeof(complete.audit_seeds[1])));

    /* Another member's seed isn't its own. */
    memcpy(play.release[1]->audit_seed, play.release[0]->audit_seed, KP_AUDIT_SEED_BYTES);
    CU_ASSERT_EQUAL(give_first(&play, intake, 2, NULL), KP_REFUSED);
    intake_close(intake);
    play_free(&play);
}

static const struct unit_test TESTS[] = {
    {"seeds for slot audits", seeds},
    {"small and large", small_and_large},
    {"two chunks of leaves", two_chunks_of_leaves},
    {"order of chunks", order_of_chunks},
    {"order of leaves", order_of_leaves},
    {"wrong sizes", wrong_sizes},
    {"unsorted and duplicate tags", unsorted_and_duplicate_tags},
    {"bad shares and paths", bad_shares_and_paths},
    {"share of another member", share_of_another_member},
    {"another round", another_round},
    {"not what READY signed", not_what_ready_signed},
    {"not the leaves that were signed", not_the_leaves_that_were_signed},
    {"nothing is left", nothing_is_left},
    {"nothing readable on disk", nothing_readable_on_disk},
    {"leftovers are removed", leftovers_are_removed},
    {"a full disk", a_full_disk},
    {"a damaged file", a_damaged_file},
};

UNIT_MAIN("intake", TESTS)
