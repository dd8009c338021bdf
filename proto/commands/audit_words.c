/* What is wrong when a rule about an audit is broken, in Dutch, for a data protection officer. */
#include "proto/commands/audit_report.h"

#include <string.h>

static const struct {
    const char *rule, *words;
} broken[] = {
    {"audit.form", "het bestand is onvolledig, of anders opgebouwd dan het hoort"},
    {"audit.agreement", "de ronde hoort niet bij deze overeenkomst"},
    {"audit.accepted", "niet iedereen had de overeenkomst toen aanvaard"},
    {"audit.term", "de ronde valt buiten de looptijd"},
    {"audit.hello1", "een eerste bericht van de ronde is niet van de ketenpartner die het noemt"},
    {"audit.hello2", "een tweede bericht van de ronde is niet van de ketenpartner die het noemt"},
    {"audit.ready", "een slothandtekening van een ketenpartner ontbreekt of wijkt af"},
    {"audit.times", "tijden van berichten spreken elkaar tegen"},
    {"audit.complete", "het slotbericht is niet van de coördinator, of van een andere ronde"},
    {"audit.seeds", "het lot van een ketenpartner ontbreekt, of is een ander dan was vastgelegd"},
    {"audit.picks", "dit zijn niet de plaatsen die zijn geloot"},
    {"audit.leaf", "op de plaats stond iets anders dan hier wordt getoond"},
    {"audit.list", "in de ronde is met een ander punt gerekend dan hier wordt getoond"},
    {"audit.kind", "wat wordt getoond, past niet bij deze soort plaats"},
    {"audit.point", "het punt hoort niet bij het getoonde adres, of is geen opvulling"},
    {"audit.tag", "het kenmerk volgt niet uit wat wordt getoond"},
    {"audit.entry",
     "het kenmerk is niet ingeleverd zoals is ondertekend, of hoort bij twee plaatsen"},
    {"audit.signals", "de getoonde signalen zijn niet die waarvan de plaats is gemaakt"},
    {"audit.log", "het logboek is niet heel, of niet het logboek dat bij de ronde is ondertekend"},
    {"audit.registered", "een signaal stond vóór de ronde niet zo in het logboek"},
    {"audit.withdrawn",
     "een signaal is volgens het logboek niet zo ingetrokken, of stond er toen niet"},
};

const char *kp_audit_words(const char *rule)
{
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        if (strcmp(broken[i].rule, rule) == 0) {
            return broken[i].words;
        }
    }
    return "";
}
