/* attack [NAME...]: every attack, or these, must fail, with the refusal that is expected.
 * attack --succeed NAME...: these must succeed; for a mutant.
 * attack --list: the table, for a script. */
#include "tests/attack/attack.h"

#include "crypto/secret.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <string.h>

static const struct attack ATTACKS[] = {
#define ATTACK(name, checks, refusal, aim) {#name, attack_##name, checks, refusal, aim},
#include "tests/attack/attack_list.h"
#undef ATTACK
};

#define COUNT (sizeof(ATTACKS) / sizeof(ATTACKS[0]))

static bool must_succeed;
static char told[65536];

void attack_told_words(const char *words)
{
    size_t used = strlen(told); /* what doesn't fit is cut off: it is for a reader */
    snprintf(told + used, sizeof(told) - used, "%s\n", words);
}

void attack_told(const struct kp_error *error)
{
    attack_told_words(error->text);
}

static const struct attack *find(const char *name)
{
    for (size_t i = 0; i < COUNT; i++) {
        if (strcmp(ATTACKS[i].name, name) == 0) {
            return &ATTACKS[i];
        }
    }
    return NULL;
}

static void run_current(void)
{
    const struct attack *attack = find(CU_get_current_test()->pName);
    CU_ASSERT_PTR_NOT_NULL_FATAL(attack);
    told[0] = '\0';
    bool succeeded = attack->run();
    CU_ASSERT_EQUAL(succeeded, must_succeed);
    if (succeeded != must_succeed) {
        fprintf(stderr, "\n%s: the attack %s: %s\nwhat it was told:\n%s", attack->name,
                succeeded ? "SUCCEEDS" : "fails without the checks that should stop it",
                attack->aim, told);
    } else if (!succeeded && strstr(told, attack->refusal) == NULL) {
        CU_FAIL("another refusal than expected");
        fprintf(stderr, "\n%s: expected \"%s\"; it was told:\n%s", attack->name, attack->refusal,
                told);
    }
}

static int list(void)
{
    for (size_t i = 0; i < COUNT; i++) {
        printf("%s %s\n", ATTACKS[i].name, ATTACKS[i].checks);
    }
    return 0;
}

static bool add(CU_pSuite suite, const char *name)
{
    if (find(name) == NULL) {
        fprintf(stderr, "there is no attack %s\n", name);
        return false;
    }
    return CU_add_test(suite, name, run_current) != NULL;
}

int main(int argc, char **argv)
{
    int first = 1, status = 1;
    if (argc > 1 && strcmp(argv[1], "--list") == 0) {
        return list();
    }
    if (argc > 1 && strcmp(argv[1], "--succeed") == 0) {
        must_succeed = true;
        first = 2;
    }
    if (kp_crypto_start() != KP_OK || CU_initialize_registry() != CUE_SUCCESS) {
        return 1;
    }
    CU_pSuite suite = CU_add_suite(must_succeed ? "mutant" : "attacks", NULL, NULL);
    bool good = suite != NULL;
    for (int i = first; good && i < argc; i++) {
        good = add(suite, argv[i]);
    }
    for (size_t i = 0; good && first >= argc && !must_succeed && i < COUNT; i++) {
        good = add(suite, ATTACKS[i].name);
    }
    CU_basic_set_mode(CU_BRM_VERBOSE);
    if (good && CU_basic_run_tests() == CUE_SUCCESS && CU_get_number_of_tests_run() > 0 &&
        CU_get_number_of_failures() == 0) {
        status = 0;
    }
    CU_cleanup_registry();
    return status;
}
