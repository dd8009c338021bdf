/* From an address as somebody wrote it to the key by which it is matched.
 *
 * With a register: every reading of the text is looked up, in tiers. First letter and addition from
 * columns of their own, if both are there; then the literal splits of what stands behind the number
 * into letter and addition; only if none of these exists, the table of words; only then a range.
 * One object in a tier: resolved. More: ambiguous. None in any: unknown. Nothing is guessed: no
 * tier takes away what is written, or adds to it. Without a register: the text itself, as well as
 * that goes (proto/address/plain.h).
 *
 * No I/O but the register's. A resolver isn't thread-safe; it keeps memory from row to row, which
 * is wiped when it is freed. */
#ifndef KP_PROTO_ADDRESS_RESOLVE_H
#define KP_PROTO_ADDRESS_RESOLVE_H

#include "proto/address.h"
#include "proto/address/verdict.h"
#include "proto/address/words.h"
#include "proto/error.h"

#include <stddef.h>
#include <stdint.h>

/* The fields of one address, UTF-8; what isn't there is NULL or "". `text` is an address in one
 * field, or what one field has of it ("Kerkstraat 12 A") with the others beside it. */
struct kp_address_input {
    const char *text;
    const char *id; /* 16 digits: a number's or an object's */
    const char *postcode;
    const char *house_number; /* may have all that belongs behind it: "12 A-2" */
    const char *house_letter;
    const char *addition;
    const char *street;
    const char *town;
};

#define KP_ADDRESS_CANDIDATES_MAX 32

struct kp_address_result {
    enum kp_address_verdict verdict;
    enum kp_address_rule rule;
    /* Resolved with a register: the object, and the number (nummeraanduiding) that was written; of
     * more than one, the lowest. 0 otherwise. */
    uint64_t object;
    uint64_t nummeraanduiding;
    uint8_t key[KP_ADDRESS_KEY_BYTES]; /* resolved: of the register's or the text scheme */
    /* Not resolved: numbers that could be meant, in rising order, none twice. */
    uint64_t candidates[KP_ADDRESS_CANDIDATES_MAX];
    size_t candidate_count; /* in all: may be more than stand there */
};

/* The steps from text to key in words, one a line, for whoever asked about this address: they
 * repeat what was written. Zero-initialise. What doesn't fit is left out. */
#define KP_ADDRESS_TRACE_MAX 8192
struct kp_address_trace {
    size_t size;
    char text[KP_ADDRESS_TRACE_MAX];
};

/* Adds a step: the texts, of which the last is NULL, one behind the other. Nothing when trace is
 * NULL. */
void kp_address_trace_add(struct kp_address_trace *trace, const char *const *texts);
#define KP_ADDRESS_TRACE(trace, ...)                                                               \
    kp_address_trace_add(trace, (const char *const[]){__VA_ARGS__, NULL})

struct kp_register;
struct kp_resolver;

/* `reg` NULL: the plain form. Both must outlive the resolver; the caller frees it. KP_FAILED: no
 * memory. */
KP_MUST_USE enum kp_status kp_resolver_new(struct kp_resolver **out, struct kp_register *reg,
                                           const struct kp_words *words, struct kp_error *error);
/* NULL-safe; wipes. */
void kp_resolver_free(struct kp_resolver *resolver);
/* KP_KEY_SCHEME_BAG with a register, KP_KEY_SCHEME_TEXT without. */
enum kp_key_scheme kp_resolver_scheme(const struct kp_resolver *resolver);

/* Every verdict is KP_OK. KP_FAILED: the register's file can't be read. `trace` may be NULL. */
KP_MUST_USE enum kp_status kp_address_resolve(struct kp_resolver *resolver,
                                              const struct kp_address_input *input,
                                              struct kp_address_result *result,
                                              struct kp_address_trace *trace,
                                              struct kp_error *error);

#endif
