// Every activation's value and derivatives, computed by a kernel and by the host.
#include <act/activations.h>

#include <cstdint>

template <class T, template <class> class Formula>
ACT_HOST_DEVICE void all_orders(const Formula<T>& formula, T x, T* y, std::int64_t i) {
  y[3 * i] = formula.value(x);
  y[3 * i + 1] = formula.derivative(x);
  y[3 * i + 2] = formula.second_derivative(x);
}

template <class T, template <class> class Formula>
__global__ void on_device(Formula<T> formula, const T* x, T* y, std::int64_t n) {
  const std::int64_t i = blockIdx.x * std::int64_t{blockDim.x} + threadIdx.x;
  if (i < n) all_orders<T, Formula>(formula, x[i], y, i);
}

template <class T>
struct Call {
  const T* x;
  T* y;
  std::int64_t n;
  act::ParameterValues parameters;
  bool device;
};

template <class T, template <class> class Formula>
void compute(const Call<T>& c) {
  const Formula<T> formula(c.parameters);
  if (c.device) {
    on_device<T, Formula><<<unsigned((c.n + 127) / 128), 128>>>(formula, c.x, c.y, c.n);
  } else {
    for (std::int64_t i = 0; i < c.n; ++i) all_orders<T, Formula>(formula, c.x[i], c.y, i);
  }
}

template <class T, template <class> class... Formula>
void compute_in_list(int index, const Call<T>& c, act::FormulaList<Formula...>) {
  int i = 0;
  (void)((i++ == index && (compute<T, Formula>(c), true)) || ...);
}

extern "C" void formulas_float32(int index, const float* x, float* y, std::int64_t n, double first,
                                 double second, bool device) {
  compute_in_list<float>(index, {x, y, n, {first, second}, device}, act::Activations{});
}
extern "C" void formulas_float64(int index, const double* x, double* y, std::int64_t n,
                                 double first, double second, bool device) {
  compute_in_list<double>(index, {x, y, n, {first, second}, device}, act::Activations{});
}
extern "C" int formula_count() { return act::Activations::size; }
extern "C" const char* formula_name(int index) {
  return act::Activations::declarations[index]->name;
}
extern "C" double formula_default(int index, int parameter) {
  return act::Activations::declarations[index]->parameters[parameter].default_value;
}
