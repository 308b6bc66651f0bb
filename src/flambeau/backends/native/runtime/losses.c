/* Cross entropy of class numbers: forward with what its gradient needs, and the gradient. */
#include "fl.h"
#include "vmath.h"

enum {
    BLOCK_NUMBERS = 1024, /* of rows that are worked on together */
    FEW = 32,             /* classes up to which rows lie side by side in vectors */
    LANES = 16            /* rows, then */
};

/* Apart from their callers, where Clang does not vectorise them. */
static __attribute__((noinline)) void exps_of(int64_t n, float *x)
{
    for (int64_t j = 0; j < n; j++) x[j] = fl_expf(x[j]);
}

static __attribute__((noinline)) void logs_of(int64_t n, const float *restrict x, float *restrict y)
{
    for (int64_t j = 0; j < n; j++) y[j] = fl_logf(x[j]);
}

/* The larger of two; NaN if either is. */
FL_INLINE float larger(float a, float b) { return fl_select(fl_mask(a > b) | fl_mask(a != a), a, b); }

/* x - max(x), and the maximum. */
static float below_top(int64_t n, const float *x, float *y)
{
    float lanes[8], top = x[0];
    int64_t j = 0;
    for (int64_t l = 0; l < 8; l++) lanes[l] = top;
    for (; j + 8 <= n; j += 8)
        for (int64_t l = 0; l < 8; l++) lanes[l] = larger(x[j + l], lanes[l]);
    for (; j < n; j++) top = larger(x[j], top);
    for (int64_t l = 0; l < 8; l++) top = larger(lanes[l], top);
    for (j = 0; j < n; j++) y[j] = x[j] - top;
    return top;
}

static float sum_of(int64_t n, const float *x)
{
    float lanes[8] = {0};
    int64_t j = 0;
    for (; j + 8 <= n; j += 8)
        for (int64_t l = 0; l < 8; l++) lanes[l] += x[j + l];
    float total = ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) +
                  ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7]));
    for (; j < n; j++) total += x[j];
    return total;
}

typedef struct {
    int64_t classes, xrs, ignore;
    float total; /* what the shares are divided by */
    const float *x, *weight;
    const int64_t *target;
    float *losses, *exps, *sums, *shares;
    int64_t *places;
} forward;

/* Where the class of row i stands among its classes; -1 where it is ignored or weighs nothing, its
 * share in the result also in `share`. */
static int64_t place_of(const forward *f, int64_t i, float *share)
{
    const int64_t t = f->target[i];
    *share = 1;
    if (f->weight && t != f->ignore) *share = f->total ? f->weight[t] / f->total : 0;
    return t == f->ignore || *share == 0 ? -1 : t;
}

/* Rows: the exponentials of x - max(x), their sums, and the negative log-probabilities of a class of
 * each. `losses` holds what is subtracted from the logarithm meanwhile. */
static void some_rows(const forward *f, int64_t begin, int64_t end)
{
    const int64_t n = f->classes;
    float *exps = f->exps + begin * n, logs[BLOCK_NUMBERS], share;
    for (int64_t i = begin; i < end; i++) {
        const float *x = f->x + i * f->xrs;
        const int64_t place = place_of(f, i, &share);
        const float top = below_top(n, x, f->exps + i * n);
        f->places[i] = place;
        f->losses[i] = x[place < 0 ? 0 : place] - top;
    }
    exps_of((end - begin) * n, exps);
    for (int64_t i = begin; i < end; i++) f->sums[i] = sum_of(n, f->exps + i * n);
    logs_of(end - begin, f->sums + begin, logs);
    for (int64_t i = begin; i < end; i++) {
        const int64_t place = place_of(f, i, &share);
        const float loss = logs[i - begin] - f->losses[i];
        f->losses[i] = place < 0 ? 0 : f->weight ? loss * share : loss;
        if (f->weight) f->shares[i] = place < 0 ? 0 : share;
    }
}

