// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/suggest.h"
#include "cli/verbs.h"

// The table names all verbs; those that need a store, a daemon or a queue are not linked here.
#define COMMAND(NAME, function, verb, group, operands, kind, fewest, most, help)                                       \
    __attribute__((weak)) int verb_##function(const struct command_line *line) { return (int)line->operand_count; }
#include "cli/commands.def"
#undef COMMAND

enum { WORDS = 12 };

static int parse(const char *const *words, struct command_line *line, struct refusal *refusal) {
    char *argv[WORDS + 1] = {NULL};
    int argc = 0;
    for (; words[argc] && argc < WORDS; argc++)
        argv[argc] = (char *)(uintptr_t)words[argc];
    return command_parse(argc, argv, line, refusal);
}

#define PARSE(line, refusal, ...) parse((const char *const[]){__VA_ARGS__, NULL}, line, refusal)

// What is said of a command line that is refused: the error and its advice, one below the other.
static void check(const char *expected, const char *const *words) {
    static struct command_line line;
    struct refusal refusal = {0};
    char text[4096];
    assert_int_equal(parse(words, &line, &refusal), -1);
    assert_int_equal(err_exit_code(&refusal.err), 2);
    size_t used = (size_t)snprintf(text, sizeof text, "%s", refusal.err.msg);
    for (unsigned i = 0; i < refusal.advice_count; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "\n%s", refusal.advice[i]);
    assert_string_equal(text, expected);
}

#define CHECK(expected, ...) check(expected, (const char *const[]){__VA_ARGS__, NULL})

static void b_columns_have_the_number_of_their_input(void **state) {
    (void)state;
    static struct command_line line;
    struct refusal refusal = {0};
    assert_int_equal(PARSE(&line, &refusal, "run", "--columns", "a", "--columns2=b", "--columns12", "c", "s.py"), 0);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(line.given[i].flag, FLAG_JOB_COLUMNS);
        assert_int_equal(line.given[i].number, ((const uint64_t[]){1, 2, 12})[i]);
    }
    CHECK("--columns1 was given twice", "run", "s.py", "--columns", "a", "--columns1", "b");
    CHECK("unknown flag '--columns0' for quern run\ndid you mean '--columns1'?\nlist them: quern help run", "run",
          "--columns0", "a");
}

static void b_flags_are_read_in_every_form(void **state) {
    (void)state;
    static struct command_line line;
    struct refusal refusal = {0};
    assert_int_equal(PARSE(&line, &refusal, "run", "--dataframe12=a.csv", "s.py", "--timeout", "2h", "-oout", "--json",
                           "--param", "a=b=c", "--image=kitty"),
                     0);
    assert_int_equal(line.command, COMMAND_ID_RUN);
    assert_int_equal(line.operand_count, 1);
    assert_string_equal(line.operands[0], "s.py");
    assert_int_equal(line.given_count, 6);
    assert_int_equal(line.given[0].flag, FLAG_JOB_DATAFRAME);
    assert_int_equal(line.given[0].number, 12);
    assert_string_equal(line.given[0].value, "a.csv");
    assert_int_equal(line.given[1].number, 7200000);
    assert_string_equal(line.given[2].value, "out");
    assert_int_equal(line.given[3].flag, FLAG_RUN_JSON);
    assert_string_equal(line.given[4].value, "a=b=c");
    assert_int_equal(line.given[5].number, 1);
}

static void b_two_dashes_end_the_flags(void **state) {
    (void)state;
    static struct command_line line;
    struct refusal refusal = {0};
    assert_int_equal(PARSE(&line, &refusal, "run", "--", "--odd.py"), 0);
    assert_string_equal(line.operands[0], "--odd.py");
}

static void b_help_needs_no_operands(void **state) {
    (void)state;
    static struct command_line line;
    struct refusal refusal = {0};
    assert_int_equal(PARSE(&line, &refusal, "run", "-h"), 0);
    assert_true(command_wants_help(&line));
}

