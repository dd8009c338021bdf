/* What the tables of spellings don't reach: registers that are made for it. */
#include "proto/address/resolve.h"
#include "tests/unit/register_make.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

#define HALF 2100u /* two of them don't fit into what is looked at of one number */

static struct kp_register *reg;
static struct kp_words *words;
static struct kp_resolver *resolver;

static void open_register(const char *csv)
{
    CU_ASSERT_FATAL(register_make(scratch("bag"), scratch_text("register.csv", csv)).status ==
                    KP_OK);
    CU_ASSERT_FATAL(kp_register_open(&reg, scratch("bag"), NULL, NULL) == KP_OK);
    CU_ASSERT_FATAL(kp_words_open(&words, NULL, NULL) == KP_OK);
    CU_ASSERT_FATAL(kp_resolver_new(&resolver, reg, words, NULL) == KP_OK);
}

static void close_register(void)
{
    kp_resolver_free(resolver);
    kp_words_close(words);
    kp_register_close(reg);
}

static struct kp_address_result resolve(const char *text)
{
    struct kp_address_result result;
    const struct kp_address_input input = {.text = text};
    CU_ASSERT_FATAL(kp_address_resolve(resolver, &input, &result, NULL, NULL) == KP_OK);
    return result;
}

/* One house number of one street with two postcodes: the first number is letter X, and the last,
 * beyond what is looked at, addition X. */
static void what_does_not_fit_is_not_guessed(void)
{
    size_t size = 1 << 20, used = 0;
    char *csv = malloc(size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(csv);
    used = (size_t)snprintf(csv, size, "%s", REGISTER_HEADER);
    for (unsigned i = 1; i <= 2 * HALF; i++) {
        char addition[16];
        (void)snprintf(addition, sizeof(addition), "%u", i);
        used += (size_t)snprintf(csv + used, size - used,
                                 "036320000000%04u,1234A%c,1,%s,%s,Kerkstraat,Ede,"
                                 "036301000000%04u," REGISTER_IN_USE ",0\n",
                                 i, i <= HALF ? 'A' : 'B', i == 1 ? "X" : "",
                                 i == 1          ? ""
                                 : i == 2 * HALF ? "X"
                                                 : addition,
                                 i);
    }
    CU_ASSERT_FATAL(used < size);
    open_register(csv);
    free(csv);
    CU_ASSERT_EQUAL(resolve("1234AA 1 X").verdict, KP_ADDRESS_RESOLVED);
    CU_ASSERT_EQUAL(resolve("1234AB 1 X").object, 363010000004200);
    CU_ASSERT_EQUAL(resolve("Kerkstraat 1 X, Ede").verdict, KP_ADDRESS_AMBIGUOUS);
    close_register();
}

static const struct unit_test tests[] = {
    {"what does not fit is not guessed", what_does_not_fit_is_not_guessed},
};

UNIT_MAIN("resolve", tests)
