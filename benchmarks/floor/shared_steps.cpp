// The floor: the benchmark's problem written by hand, for this problem and no other.
//
// Two compartments with linear and saturable elimination, infusions into the first, samples of both
// states. Blocks of 32 lanes as a structure of arrays, one shared adaptive step of Tsitouras 5(4)
// with dense output, chosen by the worst lane; segments between the lanes' own events normalized to
// [0, 1]; lanes sorted by pace inside stretches of 1024. Parameters are premultiplied, each loop
// over lanes has a fixed length, nothing is general.
//
// Source: Tsitouras 2011, doi 10.1016/j.camwa.2011.06.002.

#include "problem.hpp"

namespace {

struct alignas(64) Block {
    double x1[LANES], x2[LANES], y1[LANES], y2[LANES];
    double k[7][2][LANES];
    double q[4][2][LANES];
    double k10[LANES], k12[LANES], k21[LANES], vm[LANES], km[LANES];
    double rate[LANES], hours[LANES], begin[LANES], stop[LANES], due[LANES];
};

inline void slopes(double a, double b, double h, double k10, double k12, double k21, double vm,
                   double km, double rate, double& da, double& db) {
    // Michaelis-Menten in amounts: vm a / (km v1 + a).
    const double exchange = k12 * a - k21 * b;
    da = h * (rate - k10 * a - exchange - vm * a / (km + a));
    db = h * exchange;
}

void derive(Block& v) {
#pragma GCC ivdep
    for (int l = 0; l < LANES; l++)
        slopes(v.x1[l], v.x2[l], v.hours[l], v.k10[l], v.k12[l], v.k21[l], v.vm[l], v.km[l],
               v.rate[l], v.k[0][0][l], v.k[0][1][l]);
}

// Multiply-adds count twice, every other operation once; see `floor_operations`.
double attempt(Block& v, double dt, double rtol, double floor) {
    double worst = 0.0;
#pragma GCC ivdep
    for (int l = 0; l < LANES; l++) {
        const double h = v.hours[l], p = v.k10[l], q = v.k12[l], r = v.k21[l], vm = v.vm[l],
                     km = v.km[l], in = v.rate[l], b1 = v.x1[l], b2 = v.x2[l];
        const double k01 = v.k[0][0][l], k02 = v.k[0][1][l];
        double k11, k12, k21, k22, k31, k32, k41, k42, k51, k52, k61, k62;
        slopes(b1 + dt * 0.161 * k01, b2 + dt * 0.161 * k02, h, p, q, r, vm, km, in, k11, k12);
        const double a20 = dt * -0.008480655492356989, a21 = dt * 0.335480655492357;
        slopes(b1 + a20 * k01 + a21 * k11, b2 + a20 * k02 + a21 * k12, h, p, q, r, vm, km, in, k21,
               k22);
        const double a30 = dt * 2.8971530571054935, a31 = dt * -6.359448489975075,
                     a32 = dt * 4.3622954328695815;
        slopes(b1 + a30 * k01 + a31 * k11 + a32 * k21, b2 + a30 * k02 + a31 * k12 + a32 * k22, h, p,
               q, r, vm, km, in, k31, k32);
        const double a40 = dt * 5.325864828439257, a41 = dt * -11.748883564062828,
                     a42 = dt * 7.4955393428898365, a43 = dt * -0.09249506636175525;
        slopes(b1 + a40 * k01 + a41 * k11 + a42 * k21 + a43 * k31,
               b2 + a40 * k02 + a41 * k12 + a42 * k22 + a43 * k32, h, p, q, r, vm, km, in, k41,
               k42);
        const double a50 = dt * 5.86145544294642, a51 = dt * -12.92096931784711,
                     a52 = dt * 8.159367898576159, a53 = dt * -0.071584973281401,
                     a54 = dt * -0.028269050394068383;
        slopes(b1 + a50 * k01 + a51 * k11 + a52 * k21 + a53 * k31 + a54 * k41,
               b2 + a50 * k02 + a51 * k12 + a52 * k22 + a53 * k32 + a54 * k42, h, p, q, r, vm, km,
               in, k51, k52);
        const double a60 = dt * 0.09646076681806523, a61 = dt * 0.01, a62 = dt * 0.4798896504144996,
                     a63 = dt * 1.379008574103742, a64 = dt * -3.290069515436081,
                     a65 = dt * 2.324710524099774;
        const double n1 = b1 + a60 * k01 + a61 * k11 + a62 * k21 + a63 * k31 + a64 * k41 + a65 * k51;
        const double n2 = b2 + a60 * k02 + a61 * k12 + a62 * k22 + a63 * k32 + a64 * k42 + a65 * k52;
        slopes(n1, n2, h, p, q, r, vm, km, in, k61, k62);
        const double e0 = dt * -0.00178001105222577714, e1 = dt * -0.0008164344596567469,
                     e2 = dt * 0.007880878010261995, e3 = dt * -0.1447110071732629,
                     e4 = dt * 0.5823571654525552, e5 = dt * -0.45808210592918697,
                     e6 = dt * (1.0 / 66.0);
        const double s1 = floor + rtol * std::max(std::fabs(b1), RISE * std::fabs(n1));
        const double s2 = floor + rtol * std::max(std::fabs(b2), RISE * std::fabs(n2));
        const double d1 = (e0 * k01 + e1 * k11 + e2 * k21 + e3 * k31 + e4 * k41 + e5 * k51 +
                           e6 * k61) * s2;
        const double d2 = (e0 * k02 + e1 * k12 + e2 * k22 + e3 * k32 + e4 * k42 + e5 * k52 +
                           e6 * k62) * s1;
        const double s12 = s1 * s2;
        worst = std::max(worst, 0.5 * (d1 * d1 + d2 * d2) / (s12 * s12));
        v.y1[l] = n1;
        v.y2[l] = n2;
        v.k[1][0][l] = k11, v.k[1][1][l] = k12, v.k[2][0][l] = k21, v.k[2][1][l] = k22;
        v.k[3][0][l] = k31, v.k[3][1][l] = k32, v.k[4][0][l] = k41, v.k[4][1][l] = k42;
        v.k[5][0][l] = k51, v.k[5][1][l] = k52, v.k[6][0][l] = k61, v.k[6][1][l] = k62;
    }
    return worst;
}

// Operations of one attempt for one lane, as a compiler that fuses wherever it can issues them.
constexpr int SLOPES_FUSED = 3, SLOPES_OTHER = 4, SLOPES_DIVISIONS = 1;
constexpr int FUSED = 6 * SLOPES_FUSED + 2 * (1 + 2 + 3 + 4 + 5 + 6) + 2 * 6 + 2 + 1;
constexpr int OTHER = 6 * SLOPES_OTHER + 2 + 4 + 2 + 1 + 1 + 1 + 1;
constexpr int DIVISIONS = 6 * SLOPES_DIVISIONS + 1;

// Weights of the slopes in the interpolant: coefficients of theta to theta^4.
constexpr double WEIGHTS[4][7] = {
    {1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0},
    {-2.763706197274826, 0.13169999999999998, 3.9302962368947516, -12.411077166933676,
     37.50931341651104, -27.896526289197286, 1.5},
    {2.9132554618219126, -0.2234, -5.941033872131505, 30.33818863028232, -88.1789048947664,
     65.09189467479366, -4.0},
    {-1.0530884977290216, 0.1017, 2.490627285651253, -16.548102889244902, 47.37952196281928,
     -34.870657861496610, 2.5}};

void interpolant(Block& v) {
    for (int i = 0; i < 2; i++)
#pragma GCC ivdep
        for (int l = 0; l < LANES; l++) {
            const double k0 = v.k[0][i][l], k1 = v.k[1][i][l], k2 = v.k[2][i][l], k3 = v.k[3][i][l],
                         k4 = v.k[4][i][l], k5 = v.k[5][i][l], k6 = v.k[6][i][l];
            v.q[0][i][l] = k0;
            for (int j = 1; j < 4; j++)
                v.q[j][i][l] = WEIGHTS[j][0] * k0 + WEIGHTS[j][1] * k1 + WEIGHTS[j][2] * k2 +
                               WEIGHTS[j][3] * k3 + WEIGHTS[j][4] * k4 + WEIGHTS[j][5] * k5 +
                               WEIGHTS[j][6] * k6;
        }
}

struct Lane {
    std::int64_t number;
    const double *begins, *durations, *times;
    double* amounts;
    int event, sample;
};

// Take a block to its end; returns the attempts.
std::int64_t block(const Problem& p, const std::int64_t* order, int n) {
    std::int64_t attempts = 0;
    Block v;
    Lane lanes[LANES];
    std::memset(&v, 0, sizeof v);
    const double floor = p.atol * p.amount;
    for (int l = 0; l < n; l++) {
        const std::int64_t i = order[l], s = p.own ? i : 0;
        const double* a = p.parameters + 6 * i;
        v.k10[l] = a[0] / a[1], v.k12[l] = a[2] / a[1], v.k21[l] = a[2] / a[3], v.vm[l] = a[4];
        v.km[l] = a[5] * a[1];
        lanes[l] = {i, p.begins + s * p.infusions, p.durations + s * p.infusions,
                    p.times + s * p.samples, p.amounts + 2 * i * p.samples, 0, 0};
        // In order, so that the samples to come are written to memory that is near.
        std::fill(lanes[l].amounts, lanes[l].amounts + 2 * p.samples, 0.0);
        v.stop[l] = lanes[l].begins[0];
    }
    for (int l = n; l < LANES; l++) v.km[l] = 1.0;
    double hours = NEVER, entry = NEVER;
    for (;;) {
        bool busy = false, enters = false;
        double longest = 0.0;
        for (int l = 0; l < n; l++) {
            Lane& a = lanes[l];
            const double now = v.stop[l];
            double next = NEVER;
            while (a.event < 2 * p.infusions) {
                const int e = a.event / 2;
                const double length = a.durations[e];
                next = a.begins[e] + (a.event % 2 ? length : 0.0);
                if (next > now) break;
                v.rate[l] = a.event % 2 ? 0.0 : p.amount / length;
                enters = enters || a.event % 2 == 0;
                a.event++;
                next = NEVER;
            }
            v.begin[l] = now;
            v.hours[l] = 0.0;
            v.due[l] = NEVER;
            if (a.sample < p.samples) {
                const double until = std::min(next, a.times[p.samples - 1]);
                v.stop[l] = until;
                v.hours[l] = until - now;
                longest = std::max(longest, until - now);
                busy = true;
                if (a.times[a.sample] <= until)
                    v.due[l] = std::min(1.0, (a.times[a.sample] - now) / (until - now));
            }
        }
        if (!busy) return attempts;
        derive(v);
        double pace = 0.0;
        for (int l = 0; l < n; l++) {
            pace = std::max(pace, std::fabs(v.k[0][0][l]) / (std::fabs(v.x1[l]) + p.amount));
            pace = std::max(pace, std::fabs(v.k[0][1][l]) / (std::fabs(v.x2[l]) + p.amount));
        }
        double dt = std::min(1.0, std::max(hours / longest, 1e-6));
        if (pace > 0.0) dt = std::min(dt, 5.0 * std::pow(p.rtol, 0.2) / pace);
        if (enters) dt = std::min(dt, entry / longest);
        double tau = 0.0, growth = 6.0, past = 0.0, previous = 0.0;
        for (;;) {
            const double wanted = dt;
            const bool last = tau + 1.01 * dt >= 1.0;
            if (last) dt = 1.0 - tau;
            const double worst = attempt(v, dt, p.rtol, floor);
            attempts++;
            double factor = 0.9 * std::pow(static_cast<float>(worst), -0.1f);
            if (worst > 1.0) {
                dt *= std::max(0.2, factor);
                growth = 1.0;
                continue;
            }
            const double reached = last ? 1.0 : tau + dt;
            double first = NEVER;
            for (int l = 0; l < LANES; l++) first = std::min(first, l < n ? v.due[l] : NEVER);
            if (first <= reached) {
                interpolant(v);
                for (int l = 0; l < n; l++) {
                    Lane& a = lanes[l];
                    while (v.due[l] <= reached) {
                        const double theta = (v.due[l] - tau) / dt, f = dt * theta;
                        double* to = a.amounts + 2 * a.sample;
                        to[0] = v.x1[l] + f * (v.q[0][0][l] + theta * (v.q[1][0][l] + theta *
                                          (v.q[2][0][l] + theta * v.q[3][0][l])));
                        to[1] = v.x2[l] + f * (v.q[0][1][l] + theta * (v.q[1][1][l] + theta *
                                          (v.q[2][1][l] + theta * v.q[3][1][l])));
                        a.sample++;
                        v.due[l] = NEVER;
                        if (a.sample < p.samples && a.times[a.sample] <= v.stop[l])
                            v.due[l] = std::min(1.0, (a.times[a.sample] - v.begin[l]) / v.hours[l]);
                    }
                }
            }
            std::memcpy(v.x1, v.y1, sizeof v.x1);
            std::memcpy(v.x2, v.y2, sizeof v.x2);
            std::memcpy(v.k[0], v.k[6], sizeof v.k[0]);
            if (previous > 0.0 && worst > 0.0 && past > 0.0)
                factor *= std::min(1.2, std::max(0.5, dt / previous *
                              std::pow(static_cast<float>(past / worst), 0.1f)));
            past = worst;
            previous = dt;
            if (enters && tau == 0.0 && !last)
                entry = dt * longest * std::min(6.0, std::max(0.2, factor));
            dt *= worst == 0.0 ? growth : std::min(growth, std::max(0.2, factor));
            if (last) {
                hours = std::max(tau == 0.0 ? hours : 0.0, std::max(wanted, dt) * longest);
                break;
            }
            tau = reached;
            growth = 6.0;
        }
    }
}

std::int64_t march(const Problem& p, std::int64_t lo, std::int64_t hi) {
    std::int64_t order[STRETCH];
    double pace[STRETCH];
    for (std::int64_t i = lo; i < hi; i++) {
        const double* a = p.parameters + 6 * i;
        order[i - lo] = i;
        pace[i - lo] = (a[0] + a[2]) / a[1] + a[4] / (a[5] * a[1] + 0.1 * p.amount);
    }
    std::sort(order, order + (hi - lo),
              [&](std::int64_t a, std::int64_t b) { return pace[a - lo] < pace[b - lo]; });
    std::int64_t attempts = 0;
    for (std::int64_t i = 0; i < hi - lo; i += LANES)
        attempts += block(p, order + i, static_cast<int>(std::min<std::int64_t>(LANES, hi - lo - i)));
    return attempts;
}

}  // namespace

#include "measure.hpp"