static void b_slips_of_verbs_and_flags_are_named(void **state) {
    (void)state;
    CHECK("unknown verb 'rnu'\ndid you mean 'run'?\nlist them: quern help", "rnu");
    CHECK("unknown verb 'dance'\nlist them: quern help", "dance");
    CHECK("unknown flag '--dataframe' for quern run\ndid you mean '--dataframe1'?\nlist them: quern help run", "run",
          "s.py", "--dataframe", "x.csv");
    CHECK("unknown flag '--dataframe0' for quern run\ndid you mean '--dataframe1'?\nlist them: quern help run", "run",
          "s.py", "--dataframe0=x.csv");
    CHECK("unknown flag '--dataframe65' for quern run\ndid you mean '--dataframe1'?\nlist them: quern help run", "run",
          "--dataframe65", "x.csv");
    CHECK("unknown flag '--memroy' for quern run\ndid you mean '--memory'?\nlist them: quern help run", "run",
          "--memroy=2G");
    CHECK("unknown flag '-x' for quern run\nlist them: quern help run", "run", "-x");
    CHECK("unknown flag '--json' for quern version\nlist them: quern help version", "version", "--json");
}

static void b_values_are_checked_by_their_kind(void **state) {
    (void)state;
    CHECK("--memory: '4GG' is not a size; write 4G", "run", "s.py", "--memory", "4GG");
    CHECK("--timeout: '60' is not a duration; write 60s", "run", "s.py", "--timeout", "60");
    CHECK("--image: 'kity' is not one of auto|kitty|iterm|none\ndid you mean 'kitty'?", "run", "--image", "kity");
    CHECK("--param: 'depth' is not KEY=VALUE; write depth=1", "run", "--param", "depth");
    CHECK("--param: '=3' is not KEY=VALUE; write depth=1", "run", "--param==3");
    CHECK("--json takes no value, found 'yes'", "run", "--json=yes");
    CHECK("--output: expected DIR, found ''", "run", "s.py", "--output=");
    CHECK("-o: expected DIR behind it, found nothing", "run", "s.py", "-o");
    CHECK("--timeout was given twice", "run", "--timeout", "1s", "--timeout", "2s");
    CHECK("--dataframe2 was given twice", "run", "--dataframe2", "a.csv", "--dataframe2", "b.csv");
}

static void b_operands_are_counted(void **state) {
    (void)state;
    CHECK("quern run: expected SCRIPT, found nothing\nfor example: quern run score.py --dataframe1 patients.csv\nits "
          "use: quern help run",
          "run");
    CHECK("unexpected 'b.py' for quern run\nits use: quern help run", "run", "a.py", "b.py");
    CHECK("completion: 'bsh' is not one of bash|zsh|fish|jobs|jobs-live|jobs-ended|jobs-failed|keys|queues|workers|"
          "environments\ndid you mean 'bash'?",
          "completion", "bsh");
}

static void b_a_verb_may_have_two_words(void **state) {
    (void)state;
    static struct command_line line;
    struct refusal refusal = {0};
    assert_int_equal(PARSE(&line, &refusal, "dataset", "put", "a.arrow", "a", "--store", "file:/x"), 0);
    assert_int_equal(line.command, COMMAND_ID_DATASET_PUT);
    assert_int_equal(line.operand_count, 2);
    assert_string_equal(command_given(&line, "--store")->value, "file:/x");
    assert_null(command_given(&line, "--json"));
    assert_int_equal(PARSE(&line, &refusal, "dataset", "--help"), 0);
    assert_int_equal(line.command, COMMAND_ID_DATASET);
    CHECK("quern dataset: expected put|get|cp|show|head|ls|rm|collect|budget, found nothing\nfor example: quern "
          "dataset put "
          "patients.arrow patients\nits use: quern help dataset",
          "dataset");
    CHECK("dataset: 'pu' is not one of put|get|cp|show|head|ls|rm|collect|budget\ndid you mean 'put'?", "dataset", "pu",
          "a.arrow");
    CHECK("unknown verb 'datsaet'\ndid you mean 'dataset'?\nlist them: quern help", "datsaet", "put");
    CHECK("unknown flag '--stor' for quern dataset rm\ndid you mean '--store'?\nlist them: quern help dataset rm",
          "dataset", "rm", "a", "--stor=file:/x");
    CHECK("quern dataset put: expected FILE KEY, found only 'a.arrow'\nfor example: quern dataset put patients.arrow "
          "patients\nits use: quern help dataset put",
          "dataset", "put", "a.arrow");
}

