/* What a project leader's program that is changed could send:
 *
 *     e2e_case_letter LEADER.ini MATCH MEMBER QUESTION [BYTE]
 *
 * puts a match before member number MEMBER with this question, as a letter that is signed and
 * sealed as it should be; with one byte of the evidence changed, or, when BYTE is "none", with
 * something else in the place of it. */
#include "coordinator/leader_cases.h"
#include "coordinator/leader_evidence.h"
#include "crypto/secret.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum kp_status send_case(struct kp_leader *leader, uint32_t member, uint32_t question,
                                const struct kp_buffer *file, struct kp_error *error)
{
    struct kp_case asked = {.question = (enum kp_case_question)question,
                            .answer_by = kp_clock_now() / 1000 + 86400,
                            .evidence = *file};
    struct kp_buffer plain = {0};
    randombytes_buf(asked.id, sizeof(asked.id));
    enum kp_status status = kp_case_pack(&asked, &plain, error);
    if (status == KP_OK) {
        const struct kp_letter_draft draft = {.type = KP_LETTER_CASE,
                                              .to = member,
                                              .subject = asked.id,
                                              .parts = 1,
                                              .plain = plain.data,
                                              .size = plain.size};
        status = kp_leader_letters_put(leader, &draft, error);
    }
    kp_buffer_free(&plain);
    return status;
}

static enum kp_status change(struct kp_buffer *file, const char *byte)
{
    if (byte == NULL) {
        return KP_OK;
    }
    if (strcmp(byte, "none") == 0) {
        return kp_buffer_set(file, "no evidence", 11);
    }
    size_t at = strtoul(byte, NULL, 10);
    file->data[at < file->size ? at : file->size - 1] ^= 1;
    return KP_OK;
}

int main(int argc, char **argv)
{
    struct kp_leader leader = {0};
    struct kp_leader_evidence evidence = {0};
    struct kp_error error = {0};
    uint32_t round = 0, number = 0;
    if (argc < 5) {
        return 2;
    }
    enum kp_status status = kp_crypto_start();
    if (status == KP_OK) {
        status = kp_leader_open(&leader, argv[1], &error);
    }
    if (status == KP_OK) {
        status = kp_match_read(argv[2], &round, &number, &error);
    }
    if (status == KP_OK) {
        status = kp_leader_evidence_make(&leader, round, number, false, &evidence, &error);
    }
    if (status == KP_OK) {
        status = change(&evidence.file, argc > 5 ? argv[5] : NULL);
    }
    if (status == KP_OK) {
        status = send_case(&leader, (uint32_t)strtoul(argv[3], NULL, 10),
                           (uint32_t)strtoul(argv[4], NULL, 10), &evidence.file, &error);
    }
    kp_leader_evidence_free(&evidence);
    kp_leader_close(&leader);
    if (status != KP_OK) {
        fprintf(stderr, "%s\n", error.text);
    }
    return status == KP_OK ? 0 : 1;
}
