/* Convolutions and pooling. */
#include "checks.h"

static int64_t volume(const int64_t *sizes) { return sizes[0] * sizes[1] * sizes[2]; }

static int64_t outputs(int64_t size, int64_t kernel, int64_t stride, int64_t padding, int64_t dilation) {
    return (size + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1;
}

/* The place where a tap of a window meets the input, or -1. */
static int64_t meets(const int64_t *size, const int64_t *out, const int64_t *kernel, const int64_t *stride, const int64_t *padding, const int64_t *dilation, int64_t o, int64_t tap) {
    int64_t at[3] = {o / out[2] / out[1], o / out[2] % out[1], o % out[2]}, place = 0;
    int64_t t[3] = {tap / kernel[2] / kernel[1], tap / kernel[2] % kernel[1], tap % kernel[2]};
    for (int a = 0; a < 3; a++) {
        int64_t x = at[a] * stride[a] - padding[a] + t[a] * dilation[a];
        if (x < 0 || x >= size[a])
            return -1;
        place = place * size[a] + x;
    }
    return place;
}

/* ---- convolutions ---- */

/* y, and the gradients of x and w from g: the same sum over products, in three directions. */
static void convolve(const fl_conv *s, const float *x, const float *w, const float *bias, const float *g, double *y, double *gx, double *gw) {
    int64_t places = volume(s->out), plane = volume(s->size), taps = volume(s->kernel);
    int64_t ins = s->groups * s->inputs, outs = s->groups * s->outputs;
    for (int64_t i = 0; i < s->batch * outs * places; i++)
        y[i] = (double)bias[i / places % outs];
    memset(gx, 0, (size_t)(s->batch * ins * plane) * sizeof(double));
    memset(gw, 0, (size_t)(outs * s->inputs * taps) * sizeof(double));
    for (int64_t i = 0; i < places * taps; i++) {
        int64_t at = i / taps, tap = i % taps;
        int64_t from = meets(s->size, s->out, s->kernel, s->stride, s->padding, s->dilation, at, tap);
        for (int64_t j = 0; from >= 0 && j < s->batch * outs * s->inputs; j++) {
            int64_t c = j % s->inputs, o = j / s->inputs % outs, image = j / s->inputs / outs;
            int64_t xi = (image * ins + o / s->outputs * s->inputs + c) * plane + from;
            int64_t wi = (o * s->inputs + c) * taps + tap, yi = (image * outs + o) * places + at;
            y[yi] += (double)x[xi] * (double)w[wi];
            gx[xi] += (double)g[yi] * (double)w[wi];
            gw[wi] += (double)g[yi] * (double)x[xi];
        }
    }
}

static void check_convolution(const fl_conv *s) {
    int64_t ins = s->groups * s->inputs, outs = s->groups * s->outputs;
    int64_t nx = s->batch * ins * volume(s->size), ny = s->batch * outs * volume(s->out), nw = outs * s->inputs * volume(s->kernel);
    float *x = floats(nx), *w = floats(nw), *bias = floats(outs), *g = floats(ny), *y = room(ny), *gx = room(nx), *gw = room(nw);
    double *wanted_y = room64(ny), *wanted_x = room64(nx), *wanted_w = room64(nw);
    convolve(s, x, w, bias, g, wanted_y, wanted_x, wanted_w);
    char name[200];
    snprintf(name, sizeof name, "convolution %lld x %lld(%lld, %lld), size %lld %lld %lld, kernel %lld %lld %lld, stride %lld %lld %lld",
        (long long)s->batch, (long long)s->groups, (long long)s->inputs, (long long)s->outputs, (long long)s->size[0], (long long)s->size[1], (long long)s->size[2],
        (long long)s->kernel[0], (long long)s->kernel[1], (long long)s->kernel[2], (long long)s->stride[0], (long long)s->stride[1], (long long)s->stride[2]);
    expect(fl_conv_forward(s, x, w, bias, y, NULL, NULL) && all_near(y, wanted_y, ny, 1e-5), "%s", name);
    expect(fl_conv_input_gradient(s, g, w, NULL, gx, NULL, NULL) && all_near(gx, wanted_x, nx, 1e-5), "%s: input's gradient", name);
    expect(fl_conv_weight_gradient(s, g, x, gw) && all_near(gw, wanted_w, nw, 2e-5), "%s: weight's gradient", name);
    tidy();
}

void check_convolutions(void) {
    static const fl_conv fixed[] = {
        {2, 1, 16, 24, {1, 14, 14}, {1, 14, 14}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1}, {1, 1, 1}},
        {2, 1, 3, 16, {1, 17, 19}, {1, 9, 10}, {1, 3, 3}, {1, 2, 2}, {0, 1, 1}, {1, 1, 1}},
        {1, 12, 1, 1, {1, 15, 15}, {1, 15, 15}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1}, {1, 1, 1}},
        {2, 1, 32, 32, {1, 8, 8}, {1, 8, 8}, {1, 1, 1}, {1, 1, 1}, {0, 0, 0}, {1, 1, 1}},
        {2, 1, 32, 40, {1, 4, 4}, {1, 2, 2}, {1, 3, 3}, {1, 2, 2}, {0, 1, 1}, {1, 1, 1}},
        {1, 2, 5, 7, {1, 1, 60}, {1, 1, 56}, {1, 1, 3}, {1, 1, 1}, {0, 0, 0}, {1, 1, 2}},
        {1, 1, 4, 6, {7, 8, 9}, {7, 8, 9}, {3, 3, 3}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}},
        {1, 1, 40, 64, {1, 7, 7}, {1, 7, 7}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1}, {1, 1, 1}},
        {3, 1, 16, 17, {1, 15, 16}, {1, 15, 16}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1}, {1, 1, 1}}, /* by transformed tiles */
        {4, 1, 17, 20, {1, 24, 32}, {1, 12, 16}, {1, 3, 3}, {1, 2, 2}, {0, 1, 1}, {1, 1, 1}},
        {4, 1, 18, 16, {1, 25, 33}, {1, 12, 16}, {1, 3, 3}, {1, 2, 2}, {0, 0, 0}, {1, 1, 1}},
    };
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        check_convolution(fixed + i);
    for (int i = 0; i < 60; i++) {
        fl_conv s = {between(1, 3), between(1, 2), between(1, 9), between(1, 9), {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {0, 0, 0}, {1, 1, 1}};
        for (int a = i % 3; a < 3; a++) {
            s.kernel[a] = between(1, 4), s.stride[a] = between(1, 3), s.dilation[a] = between(1, 2);
            s.padding[a] = between(0, s.kernel[a] / 2);
            s.size[a] = s.dilation[a] * (s.kernel[a] - 1) + 1 + between(0, a == 2 ? 24 : 4);
            s.out[a] = outputs(s.size[a], s.kernel[a], s.stride[a], s.padding[a], s.dilation[a]);
        }
        check_convolution(&s);
    }
}

