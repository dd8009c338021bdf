/* How addresses become keys: whether the register and the words here are those of the agreement. */
#include "proto/doctor_internal.h"

#include "proto/address/agreed.h"

#include <sodium.h>

static void check_words(struct kp_doctor *doctor, const struct kp_canonicalisation *agreed)
{
    struct kp_error error = {0};
    struct kp_words *words = NULL;
    struct kp_canonicalisation used = *agreed;
    const char *path = doctor->subject.words;
    enum kp_status status = kp_words_open(&words, path[0] != '\0' ? path : NULL, &error);
    if (status == KP_OK) {
        kp_words_hash(used.words_hash, words);
        status = kp_agreement_check_canonicalisation(agreed, &used, &error);
    }
    kp_words_close(words);
    if (status == KP_OK) {
        kp_doctor_add(doctor, "words", KP_DOCTOR_OK, "", "the table of words %s the agreement's",
                      path[0] != '\0' ? "is" : "that is built in is");
    } else {
        kp_doctor_add(
            doctor, "words", KP_DOCTOR_FAILED,
            "ask for the table that was agreed, and set `words` in the configuration to it", "%s",
            error.text);
    }
}

/* A leader sees objects by their ids without it; a node can't import. */
static void check_register(struct kp_doctor *doctor, const struct kp_canonicalisation *agreed)
{
    struct kp_error error = {0};
    struct kp_register *reg = NULL;
    const char *bag = doctor->subject.bag[0] != '\0' ? doctor->subject.bag : KP_REGISTER_DEFAULT;
    char date[KP_REGISTER_DATE_TEXT];
    kp_agreement_date_text(date, agreed->register_date);
    if (kp_agreed_register(&reg, agreed, bag, &error) == KP_OK) {
        kp_doctor_add(doctor, "address register", KP_DOCTOR_OK, "",
                      "of %s, %llu objects, the agreement's", date,
                      (unsigned long long)kp_register_info(reg)->objects);
    } else {
        bool node = doctor->subject.role == KP_DOCTOR_NODE;
        kp_doctor_add(doctor, "address register", node ? KP_DOCTOR_FAILED : KP_DOCTOR_WARNING,
                      node
                          ? "no file can be imported without it: load the register of that date "
                            "with `kruispunt bag import`, or set `bag` in the configuration"
                          : "matches are shown by the objects' ids: load the register of that date "
                            "with `kruispunt bag import`, or set `bag` in the configuration",
                      "%s", error.text);
    }
    kp_register_close(reg);
}

void kp_doctor_check_addresses(struct kp_doctor *doctor)
{
    if (doctor->agreement == NULL || doctor->subject.role == KP_DOCTOR_COORDINATOR) {
        return;
    }
    const struct kp_canonicalisation agreed = kp_agreement_canonicalisation(doctor->agreement);
    if (agreed.scheme == KP_KEY_SCHEME_TEXT) {
        kp_doctor_add(doctor, "addresses", KP_DOCTOR_WARNING,
                      "spellings of one address that no rule makes alike miss each other, and "
                      "nobody sees it; agree on key_scheme bag-2 with an address register",
                      "compared as text");
    } else {
        kp_doctor_add(doctor, "addresses", KP_DOCTOR_OK, "",
                      "compared by the objects of the address register");
        check_register(doctor, &agreed);
    }
    if (doctor->subject.role == KP_DOCTOR_NODE) {
        check_words(doctor, &agreed);
    }
}
