#include "proto/commands/audit_report.h"

#include "crypto/secret.h"
#include "proto/address/shown.h"
#include "proto/slot_picks.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

static const uint32_t shares[] = {1, 5, 10, 25}; /* per cent */
#define SHARES (sizeof(shares) / sizeof(shares[0]))

static const char *const kinds[KP_PICK_KINDS] = {
    [KP_PICK_SIGNAL] = "signaal",
    [KP_PICK_CANARY] = "kanarie (proefpunt, geen adres)",
    [KP_PICK_WITHDRAWN] = "ingetrokken of vervallen signaal",
    [KP_PICK_PADDING] = "opvulling (geen adres)",
};
static const char *const kind_names[KP_PICK_KINDS] = {[KP_PICK_SIGNAL] = "signal",
                                                      [KP_PICK_CANARY] = "canary",
                                                      [KP_PICK_WITHDRAWN] = "withdrawn",
                                                      [KP_PICK_PADDING] = "padding"};

/* Numbers as in node/slot_audit.h. */
static const char *const reasons[] = {
    "onbekend: de ronde eindigde zonder dat er iets is vastgelegd",
    "het knooppunt is herstart voordat de ronde klaar was",
    "de coördinator gaf geen loting door",
    "het lot van een ketenpartner ontbreekt of klopt niet",
    "de ronde eindigde zonder slotbericht",
};
#define REASONS (sizeof(reasons) / sizeof(reasons[0]))

/* ---- Parts ---- */

static void print_time(FILE *out, const char *label, uint64_t seconds)
{
    const time_t at = (time_t)seconds;
    struct tm day = {0};
    char text[32] = "?";
    if (gmtime_r(&at, &day) != NULL) {
        (void)strftime(text, sizeof(text), "%Y-%m-%d %H:%M UTC", &day);
    }
    fprintf(out, "%s%s", label, text);
}

static void print_date(FILE *out, const char *label, uint32_t date)
{
    if (date != 0) {
        fprintf(out, "%s%04u-%02u-%02u", label, date / 10000, date / 100 % 100, date % 100);
    }
}

static const char *description_of(const struct kp_verify_audit *audit, const char *code)
{
    const struct kp_member *member = &audit->it.agreement->members[audit->member - 1];
    for (size_t i = 0; i < member->indicator_count; i++) {
        if (strcmp(member->indicators[i].code, code) == 0) {
            return member->indicators[i].description;
        }
    }
    return "niet in de overeenkomst";
}

/* When the member's log says so, in Unix seconds; 0: it doesn't. */
static uint64_t time_of(const struct kp_verify_audit *audit, uint64_t sequence)
{
    for (size_t i = 0; i < audit->entry_count; i++) {
        if (audit->entries[i].sequence == sequence) {
            return audit->entries[i].time / 1000;
        }
    }
    return 0;
}

static void print_signal(const struct kp_verify_audit *audit, const struct kp_pick_signal *signal,
                         FILE *out)
{
    fprintf(out, "      indicator %s: %s\n", signal->indicator,
            description_of(audit, signal->indicator));
    if (signal->grounds[0] != '\0') {
        fprintf(out, "      toelichting: %s\n", signal->grounds);
    }
    print_date(out, "      waargenomen ", signal->observed_on);
    print_time(out, ", geregistreerd ", signal->registered_at);
    fprintf(out, " (logregel %" PRIu64 ")", signal->registered.sequence);
    print_date(out, ", geldig tot en met ", signal->valid_until);
    if (signal->withdrawn.sequence != 0) {
        print_time(out, ", ingetrokken ", time_of(audit, signal->withdrawn.sequence));
        fprintf(out, " (logregel %" PRIu64 ")", signal->withdrawn.sequence);
    }
    fputc('\n', out);
}

/* NULL: it has none that can be shown. */
static const uint8_t *address_of(const struct kp_verify_audit *audit, const struct kp_pick *pick)
{
    const uint8_t *key = pick->kind == KP_PICK_SIGNAL      ? pick->leaf.address
                         : pick->kind == KP_PICK_WITHDRAWN ? pick->address
                                                           : NULL;
    return key != NULL && kp_verify_address(audit->it.agreement, key) ? key : NULL;
}

