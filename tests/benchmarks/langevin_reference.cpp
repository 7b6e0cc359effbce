// C++ side of the Langevin benchmark: the same Strang step, Philox4x32-10 (one call for two steps) and Box-Muller with the same
// polynomials, written for the vectoriser. 64 lanes in structure-of-arrays form; counts visits to two discs after every step.
#include <cmath>
#include <cstdint>
#include <cstring>

namespace {
constexpr int lanes = 64;
using u64 = std::uint64_t;
using i64 = std::int64_t;

inline double as_double(u64 x) { double d; std::memcpy(&d, &x, 8); return d; }
inline u64 as_bits(double x) { u64 b; std::memcpy(&b, &x, 8); return b; }

inline void quarter(double y, double &c, double &s) {
    const double z = y * y;
    double p = z * -2.4805621234184578e-08 + 2.755599073977895e-06;
    p = p * z - 0.00019841266916201036;
    p = p * z + 0.008333333331078028;
    p = p * z - 0.16666666666663882;
    s = p * z * y + y;
    double q = z * 2.0670575547768764e-09 - 2.7555914420072164e-07;
    q = q * z + 2.480158280147824e-05;
    q = q * z - 0.001388888888206606;
    q = q * z + 0.04166666666662416;
    q = q * z - 0.4999999999999994;
    c = q * z + 1.0;
}

inline void turn(double a, double &c, double &s) {
    const double magic = 6755399441055744.0;
    const double z = a * 0.63661977236758134308 + magic;
    const double m = z - magic;
    const u64 q = as_bits(z);
    double cc, ss;
    quarter((a - m * 1.57079632673412561417e00) - m * 6.07710050630396597660e-11, cc, ss);
    const u64 odd = u64(0) - (q & 1);
    const u64 bs = as_bits(ss), bc = as_bits(cc);
    s = as_double(((bc & odd) | (bs & ~odd)) ^ ((q & 2) << 62));
    c = as_double(((bs & odd) | (bc & ~odd)) ^ (((q + 1) & 2) << 62));
}

inline double twice_log_inverse(double u) {
    const i64 b = i64(as_bits(u));
    const i64 e = (b - 0x3FE6A09E667F3BCDLL) >> 52;
    const double m = as_double(u64(b - (e << 52)));
    const double x = as_double(u64(e + 0x4338000000000000LL)) - 6755399441055744.0;
    const double s = (m - 1.0) / (m + 1.0), z = s * s;
    double p = z * 0.39214514877234585 + 0.44348593441620615;
    p = p * z + 0.5714433090897955;
    p = p * z + 0.7999998978226422;
    p = p * z + 1.3333333335926891;
    p = p * z + 3.999999999999892;
    return -(p * s + 2.0 * 0.6931471805599453 * x);
}

// unrolled by the template: an inner loop would keep the lane loop scalar
template <int left> inline void rounds(u64 &c0, u64 &c1, u64 &c2, u64 &c3, u64 a, u64 b) {
    if constexpr (left > 0) {
        const u64 p0 = u64(0xD2511F53u) * (c0 & 0xFFFFFFFFu), p1 = u64(0xCD9E8D57u) * (c2 & 0xFFFFFFFFu);
        c0 = (p1 >> 32) ^ c1 ^ a;
        c1 = p1;
        c2 = (p0 >> 32) ^ c3 ^ b;
        c3 = p0;
        rounds<left - 1>(c0, c1, c2, c3, a + 0x9E3779B9u, b + 0xBB67AE85u);
    }
}
}  // namespace

// p: omega, kerr, dt, E00, E01, E10, E11, L00, L10, L11;  disc: x, y, radius squared, twice.  Returns visits.
extern "C" double run(i64 steps, u64 k0, u64 k1, const double *p, const double *disc,
                      double *__restrict x, double *__restrict y) {
    alignas(64) double c[lanes], s[lanes], g[lanes], h[lanes];
    alignas(64) u64 word[2][lanes];
    alignas(64) i64 hits[lanes] = {};
    for (int l = 0; l < lanes; ++l) turn(-0.5 * p[2] * (p[0] + p[1] * (x[l] * x[l] + y[l] * y[l])), c[l], s[l]);
    const double size0 = disc[2], size1 = disc[5], x0 = disc[0], y0 = disc[1], x1 = disc[3], y1 = disc[4];
    for (i64 t = 0; t < steps; ++t) {
        if (t % 2 == 0)
            for (int l = 0; l < lanes; ++l) {
                const u64 low = 0xFFFFFFFFu;
                u64 c0 = u64(t / 2) & low, c1 = u64(t / 2) >> 32, c2 = u64(l), c3 = 0, a = k0, b = k1;
                rounds<10>(c0, c1, c2, c3, a, b);
                word[0][l] = (c0 & low) | (c1 << 32);
                word[1][l] = (c2 & low) | (c3 << 32);
            }
        const u64 *w = word[t % 2];
        for (int l = 0; l < lanes; ++l) {
            const u64 unit = 0x3FF0000000000000u;
            const double v = as_double(((w[l] >> 12) & 0x000FFFFFFFFFFF00u) | unit) - (1.0 - 0x1p-45);
            const double r = std::sqrt(twice_log_inverse(v));
            double cc, ss;
            quarter((as_double(((w[l] << 32) & 0x000FFFFC00000000u) | unit) - (1.5 - 0x1p-19)) * 1.5707963267948966, cc, ss);
            cc = as_double(as_bits(cc) ^ ((w[l] & 1) << 63));
            const u64 swap = u64(0) - ((w[l] >> 1) & 1);
            g[l] = r * as_double((as_bits(ss) & swap) | (as_bits(cc) & ~swap));
            h[l] = r * as_double((as_bits(cc) & swap) | (as_bits(ss) & ~swap));
        }
        i64 large = 0;
        for (int l = 0; l < lanes; ++l) {
            const double u = c[l] * x[l] - s[l] * y[l], v = s[l] * x[l] + c[l] * y[l];
            x[l] = p[3] * u + p[4] * v + p[7] * g[l];
            y[l] = p[5] * u + p[6] * v + p[8] * g[l] + p[9] * h[l];
            c[l] = -0.5 * p[2] * (p[0] + p[1] * (x[l] * x[l] + y[l] * y[l]));
            large += !(std::fabs(c[l]) <= 0.78);
        }
        if (large == 0)
            for (int l = 0; l < lanes; ++l) {
                const double a = x[l], b = y[l];
                double cc, ss;
                quarter(c[l], cc, ss);
                x[l] = cc * a - ss * b;
                y[l] = ss * a + cc * b;
                c[l] = cc;
                s[l] = ss;
            }
        else
            for (int l = 0; l < lanes; ++l) {
                const double a = x[l], b = y[l];
                double cc, ss;
                turn(c[l], cc, ss);
                x[l] = cc * a - ss * b;
                y[l] = ss * a + cc * b;
                c[l] = cc;
                s[l] = ss;
            }
        for (int l = 0; l < lanes; ++l) {
            const double d0 = (x[l] - x0) * (x[l] - x0) + (y[l] - y0) * (y[l] - y0);
            const double d1 = (x[l] - x1) * (x[l] - x1) + (y[l] - y1) * (y[l] - y1);
            hits[l] += i64(d0 <= size0) + i64(d1 <= size1);
        }
    }
    double total = 0.0;
    for (int l = 0; l < lanes; ++l) total += double(hits[l]);
    return total;
}
