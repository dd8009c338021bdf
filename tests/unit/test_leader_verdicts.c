/* Verdicts that the coordinator gives a holder (coordinator/leader_verdicts.h): shown as somebody's
 * fault only where the file proves it, by the holder's own papers. */
#include "coordinator/leader_verdicts.h"
#include "proto/export.h"
#include "proto/proof.h"
#include "tests/unit/proof_make.h"
#include "tests/unit/spoil.h"
#include "tests/unit/unit.h"

#include <string.h>

/* Address 7 of all three, 8 of members 1 and 2; the threshold is 2. */
static const uint32_t NUMBERS[] = {7, 8};
static const struct stage_set SETS[] = {{NUMBERS, 2}, {NUMBERS, 2}, {NUMBERS, 1}};

#define BAD 2u
#define INNOCENT 1u

struct scene {
    struct proof proof;
    struct kp_leader_verdict given;
};

/* Member BAD signs shares that aren't under their tags. */
static void begin(struct scene *scene)
{
    memset(scene, 0, sizeof(*scene));
    proof_start(&scene->proof, &(struct fixture_settings){.slots = 4, .threshold = 2}, SETS);
    const struct fixture *fixture = &scene->proof.stage.play.fixture;
    spoil_release(scene->proof.stage.play.release[BAD - 1], fixture->agreement,
                  fixture->member[BAD - 1].identity_secret, SPOIL_PATH, 1);
    proof_sign_again(&scene->proof, BAD);
}

static void end(struct scene *scene)
{
    kp_buffer_free(&scene->given.file);
    proof_free(&scene->proof);
}

/* "The share of this member's entry isn't under its tag", as the coordinator gives it. */
static void give(struct scene *scene, uint32_t member, uint32_t names, bool papers)
{
    struct kp_verify_export export = {.count = 0};
    struct kp_proof_verdict verdict = {
        .kind = KP_FAULT_SHARE, .counter = 1, .members = names, .position = 1};
    struct kp_buffer packed = {0};
    memcpy(verdict.attempt, scene->proof.stage.play.attempt, KP_ATTEMPT_BYTES);
    proof_begin(&scene->proof, KP_EXPORT_VERDICT, 0, &export);
    proof_add_entry(&scene->proof, member, 1, 0, &export);
    if (papers) {
        proof_add_papers(&scene->proof, &export);
    }
    CU_ASSERT_EQUAL_FATAL(kp_proof_verdict_pack(&verdict, &packed, NULL), KP_OK);
    proof_add(&export, KP_EXPORT_FAULT, 0, 0, packed.data, packed.size);
    proof_sort(&export);
    CU_ASSERT_EQUAL_FATAL(
        kp_export_write_bytes(&scene->given.file, &export.header, export.items, export.count, NULL),
        KP_OK);
    kp_buffer_free(&packed);
    kp_verify_export_free(&export);
}

static bool is_proven(struct scene *scene, const struct kp_verify_versions *papers, uint32_t round)
{
    scene->given.proven = true;
    CU_ASSERT_EQUAL_FATAL(kp_leader_verdict_check(papers, scene->proof.stage.play.fixture.agreement,
                                                  round, &scene->given, NULL),
                          KP_OK);
    return scene->given.proven;
}

static const char *name_of(const struct scene *scene, uint32_t member)
{
    return scene->proof.stage.play.fixture.agreement->members[member - 1].name;
}

static void proven(void)
{
    struct scene scene;
    begin(&scene);
    give(&scene, BAD, 1u << (BAD - 1), false);
    CU_ASSERT_TRUE(is_proven(&scene, &scene.proof.versions, 1));
    CU_ASSERT_PTR_NOT_NULL(strstr(scene.given.text, name_of(&scene, BAD)));
    give(&scene, BAD, 1u << (BAD - 1), true);
    CU_ASSERT_TRUE(is_proven(&scene, &scene.proof.versions, 1));
    end(&scene);
}

/* What it says is told, as what it says. */
static void an_innocent(void)
{
    struct scene scene;
    begin(&scene);
    give(&scene, INNOCENT, 1u << (INNOCENT - 1), false);
    CU_ASSERT_FALSE(is_proven(&scene, &scene.proof.versions, 1));
    CU_ASSERT_PTR_NOT_NULL(strstr(scene.given.text, name_of(&scene, INNOCENT)));
    give(&scene, BAD, 1u << (INNOCENT - 1), false); /* another's entry */
    CU_ASSERT_FALSE(is_proven(&scene, &scene.proof.versions, 1));
    end(&scene);
}

static void another_round(void)
{
    struct scene scene;
    begin(&scene);
    give(&scene, BAD, 1u << (BAD - 1), false);
    CU_ASSERT_FALSE(is_proven(&scene, &scene.proof.versions, 2));
    end(&scene);
}

/* Papers that come with it, and aren't the holder's. */
static void papers_of_the_coordinator(void)
{
    struct kp_verify_versions none = {.count = 0};
    struct scene scene;
    begin(&scene);
    give(&scene, BAD, 1u << (BAD - 1), true);
    CU_ASSERT_FALSE(is_proven(&scene, &none, 1));
    end(&scene);
}

static void no_file(void)
{
    struct scene scene;
    begin(&scene);
    give(&scene, BAD, 1u << (BAD - 1), false);
    size_t size = scene.given.file.size;
    for (size_t cut = 0; cut < size; cut += 97) {
        scene.given.file.size = cut;
        CU_ASSERT_FALSE(is_proven(&scene, &scene.proof.versions, 1));
    }
    scene.given.file.size = size;
    end(&scene);
}

static const struct unit_test tests[] = {
    {"proven", proven},
    {"an innocent", an_innocent},
    {"another round", another_round},
    {"papers of the coordinator", papers_of_the_coordinator},
    {"no file", no_file},
};

UNIT_MAIN("leader_verdicts", tests)
