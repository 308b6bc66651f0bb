/* Convolutions: what their files share (conv_planes.c, conv.c, conv_weight.c). */
#ifndef FL_CONV_H
#define FL_CONV_H
#include "fl.h"
#include "vector.h"

static inline int64_t fl_least(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t fl_most(int64_t a, int64_t b) { return a > b ? a : b; }
static inline int64_t fl_pieces(int64_t n, int64_t size) { return (n + size - 1) / size; }

static inline int fl_all_finite(const float *values, int64_t n) {
    int32_t bad = 0;
    for (int64_t i = 0; i < n; i++)
        bad |= !(values[i] - values[i] == 0);
    return !bad;
}

/* Has v computed before anything else is loaded. Kernels whose vectors just fit the registers need
 * it with compilers that load ahead and then run out of registers. */
#if defined(__x86_64__)
#define FL_FINISH(v) __asm__ volatile("" : "+v"(v) : : "memory")
#elif defined(__aarch64__)
#define FL_FINISH(v) __asm__ volatile("" : "+w"(v) : : "memory")
#else
#define FL_FINISH(v) (void)(v)
#endif

/* A source as the kernels read it: for each image and channel of a group, planes of
 * e[0] x e[1] x e[2] elements. Where neighbouring outputs are `step` source elements apart, the
 * elements of each remainder modulo step (each phase) lie in a plane of their own, so that what a
 * tap meets at neighbouring outputs is contiguous. Only phases that some tap meets are there:
 * slot[a][phase] is their number along axis a, -1 for the others. */
typedef struct {
    int64_t size[3], step[3]; /* the source's size; source elements between outputs */
    int64_t low[3];           /* where the planes begin in the source; negative: padding */
    int64_t e[3], slots[3];
    int64_t *slot[3];
    int64_t plane, channel, image; /* elements between neighbouring planes, channels and images */
    int64_t channels, all;         /* channels of a group, and of all groups */
    int direct;                    /* the source itself serves, as it is */
} fl_planes;

/* Whether a window's element at `tap` along an axis meets the source at output 0 of the part
 * `first`, and at which coordinate. Forward there is one part; backward, outputs of a part are a
 * stride apart (outputs: of the correlation, which are elements of the convolution's input). */
typedef int (*fl_meeting)(const fl_conv *s, int axis, int64_t first, int64_t tap, int64_t *at);
int fl_meets_forward(const fl_conv *s, int axis, int64_t first, int64_t tap, int64_t *at);
int fl_meets_backward(const fl_conv *s, int axis, int64_t first, int64_t tap, int64_t *at);
/* Sets low, slot and slots of one axis; how far from `low` the furthest tap is, over all parts. */
int64_t fl_planes_window(fl_planes *p, const fl_conv *s, fl_meeting meets, int axis, int64_t parts);
/* Sets e and the strides for boxes of `count` outputs and taps up to `reach` elements after `low`;
 * total[] is how many outputs there are in all. With `direct` the source itself serves where it
 * can. Needs the other fields. */
void fl_planes_measure(fl_planes *p, const int64_t *count, const int64_t *total, const int64_t *reach, int direct);
/* Where the element `u` after `low` lies in a channel's planes. */
int64_t fl_planes_offset(const fl_planes *p, const int64_t *u);
/* The planes of a group's channels in `images` images, for the box of outputs that begins at
 * `from`: in `to`, or in the source itself. */
const float *fl_planes_of(const fl_planes *p, const float *source, int64_t image, int64_t images, int64_t group, const int64_t *from, float *to);
/* How many floats fl_planes_of writes. What lies between and after the planes is 0. */
int64_t fl_planes_room(const fl_planes *p, int64_t images);
void fl_copy_floats(const float *from, int64_t n, float *to);
/* conv_few.c: whether the convolution is better done as a product of matrices, and that. Of x, w and
 * y the one named by `which` is computed; a bias is added to y or x. */
int fl_conv_has_few_places(const fl_conv *s);
int fl_conv_few(const fl_conv *s, int which, float *x, float *w, const float *bias, float *y);
/* conv_winograd.c: whether a convolution is better done with transformed tiles, and that. */
int fl_conv_suits_winograd(const fl_conv *s);
int fl_conv_winograd(const fl_conv *s, int which, const float *from, const float *w, const float *bias, float *to, fl_tile_done done, void *context, char *unfinished);
int fl_conv_winograd_weight(const fl_conv *s, const float *g, const float *x, float *w);
/* Axes along which nothing is convolved are folded into one. */
fl_conv fl_conv_folded(const fl_conv *shape);

#endif
