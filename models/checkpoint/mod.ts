/**
 * The bytes of a checkpoint, without tfjs, so that a worker that only writes starts at once.
 *
 * @module
 */

export {
  checkpointBytes,
  type CheckpointSnapshot,
  type CheckpointSource,
  snapshotSource,
  type TensorSet,
} from "./checkpoint_bytes.ts";
export type { NetworkKind } from "./pytorch_layout.ts";
