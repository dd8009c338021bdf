#include "proto/verify_agreement.h"

#include "tests/unit/fixture.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMBERS 3
#define PAPERS 24
#define NOW (FIXTURE_START + 1000u)
#define RULES 11

static const char *const all_rules[RULES] = {
    "agreement.canonical", "agreement.mode",       "agreement.hash",     "agreement.chain",
    "agreement.complete",  "agreement.decision",   "agreement.accepted", "agreement.dated",
    "agreement.refusal",   "agreement.revocation", "agreement.term",
};

/* Papers of one lineage, and how they are to be judged. */
struct stack {
    struct fixture fixture;
    struct kp_agreement *second; /* a version that follows the fixture's; NULL: none */
    struct kp_buffer bytes[PAPERS];
    struct kp_verify_paper papers[PAPERS];
    char names[PAPERS][16];
    size_t count;
    struct kp_verify_agreement input;
    struct kp_findings findings;
    struct kp_verified_agreement verified;
};

static void push(struct stack *stack, struct kp_buffer *bytes)
{
    size_t i = stack->count++;
    CU_ASSERT_FATAL(i < PAPERS);
    snprintf(stack->names[i], sizeof(stack->names[i]), "paper %zu", i);
    kp_buffer_free(&stack->bytes[i]); /* of a paper that was taken away */
    stack->bytes[i] = *bytes;
    *bytes = (struct kp_buffer){0};
}

static void decide(struct stack *stack, const struct kp_agreement *version, uint32_t member,
                   enum kp_decision_kind kind, uint64_t time)
{
    struct kp_buffer bytes = {0};
    fixture_decide(&stack->fixture, version, member, kind, time, &bytes);
    push(stack, &bytes);
}

static void accept_all(struct stack *stack, const struct kp_agreement *version)
{
    for (uint32_t i = 1; i <= MEMBERS; i++) {
        decide(stack, version, i, KP_DECISION_ACCEPT, NOW - i);
    }
}

/* A version that follows `previous`; the caller frees it. */
static struct kp_agreement *follow(struct stack *stack, const struct kp_agreement *previous,
                                   void (*change)(struct kp_agreement *draft))
{
    struct kp_agreement *next = NULL;
    struct kp_buffer bytes = {0};
    struct kp_error error = {0};
    fixture_follow(previous, change, &bytes);
    CU_ASSERT_EQUAL_FATAL(kp_agreement_parse(&next, bytes.data, bytes.size, &error), KP_OK);
    push(stack, &bytes);
    return next;
}

/* Version 1, accepted by all; with `two` also version 2. */
static void start(struct stack *stack, bool two)
{
    memset(stack, 0, sizeof(*stack));
    fixture_make(&stack->fixture, &(struct fixture_settings){.members = MEMBERS});
    struct kp_buffer bytes = {0};
    CU_ASSERT_EQUAL_FATAL(
        kp_buffer_set(&bytes, stack->fixture.bytes.data, stack->fixture.bytes.size), KP_OK);
    push(stack, &bytes);
    accept_all(stack, stack->fixture.agreement);
    if (two) {
        stack->second = follow(stack, stack->fixture.agreement, NULL);
        accept_all(stack, stack->second);
    }
    stack->input.now = NOW;
}

static void end(struct stack *stack)
{
    for (size_t i = 0; i < PAPERS; i++) {
        kp_buffer_free(&stack->bytes[i]);
    }
    kp_findings_free(&stack->findings);
    kp_agreement_free(stack->second);
    fixture_free(&stack->fixture);
}

static void judge(struct stack *stack)
{
    struct kp_error error = {0};
    kp_findings_free(&stack->findings);
    for (size_t i = 0; i < stack->count; i++) {
        stack->papers[i] =
            (struct kp_verify_paper){stack->names[i], stack->bytes[i].data, stack->bytes[i].size};
    }
    stack->input.papers = stack->papers;
    stack->input.count = stack->count;
    CU_ASSERT_EQUAL_FATAL(
        kp_verify_agreement(&stack->input, &stack->findings, &stack->verified, &error), KP_OK);
    /* Each rule has a verdict. */
    for (size_t i = 0; i < RULES; i++) {
        size_t found = 0;
        for (size_t j = 0; j < stack->findings.count; j++) {
            found += strcmp(stack->findings.items[j].rule, all_rules[i]) == 0;
        }
        CU_ASSERT(found > 0);
    }
}

