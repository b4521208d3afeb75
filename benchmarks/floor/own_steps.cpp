// The harder floor: the benchmark's problem written by hand, for this problem and no other, by the
// engine's own method.
//
// Two compartments with linear and saturable elimination, infusions into the first, samples of both
// states. Tsitouras 5(4) with dense output in 32 lanes as a structure of arrays; every lane takes
// steps of its own from event to event, and one that has come to its end leaves its seat to the next
// patient. Parameters are premultiplied, each loop over lanes has a fixed length, nothing is
// general.
//
// Source: Tsitouras 2011, doi 10.1016/j.camwa.2011.06.002.

#include "problem.hpp"

#if defined(__AVX512F__)
#include <immintrin.h>
#endif

namespace {

constexpr double GROWTH = 6.0;  // by how much a step may be longer than the one before

// Weights of the slopes in the stages, in the error and in the highest power of the dense output.
constexpr double A20 = -0.008480655492356989, A21 = 0.335480655492357;
constexpr double A30 = 2.8971530571054935, A31 = -6.359448489975075, A32 = 4.3622954328695815;
constexpr double A40 = 5.325864828439257, A41 = -11.748883564062828, A42 = 7.4955393428898365,
                 A43 = -0.09249506636175525;
constexpr double A50 = 5.86145544294642, A51 = -12.92096931784711, A52 = 8.159367898576159,
                 A53 = -0.071584973281401, A54 = -0.028269050394068383;
constexpr double A60 = 0.09646076681806523, A61 = 0.01, A62 = 0.4798896504144996,
                 A63 = 1.379008574103742, A64 = -3.290069515436081, A65 = 2.324710524099774;
constexpr double E0 = -0.00178001105222577714, E1 = -0.0008164344596567469,
                 E2 = 0.007880878010261995, E3 = -0.1447110071732629, E4 = 0.5823571654525552,
                 E5 = -0.45808210592918697, E6 = 1.0 / 66.0;
constexpr double D0 = -1.0530884977290216, D1 = 0.1017, D2 = 2.490627285651253,
                 D3 = -16.548102889244902, D4 = 47.37952196281928, D5 = -34.87065786149661,
                 D6 = 2.5;

struct alignas(64) Block {
    double x1[LANES], x2[LANES], y1[LANES], y2[LANES];  // where the step begins, and ends
    double k[7][2][LANES];
    double k10[LANES], k12[LANES], k21[LANES], vm[LANES], km[LANES], rate[LANES];
    double t[LANES], stop[LANES], due[LANES];  // hours: now, the next event, the next sample
    double dt[LANES], want[LANES], reached[LANES], good[LANES], error[LANES];
    double past[LANES], previous[LANES], growth[LANES], entry[LANES], enters[LANES];
    double r1[LANES], r2[LANES];  // the states at the next sample
};

inline void slopes(double a, double b, double k10, double k12, double k21, double vm, double km,
                   double rate, double& da, double& db) {
    // Michaelis-Menten in amounts: vm a / (km v1 + a).
    const double exchange = k12 * a - k21 * b;
    da = rate - k10 * a - exchange - vm * a / (km + a);
    db = exchange;
}

// Move on the lanes whose last step was accepted, then try the next step of every lane.
// Multiply-adds count twice, every other operation once; see `floor_operations`.
void attempt(Block& v, double rtol, double floor) {
#pragma GCC ivdep
    for (int l = 0; l < LANES; l++) {
        const double p = v.k10[l], q = v.k12[l], r = v.k21[l], vm = v.vm[l], km = v.km[l],
                     in = v.rate[l];
        const bool moved = v.good[l] > 0.0;
        const double b1 = moved ? v.y1[l] : v.x1[l], b2 = moved ? v.y2[l] : v.x2[l];
        const double k01 = moved ? v.k[6][0][l] : v.k[0][0][l],
                     k02 = moved ? v.k[6][1][l] : v.k[0][1][l];
        v.x1[l] = b1, v.x2[l] = b2, v.k[0][0][l] = k01, v.k[0][1][l] = k02;
        const double now = v.reached[l], rest = v.stop[l] - now;
        const double dt = 1.01 * v.want[l] >= rest ? rest : v.want[l];
        v.t[l] = now, v.dt[l] = dt;
        double k11, k12, k21, k22, k31, k32, k41, k42, k51, k52, k61, k62;
        slopes(b1 + dt * 0.161 * k01, b2 + dt * 0.161 * k02, p, q, r, vm, km, in, k11, k12);
        // The newest slope last: the others are there while it is being computed.
        const double d1 = dt * A21, d2 = dt * A32, d3 = dt * A43, d4 = dt * A54, d5 = dt * A65;
        slopes(b1 + dt * (A20 * k01) + d1 * k11, b2 + dt * (A20 * k02) + d1 * k12, p, q, r, vm, km,
               in, k21, k22);
        slopes(b1 + dt * (A30 * k01 + A31 * k11) + d2 * k21,
               b2 + dt * (A30 * k02 + A31 * k12) + d2 * k22, p, q, r, vm, km, in, k31, k32);
        slopes(b1 + dt * (A40 * k01 + A41 * k11 + A42 * k21) + d3 * k31,
               b2 + dt * (A40 * k02 + A41 * k12 + A42 * k22) + d3 * k32, p, q, r, vm, km, in, k41,
               k42);
        slopes(b1 + dt * (A50 * k01 + A51 * k11 + A52 * k21 + A53 * k31) + d4 * k41,
               b2 + dt * (A50 * k02 + A51 * k12 + A52 * k22 + A53 * k32) + d4 * k42, p, q, r, vm,
               km, in, k51, k52);
        const double n1 =
            b1 + dt * (A60 * k01 + A61 * k11 + A62 * k21 + A63 * k31 + A64 * k41) + d5 * k51;
        const double n2 =
            b2 + dt * (A60 * k02 + A61 * k12 + A62 * k22 + A63 * k32 + A64 * k42) + d5 * k52;
        slopes(n1, n2, p, q, r, vm, km, in, k61, k62);
        const double s1 = floor + rtol * std::max(std::fabs(b1), RISE * std::fabs(n1));
        const double s2 = floor + rtol * std::max(std::fabs(b2), RISE * std::fabs(n2));
        const double e1 = (E0 * k01 + E1 * k11 + E2 * k21 + E3 * k31 + E4 * k41 + E5 * k51 +
                           E6 * k61) * s2;
        const double e2 = (E0 * k02 + E1 * k12 + E2 * k22 + E3 * k32 + E4 * k42 + E5 * k52 +
                           E6 * k62) * s1;
        const double s12 = s1 * s2;
        v.error[l] = 0.5 * dt * dt * (e1 * e1 + e2 * e2) / (s12 * s12);
        v.y1[l] = n1, v.y2[l] = n2;
        v.k[1][0][l] = k11, v.k[1][1][l] = k12, v.k[2][0][l] = k21, v.k[2][1][l] = k22;
        v.k[3][0][l] = k31, v.k[3][1][l] = k32, v.k[4][0][l] = k41, v.k[4][1][l] = k42;
        v.k[5][0][l] = k51, v.k[5][1][l] = k52, v.k[6][0][l] = k61, v.k[6][1][l] = k62;
    }
}

// Operations of one attempt for one lane, as a compiler that fuses wherever it can issues them.
constexpr int SLOPES_FUSED = 3, SLOPES_OTHER = 2, SLOPES_DIVISIONS = 1;
constexpr int FUSED = 6 * SLOPES_FUSED + 2 * (1 + 2 + 3 + 4 + 5 + 6) + 2 * 6 + 2 + 1;
constexpr int OTHER = 6 * SLOPES_OTHER + 2 + 6 + 2 * 5 + 2 + 4 + 2 + 2 + 1 + 1 + 1;
constexpr int DIVISIONS = 6 * SLOPES_DIVISIONS + 1;

// Roots of the error, to what the choice of a step needs.
inline double logarithm(double x) {
    std::int64_t bits;
    std::memcpy(&bits, &x, sizeof bits);
    const std::int64_t fraction = (bits & 0xFFFFFFFFFFFFF) | (1023ll << 52);
    double part;
    std::memcpy(&part, &fraction, sizeof part);
    return static_cast<double>((bits >> 52) - 1023) + (2.0 - part / 3.0) * part - 5.0 / 3.0;
}

inline double power(double exponent) {
    double a = 0.08664339756999316 * std::max(-3.0, std::min(3.0, exponent));
    a = 1.0 + a * (1.0 + a * (0.5 + a / 6.0));
    a *= a;
    a *= a;
    return a * a;
}

// Which steps are accepted, and how far each lane will try to go next.
void control(Block& v) {
#pragma GCC ivdep
    for (int l = 0; l < LANES; l++) {
        const double error = v.error[l], dt = v.dt[l], now = v.t[l], size = logarithm(error);
        const bool good = error <= 1.0, last = dt >= v.stop[l] - now;
        const double trend = std::min(
            1.2, std::max(0.5, dt / v.previous[l] * power(0.1 * (v.past[l] - size))));
        const double factor =
            0.9 * power(-0.1 * size) * (good && v.previous[l] > 0.0 ? trend : 1.0);
        const double first = dt * std::max(0.2, std::min(GROWTH, factor));
        v.entry[l] = good && !last && v.enters[l] > 0.0 ? first : v.entry[l];
        v.enters[l] = good ? 0.0 : v.enters[l];
        const double next = dt * std::max(0.2, std::min(good ? v.growth[l] : 1.0, factor));
        v.want[l] = good && last ? std::max(next, v.want[l]) : next;
        v.reached[l] = good ? (last ? v.stop[l] : now + dt) : now;
        v.past[l] = good ? size : v.past[l];
        v.previous[l] = good ? dt : v.previous[l];
        v.growth[l] = good ? GROWTH : 1.0;
        v.good[l] = good ? 1.0 : 0.0;
    }
}

// The states at each lane's next sample: the dense output meets both ends of the step and their
// slopes, so of its polynomial only the highest power is its own.
template <int I>
inline double between(const Block& v, int l, double x, double y, double dt, double theta) {
    const double change = y - x, rest = 1.0 - theta;
    const double begin = dt * v.k[0][I][l] - change, end = change - dt * v.k[6][I][l] - begin;
    const double own = dt * (D0 * v.k[0][I][l] + D1 * v.k[1][I][l] + D2 * v.k[2][I][l] +
                             D3 * v.k[3][I][l] + D4 * v.k[4][I][l] + D5 * v.k[5][I][l] +
                             D6 * v.k[6][I][l]);
    return x + theta * (change + rest * (begin + theta * (end + rest * own)));
}

void read(Block& v) {
#pragma GCC ivdep
    for (int l = 0; l < LANES; l++) {
        const double dt = v.dt[l], theta = std::max(0.0, std::min(1.0, (v.due[l] - v.t[l]) / dt));
        v.r1[l] = between<0>(v, l, v.x1[l], v.y1[l], dt, theta);
        v.r2[l] = between<1>(v, l, v.x2[l], v.y2[l], dt, theta);
    }
}

// Bits of the lanes where one is at most the other.
inline std::uint32_t at_most(const double* one, const double* other) {
    std::uint32_t found = 0;
#if defined(__AVX512F__)
    for (int l = 0; l < LANES; l += 8)
        found |= std::uint32_t(_mm512_cmp_pd_mask(_mm512_load_pd(one + l),
                                                  _mm512_load_pd(other + l), _CMP_LE_OQ)) << l;
#else
    for (int l = 0; l < LANES; l++) found |= std::uint32_t(one[l] <= other[l]) << l;
#endif
    return found;
}

struct Lane {
    const double *begins, *durations, *times, *end;
    double* amounts;
    int event;
};

// One thread's work: lanes lo to hi through the seats of one block. Returns the attempts.
std::int64_t march(const Problem& p, std::int64_t lo, std::int64_t hi) {
    Block v;
    Lane lanes[LANES];
    std::memset(&v, 0, sizeof v);
    const double floor = p.atol * p.amount, part = 5.0 * std::pow(p.rtol, 0.2);
    std::int64_t next = lo, attempts = 0;
    int busy = 0;
    // Let events act where a lane stands, and begin its next segment; false when it is done.
    auto depart = [&](int l, double now) {
        Lane& a = lanes[l];
        double until = NEVER;
        bool enters = false;
        while (a.event < 2 * p.infusions) {
            const int e = a.event / 2;
            const double length = a.durations[e];
            until = a.begins[e] + (a.event % 2 ? length : 0.0);
            if (until > now) break;
            v.rate[l] = a.event % 2 ? 0.0 : p.amount / length;
            enters = enters || a.event % 2 == 0;
            a.event++;
            until = NEVER;
        }
        if (a.times >= a.end) return false;
        v.stop[l] = std::min(until, a.end[-1]);
        v.reached[l] = now;
        v.good[l] = 0.0;
        v.due[l] = *a.times;
        slopes(v.x1[l], v.x2[l], v.k10[l], v.k12[l], v.k21[l], v.vm[l], v.km[l], v.rate[l],
               v.k[0][0][l], v.k[0][1][l]);
        const double pace = std::max(std::fabs(v.k[0][0][l]) / (std::fabs(v.x1[l]) + p.amount),
                                     std::fabs(v.k[0][1][l]) / (std::fabs(v.x2[l]) + p.amount));
        double want = std::min(v.want[l], v.stop[l] - now);
        if (pace > 0.0) want = std::min(want, part / pace);
        if (enters) want = std::min(want, v.entry[l]);
        v.want[l] = want;
        v.enters[l] = enters ? 1.0 : 0.0;
        v.previous[l] = 0.0;
        v.growth[l] = GROWTH;
        return true;
    };
    // Give a seat to the next in line, or leave it empty for good.
    auto sit_down = [&](int l) {
        v.x1[l] = v.x2[l] = v.rate[l] = 0.0;
        while (next < hi) {
            const std::int64_t i = next++, s = p.own ? i : 0;
            const double* a = p.parameters + 6 * i;
            v.k10[l] = a[0] / a[1], v.k12[l] = a[2] / a[1], v.k21[l] = a[2] / a[3], v.vm[l] = a[4];
            v.km[l] = a[5] * a[1];
            lanes[l] = {p.begins + s * p.infusions, p.durations + s * p.infusions,
                        p.times + s * p.samples, p.times + (s + 1) * p.samples,
                        p.amounts + 2 * i * p.samples, 0};
            v.want[l] = v.entry[l] = NEVER;
            if (depart(l, lanes[l].begins[0])) {
                busy++;
                return;
            }
        }
        v.km[l] = 1.0;
        v.want[l] = v.reached[l] = v.good[l] = v.k[0][0][l] = v.k[0][1][l] = 0.0;
        v.stop[l] = v.due[l] = NEVER;
    };
    for (int l = 0; l < LANES; l++) sit_down(l);
    while (busy) {
        attempt(v, p.rtol, floor);
        attempts++;
        control(v);
        std::uint32_t waiting = at_most(v.due, v.reached);
        while (waiting) {
            read(v);
            std::uint32_t again = 0;
            for (; waiting; waiting &= waiting - 1) {
                const int l = __builtin_ctz(waiting);
                Lane& a = lanes[l];
                a.amounts[0] = v.r1[l], a.amounts[1] = v.r2[l];
                a.amounts += 2;
                const double due = ++a.times < a.end ? *a.times : NEVER;
                v.due[l] = due;
                again |= std::uint32_t(due <= v.reached[l]) << l;
            }
            waiting = again;
        }
        for (std::uint32_t done = at_most(v.stop, v.reached); done; done &= done - 1) {
            const int l = __builtin_ctz(done);
            v.x1[l] = v.y1[l], v.x2[l] = v.y2[l];
            if (!depart(l, v.stop[l])) {
                busy--;
                sit_down(l);
            }
        }
    }
    return attempts;
}

}  // namespace

#include "measure.hpp"
