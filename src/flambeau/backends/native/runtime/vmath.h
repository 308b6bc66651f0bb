/* Elementary functions that loops over them are vectorised with.
 *
 * Every float function is straight-line code of one number: choices are made with masks, whole
 * numbers are read from the bits of a float to which 1.5 * 2^23 was added, powers of two are made
 * from bits. `for (...) y[i] = fl_tanhf(x[i]);` becomes vector code under -O3 -fno-math-errno
 * -fno-trapping-math, with any compiler and any width of vectors.
 *
 * NaN, infinities, denormals and signs of zero are as in C's own functions unless noted. The
 * polynomials were fitted in double precision, the least largest error by reweighted least squares,
 * their coefficients rounded one after the other, lowest first. Errors in the comments are the
 * largest against double precision, in units in the last place (ulp): with fused multiply-add, then
 * without. exp, log, tanh, sigmoid and erf were measured with it on all floats, the others on each
 * 11th and without it on each 37th. Double functions are C's.
 */
#ifndef FL_VMATH_H
#define FL_VMATH_H
#include <stdint.h>

#ifndef FL_INLINE
#define FL_INLINE static inline __attribute__((always_inline, unused))
#endif

/* ---- bits ---- */

FL_INLINE int32_t fl_bits(float x)
{
    int32_t i;
    __builtin_memcpy(&i, &x, 4);
    return i;
}

FL_INLINE float fl_float_of_bits(int32_t i)
{
    float x;
    __builtin_memcpy(&x, &i, 4);
    return x;
}

FL_INLINE int64_t fl_bits64(double x)
{
    int64_t i;
    __builtin_memcpy(&i, &x, 8);
    return i;
}

/* i * 2^k, also of a negative i. */
FL_INLINE int32_t fl_shift_left(int32_t i, int k) { return (int32_t)((uint32_t)i << k); }

/* All bits set where a condition holds. Choices are made with such masks and not with ?: because
 * compilers turn ?: between numbers that they know into branches, which no loop is vectorised with. */
FL_INLINE int32_t fl_mask(int condition) { return -condition; }

/* a where the mask is set, else b. */
FL_INLINE float fl_select(int32_t mask, float a, float b)
{
    return fl_float_of_bits((fl_bits(a) & mask) | (fl_bits(b) & ~mask));
}

/* 2^n for n in -126..127. */
FL_INLINE float fl_power_of_two(int32_t n) 
{
    return fl_float_of_bits((int32_t)(((uint32_t)n + 127u) << 23));
}

#define FL_ROUND 12582912.0f /* 1.5 * 2^23: what is added to it is rounded to a whole number */
#define FL_ROUND64 6755399441055744.0 /* 1.5 * 2^52 */
#define FL_INFINITY __builtin_inff()
#define FL_NAN __builtin_nanf("")

/* The whole number in x + FL_ROUND, which is in -2^22..2^22. */
FL_INLINE int32_t fl_rounded(float x_plus_round)
{
    return (int32_t)((uint32_t)fl_bits(x_plus_round) - 0x4b400000u);
}

/* p * 2^n for p near 1 and n in -150..128: overflows and denormals come out rounded once. For other
 * n it is a number without meaning, in whose place the caller puts another. */
FL_INLINE float fl_scale(float p, int32_t n)
{
    int32_t half = n >> 1;
    return p * fl_power_of_two(half) * fl_power_of_two(n - half);
}

/* ---- exponentials ---- */

/* x = n ln 2 + r with |r| <= ln 2 / 2; gives r. */
FL_INLINE float fl_exp_rest(float x, int32_t *n)
{
    float t = x * 1.44269504f + FL_ROUND;
    *n = fl_rounded(t);
    t -= FL_ROUND;
    return (x - t * 0.693145751953125f) - t * 1.42860677e-6f;
}

/* (e^r - 1 - r) / r^2 */
FL_INLINE float fl_exp_polynomial(float r)
{
    float q = 0.00139422156f;
    q = q * r + 0.00836884882f;
    q = q * r + 0.0416663848f;
    q = q * r + 0.166665196f;
    return q * r + 0.5f;
}

