/* Runs the checks named on the command line, or all; prints what fails. Its status is 1 then. */
#include "checks.h"
#include <stdarg.h>

static int64_t checks, failures;
static uint64_t seed;

uint64_t random_bits(void) {
    uint64_t x = seed += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

int64_t between(int64_t low, int64_t high) {
    return low + (int64_t)(random_bits() >> 1) % (high - low + 1);
}

double number(void) {
    return (double)(random_bits() >> 40) * 0x1p-23 - 1;
}

/* ---- arrays ---- */

enum { ARRAYS = 256, GUARD = 64 };
static struct {
    char *at;
    size_t bytes;
} arrays[ARRAYS];
static int count;

void *memory(size_t bytes) {
    char *at = count < ARRAYS ? malloc(bytes + GUARD) : NULL;
    if (!at) {
        printf("no memory for a check\n");
        exit(2);
    }
    memset(at, 0xff, bytes + GUARD); /* NaN */
    arrays[count].at = at;
    arrays[count++].bytes = bytes;
    return at;
}

void tidy(void) {
    for (; count; count--) {
        char *at = arrays[count - 1].at, *after = at + arrays[count - 1].bytes;
        int touched = 0;
        for (int i = 0; i < GUARD; i++)
            touched |= after[i] != (char)0xff;
        expect(!touched, "what follows an array is untouched");
        free(at);
    }
}

float *room(int64_t n) { return memory((size_t)n * sizeof(float)); }
double *room64(int64_t n) { return memory((size_t)n * sizeof(double)); }

float *floats(int64_t n) {
    float *x = room(n);
    for (int64_t i = 0; i < n; i++)
        x[i] = (float)number();
    return x;
}

double *doubles(int64_t n) {
    double *x = room64(n);
    for (int64_t i = 0; i < n; i++)
        x[i] = number();
    return x;
}

int64_t *integers(int64_t n, int64_t low, int64_t high) {
    int64_t *x = memory((size_t)n * sizeof(int64_t));
    for (int64_t i = 0; i < n; i++)
        x[i] = between(low, high);
    return x;
}

double *widened(const float *x, int64_t n) {
    double *y = room64(n);
    for (int64_t i = 0; i < n; i++)
        y[i] = (double)x[i];
    return y;
}

float *copied(const float *x, int64_t n) {
    float *y = room(n);
    memcpy(y, x, (size_t)n * sizeof(float));
    return y;
}

/* ---- comparisons ---- */

void expect(int holds, const char *format, ...) {
    checks++;
    if (holds)
        return;
    if (++failures > 40)
        return;
    va_list arguments;
    va_start(arguments, format);
    printf("  not so: ");
    vprintf(format, arguments);
    printf("\n");
    va_end(arguments);
}

int near(double got, double wanted, double tolerance, double scale) {
    if (isnan(wanted) || isinf(wanted))
        return isnan(wanted) ? isnan(got) : got == wanted;
    return fabs(got - wanted) <= tolerance * (scale + fabs(wanted));
}

static int reported(int64_t i, double got, double wanted) {
    if (failures <= 40)
        printf("  at %lld: %.9g, not %.9g\n", (long long)i, got, wanted);
    return 0;
}

int all_near(const float *got, const double *wanted, int64_t n, double tolerance) {
    for (int64_t i = 0; i < n; i++)
        if (!near((double)got[i], wanted[i], tolerance, 1))
            return reported(i, (double)got[i], wanted[i]);
    return 1;
}

int all_near64(const double *got, const double *wanted, int64_t n, double tolerance) {
    for (int64_t i = 0; i < n; i++)
        if (!near(got[i], wanted[i], tolerance, 1))
            return reported(i, got[i], wanted[i]);
    return 1;
}

double dot(const double *a, const double *b, int64_t n) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* In two random directions the loss must change as the gradient says. */
int is_gradient(double (*loss)(void *), void *context, double *x, const double *gradient, int64_t n, double tolerance) {
    double *direction = malloc((size_t)n * sizeof(double)), step = 1e-5;
    int holds = 1;
    for (int repeat = 0; repeat < 2 && holds; repeat++) {
        for (int64_t i = 0; i < n; i++)
            direction[i] = number();
        double losses[2];
        for (int side = 0; side < 2; side++) {
            double by = side ? -step : step;
            for (int64_t i = 0; i < n; i++)
                x[i] += by * direction[i];
            losses[side] = loss(context);
            for (int64_t i = 0; i < n; i++)
                x[i] -= by * direction[i];
        }
        double got = dot(gradient, direction, n), wanted = (losses[0] - losses[1]) / (2 * step);
        double scale = sqrt(dot(gradient, gradient, n));
        if (!near(got, wanted, tolerance, scale + 1e-3))
            holds = reported(repeat, got, wanted);
    }
    free(direction);
    return holds;
}

/* ---- the groups ---- */

static const struct {
    const char *name;
    void (*run)(void);
} groups[] = {
    {"products", check_products}, {"convolutions", check_convolutions}, {"pooling", check_pooling},
    {"rows", check_rows}, {"rows64", check_rows64}, {"tables", check_tables}, {"maps", check_maps},
    {"recurrent", check_recurrent}, {"attention", check_attention}, {"random", check_random},
    {"threads", check_threads},
};

static int wanted(const char *name, int n, char **names) {
    for (int i = 1; i < n; i++)
        if (!strcmp(names[i], name))
            return 1;
    return n == 1;
}

/* All but the threads' own checks run on one thread and on two. */
int main(int n, char **names) {
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        for (int64_t threads = 1; wanted(groups[i].name, n, names) && threads <= 2; threads++) {
            int64_t before = failures;
            fl_set_num_threads(threads);
            seed = 7;
            checks = 0;
            groups[i].run();
            tidy();
            printf("%s, threads %lld: %lld checks, %lld failed\n", groups[i].name, (long long)threads, (long long)checks, (long long)(failures - before));
            fflush(stdout);
        }
    return failures != 0;
}
