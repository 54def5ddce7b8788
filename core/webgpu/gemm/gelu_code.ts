/**
 * WGSL: exact GELU, `x·Φ(x)`, and its slope, `Φ(x) + x·φ(x)`, of four values.
 *
 * With z = |x| and s = 0.3z/(1 + 0.3z), Φ(−z) = exp(−z²/2) · (½ − s·Q(s)), where Q is a polynomial of
 * degree 6. Its coefficients minimise the largest error of ½ − s·Q(s), weighted by exp(−z²/4), over
 * 0 ≤ z ≤ 10 (iteratively reweighted least squares in float64; error 1.2e-9 before rounding). WGSL
 * has no erf; this one needs no branch and shares its exponential with the density φ.
 */
export const GELU_CODE = `
struct Normal {
  bell: vec4<f32>, // exp(-x*x/2)
  cdf: vec4<f32>,
};

fn normal(x: vec4<f32>) -> Normal {
  let z = min(abs(x), vec4<f32>(40.0)); // beyond, both factors are exact
  let bell = exp(-0.5 * z * z);
  let s = 0.3 * z / (1.0 + 0.3 * z);
  var q = fma(vec4<f32>(0.0494581259), s, vec4<f32>(-0.0348797851));
  q = fma(q, s, vec4<f32>(-0.1505285013));
  q = fma(q, s, vec4<f32>(0.0567198899));
  q = fma(q, s, vec4<f32>(0.6993533136));
  q = fma(q, s, vec4<f32>(-1.4479623112));
  q = fma(q, s, vec4<f32>(1.3298074254));
  let tail = (0.5 - q * s) * bell;
  return Normal(bell, select(1.0 - tail, tail, x < vec4<f32>()));
}

fn gelu(x: vec4<f32>) -> vec4<f32> {
  return x * normal(x).cdf;
}

fn geluSlope(x: vec4<f32>) -> vec4<f32> {
  let at = normal(x);
  return at.cdf + 0.3989422804 * x * at.bell;
}
`;
