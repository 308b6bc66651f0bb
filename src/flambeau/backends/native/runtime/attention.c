/* Scaled dot-product attention of float32, forward and backward, one (batch, head) after the other.
 *
 * Rows of queries are worked on in bands, and each band in a few rows at a time, whose scores stay in
 * the first cache from one step to the next. What all rows of a head multiply with (the keys,
 * transposed; the values) is laid out for that once per head. Under a causal mask rows meet only the
 * keys up to the last of them, and keys only the rows from the first of them on. */
#include "fl.h"
#include "vector.h"
#include "vmath.h"

enum {
    BAND_ROWS = 96,
    FEW_ROWS = 48,  /* whole tiles of the products, of 6 or 8 rows */
    CAUSAL_ROWS = 16, /* so few that little beyond the diagonal is computed */
    LEAST_ROWS = 8, /* from so many on it pays to lay out what they multiply with */
    CLOSE = 1 << 12, /* floats of a matrix that the first cache holds beside others */
    CROWDED = 256,  /* bytes; rows that lie apart by a multiple of it share few places of the cache */
    ATTENTION_GRAIN = 1 << 18,
};

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
    int64_t outer, inner, rows, keys, width, values, causal, few, bands;
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

static int64_t whole_vectors(int64_t n) { return (n + FL_WIDTH - 1) / FL_WIDTH * FL_WIDTH; }

/* ---- operands of many products ---- */

/* A matrix whose rows are contiguous. */
typedef struct {
    const float *at;
    int64_t rs;
} operand;

/* Floats from row to row, so that the rows lie in different places of the cache. */
static int64_t apart(int64_t n)
{
    int64_t whole = whole_vectors(n);
    return whole * (int64_t)sizeof(float) % CROWDED ? whole : whole + FL_WIDTH;
}

/* (rows, columns) of x, times a factor. */
static operand laid_out(const float *x, int64_t rs, int64_t cs, int64_t rows, int64_t columns, float factor, float *to)
{
    if (cs == 1 && factor == 1 && (rows == 1 || rs * (int64_t)sizeof(float) % CROWDED))
        return (operand){x, rs};
    int64_t stride = apart(columns);
    for (int64_t i = 0; i < rows; i++)
        if (cs == 1)
            for (int64_t j = 0; j < columns; j++)
                to[i * stride + j] = x[i * rs + j] * factor;
        else
            for (int64_t j = 0; j < columns; j++)
                to[i * stride + j] = x[i * rs + j * cs] * factor;
    return (operand){to, stride};
}

/* The same with rows and columns exchanged: (columns, rows), and zeros up to whole vectors. */
static operand turned(const float *x, int64_t rs, int64_t cs, int64_t rows, int64_t columns, float *to)
{
    int64_t stride = apart(rows), whole = cs == 1 ? columns / FL_WIDTH * FL_WIDTH : 0;
    for (int64_t i = 0; i < rows; i += FL_WIDTH) {
        int64_t n = smaller(FL_WIDTH, rows - i);
        for (int64_t j = 0; j < whole; j += FL_WIDTH) {
            fvec square[FL_WIDTH] = {{0}};
            for (int64_t l = 0; l < n; l++)
                square[l] = fvec_load(x + (i + l) * rs + j);
            fvec_transpose(square);
            for (int l = 0; l < FL_WIDTH; l++)
                fvec_store(to + (j + l) * stride + i, square[l]);
        }
        for (int64_t j = whole; j < columns; j++)
            for (int64_t l = 0; l < FL_WIDTH; l++)
                to[j * stride + i + l] = l < n ? x[(i + l) * rs + j * cs] : 0;
    }
    return (operand){to, stride};
}

/* C = A B or C += A B */
static void multiply(int64_t m, int64_t n, int64_t k, const float *a, int64_t ars, int64_t acs, operand b, float *c, int64_t crs, int64_t ccs, int64_t accumulate)
{
    if (ccs == 1 && k)
        fl_sgemm_here(m, n, k, a, ars, acs, b.at, b.rs, c, crs, accumulate);
    else
        fl_sgemm(m, n, k, a, ars, acs, b.at, b.rs, 1, c, crs, ccs, accumulate, 0, 0);
}

/* ---- rows ---- */

/* e^x for x <= 0; what would be denormal is 0. Error 1.1 ulp: exp_middle of vmath.h, in vectors. */
FL_INLINE fvec exp_below(fvec x)
{
    const float round = 12582912.0f; /* 1.5 2^23: adding it rounds to a whole number */
    fvec t = x * 1.44269504f + round;
    ivec n = (ivec)t - 0x4b400000;
    t -= round;
    fvec r = (x - t * 0.693145751953125f) - t * 1.42860677e-6f;
    fvec q = r * 0.00139422156f + 0.00836884882f;
    q = q * r + 0.0416663848f;
    q = q * r + 0.166665196f;
    q = q * r + 0.5f;
    fvec y = (q * (r * r) + r + 1.0f) * (fvec)((n + 127) << 23);
    return fvec_select(x < -87.0f, fvec_set(0), y);
}

