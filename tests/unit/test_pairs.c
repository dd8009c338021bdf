#include "crypto/secret.h"
#include "node/pairs.h"
#include "tests/unit/fixture.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

/* Three members with a folder each. */
struct world {
    struct fixture fixture;
    char folder[3][KP_PATH_MAX];
};

static void start(struct world *world, const char *test)
{
    const struct fixture_settings settings = {0};
    memset(world, 0, sizeof(*world));
    fixture_make(&world->fixture, &settings);
    for (int i = 0; i < 3; i++) {
        char name[64];
        snprintf(name, sizeof(name), "%s-%d", test, i + 1);
        snprintf(world->folder[i], KP_PATH_MAX, "%s", scratch(name));
        CU_ASSERT_FATAL(mkdir(world->folder[i], 0700) == 0);
    }
}

static const char *name_of(const struct world *world, uint32_t member)
{
    return world->fixture.agreement->members[member - 1].name;
}

static void draw(const struct world *world, uint32_t from, uint32_t to)
{
    struct kp_error error = {0};
    CU_ASSERT_FATAL(kp_pairs_draw(world->folder[from - 1], name_of(world, from), name_of(world, to),
                                  &error) == KP_OK);
}

/* What an officer does with the file. */
static void bring(const struct world *world, uint32_t from, uint32_t to)
{
    char source[KP_PATH_MAX], target[KP_PATH_MAX], bytes[256];
    CU_ASSERT_FATAL(kp_pairs_path(source, world->folder[from - 1], name_of(world, from),
                                  name_of(world, to), NULL) == KP_OK);
    CU_ASSERT_FATAL(kp_pairs_path(target, world->folder[to - 1], name_of(world, from),
                                  name_of(world, to), NULL) == KP_OK);
    FILE *file = fopen(source, "rb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    size_t size = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    file = fopen(target, "wb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT(fwrite(bytes, 1, size, file) == size);
    fclose(file);
    CU_ASSERT(chmod(target, 0600) == 0);
}

static struct kp_pairs *read_all(const struct world *world, uint32_t own,
                                 enum kp_pair_state states[KP_MEMBERS_MAX])
{
    struct kp_pairs *pairs = NULL;
    struct kp_error error = {0};
    CU_ASSERT_FATAL(kp_pairs_read(&pairs, states, world->folder[own - 1], world->fixture.agreement,
                                  own, &error) == KP_OK);
    return pairs;
}

static void both_sides_get_the_same(void)
{
    static struct world world;
    enum kp_pair_state states[KP_MEMBERS_MAX];
    char check[2][KP_PAIR_CHECK_TEXT];
    start(&world, "both");
    draw(&world, 1, 3);
    draw(&world, 3, 1);
    bring(&world, 1, 3);
    bring(&world, 3, 1);
    struct kp_pairs *one = read_all(&world, 1, states);
    struct kp_pairs *three = read_all(&world, 3, NULL);
    CU_ASSERT(one->mask == 4 && three->mask == 1);
    CU_ASSERT(states[0] == KP_PAIR_NONE && states[1] == KP_PAIR_NONE && states[2] == KP_PAIR_BOTH);
    CU_ASSERT(memcmp(one->secret[2], three->secret[0], KP_PRESHARED_BYTES) == 0);
    CU_ASSERT(!sodium_is_zero(one->secret[2], KP_PRESHARED_BYTES));
    CU_ASSERT(sodium_is_zero(one->secret[1], KP_PRESHARED_BYTES));
    kp_pairs_check_text(check[0], one->secret[2]);
    kp_pairs_check_text(check[1], three->secret[0]);
    CU_ASSERT_STRING_EQUAL(check[0], check[1]);
    kp_secret_free(one);
    kp_secret_free(three);
    fixture_free(&world.fixture);
}

static void one_part_is_no_secret(void)
{
    static struct world world;
    enum kp_pair_state states[KP_MEMBERS_MAX];
    start(&world, "part");
    draw(&world, 1, 2);
    draw(&world, 3, 1);
    bring(&world, 3, 1);
    struct kp_pairs *pairs = read_all(&world, 1, states);
    CU_ASSERT(pairs->mask == 0);
    CU_ASSERT(states[1] == KP_PAIR_OWN_FILE && states[2] == KP_PAIR_PEER_FILE);
    kp_secret_free(pairs);
    fixture_free(&world.fixture);
}

/* The same files in a project of another lineage, or between others, make another secret. */
static void a_secret_belongs_to_its_pair_and_lineage(void)
{
    static struct world world;
    uint8_t before[KP_PRESHARED_BYTES];
    start(&world, "bound");
    draw(&world, 1, 2);
    draw(&world, 2, 1);
    bring(&world, 2, 1);
    struct kp_pairs *pairs = read_all(&world, 1, NULL);
    memcpy(before, pairs->secret[1], sizeof(before));
    kp_secret_free(pairs);
    world.fixture.agreement->lineage[0] ^= 1;
    pairs = read_all(&world, 1, NULL);
    CU_ASSERT(pairs->mask == 2);
    CU_ASSERT(memcmp(before, pairs->secret[1], sizeof(before)) != 0);
    kp_secret_free(pairs);
    fixture_free(&world.fixture);
}

static void a_drawn_file_is_never_replaced(void)
{
    static struct world world;
    start(&world, "again");
    draw(&world, 1, 2);
    CU_ASSERT(kp_pairs_draw(world.folder[0], "m1", "m2", NULL) == KP_REFUSED);
    fixture_free(&world.fixture);
}

static void a_damaged_or_open_file_is_refused(void)
{
    static struct world world;
    struct kp_pairs *pairs = NULL;
    struct kp_error error = {0};
    char path[KP_PATH_MAX];
    start(&world, "damaged");
    draw(&world, 1, 2);
    CU_ASSERT_FATAL(kp_pairs_path(path, world.folder[0], "m1", "m2", NULL) == KP_OK);
    CU_ASSERT(chmod(path, 0644) == 0);
    CU_ASSERT(kp_pairs_read(&pairs, NULL, world.folder[0], world.fixture.agreement, 1, &error) ==
              KP_REFUSED);
    CU_ASSERT_PTR_NULL(pairs);
    CU_ASSERT(chmod(path, 0600) == 0 && truncate(path, 30) == 0);
    CU_ASSERT(kp_pairs_read(&pairs, NULL, world.folder[0], world.fixture.agreement, 1, &error) ==
              KP_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, path));
    fixture_free(&world.fixture);
}

static void no_folder_means_no_secrets(void)
{
    static struct world world;
    struct kp_pairs *pairs = NULL;
    start(&world, "none");
    CU_ASSERT(kp_pairs_read(&pairs, NULL, "", world.fixture.agreement, 1, NULL) == KP_OK);
    CU_ASSERT_FATAL(pairs != NULL);
    CU_ASSERT(pairs->mask == 0);
    kp_secret_free(pairs);
    fixture_free(&world.fixture);
}

static const struct unit_test tests[] = {
    {"both sides get the same", both_sides_get_the_same},
    {"one part is no secret", one_part_is_no_secret},
    {"a secret belongs to its pair and lineage", a_secret_belongs_to_its_pair_and_lineage},
    {"a drawn file is never replaced", a_drawn_file_is_never_replaced},
    {"a damaged or open file is refused", a_damaged_or_open_file_is_refused},
    {"no folder means no secrets", no_folder_means_no_secrets},
};

UNIT_MAIN("pairs", tests)