/* e^x: 1.03 ulp; 1.00. */
FL_INLINE float fl_expf(float x)
{
    int32_t n;
    float r = fl_exp_rest(x, &n);
    float y = fl_scale((fl_exp_polynomial(r) * (r * r) + r) + 1.0f, n);
    y = fl_select(fl_mask(x > 88.73f), FL_INFINITY, y);
    return fl_select(fl_mask(x < -103.98f), 0.0f, y);
}

/* e^x where it is neither denormal nor infinite: x in -87..88. */
FL_INLINE float fl_exp_middle(float x)
{
    int32_t n;
    float r = fl_exp_rest(x, &n);
    float p = fl_exp_polynomial(r) * (r * r) + r + 1.0f;
    return p * fl_power_of_two(n);
}

/* 2^f for f in -1/2..1/2 */
FL_INLINE float fl_exp2_polynomial(float f)
{
    float q = 1.46775401e-05f;
    q = q * f + 0.000154523092f;
    q = q * f + 0.00133366499f;
    q = q * f + 0.00961808674f;
    q = q * f + 0.0555040613f;
    q = q * f + 0.240226507f;
    q = q * f + 0.693147182f;
    return q * f + 1.0f;
}

/* 2^x: 0.85 ulp; 1.03. */
FL_INLINE float fl_exp2f(float x)
{
    float t = x + FL_ROUND;
    float y = fl_scale(fl_exp2_polynomial(x - (t - FL_ROUND)), fl_rounded(t));
    y = fl_select(fl_mask(x >= 128.0f), FL_INFINITY, y);
    return fl_select(fl_mask(x < -150.0f), 0.0f, y);
}

/* e^x - 1: 1.51 ulp; 1.63. */
FL_INLINE float fl_expm1f(float x)
{
    int32_t n;
    float r = fl_exp_rest(x, &n);
    float p = fl_exp_polynomial(r) * (r * r) + r;
    float half = fl_power_of_two(n - 1); /* 2^n itself may overflow */
    float y = 2.0f * (half * p + (half - 0.5f));
    y = fl_select(fl_mask(x > 88.73f), FL_INFINITY, y);
    y = fl_select(fl_mask(x < -20.0f), -1.0f, y);
    return fl_select(fl_mask(x == 0.0f), x, y);
}

/* ---- logarithms ---- */

/* x = 2^e (1 + f) with 1 + f in sqrt(1/2)..sqrt(2), for finite positive x. */
FL_INLINE float fl_log_split(float x, float *e)
{
    int32_t small = fl_mask(x < 1.17549435e-38f);
    int32_t i = fl_bits(fl_select(small, x * 8388608.0f, x));
    int32_t k = (i - 0x3f3504f3) >> 23;
    *e = (float)(k - (small & 23));
    return fl_float_of_bits(i - fl_shift_left(k, 23)) - 1.0f;
}

/* ln(1 + f) - f */
FL_INLINE float fl_log_rest(float f)
{
    float p = -0.0764459223f;
    p = p * f + 0.127780661f;
    p = p * f - 0.131642923f;
    p = p * f + 0.141998738f;
    p = p * f - 0.166227728f;
    p = p * f + 0.200012833f;
    p = p * f - 0.250008374f;
    p = p * f + 0.333333313f;
    return (p * f) * (f * f) - 0.5f * (f * f);
}

/* The logarithm y of x, and what it is where x is not a finite positive number. */
FL_INLINE float fl_log_special(float x, float y)
{
    y = fl_select(fl_mask(x < FL_INFINITY), y, x); /* infinity, NaN */
    y = fl_select(fl_mask(x < 0.0f), FL_NAN, y);
    return fl_select(fl_mask(x == 0.0f), -FL_INFINITY, y);
}

/* The natural logarithm: 0.86 ulp; 0.84. */
FL_INLINE float fl_logf(float x)
{
    float e, f = fl_log_split(x, &e);
    float y = (fl_log_rest(f) + e * 1.42860677e-6f) + f;
    return fl_log_special(x, e * 0.693145751953125f + y);
}

/* To base 2: 1.00 ulp; 1.89. */
FL_INLINE float fl_log2f(float x)
{
    float e, f = fl_log_split(x, &e);
    float rest = fl_log_rest(f);
    float low = rest * 1.44269502f + (f * 1.92596303e-8f);
    return fl_log_special(x, (f * 1.44269502f + low) + e);
}