/* The sum of x y. */
static float row_sum(const float *x, const float *y, int64_t n)
{
    fvec sum = {0};
    int64_t j = 0;
    for (; j + FL_WIDTH <= n; j += FL_WIDTH)
        sum += fvec_load(x + j) * fvec_load(y + j);
    float total = fvec_sum(sum);
    for (; j < n; j++)
        total += x[j] * y[j];
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

/* softmax(scale x) of up to FL_WIDTH rows, for scale > 0 and n a multiple of the vectors' width; zeros
 * where a row sees nothing. What is done once per row is done for all of them at once. */
static void softmax_rows(float *x, int64_t stride, int64_t rows, int64_t n, float scale)
{
    fvec tops[FL_WIDTH], sums[FL_WIDTH] = {{0}};
    float each[FL_WIDTH];
    for (int64_t i = 0; i < FL_WIDTH; i++)
        tops[i] = fvec_set(-FL_INFINITY);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < n; j += FL_WIDTH)
            tops[i] = fvec_max(fvec_load(x + i * stride + j), tops[i]); /* NaN counts as nothing */
    fvec_transpose(tops);
    for (int i = 1; i < FL_WIDTH; i++)
        tops[0] = fvec_max(tops[i], tops[0]);
    fvec_store(each, fvec_select(tops[0] == -FL_INFINITY, fvec_set(0), tops[0]));
    for (int64_t i = 0; i < rows; i++) {
        fvec sum = {0};
        for (int64_t j = 0; j < n; j += FL_WIDTH) {
            float *to = x + i * stride + j;
            fvec y = exp_below((fvec_load(to) - each[i]) * scale);
            fvec_store(to, y);
            sum += y;
        }
        sums[i] = sum;
    }
    fvec total = fvec_sums(sums);
    fvec_store(each, 1 / fvec_select(total == 0, fvec_set(1), total));
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < n; j += FL_WIDTH)
            fvec_store(x + i * stride + j, fvec_load(x + i * stride + j) * each[i]);
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

/* ---- forward ---- */

/* From the scores of a few rows in x, n of their keys met, to their weights. x has room for whole vectors. */
static void weigh_rows(const attention *t, int64_t i, int64_t first, int64_t last, int64_t n, float *x, int64_t stride)
{
    const char *mask = t->mask.at;
    int64_t size = t->mask.boolean ? 1 : (int64_t)sizeof(float), whole = whole_vectors(n);
    int64_t plain = !mask && t->scale > 0, least = seen_keys(t, first) / FL_WIDTH * FL_WIDTH;
    float *row_x = x;
    if (mask)
        mask += (i / t->inner * t->mask.outer + i % t->inner * t->mask.inner) * size;
    for (int64_t row = first; row < last; row++, row_x += stride) {
        int32_t seen = (int32_t)smaller(seen_keys(t, row) - least, INT32_MAX);
        if (!plain)
            for (int64_t j = 0; j < n; j++)
                row_x[j] *= t->scale;
        if (mask)
            add_mask(&t->mask, mask + row * t->mask.rs * size, row_x, n);
        /* Up to whole vectors, what is not seen takes part and becomes 0. */
        ivec place;
        for (int l = 0; l < FL_WIDTH; l++)
            place[l] = l;
        for (int64_t j = least; j < whole; j += FL_WIDTH, place += FL_WIDTH)
            fvec_store(row_x + j, fvec_select(place < seen, fvec_load(row_x + j), fvec_set(-FL_INFINITY)));
    }
    for (int64_t row = 0; row < last - first; row += FL_WIDTH)
        softmax_rows(x + row * stride, stride, smaller(FL_WIDTH, last - first - row), whole, plain ? t->scale : 1);
}

