/**
 * Guards the stock matrix product of tfjs 4.22.0 on a device. It reads the right operand beyond its end where the
 * inner dimension is no multiple of its tile, and multiplies what it finds there by zero: without clamped
 * indices that may be NaN.
 */
export function guardProducts(device: GPUDevice): void {
  const create = device.createShaderModule.bind(device);
  device.createShaderModule = (descriptor) =>
    create({ ...descriptor, code: guardedCode(descriptor.code) });
}

/** The code of a shader with the reads of stock products within bounds; other code is as it was. */
export function guardedCode(code: string): string {
  return code.replace(
    /(fn mm_readB\([^{]*\{\s*var value = [^;]*;\s*)(value = getB\([^;]*;)/,
    "$1if (row < uniforms.dimInner && col < uniforms.dimBOuter) { $2 }",
  );
}