/* To base 10: 0.96 ulp; 1.90. */
FL_INLINE float fl_log10f(float x)
{
    float e, f = fl_log_split(x, &e);
    float rest = fl_log_rest(f);
    float low = rest * 0.434294492f + (e * 4.60503907e-6f - f * 1.010305e-8f);
    return fl_log_special(x, (f * 0.434294492f + low) + e * 0.301025390625f);
}

/* ln(1 + x): 1.45 ulp; 1.46. What 1 + x loses by rounding is added to the rest after the power of
 * two. */
FL_INLINE float fl_log1pf(float x)
{
    float u = 1.0f + x;
    float part = u - 1.0f;
    float lost = (1.0f - (u - part)) + (x - part);
    int32_t i = fl_bits(u);
    int32_t k = (i - 0x3f3504f3) >> 23;
    int32_t far = fl_mask(k > 64); /* nothing that was lost counts */
    int32_t shrink = (64 & far) | (k & ~far);
    float e = (float)k;
    float f = (fl_float_of_bits(i - fl_shift_left(k, 23)) - 1.0f) + lost * fl_power_of_two(-shrink);
    float y = e * 0.693145751953125f + ((fl_log_rest(f) + e * 1.42860677e-6f) + f);
    return fl_select(fl_mask(x == 0.0f), x, fl_log_special(u, y));
}

/* ln(1 + w) for w in 0..1, as 2 artanh(w / (2 + w)). */
FL_INLINE float fl_log1p_unit(float w)
{
    float s = w / (2.0f + w);
    float t = s * s;
    float p = 0.242452562f;
    p = p * t + 0.214438856f;
    p = p * t + 0.286152124f;
    p = p * t + 0.399989486f;
    p = p * t + 0.666666746f;
    return (p * t) * s + 2.0f * s;
}

/* ---- sigmoid functions ---- */

/* tanh x: 1.34 ulp; 1.31. */
FL_INLINE float fl_tanhf(float x)
{
    float a = __builtin_fabsf(x);
    float t = a * a;
    float p = -0.00569802988f;
    p = p * t + 0.020632321f;
    p = p * t - 0.0537374355f;
    p = p * t + 0.133314118f;
    p = p * t - 0.333332807f;
    float near = (p * t) * a + a;
    float far = 1.0f - 2.0f / (fl_exp_middle(a + a) + 1.0f);
    float y = fl_select(fl_mask(a < 0.625f), near, far);
    return __builtin_copysignf(fl_select(fl_mask(a > 10.0f), 1.0f, y), x);
}

/* 1 / (1 + e^-x): 2.41 ulp; 2.32. */
FL_INLINE float fl_sigmoidf(float x)
{
    float z = fl_expf(-__builtin_fabsf(x));
    return fl_select(fl_mask(x < 0.0f), z, 1.0f) / (1.0f + z);
}

/* x / (1 + e^-x): 3.18 ulp; 3.05, for x above -87: below, e^x is denormal, and rounded more coarsely.
 * NaN at minus infinity, as that quotient is. */
FL_INLINE float fl_siluf(float x) { return x * fl_sigmoidf(x); }

/* ln(1 + e^x): 2.73 ulp; 2.75. */
FL_INLINE float fl_softplusf(float x)
{
    float z = fl_expf(-__builtin_fabsf(x));
    return fl_select(fl_mask(x > 0.0f), x, 0.0f) + fl_log1p_unit(z);
}

/* ln(1 / (1 + e^-x)): 2.71 ulp; 2.63. */
FL_INLINE float fl_log_sigmoidf(float x)
{
    float z = fl_expf(-__builtin_fabsf(x));
    return fl_select(fl_mask(x < 0.0f), x, 0.0f) - fl_log1p_unit(z);
}

/* x tanh(ln(1 + e^x)): 4.49 ulp; 4.11, for x above -87. The tangent is a quotient: with w = e^x it is
 * w (w + 2) / (w (w + 2) + 2). */