/* The weights of a few rows, which are kept, and their share of the result. */
static void forward_rows(const attention *t, int64_t i, int64_t first, int64_t last, operand keys, operand values, float *place)
{
    int64_t rows = last - first, n = seen_keys(t, last - 1), whole = whole_vectors(n), stride = t->keys;
    float *weights = t->weights + (i * t->rows + first) * t->keys, *x = weights, *result = head(t, t->result, i, first);
    if (whole > t->keys)
        x = place, stride = whole;
    const float *q = head(t, t->q, i, first), *k = head(t, t->k, i, 0), *v = head(t, t->v, i, 0);
    if (keys.at)
        multiply(rows, whole, t->width, q, t->q.rs, t->q.cs, keys, x, stride, 1, 0);
    else
        fl_sgemm(rows, n, t->width, q, t->q.rs, t->q.cs, k, t->k.cs, t->k.rs, x, stride, 1, 0, 0, 0);
    weigh_rows(t, i, first, last, n, x, stride);
    if (values.at)
        multiply(rows, t->values, n, x, stride, 1, values, result, t->result.rs, t->result.cs, 0);
    else
        fl_sgemm(rows, t->values, n, x, stride, 1, v, t->v.rs, t->v.cs, result, t->result.rs, t->result.cs, 0, 0, 0);
    for (int64_t row = 0; row < rows; row++)
        if (x != weights)
            memcpy(weights + row * t->keys, x + row * stride, (size_t)t->keys * sizeof(float));
        else
            zero(weights + row * t->keys + whole, t->keys - whole);
}