/* Exactly the rules in the list are broken, and record and words stand in the first of them. */
static void expect(struct stack *stack, const char *rules, const char *words)
{
    char broken[512] = "";
    char first[1024] = "";
    judge(stack);
    for (size_t i = 0; i < stack->findings.count; i++) {
        const struct kp_finding *item = &stack->findings.items[i];
        if (!item->broken) {
            continue;
        }
        if (strstr(broken, item->rule + strlen("agreement.")) == NULL) {
            strcat(strcat(broken, broken[0] != '\0' ? " " : ""), item->rule + strlen("agreement."));
        }
        if (first[0] == '\0') {
            snprintf(first, sizeof(first), "%s: %s", item->record, item->text);
        }
    }
    if (strcmp(broken, rules) != 0 || strstr(first, words) == NULL) {
        fprintf(stderr, "expected '%s' (%s), got '%s': %s\n", rules, words, broken, first);
        CU_FAIL("the verdicts");
    }
}

/* ---- tests ---- */

static void test_sound(void)
{
    struct stack stack;
    start(&stack, true);
    expect(&stack, "", "");
    CU_ASSERT_EQUAL(stack.findings.count, RULES);
    CU_ASSERT_EQUAL(stack.findings.broken, 0);
    CU_ASSERT_TRUE(stack.verified.any && stack.verified.test);
    CU_ASSERT_EQUAL(stack.verified.version, 2);
    CU_ASSERT_EQUAL(memcmp(stack.verified.hash, stack.second->hash, 32), 0);
    CU_ASSERT_EQUAL(memcmp(stack.verified.lineage, stack.fixture.agreement->hash, 32), 0);
    /* In the other order, and one of them twice. */
    for (size_t i = 0; i < stack.count / 2; i++) {
        struct kp_buffer swapped = stack.bytes[i];
        stack.bytes[i] = stack.bytes[stack.count - 1 - i];
        stack.bytes[stack.count - 1 - i] = swapped;
    }
    struct kp_buffer again = {0};
    CU_ASSERT_EQUAL_FATAL(kp_buffer_set(&again, stack.fixture.bytes.data, stack.fixture.bytes.size),
                          KP_OK);
    push(&stack, &again);
    expect(&stack, "", "");
    end(&stack);
}

static void test_hash_and_term(void)
{
    struct stack stack;
    start(&stack, false);
    stack.input.hash = stack.fixture.agreement->hash;
    expect(&stack, "", "");
    uint8_t other[32] = {1};
    stack.input.hash = other;
    expect(&stack, "hash", "paper 0: not the hash that was told");
    stack.input.hash = NULL; /* nobody told it: neither right nor wrong */
    expect(&stack, "", "");
    size_t open_rules = 0;
    for (size_t j = 0; j < stack.findings.count; j++) {
        open_rules += stack.findings.items[j].open;
    }
    CU_ASSERT_EQUAL(open_rules, 1);
    stack.input.now = FIXTURE_START - 1;
    expect(&stack, "term", "begins 2024-01-01");
    stack.input.now = FIXTURE_START;
    expect(&stack, "", "");
    stack.input.now = FIXTURE_END;
    expect(&stack, "term", "ended 2040-01-01");
    end(&stack);
}

/* Every byte of every decision, changed: found. */
static void test_changed_decisions(void)
{
    struct stack stack;
    start(&stack, true);
    for (size_t i = 0; i < stack.count; i++) {
        struct kp_buffer *bytes = &stack.bytes[i];
        size_t step = bytes->data[0] == 0x0a ? 1 : 97; /* agreements are long */
        for (size_t at = 0; at < bytes->size; at += step) {
            bytes->data[at] ^= 1;
            judge(&stack);
            CU_ASSERT(stack.findings.broken > 0);
            bytes->data[at] ^= 1;
        }
        bytes->size--;
        judge(&stack);
        CU_ASSERT(stack.findings.broken > 0);
        bytes->size++;
    }
    expect(&stack, "", "");
    end(&stack);
}

static void test_missing_papers(void)
{
    struct stack stack;
    start(&stack, true);
    stack.count--;
    expect(&stack, "accepted", "version 2 (paper 4): m3 didn't accept it");
    stack.input.proposals = true;
    expect(&stack, "", "");
    CU_ASSERT_EQUAL(stack.verified.version, 1);
    stack.input.proposals = false;
    stack.count = 3;
    expect(&stack, "accepted", "version 1 (paper 0): m3 didn't accept it");
    stack.input.proposals = true; /* no help for a first version */
    expect(&stack, "accepted", "version 1 (paper 0): m3 didn't accept it");
    end(&stack);

    start(&stack, true);
    struct kp_buffer first = stack.bytes[0];
    stack.bytes[0] = stack.bytes[--stack.count];
    stack.bytes[stack.count] = first;
    expect(&stack, "decision chain", "paper 1: is about an agreement that isn't there");
    stack.count = 0;
    expect(&stack, "chain", "there is no agreement");
    CU_ASSERT_FALSE(stack.verified.any);
    end(&stack);
}