/* The same of at most LANES rows of few classes, a vector of rows for each class. */
static void short_rows(const forward *f, int64_t begin, int64_t end)
{
    const int64_t n = f->classes, count = end - begin;
    float columns[FEW * LANES], tops[LANES], sums[LANES] = {0}, logs[LANES], share;
    for (int64_t l = 0; l < LANES; l++) { /* lanes without a row of their own take the last one */
        const float *x = f->x + (begin + (l < count ? l : count - 1)) * f->xrs;
        for (int64_t j = 0; j < n; j++) columns[j * LANES + l] = x[j];
    }
    for (int64_t l = 0; l < LANES; l++) tops[l] = columns[l];
    for (int64_t j = 1; j < n; j++)
        for (int64_t l = 0; l < LANES; l++) tops[l] = larger(columns[j * LANES + l], tops[l]);
    for (int64_t j = 0; j < n; j++)
        for (int64_t l = 0; l < LANES; l++) columns[j * LANES + l] -= tops[l];
    exps_of(n * LANES, columns);
    for (int64_t j = 0; j < n; j++)
        for (int64_t l = 0; l < LANES; l++) sums[l] += columns[j * LANES + l];
    logs_of(LANES, sums, logs);
    for (int64_t l = 0; l < count; l++) {
        const int64_t i = begin + l, place = place_of(f, i, &share);
        const float loss = logs[l] - (f->x[i * f->xrs + (place < 0 ? 0 : place)] - tops[l]);
        for (int64_t j = 0; j < n; j++) f->exps[i * n + j] = columns[j * LANES + l];
        f->places[i] = place;
        f->sums[i] = sums[l];
        f->losses[i] = place < 0 ? 0 : f->weight ? loss * share : loss;
        if (f->weight) f->shares[i] = place < 0 ? 0 : share;
    }
}

static void forward_rows(void *context, int64_t begin, int64_t end)
{
    const forward *f = context;
    if (f->classes <= FEW) {
        for (int64_t i = begin; i < end; i += LANES)
            short_rows(f, i, end - i < LANES ? end : i + LANES);
        return;
    }
    const int64_t block = f->classes < BLOCK_NUMBERS ? BLOCK_NUMBERS / f->classes : 1;
    for (int64_t i = begin; i < end; i += block)
        some_rows(f, i, end - i < block ? end : i + block);
}

/* x has n rows of `classes` numbers, xrs apart. reduction: 0 none, 1 mean, 2 sum. Gives the losses
 * (per row, with weights their parts of the result) and, but for `none`, their mean or sum in
 * result; exps and sums as the gradient wants them; places, -1 for rows that are ignored or whose
 * class weighs nothing; and the share of a row in the result, or with weights (of the classes; may
 * be NULL) the share of each row.
 * 0, or 1 + the row whose target is no class. */
int64_t fl_cross_entropy(int64_t n, int64_t classes, const float *x, int64_t xrs, const int64_t *target, const float *weight, int64_t ignore, int64_t reduction, float *losses, float *result, float *exps, float *sums, int64_t *places, float *share)
{
    int64_t count = 0;
    double weights = 0;
    for (int64_t i = 0; i < n; i++) {
        if (target[i] == ignore) continue;
        if (target[i] < 0 || target[i] >= classes) return i + 1;
        count++;
        if (weight) weights += weight[target[i]];
    }
    const float whole = weight && reduction == 1 ? (float)weights : 1;
    forward f = {classes, xrs, ignore, whole, x, weight, target, losses, exps, sums, share, places};
    fl_for(n, 1 + 20000 / (4 * classes), forward_rows, &f);
    if (!weight)
        *share = reduction == 1 ? (count ? 1.0f / (float)count : __builtin_nanf("")) : 1.0f;
    if (reduction) {
        double lanes[8] = {0}, total = 0;
        int64_t i = 0;
        for (; i + 8 <= n; i += 8)
            for (int64_t l = 0; l < 8; l++) lanes[l] += losses[i + l];
        for (; i < n; i++) total += losses[i];
        for (int64_t l = 0; l < 8; l++) total += lanes[l];
        if (weight)
            *result = reduction == 1 && weights == 0 ? __builtin_nanf("") : (float)total;
        else
            *result = reduction == 1 ? (float)(total / (double)count) : (float)total;
    }
    return 0;
}

typedef struct {
    int64_t classes, each, weighted;
    const float *g, *exps, *sums, *share;
    const int64_t *places;
    float *out;
} backward;

static void backward_rows(void *context, int64_t begin, int64_t end)
{
    const backward *b = context;
    for (int64_t i = begin; i < end; i++) {
        const float *exps = b->exps + i * b->classes;
        float *out = b->out + i * b->classes;
        const int64_t place = b->places[i];
        const float wide = place < 0 ? 0 : b->g[i * b->each] * b->share[i * b->weighted];
        const float scale = wide / b->sums[i];
        if (place < 0)
            for (int64_t j = 0; j < b->classes; j++) out[j] = 0;
        else {
            for (int64_t j = 0; j < b->classes; j++) out[j] = exps[j] * scale;
            out[place] -= wide;
        }
    }
}

/* (softmax - one_hot) times the gradient's share; `each` is 1 where g has an element per row, and
 * `weighted` where share has. */
void fl_cross_entropy_gradient(int64_t n, int64_t classes, const float *g, int64_t each, int64_t weighted, const float *exps, const float *sums, const int64_t *places, const float *share, float *out)
{
    backward b = {classes, each, weighted, g, exps, sums, share, places, out};
    fl_for(n, 1 + 20000 / (2 * classes), backward_rows, &b);
}