static void forward(void *context, int64_t begin, int64_t end)
{
    const attention *t = context;
    for (int64_t task = begin; task < end; task++) {
        int64_t i = task / t->bands, first = task % t->bands * BAND_ROWS;
        int64_t last = smaller(first + BAND_ROWS, t->rows), met = seen_keys(t, last - 1);
        int64_t sizes[] = {whole_vectors(t->width) * apart(met), met * apart(t->values), t->few * whole_vectors(met)};
        float *place = fl_scratch(FL_ROWS_A, (size_t)(sizes[0] + sizes[1] + sizes[2]) * sizeof(float));
        operand keys = {0}, values = {0};
        if (last - first >= LEAST_ROWS) {
            keys = turned(head(t, t->k, i, 0), t->k.rs, t->k.cs, met, t->width, place);
            values = laid_out(head(t, t->v, i, 0), t->v.rs, t->v.cs, met, t->values, 1, place + sizes[0]);
        }
        for (int64_t row = first; row < last; row += t->few)
            forward_rows(t, i, row, smaller(row + t->few, last), keys, values, place + sizes[0] + sizes[1]);
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

/* What a head's rows multiply with in the backward pass; queries and keys are scaled. */
typedef struct {
    operand values, keys, queries, grads;
    float *columns, *scores; /* room for a few columns of a band, and for its scores */
} laid;

static laid lay_out(const attention *t, int64_t i, int64_t met)
{
    int64_t sizes[] = {whole_vectors(t->values) * apart(met), met * apart(t->width), t->rows * apart(t->width), t->rows * apart(t->values), t->few * BAND_ROWS, BAND_ROWS * t->keys};
    int64_t all = 0;
    for (int k = 0; k < 6; k++)
        all += sizes[k];
    float *at = fl_scratch(FL_ROWS_A, (size_t)all * sizeof(float));
    laid l;
    l.values = turned(head(t, t->v, i, 0), t->v.rs, t->v.cs, met, t->values, at);
    l.keys = laid_out(head(t, t->k, i, 0), t->k.rs, t->k.cs, met, t->width, t->scale, at += sizes[0]);
    l.queries = laid_out(head(t, t->q, i, 0), t->q.rs, t->q.cs, t->rows, t->width, t->scale, at += sizes[1]);
    l.grads = laid_out(head(t, t->g, i, 0), t->g.rs, t->g.cs, t->rows, t->values, 1, at += sizes[2]);
    l.columns = at += sizes[3];
    l.scores = at + sizes[4];
    return l;
}

/* The gradients of a band's keys (from its scores) or values (from its weights): its columns, a few at
 * a time, times the rows that see them. */
static void add_columns(const attention *t, const laid *l, const float *band, int64_t first, int64_t last, operand by, int64_t width, heads to, float *out, int64_t more)
{
    int64_t n = seen_keys(t, last - 1);
    for (int64_t key = 0; key < n; key += t->few) {
        int64_t keys = smaller(t->few, n - key), from = t->causal && key > first ? key : first;
        const float *columns = band + (from - first) * t->keys + key;
        int64_t stride = t->keys;
        if ((last - from) * t->keys > CLOSE) {
            for (int64_t row = 0; row < last - from; row++)
                memcpy(l->columns + row * t->few, columns + row * t->keys, (size_t)keys * sizeof(float));
            columns = l->columns, stride = t->few;
        }
        operand rows = {by.at + from * by.rs, by.rs};
        multiply(keys, width, last - from, columns, 1, stride, rows, out + key * to.rs, to.rs, to.cs, more);
    }
}

static void backward_head(const attention *t, int64_t i)
{
    float *gk = head(t, t->gk, i, 0), *gv = head(t, t->gv, i, 0);
    int64_t met = t->rows ? seen_keys(t, t->rows - 1) : 0;
    laid l = lay_out(t, i, met);
    zero_rows(t->gk, gk, met, t->keys, t->width);
    zero_rows(t->gv, gv, met, t->keys, t->values);
    /* The last band first: it meets all keys that any band meets. */
    for (int64_t band = t->bands - 1; band >= 0; band--) {
        int64_t first = band * BAND_ROWS, last = smaller(first + BAND_ROWS, t->rows), more = band < t->bands - 1;
        const float *weights = t->weights + (i * t->rows + first) * t->keys;
        float *scores = t->scores ? t->scores + (i * t->rows + first) * t->keys : l.scores;
        for (int64_t row = first; row < last; row += t->few) {
            int64_t until = smaller(row + t->few, last), rows = until - row, n = seen_keys(t, until - 1);
            int64_t at = (row - first) * t->keys;
            multiply(rows, n, t->values, head(t, t->g, i, row), t->g.rs, t->g.cs, l.values, scores + at, t->keys, 1, 0);
            back_through_softmax(t, row, until, weights + at, scores + at);
            multiply(rows, t->width, n, scores + at, t->keys, 1, l.keys, head(t, t->gq, i, row), t->gq.rs, t->gq.cs, 0);
        }
        add_columns(t, &l, scores, first, last, l.queries, t->width, t->gk, gk, more);
        add_columns(t, &l, weights, first, last, l.grads, t->values, t->gv, gv, more);
    }
}

static void backward(void *context, int64_t begin, int64_t end)
{
    for (int64_t i = begin; i < end; i++)
        backward_head(context, i);
}

/* ---- both ---- */

static int64_t grain(int64_t work) { return work ? (ATTENTION_GRAIN + work - 1) / work : 1; }

static int64_t bands(int64_t rows) { return (rows + BAND_ROWS - 1) / BAND_ROWS; }

void fl_attention(int64_t outer, int64_t inner, int64_t rows, int64_t keys, int64_t width, int64_t values, const float *q, int64_t q1, int64_t q2, int64_t qrs, int64_t qcs, const float *k, int64_t k1, int64_t k2, int64_t krs, int64_t kcs, const float *v, int64_t v1, int64_t v2, int64_t vrs, int64_t vcs, const void *mask, int64_t boolean, int64_t m1, int64_t m2, int64_t mrs, int64_t mcs, double scale, int64_t causal, float *weights, float *result, int64_t r1, int64_t r2, int64_t rrs, int64_t rcs)
{
    attention t = {
        outer, inner, rows, keys, width, values, causal, causal ? CAUSAL_ROWS : FEW_ROWS, bands(rows), (float)scale,
        .q = {(float *)q, q1, q2, qrs, qcs}, .k = {(float *)k, k1, k2, krs, kcs},
        .v = {(float *)v, v1, v2, vrs, vcs}, .result = {result, r1, r2, rrs, rcs},
        .mask = {mask, m1, m2, mrs, mcs, (int)boolean}, .weights = weights,
    };
    fl_for(outer * inner * t.bands, grain(smaller(BAND_ROWS, rows) * keys * (width + values)), forward, &t);
}

void fl_attention_gradient(int64_t outer, int64_t inner, int64_t rows, int64_t keys, int64_t width, int64_t values, const float *g, int64_t g1, int64_t g2, int64_t grs, int64_t gcs, const float *q, int64_t q1, int64_t q2, int64_t qrs, int64_t qcs, const float *k, int64_t k1, int64_t k2, int64_t krs, int64_t kcs, const float *v, int64_t v1, int64_t v2, int64_t vrs, int64_t vcs, const float *weights, double scale, int64_t causal, float *scores, float *gq, int64_t gq1, int64_t gq2, int64_t gqrs, int64_t gqcs, float *gk, int64_t gk1, int64_t gk2, int64_t gkrs, int64_t gkcs, float *gv, int64_t gv1, int64_t gv2, int64_t gvrs, int64_t gvcs)
{
    attention t = {
        outer, inner, rows, keys, width, values, causal, causal ? CAUSAL_ROWS : FEW_ROWS, bands(rows), (float)scale,
        .q = {(float *)q, q1, q2, qrs, qcs}, .k = {(float *)k, k1, k2, krs, kcs},
        .v = {(float *)v, v1, v2, vrs, vcs}, .g = {(float *)g, g1, g2, grs, gcs},
        .gq = {gq, gq1, gq2, gqrs, gqcs}, .gk = {gk, gk1, gk2, gkrs, gkcs},
        .gv = {gv, gv1, gv2, gvrs, gvcs}, .weights = (float *)weights, .scores = scores,
    };
    fl_for(outer * inner, grain(2 * rows * keys * (width + values)), backward, &t);
}
