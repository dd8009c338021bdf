/* Changes of a file, one at a time: every field of every item, every item left out, twice, or in
 * another place. What is changed must be found. */
#ifndef KP_TESTS_CHANGE_ALL_H
#define KP_TESTS_CHANGE_ALL_H

#include "proto/verify.h"

#include <stdbool.h>

/* Whether a verifier finds that something is wrong. */
typedef bool change_is_found(void *context, const struct kp_verify_export *export);
/* Fails the test for each change that isn't found. */
void change_all(struct kp_verify_export *export, change_is_found *is_found, void *context);

#endif
