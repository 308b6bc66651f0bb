/* What the checks of the runtime share: numbers, memory with guards, comparisons.
 *
 * The program needs nothing but fl.h and a C library, so that it runs wherever the runtime does, on
 * an emulator too. Each check compares with plain loops in double precision. */
#ifndef CHECKS_H
#define CHECKS_H
#include "fl.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- random choices; the same ones each time ---- */

uint64_t random_bits(void);
int64_t between(int64_t low, int64_t high); /* both included */
double number(void);                        /* -1 to 1 */

/* ---- arrays: they live until `tidy`, which looks whether what follows each is untouched ---- */

float *floats(int64_t n); /* random numbers */
double *doubles(int64_t n);
float *room(int64_t n); /* NaN: for results */
double *room64(int64_t n);
int64_t *integers(int64_t n, int64_t low, int64_t high);
void *memory(size_t bytes);
double *widened(const float *x, int64_t n);
float *copied(const float *x, int64_t n);
void tidy(void);

/* ---- comparisons ---- */

/* A check; the rest says what was checked, as printf does. */
void expect(int holds, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Whether |got - wanted| <= tolerance (scale + |wanted|) for all; NaN and infinities must be equal. */
int near(double got, double wanted, double tolerance, double scale);
int all_near(const float *got, const double *wanted, int64_t n, double tolerance);
int all_near64(const double *got, const double *wanted, int64_t n, double tolerance);

/* ---- gradients ---- */

/* Whether `gradient` is that of loss(context), which reads the n numbers at x. */
int is_gradient(double (*loss)(void *), void *context, double *x, const double *gradient, int64_t n, double tolerance);
double dot(const double *a, const double *b, int64_t n);

/* ---- the groups ---- */

void check_products(void);
void check_convolutions(void);
void check_pooling(void);
void check_rows(void);
void check_rows64(void);
void check_tables(void);
void check_maps(void);
void check_recurrent(void);
void check_attention(void);
void check_random(void);
void check_threads(void);

#endif
