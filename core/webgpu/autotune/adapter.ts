/** Name of the GPU, by which choices for it are remembered. */
export function adapterName({ adapterInfo }: GPUDevice): string {
  const { description, vendor, architecture } = adapterInfo;
  return description || `${vendor} ${architecture}`.trim() || "unnamed";
}

/** Whether it is, by its name, a large GPU with memory of its own. */
export function isLargeGpu(device: GPUDevice): boolean {
  const { description, vendor } = device.adapterInfo;
  if (/nvidia|geforce|rtx|quadro|tesla/i.test(`${vendor} ${description}`)) return true;
  return /radeon (rx|pro)|instinct|arc\(tm\) [ab]\d/i.test(description);
}