/* ---- pooling ---- */

/* The maxima and where they are; the sums of windows, and how many of their taps are inside. */
static void pool(const fl_pool *s, const float *x, double *maxima, int64_t *places, double *sums, double *inside) {
    int64_t outs = volume(s->out), plane = volume(s->size), taps = volume(s->kernel);
    for (int64_t i = 0; i < s->planes * outs; i++) {
        maxima[i] = -INFINITY, sums[i] = inside[i] = 0, places[i] = -1;
        for (int64_t t = 0; t < taps; t++) {
            int64_t at = meets(s->size, s->out, s->kernel, s->stride, s->padding, s->dilation, i % outs, t);
            if (at < 0)
                continue;
            double v = (double)x[i / outs * plane + at];
            if (v > maxima[i] || v != v)
                maxima[i] = v, places[i] = at;
            sums[i] += v, inside[i]++;
        }
    }
}

static void check_pool(const fl_pool *s, int dilated) {
    int64_t nx = s->planes * volume(s->size), outs = volume(s->out), ny = s->planes * outs;
    float *x = floats(nx), *y = room(ny), *same = room(ny), *g = floats(ny), *gx = room(nx), *again = room(nx);
    int64_t *indices = integers(ny, 0, 0), *places = integers(ny, 0, 0);
    double *maxima = room64(ny), *sums = room64(ny), *inside = room64(ny), *wanted = room64(nx);
    for (int64_t i = 0; i < nx; i++)
        x[i] = roundf(x[i] * 8) / 8; /* with equal ones */
    if (nx > 20)
        x[nx / 2] = NAN;
    pool(s, x, maxima, places, sums, inside);
    fl_max_pool(s, x, y, indices);
    fl_max_pool(s, x, same, NULL);
    expect(all_near(y, maxima, ny, 0) && all_near(same, maxima, ny, 0), "maxima of windows");
    expect(!memcmp(indices, places, (size_t)ny * sizeof *places), "places of maxima");
    memset(wanted, 0, (size_t)nx * sizeof(double));
    for (int64_t i = 0; i < ny; i++)
        wanted[i / outs * volume(s->size) + places[i]] += (double)g[i];
    fl_max_pool_gradient(s, g, x, y, gx);
    fl_scatter_places(s, g, indices, again);
    expect(all_near(gx, wanted, nx, 1e-6) && all_near(again, wanted, nx, 1e-6), "gradient of maxima");
    if (dilated)
        return;
    for (int64_t i = 0; i < ny; i++)
        sums[i] /= inside[i];
    fl_avg_pool(s, x, y, 0, 0);
    expect(all_near(y, sums, ny, 1e-6), "means of windows");
    memset(wanted, 0, (size_t)nx * sizeof(double));
    for (int64_t i = 0; i < ny * volume(s->kernel); i++) {
        int64_t o = i / volume(s->kernel), tap = i % volume(s->kernel);
        int64_t at = meets(s->size, s->out, s->kernel, s->stride, s->padding, s->dilation, o % outs, tap);
        if (at >= 0)
            wanted[o / outs * volume(s->size) + at] += (double)g[o] / inside[o];
    }
    fl_avg_pool_gradient(s, g, gx, 0, 0);
    expect(all_near(gx, wanted, nx, 1e-6), "gradient of means");
}

