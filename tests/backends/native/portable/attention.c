/* Scaled dot-product attention and its gradients. */
#include "checks.h"

/* q, k and v lie as (outer, rows, inner, width). */
typedef struct {
    int64_t outer, inner, rows, keys, width, values;
    int causal;
    double *q, *k, *v, *g, *result;
    const float *mask; /* (rows, keys), added; or NULL */
} attention;

static double loss(void *context) {
    const attention *t = context;
    double scores[128], scale = 1 / sqrt((double)t->width);
    for (int64_t i = 0; i < t->outer * t->inner * t->rows; i++) {
        int64_t row = i % t->rows, head = i / t->rows % t->inner, outer = i / t->rows / t->inner;
        const double *q = t->q + ((outer * t->rows + row) * t->inner + head) * t->width;
        double *y = t->result + ((outer * t->rows + row) * t->inner + head) * t->values, total = 0;
        memset(y, 0, (size_t)t->values * sizeof(double));
        for (int64_t j = 0; j < t->keys; j++) {
            double score = scale * dot(q, t->k + ((outer * t->keys + j) * t->inner + head) * t->width, t->width);
            score += t->mask ? (double)t->mask[row * t->keys + j] : 0;
            scores[j] = t->causal && j > row ? 0 : exp(score);
            total += scores[j];
        }
        for (int64_t j = 0; j < t->keys; j++)
            for (int64_t c = 0; c < t->values; c++)
                y[c] += scores[j] / total * t->v[((outer * t->keys + j) * t->inner + head) * t->values + c];
    }
    return dot(t->g, t->result, t->outer * t->rows * t->inner * t->values);
}

static void check_one(int64_t outer, int64_t inner, int64_t rows, int64_t keys, int64_t width, int64_t values, int causal, int masked) {
    int64_t nq = outer * rows * inner * width, nk = outer * keys * inner * width, nv = outer * keys * inner * values, ny = outer * rows * inner * values;
    int64_t nw = outer * inner * rows * keys;
    float *q = floats(nq), *k = floats(nk), *v = floats(nv), *g = floats(ny), *y = room(ny), *weights = room(nw), *scores = room(nw);
    float *mask = masked ? floats(rows * keys) : NULL, *gq = room(nq), *gk = room(nk), *gv = room(nv);
    int64_t w = width, s = values;
    double scale = 1 / sqrt((double)width);
#define Q(x) x, rows *inner * w, w, inner * w, 1
#define K(x) x, keys *inner * w, w, inner * w, 1
#define V(x) x, keys *inner * s, s, inner * s, 1
#define Y(x) x, rows *inner * s, s, inner * s, 1
    fl_attention(outer, inner, rows, keys, width, values, Q(q), K(k), V(v), mask, 0, 0, 0, keys, 1, scale, causal, weights, Y(y));
    fl_attention_gradient(outer, inner, rows, keys, width, values, Y(g), Q(q), K(k), V(v), weights, scale, causal, scores, Q(gq), K(gk), V(gv));
    attention t = {outer, inner, rows, keys, width, values, causal, widened(q, nq), widened(k, nk), widened(v, nv), widened(g, ny), room64(ny), mask};
    loss(&t);
    const char *text = "attention, %s: %lld x %lld heads, %lld rows, %lld keys, width %lld, causal %d";
#define WHICH (long long)outer, (long long)inner, (long long)rows, (long long)keys, (long long)width, causal
    expect(all_near(y, t.result, ny, 4e-6), text, "the result", WHICH);
    expect(is_gradient(loss, &t, t.q, widened(gq, nq), nq, 2e-5), text, "the queries' gradient", WHICH);
    expect(is_gradient(loss, &t, t.k, widened(gk, nk), nk, 2e-5), text, "the keys' gradient", WHICH);
    expect(is_gradient(loss, &t, t.v, widened(gv, nv), nv, 2e-5), text, "the values' gradient", WHICH);
    tidy();
}

void check_attention(void) {
    for (int i = 0; i < 12; i++) {
        int causal = i % 3 == 0;
        int64_t rows = between(1, 30), keys = causal ? rows : between(1, 30);
        check_one(between(1, 2), between(1, 3), rows, keys, between(1, 20), between(1, 20), causal, i % 2);
    }
    check_one(1, 2, 110, 110, 16, 8, 1, 0);
}
