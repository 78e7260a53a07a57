// SPDX-License-Identifier: Apache-2.0
#include "spinners.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

int spinners_start(struct spinners *spinners, struct err *err) {
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    for (spinners->count = 0; spinners->count < cores && spinners->count < SPINNERS_MOST; spinners->count++) {
        pid_t pid = fork();
        if (pid < 0)
            return err_sys(err, REASON_INFRA, "fork");
        if (pid == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
            raise(SIGSTOP);
            for (volatile uint64_t i = 0;; i++)
                ;
        }
        spinners->pids[spinners->count] = pid;
        waitpid(pid, NULL, WUNTRACED);
    }
    return 0;
}

static void tell(const struct spinners *spinners, int number) {
    for (int i = 0; i < spinners->count; i++)
        kill(spinners->pids[i], number);
}

void spinners_go(const struct spinners *spinners) { tell(spinners, SIGCONT); }

void spinners_rest(const struct spinners *spinners) { tell(spinners, SIGSTOP); }

void spinners_end(const struct spinners *spinners) {
    tell(spinners, SIGKILL);
    for (int i = 0; i < spinners->count; i++)
        waitpid(spinners->pids[i], NULL, 0);
}
