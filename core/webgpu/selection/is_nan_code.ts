/** WGSL of `isNan`, by its bits, since compilers may assume that there are no NaNs. */
export const IS_NAN_CODE =
  "fn isNan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }";
