/* What `kruispunt doctor` finds: everything in order, then one thing at a time that isn't. */
#include "proto/address/words.h"
#include "proto/doctor_internal.h"
#include "proto/link.h"
#include "proto/loop.h"
#include "proto/wire.h"
#include "tests/unit/fixture.h"
#include "tests/unit/pki.h"
#include "tests/unit/register_make.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sodium.h>
#include <sys/socket.h>

#define HOST "coordinator.test"

/* ---- a coordinator that answers what a test wants ---- */

struct double_server {
    char url[64];
    struct kp_loop *loop;
    struct kp_server *server;
    pthread_t thread;
    struct kp_wire_response response;
    int64_t clock_ms; /* how far its clock is ahead */
    bool garbage;
};

static void serve(void *context, struct kp_request *request)
{
    struct double_server *server = context;
    struct kp_wire_response response = server->response;
    struct kp_buffer packed = {0};
    response.time = (uint64_t)((int64_t)kp_clock_now() + server->clock_ms);
    CU_ASSERT_EQUAL(kp_wire_response_pack(&response, &packed, NULL), KP_OK);
    if (server->garbage) {
        kp_request_answer(request, (const uint8_t *)"\xff\xff", 2);
    } else {
        kp_request_answer(request, packed.data, packed.size);
    }
    kp_buffer_free(&packed);
}

static bool admit(void *context, const struct kp_peer *peer)
{
    (void)context;
    (void)peer;
    return true;
}

static void *serve_all(void *context)
{
    struct double_server *server = context;
    const struct kp_loop_hooks hooks = {0};
    kp_loop_run(server->loop, &hooks);
    kp_server_close(server->server);
    kp_loop_free(server->loop);
    return NULL;
}

static int free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    CU_ASSERT_FATAL(fd >= 0 && bind(fd, (struct sockaddr *)&address, size) == 0);
    CU_ASSERT_FATAL(getsockname(fd, (struct sockaddr *)&address, &size) == 0);
    close(fd);
    return ntohs(address.sin_port);
}

static void server_start(struct double_server *server, const struct kp_tls_files *tls)
{
    const struct kp_server_handler handler = {.context = server, .admit = admit, .serve = serve};
    struct kp_error error = {0};
    memset(server, 0, sizeof(*server));
    server->response.kind = KP_RESPONSE_OPENED;
    server->response.member = 1;
    snprintf(server->url, sizeof(server->url), "tls+tcp://127.0.0.1:%d", free_port());
    CU_ASSERT_EQUAL_FATAL(kp_tls_start(&error), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_loop_new(&server->loop, &error), KP_OK);
    CU_ASSERT_EQUAL_FATAL(
        kp_server_open(&server->server, server->loop, server->url, tls, &handler, &error), KP_OK);
    CU_ASSERT_FATAL(pthread_create(&server->thread, NULL, serve_all, server) == 0);
}

static void server_stop(struct double_server *server)
{
    kp_loop_stop(server->loop);
    pthread_join(server->thread, NULL);
}

/* ---- a node where everything is right ---- */

static struct {
    struct fixture fixture;
    struct pki_authority authority;
    struct kp_tls_files node_tls;
    struct kp_tls_files coordinator_tls;
    struct kp_doctor doctor;
} scene;

/* The agreement as it stands now, into the file that the configuration names. */
static void write_agreement(void)
{
    struct kp_buffer bytes = {0};
    struct kp_agreement *read = NULL;
    CU_ASSERT_EQUAL_FATAL(kp_agreement_pack(scene.fixture.agreement, &bytes, NULL), KP_OK);
    (void)scratch_write("agreement", bytes.data, bytes.size);
    CU_ASSERT_EQUAL_FATAL(kp_agreement_read(&read, scratch("agreement"), NULL, NULL), KP_OK);
    memcpy(scene.doctor.subject.agreement_hash, read->hash, KP_DIGEST_BYTES);
    kp_agreement_free(read);
    kp_buffer_free(&bytes);
}

