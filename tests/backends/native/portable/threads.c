/* The pool: each number once, scratch memory, fork, several callers. */
#define _GNU_SOURCE
#include "checks.h"
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static void count(void *context, int64_t begin, int64_t end) {
    int *times = context;
    for (int64_t i = begin; i < end; i++)
        __atomic_fetch_add(&times[i], 1, __ATOMIC_RELAXED);
}

static int each_once(int64_t n, int64_t grain) {
    int *times = calloc((size_t)n + 1, sizeof *times), right = 1;
    fl_for(n, grain, count, times);
    for (int64_t i = 0; i < n; i++)
        right &= times[i] == 1;
    right &= times[n] == 0;
    free(times);
    return right;
}

static int all_once(int64_t loops) {
    int right = 1;
    for (int64_t i = 0; i < loops; i++)
        right &= each_once(i * 7 % 100, i % 9) && (i % 20 || each_once(5000 + i, 10));
    return right;
}

/* A loop inside a loop is serial, and an inner one finds its scratch memory its own. */
static void nested(void *context, int64_t begin, int64_t end) {
    int *right = context;
    for (int64_t i = begin; i < end; i++) {
        int64_t *own = fl_scratch(FL_ROWS_A, 1000 * sizeof *own);
        int fits = own && (uintptr_t)own % 64 == 0 && fl_threads_here() == 1 && each_once(50, 1);
        for (int64_t k = 0; k < 1000; k++)
            own[k] = i * k;
        for (int64_t k = 0; k < 1000; k++)
            fits &= own[k] == i * k;
        fits &= own == fl_scratch(FL_ROWS_A, 10);
        if (!fits)
            __atomic_store_n(right, 0, __ATOMIC_RELAXED);
    }
}

static void *another(void *right) {
    if (!all_once(150))
        *(int *)right = 0;
    return NULL;
}

static void check_callers(void) {
    pthread_t threads[3];
    int right[3] = {1, 1, 1};
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, another, &right[i]);
    int own = all_once(150);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    expect(own && right[0] && right[1] && right[2], "several threads may open loops");
}

static void check_fork(int depth) {
    pid_t child = fork();
    if (child == 0) {
        alarm(60);
        int right = fl_num_threads() == 2 && all_once(100);
        if (right && depth) {
            pid_t grandchild = fork();
            if (grandchild == 0)
                _exit(!all_once(50));
            int status = 1;
            right = waitpid(grandchild, &status, 0) == grandchild && status == 0;
        }
        _exit(!right);
    }
    int status = 1;
    expect(child > 0 && waitpid(child, &status, 0) == child && status == 0, "a forked child has a pool of its own");
    expect(all_once(50), "and the parent still has its own");
}

/* The same numbers, however many threads; once for every number of threads the main program tries. */
static void check_same(void) {
    int64_t m = 150, n = 160, k = 170;
    float *a = floats(m * k), *b = floats(k * n), *one = room(m * n), *two = room(m * n);
    fl_set_num_threads(1);
    fl_sgemm(m, n, k, a, k, 1, b, n, 1, one, n, 1, 0, NULL, NULL);
    fl_set_num_threads(2);
    fl_sgemm(m, n, k, a, k, 1, b, n, 1, two, n, 1, 0, NULL, NULL);
    expect(all_near(two, widened(one, m * n), m * n, 1e-6), "a product on two threads");
}

void check_threads(void) {
    check_same();
    for (int64_t threads = 1; threads <= 5; threads += 2) {
        fl_set_num_threads(threads);
        expect(fl_num_threads() == threads && fl_threads_here() == threads, "threads as set");
        expect(all_once(200), "each number once on %lld threads", (long long)threads);
        int right = 1;
        fl_for(200, 1, nested, &right);
        expect(right, "loops inside loops");
    }
    fl_set_num_threads(2);
    check_callers();
    for (int i = 0; i < 6; i++)
        check_fork(i % 2);
}
