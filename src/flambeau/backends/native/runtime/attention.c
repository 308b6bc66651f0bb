/* Scaled dot-product attention of float32, forward and backward, one (batch, head) after the other.
 *
 * Rows of queries are worked on in bands, so that a band's scores stay in the cache from one step
 * to the next. Under a causal mask a band meets only the keys up to its last row. */
#include "fl.h"
#include "vector.h"
#include "vmath.h"

enum { BAND_ROWS = 96, CAUSAL_ROWS = 32, LONG_ROWS = 192, ATTENTION_GRAIN = 1 << 18 };

/* A matrix of each (batch, head): strides along the two, of rows and of columns. */
typedef struct {
    float *at;
    int64_t outer, inner, rs, cs;
} heads;

typedef struct {
    const char *at;
    int64_t outer, inner, rs, cs;
    int boolean; /* bytes, 0 where nothing is seen; else floats that are added */
} mask_heads;

typedef struct {
    int64_t outer, inner, rows, keys, width, values, causal, band, bands;
    float scale;
    heads q, k, v, result, g, gq, gk, gv;
    mask_heads mask;
    float *weights, *scores; /* contiguous */
} attention;

static float *head(const attention *t, heads x, int64_t i, int64_t row)
{
    return x.at + i / t->inner * x.outer + i % t->inner * x.inner + row * x.rs;
}

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

/* How many keys the rows up to `row` see. */
static int64_t seen_keys(const attention *t, int64_t row)
{
    return t->causal ? smaller(row + 1, t->keys) : t->keys;
}

/* ---- rows ---- */

static float row_top(const float *x, int64_t n)
{
    float top = -FL_INFINITY;
    int64_t j = 0;
    if (n >= FL_WIDTH) {
        fvec most = fvec_load(x);
        for (j = FL_WIDTH; j + FL_WIDTH <= n; j += FL_WIDTH)
            most = fvec_max(fvec_load(x + j), most);
        for (int i = 0; i < FL_WIDTH; i++)
            top = most[i] > top ? most[i] : top;
    }
    for (; j < n; j++)
        top = x[j] > top ? x[j] : top;
    return top;
}

/* The sum of x y; y may be NULL: the sum of x. */
static float row_sum(const float *x, const float *y, int64_t n)
{
    fvec sum = {0};
    int64_t j = 0;
    for (; j + FL_WIDTH <= n; j += FL_WIDTH)
        sum += y ? fvec_load(x + j) * fvec_load(y + j) : fvec_load(x + j);
    float total = fvec_sum(sum);
    for (; j < n; j++)
        total += y ? x[j] * y[j] : x[j];
    return total;
}

static void add_mask(const mask_heads *mask, const char *at, float *restrict x, int64_t n)
{
    const float *numbers = (const float *)at;
    if (mask->boolean && mask->cs == 1)
        for (int64_t j = 0; j < n; j++)
            x[j] = at[j] ? x[j] : -FL_INFINITY;
    else if (mask->boolean)
        for (int64_t j = 0; j < n; j++)
            x[j] = at[j * mask->cs] ? x[j] : -FL_INFINITY;
    else
        for (int64_t j = 0; j < n; j++)
            x[j] += numbers[j * mask->cs];
}

/* Scores to their softmax; zeros where a row sees nothing. */
static void softmax_row(float *restrict x, int64_t n)
{
    float top = row_top(x, n);
    if (top == -FL_INFINITY)
        top = 0;
    for (int64_t j = 0; j < n; j++)
        x[j] = fl_expf(x[j] - top);
    float sum = row_sum(x, 0, n), factor = 1 / (sum == 0 ? 1 : sum);
    for (int64_t j = 0; j < n; j++)
        x[j] *= factor;
}

static void zero(float *x, int64_t n)
{
    for (int64_t j = 0; j < n; j++)
        x[j] = 0;
}

static void zero_rows(heads x, float *at, int64_t first, int64_t last, int64_t columns)
{
    for (int64_t i = first; i < last; i++)
        for (int64_t j = 0; j < columns; j++)
            at[i * x.rs + j * x.cs] = 0;
}