static void write_key(const char *name, enum kp_key_kind kind, const uint8_t *secret)
{
    const char *path = scratch(name);
    (void)unlink(path);
    CU_ASSERT_EQUAL_FATAL(kp_key_write(path, kind, secret, NULL), KP_OK);
    kp_doctor_add_key(&scene.doctor.subject, kind, path);
}

static void fingerprint_into(uint8_t *fingerprint, const struct kp_tls_files *files)
{
    CU_ASSERT_EQUAL_FATAL(kp_tls_fingerprint(fingerprint, files->certificate, NULL), KP_OK);
}

static void scene_start(void)
{
    uint8_t store_key[32] = {1};
    memset(&scene, 0, sizeof(scene));
    fixture_make(&scene.fixture, &(struct fixture_settings){.members = 2});
    pki_authority_new(&scene.authority, "authority");
    pki_issue(&scene.node_tls, &scene.authority, "node", NULL, -PKI_DAY, 90 * PKI_DAY);
    pki_issue(&scene.coordinator_tls, &scene.authority, "coordinator", "DNS:" HOST, -PKI_DAY,
              90 * PKI_DAY);
    struct kp_agreement *agreement = scene.fixture.agreement;
    fingerprint_into(agreement->members[0].tls_fingerprint, &scene.node_tls);
    fingerprint_into(agreement->coordinator_tls_fingerprint, &scene.coordinator_tls);
    write_agreement();
    struct kp_doctor_subject *subject = &scene.doctor.subject;
    subject->role = KP_DOCTOR_NODE;
    strcpy(subject->name, "m1");
    snprintf(subject->agreement, sizeof(subject->agreement), "%s", scratch("agreement"));
    subject->test_mode = true;
    write_key("identity.key", KP_KEY_IDENTITY, scene.fixture.member[0].identity_seed);
    write_key("box.key", KP_KEY_BOX, scene.fixture.member[0].box_secret);
    write_key("store.key", KP_KEY_STORE, store_key);
    subject->tls = scene.node_tls;
    snprintf(subject->data, sizeof(subject->data), "%s", scratch("data"));
    (void)rmdir(subject->data);
    CU_ASSERT_FATAL(mkdir(subject->data, 0700) == 0);
}

static void scene_free(void)
{
    fixture_free(&scene.fixture);
    pki_authority_free(&scene.authority);
    pki_clean();
    CU_ASSERT_FATAL(mkdir(pki_folder(), 0700) == 0); /* for the next one */
}

static void examine(void (*check)(struct kp_doctor *))
{
    scene.doctor.count = 0;
    if (check == kp_doctor_check_agreement) {
        kp_agreement_free(scene.doctor.agreement);
        scene.doctor.agreement = NULL;
        scene.doctor.own = 0;
    }
    check(&scene.doctor);
}

/* What is said of `name`; NULL: nothing. */
static const struct kp_doctor_check *said(const char *name)
{
    for (size_t i = 0; i < scene.doctor.count; i++) {
        if (strcmp(scene.doctor.checks[i].name, name) == 0) {
            return &scene.doctor.checks[i];
        }
    }
    return NULL;
}

static void expect(const char *name, enum kp_doctor_result result, const char *words)
{
    const struct kp_doctor_check *check = said(name);
    CU_ASSERT_PTR_NOT_NULL_FATAL(check);
    if (check->result != result || strstr(check->found, words) == NULL) {
        fprintf(stderr, "\n  %s: %s: %s\n", kp_doctor_result_name(check->result), name,
                check->found);
    }
    CU_ASSERT_EQUAL(check->result, result);
    CU_ASSERT_PTR_NOT_NULL(strstr(check->found, words));
    CU_ASSERT_EQUAL(check->advice[0] == '\0', result == KP_DOCTOR_OK); /* says what to do */
}

static void expect_all(enum kp_doctor_result worst)
{
    CU_ASSERT(scene.doctor.count > 0);
    CU_ASSERT_EQUAL(kp_doctor_worst(&scene.doctor), worst);
}

/* ---- the agreement ---- */