static void test_objections(void)
{
    struct stack stack;
    start(&stack, true);
    decide(&stack, stack.fixture.agreement, 2, KP_DECISION_REVOKE, NOW);
    expect(&stack, "revocation", "paper 8: m2 revoked version 1 at");
    stack.count--;
    decide(&stack, stack.second, 3, KP_DECISION_REVOKE, NOW);
    expect(&stack, "revocation", "paper 8: m3 revoked version 2 at");
    stack.count--;
    decide(&stack, stack.second, 3, KP_DECISION_REFUSE, NOW); /* what it had accepted */
    expect(&stack, "revocation", "paper 8: m3 revoked version 2 at");
    end(&stack);

    start(&stack, true);
    stack.count--; /* m3 didn't accept version 2 */
    decide(&stack, stack.second, 3, KP_DECISION_REFUSE, NOW);
    expect(&stack, "accepted refusal", "m3 didn't accept it");
    stack.input.proposals = true; /* the proposal is off, and the rest stands */
    expect(&stack, "", "");
    decide(&stack, stack.second, 1, KP_DECISION_REVOKE, NOW);
    expect(&stack, "revocation", "m1 revoked version 2");
    end(&stack);
}

static void test_dates(void)
{
    struct stack stack;
    start(&stack, true);
    stack.count--;
    decide(&stack, stack.second, 3, KP_DECISION_ACCEPT, FIXTURE_END - 1);
    expect(&stack, "", "");
    stack.count--;
    decide(&stack, stack.second, 3, KP_DECISION_ACCEPT, FIXTURE_END);
    expect(&stack, "dated", "paper 7: accepted at 2040-01-01T00:00:00Z, after the end");
    end(&stack);
}

/* ---- chains ---- */

static void other_lineage(struct kp_agreement *draft)
{
    draft->lineage[0] ^= 1;
}

static void other_previous(struct kp_agreement *draft)
{
    draft->previous[0] ^= 1;
}

static void skip(struct kp_agreement *draft)
{
    draft->version++;
}

static void other_project_rounds(struct kp_agreement *draft)
{
    draft->rounds--;
}

static void other_slots(struct kp_agreement *draft)
{
    draft->slots++;
}

static void other_purpose(struct kp_agreement *draft)
{
    strcpy(draft->purpose, "Something else.");
}

static void other_words(struct kp_agreement *draft)
{
    draft->words_hash[0] ^= 1;
}

static void other_role(struct kp_agreement *draft)
{
    draft->members[1].role = KP_ROLE_ON_REQUEST;
}

static void other_identity(struct kp_agreement *draft)
{
    uint8_t seed[32] = {7};
    uint8_t secret[64];
    crypto_sign_seed_keypair(draft->members[1].identity_key, secret, seed);
}

static void no_dpia(struct kp_agreement *draft)
{
    draft->members[1].dpia[0] = '\0';
}

static void other_rounds(struct kp_agreement *draft)
{
    draft->rounds++;
}

