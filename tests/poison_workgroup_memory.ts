/** WGSL that fills a variable of a type with what no kernel could use unnoticed. */
function fill(variable: string, type: string, depth = 0): string {
  const array = /^array<(.*),\s*(\w+)>$/s.exec(type);
  if (array) {
    const i = `poison${depth}`;
    const element = fill(`${variable}[${i}]`, array[1].trim(), depth + 1);
    return `for (var ${i} = 0u; ${i} < u32(${array[2]}); ${i}++) { ${element} }`;
  }
  const atomic = /^atomic<(.*)>$/.exec(type);
  if (atomic) return `atomicStore(&${variable}, ${atomic[1]}(poisonBits));`;
  return `${variable} = ${type}(${
    /f32|f16/.test(type) ? "bitcast<f32>(poisonBits)" : "poisonBits"
  });`;
}

/** A compute shader that first fills its workgroup memory with NaN, and integers with the same bits. */
export function poisoned(code: string): string {
  const variables = [...code.matchAll(/var<workgroup>\s*(\w+)\s*:\s*([^;]+);/g)];
  if (variables.length === 0) return code;
  const fills = variables.map(([, name, type]) => fill(name, type.trim()));
  return code.replace(
    /@compute.*?\)\s*\{/s,
    (head) =>
      `var<private> poisonBits = 0x7fc00000u;\n${head} ${fills.join(" ")} workgroupBarrier();`,
  );
}

/**
 * Fills workgroup memory of all shaders from here on, so that one which reads what it has not written fails:
 * runs on Dawn do not have it cleared.
 */
export function poisonWorkgroupMemory(device: GPUDevice): void {
  const create = device.createShaderModule.bind(device);
  device.createShaderModule = (descriptor) =>
    create({ ...descriptor, code: poisoned(descriptor.code) });
}
