/* The folder DIR of `--bag DIR`: one folder for each index of the address register, and the link
 * `current`. What is there is made under another name and renamed, so that whoever reads sees an
 * index whole or not at all. */
#ifndef KP_PROTO_ADDRESS_BAG_FOLDER_H
#define KP_PROTO_ADDRESS_BAG_FOLDER_H

#include "proto/address/register.h"

struct kp_bag_folder {
    char path[KP_PATH_MAX];
    int fd;   /* of the folder */
    int lock; /* -1: only read */
};

/* change: takes DIR's lock, until closed; make: makes DIR when it isn't there, and removes what
 * killed imports left. KP_USAGE: it isn't there, or can't be written; KP_FAILED: another has the
 * lock. */
KP_MUST_USE enum kp_status kp_bag_open(struct kp_bag_folder *folder, const char *path, bool change,
                                       bool make, struct kp_error *error);
void kp_bag_close(struct kp_bag_folder *folder);

/* Whether it is the form of an index's name. Nothing else ever becomes a path. */
bool kp_bag_is_name(const char *name);
/* date (yyyymmdd) and hash to a name. */
void kp_bag_name(char out[static KP_REGISTER_NAME], uint32_t date,
                 const uint8_t hash[static KP_REGISTER_HASH_BYTES]);
/* The name of the current one; "": there is none. */
void kp_bag_current(const struct kp_bag_folder *folder, char out[static KP_REGISTER_NAME]);
/* All there are, by name (and so by date); the caller frees *names. KP_REFUSED: more than
 * KP_REGISTER_INDEXES_MAX. */
KP_MUST_USE enum kp_status kp_bag_list(const struct kp_bag_folder *folder,
                                       char (**names)[KP_REGISTER_NAME], size_t *count,
                                       struct kp_error *error);

/* With the lock. A new empty folder under a temporary name; its path. */
KP_MUST_USE enum kp_status kp_bag_new(const struct kp_bag_folder *folder,
                                      char path[static KP_PATH_MAX], struct kp_error *error);
/* Gives the folder of kp_bag_new its name, on disk too; *existed: there was one of that name, whose
 * place it takes: that one may be damaged, or made by another version. */
KP_MUST_USE enum kp_status kp_bag_keep(const struct kp_bag_folder *folder, const char *path,
                                       const char *name, bool *existed, struct kp_error *error);
/* Makes it the current one; it must be there (KP_REFUSED). */
KP_MUST_USE enum kp_status kp_bag_use(const struct kp_bag_folder *folder, const char *name,
                                      struct kp_error *error);
/* KP_REFUSED: not there, or the current one. The first only says so. */
KP_MUST_USE enum kp_status kp_bag_can_remove(const struct kp_bag_folder *folder, const char *name,
                                             struct kp_error *error);
KP_MUST_USE enum kp_status kp_bag_remove(const struct kp_bag_folder *folder, const char *name,
                                         struct kp_error *error);
/* Removes a folder of kp_bag_new, as far as that goes. */
void kp_bag_drop(const char *path);

#endif
