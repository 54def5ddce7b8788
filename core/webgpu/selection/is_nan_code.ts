/** WGSL of `isNan`, by the bits: a compiler may take it that there are no such numbers. */
export const IS_NAN_CODE =
  "fn isNan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }";