static void check_adaptive(const fl_pool *s) {
    int64_t nx = s->planes * volume(s->size), outs = volume(s->out), ny = s->planes * outs, plane = volume(s->size);
    float *x = floats(nx), *y = room(ny), *g = floats(ny), *gx = room(nx);
    double *means = room64(ny), *wanted = room64(nx);
    memset(wanted, 0, (size_t)nx * sizeof(double));
    for (int64_t i = 0; i < ny; i++) {
        int64_t o[3] = {i % outs / s->out[2] / s->out[1], i / s->out[2] % s->out[1], i % s->out[2]}, first[3], last[3], count = 1;
        for (int a = 0; a < 3; a++) {
            first[a] = o[a] * s->size[a] / s->out[a];
            last[a] = ((o[a] + 1) * s->size[a] + s->out[a] - 1) / s->out[a];
            count *= last[a] - first[a];
        }
        means[i] = 0;
        for (int64_t d = first[0]; d < last[0]; d++)
            for (int64_t h = first[1]; h < last[1]; h++)
                for (int64_t w = first[2]; w < last[2]; w++) {
                    int64_t at = i / outs * plane + (d * s->size[1] + h) * s->size[2] + w;
                    means[i] += (double)x[at] / (double)count;
                    wanted[at] += (double)g[i] / (double)count;
                }
    }
    fl_adaptive_avg_pool(s, x, y);
    fl_adaptive_avg_pool_gradient(s, g, gx);
    expect(all_near(y, means, ny, 1e-6) && all_near(gx, wanted, nx, 1e-6), "adaptive means and their gradient");
    tidy();
}

void check_pooling(void) {
    for (int i = 0; i < 80; i++) {
        int pairs = i % 4 == 0, dilated = i % 4 == 1;
        fl_pool s = {between(1, 5), {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {0, 0, 0}, {1, 1, 1}};
        for (int a = pairs ? 1 : i % 3; a < 3; a++) {
            s.kernel[a] = pairs ? 2 : between(1, 4);
            s.stride[a] = pairs ? 2 : between(1, 3);
            s.dilation[a] = dilated ? between(1, 2) : 1;
            s.padding[a] = pairs ? 0 : between(0, s.kernel[a] / 2);
            s.size[a] = s.dilation[a] * (s.kernel[a] - 1) + 1 + between(0, a == 2 ? 60 : 9);
            s.out[a] = outputs(s.size[a], s.kernel[a], s.stride[a], s.padding[a], s.dilation[a]);
        }
        check_pool(&s, dilated);
        tidy();
    }
    for (int i = 0; i < 20; i++) {
        fl_pool s = {between(1, 4), {between(1, 4), between(1, 9), between(1, 40)}, {1, between(1, 5), between(1, 20)}, {1, 1, 1}, {1, 1, 1}, {0, 0, 0}, {1, 1, 1}};
        check_adaptive(&s);
    }
}