static void b_distance_counts_slips(void **state) {
    (void)state;
    assert_int_equal(suggest_distance("", ""), 0);
    assert_int_equal(suggest_distance("run", "run"), 0);
    assert_int_equal(suggest_distance("run", "RUN"), 0);
    assert_int_equal(suggest_distance("rnu", "run"), 1);
    assert_int_equal(suggest_distance("patient", "patients"), 1);
    assert_int_equal(suggest_distance("kitten", "sitting"), 3);
    assert_int_equal(suggest_distance("", "abc"), 3);
}

static void b_only_what_is_near_is_suggested(void **state) {
    (void)state;
    struct suggest suggest;
    suggest_init(&suggest, "patients.cvs");
    suggest_offer(&suggest, "rows.csv");
    assert_null(suggest_best(&suggest));
    suggest_offer(&suggest, "Patients.csv");
    suggest_offer(&suggest, "patients.parquet");
    assert_string_equal(suggest_best(&suggest), "Patients.csv");
}

// A word or a letter that two flags of one verb have would be the first one's alone.
static void check_words(enum command_id id, enum flag_id a) {
    for (enum flag_id b = 0; b < a; b++) {
        if (!flag_belongs(&flags[b], id))
            continue;
        assert_string_not_equal(flags[a].word, flags[b].word);
        assert_true(!flags[a].letter || flags[a].letter != flags[b].letter);
    }
}

static void b_the_table_is_whole(void **state) {
    (void)state;
    bool owned[FLAG_COUNT] = {false};
    for (enum command_id id = COMMAND_ID_ANY + 1; id < COMMAND_ID_COUNT; id++) {
        assert_true(commands[id].run && commands[id].fewest <= commands[id].most);
        for (enum flag_id a = 0; a < FLAG_COUNT; a++) {
            if (!flag_belongs(&flags[a], id))
                continue;
            owned[a] = true;
            check_words(id, a);
        }
    }
    for (enum flag_id a = 0; a < FLAG_COUNT; a++) {
        assert_true(owned[a] && strncmp(flags[a].word, "--", 2) == 0);
        assert_true(*flags[a].help);
        assert_true((flags[a].kind == COMMAND_NONE) == (*flags[a].value == '\0'));
    }
}

static void b_flags_may_belong_to_several_verbs(void **state) {
    (void)state;
    static struct command_line line;
    struct refusal refusal = {0};
    assert_int_equal(
        PARSE(&line, &refusal, "submit", "s.py", "--dataframe1", "a", "-q", "big", "--after", "1", "--after=2", "-p0"),
        0);
    assert_int_equal(line.given[0].flag, FLAG_JOB_DATAFRAME);
    assert_int_equal(line.given[1].flag, FLAG_CLIENT_QUEUE);
    assert_int_equal(line.given_count, 5);
    assert_string_equal(line.given[3].value, "2");
    assert_int_equal(line.given[4].number, 0);
    CHECK("unknown flag '--queue' for quern run\nlist them: quern help run", "run", "s.py", "--queue", "big");
    CHECK("--priority: '10' is not one of 0|1|2|3|4|5|6|7|8|9\ndid you mean '0'?", "submit", "--priority", "10");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(b_columns_have_the_number_of_their_input),
        cmocka_unit_test(b_flags_are_read_in_every_form),
        cmocka_unit_test(b_two_dashes_end_the_flags),
        cmocka_unit_test(b_help_needs_no_operands),
        cmocka_unit_test(b_a_verb_may_have_two_words),
        cmocka_unit_test(b_slips_of_verbs_and_flags_are_named),
        cmocka_unit_test(b_values_are_checked_by_their_kind),
        cmocka_unit_test(b_operands_are_counted),
        cmocka_unit_test(b_distance_counts_slips),
        cmocka_unit_test(b_only_what_is_near_is_suggested),
        cmocka_unit_test(b_the_table_is_whole),
        cmocka_unit_test(b_flags_may_belong_to_several_verbs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