static void print_pick(const struct kp_verify_audit *audit, uint32_t number,
                       const struct kp_register *reg, FILE *out)
{
    const struct kp_pick *pick = &audit->picks[number];
    const uint8_t *key = address_of(audit, pick);
    fprintf(out, "%3u. plaats %u: %s - %s met wat is ondertekend\n", number + 1, pick->leaf.index,
            kinds[pick->kind], audit->failed[number] ? "KLOPT NIET" : "klopt");
    char text[KP_SHOWN_TEXT];
    if (key != NULL && kp_shown_key(text, reg, key, NULL) == KP_OK) {
        fprintf(out, "      adres %s\n", text);
        kp_wipe(text, sizeof(text));
    }
    for (size_t i = 0; i < pick->signal_count; i++) {
        print_signal(audit, &pick->signals[i], out);
    }
}

/* The second line is the verifier's own, which `--json` has too. */
static void print_broken(const struct kp_report *report, FILE *out)
{
    for (size_t i = 0; i < report->count; i++) {
        const struct kp_ruling *ruling = &report->rulings[i];
        if (ruling->verdict != KP_VERDICT_OK) {
            bool broken = ruling->verdict == KP_VERDICT_BROKEN;
            fprintf(out, "  %s %s%s%s\n                 (%s%s%s)\n",
                    broken ? "GESCHONDEN    " : "niet na te gaan", report->rules[i].id,
                    broken ? ": " : "", broken ? kp_audit_words(report->rules[i].id) : "",
                    ruling->record, ruling->record[0] != '\0' ? ": " : "", ruling->text);
        }
    }
}

/* With a comma, as Dutch has it; and never 100 where it isn't certain. */
static void print_percent(FILE *out, double odds)
{
    char text[16];
    bool nearly = odds < 1 && odds > 0.9994;
    (void)snprintf(text, sizeof(text), "%.1f", nearly ? 99.9 : 100 * odds);
    for (char *at = text; *at != '\0'; at++) {
        *at = *at == '.' ? ',' : *at;
    }
    fprintf(out, "%s%s%%\n", nearly ? "meer dan " : "", text);
}

static void print_odds(const struct kp_verify_audit *audit, FILE *out)
{
    fprintf(out,
            "\nKans dat deze steekproef (%u van %u plaatsen) ten minste één verzonnen signaal "
            "raakt,\nals dit deel van de plaatsen (naar boven afgerond) verzonnen is:\n",
            audit->pick_count, audit->slots);
    for (size_t i = 0; i < SHARES; i++) {
        uint32_t invented = kp_slot_share(audit->slots, shares[i]);
        fprintf(out, "  %2u%% (%u %s): ", shares[i], invented,
                invented == 1 ? "plaats" : "plaatsen");
        print_percent(out, kp_slot_odds(audit->slots, invented, audit->pick_count));
    }
}

static void print_history(const struct kp_agreement *agreement,
                          const struct kp_audit_history *history, FILE *out)
{
    if (!history->known) {
        return;
    }
    fprintf(out, "\nRondes tot nu toe: %u; daarvan niet te controleren: %u.\n", history->released,
            history->missed);
    for (uint32_t c = 1; c <= KP_ROUNDS_MAX; c++) {
        if (!history->was_missed[c]) {
            continue;
        }
        uint8_t reason = history->reason[c];
        fprintf(out, "  ronde %u: %s", c, reasons[reason < REASONS ? reason : 0]);
        for (uint32_t i = 0; agreement != NULL && i < agreement->member_count; i++) {
            if ((history->members[c] >> i & 1) != 0) {
                fprintf(out, " %s", agreement->members[i].name);
            }
        }
        fputc('\n', out);
    }
}

static void print_signature(FILE *out, const char *declares)
{
    fprintf(out,
            "\n%s\n\nFunctionaris voor gegevensbescherming (FG): ______________________________\n\n"
            "Datum: ____________________   Handtekening: ____________________\n",
            declares);
}

static void print_title(const struct kp_agreement *agreement, uint32_t member, uint64_t counter,
                        FILE *out)
{
    char hash[2 * KP_DIGEST_BYTES + 1];
    fprintf(out, "CONTROLE VAN PLAATSEN, ronde %" PRIu64 "\n\n", counter);
    if (agreement == NULL) {
        return;
    }
    if (agreement->test) {
        fputs("TESTMODUS: alleen testnummers, geen persoonsgegevens\n", out);
    }
    fprintf(out, "Project: %s\nKetenpartner: %s (%s)\n", agreement->project,
            agreement->members[member - 1].title, agreement->members[member - 1].name);
    for (size_t i = 0; i < KP_DIGEST_BYTES; i++) {
        (void)snprintf(hash + 2 * i, 3, "%02x", agreement->hash[i]);
    }
    fprintf(out, "Overeenkomst: versie %u, %s\n", agreement->version, hash);
}

