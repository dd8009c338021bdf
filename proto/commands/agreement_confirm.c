#include "proto/commands/agreement_confirm.h"

#include "proto/operator.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TYPED_MAX 1024

/* Text comes from a person only when it is typed where the agreement was shown. */
static bool has_terminal(void)
{
    return isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1;
}

/* Asks, and takes one line. false: something else was typed. */
static bool ask(const char *question, const char *expected)
{
    char typed[TYPED_MAX];
    fflush(stdout);
    fputs(question, stderr);
    fflush(stderr);
    if (fgets(typed, sizeof(typed), stdin) == NULL) {
        return false;
    }
    typed[strcspn(typed, "\r\n")] = '\0';
    return strcmp(typed, expected) == 0;
}

enum kp_status kp_confirm_decision(const struct kp_confirm *confirm, const struct kp_view *view,
                                   enum kp_decision_kind kind, struct kp_error *error)
{
    if (confirm->yes != NULL) {
        char hash[2 * KP_DIGEST_BYTES + 1];
        sodium_bin2hex(hash, sizeof(hash), view->agreement->hash, KP_DIGEST_BYTES);
        return strcmp(confirm->yes, hash) == 0
                   ? KP_OK
                   : kp_fail(
                         error, KP_REFUSED,
                         "--yes gives another hash than this agreement has; nothing was signed");
    }
    if (!has_terminal()) {
        return kp_fail(error, KP_USAGE,
                       "asks a person on a terminal; where there is none, give --yes HASH with the "
                       "whole hash of the agreement that was read");
    }
    enum kp_word word = kind == KP_DECISION_ACCEPT   ? KP_WORD_TYPE_PROJECT_ACCEPT
                        : kind == KP_DECISION_COUNT  ? KP_WORD_TYPE_PROJECT_COUNT
                        : kind == KP_DECISION_REFUSE ? KP_WORD_TYPE_PROJECT_REFUSE
                                                     : KP_WORD_TYPE_PROJECT_REVOKE;
    fputc('\n', stderr);
    if (!ask(kp_word(view->language, word), view->agreement->project)) {
        return kp_fail(error, KP_REFUSED,
                       "what was typed isn't the name of the project; nothing was signed");
    }
    return KP_OK;
}

/* Words from an option or from the terminal. */
static enum kp_status accept_words(const char *expected, const char *given, const char *option,
                                   const struct kp_confirm *confirm, const struct kp_view *view,
                                   struct kp_error *error)
{
    if (given != NULL) {
        return strcmp(given, expected) == 0
                   ? KP_OK
                   : kp_fail(error, KP_REFUSED, "--%s must be: %s", option, expected);
    }
    if (confirm->yes != NULL || !has_terminal()) {
        return kp_fail(error, KP_REFUSED, "this has to be accepted in words: --%s '%s'", option,
                       expected);
    }
    const char *const fills[KP_WORD_FILLS] = {expected};
    char *question = kp_word_fill(view->language, KP_WORD_TYPE_WORDS, fills);
    if (question == NULL) {
        return kp_fail(error, KP_FAILED, "no memory to ask");
    }
    bool accepted = ask(question, expected);
    free(question);
    return accepted ? KP_OK
                    : kp_fail(error, KP_REFUSED, "what was typed isn't \"%s\"; nothing was signed",
                              expected);
}

enum kp_status kp_confirm_operator(const struct kp_confirm *confirm, const struct kp_view *view,
                                   struct kp_error *error)
{
    bool member = kp_operator_is_any_member(view->agreement);
    bool employer = kp_operator_is_employer(view->agreement);
    if (!member && !employer) {
        return KP_OK;
    }
    enum kp_word word = member && employer ? KP_WORD_ACCEPT_BOTH
                        : member           ? KP_WORD_ACCEPT_MEMBER
                                           : KP_WORD_ACCEPT_EMPLOYER;
    return accept_words(kp_word(view->language, word), confirm->accept_operator, "accept-operator",
                        confirm, view, error);
}

enum kp_status kp_confirm_exposure(const struct kp_confirm *confirm, const struct kp_view *view,
                                   uint32_t warn_percent, struct kp_error *error)
{
    if (view->exposures.percent <= warn_percent) {
        return KP_OK;
    }
    char percent[16];
    snprintf(percent, sizeof(percent), "%" PRIu32, view->exposures.percent);
    const char *const fills[KP_WORD_FILLS] = {percent};
    char *expected = kp_word_fill(view->language, KP_WORD_ACCEPT_EXPOSURE, fills);
    if (expected == NULL) {
        return kp_fail(error, KP_FAILED, "no memory to ask");
    }
    enum kp_status status =
        accept_words(expected, confirm->accept_exposure, "accept-exposure", confirm, view, error);
    free(expected);
    return status;
}
