import type { Device } from "@videoms/core";
import { type Comparison, tolerancesOf } from "@videoms/core/testing";
import type { GoldenCase } from "@videoms/models/testing";
import { verifyClassifier } from "./verify_classifier.ts";
import { verifyPretrain } from "./verify_pretrain.ts";

/** Runs a recorded case and compares everything that it recorded; in browsers too. */
export async function verifyCase(golden: GoldenCase, device: Device): Promise<Comparison[]> {
  const tolerances = tolerancesOf(device);
  return golden.metadata.num_classes === undefined
    ? await verifyPretrain(golden, device, tolerances)
    : await verifyClassifier(golden, device, tolerances);
}
