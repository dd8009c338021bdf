/* The table of attacks: ATTACK(name, checks, refusal, aim), see attack.h. No include guard: it is
 * included for what each ATTACK is to become, and CMakeLists.txt reads it too. */

/* attack_keys.c: keys and hellos */
ATTACK(rogue_key, "kp_check_possession", "doesn't prove that it knows its key",
       "a joint key that a member alone knows, by a key chosen after another's")
ATTACK(rogue_key_and_cancelling_evaluation,
       "kp_check_possession kp_chunk_check kp_chunk_composites",
       "doesn't prove that it knows its key",
       "another's tags by dictionary: its list resent, its answer taken back out of its sums")
ATTACK(copied_proof, "kp_check_possession", "doesn't prove that it knows its key",
       "a part in the joint key with another's key and proof")
ATTACK(cancelled_keys, "kp_check_key_sum", "cancel each other out",
       "a joint key that everybody knows, since it is nothing")
ATTACK(late_hello2, "kp_check_commitment", "doesn't fit its HELLO 1",
       "a hello 2 that is made when the others' are known")
ATTACK(two_first_hellos, "kp_check_hellos", "saw other first hellos",
       "two members that go on with different first hellos of a third")
ATTACK(two_second_hellos,
       "kp_chunk_check kp_chunk_composites kp_check_ready_round kp_check_barrier",
       "doesn't prove its evaluation", "a release of two rounds that members take for one")
ATTACK(two_contributions, "kp_check_secret_digest kp_check_commitment kp_check_barrier",
       "doesn't fit its HELLO 2", "a release in which members have different g")
ATTACK(replaced_member, "kp_sign_check", "isn't signed by it",
       "an outsider in the place of a member")
ATTACK(hello_of_another_counter, "kp_check_hello1_round", "is of another round",
       "a round whose members count differently")

/* attack_lists.c: lists and evaluations */
ATTACK(wrong_evaluation_of_one, "kp_chunk_check", "doesn't prove its evaluation",
       "one wrong output, so that one match is lost")
ATTACK(wrong_evaluation_of_all, "kp_chunk_check", "doesn't prove its evaluation",
       "wrong outputs throughout")
ATTACK(evaluation_under_another_key, "kp_chunk_check kp_chunk_composites",
       "doesn't prove its evaluation",
       "outputs under a key that is no part of the joint one, rightly proven")
ATTACK(chunk_forged_for_weak_weights, "kp_chunk_weights", "doesn't prove its evaluation",
       "wrong outputs whose errors cancel out, for weights that are known beforehand")
ATTACK(proof_by_another_m, "kp_chunk_composites", "doesn't prove its evaluation",
       "wrong outputs, proven by an M that isn't the combination of the inputs")
ATTACK(cancelling_evaluation, "kp_chunk_check kp_chunk_composites", "doesn't prove its evaluation",
       "sums without the victim's own share, out of its answer to its own list")
ATTACK(different_lists, "kp_check_chunk_in_list", "isn't in the list of its HELLO 2",
       "evaluations of a list that only one evaluator sees")

/* attack_relay.c: what a coordinator does with messages */
ATTACK(replay_in_a_round, "kp_check_first", "a second",
       "two answers to one chunk, sealed under one nonce")
ATTACK(replay_of_another_round, "kp_check_attempt", "is of another attempt",
       "a message of an earlier attempt counted in a later one")
ATTACK(replay_under_another_name, "kp_sign_check", "isn't signed by it",
       "the same, with the attempt in it changed")
ATTACK(reflected_message, "kp_check_parties kp_check_first", "isn't for this member",
       "a member's own message taken as if it came from outside")
ATTACK(reflected_under_another_name, "kp_sign_check", "isn't signed by it",
       "a member's own message taken for another's")
ATTACK(message_for_another_member, "kp_check_parties kp_check_form", "isn't for this member",
       "a first hello that only one member was meant to see")
ATTACK(in_the_name_of_another, "kp_attempt_check_sender kp_sign_check", "in the name of",
       "an attempt ended in another member's name")