static void scale_rows(heads x, float *at, int64_t rows, int64_t columns, float factor)
{
    for (int64_t i = 0; i < rows; i++)
        if (x.cs == 1)
            for (int64_t j = 0; j < columns; j++)
                at[i * x.rs + j] *= factor;
        else
            for (int64_t j = 0; j < columns; j++)
                at[i * x.rs + j * x.cs] *= factor;
}

/* ---- forward ---- */

static void weigh_rows(const attention *t, int64_t i, int64_t first, int64_t last, float *weights)
{
    const char *mask = t->mask.at;
    int64_t size = t->mask.boolean ? 1 : (int64_t)sizeof(float);
    if (mask)
        mask += (i / t->inner * t->mask.outer + i % t->inner * t->mask.inner) * size;
    for (int64_t row = first; row < last; row++, weights += t->keys) {
        int64_t n = seen_keys(t, row);
        for (int64_t j = 0; j < n; j++)
            weights[j] *= t->scale;
        if (mask)
            add_mask(&t->mask, mask + row * t->mask.rs * size, weights, n);
        /* Up to whole vectors, what is not seen takes part and becomes 0: loops without a rest. */
        int64_t whole = smaller((n + FL_WIDTH - 1) / FL_WIDTH * FL_WIDTH, t->keys);
        for (int64_t j = n; j < whole; j++)
            weights[j] = -FL_INFINITY;
        softmax_row(weights, whole);
        zero(weights + whole, t->keys - whole);
    }
}

static void forward(void *context, int64_t begin, int64_t end)
{
    const attention *t = context;
    for (int64_t task = begin; task < end; task++) {
        int64_t i = task / t->bands, first = task % t->bands * t->band;
        int64_t last = smaller(first + t->band, t->rows), n = seen_keys(t, last - 1);
        float *weights = t->weights + (i * t->rows + first) * t->keys;
        float *k = head(t, t->k, i, 0), *v = head(t, t->v, i, 0);
        fl_sgemm(last - first, n, t->width, head(t, t->q, i, first), t->q.rs, t->q.cs, k, t->k.cs, t->k.rs, weights, t->keys, 1, 0, 0, 0);
        weigh_rows(t, i, first, last, weights);
        fl_sgemm(last - first, t->values, n, weights, t->keys, 1, v, t->v.rs, t->v.cs, head(t, t->result, i, first), t->result.rs, t->result.cs, 0, 0, 0);
    }
}

/* ---- backward ---- */

/* From the gradients of the weights, in place, to those of the scores. */
static void back_through_softmax(const attention *t, int64_t first, int64_t last, const float *restrict weights, float *restrict scores)
{
    for (int64_t row = first; row < last; row++, weights += t->keys, scores += t->keys) {
        int64_t n = seen_keys(t, row);
        float sum = row_sum(scores, weights, n);
        for (int64_t j = 0; j < n; j++)
            scores[j] = weights[j] * (scores[j] - sum);
        zero(scores + n, t->keys - n);
    }
}

static void backward_head(const attention *t, int64_t i)
{
    float *gk = head(t, t->gk, i, 0), *gv = head(t, t->gv, i, 0), *gq = head(t, t->gq, i, 0);
    float *k = head(t, t->k, i, 0), *v = head(t, t->v, i, 0);
    int64_t met = t->rows ? seen_keys(t, t->rows - 1) : 0;
    zero_rows(t->gk, gk, met, t->keys, t->width);
    zero_rows(t->gv, gv, met, t->keys, t->values);
    /* The last band first: it meets all keys that any band meets. */
    for (int64_t band = t->bands - 1; band >= 0; band--) {
        int64_t first = band * t->band, last = smaller(first + t->band, t->rows), rows = last - first;
        int64_t n = seen_keys(t, last - 1), more = band < t->bands - 1;
        const float *weights = t->weights + (i * t->rows + first) * t->keys;
        float *scores = t->scores + (i * t->rows + first) * t->keys;
        const float *q = head(t, t->q, i, first), *g = head(t, t->g, i, first);
        fl_sgemm(rows, n, t->values, g, t->g.rs, t->g.cs, v, t->v.cs, t->v.rs, scores, t->keys, 1, 0, 0, 0);
        back_through_softmax(t, first, last, weights, scores);
        fl_sgemm(rows, t->width, n, scores, t->keys, 1, k, t->k.rs, t->k.cs, gq + first * t->gq.rs, t->gq.rs, t->gq.cs, 0, 0, 0);
        fl_sgemm(n, t->width, rows, scores, 1, t->keys, q, t->q.rs, t->q.cs, gk, t->gk.rs, t->gk.cs, more, 0, 0);
        fl_sgemm(n, t->values, rows, weights, 1, t->keys, g, t->g.rs, t->g.cs, gv, t->gv.rs, t->gv.cs, more, 0, 0);
    }
    scale_rows(t->gq, gq, t->rows, t->width, t->scale);
    scale_rows(t->gk, gk, t->keys, t->width, t->scale);
}

