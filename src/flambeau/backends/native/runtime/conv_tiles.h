/* Convolutions by transformed tiles: what conv_tiles.c (the transforms), conv_winograd.c (the result,
 * or the gradient by the input) and conv_winograd_weight.c (that by the weight) share.
 *
 * A plane is cut into tiles of a few outputs. Each tile's part of the source becomes a few numbers
 * (points), sums of its elements; products of these with numbers made from the weights add up to
 * points of the result, which give the outputs. Along an axis, with source points s, result points r
 * and combinations of weights c:
 *
 *   r[product.result] += (product.weight . w) s[product.source], for each product
 *
 * and along two axes for all pairs of products. Over channels each is a product of matrices. */
#ifndef FL_CONV_TILES_H
#define FL_CONV_TILES_H
#include "conv.h"

enum { FL_MOST_PRODUCTS = 25 };    /* of two axes */
enum { FL_UNIT = FL_WIDTH / 2 };   /* tiles of a unit: neighbours in a row. A vector is two units */

/* A unit's place in the planes of a job (conv_winograd.c), and of its first output in the result:
 * how far from that of the job's first row, and at which row and column. */
typedef struct { int32_t source, result, row, column; } fl_unit;

/* A walk over the vectors of one channel: from planes with rows `pitch` apart (columns of odd number
 * `phase` after those of even number) to points `point` apart; `group` vectors stand together, the
 * next group `block` later. A vector without a second unit takes `none` for it, or where that is NULL
 * the last unit. In a vector tile i of a unit is at fl_tile_lane. */
typedef struct {
    const fl_unit *units;
    int64_t count, pitch, phase, group, block, point;
    const float *none;
} fl_walk;

static inline int64_t fl_tile_lane(int64_t unit, int64_t i) { return i / 2 * 4 + unit % 2 * 2 + i % 2; }

/* A channel of results: y is where the job's first row of outputs begins, `top`. */
typedef struct { float *y; int64_t top, height, width, next; } fl_outputs;

typedef struct fl_tiles {
    int step, lines;                /* a tile's rows begin `step` after the one above it; it has `lines` */
    int extra;                      /* columns that it reads beyond its own */
    int phases;                     /* 2: even and odd columns lie in planes of their own */
    int outputs;                    /* of a tile along an axis */
    int sources, results, products; /* points and products of an axis */
    struct { int source, result; float weight[3]; } product[5];
    void (*transform)(const fl_walk *walk, const float *plane, float *to);
    /* The same of one tile, of FL_WIDTH channels: its lines, elements FL_WIDTH apart. */
    void (*turned)(const float *const *lines, float *to, int64_t point);
    /* The outputs of units from their points; not 0 where something is not finite. */
    fvec (*finish)(const fl_unit *units, int64_t count, const float *from, int64_t point, float bias, const fl_outputs *to);
    const struct fl_tiles *gradient; /* how the output's gradient becomes result points for that of the weights */
} fl_tiles;

/* 2 x 2 outputs of stride 1 by 16 multiplications, not 36; of stride 2 by 25; 4 x 4 elements of the
 * gradient by the input at stride 2 by 25, not 36, beginning with one to which an even number of
 * weights is between it and the window's begin, or an odd one. */
extern const fl_tiles fl_tiles_stride_1, fl_tiles_stride_2, fl_tiles_even_2, fl_tiles_odd_2;

/* How planes become tiles. A job is `images` images, or `band` rows of tiles of one image. Planes are
 * copied with padding; with `direct` they are read as they are. */
typedef struct {
    const fl_tiles *with;
    const float *from;
    int64_t batch, channels, height, width, pad[2]; /* of the source */
    int64_t outs, outputs[2];           /* channels and size of the result */
    int64_t rows, across;               /* rows of tiles, units of a row */
    int64_t images, band, bands, jobs;  /* bands of an image; jobs in all */
    int64_t most;                       /* units of a job, at most */
    int64_t pitch, phase, plane;        /* plane: floats between images */
    int direct;
    fl_unit *units;
} fl_tiled;

/* Sets everything from `rows` on: jobs of at most `units` units, if that can be, which `threads` threads
 * finish soonest where units are worked on in multiples of `fit`. 0 where there is no memory; t->units
 * is the caller's to free. */
int fl_tiled_plan(fl_tiled *t, int64_t units, int64_t threads, int64_t fit);
/* The same cuts for another source with the same tiles. */
int fl_tiled_like(fl_tiled *t, const fl_tiled *other);
/* A job's first image and row of tiles; how many images it has. Its number of units. */
int64_t fl_tiled_job(const fl_tiled *t, int64_t job, int64_t *image, int64_t *row, int64_t *images);
/* The floats of fl_tiled_planes' room: 0 before the first channel of a job. */
int64_t fl_tiled_room(const fl_tiled *t);
/* One channel of a job's planes. */
const float *fl_tiled_planes(const fl_tiled *t, int64_t channel, int64_t image, int64_t row, int64_t images, float *room);

#endif