static void addresses(void)
{
    static const char csv[] = REGISTER_HEADER
        "0363200000000001,1011AB,12,,,Damrak,Amsterdam,0363010000000001,Naamgeving uitgegeven,0\n";
    scene_start();
    examine(kp_doctor_check_agreement);
    struct kp_agreement *agreement = scene.doctor.agreement;
    examine(kp_doctor_check_addresses);
    expect("addresses", KP_DOCTOR_WARNING, "compared as text");
    expect("words", KP_DOCTOR_FAILED, "table of words has hash 7777");
    strcpy(scene.doctor.subject.words, scratch_text("words", "[everywhere]\nHS = HUIS\n"));
    struct kp_words *words = NULL;
    CU_ASSERT_EQUAL_FATAL(kp_words_open(&words, scene.doctor.subject.words, NULL), KP_OK);
    kp_words_hash(agreement->words_hash, words);
    kp_words_close(words);
    examine(kp_doctor_check_addresses);
    expect("words", KP_DOCTOR_OK, "the agreement's");

    struct register_made made = register_make(scratch("bag"), scratch_text("bag.csv", csv));
    CU_ASSERT_EQUAL_FATAL(made.status, KP_OK);
    agreement->key_scheme = KP_KEY_SCHEME_BAG;
    agreement->register_date = 20261122;
    memcpy(agreement->register_hash, made.outcome.info.hash, 32);
    strcpy(scene.doctor.subject.bag, scratch("bag"));
    examine(kp_doctor_check_addresses);
    expect_all(KP_DOCTOR_OK);
    expect("address register", KP_DOCTOR_OK, "of 2026-11-22, 1 objects");
    agreement->register_hash[0] ^= 1;
    examine(kp_doctor_check_addresses);
    expect("address register", KP_DOCTOR_FAILED, "of 2026-11-22 with hash");
    scene.doctor.subject.role = KP_DOCTOR_LEADER; /* which only shows with it */
    examine(kp_doctor_check_addresses);
    expect("address register", KP_DOCTOR_WARNING, "of 2026-11-22 with hash");
    scene.doctor.subject.role = KP_DOCTOR_COORDINATOR;
    examine(kp_doctor_check_addresses);
    CU_ASSERT_EQUAL(scene.doctor.count, 0);
    scene.doctor.subject.role = KP_DOCTOR_NODE;
    kp_agreement_free(scene.doctor.agreement);
    scene.doctor.agreement = NULL;
    scene_free();
}

static void agreements(void)
{
    scene_start();
    examine(kp_doctor_check_agreement);
    expect_all(KP_DOCTOR_WARNING); /* test numbers */
    expect("agreement", KP_DOCTOR_OK, "Test project");
    expect("term", KP_DOCTOR_OK, "2024-01-01");
    expect("organisation numbers", KP_DOCTOR_WARNING, "all are test numbers");
    expect("member", KP_DOCTOR_OK, "member 1");
    strcpy(scene.doctor.subject.name, "m9");
    examine(kp_doctor_check_agreement);
    expect("member", KP_DOCTOR_FAILED, "m9");
    strcpy(scene.doctor.subject.name, "m1");
    scene.doctor.subject.test_mode = false;
    examine(kp_doctor_check_agreement);
    expect("organisation numbers", KP_DOCTOR_FAILED, "test_mode = yes");
    scene.doctor.subject.test_mode = true;

    scene.doctor.subject.agreement_hash[0] ^= 1;
    examine(kp_doctor_check_agreement);
    expect("agreement", KP_DOCTOR_FAILED, "isn't the one");
    CU_ASSERT_PTR_NOT_NULL(scene.doctor.agreement); /* the rest can be compared all the same */
    (void)scratch_text("agreement", "nonsense");
    examine(kp_doctor_check_agreement);
    expect("agreement", KP_DOCTOR_FAILED, "");
    CU_ASSERT_PTR_NULL(scene.doctor.agreement);
    CU_ASSERT_EQUAL(scene.doctor.count, 1);
    (void)unlink(scratch("agreement"));
    examine(kp_doctor_check_agreement);
    expect("agreement", KP_DOCTOR_FAILED, "No such file");
    scene_free();
}