/* attack_release.c: what stands before the tags */
ATTACK(stall_and_forge_ready, "kp_sign_check", "isn't signed by it",
       "tags while a stalled member still has its key: its READY is forged")
ATTACK(stall_and_replay_ready, "kp_check_ready_attempt kp_check_barrier", "of another attempt",
       "the same, with its READY of an earlier attempt")
ATTACK(stall_without_ready, "kp_release_complete kp_check_barrier", "a READY is missing",
       "the same, with no READY at all")
ATTACK(dump_after_ready, "kp_wipe", "no key of the round",
       "a round's key, from the memory of a node that waits for others' READY")
ATTACK(stall_around_every_ready, "kp_wipe", "wherever the coordinator stalls",
       "any member's key, from a dump before or after each READY, once one member may release")

/* attack_deposit.c: a member at the coordinator */
ATTACK(share_of_nobody, "kp_intake_check_share", "isn't under its tag",
       "a match whose records don't open, and nobody to name")
ATTACK(one_tag_twice, "kp_intake_check_order", "isn't in the order of tags",
       "two shares under one tag, from one member")
ATTACK(entries_after_ready, "kp_intake_check_chunk", "isn't what was signed",
       "records made when the others' READYs are known")
ATTACK(copied_entry, "kp_intake_check_share", "isn't under its tag",
       "an address that another member has, without knowing it")
ATTACK(submission_changed_in_transit, "kp_sign_check kp_intake_check_chunk", "isn't signed by it",
       "a member's submission spoilt on the way to the coordinator")

/* attack_record.c: what members keep of each other */
ATTACK(truncated_log, "kp_check_log_head", "its log went back", "a log without its last entries")
ATTACK(forked_log, "kp_check_log_head", "two entries 10", "a log that others see in another form")
ATTACK(postdated_hello, "kp_check_time", "seconds ahead", "evidence of a day that hasn't come")
ATTACK(probe_beside_a_claim, "kp_check_claimed_root", "signed two different lists",
       "another list in another attempt at the same counter, where one member saw the first")
ATTACK(forged_claim, "kp_sign_check", "isn't signed by it",
       "another member told of a list that it never signed, as if its database had been put back")
ATTACK(claim_of_another_counter, "kp_check_claim", "it is for round 1",
       "the same, with the list that it signed for the round before")
ATTACK(false_total, "kp_check_barrier", "charged other lists than",
       "a total in the proof of a release that isn't what members counted")
ATTACK(false_total_at_the_coordinator, "kp_attempt_check_same_round", "are for different rounds",
       "a lineage that is stuck: a round that the coordinator takes for released, and no member")

/* attack_quota.c: the quota */
ATTACK(changed_point_not_due, "kp_check_list_due", "whose turn it isn't",
       "another address in a slot that keeps its own")
ATTACK(more_than_quota_in_a_round, "kp_check_list_due", "whose turn it isn't",
       "all slots anew in every round")
ATTACK(more_than_quota_over_rounds, "kp_check_list_due", "whose turn it isn't",
       "one more than allowed in each of several rounds")
ATTACK(more_than_quota_over_retries, "kp_check_list_retry",
       "than in an earlier attempt at this round",
       "new slots in every attempt, and no attempt that ends well")
ATTACK(probe_as_retry, "kp_check_list_retry", "than in an earlier attempt at this round",
       "one guess, presented as the same list once more")
ATTACK(more_than_quota_after_a_restart, "kp_check_list_retry",
       "than in an earlier attempt at this round",
       "a node that forgets what it counted when it restarts")
ATTACK(more_than_quota_after_an_extension, "kp_check_list_due", "whose turn it isn't",
       "a new version of the agreement that counts from nothing")
ATTACK(more_than_quota_after_a_restore, "kp_check_list_held kp_check_list_due",
       "this node holds the list of round 1",
       "turns used twice, once before and once after a node's older database was put back")
ATTACK(duplicate_points, "kp_check_list_duplicates", "has a point twice", "one point in two slots")
ATTACK(list_that_sticks, "kp_check_list_points", "has a point that must be refused",
       "a lineage in which no round is released any more")

