/* Normalisation of rows of type T: to mean 0 and variance 1, or to a mean square of 1; see rows.h. */
#include "rows_sums.h"

enum { F(PARTS) = 32 }; /* at most so many partial sums of the weight's and the bias's gradient */

typedef struct {
    const T *g, *x, *weight, *bias;
    const T *mean, *rstd; /* given, in a backward pass */
    T *y, *mean_out, *rstd_out, *parts;
    int64_t rows, n, rows_each; /* rows of a partial sum */
    double eps;
    int centered; /* whether the mean is subtracted */
} F(norm);

/* y = (x - mean) factor weight + bias, where weight and bias may be missing. */
static void F(affine_row)(const T *restrict x, T mean, T factor, const T *restrict weight, const T *restrict bias, T *restrict y, int64_t n)
{
    if (weight && bias) {
        for (int64_t i = 0; i < n; i++)
            y[i] = (x[i] - mean) * factor * weight[i] + bias[i];
        return;
    }
    for (int64_t i = 0; i < n; i++)
        y[i] = (x[i] - mean) * factor;
    if (weight)
        for (int64_t i = 0; i < n; i++)
            y[i] *= weight[i];
    if (bias)
        for (int64_t i = 0; i < n; i++)
            y[i] += bias[i];
}

static void F(norm_body)(void *context, int64_t begin, int64_t end)
{
    const F(norm) *p = context;
    for (int64_t i = begin; i < end; i++) {
        const T *x = p->x + i * p->n;
        T mean = p->centered ? (T)(F(row_sum)(x, p->n) / (double)p->n) : 0;
        T square = (T)(F(row_squares)(x, mean, p->n) / (double)p->n);
        T rstd = 1 / SQRT(square + (T)p->eps);
        F(affine_row)(x, mean, rstd, p->weight, p->bias, p->y + i * p->n, p->n);
        if (p->centered)
            p->mean_out[i] = mean;
        p->rstd_out[i] = rstd;
    }
}

/* Each row of x (rows, n) as (x - mean) rstd weight + bias; mean and rstd have `rows` numbers. */
void F(fl_layer_norm)(const T *x, const T *weight, const T *bias, T *y, T *mean, T *rstd, int64_t rows, int64_t n, double eps)
{
    F(norm) p = {.x = x, .weight = weight, .bias = bias, .y = y, .mean_out = mean, .rstd_out = rstd, .n = n, .eps = eps, .centered = 1};
    fl_for(rows, fl_rows_grain(n), F(norm_body), &p);
}

/* Each row as x rstd weight, where rstd = 1 / sqrt(mean of x^2 + eps). */
void F(fl_rms_norm)(const T *x, const T *weight, T *y, T *rstd, int64_t rows, int64_t n, double eps)
{
    F(norm) p = {.x = x, .weight = weight, .y = y, .rstd_out = rstd, .n = n, .eps = eps};
    fl_for(rows, fl_rows_grain(n), F(norm_body), &p);
}

/* ---- gradients ---- */

/* Adds g xhat and g to the gradients of weight and bias; gives the sums of g weight and of
 * g weight xhat, where xhat = (x - mean) rstd. */
static void F(norm_row_sums)(const T *restrict g, const T *restrict x, const T *restrict weight, T mean, T rstd, T *restrict weights, T *restrict biases, int64_t n, T *sum, T *dot)
{
    V s = {0}, d = {0}, s2 = {0}, d2 = {0};
    int64_t i = 0;
    for (; i + 2 * LANES <= n; i += 2 * LANES) {
        V a = V_(load)(g + i), b = V_(load)(g + i + LANES);
        V p = (V_(load)(x + i) - mean) * rstd, q = (V_(load)(x + i + LANES) - mean) * rstd;
        V_(store)(weights + i, V_(load)(weights + i) + a * p);
        V_(store)(weights + i + LANES, V_(load)(weights + i + LANES) + b * q);
        V_(store)(biases + i, V_(load)(biases + i) + a);
        V_(store)(biases + i + LANES, V_(load)(biases + i + LANES) + b);
        a *= V_(load)(weight + i);
        b *= V_(load)(weight + i + LANES);
        s += a;
        s2 += b;
        d += a * p;
        d2 += b * q;
    }
    *sum = V_(sum)(s + s2);
    *dot = V_(sum)(d + d2);
    for (; i < n; i++) {
        T p = (x[i] - mean) * rstd, a = g[i];
        weights[i] += a * p;
        biases[i] += a;
        *sum += a * weight[i];
        *dot += a * weight[i] * p;
    }
}