static void terms(void)
{
    scene_start();
    struct kp_agreement *agreement = scene.fixture.agreement;
    uint64_t now = kp_clock_now() / 1000, day = 86400;
    const struct {
        uint64_t start, end;
        enum kp_doctor_result result;
        const char *words;
    } CASES[] = {
        {now + day, now + 300 * day, KP_DOCTOR_WARNING, "begins at"},
        {now - 300 * day, now - day, KP_DOCTOR_FAILED, "ended at"},
        {now - 300 * day, now + 29 * day, KP_DOCTOR_WARNING, "ends at"},
        {now - 300 * day, now + 31 * day, KP_DOCTOR_OK, " to "},
    };
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        agreement->start = CASES[i].start;
        agreement->end = CASES[i].end;
        write_agreement();
        examine(kp_doctor_check_agreement);
        expect("term", CASES[i].result, CASES[i].words);
    }
    kp_agreement_free(scene.doctor.agreement);
    scene_free();
}

/* ---- keys ---- */

static void keys(void)
{
    scene_start();
    examine(kp_doctor_check_keys); /* without the agreement there is nothing to compare with */
    expect_all(KP_DOCTOR_OK);
    examine(kp_doctor_check_agreement);
    examine(kp_doctor_check_keys);
    expect_all(KP_DOCTOR_OK);
    expect("identity key", KP_DOCTOR_OK, "as agreed");
    expect("box key", KP_DOCTOR_OK, "as agreed");
    expect("store key", KP_DOCTOR_OK, "store.key");
    scene.doctor.own = 2; /* keys of another member */
    examine(kp_doctor_check_keys);
    expect("identity key", KP_DOCTOR_FAILED, "isn't the key");
    expect("box key", KP_DOCTOR_FAILED, "isn't the key");
    expect("store key", KP_DOCTOR_OK, "");
    scene.doctor.own = 1;
    CU_ASSERT_FATAL(chmod(scratch("box.key"), 0644) == 0);
    CU_ASSERT_FATAL(unlink(scratch("store.key")) == 0);
    struct kp_doctor_key *identity = &scene.doctor.subject.keys[0];
    snprintf(identity->path, sizeof(identity->path), "%s", scratch("box.key"));
    examine(kp_doctor_check_keys);
    expect("box key", KP_DOCTOR_FAILED, "box.key");
    expect("store key", KP_DOCTOR_FAILED, "store.key");
    CU_ASSERT_FATAL(chmod(scratch("box.key"), 0600) == 0);
    examine(kp_doctor_check_keys);
    expect("identity key", KP_DOCTOR_FAILED, "another kind");
    snprintf(identity->path, sizeof(identity->path), "credential:identity");
    CU_ASSERT_FATAL(unsetenv("CREDENTIALS_DIRECTORY") == 0);
    examine(kp_doctor_check_keys);
    expect("identity key", KP_DOCTOR_WARNING, "credential:identity");
    kp_agreement_free(scene.doctor.agreement);
    scene_free();
}

static void opening_keys(void)
{
    scene_start();
    uint8_t other[32];
    kp_scalar_random(other);
    scene.doctor.subject.role = KP_DOCTOR_LEADER;
    scene.doctor.subject.key_count = 0;
    write_key("opening.key", KP_KEY_OPENING, scene.fixture.opening_secret);
    examine(kp_doctor_check_agreement);
    CU_ASSERT_PTR_NULL(said("member"));
    examine(kp_doctor_check_keys);
    expect("opening key", KP_DOCTOR_OK, "as agreed");
    scene.doctor.subject.key_count = 0;
    write_key("opening.key", KP_KEY_OPENING, other);
    examine(kp_doctor_check_keys);
    expect("opening key", KP_DOCTOR_FAILED, "isn't the key");
    kp_agreement_free(scene.doctor.agreement);
    scene_free();
}

/* ---- TLS files ---- */

