#include "crypto/secret.h"
#include "proto/commands/oprf_arguments.h"
#include "proto/commands/oprf_commands.h"

struct evaluation {
    enum kp_oprf_mode mode;
    uint8_t secret_key[KP_SCALAR_BYTES];
    uint8_t random[KP_SCALAR_BYTES]; /* the proof's r */
    struct kp_oprf_list blinded;
    struct kp_buffer evaluated;
    uint8_t proof[KP_OPRF_PROOF_BYTES];
};

static enum kp_status read_arguments(struct evaluation *evaluation, const char *mode,
                                     const char *key, const char *blinded, const char *random,
                                     struct kp_error *error)
{
    struct kp_oprf_reader reader = {.error = error};
    enum kp_status status = KP_OK;
    if ((status = kp_oprf_read_mode(&reader, &evaluation->mode, mode)) != KP_OK ||
        (status = kp_oprf_read_hex(&reader, "sk", key, evaluation->secret_key, KP_SCALAR_BYTES)) !=
            KP_OK ||
        (status = kp_oprf_read_list(&reader, "blinded", blinded, KP_POINT_BYTES,
                                    &evaluation->blinded)) != KP_OK) {
        return status;
    }
    if (random == NULL) {
        kp_scalar_random(evaluation->random);
        return KP_OK;
    }
    if (evaluation->mode == KP_OPRF_MODE_OPRF) {
        return kp_fail(error, KP_USAGE, "--proof-random is for --mode voprf: oprf has no proof");
    }
    return kp_oprf_read_hex(&reader, "proof-random", random, evaluation->random, KP_SCALAR_BYTES);
}

static enum kp_status check_scalars(const struct evaluation *evaluation, struct kp_error *error)
{
    if (kp_scalar_check(evaluation->secret_key) != KP_OK) {
        return kp_fail(error, KP_REFUSED, "--sk is zero or not reduced modulo the group order");
    }
    if (kp_scalar_check(evaluation->random) != KP_OK) {
        return kp_fail(error, KP_REFUSED,
                       "--proof-random is zero or not reduced modulo the group order");
    }
    return KP_OK;
}

static enum kp_status compute(struct evaluation *evaluation, struct kp_error *error)
{
    size_t count = evaluation->blinded.count;
    const uint8_t *blinded = evaluation->blinded.items.data;
    enum kp_status status = check_scalars(evaluation, error);
    if (status != KP_OK) {
        return status;
    }
    for (size_t i = 0; i < count; i++) {
        if (kp_points_check(blinded + i * KP_POINT_BYTES, 1) != KP_OK) {
            return kp_fail(error, KP_REFUSED,
                           "--blinded: item %zu is not a ristretto255 element, or the identity",
                           i + 1);
        }
    }
    uint8_t *evaluated = kp_buffer_extend(&evaluation->evaluated, count * KP_POINT_BYTES);
    if (evaluated == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for %zu elements", count);
    }
    uint8_t public_key[KP_POINT_BYTES];
    if ((status = kp_oprf_blind_evaluate(evaluated, evaluation->secret_key, blinded, count)) !=
            KP_OK ||
        (status = kp_points_multiply_base(public_key, evaluation->secret_key, 1)) != KP_OK) {
        return kp_fail(error, status, "the elements can't be evaluated");
    }
    if (evaluation->mode == KP_OPRF_MODE_VOPRF &&
        (status = kp_oprf_generate_proof(evaluation->proof, evaluation->secret_key, public_key,
                                         blinded, evaluated, count, evaluation->random)) != KP_OK) {
        return kp_fail(error, status, "the proof can't be made");
    }
    return KP_OK;
}

static enum kp_status evaluate(const char *mode, const char *key, const char *blinded,
                               const char *random, struct kp_error *error)
{
    struct evaluation evaluation = {0};
    enum kp_status status = KP_OK;
    if ((status = read_arguments(&evaluation, mode, key, blinded, random, error)) == KP_OK &&
        (status = compute(&evaluation, error)) == KP_OK) {
        cJSON *object = cJSON_CreateObject();
        bool complete = kp_oprf_add_array(object, "evaluation_element", evaluation.evaluated.data,
                                          KP_POINT_BYTES, evaluation.blinded.count) &&
                        (evaluation.mode == KP_OPRF_MODE_OPRF ||
                         kp_json_add_hex(object, "proof", evaluation.proof, KP_OPRF_PROOF_BYTES));
        status = kp_json_print(object, complete, error);
    }
    kp_buffer_free(&evaluation.blinded.items);
    kp_buffer_free(&evaluation.evaluated);
    kp_wipe(&evaluation, sizeof(evaluation));
    return status;
}

static int run(int argc, char **argv)
{
    const char *mode = "oprf";
    const char *key = NULL;
    const char *blinded = NULL;
    const char *random = NULL;
    bool help = false;
    struct kp_error error = {0};
    const struct kp_option options[] = {
        {.name = "mode", .value = &mode},
        {.name = "sk", .value = &key, .required = true},
        {.name = "blinded", .value = &blinded, .required = true},
        {.name = "proof-random", .value = &random},
    };
    if (kp_command_parse(&kp_command_oprf_evaluate, argc, argv, options, 4, NULL, 0, 0, NULL, &help,
                         &error) != KP_OK) {
        return kp_command_fail(&kp_command_oprf_evaluate, &error);
    }
    if (!help && evaluate(mode, key, blinded, random, &error) != KP_OK) {
        return kp_command_fail(&kp_command_oprf_evaluate, &error);
    }
    return KP_EXIT_DONE;
}

const struct kp_command kp_command_oprf_evaluate = {
    .name = "evaluate",
    .summary = "evaluate blinded elements (BlindEvaluate)",
    .usage =
        "usage: kruispunt oprf evaluate [--mode oprf|voprf] --sk KEY --blinded ELEMENT[,...]\n"
        "                               [--proof-random SCALAR]\n"
        "\n"
        "RFC 9497, section 3.3.1 or 3.3.2, over ristretto255-SHA512: what a server answers.\n"
        "\n"
        "  --mode MODE            oprf (the default), or voprf: with a proof\n"
        "  --sk KEY               the secret key, a scalar\n"
        "  --blinded ELEMENT      the client's elements\n"
        "  --proof-random SCALAR  the proof's r, for test vectors; never use one twice. Drawn\n"
        "                         when not given\n"
        "\n"
        "Prints {\"evaluation_element\": [...]}, and with voprf \"proof\" (c, then s) for all\n"
        "elements together.\n" KP_OPRF_USAGE_VALUES,
    .run = run,
};
