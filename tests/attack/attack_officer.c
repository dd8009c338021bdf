/* At the officer's desk: `kruispunt agreement sign`, run as it is, with an agreement that a careful
 * officer would not sign without a word. */
#include "proto/commands/agreement_commands.h"
#include "proto/key_file.h"
#include "tests/attack/attack.h"
#include "tests/attack/overhear.h"
#include "tests/unit/fixture.h"
#include "tests/unit/scratch.h"

#include <sodium.h>

/* Member 1's officer, with a folder of what its organisation agreed to before. */
struct desk {
    struct fixture fixture; /* of the agreement to be signed */
    char folder[128];
};

static void path_in(const struct desk *desk, const char *name, char path[static 200])
{
    snprintf(path, 200, "%s/%s", desk->folder, name);
}

static void write_file(const struct desk *desk, const char *name, const void *bytes, size_t size)
{
    char path[200];
    path_in(desk, name, path);
    FILE *file = fopen(path, "wb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_FATAL(fwrite(bytes, 1, size, file) == size && fclose(file) == 0);
}

static void start(struct desk *desk, const char *name, const struct fixture_settings *settings,
                  bool test_mode)
{
    char path[200], text[300];
    fixture_make(&desk->fixture, settings);
    snprintf(desk->folder, sizeof(desk->folder), "%s", scratch(name));
    CU_ASSERT_EQUAL_FATAL(mkdir(desk->folder, 0700), 0);
    path_in(desk, "agreements", path);
    CU_ASSERT_EQUAL_FATAL(mkdir(path, 0700), 0);
    path_in(desk, "officer.key", path);
    CU_ASSERT_EQUAL_FATAL(
        kp_key_write(path, KP_KEY_OFFICER, desk->fixture.member[0].officer_seed, NULL), KP_OK);
    snprintf(text, sizeof(text),
             "[officer]\nname = m1\nofficer_key = officer.key\nagreements = agreements\n"
             "warn_percent = 10\ntest_mode = %s\n",
             test_mode ? "yes" : "no");
    write_file(desk, "officer.ini", text, strlen(text));
    write_file(desk, "new.agreement", desk->fixture.bytes.data, desk->fixture.bytes.size);
}

/* Whether there is a signed acceptance, which takes no words but --yes and the hash. */
static bool signs(struct desk *desk)
{
    char config[200], file[200], out[200], hash[2 * KP_DIGEST_BYTES + 1];
    struct overhear overhear;
    struct stat info;
    path_in(desk, "officer.ini", config);
    path_in(desk, "new.agreement", file);
    path_in(desk, "decision", out);
    sodium_bin2hex(hash, sizeof(hash), desk->fixture.agreement->hash, KP_DIGEST_BYTES);
    char sign[] = "sign", config_name[] = "--config", out_name[] = "--out", yes_name[] = "--yes";
    char *arguments[] = {sign, file, config_name, config, out_name, out, yes_name, hash, NULL};
    overhear_start(&overhear);
    int status = kp_command_agreement_sign.run(8, arguments);
    overhear_end(&overhear);
    return status == KP_EXIT_DONE && stat(out, &info) == 0;
}

static bool end(struct desk *desk, bool succeeded)
{
    fixture_free(&desk->fixture);
    return succeeded;
}

/* Each of two agreements lets the partners test 9% of the area, and together it is 17%. */
bool attack_quota_in_a_second_agreement(void)
{
    struct desk desk, control;
    struct fixture before;
    start(&control, "alone", &(struct fixture_settings){0}, true);
    CU_ASSERT(end(&control, signs(&control)));
    start(&desk, "beside", &(struct fixture_settings){0}, true);
    fixture_make(&before, &(struct fixture_settings){0});
    write_file(&desk, "agreements/old.agreement", before.bytes.data, before.bytes.size);
    fixture_free(&before);
    return end(&desk, signs(&desk));
}

/* The coordinator is run by a partner, who then has both sides of its own lists. */
static void operated_by_member(struct kp_agreement *draft, void *context)
{
    (void)context;
    strcpy(draft->coordinator_oin, draft->members[1].oin);
    strcpy(draft->coordinator_operator, draft->members[1].title);
}

bool attack_coordinator_run_by_a_member(void)
{
    struct desk desk;
    start(&desk, "operator", &(struct fixture_settings){.change = operated_by_member}, true);
    return end(&desk, signs(&desk));
}

static void without_dpo(struct kp_agreement *draft, void *context)
{
    (void)context;
    draft->members[2].dpo[0] = '\0';
}

bool attack_incomplete_agreement(void)
{
    struct desk desk;
    start(&desk, "incomplete", &(struct fixture_settings){.change = without_dpo}, true);
    return end(&desk, signs(&desk));
}

bool attack_test_organisations(void)
{
    struct desk desk;
    start(&desk, "mode", &(struct fixture_settings){0}, false);
    return end(&desk, signs(&desk));
}