static void tls_files(void)
{
    struct pki_authority stranger;
    scene_start();
    pki_authority_new(&stranger, "stranger");
    examine(kp_doctor_check_agreement);
    examine(kp_doctor_check_tls);
    expect_all(KP_DOCTOR_OK);
    expect("TLS key agreed", KP_DOCTOR_OK, "as agreed");
    expect("TLS validity", KP_DOCTOR_OK, " days");
    CU_ASSERT_PTR_NULL(said("TLS host name"));
    struct kp_tls_files *files = &scene.doctor.subject.tls;
    snprintf(files->ca, sizeof(files->ca), "%s", stranger.path);
    examine(kp_doctor_check_tls);
    expect("TLS authority", KP_DOCTOR_FAILED, "issuer");
    *files = scene.node_tls;
    snprintf(files->key, sizeof(files->key), "%s", scene.coordinator_tls.key);
    examine(kp_doctor_check_tls);
    expect("TLS files", KP_DOCTOR_FAILED, "not the key of");
    expect("TLS authority", KP_DOCTOR_OK, "");
    *files = scene.coordinator_tls;
    examine(kp_doctor_check_tls);
    expect("TLS files", KP_DOCTOR_OK, "");
    expect("TLS key agreed", KP_DOCTOR_FAILED, "another key");
    *files = scene.node_tls;
    CU_ASSERT_FATAL(chmod(files->key, 0640) == 0);
    examine(kp_doctor_check_tls);
    expect("TLS files", KP_DOCTOR_FAILED, "node.key");
    snprintf(files->certificate, sizeof(files->certificate), "%s", scratch("nothing.pem"));
    examine(kp_doctor_check_tls);
    expect("TLS files", KP_DOCTOR_FAILED, "nothing.pem");
    CU_ASSERT_EQUAL(scene.doctor.count, 1);
    pki_authority_free(&stranger);
    kp_agreement_free(scene.doctor.agreement);
    scene_free();
}

static void tls_times(void)
{
    static const struct {
        long from, until;
        enum kp_doctor_result result;
        const char *words;
    } CASES[] = {
        {-PKI_DAY, 30 * PKI_DAY + 60, KP_DOCTOR_OK, "30 days"},
        {-PKI_DAY, 30 * PKI_DAY - 60, KP_DOCTOR_WARNING, "expires in 29 days"},
        {-PKI_DAY, 60, KP_DOCTOR_WARNING, "expires in 0 days"},
        {-3 * PKI_DAY, -60, KP_DOCTOR_FAILED, "expired 0 days ago"},
        {-9 * PKI_DAY, -5 * PKI_DAY - 60, KP_DOCTOR_FAILED, "expired 5 days ago"},
        {600, 90 * PKI_DAY, KP_DOCTOR_FAILED, "isn't valid yet"},
    };
    scene_start();
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        pki_issue(&scene.doctor.subject.tls, &scene.authority, "timed", NULL, CASES[i].from,
                  CASES[i].until);
        examine(kp_doctor_check_tls);
        expect("TLS validity", CASES[i].result, CASES[i].words);
        expect("TLS authority", KP_DOCTOR_OK, ""); /* one thing at a time */
    }
    scene_free();
}

static void host_names(void)
{
    static const struct {
        const char *alternative;
        enum kp_doctor_result result;
        const char *words;
    } CASES[] = {
        {"DNS:a.example", KP_DOCTOR_OK, "a.example"},
        {"email:x@a.example,DNS:b.example", KP_DOCTOR_OK, "b.example"},
        {"IP:127.0.0.1", KP_DOCTOR_OK, "IP address"},
        {"email:x@a.example", KP_DOCTOR_FAILED, "for no host"},
        {NULL, KP_DOCTOR_FAILED, "for no host"},
    };
    scene_start();
    scene.doctor.subject.role = KP_DOCTOR_COORDINATOR;
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        pki_issue(&scene.doctor.subject.tls, &scene.authority, "named", CASES[i].alternative,
                  -PKI_DAY, 90 * PKI_DAY);
        examine(kp_doctor_check_tls);
        expect("TLS host name", CASES[i].result, CASES[i].words);
    }
    scene_free();
}

/* ---- the machine ---- */

