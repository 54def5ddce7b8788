/** Name of the GPU, under which its choices are stored. */
export function adapterName({ adapterInfo }: GPUDevice): string {
  const { description, vendor, architecture } = adapterInfo;
  return description || `${vendor} ${architecture}`.trim() || "unnamed";
}

/** Whether its name suggests a large discrete GPU. */
export function isLargeGpu(device: GPUDevice): boolean {
  const { description, vendor } = device.adapterInfo;
  if (/nvidia|geforce|rtx|quadro|tesla/i.test(`${vendor} ${description}`)) return true;
  return /radeon (rx|pro)|instinct|arc\(tm\) [ab]\d/i.test(description);
}