static void backward(void *context, int64_t begin, int64_t end)
{
    for (int64_t i = begin; i < end; i++)
        backward_head(context, i);
}

/* ---- both ---- */

static int64_t grain(int64_t work) { return work ? (ATTENTION_GRAIN + work - 1) / work : 1; }

static void cut_rows(attention *t)
{
    t->band = t->causal && t->rows < LONG_ROWS ? CAUSAL_ROWS : BAND_ROWS;
    t->bands = (t->rows + t->band - 1) / t->band;
}

void fl_attention(int64_t outer, int64_t inner, int64_t rows, int64_t keys, int64_t width, int64_t values, const float *q, int64_t q1, int64_t q2, int64_t qrs, int64_t qcs, const float *k, int64_t k1, int64_t k2, int64_t krs, int64_t kcs, const float *v, int64_t v1, int64_t v2, int64_t vrs, int64_t vcs, const void *mask, int64_t boolean, int64_t m1, int64_t m2, int64_t mrs, int64_t mcs, double scale, int64_t causal, float *weights, float *result, int64_t r1, int64_t r2, int64_t rrs, int64_t rcs)
{
    attention t = {
        outer, inner, rows, keys, width, values, causal, 0, 0, (float)scale,
        .q = {(float *)q, q1, q2, qrs, qcs}, .k = {(float *)k, k1, k2, krs, kcs},
        .v = {(float *)v, v1, v2, vrs, vcs}, .result = {result, r1, r2, rrs, rcs},
        .mask = {mask, m1, m2, mrs, mcs, (int)boolean}, .weights = weights,
    };
    cut_rows(&t);
    fl_for(outer * inner * t.bands, grain(t.band * keys * (width + values)), forward, &t);
}

void fl_attention_gradient(int64_t outer, int64_t inner, int64_t rows, int64_t keys, int64_t width, int64_t values, const float *g, int64_t g1, int64_t g2, int64_t grs, int64_t gcs, const float *q, int64_t q1, int64_t q2, int64_t qrs, int64_t qcs, const float *k, int64_t k1, int64_t k2, int64_t krs, int64_t kcs, const float *v, int64_t v1, int64_t v2, int64_t vrs, int64_t vcs, const float *weights, double scale, int64_t causal, float *scores, float *gq, int64_t gq1, int64_t gq2, int64_t gqrs, int64_t gqcs, float *gk, int64_t gk1, int64_t gk2, int64_t gkrs, int64_t gkcs, float *gv, int64_t gv1, int64_t gv2, int64_t gvrs, int64_t gvcs)
{
    attention t = {
        outer, inner, rows, keys, width, values, causal, 0, 0, (float)scale,
        .q = {(float *)q, q1, q2, qrs, qcs}, .k = {(float *)k, k1, k2, krs, kcs},
        .v = {(float *)v, v1, v2, vrs, vcs}, .g = {(float *)g, g1, g2, grs, gcs},
        .gq = {gq, gq1, gq2, gqrs, gqcs}, .gk = {gk, gk1, gk2, gkrs, gkcs},
        .gv = {gv, gv1, gv2, gvrs, gvcs}, .weights = (float *)weights, .scores = scores,
    };
    cut_rows(&t);
    fl_for(outer * inner, grain(2 * rows * keys * (width + values)), backward, &t);
}
