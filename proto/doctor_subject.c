/* Whose configuration a file is: `doctor`, `log` and `export` take anybody's. */
#include "proto/config.h"
#include "proto/doctor.h"

#include <string.h>

/* Which of the readers' sections a file has: bit i is reader i. */
static enum kp_status note_section(void *context, const char *section, const char *name,
                                   const char *value, unsigned line, struct kp_error *error)
{
    uint32_t *found = context;
    (void)name;
    (void)value;
    (void)line;
    (void)error;
    for (uint32_t i = 0; kp_doctor_readers[i] != NULL; i++) {
        *found |= strcmp(section, kp_doctor_readers[i]->section) == 0 ? 1u << i : 0;
    }
    return KP_OK;
}

enum kp_status kp_doctor_read_subject(struct kp_doctor_subject *subject, const char *path,
                                      struct kp_error *error)
{
    uint32_t found = 0;
    enum kp_status status = kp_config_walk(path, note_section, &found, error);
    for (uint32_t i = 0; status == KP_OK && kp_doctor_readers[i] != NULL; i++) {
        if ((found >> i & 1) != 0) {
            return kp_doctor_readers[i]->read(subject, path, error);
        }
    }
    return status == KP_OK ? kp_fail(error, KP_USAGE,
                                     "%s: no section [node], [leader] or [coordinator]; whose "
                                     "configuration is it?",
                                     path)
                           : status;
}
