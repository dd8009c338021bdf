#include "crypto/secret.h"
#include "proto/commands/oprf_arguments.h"
#include "proto/commands/oprf_commands.h"

static enum kp_status derive_key(const char *mode_text, const char *seed_text,
                                 const char *info_text, struct kp_error *error)
{
    struct kp_oprf_reader reader = {.error = error};
    enum kp_oprf_mode mode = KP_OPRF_MODE_OPRF;
    uint8_t seed[KP_OPRF_SEED_BYTES];
    uint8_t secret_key[KP_SCALAR_BYTES];
    uint8_t public_key[KP_POINT_BYTES];
    struct kp_buffer info = {0};
    enum kp_status status = KP_OK;
    if ((status = kp_oprf_read_mode(&reader, &mode, mode_text)) == KP_OK &&
        (status = kp_oprf_read_hex(&reader, "seed", seed_text, seed, sizeof(seed))) == KP_OK &&
        (status = kp_oprf_read_bytes(&reader, "info", info_text, &info)) == KP_OK) {
        status = kp_oprf_derive_key(secret_key, public_key, mode, seed, info.data, info.size);
        if (status != KP_OK) {
            status =
                kp_fail(error, status, "no key comes of this seed and info; take another seed");
        }
    }
    if (status == KP_OK) {
        cJSON *object = cJSON_CreateObject();
        bool complete = kp_json_add_hex(object, "sk", secret_key, sizeof(secret_key)) &&
                        kp_json_add_hex(object, "pk", public_key, sizeof(public_key));
        status = kp_json_print(object, complete, error);
    }
    kp_wipe(seed, sizeof(seed));
    kp_wipe(secret_key, sizeof(secret_key));
    kp_buffer_free(&info);
    return status;
}

static int run(int argc, char **argv)
{
    const char *mode = "oprf";
    const char *seed = NULL;
    const char *info = "";
    bool help = false;
    struct kp_error error = {0};
    const struct kp_option options[] = {
        {.name = "mode", .value = &mode},
        {.name = "seed", .value = &seed, .required = true},
        {.name = "info", .value = &info},
    };
    if (kp_command_parse(&kp_command_oprf_derive_key, argc, argv, options, 3, NULL, 0, 0, NULL,
                         &help, &error) != KP_OK) {
        return kp_command_fail(&kp_command_oprf_derive_key, &error);
    }
    if (!help && derive_key(mode, seed, info, &error) != KP_OK) {
        return kp_command_fail(&kp_command_oprf_derive_key, &error);
    }
    return KP_EXIT_DONE;
}

const struct kp_command kp_command_oprf_derive_key = {
    .name = "derive-key",
    .summary = "derive a key pair from a seed (DeriveKeyPair)",
    .usage = "usage: kruispunt oprf derive-key [--mode oprf|voprf] --seed SEED [--info INFO]\n"
             "\n"
             "RFC 9497, section 3.2.1, over ristretto255-SHA512: the key pair of a seed.\n"
             "\n"
             "  --mode MODE  oprf (the default) or voprf\n"
             "  --seed SEED  32 bytes\n"
             "  --info INFO  any bytes; none by default\n"
             "\n"
             "Prints {\"sk\": ..., \"pk\": ...}.\n" KP_OPRF_USAGE_VALUES,
    .run = run,
};