static void data_folders(void)
{
    scene_start();
    char *path = scene.doctor.subject.data;
    examine(kp_doctor_check_machine);
    expect("data folder", KP_DOCTOR_OK, "data");
    expect("locked memory", KP_DOCTOR_OK, "");
    CU_ASSERT_PTR_NOT_NULL(said("disk space"));
    static const mode_t MODES[] = {0701, 0710, 0750, 0755, 0702};
    for (size_t i = 0; i < sizeof(MODES) / sizeof(MODES[0]); i++) {
        CU_ASSERT_FATAL(chmod(path, MODES[i]) == 0);
        examine(kp_doctor_check_machine);
        expect("data folder", KP_DOCTOR_FAILED, "others than its owner");
    }
    CU_ASSERT_FATAL(rmdir(path) == 0);
    examine(kp_doctor_check_machine);
    expect("data folder", KP_DOCTOR_WARNING, "isn't there");
    CU_ASSERT_PTR_NOT_NULL(said("disk space")); /* of where it will be */
    (void)scratch_text("data", "a file");
    examine(kp_doctor_check_machine);
    expect("data folder", KP_DOCTOR_FAILED, "not a folder");
    CU_ASSERT_FATAL(unlink(path) == 0);
    path[0] = '\0';
    examine(kp_doctor_check_machine);
    CU_ASSERT_PTR_NULL(said("data folder"));
    scene_free();
}

static void daemons_that_are_not_there(void)
{
    scene_start();
    examine(kp_doctor_check_daemon);
    CU_ASSERT_EQUAL(scene.doctor.count, 0); /* a leader has none */
    snprintf(scene.doctor.subject.control, KP_PATH_MAX, "%s", scratch("control.sock"));
    examine(kp_doctor_check_daemon);
    expect("daemon", KP_DOCTOR_UNREACHABLE, "not running");
    scene_free();
}

/* ---- the coordinator ---- */

static void connect_to(const struct double_server *server)
{
    strcpy(scene.doctor.subject.url, server->url);
    strcpy(scene.doctor.subject.server_name, HOST);
    examine(kp_doctor_check_coordinator);
}

static void coordinators(void)
{
    struct double_server server;
    scene_start();
    examine(kp_doctor_check_coordinator);
    CU_ASSERT_EQUAL(scene.doctor.count, 0); /* of a coordinator itself */
    examine(kp_doctor_check_agreement);
    server_start(&server, &scene.coordinator_tls);
    connect_to(&server);
    expect_all(KP_DOCTOR_OK);
    expect("coordinator", KP_DOCTOR_OK, "TLSv1.3, TLS_");
    expect("coordinator's key", KP_DOCTOR_OK, "as agreed");
    expect("same agreement", KP_DOCTOR_OK, "the same");
    expect("clock", KP_DOCTOR_OK, " s ");
    scene.doctor.agreement->coordinator_tls_fingerprint[0] ^= 1;
    connect_to(&server);
    expect("coordinator's key", KP_DOCTOR_FAILED, "another certificate key");
    scene.doctor.agreement->coordinator_tls_fingerprint[0] ^= 1;
    server.response.member = 2;
    connect_to(&server);
    expect("same agreement", KP_DOCTOR_FAILED, "member 2");
    server.response.kind = KP_RESPONSE_REFUSAL;
    server.response.status = KP_REFUSED;
    strcpy(server.response.text, "the coordinator has another agreement");
    connect_to(&server);
    expect("same agreement", KP_DOCTOR_FAILED, "another agreement");
    server.response.kind = KP_RESPONSE_PUT_DONE;
    connect_to(&server);
    expect("same agreement", KP_DOCTOR_FAILED, "something else");
    server.garbage = true;
    connect_to(&server);
    expect("coordinator", KP_DOCTOR_FAILED, "doesn't parse");
    server_stop(&server);
    connect_to(&server);
    expect("coordinator", KP_DOCTOR_UNREACHABLE, "refused");
    expect_all(KP_DOCTOR_UNREACHABLE);
    kp_agreement_free(scene.doctor.agreement);
    scene_free();
}