/* attack_recovery.c: what a restored member is told */
ATTACK(other_list_in_recovery, "kp_check_recovered_list", "gives a list that wasn't signed",
       "a whole list anew, in the place of the one that a restored member lost")
ATTACK(changed_list_in_recovery, "kp_check_recovered_list", "gives a list that wasn't signed",
       "points of its own in the list of the member that was restored")

/* attack_agreement.c: papers */
ATTACK(unsigned_agreement, "kp_dossier_check_accepted", "is not accepted by m1, m2, m3",
       "processing under what no officer signed")
ATTACK(half_signed_agreement, "kp_dossier_check_accepted", "is not accepted by m3",
       "processing before the last officer has signed")
ATTACK(match_for_a_count, "kp_dossier_check_accepted", "is not accepted by",
       "a round of matches, where an officer only let a count be made")
ATTACK(forged_acceptance, "kp_dossier_check_decision", "isn't signed with the officer_key",
       "the last signature given by another member's officer")
ATTACK(expired_agreement, "kp_agreement_check_term", "term ended", "processing after the end")
ATTACK(refused_agreement, "kp_dossier_check_not_refused kp_dossier_check_accepted",
       "is refused by m3", "processing against a refusal")
ATTACK(revoked_agreement, "kp_dossier_check_not_revoked", "is revoked by m3",
       "processing after a revocation, by accepting once more")
ATTACK(extension_after_revocation, "kp_dossier_check_not_revoked", "is revoked by m3",
       "processing after a revocation, under a version that is signed by all")
ATTACK(member_left_out, "kp_agreement_check_successor", "the number of members",
       "a version without a member, signed by all others")
ATTACK(member_replaced, "kp_agreement_check_successor", "is another than in the version before",
       "a lineage, and what was counted in it, with another organisation in it")
ATTACK(member_added, "kp_agreement_check_successor kp_dossier_check_accepted",
       "the number of members", "one more list under somebody's control")
ATTACK(more_slots_by_extension, "kp_agreement_check_successor", "slots is another",
       "more addresses to be tested, in a lineage that has its quota")
ATTACK(incomplete_extension, "kp_agreement_check_complete", "dpia is missing",
       "a version without what the law needs")
ATTACK(replaced_officers, "kp_dossier_check_decision", "isn't signed with the officer_key",
       "a version that the attacker's own officers accept in everybody's name")
ATTACK(extension_after_the_end, "kp_dossier_check_dates kp_dossier_check_open",
       "only after the end",
       "an agreement that goes on, though it had ended when the officers signed")
ATTACK(backdated_extension, "kp_dossier_check_open", "before this program had all papers",
       "the same, with dates from before the end")
ATTACK(forked_agreement, "kp_dossier_check_no_fork", "two versions 2 were accepted by all",
       "programs that go on under different versions")
ATTACK(old_version, "kp_dossier_check_follows", "doesn't follow the version that counts",
       "a round under a version that was followed by another")
ATTACK(replaced_agreement, "kp_dossier_check_pinned", "another agreement than the one whose hash",
       "another agreement in the place of the one that was configured")
ATTACK(non_canonical_agreement, "kp_protobuf_check_canonical kp_agreement_check_canonical",
       "isn't in the one form", "two agreements out of one signed text")
ATTACK(flood_of_versions, "kp_dossier_check_sponsor", "isn't signed with the officer_key",
       "no room for the versions that officers sign")

/* attack_officer.c: at the officer's desk */
ATTACK(quota_in_a_second_agreement, "kp_confirm_exposure", "has to be accepted in words",
       "the quota once more, in another agreement over the same area with the same partners")
ATTACK(coordinator_run_by_a_member, "kp_confirm_operator", "has to be accepted in words",
       "a coordinator that works with a partner, since it is the same organisation")
ATTACK(incomplete_agreement, "kp_agreement_check_complete", "dpo is missing",
       "a signature under what lacks what the law needs")
