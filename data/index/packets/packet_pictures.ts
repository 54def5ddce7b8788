/** Reads bytes of a packet from an offset; fewer at its end. */
export type ReadPacket = (offset: number, length: number) => Uint8Array;

/** What the headers of a packet's pictures say. */
export interface PacketPictures {
  /** Pictures that are shown; others only serve as references. */
  readonly shown: number;
  /** Whether decoding can start here and gives whole pictures at once. */
  readonly key: boolean;
  /** Whether they are of the size that the stream began with. */
  readonly sameSize: boolean;
}

/**
 * Looks into a packet of `size` bytes; packets come in the order they are stored in.
 *
 * @returns null if the packet is not what packets of its codec are
 */
export type LookIntoPacket = (read: ReadPacket, size: number) => PacketPictures | null;
