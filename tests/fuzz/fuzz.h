/* What the fuzz targets have in common. Each is a function that takes any bytes, and ends the
 * process when something comes out that can't be; a program has one of them (entry.c). */
#ifndef KP_TESTS_FUZZ_H
#define KP_TESTS_FUZZ_H

#include "proto/agreement.h"

#include <stddef.h>
#include <stdint.h>

typedef void fuzz_target(const uint8_t *bytes, size_t size);

/* messages.c: everything that comes over a connection. */
fuzz_target fuzz_round_message, fuzz_start, fuzz_recover, fuzz_recovered, fuzz_hello1, fuzz_hello2,
    fuzz_hello2_secret, fuzz_points, fuzz_evaluation, fuzz_ready, fuzz_leaves, fuzz_submission,
    fuzz_abort, fuzz_complete, fuzz_receipt, fuzz_phase_list, fuzz_round_result, fuzz_request,
    fuzz_response, fuzz_control_request, fuzz_control_response, fuzz_result_transcript,
    fuzz_result_group, fuzz_log_entry;

/* files.c: everything that comes from a file. */
fuzz_target fuzz_agreement, fuzz_decision, fuzz_papers, fuzz_config, fuzz_key_file,
    fuzz_signal_file, fuzz_export, fuzz_verify;

/* tables.c: partners' files, and what is said about their columns. */
fuzz_target fuzz_table, fuzz_table_json, fuzz_table_xlsx, fuzz_columns;

/* bag.c: the address register's official extract. */
fuzz_target fuzz_bag_xml, fuzz_bag_archive;

/* registers.c: the address register, as a CSV and as an index. */
fuzz_target fuzz_bag_csv, fuzz_register;

/* letters.c: letters, and what they say about cases and canaries. */
fuzz_target fuzz_letter, fuzz_opened_letter, fuzz_case, fuzz_case_answer, fuzz_case_closed,
    fuzz_canary_notice;
/* A small agreement with canaries, for the last one. */
struct kp_agreement fuzz_canary_agreement(void);
#define FUZZ_CANARY_COUNTER 7u

/* proofs.c: what stands in evidence, verdicts and audits, item by item. */
fuzz_target fuzz_proof_record, fuzz_proof_opening, fuzz_proof_verdict, fuzz_proof_result,
    fuzz_partials, fuzz_pick;

/* spelling.c: what partners write. */
fuzz_target fuzz_spelling, fuzz_street;
/* words.c: the same, up to a key; and a table of words. */
fuzz_target fuzz_words, fuzz_address;

/* arithmetic.c: the engine against libsodium. */
fuzz_target fuzz_arithmetic;

/* What a chunk and a run hold, for the targets whose unpacking is told that. */
#define FUZZ_POINTS 3u
#define FUZZ_PATH 64u
#define FUZZ_RUN 96u

/* Ends the process, as a sanitizer would, when it doesn't hold. */
#define FUZZ_CHECK(condition)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fuzz_fail(__FILE__, __LINE__, #condition);                                             \
        }                                                                                          \
    } while (0)
_Noreturn void fuzz_fail(const char *file, int line, const char *condition);

/* entry.c; the names are libFuzzer's. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#endif