ATTACK(test_organisations, "kp_agreement_check_mode", "test mode only",
       "processing under organisation numbers that anybody can make up")

/* attack_log.c: exported logs */
ATTACK(log_cut_short, "kp_verify_log_check_end", "log.end", "a log without its last entries")
ATTACK(log_with_a_gap, "kp_verify_log_check_sequence kp_verify_log_check_chain", "log.sequence",
       "a log without some entries in the middle")
ATTACK(reordered_log, "kp_verify_log_check_sequence kp_verify_log_check_chain", "log.chain",
       "a log that tells another order of things")
ATTACK(edited_log, "kp_verify_log_check_signature kp_verify_log_check_chain", "log.signature",
       "a log that tells something else, from somebody without the program's key")
ATTACK(log_edited_by_its_owner, "kp_verify_log_check_chain", "log.chain",
       "the same, from whoever has the key, in one entry")

/* attack_start.c: a node that is to begin what it must not */
ATTACK(start_before_all_signed, "kp_dossier_check_accepted", "is not accepted by m3",
       "a round before the last officer has signed")
ATTACK(round_after_revocation, "kp_dossier_check_not_revoked", "is revoked by m3",
       "a round that goes on after one officer has revoked")
ATTACK(start_of_another_agreement, "kp_check_start_version", "START for another",
       "a round under an agreement that this member has never seen")
ATTACK(start_of_an_old_version, "kp_check_start_version", "START for another",
       "a round under the version before the extension")
ATTACK(old_version_kept_alive, "kp_dossier_check_same", "this began under version 1",
       "the same for ever, by an attempt that is going on when the extension comes")
ATTACK(start_of_somebody_else, "kp_check_conductor", "isn't signed by",
       "a round that the coordinator didn't begin")
ATTACK(start_once_more, "kp_state_use_attempt", "it was begun before",
       "a second first hello in an attempt that was begun before")
ATTACK(start_of_a_released_counter, "kp_check_start_counter kp_check_start_proof",
       "which was released already", "a second round at a counter, with another round's turn")
ATTACK(count_that_was_not_agreed, "kp_check_start_type", "another kind of round",
       "a round that only counts, where the agreement has a round of matches")
ATTACK(start_beyond_the_last_round, "kp_check_start_counter", "the agreement has 3",
       "one round more than was agreed to")
ATTACK(member_left_out_of_release, "kp_check_start_proof", "without a proof that 1 was released",
       "a counter for used up that a member took no part in")
ATTACK(forged_release, "kp_check_start_proof", "isn't signed by it",
       "the same, with a READY in that member's name")
ATTACK(start_too_soon, "kp_agreement_check_interval", "rounds are at least 86400 seconds apart",
       "more rounds in a year than the agreement's interval gives")

/* attack_opening.c: what a holder of an opening key is to decrypt, or to say */
ATTACK(leaf_without_a_match, "kp_merkle_check", "isn't among those that READY signed",
       "an address that one member alone submitted, opened as a match")
ATTACK(record_in_the_name_of_another, "kp_merkle_check", "isn't among those that READY signed",
       "a member blamed for a record that it never submitted")
ATTACK(member_counted_twice, "kp_check_match_members", "names member 1 twice",
       "one member's record for two members'")
ATTACK(copied_seal, "kp_seal_inner_check_many", "wasn't made for this place",
       "a partial decryption of another's record, got in another match")
ATTACK(match_with_a_spoilt_record, "kp_check_partial_wanted", "nothing of this match may be opened",
       "a record decrypted, of a match that has too few good ones")
ATTACK(key_of_the_other_scheme, "kp_key_check", "no canonical address",
       "a match on an address of one's own making, which no register has")
ATTACK(false_partial, "kp_partial_check", "isn't one of this record",
       "a member blamed for a seal that a holder didn't open")
ATTACK(rogue_opening_key, "kp_agreement_check_opening_key", "opening key 2",
       "an opening key of two that one holder has alone")