static void clocks(void)
{
    static const struct {
        int64_t ms;
        enum kp_doctor_result result;
        const char *words;
    } CASES[] = {
        {4000, KP_DOCTOR_OK, "behind"},       {-4000, KP_DOCTOR_OK, "ahead of"},
        {6500, KP_DOCTOR_WARNING, "behind"},  {-6500, KP_DOCTOR_WARNING, "ahead of"},
        {59000, KP_DOCTOR_WARNING, "behind"}, {62000, KP_DOCTOR_FAILED, "behind"},
        {-62000, KP_DOCTOR_FAILED, "6"},      {3600 * 24 * 1000ll, KP_DOCTOR_FAILED, "behind"},
    };
    struct double_server server;
    scene_start();
    server_start(&server, &scene.coordinator_tls);
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        server.clock_ms = CASES[i].ms;
        connect_to(&server);
        expect("clock", CASES[i].result, CASES[i].words);
    }
    server_stop(&server);
    scene_free();
}

/* The name in the certificate isn't the one that is expected; a server of another authority. */
static void servers_that_are_not_accepted(void)
{
    struct double_server server;
    struct pki_authority stranger;
    struct kp_tls_files other;
    scene_start();
    server_start(&server, &scene.coordinator_tls);
    strcpy(scene.doctor.subject.url, server.url);
    strcpy(scene.doctor.subject.server_name, "other.test");
    examine(kp_doctor_check_coordinator);
    expect("coordinator", KP_DOCTOR_FAILED, "other.test");
    server_stop(&server);
    pki_authority_new(&stranger, "stranger");
    pki_issue(&other, &stranger, "elsewhere", "DNS:" HOST, -PKI_DAY, PKI_DAY);
    server_start(&server, &other);
    connect_to(&server);
    expect("coordinator", KP_DOCTOR_FAILED, "certificate");
    server_stop(&server);
    pki_authority_free(&stranger);
    scene_free();
}

/* ---- the whole ---- */

static void worst_of_all(void)
{
    static const struct {
        enum kp_doctor_result results[3];
        enum kp_doctor_result worst;
    } CASES[] = {
        {{KP_DOCTOR_OK, KP_DOCTOR_OK, KP_DOCTOR_OK}, KP_DOCTOR_OK},
        {{KP_DOCTOR_OK, KP_DOCTOR_WARNING, KP_DOCTOR_OK}, KP_DOCTOR_WARNING},
        {{KP_DOCTOR_UNREACHABLE, KP_DOCTOR_WARNING, KP_DOCTOR_OK}, KP_DOCTOR_UNREACHABLE},
        {{KP_DOCTOR_UNREACHABLE, KP_DOCTOR_FAILED, KP_DOCTOR_OK}, KP_DOCTOR_FAILED},
        {{KP_DOCTOR_FAILED, KP_DOCTOR_UNREACHABLE, KP_DOCTOR_WARNING}, KP_DOCTOR_FAILED},
    };
    memset(&scene, 0, sizeof(scene));
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        scene.doctor.count = 0;
        for (size_t j = 0; j < 3; j++) {
            kp_doctor_add(&scene.doctor, "thing", CASES[i].results[j], "do it", "found %zu", j);
        }
        CU_ASSERT_EQUAL(kp_doctor_worst(&scene.doctor), CASES[i].worst);
    }
    for (size_t i = 0; i < 2 * KP_DOCTOR_CHECKS_MAX; i++) {
        kp_doctor_add(&scene.doctor, "thing", KP_DOCTOR_OK, "", "one of many");
    }
    CU_ASSERT_EQUAL(scene.doctor.count, KP_DOCTOR_CHECKS_MAX);
}

static const struct unit_test TESTS[] = {
    {"agreements", agreements},
    {"addresses", addresses},
    {"terms", terms},
    {"keys", keys},
    {"opening keys", opening_keys},
    {"TLS files", tls_files},
    {"TLS times", tls_times},
    {"host names", host_names},
    {"data folders", data_folders},
    {"daemons that are not there", daemons_that_are_not_there},
    {"coordinators", coordinators},
    {"clocks", clocks},
    {"servers that are not accepted", servers_that_are_not_accepted},
    {"worst of all", worst_of_all},
};

UNIT_MAIN("doctor", TESTS)
