/* The templates' types and names for float; see rows.h. */
#undef T
#undef V
#undef M
#undef LANES
#undef F
#undef V_
#undef EXP
#undef LOG
#undef SQRT

#define T float
#define V fvec
#define M ivec
#define LANES FL_WIDTH
#define F(name) name##_f32
#define V_(name) fvec_##name
#define EXP fl_expf
#define LOG fl_logf
#define SQRT __builtin_sqrtf