/* ---- The whole ---- */

void kp_audit_report_print(const struct kp_verify_audit *audit, const struct kp_report *report,
                           const struct kp_audit_history *history, const struct kp_register *reg,
                           FILE *out)
{
    const struct kp_agreement *agreement = audit->it.agreement;
    print_title(agreement, audit->member, audit->it.counter, out);
    if (agreement != NULL) {
        print_time(out, "Deze ronde ondertekend door het programma van de ketenpartner: ",
                   audit->it.ready_body[audit->member - 1].time / 1000);
        fputs(
            kp_verify_audit_holds(report)
                ? "\n\nWelke plaatsen worden getoond, volgt uit wat alle ketenpartners tekenden en "
                  "uit hun loten;\ngeen van hen kon dat alleen vooraf weten, en overdoen kan niet.\n\n"
                : "\n\n",
            out);
        for (uint32_t i = 0; i < audit->pick_count; i++) {
            print_pick(audit, i, reg, out);
        }
    }
    if (kp_verify_audit_holds(report)) {
        fprintf(out,
                "\nUITKOMST: alle %u getoonde plaatsen kloppen met wat in deze ronde is "
                "ondertekend.\n",
                audit->pick_count);
    } else {
        fputs("\nUITKOMST: NIET IN ORDE\n", out);
        print_broken(report, out);
    }
    if (agreement != NULL) {
        print_odds(audit, out);
        fputs(
            "\nWat dit niet aantoont: dat een signaal waar is, of dat het in de eigen bron staat.\n"
            "Vergelijk daarvoor elk getoond signaal met de eigen administratie.\n",
            out);
    }
    print_history(agreement, history, out);
    print_signature(out,
                    "De ondertekenaar heeft de getoonde signalen vergeleken met de eigen bron.");
}

void kp_audit_report_none(const struct kp_agreement *agreement, uint32_t member, uint64_t counter,
                          const struct kp_audit_history *history, FILE *out)
{
    print_title(agreement, member, counter, out);
    /* What the log says was kept, and isn't there now. */
    bool once = history->known && counter <= KP_ROUNDS_MAX && history->was_released[counter] &&
                !history->was_missed[counter];
    if (once) {
        fprintf(
            out,
            "\nUITKOMST: NIET MEER TE CONTROLEREN. Volgens het logboek zijn van ronde %" PRIu64
            " plaatsen\nbewaard, maar die zijn er niet meer: de bewaartermijn is voorbij, of de "
            "databank is teruggezet.\nVraag naar de reden.\n",
            counter);
    } else {
        fprintf(
            out,
            "\nUITKOMST: NIET IN ORDE. Van ronde %" PRIu64
            " zijn geen plaatsen bewaard; deze ronde kan niet\nworden gecontroleerd. Een "
            "ketenpartner die niet gecontroleerd wil worden, kan dat veroorzaken:\nvraag naar de "
            "reden.\n",
            counter);
    }
    print_history(agreement, history, out);
    print_signature(out, "De ondertekenaar heeft naar de reden gevraagd.");
}

/* ---- JSON ---- */

static bool add_signals(cJSON *one, const struct kp_pick *pick)
{
    cJSON *array = cJSON_AddArrayToObject(one, "signals");
    bool added = array != NULL;
    for (size_t i = 0; added && i < pick->signal_count; i++) {
        const struct kp_pick_signal *signal = &pick->signals[i];
        cJSON *object = cJSON_CreateObject();
        added = cJSON_AddItemToArray(array, object) &&
                cJSON_AddStringToObject(object, "indicator", signal->indicator) != NULL &&
                cJSON_AddStringToObject(object, "grounds", signal->grounds) != NULL &&
                cJSON_AddNumberToObject(object, "observed_on", signal->observed_on) != NULL &&
                cJSON_AddNumberToObject(object, "registered_at", (double)signal->registered_at) !=
                    NULL &&
                cJSON_AddBoolToObject(object, "withdrawn", signal->withdrawn.sequence != 0) != NULL;
    }
    return added;
}