static void test_chains(void)
{
    static const struct {
        void (*change)(struct kp_agreement *draft);
        const char *rules;
        const char *words;
    } cases[] = {
        {other_lineage, "chain", "version 2 (paper 4): is of another lineage"},
        {other_previous, "chain", "version 2 (paper 4): the version that it names"},
        {skip, "chain", "version 3 (paper 4): follows version 1"},
        {other_project_rounds, "chain", "fixed in a lineage: rounds (fewer)"},
        {other_slots, "chain", "fixed in a lineage: slots"},
        {other_purpose, "chain", "fixed in a lineage: purpose"},
        {other_words, "chain", "fixed in a lineage: words_hash"},
        {other_role, "chain", "role"},
        {other_identity, "chain", "identity key"},
        {no_dpia, "complete", "version 2 (paper 4): member m2: dpia is missing"},
        {other_rounds, "", ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stack stack;
        start(&stack, false);
        stack.second = follow(&stack, stack.fixture.agreement, cases[i].change);
        accept_all(&stack, stack.second);
        expect(&stack, cases[i].rules, cases[i].words);
        end(&stack);
    }
}

static void test_fork(void)
{
    struct stack stack;
    start(&stack, true);
    struct kp_agreement *sibling = follow(&stack, stack.fixture.agreement, other_rounds);
    expect(&stack, "chain accepted", "version 2 (paper 8): another version has this number: paper");
    stack.input.proposals = true; /* not while it is only a proposal */
    expect(&stack, "", "");
    accept_all(&stack, sibling);
    expect(&stack, "chain", "another version has this number");
    kp_agreement_free(sibling);
    end(&stack);
}

/* A version with officer keys of its own: what these sign counts for nothing. */
static uint8_t foreign_secret[KP_SIGN_SECRET_BYTES];

static void other_officers(struct kp_agreement *draft)
{
    for (uint32_t i = 0; i < draft->member_count; i++) {
        uint8_t seed[32] = {(uint8_t)(i + 1)};
        kp_sign_keypair(draft->members[i].officer_key, foreign_secret, seed);
    }
}

static void test_officers_of_its_own(void)
{
    struct stack stack;
    start(&stack, false);
    stack.second = follow(&stack, stack.fixture.agreement, other_officers);
    struct kp_decision decision = {
        .member = MEMBERS, .kind = KP_DECISION_ACCEPT, .time = NOW}; /* the last key made */
    memcpy(decision.agreement, stack.second->hash, sizeof(decision.agreement));
    for (int revokes = 0; revokes < 2; revokes++) {
        struct kp_buffer bytes = {0};
        decision.kind = revokes ? KP_DECISION_REVOKE : KP_DECISION_ACCEPT;
        kp_decision_sign(&decision, foreign_secret);
        CU_ASSERT_EQUAL_FATAL(kp_decision_pack(&decision, &bytes, NULL), KP_OK);
        push(&stack, &bytes);
        stack.input.proposals = true;
        expect(&stack, revokes ? "" : "decision",
               revokes ? "" : "the officer of m3 didn't sign it, or it was changed");
        kp_buffer_free(&stack.bytes[--stack.count]);
    }
    /* With the keys of the version before it is in order. */
    accept_all(&stack, stack.second);
    expect(&stack, "", "");
    CU_ASSERT_EQUAL(stack.verified.version, 2);
    end(&stack);
}

static void test_printing(void)
{
    struct stack stack;
    start(&stack, false);
    stack.count--;
    judge(&stack);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    kp_findings_print(&stack.findings, out);
    fclose(out);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "holds   agreement.chain"));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(text, "BROKEN  agreement.accepted     version 1 (paper 0): m3 didn't accept it\n"));
    free(text);
    cJSON *object = cJSON_CreateObject();
    CU_ASSERT_TRUE(kp_findings_json(&stack.findings, object));
    char *json = cJSON_PrintUnformatted(object);
    CU_ASSERT_PTR_NOT_NULL(strstr(json, "\"sound\":false"));
    CU_ASSERT_PTR_NOT_NULL(strstr(json, "{\"rule\":\"agreement.accepted\",\"holds\":false,"
                                        "\"record\":\"version 1 (paper 0)\","));
    cJSON_free(json);
    cJSON_Delete(object);
    end(&stack);
}

/* Version 1 of an agreement with a round of counts; member 2 only lets it be counted. */
static void start_counting(struct stack *stack)
{
    memset(stack, 0, sizeof(*stack));
    fixture_make(&stack->fixture, &(struct fixture_settings){.members = MEMBERS, .count_first = 1});
    struct kp_buffer bytes = {0};
    CU_ASSERT_EQUAL_FATAL(
        kp_buffer_set(&bytes, stack->fixture.bytes.data, stack->fixture.bytes.size), KP_OK);
    push(stack, &bytes);
    for (uint32_t i = 1; i <= MEMBERS; i++) {
        decide(stack, stack->fixture.agreement, i, i == 2 ? KP_DECISION_COUNT : KP_DECISION_ACCEPT,
               NOW - i);
    }
    stack->input.now = NOW;
}

static void test_counting(void)
{
    struct stack stack;
    start_counting(&stack);
    expect(&stack, "", "");
    kp_buffer_free(&stack.bytes[2]); /* without it, m2 did nothing */
    stack.bytes[2] = stack.bytes[--stack.count];
    stack.bytes[stack.count] = (struct kp_buffer){0};
    expect(&stack, "accepted", "m2 didn't accept it");
    end(&stack);

    start_counting(&stack); /* it can still revoke */
    decide(&stack, stack.fixture.agreement, 2, KP_DECISION_REVOKE, NOW);
    expect(&stack, "revocation", "m2 revoked version 1 at");
    end(&stack);

    start(&stack, false); /* nothing to count here */
    decide(&stack, stack.fixture.agreement, 1, KP_DECISION_COUNT, NOW);
    expect(&stack, "decision", "lets be counted, and under version 1 nothing is counted");
    end(&stack);
}

static const struct unit_test tests[] = {
    {"a sound lineage, in any order", test_sound},
    {"hash and term", test_hash_and_term},
    {"every byte of every paper", test_changed_decisions},
    {"papers that aren't there", test_missing_papers},
    {"refusals and revocations", test_objections},
    {"dates", test_dates},
    {"chains", test_chains},
    {"fork", test_fork},
    {"a version with officers of its own", test_officers_of_its_own},
    {"decisions that let be counted", test_counting},
    {"printing", test_printing},
};
UNIT_MAIN("verify_agreement", tests)
