/* A connection that ends while NNG is still telling of its beginning. Linked with --wrap for the
 * two functions of NNG below, so that the one waits for the other. */
#include "tests/unit/link_fixture.h"
#include "tests/unit/pki.h"
#include "tests/unit/unit.h"

#include <nng/nng.h>

#define HANGS_SECONDS 60

static struct pki_authority authority;
static struct kp_tls_files server, client;

static pthread_t own_thread;
static atomic_bool armed;   /* the next connection is held up */
static atomic_bool held_up; /* it was */
static atomic_uint given_up;

int __real_nng_dialer_close(nng_dialer dialer);
void __real_nni_stat_register(void *item);
int __wrap_nng_dialer_close(nng_dialer dialer);
void __wrap_nni_stat_register(void *item);

int __wrap_nng_dialer_close(nng_dialer dialer)
{
    atomic_fetch_add(&given_up, 1);
    return __real_nng_dialer_close(dialer);
}

/* NNG calls it for a connection between the callbacks "connecting" and "connected". */
void __wrap_nni_stat_register(void *item)
{
    __real_nni_stat_register(item);
    if (!pthread_equal(pthread_self(), own_thread) && atomic_exchange(&armed, false)) {
        for (int i = 0; i < 1000 && atomic_load(&given_up) == 0; i++) {
            usleep(10000);
        }
        usleep(200000); /* by now whoever gives it up waits for us */
        atomic_store(&held_up, true);
    }
}

static bool refuse(void *context, const struct kp_peer *peer)
{
    (void)context;
    (void)peer;
    return false;
}

static void prepare(void)
{
    own_thread = pthread_self();
    pki_authority_new(&authority, "authority");
    pki_issue(&server, &authority, "server", "DNS:localhost", -PKI_DAY, PKI_DAY);
    pki_issue(&client, &authority, "client", NULL, -PKI_DAY, PKI_DAY);
}

static void clean(void)
{
    pki_authority_free(&authority);
    pki_clean();
}

/* The server closes the connection before the client has heard that it has one, and the client
 * gives up dialling: it must not wait for the callback while the callback waits for it. */
static void test_refused_at_once(void)
{
    struct fixture fixture;
    struct kp_error error = {0};
    fixture_start(&fixture, NULL, &server);
    fixture.admit = refuse;
    alarm(HANGS_SECONDS); /* instead of hanging, the program ends by SIGALRM */
    atomic_store(&armed, true);
    struct kp_client *refused = fixture_client(&fixture, &client);
    CU_ASSERT_EQUAL(fixture_call(refused, "echo", &error), KP_RETRY);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "doesn't admit us"));
    CU_ASSERT(atomic_load(&held_up));
    CU_ASSERT(atomic_load(&given_up) >= 1);
    kp_client_close(refused);
    fixture_stop(&fixture);
    alarm(0);
}

static const struct unit_test tests[] = {
    {"preparation", prepare},
    {"refused before it knows that it is connected", test_refused_at_once},
    {"cleaning up", clean},
};

UNIT_MAIN("link dialing", tests)