FL_INLINE float fl_mishf(float x)
{
    float w = fl_expf(x);
    float n = w * (w + 2.0f);
    return fl_select(fl_mask(x > 20.0f), x, x * (n / (n + 2.0f)));
}

/* ---- the error function ---- */

/* erf x: 1.15 ulp; 1.33. It is x (1 + P(x^2)) near 0 and 1 - exp(-Q(|x|)) further out, where the
 * exponent's error shrinks with the distance from 1. */
FL_INLINE float fl_erff(float x)
{
    float a = __builtin_fabsf(x);
    float t = a * a;
    float p = -0.000612915203f;
    p = p * t + 0.00501705334f;
    p = p * t - 0.0267804395f;
    p = p * t + 0.112821177f;
    p = p * t - 0.376125127f;
    p = p * t + 0.128379151f;
    float near = p * a + a;
    float q = 0.000200995957f;
    q = q * a - 0.00309230713f;
    q = q * a + 0.0224203151f;
    q = q * a - 0.104327731f;
    q = q * a - 0.636736989f;
    q = q * a - 1.12793624f;
    q = q * a - 0.0001335548f;
    float far = 1.0f - fl_exp_middle(q);
    float y = fl_select(fl_mask(a < 0.875f), near, far);
    return __builtin_copysignf(fl_select(fl_mask(a > 4.0f), 1.0f, y), x);
}

/* x (1 + erf(x / sqrt 2)) / 2: 2.53 ulp; 2.48 for x above -1, and everywhere 1.46 ulp of x. Below -1
 * the result goes to 0, and its error is as large as in the formula computed in float. NaN at minus
 * infinity, as the formula gives. */
FL_INLINE float fl_geluf(float x)
{
    return (0.5f * x) * (1.0f + fl_erff(x * 0.707106781f));
}

/* x (1 + tanh u) / 2 = x / (1 + e^(-2 u)) with u = sqrt(2 / pi) (x + 0.044715 x^3): 3.11 ulp; 2.87 for
 * x above -1, and everywhere 1.97 ulp of x. */
FL_INLINE float fl_gelu_tanhf(float x)
{
    float t = x * x;
    float u = x * (t * 0.0713548162f + 1.59576912f); /* 2 u */
    return x * fl_sigmoidf(u);
}

/* ---- trigonometry ---- */

/* sin and cos are right up to this size; a loop over larger numbers uses C's functions. */
#define FL_TRIGONOMETRY_LIMIT 134217728.0f

/* sin(x + quarter pi / 2). x - k pi / 2 is computed in double with pi / 2 in three parts, of which
 * the products of the first two with k are exact. */
FL_INLINE float fl_sin_turned(float x, int quarter)
{
    double w = x;
    double k = w * 0.63661977236758134 + FL_ROUND64;
    int32_t q = (int32_t)fl_bits64(k) + quarter;
    k -= FL_ROUND64;
    w = ((w - k * 1.5707963109016418) - k * 1.5893254712295857e-08) - k * 6.123233995736766e-17;
    float r = (float)w;
    float t = r * r;
    float s = 2.83695067e-06f;
    s = s * t - 0.000198534835f;
    s = s * t + 0.00833338033f;
    s = s * t - 0.166666672f;
    s = (s * t) * r + r;
    float c = 2.44306684e-05f;
    c = c * t - 0.00138873013f;
    c = c * t + 0.0416666456f;
    c = (c * t) * t + (1.0f - 0.5f * t);
    float y = fl_select(fl_mask(q & 1), c, s);
    return fl_float_of_bits(fl_bits(y) ^ fl_shift_left(q & 2, 30));
}

/* sin x for |x| up to FL_TRIGONOMETRY_LIMIT: 1.56 ulp; 1.56. */
FL_INLINE float fl_sinf(float x)
{
    float y = fl_sin_turned(x, 0);
    return fl_select(fl_mask(x == 0.0f), x, y);
}

/* cos x for |x| up to FL_TRIGONOMETRY_LIMIT: 1.56 ulp; 1.56. */
FL_INLINE float fl_cosf(float x) { return fl_sin_turned(x, 1); }

/* ---- powers ---- */