/* attack_letters.c: letters, and who gets them */
ATTACK(partials_before_the_own_act, "kp_letters_check_deposited", "nothing is given out yet",
       "the other holder's partial openings, without an act of one's own")
ATTACK(partials_for_another_act, "kp_letter_check_act", "log entry about something else",
       "the same, with a signed act about another round")
ATTACK(letter_spoilt_on_the_way, "kp_letter_check_sealed", "isn't signed, as it is sealed",
       "a sender blamed for a letter that can't be read")
ATTACK(letter_with_other_words, "kp_letter_check_opened", "isn't signed by party",
       "something proven against a member that it never wrote")

/* attack_canaries.c: what canaries show of the coordinator */
ATTACK(dropped_canaries, "kp_check_canary_there", "the coordinator didn't",
       "matches left out, and nobody who notices")
ATTACK(canary_withheld_to_frame, "kp_check_canary_item", "wasn't submitted as they agreed",
       "a coordinator named for what a member withheld")

/* attack_evidence.c: what a file is to prove */
ATTACK(signal_registered_later, "kp_verify_match_leaf", "no slot of its member was committed",
       "a signal of after the round, shown as one of before it")
ATTACK(opening_of_somebody_else, "kp_verify_match_logged", "evidence.opening.logged",
       "an opening in another's name, or at another time")

/* attack_cases.c: what the project leader puts on the case table */
ATTACK(invented_case, "kp_case_check_evidence", "doesn't hold",
       "an answer about an address that one member alone has")
ATTACK(case_for_a_bystander, "kp_case_check_question", "signals that aren't this member's",
       "an address shown to a member that hasn't it")

/* attack_verdicts.c: an honest member named */
ATTACK(framed_by_a_path, "kp_verify_match_entry", "isn't at this position",
       "a member named for a share that it gave rightly")
ATTACK(silenced_and_blamed, "kp_verify_receipts_check", "verdict.receipts",
       "a member named for a message that the coordinator dropped")
/* attack_audit.c: a member that is audited */
ATTACK(probe_called_padding, "kp_audit_check_point", "it may be a guess",
       "a guess among its slots, shown as padding")
ATTACK(probe_called_withdrawn, "kp_audit_check_registered kp_audit_check_withdrawn",
       "were registered before", "a guess, shown as a signal that was withdrawn")
ATTACK(signal_predated, "kp_audit_check_registered", "were registered before",
       "a signal that is said to be older than it is")
ATTACK(audit_redrawn, "kp_check_slot_seed", "committed to another one",
       "other slots shown than those picked, by a seed that is chosen afterwards")
ATTACK(slots_of_its_own_choice, "kp_audit_check_picks", "other slots than these",
       "the same, without a seed")
ATTACK(entry_of_another_slot, "kp_audit_check_entry", "two slots show the same",
       "a tag that it submitted and doesn't show")

/* attack_shares.c: a member in a match */
ATTACK(bad_share_with_t_holders, "kp_intake_check_share", "isn't under its tag",
       "an honest member named for a record that the cheat's share doesn't open")
ATTACK(bad_share_with_more_holders, "kp_intake_check_share", "isn't under its tag",
       "the same, in a match that the others have without the cheat")
ATTACK(bad_record_with_t_holders, "kp_open_outer kp_seal_inner_check_many",
       "outer layer doesn't open", "a match that can't be read, and nobody to name")
ATTACK(bad_record_with_more_holders, "kp_open_outer kp_seal_inner_check_many",
       "outer layer doesn't open", "the same, in a match that the others have without the cheat")

/* attack_result.c: what was signed about results */
ATTACK(results_for_one_holder, "kp_check_result", "aren't those that the coordinator signed",
       "a match that one holder of the key sees and another doesn't")
ATTACK(match_counted_twice, "kp_check_result", "aren't those that the coordinator signed",
       "two matches for one")
ATTACK(result_of_nobody, "kp_check_coordinator_message", "isn't signed by",
       "results that the coordinator can't be held to")
ATTACK(goes_on_after_a_verdict, "kp_attempt_check_gives", "gives no more in this round",
       "another submission, by a member that was named for its first")
