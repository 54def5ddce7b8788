/** How a buffer stores numbers, which are float32 to tfjs either way. */
export type ValueType = "f32" | "f16";

/** WGSL type that a thread handles at once: four values or one. */
export function wgslType(type: ValueType, isVector: boolean): string {
  return isVector ? `vec4<${type}>` : type;
}

/** WGSL: a stored element as float32. */
export function widened(type: ValueType, isVector: boolean, element: string): string {
  return type === "f16" ? `${wgslType("f32", isVector)}(${element})` : element;
}

/** WGSL: float32 as an element to be stored; needs {@linkcode HALF_CODE} for half precision. */
export function narrowed(type: ValueType, isVector: boolean, value: string): string {
  if (type === "f32") return value;
  return isVector ? `halves(${value})` : `half(${value})`;
}

/**
 * WGSL of `half` and `halves`, which round to half precision. Overflow becomes infinite however the device
 * rounds, so that it is detected: some would use the largest number.
 */
export const HALF_CODE = `
const LARGEST_HALF = 65504.0;
fn half(x: f32) -> f16 { return f16(select(x, x * 3e38, abs(x) > LARGEST_HALF)); }
fn halves(x: vec4<f32>) -> vec4<f16> {
  return vec4<f16>(select(x, x * 3e38, abs(x) > vec4<f32>(LARGEST_HALF)));
}`;