static bool add_pick(cJSON *array, const struct kp_verify_audit *audit, uint32_t number,
                     const struct kp_register *reg)
{
    const struct kp_pick *pick = &audit->picks[number];
    const uint8_t *key = address_of(audit, pick);
    cJSON *one = cJSON_CreateObject();
    return cJSON_AddItemToArray(array, one) &&
           cJSON_AddNumberToObject(one, "slot", pick->leaf.index) != NULL &&
           cJSON_AddStringToObject(one, "kind", kind_names[pick->kind]) != NULL &&
           cJSON_AddBoolToObject(one, "holds", !audit->failed[number]) != NULL &&
           (key == NULL || kp_shown_add(one, "address", reg, key, NULL) == KP_OK) &&
           add_signals(one, pick);
}

static bool add_odds(cJSON *object, const struct kp_verify_audit *audit)
{
    cJSON *array = cJSON_AddArrayToObject(object, "odds");
    bool added = array != NULL;
    for (size_t i = 0; added && i < SHARES; i++) {
        uint32_t invented = kp_slot_share(audit->slots, shares[i]);
        cJSON *one = cJSON_CreateObject();
        added = cJSON_AddItemToArray(array, one) &&
                cJSON_AddNumberToObject(one, "percent", shares[i]) != NULL &&
                cJSON_AddNumberToObject(one, "invented", invented) != NULL &&
                cJSON_AddNumberToObject(one, "probability",
                                        kp_slot_odds(audit->slots, invented, audit->pick_count)) !=
                    NULL;
    }
    return added;
}

static bool add_rules(cJSON *object, const struct kp_report *report)
{
    cJSON *array = cJSON_AddArrayToObject(object, "rules");
    bool added = array != NULL;
    for (size_t i = 0; added && i < report->count; i++) {
        const struct kp_ruling *ruling = &report->rulings[i];
        cJSON *one = cJSON_CreateObject();
        added = cJSON_AddItemToArray(array, one) &&
                cJSON_AddStringToObject(one, "rule", report->rules[i].id) != NULL &&
                cJSON_AddStringToObject(one, "verdict", kp_verdict_name(ruling->verdict)) != NULL &&
                cJSON_AddStringToObject(one, "record", ruling->record) != NULL &&
                cJSON_AddStringToObject(one, "text", ruling->text) != NULL;
    }
    return added;
}

bool kp_audit_history_json(const struct kp_audit_history *history, cJSON *object)
{
    if (!history->known) {
        return true;
    }
    cJSON *array = cJSON_AddArrayToObject(object, "rounds_not_audited");
    bool added = array != NULL &&
                 cJSON_AddNumberToObject(object, "rounds_released", history->released) != NULL;
    for (uint32_t c = 1; added && c <= KP_ROUNDS_MAX; c++) {
        if (history->was_missed[c]) {
            cJSON *one = cJSON_CreateObject();
            added = cJSON_AddItemToArray(array, one) &&
                    cJSON_AddNumberToObject(one, "round", c) != NULL &&
                    cJSON_AddNumberToObject(one, "reason", history->reason[c]) != NULL &&
                    cJSON_AddNumberToObject(one, "members", history->members[c]) != NULL;
        }
    }
    return added;
}

bool kp_audit_report_json(const struct kp_verify_audit *audit, const struct kp_report *report,
                          const struct kp_audit_history *history, const struct kp_register *reg,
                          cJSON *object)
{
    const struct kp_agreement *agreement = audit->it.agreement;
    bool added =
        cJSON_AddBoolToObject(object, "test_mode", agreement != NULL && agreement->test) != NULL &&
        (agreement == NULL ||
         kp_json_add_hex(object, "agreement", agreement->hash, KP_DIGEST_BYTES)) &&
        cJSON_AddNumberToObject(object, "round", (double)audit->it.counter) != NULL &&
        cJSON_AddNumberToObject(object, "member", audit->member) != NULL &&
        cJSON_AddBoolToObject(object, "kept", true) != NULL &&
        cJSON_AddBoolToObject(object, "holds", kp_verify_audit_holds(report)) != NULL &&
        cJSON_AddNumberToObject(object, "slots", audit->slots) != NULL;
    cJSON *array = cJSON_AddArrayToObject(object, "picks");
    added = added && array != NULL;
    for (uint32_t i = 0; added && i < audit->pick_count; i++) {
        added = add_pick(array, audit, i, reg);
    }
    return added && add_odds(object, audit) && add_rules(object, report) &&
           kp_audit_history_json(history, object);
}
