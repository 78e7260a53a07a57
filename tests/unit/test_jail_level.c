// SPDX-License-Identifier: Apache-2.0
// What a level of the jail means, and what is required of it: of facts alone, on whatever machine.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

#include "ops/jail/jail_parts.h"

static struct jail_facts machine(uint32_t namespaces, uint32_t own_uid, uint32_t landlock_abi, uint32_t seccomp) {
    struct jail_facts facts = {.user_ns = namespaces,
                               .mount_ns = namespaces,
                               .pid_ns = namespaces,
                               .net_ns = namespaces,
                               .ipc_ns = namespaces,
                               .own_uid = own_uid,
                               .landlock_abi = landlock_abi,
                               .seccomp = seccomp,
                               .bound = JAIL_BOUND_POLLED};
    facts.level = facts_level(&facts, false);
    return facts;
}

// Every machine there is: namespaces, a uid for each child, Landlock, seccomp.
static void b_a_level_is_what_it_promises(void **state) {
    (void)state;
    for (uint32_t i = 0; i < 16; i++) {
        uint32_t namespaces = i >> 3, own_uid = i >> 2 & 1, landlock_abi = (i >> 1 & 1) * 6, seccomp = i & 1;
        struct jail_facts facts = machine(namespaces, own_uid, landlock_abi, seccomp);
        bool rules = landlock_abi && seccomp;
        if (facts.level >= JAIL_USER)
            assert_true(namespaces && rules);
        assert_int_equal(facts.level == JAIL_FULL, namespaces && rules && own_uid);
        assert_int_equal(facts.level == JAIL_USER, namespaces && rules && !own_uid);
        assert_int_equal(facts.level == JAIL_NONE, !namespaces && (!rules || (!own_uid && getuid() == 0)));
    }
}

static void b_an_open_network_is_no_lower_level(void **state) {
    (void)state;
    struct jail_facts facts = machine(1, 1, 6, 1);
    facts.net_ns = 0;
    assert_int_equal(facts_level(&facts, true), JAIL_FULL);
    assert_int_equal(facts_level(&facts, false), JAIL_MINIMAL);
}

static void refused(const struct jail_facts *facts, enum jail_level level, const char *expected) {
    const struct jail_require require = {.level = level};
    struct err err = {0};
    assert_int_equal(jail_meets(facts, &require, &err), -1);
    assert_int_equal(err.reason, REASON_CONFIG);
    assert_string_equal(err.msg, expected);
}

static void f_what_is_required_is_there(void **state) {
    (void)state;
    struct err err;
    for (uint32_t level = JAIL_NONE; level <= JAIL_FULL; level++) {
        const struct jail_facts facts[] = {machine(0, 1, 6, 1), machine(1, 0, 6, 1), machine(1, 1, 6, 1)};
        for (uint32_t i = 0; i < 3; i++)
            assert_int_equal(jail_meets(&facts[i], &(struct jail_require){.level = level}, &err) == 0,
                             level <= JAIL_MINIMAL + i);
    }
}

static void f_no_level_is_met_without_landlock_and_seccomp(void **state) {
    (void)state;
    struct err err;
    for (uint32_t own_uid = 0; own_uid < 2; own_uid++) {
        const struct jail_facts no_landlock = machine(1, own_uid, 0, 1), no_seccomp = machine(1, own_uid, 6, 0);
        assert_int_equal(jail_meets(&no_landlock, &(struct jail_require){0}, &err), 0);
        refused(&no_landlock, JAIL_MINIMAL, "the jail has no Landlock here, minimal is required (see: quern doctor)");
        refused(&no_seccomp, JAIL_MINIMAL, "the jail has no seccomp here, minimal is required (see: quern doctor)");
        refused(&no_landlock, JAIL_USER, "the jail is minimal here, user is required (see: quern doctor)");
        refused(&no_seccomp, JAIL_FULL, "the jail is minimal here, full is required (see: quern doctor)");
    }
}

static void lacks(const struct jail_facts *facts, const char *const *expected) {
    uint32_t i = 0;
    for (; expected[i]; i++) {
        assert_non_null(jail_lack(facts, i));
        assert_string_equal(jail_lack(facts, i), expected[i]);
    }
    assert_null(jail_lack(facts, i));
}

#define NO_NAMESPACES                                                                                                  \
    "this machine gives no user namespaces (quern doctor); what scripts can see of it then is told in "                \
    "docs/security.md"
#define OLD_LANDLOCK                                                                                                   \
    "this machine has Landlock of before Linux 5.19 (quern doctor); what an environment imports can write wherever "   \
    "quern can"
#define NO_LANDLOCK                                                                                                    \
    "this machine has no Landlock (quern doctor); scripts can read, and before Linux 5.12 write, all files "
#define NO_SECCOMP                                                                                                     \
    "this machine has no seccomp (quern doctor); scripts can make all system calls, and connect to the sockets of "    \
    "services by their paths"

static void f_what_is_lacking_is_told(void **state) {
    (void)state;
    const struct jail_facts user = machine(1, 0, 1, 1), apart = machine(0, 1, 2, 1), old = machine(0, 1, 1, 1),
                            own = machine(1, 1, 0, 1), bare = machine(1, 0, 0, 0);
    lacks(&user, (const char *[]){NULL});
    lacks(&apart, (const char *[]){NO_NAMESPACES, NULL});
    lacks(&old, (const char *[]){NO_NAMESPACES, OLD_LANDLOCK, NULL});
    lacks(&own, (const char *[]){NO_LANDLOCK "that are open to everybody", NULL});
    lacks(&bare, (const char *[]){NO_LANDLOCK "of quern's user, passwords and keys among them", NO_SECCOMP, NULL});
}

static void f_the_bound_is_required_apart(void **state) {
    (void)state;
    struct err err;
    const struct jail_facts facts = machine(1, 1, 6, 1);
    assert_int_equal(jail_meets(&facts, &(struct jail_require){.bound = JAIL_BOUND_POLLED}, &err), 0);
    assert_int_equal(jail_meets(&facts, &(struct jail_require){.bound = JAIL_BOUND_CGROUP}, &err), -1);
    assert_string_equal(err.msg, "memory of a job as a whole is bounded by polled here, cgroup is required");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(b_a_level_is_what_it_promises),
        cmocka_unit_test(b_an_open_network_is_no_lower_level),
        cmocka_unit_test(f_what_is_required_is_there),
        cmocka_unit_test(f_no_level_is_met_without_landlock_and_seccomp),
        cmocka_unit_test(f_what_is_lacking_is_told),
        cmocka_unit_test(f_the_bound_is_required_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