static void F(norm_gradient_body)(void *context, int64_t begin, int64_t end)
{
    const F(norm) *p = context;
    int64_t n = p->n;
    for (int64_t part = begin; part < end; part++) {
        T *weights = p->parts + 2 * part * n, *biases = weights + n;
        int64_t last = fl_smaller(p->rows, (part + 1) * p->rows_each);
        memset(weights, 0, (size_t)(2 * n) * sizeof(T));
        for (int64_t r = part * p->rows_each; r < last; r++) {
            const T *restrict g = p->g + r * n, *restrict x = p->x + r * n;
            const T *restrict weight = p->weight;
            T *restrict y = p->y + r * n;
            T mean = p->centered ? p->mean[r] : 0, rstd = p->rstd[r], sum, dot;
            F(norm_row_sums)(g, x, weight, mean, rstd, weights, biases, n, &sum, &dot);
            sum = p->centered ? sum / (T)n * rstd : 0;
            dot = dot / (T)n * rstd * rstd;
            for (int64_t i = 0; i < n; i++)
                y[i] = (g[i] * weight[i]) * rstd - sum - (x[i] - mean) * dot;
        }
    }
}

/* The gradients of x, weight and bias; the last two are sums over rows in a fixed order. */
static int F(norm_gradient)(F(norm) *p, T *weight_gradient, T *bias_gradient)
{
    int64_t n = p->n, parts = (p->rows + F(PARTS) - 1) / F(PARTS);
    parts = parts < F(PARTS) ? parts : F(PARTS);
    p->rows_each = parts ? (p->rows + parts - 1) / parts : 1;
    T *memory = fl_scratch(FL_ROWS_A, (size_t)((2 * parts + 1) * n) * sizeof(T));
    if (!memory)
        return 0;
    p->parts = memory + n;
    for (int64_t i = 0; i < n; i++)
        memory[i] = 1;
    p->weight = p->weight ? p->weight : memory;
    fl_for(parts, fl_rows_grain(n * p->rows_each), F(norm_gradient_body), p);
    for (int which = 0; which < 2; which++) {
        T *restrict to = which ? bias_gradient : weight_gradient;
        if (!to)
            continue;
        memset(to, 0, (size_t)n * sizeof(T));
        for (int64_t part = 0; part < parts; part++) {
            const T *restrict from = p->parts + (2 * part + which) * n;
            for (int64_t i = 0; i < n; i++)
                to[i] += from[i];
        }
    }
    return 1;
}

/* From the gradient g of the result: those of x, and of weight and bias, each of which may be NULL.
 * 0 where memory ran out. */
int F(fl_layer_norm_gradient)(const T *g, const T *x, const T *weight, const T *mean, const T *rstd, T *y, T *weight_gradient, T *bias_gradient, int64_t rows, int64_t n)
{
    F(norm) p = {.g = g, .x = x, .weight = weight, .mean = mean, .rstd = rstd, .y = y, .rows = rows, .n = n, .centered = 1};
    return F(norm_gradient)(&p, weight_gradient, bias_gradient);
}

int F(fl_rms_norm_gradient)(const T *g, const T *x, const T *weight, const T *rstd, T *y, T *weight_gradient, int64_t rows, int64_t n)
{
    F(norm) p = {.g = g, .x = x, .weight = weight, .rstd = rstd, .y = y, .rows = rows, .n = n};
    return F(norm_gradient)(&p, weight_gradient, NULL);
}
