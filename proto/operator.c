#include "proto/operator.h"

#include "proto/utf8.h"

#include <string.h>

static uint32_t small_letter(uint32_t character)
{
    bool capital = (character >= 'A' && character <= 'Z') ||
                   (character >= 0xc0 && character <= 0xde && character != 0xd7);
    return capital ? character + 0x20 : character;
}

bool kp_operator_same_name(const char *one, const char *other)
{
    size_t left = strlen(one);
    size_t right = strlen(other);
    while (left > 0 && right > 0) {
        uint32_t a = 0;
        uint32_t b = 0;
        size_t a_size = kp_utf8_decode(&a, one, left);
        size_t b_size = kp_utf8_decode(&b, other, right);
        if (a_size == 0 || b_size == 0 || small_letter(a) != small_letter(b)) {
            return false;
        }
        one += a_size;
        left -= a_size;
        other += b_size;
        right -= b_size;
    }
    return left == 0 && right == 0;
}

static bool is_operator(const struct kp_agreement *agreement, const char *oin, const char *name)
{
    return (oin[0] != '\0' && strcmp(agreement->coordinator_oin, oin) == 0) ||
           kp_operator_same_name(agreement->coordinator_operator, name);
}

bool kp_operator_is_member(const struct kp_agreement *agreement, uint32_t number)
{
    const struct kp_member *member = &agreement->members[number - 1];
    return is_operator(agreement, member->oin, member->title) ||
           kp_operator_same_name(agreement->coordinator_operator, member->name);
}

bool kp_operator_is_any_member(const struct kp_agreement *agreement)
{
    for (uint32_t i = 1; i <= agreement->member_count; i++) {
        if (kp_operator_is_member(agreement, i)) {
            return true;
        }
    }
    return false;
}

bool kp_operator_is_employer(const struct kp_agreement *agreement)
{
    return is_operator(agreement, agreement->leader_oin, agreement->leader_employer);
}

/* ---- the second holder ---- */

static bool is_second(const struct kp_agreement *agreement, const char *oin, const char *name)
{
    const struct kp_opening_key *second = &agreement->opening_keys[1];
    return agreement->opening_key_count > 1 &&
           ((oin[0] != '\0' && strcmp(second->employer_oin, oin) == 0) ||
            kp_operator_same_name(second->employer, name));
}

bool kp_second_holder_is_operator(const struct kp_agreement *agreement)
{
    return is_second(agreement, agreement->coordinator_oin, agreement->coordinator_operator);
}

bool kp_second_holder_is_leader(const struct kp_agreement *agreement)
{
    return is_second(agreement, agreement->leader_oin, agreement->leader_employer);
}

bool kp_second_holder_is_member(const struct kp_agreement *agreement, uint32_t number)
{
    const struct kp_member *member = &agreement->members[number - 1];
    return is_second(agreement, member->oin, member->title);
}
