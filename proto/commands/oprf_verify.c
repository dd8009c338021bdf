#include "proto/commands/oprf_arguments.h"
#include "proto/commands/oprf_commands.h"

struct arguments {
    const char *mode;
    const char *public_key;
    const char *blinded;
    const char *evaluated;
    const char *proof;
};

static enum kp_status print(bool valid, struct kp_error *error)
{
    cJSON *object = cJSON_CreateObject();
    bool complete = cJSON_AddBoolToObject(object, "valid", valid) != NULL;
    return kp_json_print(object, complete, error);
}

/* KP_REFUSED, after {"valid": false}, when the proof doesn't hold. */
static enum kp_status verify(const struct arguments *arguments, struct kp_error *error)
{
    struct kp_oprf_reader reader = {.error = error};
    enum kp_oprf_mode mode = KP_OPRF_MODE_VOPRF;
    uint8_t public_key[KP_POINT_BYTES];
    uint8_t proof[KP_OPRF_PROOF_BYTES];
    struct kp_oprf_list blinded = {0};
    struct kp_oprf_list evaluated = {0};
    enum kp_status status = kp_oprf_read_mode(&reader, &mode, arguments->mode);
    if (status == KP_OK && mode != KP_OPRF_MODE_VOPRF) {
        status = kp_fail(error, KP_USAGE, "only --mode voprf has a proof to verify");
    }
    if (status == KP_OK &&
        (status = kp_oprf_read_hex(&reader, "pk", arguments->public_key, public_key,
                                   sizeof(public_key))) == KP_OK &&
        (status = kp_oprf_read_list(&reader, "blinded", arguments->blinded, KP_POINT_BYTES,
                                    &blinded)) == KP_OK &&
        (status = kp_oprf_read_list(&reader, "evaluated", arguments->evaluated, KP_POINT_BYTES,
                                    &evaluated)) == KP_OK &&
        (status = kp_oprf_read_hex(&reader, "proof", arguments->proof, proof, sizeof(proof))) ==
            KP_OK &&
        (status = kp_oprf_check_counts(&reader, "blinded", blinded.count, "evaluated",
                                       evaluated.count)) == KP_OK) {
        enum kp_status verdict = kp_oprf_verify_proof(proof, public_key, blinded.items.data,
                                                      evaluated.items.data, blinded.count);
        if (verdict == KP_OK || verdict == KP_REFUSED) {
            status = print(verdict == KP_OK, error);
        }
        if (status == KP_OK && verdict != KP_OK) {
            status = kp_fail(error, verdict,
                             "the proof doesn't hold, or an element is malformed or the identity");
        }
    }
    kp_buffer_free(&blinded.items);
    kp_buffer_free(&evaluated.items);
    return status;
}

static int run(int argc, char **argv)
{
    struct arguments arguments = {.mode = "voprf"};
    bool help = false;
    struct kp_error error = {0};
    const struct kp_option options[] = {
        {.name = "mode", .value = &arguments.mode},
        {.name = "pk", .value = &arguments.public_key, .required = true},
        {.name = "blinded", .value = &arguments.blinded, .required = true},
        {.name = "evaluated", .value = &arguments.evaluated, .required = true},
        {.name = "proof", .value = &arguments.proof, .required = true},
    };
    if (kp_command_parse(&kp_command_oprf_verify, argc, argv, options, 5, NULL, 0, 0, NULL, &help,
                         &error) != KP_OK) {
        return kp_command_fail(&kp_command_oprf_verify, &error);
    }
    if (!help && verify(&arguments, &error) != KP_OK) {
        return kp_command_fail(&kp_command_oprf_verify, &error);
    }
    return KP_EXIT_DONE;
}

const struct kp_command kp_command_oprf_verify = {
    .name = "verify",
    .summary = "check the proof of an evaluation (VerifyProof)",
    .usage =
        "usage: kruispunt oprf verify [--mode voprf] --pk KEY --blinded ELEMENT[,...]\n"
        "                             --evaluated ELEMENT[,...] --proof PROOF\n"
        "\n"
        "RFC 9497, section 2.2.2, over ristretto255-SHA512: whether one key evaluated all "
        "elements.\n"
        "\n"
        "  --mode MODE          voprf (the default); the other mode has no proof\n"
        "  --pk KEY             the server's public key, an element\n"
        "  --blinded ELEMENT    what was sent\n"
        "  --evaluated ELEMENT  what came back, in the same order\n"
        "  --proof PROOF        64 bytes: c, then s\n"
        "\n"
        "Prints {\"valid\": true}; or {\"valid\": false}, and exits with 1.\n" KP_OPRF_USAGE_VALUES,
    .run = run,
};