/* x^y: 0.89 ulp; 1.16, in 25 million random pairs. The exponent y log2 |x| is computed in double. */
FL_INLINE float fl_powf(float x, float y)
{
    float a = __builtin_fabsf(x), b = __builtin_fabsf(y);
    float e, f = fl_log_split(a, &e);
    double s = (double)f / (2.0 + (double)f);
    double t = s * s;
    double p = 0.3407563166821477;
    p = p * t + 0.41167138804342673;
    p = p * t + 0.5770836055462292;
    p = p * t + 0.9617966732436588;
    p = p * t + 2.8853900817901574;
    double logarithm = p * s + (double)e;
    float finite = fl_select(fl_mask(a < FL_INFINITY), 0.0f, a); /* or infinity, NaN */
    float zero = fl_select(fl_mask(a == 0.0f), -FL_INFINITY, 0.0f);
    double z = (double)y * (logarithm + (double)(finite + zero));
    double n = (z + FL_ROUND64) - FL_ROUND64;
    float power = fl_scale(fl_exp2_polynomial((float)(z - n)), fl_rounded((float)n + FL_ROUND));
    power = fl_select(fl_mask((float)n > 128.0f), FL_INFINITY, power);
    power = fl_select(fl_mask((float)n < -150.0f), 0.0f, power);
    /* Signs: b + 2^23 has b's whole part in its lowest bits. */
    int32_t fraction = fl_mask(b < 8388608.0f);
    float shifted = b + 8388608.0f;
    int32_t whole = ~fraction | fl_mask(shifted - 8388608.0f == b);
    int32_t parity = (fl_bits(shifted) & fraction) | (fl_bits(b) & ~fraction);
    int32_t odd = parity & whole & fl_mask(b < 16777216.0f);
    float result = fl_float_of_bits(fl_bits(power) ^ (fl_shift_left(odd, 31) & fl_bits(x)));
    int32_t none = fl_mask(x < 0.0f) & ~whole & fl_mask(a < FL_INFINITY) & fl_mask(y == y);
    result = fl_select(none, FL_NAN, result);
    int32_t one = fl_mask(y == 0.0f) | fl_mask(x == 1.0f);
    one |= fl_mask(x == -1.0f) & fl_mask(b == FL_INFINITY);
    return fl_select(one, 1.0f, result);
}

/* ---- double precision ---- */

FL_INLINE double fl_exp(double x) { return __builtin_exp(x); }
FL_INLINE double fl_exp2(double x) { return __builtin_exp2(x); }
FL_INLINE double fl_expm1(double x) { return __builtin_expm1(x); }
FL_INLINE double fl_log(double x) { return __builtin_log(x); }
FL_INLINE double fl_log2(double x) { return __builtin_log2(x); }
FL_INLINE double fl_log10(double x) { return __builtin_log10(x); }
FL_INLINE double fl_log1p(double x) { return __builtin_log1p(x); }
FL_INLINE double fl_tanh(double x) { return __builtin_tanh(x); }
FL_INLINE double fl_erf(double x) { return __builtin_erf(x); }
FL_INLINE double fl_sin(double x) { return __builtin_sin(x); }
FL_INLINE double fl_cos(double x) { return __builtin_cos(x); }
FL_INLINE double fl_pow(double x, double y) { return __builtin_pow(x, y); }

FL_INLINE double fl_sigmoid(double x)
{
    double z = __builtin_exp(-__builtin_fabs(x));
    return (x < 0.0 ? z : 1.0) / (1.0 + z);
}

FL_INLINE double fl_silu(double x) { return x * fl_sigmoid(x); }

FL_INLINE double fl_softplus(double x)
{
    return (x > 0.0 ? x : 0.0) + __builtin_log1p(__builtin_exp(-__builtin_fabs(x)));
}

FL_INLINE double fl_log_sigmoid(double x) { return -fl_softplus(-x); }

FL_INLINE double fl_mish(double x) { return x * __builtin_tanh(fl_softplus(x)); }

FL_INLINE double fl_gelu(double x)
{
    return 0.5 * x * (1.0 + __builtin_erf(x * 0.7071067811865476));
}

FL_INLINE double fl_gelu_tanh(double x)
{
    return 0.5 * x * (1.0 + __builtin_tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)));
}

#endif
